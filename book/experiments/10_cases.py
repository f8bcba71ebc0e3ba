"""Chapter 10: where moved weights help, where they do nothing, and where they harm.

Three target tasks with ten labels per class, four ways each, as in `10_writers`: the digits 5 to 9
after the digits 0 to 4, even or odd after all ten, and inverted digits (white on black) after all
ten. Accuracies on validation digits. One seed gives all ways the same labels and batches.
"""

import runpy
from pathlib import Path

import numpy as np

from nnlib import (
    Adam,
    Dense,
    Network,
    ReLU,
    SoftmaxCrossEntropy,
    accuracy,
    datasets,
    fit,
)

first = runpy.run_path(str(Path(__file__).with_name("10_writers.py")))
trained, some_of_each, images = first["trained"], first["some_of_each"], first["images"]
convolutional = first["convolutional"]

SEEDS = range(12)
PER_CLASS, STEPS = 10, 120
WHOLE = {"dense": [0.0003, 0.001, 0.003, 0.01, 0.03], "convolutional": [0.001, 0.003, 0.01, 0.03]}
HEAD = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0]
LOSS = SoftmaxCrossEntropy()


def dense(n_out, rng):
    """Return 256-64-32-n_out."""
    layers = [Dense(256, 64), ReLU(), Dense(64, 32), ReLU(), Dense(32, n_out)]
    return Network(layers, rng=rng)


KINDS = {"dense": dense, "convolutional": convolutional}


def shaped(kind, X):
    """Return the digits as the network takes them."""
    return images(X) if kind == "convolutional" else X


def pretrained(kind, X, y, n_out, seed):
    """Train a network on the source task: dense for 15 epochs, convolutional for 5."""
    network = KINDS[kind](n_out, np.random.default_rng(1000 + seed))
    rate, epochs = (0.003, 15) if kind == "dense" else (0.005, 5)
    fit(network, shaped(kind, X), y, loss=LOSS, optimizer=Adam(rate), epochs=epochs, batch_size=32,
        rng=np.random.default_rng(seed), progress=False)  # fmt: skip
    return network


def four_ways(kind, source, n_out, few, validation, seed, steps=STEPS):
    """Return the accuracy of each way at each of its rates."""
    X, X_validation = shaped(kind, few[0]), shaped(kind, validation[0])
    scratch = KINDS[kind](n_out, np.random.default_rng(seed))
    moved = scratch.copy()
    moved[:-1].theta = source[:-1].theta  # and the last layer is new
    found = {}
    for way, start in {"scratch": scratch, "tuned": moved}.items():
        found[way] = [
            accuracy(
                trained(start.copy(), X, few[1], rate, steps, seed), X_validation, validation[1]
            )
            for rate in WHOLE[kind]
        ]
    for way, start in {"random": scratch, "frozen": moved}.items():
        features, of_validation = start[:-1].predict(X), start[:-1].predict(X_validation)
        found[way] = [
            accuracy(trained(start[-1:].copy(), features, few[1], rate, steps, seed), of_validation,
                     validation[1])
            for rate in HEAD
        ]  # fmt: skip
    return {way: [round(score, 3) for score in scores] for way, scores in found.items()}


def run(seed):
    """Accuracies by task and kind of network, way and rate."""
    X, y, X_validation, y_validation = datasets.digits()[:4]
    low, low_validation = y < 5, y_validation < 5
    found = {}
    for kind in KINDS:
        of_ten = pretrained(kind, X, y, 10, seed)
        of_low = pretrained(kind, X[low], y[low], 5, seed)
        tasks = {
            "new": (of_low, 5, X[~low], y[~low] - 5,
                    X_validation[~low_validation], y_validation[~low_validation] - 5),
            "inverted": (of_ten, 10, 1 - X, y, 1 - X_validation, y_validation),
        }  # fmt: skip
        if kind == "dense":
            tasks["parity"] = of_ten, 2, X, y % 2, X_validation, y_validation % 2
        for task, (source, n_out, X_task, y_task, *validation) in tasks.items():
            few = some_of_each(y_task, PER_CLASS, np.random.default_rng(seed))
            found[f"{task}, {kind}"] = four_ways(
                kind, source, n_out, (X_task[few], y_task[few]), validation, seed
            )
    return found
