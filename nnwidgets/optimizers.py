"""Five optimizers on a ravine, a saddle and a landscape with two minima: where each one goes."""

import numpy as np

from nnlib import optimizers, plots
from nnwidgets.base import Checked, Widget, integer, number, numbers, one_of

MOST = 300  # steps of a run (js/landscapes.js has the same numbers and landscapes)
RULES = ("SGD", "Momentum", "Nesterov", "RMSProp", "Adam")
DASHES = ("-", (0, (6, 2)), (0, (1, 1.5)), (0, (6, 2, 1, 2)), (0, (3, 1.5)))


def ravine(theta):
    """Return the height and the gradient of ½ (x² + 100 y²)."""
    curvatures = np.array([1, 100])
    return 0.5 * (curvatures * theta**2).sum(axis=-1), curvatures * theta


def saddle(theta):
    """Return the height above two equal minima, with a pass at (0, 0), and the gradient."""
    x, y = theta[..., 0], theta[..., 1]
    height = x**2 / 2 + 0.1 * (y**4 / 4 - y**2 / 2 + 1 / 4)
    return height, np.stack([x, 0.1 * (y**3 - y)], axis=-1)


def two_minima(theta):
    """Return the height above the deeper of two minima, x = −1 and 1, and the gradient."""
    x, y = theta[..., 0], theta[..., 1]
    height = y**2 / 2 + (3 * x**4 - 2 * x**3 - 6 * x**2 + 6 * x + 7) / 12
    return height, np.stack([(x**2 - 1) * (x - 0.5), y], axis=-1)


# For each: the function; the map, its first axis across; where a run starts, and the rate that
# suits most; the noise that counts as 1; the chapter's tuned rates, as powers of ten; minima;
# and the heights at which lines are drawn.
LANDSCAPES = {
    "ravine": {
        "function": ravine,
        "axes": (0, 1),
        "limits": ((-11.5, 3.5), (-1.4, 1.4)),
        "start": (-10.0, 1.0),
        "rate": 0.012,
        "unit": 10,
        "tuned": (-1.75, -1.375, -2, -1, -0.5),
        "minima": ((0, 0),),
        "levels": (1, 5, 20, 50, 100, 150),
    },
    "saddle": {
        "function": saddle,
        "axes": (1, 0),
        "limits": ((-1.6, 1.6), (-1.2, 1.2)),
        "start": (1.0, 0.001),
        "rate": 0.1,
        "unit": 0.1,
        "tuned": (0.25, 1, 0, -1.75, -1.25),
        "minima": ((0, -1), (0, 1)),
        "levels": (0.002, 0.008, 0.025, 0.06, 0.14, 0.27, 0.45, 0.7),
    },
    "two minima": {
        "function": two_minima,
        "axes": (0, 1),
        "limits": ((-2.0, 2.4), (-1.3, 1.3)),
        "start": (1.9, 0.9),
        "rate": 0.1,
        "unit": 1,
        "tuned": None,
        "minima": ((-1, 0), (1, 0)),
        "levels": (0.03, 0.12, 0.28, 0.48, 0.66, 0.705, 0.85, 1.2, 1.8, 2.8),
    },
}


def some_rules(name, value):
    """Return the optimizers among `value` in the course's order."""
    for rule in value:
        one_of(RULES)(name, rule)
    return tuple(rule for rule in RULES if rule in value)


class Optimizers(Widget):
    """Five optimizers from one start, on one of three landscapes, step by step.

    Slide 37; chapter 8.

    Parameters
    ----------
    surface : {"ravine", "saddle", "two minima"}
    start : pair of float, optional
        (x, y) on the map of the surface; without it, the chapter's start.
    rates : {"one", "tuned"}
        Whether all have the same learning rate, or each the one that chapter 8 found for it;
        there is none for "two minima".
    learning_rate : float in [0.001, 10], optional
        η for all.
    momentum : float in [0, 0.99]
        The deck's λ, and Nesterov's μ.
    noise : float in [0, 1]
        Standard deviation of what is added to each part of the gradient, in units of the surface:
        10 for the ravine, 0.1 for the saddle, 1 for two minima.
    seed : int in [0, 999]
        Of the noise. (The still picture draws other numbers than the browser.)
    steps : int in [0, 300]
        How many steps are shown.
    shown : sequence of {"SGD", "Momentum", "Nesterov", "RMSProp", "Adam"}
    chosen : one of the same
        The optimizer whose next step is spelt out.

    Raises
    ------
    TypeError, ValueError
        If a value does not fit.

    Examples
    --------
    >>> Optimizers(surface="saddle", rates="tuned", steps=100)
    """

    surface = Checked("ravine", one_of(tuple(LANDSCAPES)))
    start = Checked((-10.0, 1.0), numbers(2, -11.5, 3.5))
    rates = Checked("one", one_of(("one", "tuned")))
    learning_rate = Checked(0.012, number(0.001, 10))
    momentum = Checked(0.9, number(0, 0.99))
    noise = Checked(0.0, number(0, 1))
    seed = Checked(0, integer(0, 999))
    steps = Checked(60, integer(0, MOST))
    shown = Checked(RULES, some_rules)
    chosen = Checked("Momentum", one_of(RULES))

    settings = (
        "surface",
        "start",
        "rates",
        "learning_rate",
        "momentum",
        "noise",
        "seed",
        "steps",
        "shown",
        "chosen",
    )
    space = (124.2, 67)

    def __init__(self, **values):
        surface = values.get("surface", "ravine")
        if surface in LANDSCAPES:  # if not, the check of `surface` says so
            land = LANDSCAPES[surface]
            values = {"start": land["start"], "learning_rate": land["rate"], **values}
            if values.get("rates") == "tuned" and not land["tuned"]:
                raise ValueError(f"rates must be 'one' for surface {surface!r}; got 'tuned'")
        super().__init__(**values)
        for axis, (low, high) in zip(self.land["axes"], self.land["limits"], strict=True):
            number(low, high)(f"start[{axis}]", self.start[axis])

    @property
    def land(self):
        """The landscape: a dict with its function, map, start, rates and minima."""
        return LANDSCAPES[self.surface]

    def rate(self, rule):
        """Return the learning rate of an optimizer, a float."""
        if self.rates == "tuned" and self.land["tuned"]:
            return 10 ** self.land["tuned"][RULES.index(rule)]
        return self.learning_rate

    def path(self, rule):
        """Return where an optimizer goes, shape (steps + 1, 2), and the height at each point."""
        settings = {"momentum": self.momentum} if rule in ("Momentum", "Nesterov") else {}
        optimizer = getattr(optimizers, rule)(self.rate(rule), **settings)
        rng = np.random.default_rng(self.seed)
        theta = np.array(self.start)
        points, heights = [], []
        with np.errstate(all="ignore"):  # a run that diverges is seen in its heights
            for _ in range(self.steps + 1):
                height, grad = self.land["function"](theta)
                points.append(theta.copy())
                heights.append(height)
                noise = self.noise * self.land["unit"] * rng.normal(size=2)
                optimizer.step(theta, grad + noise)
        return np.array(points), np.array(heights)

    def still(self):
        """Return the picture: the map with the paths, and the heights."""
        figure = self.figure(7, 3.4)
        plane, fall = figure.subplots(1, 2, width_ratios=[1.5, 1])
        self._draw_map(plane)
        for k, rule in enumerate(RULES):
            if rule in self.shown:
                points, heights = self.path(rule)
                look = {"color": plots.CLASS_COLOURS[k], "linewidth": 1.3}
                marker = {"marker": plots.CLASS_MARKERS[k], "markersize": 4, "markevery": 10}
                ends = points[:, self.land["axes"]].T
                plane.plot(*ends, linestyle=DASHES[k], label=rule, **look, **marker)
                fall.semilogy(np.maximum(heights, 1e-12), linestyle=DASHES[k], **look, **marker)
        fall.set(xlabel="step", ylabel="height f(θ)")
        if self.shown:
            figure.legend(loc="outside upper center", ncols=5, columnspacing=1, handlelength=2)
        return figure

    def _draw_map(self, ax):
        (left, right), (low, high) = self.land["limits"]
        grid = np.stack(
            np.meshgrid(np.linspace(left, right, 160), np.linspace(low, high, 120)), axis=-1
        )
        heights, _ = self.land["function"](grid[..., self.land["axes"]])
        line = {"colors": "silver", "linewidths": 0.8}
        ax.contour(grid[..., 0], grid[..., 1], heights, self.land["levels"], **line)
        for minimum in self.land["minima"]:
            spot = [minimum[axis] for axis in self.land["axes"]]
            ax.text(*spot, "+", ha="center", va="center", fontsize=15)
        start = [self.start[axis] for axis in self.land["axes"]]
        ax.scatter(*start, s=110, facecolor="none", edgecolor=plots.BLACK, linewidth=2, zorder=4)
        names = ["xy"[axis] for axis in self.land["axes"]]
        ax.set(xlim=(left, right), ylim=(low, high), xlabel=names[0], ylabel=names[1])
        ax.grid(False)
