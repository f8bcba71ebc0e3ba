"""Chapter 7: what copies of the training digits do, shifted or mirrored.

Each seed draws its own digits, first weights and order. Errors are in per cent, on the 1000
validation digits: as they are, and each moved by a pixel in a random direction.
"""

import numpy as np

from nnlib import Dense, Momentum, Network, ReLU, SoftmaxCrossEntropy, accuracy, datasets, fit

SEEDS = range(8)
MOVES = ((1, 0), (-1, 0), (0, 1), (0, -1))


def shifted(X, down, right):
    """Digits moved by a pixel; what leaves the image is lost, what comes in is paper."""
    images = np.pad(X.reshape(-1, 16, 16), ((0, 0), (1, 1), (1, 1)))
    return images[:, 1 - down : 17 - down, 1 - right : 17 - right].reshape(-1, 256)


def mirrored(X):
    """Digits with left and right exchanged."""
    return X.reshape(-1, 16, 16)[:, :, ::-1].reshape(-1, 256)


def run(seed):
    """Validation errors by number of digits, kind of copies and number of updates."""
    digits = datasets.digits()
    order = np.random.default_rng(seed).permutation(len(digits.X_train))
    which = np.random.default_rng(seed).integers(0, 4, len(digits.X_validation))
    moved = np.stack([shifted(digits.X_validation, *move) for move in MOVES])
    moved = moved[which, np.arange(len(which))]
    found = {}
    for n in (300, 3000):
        X, y = digits.X_train[order[:n]], digits.y_train[order[:n]]
        kinds = {
            "none": [X],
            "shifted": [X, *(shifted(X, *move) for move in MOVES)],
            "mirrored": [X, mirrored(X)],
        }
        for name, parts in kinds.items():
            for updates in (600, 1800):
                rng = np.random.default_rng(seed)
                network = Network([Dense(256, 64), ReLU(), Dense(64, 10)], rng=rng)
                fit(
                    network, np.vstack(parts), np.tile(y, len(parts)), loss=SoftmaxCrossEntropy(),
                    optimizer=Momentum(0.5), epochs=round(50 * updates / (n * len(parts))),
                    batch_size=50, rng=rng, progress=False,
                )  # fmt: skip
                found[f"{n} {name} {updates}"] = {
                    where: round(100 - 100 * accuracy(network, images, digits.y_validation), 2)
                    for where, images in (("still", digits.X_validation), ("moved", moved))
                }
    return found
