"""What all widgets share that have paper to draw a digit on: the image, and samples to load.

``scripts/shared/digits/desk.js`` is the paper itself.
"""

import numpy as np
import traitlets

from nnlib.checks import check_array, check_labels
from nnlib.datasets import INK
from nnlib.layers import Dense, ReLU
from nnwidgets.base import Checked, Widget, known_to_both, numbers
from nnwidgets.networks import check_network

DIGITS = known_to_both("shared/digits/digits")
SIDE = DIGITS["side"]  # of an image
PIXELS = SIDE**2
CLASSES = DIGITS["classes"]
MOST_UNITS = 64  # hidden ones of a dense network; the weights travel with the page
MOST_SAMPLES = 20


class DeskWidget(Widget):
    """A widget whose networks read what is drawn, or one of a few samples.

    Parameters
    ----------
    samples : array_like, shape (n, 256)
        Up to 20 images to load, from 0 (paper) to 1 (ink); kept as levels of 1/63.
    labels : array_like, shape (n,)
        The digits that they show, 0 to 9.
    image : array_like, shape (256,), optional
        What the networks read: at first, if it is not given, the first sample. In a notebook it
        follows what is drawn.
    **values
        As for `Widget`.

    Raises
    ------
    TypeError, ValueError
        If a value does not fit.
    """

    image = Checked((0.0,) * PIXELS, numbers(PIXELS, 0, 1))
    _samples = traitlets.Bytes().tag(sync=True)  # a byte a pixel: its grey level, 0 to 63
    _labels = traitlets.List().tag(sync=True)
    _ink = traitlets.Int(INK).tag(sync=True)  # the level of full ink

    def __init__(self, samples, labels, image=None, **values):
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
            _samples=levels.tobytes(),
            _labels=labels.tolist(),
            **values,
        )

    @property
    def samples(self):
        """The images to load, shape (n, 256)."""
        return rows_of(self._samples)


def rows_of(samples):
    """Return the images that bytes hold, shape (n, 256), from 0 to 1."""
    return np.frombuffer(samples, np.uint8).reshape(-1, PIXELS) / INK


def check_dense(name, network, activations=(ReLU,)):
    """Return `network` if it is dense, with a hidden layer that is not too wide.

    Raises
    ------
    TypeError
        If it is no `nnlib.network.Network`.
    ValueError
        If it has other layers than Dense(256, h), one of `activations`, Dense(h, 10), or a
        parameter that is not finite.
    """
    layers = check_network(name, network).layers
    fits = (
        [type(layer) for layer in layers] in [[Dense, kind, Dense] for kind in activations]
        and (network.in_shape, network.out_shape) == ((PIXELS,), (CLASSES,))
        and layers[0].n_out <= MOST_UNITS
    )
    if not fits:
        *others, kind = (f"{kind.__name__}()" for kind in activations)
        kinds = f"{', '.join(others)} or {kind}" if others else kind
        raise ValueError(
            f"{name} must be Dense({PIXELS}, h) with h up to {MOST_UNITS}, {kinds}, "
            f"Dense(h, {CLASSES}); got {network!r}"
        )
    return network
