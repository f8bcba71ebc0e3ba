"""Which pixels did an answer come from? Four maps of a digit that the reader draws."""

from base64 import b64decode

import numpy as np
import traitlets

from nnlib import plots
from nnlib.checks import check_array, check_choice, check_integer
from nnlib.functional import softmax
from nnlib.layers import Dense, ReLU
from nnlib.network import Network
from nnwidgets.base import Checked, integer, known_to_both, number, one_of
from nnwidgets.desk import CLASSES, PIXELS, SIDE, DeskWidget, check_dense, rows_of
from nnwidgets.engine_random import EngineRandom
from nnwidgets.networks import packed, unpacked

LIMITS = known_to_both("explanation")
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


class Explanation(DeskWidget):
    """A digit to draw, and four maps that say which pixels the network's answer came from.

    Chapter 11. S is the logit or the probability of the class that is asked about, x the image, x′
    the baseline. The maps, number by number: the gradient ∂S/∂xᵢ; gradient × input, xᵢ · ∂S/∂xᵢ;
    integrated gradients, (xᵢ − x′ᵢ) times the mean of ∂S/∂xᵢ at the midpoints of equal steps from
    x′ to x; occlusion, S(x) − S(x with a patch around pixel i replaced by x′). Blue speaks for the
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

    settings = (
        "image", "asked", "score", "weights", "seed", "view", "method", "baseline", "pixel", "size",
        "share", "steps", "_layers", "_theta", "_samples", "_labels",
    )  # fmt: skip

    def __init__(self, network, samples, labels, image=None, *, pixel=None, **values):
        self.refuse_unknown(values, ["network", "samples", "labels", *self.public()])
        layers, theta = packed(network)
        self.network = check_dense("network", unpacked(layers, theta))
        self._drawn = None, None  # the last seed, and its network
        super().__init__(samples, labels, image, _layers=layers, _theta=theta, **values)
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
        kept = {name: state[name] for name in cls.settings if not name.startswith("_")}
        return cls(network, rows_of(samples), state["_labels"], **{**kept, **values})

    @property
    def space(self):
        """Its height: the images to load stand in two columns on a phone, else in rows of seven."""
        rows = -(-len(self._labels) // 2)
        return 92.5 + 3.05 * max(0, rows - 5), 57 + 3.05 * (len(self._labels) > 14)

    @property
    def _units(self):
        return self.network.layers[0].n_out

    @property
    def explained(self):
        """The network that the maps are of: the trained one, or the one with random weights."""
        if self.weights == "trained":
            return self.network
        if self._drawn[0] != self.seed:  # drawing takes a while
            layers = [Dense(PIXELS, self._units), ReLU(), Dense(self._units, CLASSES)]
            self._drawn = self.seed, Network(layers, rng=EngineRandom(self.seed))
        return self._drawn[1]

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
        x = np.array(self.image)
        slope = self.gradients(x[None])[0]
        return {
            "gradient": slope,
            "times_input": x * slope,
            "integrated": self._gains().sum(axis=0),
            "occlusion": self.scores(x[None]) - self.scores(self._occluded()),
        }

    def _occluded(self):
        """Return the image with a patch hidden around each pixel, shape (256, 256)."""
        images, reference, reach = np.tile(self.image, (PIXELS, 1)), self.reference, self.size // 2
        rows, columns = np.divmod(np.arange(PIXELS), SIDE)
        for image, row, column in zip(images, rows, columns, strict=True):
            near = (abs(rows - row) <= reach) & (abs(columns - column) <= reach)
            image[near] = reference[near]
        return images

    def walk(self, share):
        """Return what the steps of integrated gradients add up to until a share u of the way.

        Parameters
        ----------
        share : float in [0, 1]

        Returns
        -------
        numpy.ndarray, shape (256,)
            The sum, pixel by pixel; for u = 1 the map of integrated gradients.
        """
        share = number(*LIMITS["share"])("share", share)
        return self._done([share])[0] @ self._gains()

    def _gains(self):
        """Return what each step adds to each pixel, shape (steps, 256)."""
        x, reference = np.array(self.image), self.reference
        middles = (np.arange(self.steps) + 0.5) / self.steps
        on_the_way = self.gradients(reference + middles[:, None] * (x - reference))
        return (x - reference) * on_the_way / self.steps

    def _done(self, shares):
        """Return how much of each step is walked at shares of the way, shape (n, steps)."""
        return np.clip(np.multiply.outer(shares, self.steps)[:, None] - np.arange(self.steps), 0, 1)

    def still(self):
        """Return the picture of what is shown below the digit: four maps, patch or path."""
        draw = {"maps": self._still_maps, "patch": self._still_patch, "path": self._still_path}
        figure = draw[self.view]()
        for ax in figure.axes:
            if ax.images:
                ax.set(xticks=[], yticks=[])
                ax.spines[:].set_visible(True)
            ax.grid(False)
        return figure

    def _still_maps(self):
        figure = self.figure(7, 4.8)
        axes = figure.subplots(2, 3).ravel()
        image = np.array(self.image)
        self._draw_image(axes[0], image)
        for ax, (name, values) in zip(axes[1:], self.maps().items(), strict=False):
            self._draw_map(ax, values, METHODS[name])
        axes[5].axis("off")
        said = f"Score: {self.score} of {self.asked_class}\nblue: for it\norange, −: against"
        axes[5].text(0.02, 0.5, said, va="center")
        return figure

    def _still_patch(self):
        figure = self.figure(7, 2.7)
        paper, effect, answers = figure.subplots(1, 3)
        image, (row, column), reach = np.array(self.image), self.pixel, self.size // 2
        hidden = self._occluded()[SIDE * row + column]
        self._draw_image(paper, hidden)
        low = [max(0, i - reach) - 0.5 for i in (column, row)]
        high = [min(SIDE, i + reach + 1) - 0.5 for i in (column, row)]
        corners = [low, (high[0], low[1]), high, (low[0], high[1]), low]
        paper.plot(*np.transpose(corners), color=plots.BLUE, linewidth=2)
        self._draw_map(effect, self.maps()["occlusion"], METHODS["occlusion"])
        both = [self.predict(picture)[self.asked_class] for picture in (image, hidden)]
        bars = answers.bar(["with it", "without"], both, color=[plots.BLUE, "#bfbfbf"], width=0.6)
        answers.bar_label(bars, [f"{p:.0%}" for p in both])
        answers.set(ylim=(0, 1.15), yticks=[0, 0.5, 1], title=f"Probability of {self.asked_class}")
        return figure

    def _still_path(self):
        figure = self.figure(7, 4.8)
        grid = figure.add_gridspec(2, 3, height_ratios=[1, 1.1])
        on, slope, so_far = (figure.add_subplot(grid[0, k]) for k in range(3))
        chart = figure.add_subplot(grid[1, :])
        image, reference, u = np.array(self.image), self.reference, self.share
        here = reference + u * (image - reference)
        self._draw_image(on, here, f"u = {u:g} of the way")
        self._draw_map(slope, self.gradients(here[None])[0], "gradient there")
        self._draw_map(so_far, self.walk(u), "sum so far", np.abs(self.walk(1)).max())
        shares = np.linspace(0, 1, 101)
        scores = self.scores(reference + shares[:, None] * (image - reference))
        chart.plot(shares, scores - scores[0], color="#d0d0d0", linewidth=7, label="S(u) − S(0)")
        sums = self._done(shares) @ self._gains().sum(axis=1)
        chart.plot(shares, sums, color=plots.BLUE, label=f"sum of {self.steps} steps")
        chart.plot(u, self.walk(u).sum(), "o", color=plots.BLACK)
        chart.set(xlabel="u", xlim=(0, 1))
        chart.legend()
        return figure

    def _draw_image(self, ax, image, title=None):
        ax.imshow(image.reshape(SIDE, SIDE), vmin=0, vmax=1)
        p = self.predict(image)
        says = "It says" if self.weights == "trained" else "Random weights say"
        ax.set_title(title or f"{says} {p.argmax()} ({p.max():.0%})")

    def _draw_map(self, ax, values, title, full=None):
        """Draw a map with the digit's edge, and a minus where it is clearly negative."""
        full = full or np.abs(values).max() or 1
        ax.imshow(values.reshape(SIDE, SIDE), cmap=plots.SIGNED, vmin=-full, vmax=full)
        rows, columns = np.divmod(np.flatnonzero(values < -0.15 * full), SIDE)
        ax.scatter(columns, rows, marker="_", s=12, color=plots.BLACK, linewidth=0.7)
        if np.ptp(self.image):
            edge = {"colors": plots.GREY, "linewidths": 0.8}
            ax.contour(np.reshape(self.image, (SIDE, SIDE)), [0.5], **edge)
        ax.set_title(title)

    def __repr__(self):
        return (
            f"Explanation(network=256-{self._units}-10 with relu, samples={len(self._labels)}, "
            f"asked={self.asked}, score={self.score!r}, weights={self.weights!r}, "
            f"view={self.view!r}, baseline={self.baseline!r})"
        )
