"""Chapter 13: what codes are good for: nearest neighbours by pixels, by PCA and by autoencoders.

The autoencoders are those of `13_width`, 256-128-k-128-256. Training sees the 3000 images without
their labels. `map`: the share of validation digits named right by five neighbours among all 3000
labelled digits, from two numbers. The others: by the nearest one of a few labelled digits, the mean
over ten draws that all rivals share. `white` codes are turned and stretched so that their numbers
have variance 1 and no correlation on the training digits; so the choice of axes, which the loss of
an autoencoder leaves open, does not change their distances. `drawn`: by the pixels of the
reconstructions. (For PCA that is the same as by its codes.)
"""

import runpy
from pathlib import Path

import numpy as np

from nnlib import datasets

SEEDS = range(8)
WIDTHS = [2, 8, 32]
LABELS = [1, 2, 5, 20, 100]  # of each class
width = runpy.run_path(str(Path(__file__).with_name("13_width.py")))


def named(codes, labels, others, neighbours):
    """Name the others by the majority of their nearest codes."""
    distances = np.square(codes).sum(axis=1) - 2 * others @ codes.T
    if neighbours == 1:
        return labels[distances.argmin(axis=1)]
    nearest = np.argpartition(distances, neighbours - 1, axis=1)[:, :neighbours]
    return np.array([np.bincount(labels[row], minlength=10).argmax() for row in nearest])


def whitened(codes, others):
    """Give the codes variance 1 in all directions, and the others the same map."""
    middle = codes.mean(axis=0)
    variances, axes = np.linalg.eigh(np.cov(codes.T))
    return [(each - middle) @ axes / np.sqrt(variances) for each in (codes, others)]


def run(seed):
    """Return shares of validation digits named right, by kind of code."""
    X, y, X_validation, y_validation, *_ = datasets.digits()
    mean = X.mean(axis=0)
    axes = np.linalg.svd(X - mean, full_matrices=False)[2]
    kinds = {"pixels": (X, X_validation)}
    for k in WIDTHS:
        network = width["trained"](k, width["CHOSEN"].get(k), 200 + seed, width["EPOCHS"], X)
        kinds[f"pca {k}"] = (X - mean) @ axes[:k].T, (X_validation - mean) @ axes[:k].T
        kinds[f"code {k}"] = network[:3](X), network[:3](X_validation)
        for kind in (f"pca {k}", f"code {k}"):
            kinds[f"white {kind}"] = whitened(*kinds[kind])
        kinds[f"drawn {k}"] = network(X), network(X_validation)
    result = {}
    for kind in ("pixels", "pca 2", "code 2"):
        codes, others = kinds[kind]
        result[f"map {kind}"] = (named(codes, y, others, 5) == y_validation).mean()
    rng = np.random.default_rng(seed)
    for n in LABELS:
        draws = [
            np.concatenate(
                [rng.choice(np.flatnonzero(y == c), n, replace=False) for c in range(10)]
            )
            for _ in range(10)
        ]
        for kind, (codes, others) in kinds.items():
            right = [(named(codes[i], y[i], others, 1) == y_validation).mean() for i in draws]
            result[f"{n} {kind}"] = round(np.mean(right), 4)
    return result
