"""Chapter 6: what each hyperparameter changes, every other one at a good value.

One seed gives the first weights and the order of the samples. All scores are shares of right
answers. Scores on the 2000 spare digits are there because the 1000 validation digits choose the
learning rate: a score that has chosen something flatters.

Close to its largest possible rate a run is erratic: its last bits, which no two machines share,
grow until they decide what it learns. Such rates are left out (or only checked to be worse than
a smaller one), and a run that has failed is stored as chance.
"""

from itertools import pairwise

import numpy as np

from nnlib import datasets
from nnlib.initializers import he_normal
from nnlib.layers import Dense, ReLU, Sigmoid, Tanh
from nnlib.losses import SoftmaxCrossEntropy
from nnlib.network import Network
from nnlib.optimizers import SGD, Adam
from nnlib.training import accuracy, fit, minibatches

SEEDS = range(12)
CHANCE = 0.1  # stored for a run that fails
RATES = [0.003 * 2**k for k in range(11) if k != 9]  # of the first experiment; 9 is erratic
EPOCHS = [1, 4, 16, 48]
SHAPES = [0.006, 0.048, 0.384]  # rates whose loss curves are kept
SGD_RATES = [0.01 * 2**k for k in range(10)]
ADAM_RATES = [0.001 * 2**k for k in range(7)]
BATCHES = {16: 7, 64: None, 256: None}  # batch size: which of SGD's rates is erratic there
RACE = {  # batch size: learning rates, most steps, and after how many steps to look
    1: ([0.01, 0.02, 0.04, 0.08], 3000, 20),
    8: ([0.1, 0.2, 0.4, 0.8], 400, 4),
    64: ([0.4, 0.8, 1.6, 3.2], 80, 1),
    256: ([0.6, 1.2, 2.4, 4.8], 40, 1),
    1000: ([0.6, 1.2, 2.4, 4.8], 36, 1),
}
CHOICES = {  # the first is what all others are compared with; then how many rates are steady
    "base": ({}, 6),
    "2 units": ({"width": 2}, 6),
    "8 units": ({"width": 8}, 6),
    "128 units": ({"width": 128}, 7),
    "no hidden layer": ({"depth": 0}, 7),
    "2 hidden layers": ({"depth": 2}, 6),
    "3 hidden layers": ({"depth": 3}, 5),
    "no activation": ({"activation": "none"}, 6),
    "sigmoid": ({"activation": "sigmoid"}, 10),
    "tanh": ({"activation": "tanh"}, 7),
    "no bias": ({"bias": False}, 6),
}
CHOICE_RATES = [0.025 * 2**k for k in range(10)]
ACTIVATIONS = {"none": None, "sigmoid": Sigmoid, "tanh": Tanh, "ReLU": ReLU}
LOSS = SoftmaxCrossEntropy()


class DenseWithoutBias(Dense):
    """A dense layer whose biases stay at 0: their gradient is erased."""

    def backward(self, grad, input_grad=True):
        """Write `dW` as always, and no gradient for `b`."""
        result = super().backward(grad, input_grad)
        self.db[...] = 0
        return result


def small(X):
    """Average blocks of 2 × 2 pixels: 256 numbers become 64."""
    return X.reshape(-1, 8, 2, 8, 2).mean(axis=(2, 4)).reshape(-1, 64)


digits = datasets.digits()
raw = small(digits.X_train)
mean, deviation = raw[:1000].mean(axis=0), raw[:1000].std()
X_all, y_all = (raw - mean) / deviation, digits.y_train
X, y = X_all[:1000], y_all[:1000]
SPARE = X_all[1000:], y_all[1000:]
VALIDATION = (small(digits.X_validation) - mean) / deviation, digits.y_validation


def mlp(width=32, depth=1, activation="ReLU", bias=True):
    """Return the layers of a network with `depth` hidden layers of this width."""
    dense = Dense if bias else DenseWithoutBias
    layers, widths = [], [64] + [width] * depth
    for n_from, n_to in pairwise(widths):
        layers.append(dense(n_from, n_to, initializer=he_normal))
        if activation != "none":
            layers.append(ACTIVATIONS[activation]())
    return [*layers, dense(widths[-1], 10)]


def start(seed, n, **architecture):
    """Return n equal networks, and a generator for the order of each one's samples."""
    rngs = [np.random.default_rng(seed) for _ in range(n)]
    networks = Network(mlp(**architecture), rng=np.random.default_rng(0), grid=(n,))
    for theta, rng in zip(networks.theta, rngs, strict=True):
        theta[...] = Network(mlp(**architecture), rng=rng).theta
    return networks, rngs


def train(networks, rngs, optimizer, epochs, batch_size=32, callback=None):
    """Train on the 1000 digits; a run that diverges is recorded."""
    return fit(networks, X, y, loss=LOSS, optimizer=optimizer, epochs=epochs, rng=rngs,
               batch_size=batch_size, on_divergence="record", progress=False,
               callback=callback)  # fmt: skip


def scores(networks, x, labels):
    """Return accuracies; a diverged network has learned nothing, and is at chance."""
    return np.nan_to_num(accuracy(networks, x, labels), nan=CHANCE).round(4)


def failed(found, rates, above):
    """Return these accuracies, with chance in place of those below 0.6 at rates `above` this."""
    return np.where((found < 0.6) & (np.array(rates) > above), CHANCE, found).tolist()


def by_rate(seed):
    """Return validation accuracies for each number of epochs and rate, and some loss curves."""
    networks, rngs = start(seed, len(RATES))
    found = {}

    def look(epoch, networks, history):
        if epoch in EPOCHS:
            found[str(epoch)] = failed(scores(networks, *VALIDATION), RATES, 1)

    history = train(networks, rngs, SGD(np.array(RATES)), max(EPOCHS), callback=look)
    losses = np.nan_to_num(np.array(history.loss[:16]), nan=10.0).clip(max=10.0)
    return {
        "accuracy": found,
        "losses": losses[:, [RATES.index(rate) for rate in SHAPES]].T.round(3).tolist(),
        "above 5 at first": bool((losses[:3, -1] > 5).all()),  # at the largest rate
        "above 1.5 always": bool((losses[:, -1] > 1.5).all()),
    }


def by_batch(seed, make, rates):
    """Return validation accuracies after 10 epochs for each batch size and rate."""
    found = {}
    for batch_size, erratic in BATCHES.items():
        tried = [rate for k, rate in enumerate(rates) if k != erratic or make is Adam]
        networks, rngs = start(seed, len(tried))
        train(networks, rngs, make(np.array(tried)), 10, batch_size)
        found[str(batch_size)] = failed(scores(networks, *VALIDATION), tried, 1)
    return found


def race(seed):
    """Return the steps to a training loss of 0.4, by batch size and rate; 0 for not reached.

    The loss is that of 500 of the training digits.
    """
    rows = LOSS.target_rows(y, 1000, 10, X.dtype)
    found = {}
    for batch_size, (rates, most, every) in RACE.items():
        networks, rngs = start(seed, len(rates))
        optimizer, step, arrived = SGD(np.array(rates)), 0, np.zeros(len(rates), int)
        with np.errstate(all="ignore"):  # some of the rates diverge
            while step < most and not arrived.all():
                for batch in minibatches(1000, batch_size, rng=rngs):
                    prediction = networks.forward(X[batch])
                    networks.backward(LOSS.compute(prediction, rows[batch])[1], input_grad=False)
                    optimizer.step(networks.theta, networks.grad)
                    step += 1
                    if step % every == 0:
                        low = LOSS.compute(networks.forward(X[:500]), rows[:500])[0] < 0.4
                        arrived[low & (arrived == 0)] = step
                    if step == most or arrived.all():
                        break
        found[str(batch_size)] = arrived.tolist()
    return found


def architecture(seed):
    """Return accuracies on validation and spare digits after 10 epochs, by choice and rate."""
    found = {}
    for name, (choice, steady) in CHOICES.items():
        networks, rngs = start(seed, len(CHOICE_RATES), **choice)
        train(networks, rngs, SGD(np.array(CHOICE_RATES)), 10)
        both = np.array([scores(networks, *digits) for digits in (VALIDATION, SPARE)])
        if (both[0, steady:] >= both[0, :steady].max()).any():
            raise ValueError(f"seed {seed}, {name}: an erratic rate is the best one")
        both[:, steady:] = CHANCE
        found[name] = both.tolist()
    return found


def run(seed):
    """Return the results of one seed."""
    return {
        "rate": by_rate(seed),
        "SGD": by_batch(seed, SGD, SGD_RATES),
        "Adam": by_batch(seed, Adam, ADAM_RATES),
        "race": race(seed),
        "architecture": architecture(seed),
    }
