"""Chapter 7: are shifted copies of the training digits worth as much as more digits?

Each seed draws its own digits, first weights and order. Errors are in per cent, on the 1000
validation digits.
"""

import numpy as np

from nnlib import Dense, ReLU, SoftmaxCrossEntropy, datasets, sweep

SEEDS = range(8)


def layers():
    """The layers of a 256-64-10 network."""
    return [Dense(256, 64), ReLU(), Dense(64, 10)]


def shifted(X, down, right):
    """Digits moved by a pixel; what leaves the image is lost, what comes in is paper."""
    images = np.pad(X.reshape(-1, 16, 16), ((0, 0), (1, 1), (1, 1)))
    return images[:, 1 - down : 17 - down, 1 - right : 17 - right].reshape(-1, 256)


def mirrored(X):
    """Digits with left and right exchanged."""
    return X.reshape(-1, 16, 16)[:, :, ::-1].reshape(-1, 256)


def run(seed):
    """Validation errors by number of digits, kind of copies and budget."""
    digits = datasets.digits()
    validation = digits.X_validation, digits.y_validation
    order = np.random.default_rng(seed).permutation(len(digits.X_train))
    found = {}
    for n in (300, 3000):
        X, y = digits.X_train[order[:n]], digits.y_train[order[:n]]
        moved = [shifted(X, *move) for move in ((1, 0), (-1, 0), (0, 1), (0, -1))]
        kinds = {"none": [X], "shifted": [X, *moved], "mirrored": [X, mirrored(X)]}
        for name, parts in kinds.items():
            for steps in (600, 1800):
                [row] = sweep(
                    layers, (np.vstack(parts), np.tile(y, len(parts)), *validation),
                    loss=SoftmaxCrossEntropy(), seeds=1, initial_seed=seed, batch_size=50,
                    epochs=round(50 * steps / (n * len(parts))), learning_rate=0.5,
                )  # fmt: skip
                found[f"{n} {name} {steps}"] = round(100 - 100 * row["validation_accuracy"], 2)
    return found
