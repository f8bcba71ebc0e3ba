"""Chapter 9: learning rates for the convolutional network and two dense ones, in three settings.

Each seed stands for one rate, one setting and one repetition. Settings: the training digits as they
are (still); each moved anew in every epoch, by up to two pixels up or down and to a side (moved);
the pixels of all images shuffled alike (shuffled). To a dense network shuffled pixels are no other
task, so it is left out there.
`Momentum`, 8 epochs, batches of 32. The accuracies are those on the validation digits, which are
moved nowhere; one below 0.5 is stored as 0, since its digits would differ on another machine.
"""

import numpy as np

from nnlib import (
    Conv2D,
    Dense,
    Flatten,
    GlobalAveragePool,
    MaxPool2D,
    Momentum,
    Network,
    ReLU,
    SoftmaxCrossEntropy,
    accuracy,
    datasets,
    fit,
)

RATES = (0.1, 0.2, 0.4, 0.8, 1.6)
SETTINGS = ("still", "moved", "shuffled")
REPEATS = 4
SEEDS = range(REPEATS * len(RATES) * len(SETTINGS))
EPOCHS = 8
NETWORKS = ("conv", "small", "large")


def layers(name):
    """The layers of a network: convolutional (3818 parameters), or dense (3748 or 41,802).

    For `09_average`, a convolutional one that ends in global averages (3738 parameters); for
    `09_strided`, the convolutional one with stride 2 in the place of the poolings.
    """
    if name == "strided":
        first = [Conv2D(1, 8, 3, stride=2, padding=1), ReLU()]
        second = [Conv2D(8, 16, 3, stride=2, padding=1), ReLU()]
        return [*first, *second, Flatten(), Dense(256, 10)]
    if name in ("conv", "average"):
        first = [Conv2D(1, 8, 3, padding=1), ReLU(), MaxPool2D(2)]
        second = [Conv2D(8, 16, 3, padding=1), ReLU(), MaxPool2D(2)]
        last = [Flatten(), Dense(256, 10)]
        if name == "average":
            last = [Conv2D(16, 16, 3, padding=1), ReLU(), GlobalAveragePool(), Dense(16, 10)]
        return [*first, *second, *last]
    if name == "small":
        return [Dense(256, 14), ReLU(), Dense(14, 10)]
    return [Dense(256, 128), ReLU(), Dense(128, 64), ReLU(), Dense(64, 10)]


def moved(X, down, right):
    """Move each image by its own whole numbers of pixels; what comes in is paper."""
    most = max(abs(down).max(), abs(right).max())
    images = np.pad(X.reshape(-1, 16, 16), ((0, 0), (most, most), (most, most)))
    rows = most - down[:, None] + np.arange(16)
    columns = most - right[:, None] + np.arange(16)
    which = np.arange(len(X))[:, None, None]
    return images[which, rows[:, :, None], columns[:, None, :]].reshape(-1, 256)


def trained(name, rate, setting, seed, epochs, frozen=()):
    """Train a network; yield, after each number of epochs asked for, that and its accuracy.

    The accuracy is a function of images, rows of 256 numbers, that show the validation digits.
    """
    digits = datasets.digits(np.float32)
    rng = np.random.default_rng(seed)
    shape = (256,) if name in ("small", "large") else (16, 16, 1)
    network = Network(layers(name), rng=rng, input_shape=shape, dtype=np.float32)
    if frozen:
        network.freeze(*frozen)
    order = np.arange(256)
    if setting == "shuffled":
        order = np.random.default_rng(1000 + seed).permutation(256)

    def seen(X):
        return X[:, order].reshape(-1, *shape)

    optimizer = Momentum(rate)
    for epoch in range(1, max(epochs) + 1):
        X = digits.X_train
        if setting == "moved":
            X = moved(X, *rng.integers(-2, 3, (2, len(X))))
        fit(
            network, seen(X), digits.y_train, loss=SoftmaxCrossEntropy(), optimizer=optimizer,
            epochs=1, rng=rng, progress=False,
        )  # fmt: skip
        if epoch in epochs:
            yield epoch, lambda X: accuracy(network, seen(X), digits.y_validation)


def run(seed):
    """Return the setting, the rate, and each network's validation accuracy."""
    repeat, k = divmod(seed, len(RATES) * len(SETTINGS))
    setting, rate = SETTINGS[k // len(RATES)], RATES[k % len(RATES)]
    results = {"setting": setting, "rate": rate}
    for name in NETWORKS:
        if name != "conv" and setting == "shuffled":
            continue
        try:
            (_, right_on), *_ = trained(name, rate, setting, repeat, [EPOCHS])
            right = right_on(datasets.digits(np.float32).X_validation)
        except FloatingPointError:  # the rate is far too large
            right = 0
        results[name] = round(right, 3) if right > 0.5 else 0
    return results
