"""Chapter 1: learning rates with and without a hidden layer, and what more epochs change."""

import numpy as np

from nnlib import datasets
from nnlib.layers import Dense, ReLU
from nnlib.losses import SoftmaxCrossEntropy
from nnlib.network import Network
from nnlib.optimizers import SGD
from nnlib.training import accuracy, fit

SEEDS = range(16)
RATES = (0.1, 0.2, 0.5, 1.0, 2.0)
CHANCE = 0.1  # stored for a run that fails: its digits would differ on another machine
LAYERS = {
    "single": lambda: [Dense(256, 10)],
    "hidden": lambda: [Dense(256, 64), ReLU(), Dense(64, 10)],
}


def run(seed):
    """Train both architectures at each rate; return validation accuracies after 15 and 45 epochs.

    Returns
    -------
    dict
        ``rates``, and for each architecture and number of epochs a list with one accuracy a rate.
    """
    digits = datasets.digits()
    results = {"rates": RATES}
    for name in LAYERS:
        for epochs in (15, 45):
            results[f"{name} {epochs}"] = []
        for rate in RATES:
            rng = np.random.default_rng(seed)
            network = Network(LAYERS[name](), rng=rng)
            for epochs, more in ((15, 15), (45, 30)):
                fit(
                    network,
                    digits.X_train,
                    digits.y_train,
                    loss=SoftmaxCrossEntropy(),
                    optimizer=SGD(rate),
                    epochs=more,
                    rng=rng,
                    progress=False,
                )
                right = accuracy(network, digits.X_validation, digits.y_validation)
                results[f"{name} {epochs}"].append(round(right, 3) if right > 0.6 else CHANCE)
    return results
