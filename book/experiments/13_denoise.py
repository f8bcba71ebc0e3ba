"""Chapter 13: removing noise from digits with a network 256-256-256, a ReLU in its middle.

It is trained by Adam with a cosine schedule to make the clean digit of a noisy one, with fresh
noise in each epoch. The first seeds stand for one rate each, to choose the rate by on the
validation digits; then come eight fresh repetitions with the rate chosen, eight that are trained
three times as long, eight of these at half the rate, and four of a deeper network,
256-256-128-256, with a sigmoid at its end, trained like these. Errors are mean squared
errors per pixel,
times 1000, on the validation digits, whose noise is always the same. Outputs are cut off at paper
and ink, as noisy pixels are.
"""

import numpy as np

from nnlib import Adam, Dense, HalfSquaredError, Network, ReLU, Sigmoid, cosine, datasets, fit

NOISE = 0.3
RATES = [0.0005, 0.001, 0.002, 0.004, 0.008]
CHOSEN = 0.004
EPOCHS, LONG = 12, 36
JOBS = [
    *[("tuning", rate, 100, EPOCHS) for rate in RATES],
    *[("fresh", CHOSEN, repeat, EPOCHS) for repeat in range(8)],
    *[("long", CHOSEN, repeat, LONG) for repeat in range(8)],
    *[("slow", CHOSEN / 2, repeat, LONG) for repeat in range(8)],
    *[("deep", CHOSEN / 2, repeat, LONG) for repeat in range(4)],
]
SEEDS = range(len(JOBS))


def noisy(X, rng):
    """Add normal noise, and cut off what is less than paper or more than ink."""
    return np.clip(X + NOISE * rng.normal(size=X.shape), 0, 1)


def run(seed):
    """Return how a network was trained, and its error on noisy and on clean digits."""
    kind, rate, repeat, epochs = JOBS[seed]
    digits = datasets.digits()
    X, clean = digits.X_train, digits.X_validation
    rng = np.random.default_rng(repeat)
    layers = [Dense(256, 256), ReLU(), Dense(256, 256)]
    if kind == "deep":
        layers[2:] = [Dense(256, 128), ReLU(), Dense(128, 256), Sigmoid()]
    network = Network(layers, rng=rng)
    optimizer = Adam(cosine(rate, epochs * -(-len(X) // 32)))
    for _ in range(epochs):
        fit(network, noisy(X, rng), X, loss=HalfSquaredError(), optimizer=optimizer, epochs=1,
            rng=rng, progress=False)  # fmt: skip
    result = {"kind": kind, "rate": rate, "repeat": repeat}
    for name, images in (("noisy", noisy(clean, np.random.default_rng(0))), ("clean", clean)):
        result[name] = round(1000 * np.square(np.clip(network(images), 0, 1) - clean).mean(), 3)
    return result
