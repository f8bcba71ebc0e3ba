"""A trained convolutional network, from the overview down to the products behind one number."""

import numpy as np
import traitlets

from nnlib import plots
from nnlib.checks import check_array, check_labels
from nnlib.convolution import Conv2D, MaxPool2D
from nnlib.datasets import INK
from nnlib.functional import softmax
from nnlib.layers import Dense, Flatten, ReLU
from nnwidgets.base import Checked, Widget, integer, known_to_both, numbers, one_of
from nnwidgets.networks import check_network, packed, unpacked

LIMITS = known_to_both("feature_maps")
DIGITS = known_to_both("shared/digits/digits")
SIDE = DIGITS["side"]
CLASSES = DIGITS["classes"]
LAYERS = LIMITS["layers"]
MOST_MAPS = LIMITS["maps"]  # of the two convolutions
MOST_SAMPLES = 20
LAST_ROWS = SIDE // 4  # of a map after two poolings


def shifted(image, shift):
    """Return an image moved by [columns to the right, rows down]; zeros come in.

    Parameters
    ----------
    image : numpy.ndarray, shape (16, 16)
    shift : sequence of two int

    Returns
    -------
    numpy.ndarray, shape (16, 16)
    """
    across, down = shift
    wide = np.zeros((3 * SIDE, 3 * SIDE))
    wide[SIDE + down : 2 * SIDE + down, SIDE + across : 2 * SIDE + across] = image
    return wide[SIDE : 2 * SIDE, SIDE : 2 * SIDE]


def two_integers(low, high):
    """Return a check for two whole numbers from `low` to `high`: a list."""
    check = integer(low, high)

    def check_two(name, value):
        values = check_array(name, value, shape=(2,)).tolist()
        return [check(f"{name}[{i}]", int(x) if x % 1 == 0 else x) for i, x in enumerate(values)]

    return check_two


def _kernels(name, value):
    """Check kernels to put in the place of learned ones: a dict from a map to nine numbers."""
    if not isinstance(value, dict):
        raise TypeError(f"{name} must be a dict from a map to nine weights; got {value!r}")
    check = numbers(9, *LIMITS["weight"])
    kernels = {}
    for key, weights in value.items():
        number = int(key) if str(key).isdecimal() else key  # the browser's keys are text
        number = integer(0, MOST_MAPS[0] - 1)(f"a key of {name}", number)
        kernels[str(number)] = list(check(f"{name}[{number}]", np.ravel(weights)))
    return kernels


class Convolution(Widget):
    """A trained convolutional network on a digit that you draw, down to the sum behind one number.

    A number of a convolution's map is z[i, j] = Σ x[i + u − 1, j + v − 1, c] W[u, v, c] + b: the
    sum is over the nine places u, v of the window and all maps c that come in. Then come ReLU and
    the largest of each 2 × 2. Kernels of the first layer can be edited, and the digit shifted, to
    see which numbers move along. Slide 39; chapter 9.

    Parameters
    ----------
    network : nnlib.network.Network
        ``Conv2D(1, m, 3, padding=1), ReLU(), MaxPool2D(2), Conv2D(m, n, 3, padding=1), ReLU(),
        MaxPool2D(2), Flatten(), Dense(16 * n, 10)`` with m up to 8 and n up to 16, for images of
        shape (16, 16, 1), trained on softmax cross-entropy. It is copied, with parameters rounded
        to float16: further training does not show here.
    samples : array_like, shape (n, 16, 16, 1) or (n, 256)
        Up to 20 images to load, from 0 (paper) to 1 (ink); kept as levels of 1/63.
    labels : array_like, shape (n,)
        The digits that they show, 0 to 9.
    image : array_like, shape (16, 16, 1) or (256,), optional
        What the network reads at first: the first sample, if it is not given. In a notebook it
        follows what is drawn.
    layer : {"conv1", "pool1", "conv2", "pool2", "output"}
        The layer whose map is shown large.
    map : int
        Which of its maps, from 0; for the output, the digit.
    place : sequence of two int
        Row and column in the image, from 0: the sum is spelt out for that number of the map that
        lies there. A layer after n poolings has it in row ``place[0] // 2**n``.
    source : int
        From which of the maps that come in the products are shown, from 0.
    shift : sequence of two int
        How far the image is moved, −6 to 6: to the right, down.
    kernels : dict
        From maps of the first convolution, 0 … m − 1, to kernels in the place of the learned ones:
        nine weights from −3 to 3, row by row.

    Raises
    ------
    TypeError, ValueError
        If the network or a value does not fit.

    Examples
    --------
    >>> Convolution(network, images[:10], y_test[:10])
    """

    image = Checked((0.0,) * SIDE**2, numbers(SIDE**2, 0, 1))
    layer = Checked("conv1", one_of(tuple(LAYERS)))
    map = Checked(0, integer(0, MOST_MAPS[1] - 1))
    place = Checked([7, 7], two_integers(0, SIDE - 1))
    source = Checked(0, integer(0, MOST_MAPS[1] - 1))
    shift = Checked([0, 0], two_integers(*LIMITS["shift"]))
    kernels = Checked({}, _kernels)
    _layers = traitlets.List().tag(sync=True)
    _theta = traitlets.Bytes().tag(sync=True)  # float16, in the network's order
    _samples = traitlets.Bytes().tag(sync=True)  # a byte a pixel: its grey level, 0 to 63
    _labels = traitlets.List().tag(sync=True)
    _ink = traitlets.Int(INK).tag(sync=True)  # the level of full ink

    settings = (
        "image", "layer", "map", "place", "source", "shift", "kernels",
        "_layers", "_theta", "_samples", "_labels",
    )  # fmt: skip

    def __init__(self, network, samples, labels, image=None, **values):
        _check_layers(network)
        layers, theta = packed(network)
        samples = _images("samples", samples)
        if len(samples) > MOST_SAMPLES:
            raise ValueError(f"samples must be {MOST_SAMPLES} or fewer; got {len(samples)}")
        labels = check_labels("labels", labels, n_classes=CLASSES, n=len(samples))
        levels = np.rint(samples * INK).astype(np.uint8)
        image = levels[0] / INK if image is None else np.ravel(image)
        super().__init__(
            image=image,
            _layers=layers,
            _theta=theta,
            _samples=levels.tobytes(),
            _labels=labels.tolist(),
            **values,
        )

    @property
    def space(self):
        """The height, with a row of samples for each six, or eight where there is room."""
        narrow, wide = (-(-len(self._labels) // n) for n in (6, 8))
        return 152.7 + 3 * narrow, 66.7 + 3 * wide

    @property
    def network(self):
        """The network as the widget runs it: rounded, and with the kernels that were edited."""
        network = unpacked(self._layers, self._theta)
        first = network.layers[0]
        for number, weights in self.kernels.items():
            if int(number) < first.n_out:
                first.W[:, :, 0, int(number)] = np.reshape(weights, (3, 3))
        return network

    @property
    def seen(self):
        """What the network reads, shape (16, 16, 1): the image, shifted."""
        return shifted(np.reshape(self.image, (SIDE, SIDE)), self.shift)[..., None]

    def activations(self):
        """Return what every layer gives for the image as it is shifted: a dict.

        Returns
        -------
        dict
            From "image", "conv1" (before ReLU), "pool1" (ReLU, then pooled), "conv2", "pool2" and
            "output" (logits) to arrays of shape (rows, columns, maps), the last one (10,).
        """
        y, found = self.seen[None], {"image": self.seen}
        names = ["conv1", None, "pool1", "conv2", None, "pool2", None, "output"]
        for name, layer in zip(names, self.network.layers, strict=True):
            y = layer.forward(y)
            if name:
                found[name] = y[0]
        return found

    def predict(self):
        """Return the ten digits' probabilities for the image as it is shifted, shape (10,)."""
        return softmax(self.activations()["output"][None])[0]

    def still(self):
        """Return the picture: from the image through all maps to the ten probabilities."""
        found, figure = self.activations(), self.figure(7, 2.4)
        parts = figure.subplots(1, 6, width_ratios=[1, 1.05, 1.05, 2.1, 2.1, 1.4])
        titles = ["image", "convolution", "ReLU, pool", "convolution", "ReLU, pool"]
        for ax, name, title in zip(parts, found, titles, strict=False):
            maps = found[name]
            if name == "image":
                ax.imshow(maps[..., 0], vmin=0, vmax=1)
                ax.spines[:].set_visible(True)
            else:
                reach = np.abs(maps).max() or 1
                tiled = _tiled(maps, columns=2 if name in ("conv1", "pool1") else 4)
                ax.imshow(tiled, cmap=plots.SIGNED, vmin=-reach, vmax=reach)
                ax.spines[:].set_visible(False)
            ax.set_title(title, fontsize=9)
            ax.set(xticks=[], yticks=[])
            ax.grid(False)
        p, bars = self.predict(), parts[-1]
        drawn = bars.barh(range(CLASSES), p, color="#bfbfbf")
        drawn[p.argmax()].set_color(plots.BLUE)
        bars.set(yticks=range(CLASSES), ylim=(9.6, -0.6), xlim=(0, 1.05), xticks=[0, 1])
        bars.set_title(f"says {p.argmax()}: {p.max():.0%}", fontsize=9)
        bars.grid(False)
        return figure

    def __repr__(self):
        first, second = (layer["n_out"] for layer in self._layers if layer["kind"] == "Conv2D")
        return (
            f"Convolution(network with {first} and {second} maps, samples={len(self._labels)}, "
            f"layer={self.layer!r}, map={self.map}, place={self.place}, shift={self.shift})"
        )


def _images(name, value):
    """Return images as rows of 256 numbers from 0 to 1."""
    value = check_array(name, value)
    if value.shape[1:] not in ((SIDE**2,), (SIDE, SIDE, 1)):
        raise ValueError(f"{name} must have shape (n, 16, 16, 1) or (n, 256); got {value.shape}")
    if value.min() < 0 or value.max() > 1:
        outside = value[(value < 0) | (value > 1)][0]
        raise ValueError(f"{name} must be numbers from 0 to 1; got {outside}")
    return value.reshape(len(value), -1)


def _check_layers(network):
    """Check that the network is one that the widget can run."""
    check_network("network", network)
    kinds = [Conv2D, ReLU, MaxPool2D, Conv2D, ReLU, MaxPool2D, Flatten, Dense]
    fits = [type(layer) for layer in network.layers] == kinds
    if fits:
        first, second = (network.layers[i].n_out for i in (0, 3))
        layers = [
            *(Conv2D(1, first, 3, padding=1), ReLU(), MaxPool2D(2)),
            *(Conv2D(first, second, 3, padding=1), ReLU(), MaxPool2D(2)),
            *(Flatten(), Dense(LAST_ROWS**2 * second, CLASSES)),
        ]
        fits = (
            repr(tuple(layers)) == repr(network.layers)
            and network.in_shape == (SIDE, SIDE, 1)
            and first <= MOST_MAPS[0]
            and second <= MOST_MAPS[1]
        )
    if not fits:
        raise ValueError(
            "network must be Conv2D(1, m, 3, padding=1), ReLU(), MaxPool2D(2), "
            "Conv2D(m, n, 3, padding=1), ReLU(), MaxPool2D(2), Flatten(), Dense(16 * n, 10) for "
            f"images of shape (16, 16, 1), m up to {MOST_MAPS[0]} and n up to {MOST_MAPS[1]}; "
            f"got {network!r} for {network.in_shape}"
        )


def _tiled(maps, columns):
    """Lay maps of shape (rows, columns, n) side by side, with gaps."""
    side, n = maps.shape[0], maps.shape[-1]
    rows, gap = -(-n // columns), max(1, side // 8)
    wide = np.full((rows * (side + gap) - gap, columns * (side + gap) - gap), np.nan)
    for k in range(n):
        top, left = (side + gap) * (k // columns), (side + gap) * (k % columns)
        wide[top : top + side, left : left + side] = maps[..., k]
    return wide
