"""Chapter 7: the validation error against the width of the network and the number of digits.

Each seed draws its own digits, its own first weights and its own order. Errors are in per cent, on
the 1000 validation digits, whose labels are always right.
"""

import numpy as np

from nnlib import Dense, ReLU, SoftmaxCrossEntropy, datasets, sweep

SEEDS = range(8)
WIDTHS = [4, 8, 16, 64, 256, 1024]
SIZES = [100, 300, 1000, 3000]
STEPS = [600, 1800]  # updates with batches of 50


def layers(width):
    """The layers of a 256-width-10 network."""
    return [Dense(256, width), ReLU(), Dense(width, 10)]


def errors(rows):
    """Training and validation errors of a sweep, in per cent, by width."""
    names = {"training": "accuracy", "validation": "validation_accuracy"}
    return {
        name: {str(row["width"]): round(100 - 100 * row[column], 2) for row in rows}
        for name, column in names.items()
    }


def run(seed):
    """Errors with 300 digits at two budgets, with right and wrong labels, and with more digits."""
    digits = datasets.digits()
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(digits.X_train))
    X, right = digits.X_train[order], digits.y_train[order]
    wrong = rng.random(len(right)) < 0.2
    other = (right + rng.integers(1, 10, len(right))) % 10
    validation = digits.X_validation, digits.y_validation

    def trained(n, y, widths, epochs):
        return errors(
            sweep(
                layers, (X[:n], y[:n], *validation), loss=SoftmaxCrossEntropy(), seeds=1,
                initial_seed=seed, epochs=epochs, batch_size=50, learning_rate=0.5, width=widths,
            )
        )  # fmt: skip

    labels = {"right": right, "wrong": np.where(wrong, other, right)}
    return {
        "width": {
            name: {str(epochs): trained(300, y, WIDTHS[: 6 if epochs == 40 else 5], epochs)
                   for epochs in (40, 120)}
            for name, y in labels.items()
        },
        "data": {
            str(steps): {str(n): trained(n, right, [4, 16, 64], 50 * steps // n) for n in SIZES}
            for steps in STEPS
        },
    }  # fmt: skip
