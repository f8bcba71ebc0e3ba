"""Counting: the parameters of a network layer by layer, and the iterations of its training."""

from itertools import pairwise

import numpy as np

from nnlib import plots
from nnlib.checks import check_integer
from nnwidgets.base import Checked, Widget, integer, known_to_both, one_of

LIMITS = known_to_both("counting")
MAX_LAYERS = LIMITS["layers"][1]
SPACES = {"parameters": (74, 39), "iterations": (46.5, 26)}


def _widths(name, value):
    """Return the widths of a network as a tuple: its inputs, then 1 to 10 layers."""
    if isinstance(value, str) or not np.iterable(value):
        raise TypeError(f"{name} must be a list of integers; got {value!r}")
    low, high = LIMITS["units"]
    widths = tuple(
        check_integer(f"{name}[{i}]", n, low=low, high=high) for i, n in enumerate(value)
    )
    if not 2 <= len(widths) <= MAX_LAYERS + 1:
        raise ValueError(
            f"{name} must hold the inputs and 1 to {MAX_LAYERS} layers; got {len(widths)} numbers"
        )
    return widths


SHOWN = 7  # units of a layer in the picture, the middle one left out: more make it heavy


class Counting(Widget):
    """Count what a network has to learn, or the steps in which it learns it.

    Slides 29, 30, 33 to 36; chapter 6. The part "parameters" builds a network layer by layer and
    counts (n_in + 1) n_out parameters for each. The part "iterations" cuts an epoch into batches
    and counts them.

    Parameters
    ----------
    part : {"parameters", "iterations"}
    widths : sequence of 2 to 11 int in [1, 4096]
        The number of inputs, then the units of each layer.
    bias : bool
        Whether each unit has a bias.
    layer : int in [0, 10]
        The layer that the reader changes first; 0 stands for the inputs.
    samples, batch_size : int in [1, 10 000 000]
    epochs : int in [1, 1000]
    drop_last : bool
        Whether a last batch that is smaller than the others is left out.

    Raises
    ------
    TypeError, ValueError
        If a value does not fit.

    Examples
    --------
    >>> Counting(widths=[256, 64, 10])
    >>> Counting(part="iterations", samples=1000, batch_size=32, epochs=10)
    """

    part = Checked("parameters", one_of(tuple(SPACES)))
    widths = Checked((100,) * 11, _widths)
    bias = Checked(True, one_of((True, False)))
    layer = Checked(1, integer(0, MAX_LAYERS))
    samples = Checked(1000, integer(*LIMITS["samples"]))
    batch_size = Checked(32, integer(*LIMITS["samples"]))
    epochs = Checked(10, integer(*LIMITS["epochs"]))
    drop_last = Checked(False, one_of((True, False)))

    settings = (
        "part", "widths", "bias", "layer", "samples", "batch_size", "epochs", "drop_last",
    )  # fmt: skip

    @property
    def space(self):
        """The height of the part that is shown."""
        return SPACES[self.part]

    @property
    def counts(self):
        """The parameters of each layer, a list of int."""
        pairs = pairwise(self.widths)
        return [n_in * n_out + n_out * bool(self.bias) for n_in, n_out in pairs]

    @property
    def n_parameters(self):
        """The parameters of the network, an int."""
        return sum(self.counts)

    @property
    def rest(self):
        """How many samples remain when full batches have been cut from the data, an int."""
        return self.samples % self.batch_size

    @property
    def iterations_per_epoch(self):
        """The steps of one epoch, an int: ⌈N / B⌉, or ⌊N / B⌋ if the rest is left out."""
        return self.samples // self.batch_size + bool(self.rest and not self.drop_last)

    @property
    def iterations(self):
        """The steps of the whole training, an int."""
        return self.iterations_per_epoch * self.epochs

    def still(self):
        """Return the picture: the network with its counts, or the batches of an epoch."""
        if self.part == "iterations":
            figure = self.figure(7, 1.9)
            self._draw_batches(figure.subplots())
            return figure
        figure = self.figure(7, 3.2)
        network, counts = figure.subplots(1, 2, width_ratios=[1.1, 1])
        self._draw_network(network)
        self._draw_counts(counts)
        return figure

    def _draw_network(self, ax):
        columns = []
        for k, width in enumerate(self.widths):
            shown = min(width, SHOWN)
            heights = (np.arange(shown) - (shown - 1) / 2) * -1.25
            columns.append(heights[[i for i in range(shown) if width <= SHOWN or i != SHOWN // 2]])
            if width > SHOWN:
                ax.text(k, 0, "⋮", ha="center", va="center")
            low = 5.6 if k % 2 and len(self.widths) > 6 else 4.9
            ax.text(k, -low, f"{width:,}", ha="center", va="top", fontsize=9)
        for k, (left, right) in enumerate(pairwise(columns)):
            chosen = k + 1 == self.layer
            both = np.broadcast_arrays(left[:, None], right, np.nan)  # nan: lift the pen
            places = np.tile([k, k + 1, np.nan], both[0].size)
            colour, size = (plots.BLUE, 0.7) if chosen else ("#9a9a9a", 0.2)
            ax.plot(places, np.stack(both, axis=-1).ravel(), color=colour, lw=size, zorder=1)
        for k, heights in enumerate(columns):
            edge = plots.BLUE if k == self.layer else plots.BLACK
            at = np.full(len(heights), k)
            ax.scatter(at, heights, s=45, facecolor="white", edgecolor=edge, zorder=2)
        ax.set(xlim=(-0.5, len(columns) - 0.5), ylim=(-6.4, 5))
        ax.axis("off")

    def _draw_counts(self, ax):
        counts = self.counts
        rows = range(len(counts))
        ax.barh(rows, counts, color=plots.BLUE, height=0.5)
        for row, count in enumerate(counts):
            n_in, n_out = self.widths[row : row + 2]
            bias = f" + {n_out:,}" if self.bias else ""
            text = f" {n_in:,} × {n_out:,}{bias} = {count:,}"
            ax.text(count, row, text, va="center", fontsize=9)
        ax.set(yticks=rows, yticklabels=[f"layer {row + 1}" for row in rows])
        ax.set(xlim=(0, 2.4 * max(counts)), ylim=(len(counts) - 0.5, -0.5), xticks=[])
        ax.set_xlabel(f"{self.n_parameters:,} parameters")
        ax.grid(False)

    def _draw_batches(self, ax):
        full, rest = divmod(self.samples, self.batch_size)
        if full + bool(rest) > 64:
            lefts, gap = [*range(12), *range(14, 17)], 12.5
            sizes = [1] * 14 + [rest / self.batch_size or 1]
            ax.text(gap + 0.5, 0, "…", ha="center", va="center")
        else:
            lefts = list(range(full + bool(rest)))
            sizes = [1] * full + [rest / self.batch_size] * bool(rest)
        colours = [plots.BLUE] * len(lefts)
        if rest:
            colours[-1] = "white" if self.drop_last else plots.ORANGE
        style = {"left": lefts, "color": colours, "edgecolor": plots.BLACK, "align": "center"}
        ax.barh([0] * len(lefts), sizes, height=0.6, **style)
        how = "left out" if self.drop_last else "in the last batch"
        odd = f"; {rest:,} {how}" if rest else ""
        ax.set_title(f"an epoch of {self.samples:,} samples in batches of {self.batch_size:,}{odd}")
        each = f"{self.iterations_per_epoch:,} iterations per epoch × {self.epochs:,} epochs"
        ax.set_xlabel(f"{each} = {self.iterations:,}")
        ax.set(yticks=[], xticks=[], ylim=(-0.5, 0.5), xlim=(-0.1, lefts[-1] + 1.1))
        ax.grid(False)
