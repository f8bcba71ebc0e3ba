"""One neuron with two inputs: the sum term by term, the activation, and the line it draws."""

import numpy as np

from nnlib import functional, plots
from nnlib.datasets import logic_gate
from nnwidgets.base import (
    ACTIVATIONS,
    Checked,
    Widget,
    known_to_both,
    number,
    numbers,
    one_of,
)  # fmt: skip

LIMITS = known_to_both("neuron")
LOW, HIGH = LIMITS["input"]  # and of the plane that is shown
GATES = tuple(LIMITS["gates"])
AND = LIMITS["gates"]["AND"]


class Neuron(Widget):
    """A neuron to play with: z = w₁x₁ + w₂x₂ + b, a = f(z), and the line z = 0 in the plane.

    Slide 5; chapter 1.

    Parameters
    ----------
    gate : {"AND", "OR", "XOR"}
        The logic gate that it should compute; XOR is beyond it.
    weights : pair of float in [−6, 6]
    bias : float in [−6, 6]
    inputs : pair of float in [−0.5, 1.5]
    activation : {"sigmoid", "tanh", "relu"}

    Raises
    ------
    TypeError, ValueError
        If a value does not fit.

    Examples
    --------
    >>> Neuron(gate="OR", weights=(2, 2), bias=-1)
    """

    gate = Checked(GATES[0], one_of(GATES))
    weights = Checked(tuple(map(float, AND["weights"])), numbers(2, *LIMITS["weight"]))
    bias = Checked(float(AND["bias"]), number(*LIMITS["weight"]))
    inputs = Checked((1.0, 1.0), numbers(2, LOW, HIGH))
    activation = Checked("sigmoid", one_of(ACTIVATIONS))

    settings = ("gate", "weights", "bias", "inputs", "activation")
    space = (74, 40)

    @property
    def z(self):
        """The weighted sum w₁x₁ + w₂x₂ + b, a float."""
        return float(np.dot(self.inputs, self.weights) + self.bias)

    @property
    def a(self):
        """The activation f(z), a float."""
        return float(getattr(functional, self.activation)(self.z))

    def still(self):
        """Return the picture: the plane, and the sum with its activation."""
        figure = self.figure(7, 3.2)
        plane, total = figure.subplots(1, 2, width_ratios=[1, 1.15])
        self._draw_plane(plane)
        self._draw_sum(total)
        return figure

    def _draw_plane(self, ax):
        axis = np.linspace(LOW, HIGH, 201)
        z = np.stack(np.meshgrid(axis, axis), axis=-1) @ self.weights + self.bias
        shade = {"cmap": plots.SIGNED, "vmin": 0, "vmax": 1, "alpha": 0.6}
        ends = (LOW, HIGH, LOW, HIGH)
        ax.imshow(functional.sigmoid(z), extent=ends, origin="lower", **shade)
        if z.min() < 0 < z.max():
            ax.contour(axis, axis, z, levels=[0], colors=plots.BLACK)
        X, y = logic_gate(self.gate)
        right = (X @ self.weights + self.bias > 0) == (y == 1)
        for point, target, good in zip(X, y, right, strict=True):
            marker = plots.CLASS_MARKERS[target]
            ax.scatter(*point, marker=marker, s=60, color=plots.BLACK, edgecolor="white", zorder=3)
            if not good:
                ax.scatter(
                    *point, marker="x", s=260, color=plots.VERMILION, linewidth=2.5, zorder=4
                )
        ax.scatter(
            *self.inputs, s=260, facecolor="none", edgecolor=plots.BLACK, linewidth=2, zorder=4
        )
        ax.set(xlim=(LOW, HIGH), ylim=(LOW, HIGH), xticks=[0, 1], yticks=[0, 1], aspect="equal")
        ax.set(xlabel="$x_1$", ylabel="$x_2$")
        ax.grid(False)

    def _draw_sum(self, ax):
        terms = np.array([*np.multiply(self.weights, self.inputs), self.bias])
        ends = terms.cumsum()
        names = ["$w_1x_1$", "$w_2x_2$", "$b$"]
        for row, (term, end) in enumerate(zip(terms, ends, strict=True)):
            colour = plots.BLUE if term >= 0 else plots.ORANGE
            ax.barh(row, term, left=end - term, height=0.6, color=colour)
            names[row] += f" = {term:.2f}".replace("-", "−")
        ax.axvline(0, color="#4d4d4d", linewidth=0.8)
        ax.plot([self.z] * 2, [-0.5, 3], ":", color=plots.BLACK)
        reach = max(4, np.abs(ends).max() * 1.1)
        ax.set(yticks=range(3), yticklabels=names, xlim=(-reach, reach), ylim=(3, -0.6))
        ax.set(xlabel=f"$z$ = {self.z:.2f},   $a$ = {self.a:.3f}".replace("-", "−"))
        ax.grid(axis="y", visible=False)
