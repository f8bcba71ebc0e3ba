"""A digit, a teacher's answer to it at any temperature, and two students' answers beside it."""

import numpy as np
import traitlets

from nnlib import plots
from nnlib.checks import check_array, check_labels
from nnlib.datasets import INK
from nnlib.functional import softmax
from nnlib.layers import Dense, ReLU
from nnlib.losses import SoftmaxCrossEntropy
from nnwidgets.base import Checked, Widget, known_to_both, number, numbers, one_of
from nnwidgets.networks import check_network, packed, unpacked

LIMITS = known_to_both("distillation")
DESK = known_to_both("shared/digits/digits")
SIDE, CLASSES = DESK["side"], DESK["classes"]
PIXELS = SIDE**2
MOST_SAMPLES = 20
MOST_UNITS = 64  # hidden ones of a student; the weights travel with the page
MOST_PARAMETERS = 20_000  # of the teacher
STUDENTS = tuple(LIMITS["students"])
LOSS = SoftmaxCrossEntropy()


class Distillation(Widget):
    """A drawn digit, what a teacher answers at a temperature T, and what two students answer.

    The teacher's answer is q_k = softmax(z / T)_k, as unsure as exp(−Σ q_k log q_k) equal choices.
    A student's is p_k = softmax(z / T)_k with its own logits z; its loss is −Σ q_k log p_k, with
    the gradient ∂/∂z_k = (p_k − q_k) / T. T² times that hardly depends on T once T is large: then
    it is a tenth of the difference of the logits, each counted from the mean of its network.

    Slide 38; chapter 10. Source: Hinton, Vinyals & Dean (2015), sections 2 and 2.1. Drawings are
    scaled and centred as the training images were. The weights travel as float16, and the networks
    here are rounded alike: `answers` says what the page says.

    Parameters
    ----------
    teacher : nnlib.network.Network
        Takes images of shape (16, 16, 1), gives 10 logits, and has up to 20,000 parameters: of
        Conv2D, pooling, ReLU, Flatten and Dense. Copied, as the students are.
    hard, soft : nnlib.network.Network
        ``Dense(256, h)``, ``ReLU()``, ``Dense(h, 10)`` with h up to 64: the student trained on
        labels, and the one trained on the teacher's answers.
    samples : array_like, shape (n, 256)
        Up to 20 images to load, from 0 (paper) to 1 (ink); kept as levels of 1/63.
    labels : array_like, shape (n,)
        The digits that they show, 0 to 9.
    image : array_like, shape (256,), optional
        What the networks read: at first, if it is not given, the first sample. In a notebook it
        follows what is drawn.
    temperature : float, optional
        T, from 0.5 to 20.
    at : {"1", "T"}, optional
        Whether the students answer at T = 1, as they do when they are used, or at the same T.
    student : {"hard", "soft"}, optional
        Whose gradient is shown.
    digit : {"first", "second", "0", …, "9"}, optional
        The digit whose numbers are written out: the one that the teacher holds likeliest, the next
        likely, or this one.

    Raises
    ------
    TypeError, ValueError
        If a network or a value does not fit.

    Examples
    --------
    >>> Distillation(teacher, hard, soft, X_validation[:12], y_validation[:12])
    """

    image = Checked((0.0,) * PIXELS, numbers(PIXELS, 0, 1))
    temperature = Checked(4.0, number(*LIMITS["temperature"]))
    at = Checked("1", one_of(tuple(LIMITS["at"])))
    student = Checked("hard", one_of(STUDENTS))
    digit = Checked("second", one_of((*LIMITS["digits"], *map(str, range(CLASSES)))))
    _layers = traitlets.Dict().tag(sync=True)  # by "teacher", "hard" and "soft"
    _teacher = traitlets.Bytes().tag(sync=True)  # float16, in the network's order
    _hard = traitlets.Bytes().tag(sync=True)
    _soft = traitlets.Bytes().tag(sync=True)
    _samples = traitlets.Bytes().tag(sync=True)  # a byte a pixel: its grey level, 0 to 63
    _labels = traitlets.List().tag(sync=True)
    _ink = traitlets.Int(INK).tag(sync=True)  # the level of full ink

    settings = (
        "image", "temperature", "at", "student", "digit",
        "_layers", "_teacher", "_hard", "_soft", "_samples", "_labels",
    )  # fmt: skip
    space = (158, 87.3)

    def __init__(
        self, teacher, hard, soft, samples, labels, image=None, temperature=4.0, *,
        at="1", student="hard", digit="second",
    ):  # fmt: skip
        _check_teacher(teacher)
        _check_student("hard", hard)
        _check_student("soft", soft)
        samples = check_array("samples", samples, shape=(None, PIXELS))
        if samples.min() < 0 or samples.max() > 1:
            outside = samples[(samples < 0) | (samples > 1)][0]
            raise ValueError(f"samples must be numbers from 0 to 1; got {outside}")
        if len(samples) > MOST_SAMPLES:
            raise ValueError(f"samples must be {MOST_SAMPLES} or fewer; got {len(samples)}")
        labels = check_labels("labels", labels, n_classes=CLASSES, n=len(samples))
        levels = np.rint(samples * INK).astype(np.uint8)
        networks = {"teacher": teacher, "hard": hard, "soft": soft}
        sent = {name: packed(network) for name, network in networks.items()}
        self._networks = {name: unpacked(*one) for name, one in sent.items()}
        super().__init__(
            image=levels[0] / INK if image is None else image,
            temperature=temperature,
            at=at,
            student=student,
            digit=digit,
            _layers={name: layers for name, (layers, _) in sent.items()},
            _samples=levels.tobytes(),
            _labels=labels.tolist(),
            **{f"_{name}": theta for name, (_, theta) in sent.items()},
        )

    def logits(self, image=None):
        """Return the logits of teacher and students: a dict of three arrays, shape (10,).

        Parameters
        ----------
        image : array_like, shape (256,), optional
            If it is not given, the widget's own.
        """
        image = check_array("image", self.image if image is None else image, shape=(PIXELS,))
        return {
            name: network.predict(image.reshape(1, *network.in_shape))[0]
            for name, network in self._networks.items()
        }

    def answers(self, image=None, temperature=None):
        """Return all that the widget says of an image at a temperature.

        Parameters
        ----------
        image : array_like, shape (256,), optional
        temperature : float, optional
            If they are not given, the widget's own.

        Returns
        -------
        dict
            ``teacher``: the logits ``z``, the probabilities ``q`` at T, their ``entropy`` and the
            number of equal ``choices`` that leave one as unsure. ``hard`` and ``soft``: the logits
            ``z``, ``plain`` probabilities at T = 1, ``p`` at T, the ``loss`` −Σ q log p, and its
            ``gradient`` (p − q) / T.
        """
        T = self.temperature if temperature is None else temperature
        T = number(*LIMITS["temperature"])("temperature", T)
        logits = self.logits(image)
        z = logits.pop("teacher")
        q = softmax(z / T)
        entropy, _ = LOSS(z[None] / T, q[None])
        said = {"teacher": {"z": z, "q": q, "entropy": entropy, "choices": np.exp(entropy)}}
        for name, z in logits.items():
            loss, difference = LOSS(z[None] / T, q[None])
            said[name] = {
                "z": z, "plain": softmax(z), "p": softmax(z / T), "loss": loss,
                "gradient": difference[0] / T,
            }  # fmt: skip
        return said

    def still(self):
        """Return the picture: the image, and what teacher and students answer."""
        figure = self.figure(7, 2.6)
        axes = figure.subplots(1, 4, width_ratios=[1.1, 1, 1, 1])
        axes[0].imshow(np.reshape(self.image, (SIDE, SIDE)), vmin=0, vmax=1)
        axes[0].set(xticks=[], yticks=[], title="The digit")
        axes[0].spines[:].set_visible(True)
        said, T = self.answers(), f"{self.temperature:.3g}"
        which, at = ("plain", "1") if self.at == "1" else ("p", T)
        bars = {f"Teacher, T = {T}": said["teacher"]["q"]}
        for name, words in LIMITS["students"].items():
            bars[f"{words.capitalize()}, T = {at}"] = said[name][which]
        for ax, (title, p) in zip(axes[1:], bars.items(), strict=True):
            drawn = ax.barh(range(CLASSES), p, color="#bfbfbf")
            drawn[p.argmax()].set_color(plots.BLUE)
            for k in np.argsort(-p)[:2]:
                ax.text(p[k] + 0.03, k, f"{p[k]:.0%}", va="center", fontsize="small")
            ax.set(yticks=range(CLASSES), ylim=(9.6, -0.6), xlim=(0, 1.35), xticks=[0, 0.5, 1])
            ax.set(xlabel="probability")
            ax.set_title(title, fontsize="small")
        for ax in axes:
            ax.grid(False)
        return figure

    def __repr__(self):
        units = {name: self._networks[name].layers[0].n_out for name in STUDENTS}
        return (
            f"Distillation(teacher with {self._networks['teacher'].n_parameters:,} parameters, "
            f"hard=256-{units['hard']}-10, soft=256-{units['soft']}-10, "
            f"samples={len(self._labels)}, temperature={self.temperature!r}, "
            f"at={self.at!r}, student={self.student!r}, digit={self.digit!r})"
        )


def _check_teacher(network):
    """Raise an error unless the widget can ask this network."""
    check_network("teacher", network)
    shapes = network.in_shape, network.out_shape
    if shapes != ((SIDE, SIDE, 1), (CLASSES,)) or network.n_parameters > MOST_PARAMETERS:
        raise ValueError(
            f"teacher must map images of shape ({SIDE}, {SIDE}, 1) to {CLASSES} logits and have up "
            f"to {MOST_PARAMETERS:,} parameters; got {network!r}"
        )


def _check_student(name, network):
    """Raise an error unless it is a dense network with a hidden layer that is not too wide."""
    layers = check_network(name, network).layers
    kinds = [type(layer) for layer in layers]
    shapes = network.in_shape, network.out_shape
    fits = kinds == [Dense, ReLU, Dense] and shapes == ((PIXELS,), (CLASSES,))
    if not fits or layers[0].n_out > MOST_UNITS:
        raise ValueError(
            f"{name} must be Dense({PIXELS}, h) with h up to {MOST_UNITS}, ReLU(), "
            f"Dense(h, {CLASSES}); got {network!r}"
        )
