"""Train eight layers of sigmoids with Adam, which gives each parameter steps of about one size.

256-32-…-32-10, Glorot's start, batches of 50 on 500 digits, three learning rates, up to 540 epochs,
as in `05_sigmoids`. `train` and `right` are the shares right of the training and of the validation
digits. Each list runs over the budgets; each of its entries over the rates.
"""

from itertools import pairwise

import numpy as np

from nnlib import Adam, Dense, Network, Sigmoid, SoftmaxCrossEntropy, accuracy, datasets, fit

SEEDS = range(8)
RATES = [0.001, 0.003, 0.01]
BUDGETS = [60, 180, 540]


def run(seed):
    """Train at every rate; measure after each budget."""
    digits, loss = datasets.digits(), SoftmaxCrossEntropy()
    few = digits.X_train[:500], digits.y_train[:500]
    widths = [256] + [32] * 8
    pairs = [(Dense(*two), Sigmoid()) for two in pairwise(widths)]
    layers = [layer for pair in pairs for layer in pair] + [Dense(32, 10)]
    network = Network(layers, rng=np.random.default_rng(seed), grid=(len(RATES),))
    network.theta[...] = network.theta[:1]  # the same start for every rate
    optimizer, order = Adam(np.array(RATES)), np.random.default_rng(1000 + seed)
    found = {"rates": RATES, "epochs": BUDGETS, "right": [], "train": []}
    for before, epochs in zip([0, *BUDGETS], BUDGETS, strict=False):
        fit(network, *few, loss=loss, optimizer=optimizer, epochs=epochs - before,
            batch_size=50, rng=order, progress=False)  # fmt: skip
        right = accuracy(network, digits.X_validation, digits.y_validation)
        found["right"].append(np.round(right, 3).tolist())
        found["train"].append(np.round(accuracy(network, *few), 3).tolist())
    return found
