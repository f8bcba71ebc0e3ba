"""Which pixels did an answer come from? Four maps of a digit that the reader draws."""

from base64 import b64decode

import numpy as np
import traitlets

from nnlib import plots
from nnlib.checks import check_array, check_choice, check_integer, check_labels
from nnlib.datasets import INK
from nnlib.functional import softmax
from nnlib.layers import Dense, ReLU
from nnlib.network import Network
from nnwidgets.base import Checked, Widget, integer, known_to_both, number, numbers, one_of
from nnwidgets.engine_random import EngineRandom
from nnwidgets.networks import packed, unpacked

LIMITS = known_to_both("explanation")
SIDE, CLASSES = 16, 10
PIXELS = SIDE**2
MOST_UNITS = 64  # hidden ones; the weights travel with the page
MOST_SAMPLES = 20
METHODS = LIMITS["methods"]


def _class_or_none(name, value):
    return None if value is None else check_integer(name, value, low=0, high=CLASSES - 1)


def _whole(choices):
    """Return a check for one of some whole numbers."""
    return lambda name, value: check_choice(name, check_integer(name, value), choices)


def _pixel(name, value):
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise TypeError(f"{name} must be a row and a column; got {value!r}")
    places = zip(("row", "column"), value, strict=True)
    return tuple(check_integer(f"{name}'s {what}", i, low=0, high=SIDE - 1) for what, i in places)


class Explanation(Widget):
    """A digit to draw, and four maps that say which pixels the network's answer came from.

    Chapter 11. S is the logit or the probability of the class that is asked about, x the image, x′
    the baseline. The maps, number by number: the gradient ∂S/∂xᵢ; gradient × input, xᵢ · ∂S/∂xᵢ;
    integrated gradients, (xᵢ − x′ᵢ) times the mean of ∂S/∂xᵢ at the midpoints of equal steps from x′
    to x; occlusion, S(x) − S(x with a patch around pixel i replaced by x′). Blue speaks for the
    class, orange against it. The formulas are those of `nnlib.explaining`, which takes logits.

    Parameters
    ----------
    network : nnlib.network.Network
        ``Dense(256, h)`` with h up to 64, ``ReLU()``, ``Dense(h, 10)``; trained on softmax
        cross-entropy. It is copied, with its weights rounded to float16: `network` holds them.
    samples : array_like, shape (n, 256)
        Up to 20 images to load, from 0 (paper) to 1 (ink); kept as levels of 1/63.
    labels : array_like, shape (n,)
        The digits that they show, 0 to 9.
    image : array_like, shape (256,), optional
        What the network reads: at first, if it is not given, the first sample. In a notebook it
        follows what is drawn.
    asked : int, optional
        The class whose score is explained; without it, the trained network's answer.
    score : {"logit", "probability"}
        Of which S is taken.
    weights : {"trained", "random"}
        Whether the network is the trained one, or one with the same layers and weights drawn anew.
    seed : int in [0, 99]
        Of the random weights.
    view : {"maps", "patch", "path"}
        What is shown below the digit: the four maps; a patch to hide; the way from x′ to x.
    method : {"gradient", "times_input", "integrated", "occlusion"}
        The map that is spelt out.
    baseline : {"paper", "ink", "grey"}
        x′: 0, or 1, or the image's mean everywhere; also what a hidden patch is filled with.
    pixel : pair of int, optional
        (row, column), counted from 0, of the number that is spelt out and of the patch's middle;
        without it, where hiding a patch lowers S most.
    size : {1, 3, 5, 7}
        Of the patch, in pixels.
    share : float in [0, 1]
        u: how much of the way from x′ to x is walked.
    steps : {1, 10, 50, 200}
        Of integrated gradients.

    Raises
    ------
    TypeError, ValueError
        If the network or a value does not fit.

    Examples
    --------
    >>> Explanation(network, X_test[:10], y_test[:10], view="path")
    """

    image = Checked((0.0,) * PIXELS, numbers(PIXELS, 0, 1))
    asked = Checked(None, _class_or_none)
    score = Checked("logit", one_of(tuple(LIMITS["scores"])))
    weights = Checked("trained", one_of(tuple(LIMITS["weights"])))
    seed = Checked(0, integer(*LIMITS["seed"]))
    view = Checked("maps", one_of(tuple(LIMITS["views"])))
    method = Checked("integrated", one_of(tuple(METHODS)))
    baseline = Checked("paper", one_of(tuple(LIMITS["baselines"])))
    pixel = Checked((7, 7), _pixel)
    size = Checked(3, _whole(LIMITS["sizes"]))
    share = Checked(0.5, number(*LIMITS["share"]))
    steps = Checked(50, _whole(LIMITS["steps"]))
    _layers = traitlets.List().tag(sync=True)  # as `packed` describes them
    _theta = traitlets.Bytes().tag(sync=True)  # float16, in the network's order
    _samples = traitlets.Bytes().tag(sync=True)  # a byte a pixel: its grey level, 0 to 63
    _labels = traitlets.List().tag(sync=True)
    _ink = traitlets.Int(INK).tag(sync=True)  # the level of full ink

    settings = (
        "image", "asked", "score", "weights", "seed", "view", "method", "baseline", "pixel", "size",
        "share", "steps", "_layers", "_theta", "_samples", "_labels",
    )  # fmt: skip
    space = (100, 60)

    def __init__(self, network, samples, labels, image=None, *, pixel=None, **values):
        layers, theta = packed(network)
        self.network = _check_network(unpacked(layers, theta))
        samples = check_array("samples", samples, shape=(None, PIXELS))
        if samples.min() < 0 or samples.max() > 1:
            outside = samples[(samples < 0) | (samples > 1)][0]
            raise ValueError(f"samples must be numbers from 0 to 1; got {outside}")
        if len(samples) > MOST_SAMPLES:
            raise ValueError(f"samples must be {MOST_SAMPLES} or fewer; got {len(samples)}")
        labels = check_labels("labels", labels, n_classes=CLASSES, n=len(samples))
        levels = np.rint(samples * INK).astype(np.uint8)
        super().__init__(
            image=levels[0] / INK if image is None else image,
            _layers=layers,
            _theta=theta,
            _samples=levels.tobytes(),
            _labels=labels.tolist(),
            **values,
        )
        if pixel is None:
            most = self.maps()["occlusion"].argmax()
            pixel = divmod(int(most), SIDE)
        self.pixel = pixel

    @classmethod
    def restored(cls, state, **values):
        """Return the widget whose state a notebook stores, with other values for some keywords.

        Parameters
        ----------
        state : dict
            As `nnwidgets.base.Widget.stored` describes it.
        """
        theta, samples = (b64decode(state[name]["base64"]) for name in ("_theta", "_samples"))
        network = unpacked(state["_layers"], theta)
        samples = np.frombuffer(samples, np.uint8).reshape(-1, PIXELS) / INK
        kept = {name: state[name] for name in cls.settings if not name.startswith("_")}
        return cls(network, samples, state["_labels"], **{**kept, **values})

    @property
    def samples(self):
        """The images to load, shape (n, 256)."""
        return np.frombuffer(self._samples, np.uint8).reshape(-1, PIXELS) / INK

    @property
    def _units(self):
        return self.network.layers[0].n_out

    @property
    def explained(self):
        """The network that the maps are of: the trained one, or the one with random weights."""
        if self.weights == "trained":
            return self.network
        layers = [Dense(PIXELS, self._units), ReLU(), Dense(self._units, CLASSES)]
        return Network(layers, rng=EngineRandom(self.seed))

    @property
    def asked_class(self):
        """The class whose score is explained: the one asked about, or the trained answer."""
        if self.asked is not None:
            return self.asked
        return int(self.network.predict(np.array(self.image)[None])[0].argmax())

    @property
    def reference(self):
        """The baseline x′, shape (256,)."""
        level = {"paper": 0.0, "ink": 1.0, "grey": np.mean(self.image)}[self.baseline]
        return np.full(PIXELS, level)

    def predict(self, image):
        """Return the probabilities of the ten digits, shape (10,), of the network explained."""
        image = check_array("image", image, shape=(PIXELS,))
        return softmax(self.explained.predict(image[None]))[0]

    def scores(self, images):
        """Return S for images, shape (n, 256): shape (n,)."""
        logits = self.explained.predict(check_array("images", images, shape=(None, PIXELS)))
        return (logits if self.score == "logit" else softmax(logits))[:, self.asked_class]

    def gradients(self, images):
        """Return ∂S/∂x for images, shape (n, 256)."""
        images = check_array("images", images, shape=(None, PIXELS))
        network = self.explained.copy()
        logits = network.forward(images)
        chosen = np.zeros_like(logits)
        chosen[:, self.asked_class] = 1
        if self.score == "probability":
            p = softmax(logits)
            chosen = p[:, [self.asked_class]] * (chosen - p)
        return network.backward(chosen)

    def maps(self):
        """Return the four maps by their methods' names, each of shape (256,)."""
        x, reference = np.array(self.image), self.reference
        slope = self.gradients(x[None])[0]
        shares = (np.arange(self.steps) + 0.5) / self.steps
        on_the_way = self.gradients(reference + shares[:, None] * (x - reference))
        return {
            "gradient": slope,
            "times_input": x * slope,
            "integrated": (x - reference) * on_the_way.mean(axis=0),
            "occlusion": self.scores(x[None]) - self.scores(self._occluded(x, reference)),
        }

    def _occluded(self, x, reference):
        """Return the image with a patch hidden around each pixel, shape (256, 256)."""
        images, reach = np.tile(x, (PIXELS, 1)), self.size // 2
        rows, columns = np.divmod(np.arange(PIXELS), SIDE)
        for image, row, column in zip(images, rows, columns, strict=True):
            near = (abs(rows - row) <= reach) & (abs(columns - column) <= reach)
            image[near] = reference[near]
        return images

    def still(self):
        """Return the picture: the image and the four maps of its score."""
        figure = self.figure(7, 4.6)
        (paper, *first), second = figure.subplots(2, 3)[[0, 1]]
        image = np.array(self.image)
        paper.imshow(image.reshape(SIDE, SIDE), vmin=0, vmax=1)
        answer = self.predict(image)
        paper.set_title(f"It says {answer.argmax()} ({answer.max():.0%})")
        second[2].axis("off")
        for ax, (name, values) in zip([*first, *second], self.maps().items(), strict=False):
            reach = np.abs(values).max() or 1
            ax.imshow(values.reshape(SIDE, SIDE), cmap=plots.SIGNED, vmin=-reach, vmax=reach)
            rows, columns = np.divmod(np.flatnonzero(values < -0.25 * reach), SIDE)
            ax.scatter(columns, rows, marker="_", s=12, color=plots.BLACK, linewidth=0.7)
            ax.contour(image.reshape(SIDE, SIDE), [0.5], colors=plots.GREY, linewidths=0.8)
            ax.set_title(METHODS[name])
        of = f"{self.score} of {self.asked_class}"
        second[2].text(0, 0.5, f"Score: the {of}\nBlue: for it\nOrange, −: against", va="center")
        for ax in figure.axes:
            ax.set(xticks=[], yticks=[])
            ax.grid(False)
            ax.spines[:].set_visible(True)
        return figure

    def __repr__(self):
        return (
            f"Explanation(network=256-{self._units}-10 with relu, samples={len(self._labels)}, "
            f"asked={self.asked}, score={self.score!r}, weights={self.weights!r}, "
            f"view={self.view!r}, baseline={self.baseline!r})"
        )


def _check_network(network):
    """Return the network if the widget can run it."""
    fits = (
        [type(layer) for layer in network.layers] == [Dense, ReLU, Dense]
        and (network.n_in, network.n_out) == (PIXELS, CLASSES)
        and network.layers[0].n_out <= MOST_UNITS
    )
    if not fits:
        raise ValueError(
            f"network must be Dense(256, h) with h up to {MOST_UNITS}, ReLU(), Dense(h, 10); "
            f"got {network!r}"
        )
    return network
