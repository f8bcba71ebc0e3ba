"""Backpropagation in the deck's 2-2-2 network: the chain rule, factor by factor, and updates."""

import traitlets

from nnlib import plots, worked_example
from nnwidgets.base import Checked, Widget, integer, known_to_both, number, numbers, one_of
from nnwidgets.worked import INPUTS, START, TARGETS, passes

LIMITS = known_to_both("backprop")
PARAMETERS = tuple(known_to_both("shared/deck/worked")["parameters"])  # as in Network.theta


class Backpropagation(Widget):
    """The gradient of each of the deck's twelve parameters as a product, and updates with it.

    Slides 14–25; chapter 4.

    Parameters
    ----------
    chosen : str
        One of `PARAMETERS`: "w1" … "w8", "b1 of h1", …
    theta : sequence of 12 floats
        In the order of `Network.theta`; the deck's values to begin with.
    rate : float in [0.05, 20]
        The learning rate η.
    step : int from 0 to 7
        How many lines of the product are shown.

    Raises
    ------
    TypeError, ValueError
        If a value does not fit.

    Examples
    --------
    >>> Backpropagation(chosen="w1", step=2)
    """

    chosen = Checked("w5", one_of(PARAMETERS))
    theta = Checked(START, numbers(12, -1e6, 1e6))
    rate = Checked(worked_example.LEARNING_RATE, number(*LIMITS["rate"]))
    step = Checked(LIMITS["step"][1], integer(*LIMITS["step"]))
    inputs = traitlets.List(list(INPUTS)).tag(sync=True)
    targets = traitlets.List(list(TARGETS)).tag(sync=True)
    start = traitlets.List(list(START)).tag(sync=True)
    deck = traitlets.Dict(worked_example.PRINTED).tag(sync=True)  # what the slides print

    settings = ("chosen", "theta", "rate", "step")
    space = (77, 40)

    def gradients(self):
        """Return ∂E_total/∂θ at the present values: a dict from a parameter's name to float."""
        network, _ = passes(self.theta, self.inputs, self.targets)
        return dict(zip(PARAMETERS, network.grad.tolist(), strict=True))

    def error(self):
        """Return E_total at the present values."""
        return passes(self.theta, self.inputs, self.targets)[1]

    def still(self):
        """Return the picture: the network, the chosen parameter's path or paths, the gradient."""
        network, error = passes(self.theta, self.inputs, self.targets)
        figure = self.figure(7, 3.4)
        ax = figure.subplots()
        values = [list(self.inputs), network.layers[1].y[0], network.layers[3].y[0]]
        labels = {
            (layer // 2, row, column): f"${name[0]}_{name[1]}$"
            for name, (layer, row, column) in worked_example.POSITIONS.items()
        }
        path = self._path()
        plots.network_diagram(
            network, ax, inputs="i", values=values, edge_labels=labels, highlight=path
        )
        gradient = f"{self.gradients()[self.chosen]:.9f}".replace("-", "−")
        ax.set_title(f"gradient of {self.chosen}: {gradient},  error {error:.9f}", fontsize=11)
        return figure

    def _path(self):
        """Return the edges between the chosen parameter and the error."""
        name, _, unit = self.chosen.partition(" of ")
        if unit:
            layer, column, edges = int(unit[0] == "o"), int(unit[1]) - 1, []
        else:
            where, row, column = worked_example.POSITIONS[name]
            layer, edges = where // 2, [(where // 2, row, column)]
        return edges if layer else [*edges, (1, column, 0), (1, column, 1)]
