"""A code of two numbers as a map: what the decoder draws on it, and where a digit lands."""

import numpy as np
import traitlets
from matplotlib.patches import Rectangle

from nnlib import plots
from nnlib.checks import check_array, check_choice, check_labels
from nnlib.datasets import INK
from nnlib.layers import Dense, ReLU
from nnwidgets.base import Checked, known_to_both, number, numbers, one_of
from nnwidgets.desk import CLASSES, PIXELS, SIDE, DeskWidget
from nnwidgets.networks import HALF, LARGEST, check_network, packed, unpacked

LIMITS = known_to_both("codes")
KEPT, PLACED, LEVELS = LIMITS["kept"], LIMITS["placed"], LIMITS["levels"]
CODES = tuple(LIMITS["codes"])
ENDS = (*map(str, range(CLASSES)), *LIMITS["ends"])
MOST_UNITS = 64  # hidden ones on either side of the code; the weights travel with the page


class Autoencoder(DeskWidget):
    """A map of codes of two numbers: drag through it and the decoder draws; draw, and see it land.

    Chapter 13. The network's code is c = encoder(x), its drawing x̂ = decoder(c). PCA stands beside
    it with two numbers as well: c = (x − x̄) V, x̂ = x̄ + c Vᵀ. The error is the mean of (x̂ − x)²
    over the pixels. A drawing counts as far from all digits if the nearest of the digits kept is
    further, in pixels, than it is for 95 of 100 of their own reconstructions, of which each is
    compared with the other digits. (A grey smear is near to many digits.)

    Parameters
    ----------
    network : nnlib.network.Network
        ``Dense(256, h), ReLU(), Dense(h, 2), Dense(2, g), ReLU(), Dense(g, 256)``, h and g up to
        64. It is copied, with its weights rounded to float16: `network` holds them.
    digits : array_like, shape (n, 256)
        Images from 0 (paper) to 1 (ink), at least 30 of each digit. The first 30 of each are placed
        on the map. Of these the first 8 are kept as images, at 16 levels of grey, and the next one
        can be loaded.
    labels : array_like, shape (n,)
        What they show, 0 to 9.
    mean : array_like, shape (256,)
        x̄, of PCA.
    components : array_like, shape (2, 256)
        The first two principal components, Vᵀ.
    image : array_like, shape (256,), optional
        The digit on the paper; without it, a digit from the data. In a notebook it follows what is
        drawn.
    code, component : pair of float, optional
        Where the handle is on the network's map, and on that of PCA: at first at the code of
        `image`.
    by : {"network", "pca"}
        Whose map is shown.
    scale : {"values", "rank"}
        Whether equal steps along an axis are equal differences of the code number, or equal shares
        of the digits.
    show : {"both", "numerals", "drawings"}
        What stands on the map: the digits' numerals, what the decoder draws there, or both.
    start, end : {"0", …, "9", "drawn"}
        Where a straight walk begins and ends: at the code of a kept digit of this class, the one
        that the network draws back best, or of the digit on the paper.
    share : float in [0, 1]
        u, how much of the way the handle has gone when it was last moved along it.

    Raises
    ------
    TypeError, ValueError
        If the network or a value does not fit.

    Examples
    --------
    >>> Autoencoder(network, X_validation, y_validation, mean, axes[:2])
    """

    code = Checked((0.0, 0.0), numbers(2, -LARGEST, LARGEST))
    component = Checked((0.0, 0.0), numbers(2, -LARGEST, LARGEST))
    by = Checked("network", one_of(CODES))
    scale = Checked("values", one_of(tuple(LIMITS["scales"])))
    show = Checked("both", one_of(tuple(LIMITS["shows"])))
    start = Checked("1", one_of(ENDS))
    end = Checked("0", one_of(ENDS))
    share = Checked(0.0, number(*LIMITS["share"]))
    _layers = traitlets.List().tag(sync=True)  # as `packed` describes them
    _theta = traitlets.Bytes().tag(sync=True)  # float16, in the network's order
    _plane = traitlets.Bytes().tag(sync=True)  # float16: the mean, and both components
    _kept = traitlets.Bytes().tag(sync=True)  # two pixels a byte, the first one in the low half
    _placed = traitlets.Bytes().tag(sync=True)  # float16: codes of the other digits on either map

    settings = (
        "image", "code", "component", "by", "scale", "show", "start", "end", "share",
        "_layers", "_theta", "_plane", "_kept", "_placed", "_samples", "_labels",
    )  # fmt: skip
    space = (134, 79.5)

    def __init__(
        self, network, digits, labels, mean, components, image=None, *,
        code=None, component=None, **values,
    ):  # fmt: skip
        self.refuse_unknown(
            values, ["network", "digits", "labels", "mean", "components", *self.public()]
        )
        layers, theta = packed(_check_network(network))
        self.network = unpacked(layers, theta)
        digits = _check_digits(digits)
        labels = check_labels("labels", labels, n_classes=CLASSES, n=len(digits))
        plane = np.vstack([
            _check_plane("mean", mean, (PIXELS,)),
            _check_plane("components", components, (2, PIXELS)),
        ]).astype(HALF)  # fmt: skip
        self.mean, self.components = plane[0].astype(float), plane[1:].astype(float)
        chosen = np.array([_first("labels", labels, k) for k in range(CLASSES)])
        levels = np.rint(digits[chosen[:, :KEPT].ravel()] * LEVELS).astype(np.uint8)
        self.kept = np.rint(levels * (INK / LEVELS)) / INK
        self.kept_labels = np.repeat(np.arange(CLASSES), KEPT)
        others = digits[chosen[:, KEPT:].ravel()]
        codes = np.hstack([self.encode(others, by) for by in CODES]).astype(HALF)
        self._others = codes.astype(float)
        loaded = chosen[:, KEPT]
        super().__init__(
            digits[loaded],
            labels[loaded],
            image,
            code=(0.0, 0.0) if code is None else code,
            component=(0.0, 0.0) if component is None else component,
            _layers=layers,
            _theta=theta,
            _plane=plane.tobytes(),
            _kept=(levels[:, ::2] | levels[:, 1::2] << 4).tobytes(),
            _placed=codes.tobytes(),
            **values,
        )
        if code is None:
            self.code = self.encode([self.image], "network")[0]
        if component is None:
            self.component = self.encode([self.image], "pca")[0]

    def encode(self, images, by=None):
        """Return the codes of images, shape (n, 256): shape (n, 2).

        Parameters
        ----------
        images : array_like, shape (n, 256)
        by : {"network", "pca"}, optional
            Without it, `self.by`, as everywhere.
        """
        images = check_array("images", images, shape=(None, PIXELS))
        if self._by(by) == "network":
            return self.network[:3].predict(images)
        return (images - self.mean) @ self.components.T

    def decode(self, codes, by=None):
        """Return what the decoder draws from codes, shape (n, 2): shape (n, 256)."""
        codes = check_array("codes", codes, shape=(None, 2))
        if self._by(by) == "network":
            return self.network[3:].predict(codes)
        return self.mean + codes @ self.components

    def _by(self, by):
        return self.by if by is None else check_choice("by", by, CODES)

    def errors(self, images, by=None):
        """Return the mean squared error per pixel of images drawn from their codes, shape (n,)."""
        images = check_array("images", images, shape=(None, PIXELS))
        return np.square(self.decode(self.encode(images, by), by) - images).mean(axis=1)

    def distances(self, drawings):
        """Return the distances of drawings, shape (n, 256), to the digits kept: shape (n, 80).

        What lies beyond paper or ink is cut off, as it is where drawings are shown.
        """
        drawings = np.clip(check_array("drawings", drawings, shape=(None, PIXELS)), 0, 1)
        return np.linalg.norm(drawings[:, None] - self.kept, axis=-1)

    def yardstick(self, by=None):
        """Return the distance to the nearest digit beyond which a drawing counts as far."""
        apart = self.distances(self.decode(self.encode(self.kept, by), by))
        np.fill_diagonal(apart, np.inf)
        return float(np.quantile(apart.min(axis=1), LIMITS["yardstick"]))

    def placed(self, by=None):
        """Return the codes of all digits on the map, shape (300, 2), and what they show."""
        k = 2 * CODES.index(self._by(by))
        codes = np.vstack([self.encode(self.kept, by), self._others[:, k : k + 2]])
        return codes, np.concatenate([self.kept_labels, np.repeat(range(CLASSES), PLACED - KEPT)])

    def axes(self, by=None, scale=None):
        """Return how code numbers lie along the axes of the map.

        Returns
        -------
        values, places : numpy.ndarray
            Shape (2, k): for either axis code numbers that rise, and their places from 0 to 1.
            Between them an axis is straight.
        """
        codes, _ = self.placed(by)
        least, most = codes.min(axis=0), codes.max(axis=0)
        room = LIMITS["margin"] * np.maximum(most - least, 1e-3) + 0.01
        low, high = np.floor((least - room) * 100) / 100, np.ceil((most + room) * 100) / 100
        scale = self.scale if scale is None else check_choice("scale", scale, (*LIMITS["scales"],))
        if scale == "values":
            return np.stack([low, high], axis=1), np.array([[0.0, 1.0]] * 2)
        n, edge = LIMITS["intervals"], LIMITS["edge"]
        shares = np.arange(n + 1) / n
        values = np.column_stack([low, np.quantile(codes, shares, axis=0).T, high])
        return values, np.array([[0, *(edge + (1 - 2 * edge) * shares), 1]] * 2)

    def place(self, codes):
        """Return where codes, shape (n, 2), lie on the map: shape (n, 2), from 0 to 1."""
        codes = check_array("codes", codes, shape=(None, 2))
        each = zip(codes.T, *self.axes(), strict=True)
        return np.stack([np.interp(c, values, places) for c, values, places in each], axis=1)

    def tiles(self):
        """Return the codes at the middles of 12 × 12 tiles of the map, from its upper left on."""
        middles = (np.arange(LIMITS["tiles"]) + 0.5) / LIMITS["tiles"]
        each = zip(*self.axes(), strict=True)
        across, up = (np.interp(middles, places, values) for values, places in each)
        return np.stack(np.meshgrid(across, up[::-1]), axis=-1).reshape(-1, 2)

    @property
    def handle(self):
        """The code at which the handle is on the map that is shown."""
        return self.code if self.by == "network" else self.component

    def nearest(self, drawings):
        """Return which digits kept are nearest to drawings, and their distances: shapes (n,)."""
        apart = self.distances(drawings)
        return apart.argmin(axis=1), apart.min(axis=1)

    @property
    def clearest(self):
        """Of each class the kept digit that the network draws back best, shape (10, 256)."""
        errors = self.errors(self.kept, "network").reshape(CLASSES, KEPT)
        return self.kept[KEPT * np.arange(CLASSES) + errors.argmin(axis=1)]

    def walk(self, shares):
        """Return the codes on the straight way at shares u of it, shape (n,): shape (n, 2)."""
        shares = check_array("shares", shares, shape=(None,))[:, None]
        clearest = self.clearest
        ends = [
            self.image if which == "drawn" else clearest[int(which)]
            for which in (self.start, self.end)
        ]
        a, b = self.encode(ends)
        return a + shares * (b - a)

    def still(self):
        """Return the picture: the map, and what the decoder draws at the handle."""
        figure = self.figure(7, 4.9)
        grid = figure.add_gridspec(2, 2, width_ratios=[2.6, 1])
        field = figure.add_subplot(grid[:, 0])
        self._draw_map(field)
        drawing = self.decode([self.handle])
        (i,), (far,) = self.nearest(drawing)
        verdict = "far" if far > self.yardstick() else "not far"
        pictures = {
            "The decoder draws": drawing[0],
            f"Nearest: a {self.kept_labels[i]},\n{far:.2f} away, {verdict}": self.kept[i],
        }
        for row, (title, picture) in enumerate(pictures.items()):
            ax = figure.add_subplot(grid[row, 1])
            ax.imshow(picture.reshape(SIDE, SIDE), vmin=0, vmax=1)
            ax.set(xticks=[], yticks=[])
            ax.set_title(title, fontsize="small")
            ax.spines[:].set_visible(True)
            ax.grid(False)
        return figure

    def _draw_map(self, ax):
        n = LIMITS["tiles"]
        drawn = self.decode(self.tiles())
        far = self.nearest(drawn)[1] > self.yardstick()
        if self.show != "numerals":
            whole = drawn.reshape(n, n, SIDE, SIDE).transpose(0, 2, 1, 3).reshape(n * SIDE, -1)
            faint = 0.3 if self.show == "both" else 1
            box = (0, 1, 0, 1)
            ax.imshow(whole, vmin=0, vmax=1, alpha=faint, extent=box, interpolation="nearest")
        for k in np.flatnonzero(far):
            corner = (k % n) / n, 1 - (k // n + 1) / n
            hatched = {"hatch": "////", "fill": False, "edgecolor": plots.GREY, "linewidth": 0}
            ax.add_patch(Rectangle(corner, 1 / n, 1 / n, **hatched))
        codes, labels = self.placed()
        if self.show != "drawings":
            for k in range(CLASSES):
                of_class = self.place(codes[labels == k])
                numeral = {"marker": f"${k}$", "markersize": 5.5, "linestyle": ""}
                colour = plots.COLOURS[k % len(plots.COLOURS)]
                ax.plot(*of_class.T, color=colour, markeredgewidth=0.3, **numeral)
        ring = {"marker": "o", "markersize": 13, "fillstyle": "none", "color": plots.BLACK}
        ax.plot(*self.place([self.handle])[0], markeredgewidth=2.5, **ring)
        what = "code number" if self.by == "network" else "component"
        ax.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
        ax.set(xlabel=f"$c_1$, {what} 1", ylabel=f"$c_2$, {what} 2")
        for axis, values, places in zip((ax.xaxis, ax.yaxis), *self.axes(), strict=True):
            marks = np.arange(np.ceil(values[0]), np.floor(values[-1]) + 1)
            axis.set_ticks(np.interp(marks, values, places), [f"{mark:.0f}" for mark in marks])
        ax.grid(False)

    def __repr__(self):
        h, g = (self.network.layers[i].n_out for i in (0, 3))
        return (
            f"Autoencoder(network=256-{h}-2-{g}-256, digits={CLASSES * PLACED}, by={self.by!r}, "
            f"scale={self.scale!r}, show={self.show!r}, start={self.start!r}, end={self.end!r})"
        )


def _check_network(network):
    """Return `network` if it is an autoencoder with a code of two numbers, and not too wide."""
    layers = check_network("network", network).layers
    kinds = [Dense, ReLU, Dense, Dense, ReLU, Dense]
    fits = (
        [type(layer) for layer in layers] == kinds
        and (network.in_shape, network.out_shape) == ((PIXELS,), (PIXELS,))
        and layers[2].n_out == 2
        and max(layers[0].n_out, layers[3].n_out) <= MOST_UNITS
    )
    if not fits:
        raise ValueError(
            f"network must be Dense({PIXELS}, h), ReLU, Dense(h, 2), Dense(2, g), ReLU, "
            f"Dense(g, {PIXELS}) with h and g up to {MOST_UNITS}; got {network!r}"
        )
    return network


def _check_digits(digits):
    digits = check_array("digits", digits, shape=(None, PIXELS))
    if digits.min() < 0 or digits.max() > 1:
        raise ValueError(
            f"digits must be numbers from 0 to 1; got {digits[(digits < 0) | (digits > 1)][0]}"
        )
    return digits


def _check_plane(name, values, shape):
    values = check_array(name, values, shape=shape)
    if np.abs(values).max() > LARGEST:
        raise ValueError(f"{name} must be within ±{LARGEST:,.0f}; got {np.abs(values).max()}")
    return values


def _first(name, labels, k):
    """Return where the first digits of a class are."""
    found = np.flatnonzero(labels == k)[:PLACED]
    if len(found) < PLACED:
        raise ValueError(f"{name} must hold each digit {PLACED} times; got {len(found)} of {k}")
    return found
