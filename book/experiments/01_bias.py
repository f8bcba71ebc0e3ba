"""Chapter 1: what are the biases worth on the digits? Networks with and without them."""

import numpy as np

from nnlib import datasets
from nnlib.layers import Dense, ReLU
from nnlib.losses import SoftmaxCrossEntropy
from nnlib.network import Network
from nnlib.optimizers import SGD
from nnlib.training import accuracy, minibatches, train_step

SEEDS = range(16)
RATES = {"single": 0.5, "hidden": 1.0}
EPOCHS = 15
LAYERS = {
    "single": lambda: [Dense(256, 10)],
    "hidden": lambda: [Dense(256, 64), ReLU(), Dense(64, 10)],
}


def run(seed):
    """Train both architectures twice; without biases, every bias is set back to 0 after each step.

    Returns
    -------
    dict
        The validation accuracies, such as ``single with`` and ``single without``.
    """
    digits = datasets.digits()
    results = {}
    for name, rate in RATES.items():
        for biases in ("with", "without"):
            rng = np.random.default_rng(seed)
            network = Network(LAYERS[name](), rng=rng)
            loss, optimizer = SoftmaxCrossEntropy(), SGD(rate)
            for _ in range(EPOCHS):
                for batch in minibatches(len(digits.X_train), 32, rng=rng):
                    x, labels = digits.X_train[batch], digits.y_train[batch]
                    train_step(network, x, labels, loss, optimizer)
                    if biases == "without":
                        network.layers[0].b[...] = 0
                        network.layers[-1].b[...] = 0
            right = accuracy(network, digits.X_validation, digits.y_validation)
            results[f"{name} {biases}"] = round(right, 3)
    return results
