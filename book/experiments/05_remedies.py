"""Train eight hidden layers with one remedy at a time, and a network without hidden layers.

32 units per layer, SGD in batches of 50 on 500 digits, several learning rates, up to 180 epochs, as
in `05_sigmoids`. `choice` is the share right of every other validation digit, by which a rate is
chosen, `right` that of the others. Each list runs over the budgets; each of its entries over the
rates.
"""

import numpy as np

from nnlib import (
    SGD,
    Dense,
    Network,
    ReLU,
    Residual,
    Sigmoid,
    SoftmaxCrossEntropy,
    Tanh,
    accuracy,
    datasets,
    fit,
    glorot_uniform,
    he_normal,
)

SEEDS = range(8)
BUDGETS = [20, 60, 180]
REMEDIES = {
    "ReLU": (ReLU, he_normal, False, [0.02, 0.04, 0.08, 0.16, 0.32]),
    "tanh": (Tanh, glorot_uniform, False, [0.05, 0.1, 0.2, 0.4, 0.8]),
    "skip connections": (Sigmoid, glorot_uniform, True, [0.2, 0.4, 0.8, 1.6, 3.2]),
}


def eight(activation, initializer, skips, width=32):
    """Return eight hidden layers; with `skips` each but the first adds its input to its output."""
    layers = [Dense(256, width, initializer=initializer), activation()]
    for _ in range(7):
        pair = [Dense(width, width, initializer=initializer), activation()]
        layers += [Residual(pair)] if skips else pair
    return [*layers, Dense(width, 10, initializer=initializer)]


def run(seed):
    """Train with every remedy, and without hidden layers, at every rate."""
    digits, loss = datasets.digits(), SoftmaxCrossEntropy()
    few = digits.X_train[:500], digits.y_train[:500]
    tasks = {name: (eight(*how), rates) for name, (*how, rates) in REMEDIES.items()}
    tasks["no hidden layer"] = [Dense(256, 10)], [0.03, 0.1, 0.3, 1, 3]
    result = {}
    for name, (layers, rates) in tasks.items():
        network = Network(layers, rng=np.random.default_rng(seed), grid=(len(rates),))
        network.theta[...] = network.theta[:1]  # the same start for every rate
        optimizer, order = SGD(np.array(rates)), np.random.default_rng(1000 + seed)
        found = {"rates": rates, "epochs": BUDGETS, "choice": [], "right": []}
        for before, epochs in zip([0, *BUDGETS], BUDGETS, strict=False):
            fit(network, *few, loss=loss, optimizer=optimizer, epochs=epochs - before,
                batch_size=50, rng=order, on_divergence="record", progress=False)  # fmt: skip
            for part, first in (("choice", 0), ("right", 1)):
                half = digits.X_validation[first::2], digits.y_validation[first::2]
                found[part].append(np.round(np.nan_to_num(accuracy(network, *half)), 3).tolist())
        result[name] = found
    return result
