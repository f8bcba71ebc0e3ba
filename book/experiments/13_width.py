"""Chapter 13: the error of autoencoders against the width of their bottleneck.

256-128-k-128-256 with ReLU in the hidden layers, trained by Adam with a cosine schedule. The first
seeds stand for one width and one rate each, to choose the rate by on the validation digits. Then
come eight fresh repetitions with the rate chosen, and three that are trained three times as long.
Errors are mean squared errors per pixel, times 1000.
"""

import numpy as np

from nnlib import Adam, Dense, HalfSquaredError, Network, ReLU, cosine, datasets, fit

WIDTHS = [1, 2, 4, 8, 16, 32, 64]
RATES = [0.001, 0.002, 0.004, 0.008, 0.016, 0.032]
CHOSEN = {1: 0.016, 2: 0.016, 4: 0.016, 8: 0.008, 16: 0.008, 32: 0.008, 64: 0.004}
EPOCHS, LONG = 20, 60
JOBS = [
    *[("tuning", k, rate, 100, EPOCHS) for k in WIDTHS for rate in RATES],
    *[("fresh", k, CHOSEN[k], repeat, EPOCHS) for k in WIDTHS for repeat in range(8)],
    *[("long", k, CHOSEN[k], repeat, LONG) for k in WIDTHS for repeat in range(3)],
]
SEEDS = range(len(JOBS))


def trained(k, rate, seed, epochs, X):
    """Train one autoencoder on the images X."""
    layers = [Dense(256, 128), ReLU(), Dense(128, k), Dense(k, 128), ReLU(), Dense(128, 256)]
    rng = np.random.default_rng(seed)
    network = Network(layers, rng=rng)
    steps = epochs * -(-len(X) // 32)
    fit(network, X, X, loss=HalfSquaredError(), optimizer=Adam(cosine(rate, steps)),
        epochs=epochs, rng=rng, progress=False)  # fmt: skip
    return network


def run(seed):
    """Return what was trained and how, and its errors on training and validation digits."""
    kind, k, rate, repeat, epochs = JOBS[seed]
    digits = datasets.digits()
    network = trained(k, rate, repeat, epochs, digits.X_train)
    result = {"kind": kind, "k": k, "rate": rate, "repeat": repeat}
    for name, X in (("training", digits.X_train), ("validation", digits.X_validation)):
        result[name] = round(1000 * np.square(network(X) - X).mean(), 3)
    return result
