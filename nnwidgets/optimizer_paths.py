"""Five optimizers on a ravine, a saddle and a landscape with two minima: where each one goes."""

import numpy as np

from nnlib import optimizers, plots
from nnwidgets.base import (
    OPTIMIZERS,
    Checked,
    Widget,
    integer,
    known_to_both,
    number,
    numbers,
    one_of,
)  # fmt: skip

LIMITS = known_to_both("optimizer_paths")
LANDSCAPES = LIMITS["landscapes"]  # `axes` says which coordinate runs across the map, and which up
RAVINE = LANDSCAPES["ravine"]
PLACES = np.ravel([land["limits"] for land in LANDSCAPES.values()]).tolist()
FARTHEST = min(PLACES), max(PLACES)  # on any map
DASHES = ("-", (0, (6, 2)), (0, (1, 1.5)), (0, (6, 2, 1, 2)), (0, (3, 1.5)))


def height(surface, theta):
    """Return the height of a landscape and its gradient.

    Parameters
    ----------
    surface : str
        A key of `LANDSCAPES`, each the polynomial Σ c xⁱ yʲ / divisor of its terms [c, i, j].
    theta : numpy.ndarray, shape (…, 2)

    Returns
    -------
    height : numpy.ndarray, shape (…)
    gradient : numpy.ndarray, shape (…, 2)
    """
    terms, divisor = LANDSCAPES[surface]["terms"], LANDSCAPES[surface]["divisor"]
    x, y = theta[..., 0], theta[..., 1]
    total = sum(c * x**i * y**j for c, i, j in terms)
    along_x = sum(c * i * x ** (i - 1) * y**j for c, i, j in terms if i)
    along_y = sum(c * j * x**i * y ** (j - 1) for c, i, j in terms if j)
    return total / divisor, np.stack([along_x, along_y], axis=-1) / divisor


def some_rules(name, value):
    """Return the optimizers among `value` in the course's order."""
    for rule in value:
        one_of(OPTIMIZERS)(name, rule)
    return tuple(rule for rule in OPTIMIZERS if rule in value)


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
        λ of momentum and of Nesterov.
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
    start = Checked(tuple(map(float, RAVINE["start"])), numbers(2, *FARTHEST))
    rates = Checked("one", one_of(tuple(LIMITS["rates"])))
    learning_rate = Checked(RAVINE["rate"], number(*LIMITS["learning_rate"]))
    momentum = Checked(0.9, number(*LIMITS["momentum"]))
    noise = Checked(0.0, number(*LIMITS["noise"]))
    seed = Checked(0, integer(*LIMITS["seed"]))
    steps = Checked(60, integer(*LIMITS["steps"]))
    shown = Checked(OPTIMIZERS, some_rules)
    chosen = Checked("Momentum", one_of(OPTIMIZERS))

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
        """The landscape: a dict with its terms, map, start, rates and minima."""
        return LANDSCAPES[self.surface]

    def rate(self, rule):
        """Return the learning rate of an optimizer, a float."""
        if self.rates == "tuned" and self.land["tuned"]:
            return 10 ** self.land["tuned"][rule]
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
                found, grad = height(self.surface, theta)
                points.append(theta.copy())
                heights.append(found)
                noise = self.noise * self.land["unit"] * rng.normal(size=2)
                optimizer.step(theta, grad + noise)
        return np.array(points), np.array(heights)

    def still(self):
        """Return the picture: the map with the paths, and the heights."""
        figure = self.figure(7, 3.4)
        plane, fall = figure.subplots(1, 2, width_ratios=[1.5, 1])
        self._draw_map(plane)
        for k, rule in enumerate(OPTIMIZERS):
            if rule in self.shown:
                points, heights = self.path(rule)
                look = {"color": plots.COLOURS[k], "linewidth": 1.3}
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
        heights, _ = height(self.surface, grid[..., self.land["axes"]])
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
