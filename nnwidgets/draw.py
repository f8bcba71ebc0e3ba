"""A sheet of paper for a digit, and a trained network that reads it stroke by stroke."""

from base64 import b64decode

import numpy as np
import traitlets

from nnlib import plots
from nnlib.checks import check_array
from nnlib.functional import softmax
from nnlib.layers import Dense, ReLU, Sigmoid, Tanh
from nnlib.network import Network
from nnwidgets.base import Checked, integer, one_of
from nnwidgets.desk import (
    CLASSES,
    DIGITS,
    MOST_UNITS,
    PIXELS,
    SIDE,
    DeskWidget,
    check_dense,
    rows_of,
)

SPACES = {"whole": (73.5, 36.5), "answer": (36.25, 23)}
ACTIVATIONS = {ReLU: "relu", Sigmoid: "sigmoid", Tanh: "tanh"}


class DrawDigit(DeskWidget):
    """A trained 256-h-10 network, and a sheet of 16 × 16 cells to draw a digit for it.

    Slide 3; chapter 1. What is drawn is scaled and moved as the training pictures were (or not, if
    `preparation` says so), and rounded to their 64 grey levels. The weights travel as float32, so
    the probabilities are the network's to about 1e-6.

    Parameters
    ----------
    network : nnlib.network.Network
        ``Dense(256, h)`` with h up to 64, an activation (ReLU, Sigmoid or Tanh), ``Dense(h, 10)``;
        trained on softmax cross-entropy. It is copied: further training does not show here.
    samples : array_like, shape (n, 256)
        Up to 20 pictures to load, from 0 (paper) to 1 (ink); kept as levels of 1/63.
    labels : array_like, shape (n,)
        The digits that they show, 0 to 9.
    image : array_like, shape (256,), optional
        The picture that the network reads: at first, if it is not given, the first sample. In a
        notebook it follows what is drawn.
    preparation : {"centred", "as drawn"}
        Whether drawings are centred and scaled as the training pictures were.
    part : {"whole", "answer"}
        The whole reader, or paper and answer alone, as on the title page; its paper is empty at
        first.

    Raises
    ------
    TypeError, ValueError
        If the network or a value does not fit.

    Examples
    --------
    >>> DrawDigit(network, X_test[:10], y_test[:10])
    """

    preparation = Checked("centred", one_of(tuple(DIGITS["preparations"])))
    part = Checked("whole", one_of(tuple(SPACES)))
    _units = Checked(1, integer(1, MOST_UNITS))
    _activation = Checked("relu", one_of(tuple(ACTIVATIONS.values())))
    _theta = traitlets.Bytes().tag(sync=True)  # float32, in the network's order

    settings = (
        "image", "preparation", "part", "_units", "_activation", "_theta", "_samples", "_labels",
    )  # fmt: skip

    def __init__(self, network, samples, labels, image=None, preparation="centred", part="whole"):
        first, activation, _ = check_dense("network", network, tuple(ACTIVATIONS)).layers
        theta = network.theta.astype("<f4")
        self._network = network.copy()
        self._network.theta[...] = theta
        super().__init__(
            samples,
            labels,
            np.zeros(PIXELS) if image is None and part == "answer" else image,
            preparation=preparation,
            part=part,
            _units=first.n_out,
            _activation=ACTIVATIONS[type(activation)],
            _theta=theta.tobytes(),
        )

    @classmethod
    def restored(cls, state, **values):
        """Return the widget whose state a notebook stores, with other values for some keywords.

        Parameters
        ----------
        state : dict
            As `nnwidgets.base.Widget.stored` describes it.
        """
        theta, samples = (b64decode(state[name]["base64"]) for name in ("_theta", "_samples"))
        units = state["_units"]
        (activation,) = (kind for kind, name in ACTIVATIONS.items() if name == state["_activation"])
        layers = [Dense(PIXELS, units), activation(), Dense(units, CLASSES)]
        network = Network(layers, rng=np.random.default_rng(0))
        network.theta[...] = np.frombuffer(theta, "<f4")
        kept = {name: state[name] for name in ("image", "preparation", "part")}
        return cls(network, rows_of(samples), state["_labels"], **{**kept, **values})

    @property
    def space(self):
        """The height of the part that is shown."""
        return SPACES[self.part]

    def predict(self, image):
        """Return the probabilities of the ten digits, as the widget shows them.

        Parameters
        ----------
        image : array_like, shape (256,)

        Returns
        -------
        numpy.ndarray, shape (10,)
        """
        image = check_array("image", image, shape=(PIXELS,))
        return softmax(self._network.predict(image[None]))[0]

    def still(self):
        """Return the picture: what the network reads, its hidden units, and its answer."""
        image = np.array(self.image)
        if self.part == "answer":
            figure = self.figure(4.4, 2.6)
            paper, bars = figure.subplots(1, 2, width_ratios=[1, 1.3])
        else:
            figure = self.figure(7, 2.6)
            paper, hidden, bars = figure.subplots(1, 3, width_ratios=[1, 1, 1.3])
            self._draw_hidden(hidden, image)
        paper.imshow(image.reshape(SIDE, SIDE), vmin=0, vmax=1)
        paper.set(xticks=[], yticks=[], title="16 × 16 inputs")
        paper.spines[:].set_visible(True)
        p = self.predict(image)
        drawn = bars.barh(range(CLASSES), p, color="#bfbfbf")
        drawn[p.argmax()].set_color(plots.BLUE)
        bars.text(p.max() + 0.03, p.argmax(), f"{p.max():.0%}", va="center")
        bars.set(yticks=range(CLASSES), ylim=(9.6, -0.6), xlim=(0, 1.3), xticks=[0, 0.5, 1])
        bars.set(title=f"It says {p.argmax()}", xlabel="probability")
        for ax in figure.axes:
            ax.grid(False)
        return figure

    def _draw_hidden(self, ax, image):
        """Draw the hidden units in rows of eight, each shaded by its activation."""
        first, activation = self._network.layers[:2]
        a = activation.forward(first.forward(image[None]))[0]
        units = np.full(-(-len(a) // 8) * 8, np.nan)  # full rows of eight
        units[: len(a)] = a
        reach = np.abs(a).max() or 1
        ax.imshow(units.reshape(-1, 8), cmap=plots.SIGNED, vmin=-reach, vmax=reach)
        ax.set(xticks=[], yticks=[], title=f"{len(a)} hidden units")
        ax.spines[:].set_visible(True)

    def __repr__(self):
        return (
            f"DrawDigit(network=256-{self._units}-10 with {self._activation}, "
            f"samples={len(self._labels)}, preparation={self.preparation!r})"
        )
