"""Six activations in one small network on digits, each at ten learning rates.

Chapter 2. A seed deals out the 3000 training digits (500 to train on, 1000 to choose the rate by,
1500 to judge by) and draws the first weights and the order of the batches; all activations and
rates share them. 256-32-10, softmax cross-entropy, plain gradient descent with batches of 25, 30
epochs. `tuned` and `judged` are accuracies on the two other parts, `early` is `judged` after 10
epochs at the rates up to 1. Large steps throw a network about, and then it is not the same on two
machines: of the rates above 1, an accuracy below 0.83 is stored as 0.
"""

import numpy as np

from nnlib import (
    SGD,
    Dense,
    Layer,
    Network,
    ReLU,
    Sigmoid,
    SoftmaxCrossEntropy,
    Tanh,
    accuracy,
    datasets,
    fit,
    functional,
)

SEEDS = range(1, 17)
RATES = [0.1, 0.2, 0.4, 0.7, 1.0, 1.4, 2.0, 3.0, 6.0, 24.0]
STEADY = 5  # the first five, up to 1


class LeakyReLU(Layer):
    """y = x where x > 0, else 0.01 x."""

    def forward(self, x, training=False):
        """Return the outputs."""
        self.factor = np.where(x > 0, 1, 0.01)
        return x * self.factor

    def backward(self, grad, input_grad=True):
        """Return the gradient times the slope."""
        return grad * self.factor


class Softplus(Layer):
    """y = log(1 + eˣ)."""

    def forward(self, x, training=False):
        """Return the outputs."""
        self.x = x
        return np.logaddexp(0, x)

    def backward(self, grad, input_grad=True):
        """Return the gradient times the slope."""
        return grad * functional.sigmoid(self.x)


class SiLU(Layer):
    """y = x σ(x)."""

    def forward(self, x, training=False):
        """Return the outputs."""
        self.x, self.s = x, functional.sigmoid(x)
        return x * self.s

    def backward(self, grad, input_grad=True):
        """Return the gradient times the slope."""
        return grad * (self.s + self.x * self.s * (1 - self.s))


ACTIVATIONS = [Sigmoid, Tanh, ReLU, LeakyReLU, Softplus, SiLU]


def run(seed):
    """Train every activation at every rate from one seed."""
    digits = datasets.digits()
    rng = np.random.default_rng(seed)
    chosen = rng.permutation(len(digits.y_train))
    part, others, rest = np.split(chosen, [500, 1500])
    data = digits.X_train[part], digits.y_train[part]
    judging = digits.X_train[rest], digits.y_train[rest]
    settings = {"loss": SoftmaxCrossEntropy(), "batch_size": 25, "on_divergence": "record"}
    results = {"rates": RATES}
    for activation in ACTIVATIONS:
        layers = [Dense(256, 32), activation(), Dense(32, 10)]
        network = Network(layers, rng=np.random.default_rng(seed), grid=(len(RATES),))
        network.theta[...] = network.theta[:1]  # the same start at each rate
        settings["optimizer"], settings["rng"] = SGD(np.array(RATES)), np.random.default_rng(seed)
        fit(network, *data, epochs=10, **settings)
        early = score(network, *judging)[:STEADY]
        fit(network, *data, epochs=20, **settings)
        tuned = score(network, digits.X_train[others], digits.y_train[others])
        judged = score(network, *judging)
        results[activation.__name__] = {"tuned": tuned, "judged": judged, "early": early}
    return results


def score(network, X, y):
    """Return the accuracy of each network, to three decimals; 0 if it is poor at a large rate."""
    right = accuracy(network, X, y)
    lost = np.isnan(right) | ((right < 0.83) & (np.arange(len(RATES)) >= STEADY))
    return np.where(lost, 0, right).round(3).tolist()
