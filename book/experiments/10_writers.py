"""Chapter 10: other people's digits, with few labels: what a network trained on MNIST hands over.

The same four ways from the same labels, each at four rates; one seed gives all of them the same
first weights, the same labels and the same batches. Accuracies on the 1000 validation digits of the
other writers.
"""

import numpy as np

from nnlib import (
    Adam,
    Conv2D,
    Dense,
    Flatten,
    MaxPool2D,
    Network,
    ReLU,
    SoftmaxCrossEntropy,
    accuracy,
    datasets,
    fit,
    minibatches,
    train_step,
)

SEEDS = range(12)
LABELS = {2: 80, 10: 120, 40: 240}  # labels per class, and steps of 16 digits each
WHOLE = [0.001, 0.003, 0.01, 0.03]  # rates where all layers learn
HEAD = [0.003, 0.01, 0.03, 0.1, 0.3]  # and where the last one does
LOSS = SoftmaxCrossEntropy()


def convolutional(n_out, rng):
    """Return the book's convolutional network, with so many classes."""
    layers = [Conv2D(1, 8, 3, padding=1), ReLU(), MaxPool2D(2)]
    layers += [Conv2D(8, 16, 3, padding=1), ReLU(), MaxPool2D(2), Flatten(), Dense(256, n_out)]
    return Network(layers, rng=rng, input_shape=(16, 16, 1))


def images(X):
    """Return rows of 256 pixels as images."""
    return X.reshape(-1, 16, 16, 1)


def pretrained(X, y, n_out, seed, epochs=5):
    """Train a network on the source task."""
    network = convolutional(n_out, np.random.default_rng(1000 + seed))
    fit(network, images(X), y, loss=LOSS, optimizer=Adam(0.005), epochs=epochs, batch_size=32,
        rng=np.random.default_rng(seed), progress=False)  # fmt: skip
    return network


def some_of_each(y, n, rng):
    """Draw n samples of each class."""
    classes = np.unique(y)
    return np.concatenate([rng.choice(np.flatnonzero(y == k), n, replace=False) for k in classes])


def trained(network, X, y, rate, steps, seed):
    """Take so many steps of Adam on batches of 16."""
    optimizer, rng, done = Adam(rate), np.random.default_rng(seed), 0
    while done < steps:
        for batch in minibatches(len(X), 16, rng=rng):
            train_step(network, X[batch], y[batch], LOSS, optimizer)
            if (done := done + 1) == steps:
                break
    return network


def scores(start, X, y, validation, steps, seed, last_only):
    """Return the accuracy after training a copy of `start` at each rate; all of it, or its head."""
    X_validation, y_validation = validation
    if last_only:  # then the layers before need to be asked only once
        X, X_validation = start[:-1].predict(X), start[:-1].predict(X_validation)
        start = start[-1:]
    found = []
    for rate in HEAD if last_only else WHOLE:
        network = trained(start.copy(), X, y, rate, steps, seed)
        found.append(round(accuracy(network, X_validation, y_validation), 3))
    return found


def run(seed):
    """Accuracies by labels per class, way and rate, and without any label."""
    digits = datasets.digits()
    X, y, X_validation, y_validation = datasets.other_writers()
    validation = images(X_validation), y_validation
    source = pretrained(digits.X_train, digits.y_train, 10, seed)
    untrained = convolutional(10, np.random.default_rng(seed))
    headless = source.copy()  # as source, but with a new last layer
    headless[-1:].theta = untrained[-1:].theta
    found = {"0": round(accuracy(source, *validation), 3)}
    for n, steps in LABELS.items():
        few = some_of_each(y, n, np.random.default_rng(seed))
        rest = images(X[few]), y[few], validation, steps, seed
        found[str(n)] = {
            "scratch": scores(untrained, *rest, last_only=False),
            "random": scores(untrained, *rest, last_only=True),
            "frozen": scores(headless, *rest, last_only=True),
            "tuned": scores(source, *rest, last_only=False),
        }
    return found
