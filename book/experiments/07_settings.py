"""Chapter 7: rates of dropout and strengths of weight decay, on 300 digits, right labels or not.

Each seed draws its own digits, first weights and order. Accuracies are in per cent, on 1000
validation digits whose labels are wrong as often as those of the training digits.
"""

import numpy as np

from nnlib import Dense, Dropout, ReLU, SoftmaxCrossEntropy, datasets, sweep

SEEDS = range(100, 108)
RATES = [0, 0.1, 0.25, 0.5, 0.75, 0.9]
DECAYS = [0, 0.001, 0.003, 0.01, 0.03, 0.1]


def layers(rate=0, rng=None):
    """The layers of a 256-64-10 network, with Dropout behind the hidden units."""
    dropout = [Dropout(rate, rng=rng)] if rate else []
    return [Dense(256, 64), ReLU(), *dropout, Dense(64, 10)]


def with_wrong_labels(y, share, rng):
    """A copy of the labels, with that share of them replaced by another."""
    wrong = rng.random(len(y)) < share
    return np.where(wrong, (y + rng.integers(1, 10, len(y))) % 10, y)


def run(seed):
    """Validation accuracies by share of wrong labels, epochs and setting."""
    digits = datasets.digits()
    found = {}
    for share in (0, 0.2):
        rng = np.random.default_rng(seed)
        chosen = rng.choice(len(digits.X_train), 300, replace=False)
        data = (
            digits.X_train[chosen], with_wrong_labels(digits.y_train[chosen], share, rng),
            digits.X_validation, with_wrong_labels(digits.y_validation, share, rng),
        )  # fmt: skip
        for epochs in (40, 120):
            common = {"loss": SoftmaxCrossEntropy(), "seeds": 1, "initial_seed": seed,
                      "epochs": epochs, "batch_size": 50, "learning_rate": 0.5}  # fmt: skip
            rows = {
                "dropout": sweep(layers, data, rate=RATES, **common),
                "decay": sweep(layers, data, weight_decay=DECAYS, **common),
            }
            found[f"{share} {epochs}"] = {
                name: [round(100 * row["validation_accuracy"], 2) for row in part]
                for name, part in rows.items()
            }
    return found
