"""Chapter 10: students of a teacher, by what they are told: labels, answers, softened answers.

The teacher is the book's convolutional network with all 3000 labels, the poor teacher the same with
100 labels, the student 256-12-10. Students learn from the 100 labelled digits, or from all 3000.
Each kind of target at each rate; one seed gives all students the same first weights and batches.
Accuracies on the 1000 validation digits.
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
    minibatches,
    one_hot,
    softmax,
)
from nnlib.schedules import side_by_side

first = runpy.run_path(str(Path(__file__).with_name("10_writers.py")))
convolutional, images, some_of_each = (
    first[name] for name in ("convolutional", "images", "some_of_each")
)

SEEDS = range(12)
RATES = [0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032]
TEMPERATURES = [1, 2, 4, 8]
STEPS = {"100": 600, "3000": 1880}  # batches of 32: 150 and 20 epochs


def teacher(X, y, epochs, batch_size, seed):
    """Train the book's convolutional network."""
    network = convolutional(10, np.random.default_rng(1000 + seed))
    fit(network, images(X), y, loss=SoftmaxCrossEntropy(), optimizer=Adam(0.005), epochs=epochs,
        batch_size=batch_size, rng=np.random.default_rng(seed), progress=False)  # fmt: skip
    return network


def students(X, targets, steps, seed, width=12):
    """Train a student for each of `targets`, (rows of probabilities, temperature), at each rate.

    The loss is T² times the cross-entropy at the temperature, and its gradient T (p − q) / B.
    """
    layers = [Dense(256, width), ReLU(), Dense(width, 10)]
    n = len(targets) * len(RATES)
    network = Network(layers, rng=np.random.default_rng(seed), grid=(n,))
    network.theta[...] = network.theta[0]  # the same start for all
    q = np.repeat([rows for rows, _ in targets], len(RATES), axis=0)
    T = np.repeat([float(T) for _, T in targets], len(RATES))[:, None, None]
    optimizer = Adam(side_by_side(RATES * len(targets)))
    rng, done = np.random.default_rng(seed), 0
    while done < steps:
        for batch in minibatches(len(X), 32, rng=rng):
            p = softmax(network.run(X[batch]) / T)
            network.backward(T * (p - q[:, batch]) / len(batch), input_grad=False)
            optimizer.step(network.theta, network.grad)
            if (done := done + 1) == steps:
                break
    return network


def kinds_of_targets(labels, told):
    """Return named targets: the labels, the teacher's answers as labels, and softened answers."""
    named = {} if labels is None else {"labels": (one_hot(labels, 10), 1)}
    named["answers"] = one_hot(told.argmax(axis=1), 10), 1
    return named | {f"T = {T}": (softmax(told / T), T) for T in TEMPERATURES}


def run(seed, steps=STEPS):
    """Accuracies of both teachers, and of the students by what they learn from, at each rate."""
    X, y, X_validation, y_validation = datasets.digits()[:4]
    few = some_of_each(y, 10, np.random.default_rng(seed))
    rich, poor = teacher(X, y, 8, 32, seed), teacher(X[few], y[few], 40, 20, seed)
    told, told_poorly = rich.predict(images(X)), poor.predict(images(X))
    found = {
        name: round(accuracy(network, images(X_validation), y_validation), 3)
        for name, network in {"teacher": rich, "poor teacher": poor}.items()
    }
    groups = {
        "100": (X[few], kinds_of_targets(y[few], told[few]), steps["100"]),
        "3000": (X, kinds_of_targets(y, told), steps["3000"]),
        "3000, poor": (X, kinds_of_targets(None, told_poorly), steps["3000"]),
    }
    for group, (images_seen, targets, n) in groups.items():
        network = students(images_seen, list(targets.values()), n, seed)
        scores = accuracy(network, X_validation, y_validation).reshape(len(targets), -1).round(3)
        found[group] = dict(zip(targets, scores.tolist(), strict=True))
    return found
