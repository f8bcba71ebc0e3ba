"""The error signal in every layer of a deep network: it vanishes, is kept, or explodes."""

import numpy as np

from nnlib import plots
from nnlib.initializers import glorot_uniform, he_normal, normal
from nnlib.layers import Dense, ReLU, Residual, Sigmoid, Tanh
from nnlib.losses import SoftmaxCrossEntropy
from nnlib.network import Network
from nnwidgets.base import CHOICES, Checked, Widget, integer, known_to_both, one_of

LIMITS = known_to_both("vanishing")
WIDTH, CLASSES, BATCH, STARTS = (LIMITS[name] for name in ("width", "classes", "batch", "starts"))
KEPT = LIMITS["kept"]  # δ₁/δ_L below: vanishes; above: explodes
REACHES = LIMITS["reaches"]  # the chart runs from 10^−reach to 10^reach
ACTIVATIONS = {"sigmoid": Sigmoid, "tanh": Tanh, "relu": ReLU}
INITIALIZERS = {
    "small": normal(0.01),
    "glorot": glorot_uniform,
    "he": he_normal,
    "standard": normal(1.0),
}


class VanishingGradients(Widget):
    """The length of the error signal δ in each hidden layer, before any training.

    Five networks of 32 units a layer that differ in their random start, four random samples, ten
    classes, softmax and cross-entropy. In a residual network each hidden layer from the second on
    adds its input to its output. Slides 26 and 27; chapter 5.

    Parameters
    ----------
    depth : int from 1 to 20
        The number of hidden layers.
    activation : {"sigmoid", "tanh", "relu"}
    initializer : {"small", "glorot", "he", "standard"}
        How the first weights are drawn: from N(0, 0.01²), by Glorot's or He's rule, or from N(0,
        1).
    structure : {"plain", "residual"}
        Without or with skip connections.
    seed : int from 0 to 9999
        Python and the browser draw different numbers from it, of the same distribution.

    Raises
    ------
    TypeError, ValueError
        If a value does not fit.

    Examples
    --------
    >>> VanishingGradients(depth=10, activation="tanh", initializer="glorot")
    """

    depth = Checked(10, integer(*LIMITS["depth"]))
    activation = Checked("sigmoid", one_of(tuple(ACTIVATIONS)))
    initializer = Checked("glorot", one_of(tuple(LIMITS["initializers"])))
    structure = Checked("plain", one_of(tuple(LIMITS["structures"])))
    seed = Checked(0, integer(*LIMITS["seed"]))

    settings = ("depth", "activation", "initializer", "structure", "seed")
    space = (54, 31)

    @property
    def signals(self):
        """‖∂L/∂z‖ of each hidden layer: an array of shape (5 starts, depth)."""
        rng = np.random.default_rng(self.seed)
        network = self.network(rng, (STARTS,))
        return signals(network, rng.normal(size=(BATCH, WIDTH)), np.arange(BATCH))

    @property
    def ratio(self):
        """What arrives in the first hidden layer of what was in the last: the median, a float."""
        lengths = self.signals
        return float(np.median(lengths[:, 0] / lengths[:, -1]))

    def network(self, rng, grid=()):
        """Return a network, or a grid of them, as the widget's values have it."""
        initializer = INITIALIZERS[self.initializer]
        layers = []
        for k in range(self.depth):
            dense = Dense(WIDTH, WIDTH, initializer=initializer)
            inner = [dense, ACTIVATIONS[self.activation]()]
            layers += [Residual(inner)] if self.structure == "residual" and k else inner
        layers.append(Dense(WIDTH, CLASSES, initializer=initializer))
        return Network(layers, rng=rng, grid=grid)

    def still(self):
        """Return the picture: the signal in each layer, five starts and their median."""
        lengths = self.signals
        relative = lengths / lengths[:, -1:]
        median = np.median(relative, axis=0)
        layers = np.arange(1, self.depth + 1)
        largest = np.abs(np.log10(median)).max()
        reach = next((reach for reach in REACHES if largest <= reach), REACHES[-1])
        figure = self.figure(7, 3.4)
        ax = figure.subplots()
        ax.axhspan(*KEPT, color="#4d4d4d", alpha=0.12, lw=0)
        ax.plot(layers, relative.T, color="#4d4d4d", lw=0.9)
        ax.plot(layers, median, color=plots.BLUE, lw=1.5)
        low, high = 10.0**-reach, 10.0**reach
        shown = np.clip(median, low, high)
        for marker, here in {"o": shown == median, "v": median < low, "^": median > high}.items():
            look = {"marker": marker, "color": plots.BLUE, "clip_on": False, "zorder": 3}
            ax.plot(layers[here], shown[here], ls="", ms=6, **look)
        corner = {"ha": "right", "transform": ax.transAxes}
        ax.text(0.98, 0.95, "explodes ↑", va="top", **corner)
        ax.text(0.98, 0.05, "vanishes ↓", va="bottom", **corner)
        ax.set(yscale="log", ylim=(low, high), xlim=(0.5, self.depth + 0.5))
        ax.xaxis.get_major_locator().set_params(integer=True)
        kind = CHOICES["activations"][self.activation]["name"]
        ax.set(xlabel=f"hidden layer ({kind}), from input to output")
        ax.set(ylabel=f"‖δ‖ relative to layer {self.depth}")
        return figure


def signals(network, x, labels):
    """Return ‖∂L/∂z‖ for each `Dense` layer but the last, shape (*grid, layers)."""
    loss = SoftmaxCrossEntropy()
    grad = network.layers[-1].backward(loss(network.forward(x), labels)[1])
    lengths = []
    for layer in reversed(network.layers[:-1]):
        inner = grad
        for part in reversed(layer.layers if isinstance(layer, Residual) else [layer]):
            if isinstance(part, Dense):
                lengths.append(np.linalg.norm(inner, axis=(-1, -2)))
            inner = part.backward(inner)
        grad = grad + inner if isinstance(layer, Residual) else inner
    return np.stack(lengths[::-1], axis=-1)
