"""Measure how many epochs a stack of sigmoids needs before it learns, and where it does not.

256-32-…-32-10 with 1, 2, 4 and 8 hidden layers, Glorot's start, SGD in batches of 50 on 500 digits,
several learning rates, up to 540 epochs. `choice` is the share right of every other validation
digit, by which a rate is chosen, `right` that of the others. Each list runs over the budgets; each
of its entries over the rates.
"""

from itertools import pairwise

import numpy as np

from nnlib import SGD, Dense, Network, Sigmoid, SoftmaxCrossEntropy, accuracy, datasets, fit

SEEDS = range(8)
RATES = {1: [0.3, 1, 3, 10], 2: [0.3, 1, 3, 10], 4: [0.3, 1, 3, 10, 30], 8: [0.3, 3, 30]}
BUDGETS = {1: [20, 60, 180], 2: [20, 60, 180], 4: [20, 60, 180, 540], 8: [20, 60, 180, 540]}


def deep(depth, width=32):
    """Return the layers of 256-width-…-width-10 with `depth` hidden layers of sigmoids."""
    widths = [256] + [width] * depth
    pairs = [(Dense(*two), Sigmoid()) for two in pairwise(widths)]
    return [layer for pair in pairs for layer in pair] + [Dense(width, 10)]


def run(seed):
    """Train every depth at every rate; measure after each budget."""
    digits, loss = datasets.digits(), SoftmaxCrossEntropy()
    few = digits.X_train[:500], digits.y_train[:500]
    result = {}
    for depth, rates in RATES.items():
        network = Network(deep(depth), rng=np.random.default_rng(seed), grid=(len(rates),))
        network.theta[...] = network.theta[:1]  # the same start for every rate
        optimizer, order = SGD(np.array(rates)), np.random.default_rng(1000 + seed)
        found = {"rates": rates, "epochs": BUDGETS[depth], "choice": [], "right": []}
        for before, epochs in zip([0, *BUDGETS[depth]], BUDGETS[depth], strict=False):
            fit(network, *few, loss=loss, optimizer=optimizer, epochs=epochs - before,
                batch_size=50, rng=order, on_divergence="record", progress=False)  # fmt: skip
            for part, first in (("choice", 0), ("right", 1)):
                half = digits.X_validation[first::2], digits.y_validation[first::2]
                found[part].append(np.round(accuracy(network, *half), 3).tolist())
        result[f"{depth}"] = found
    return result
