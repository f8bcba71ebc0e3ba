"""The forward pass through the deck's 2-2-2 network, unit by unit, with every number."""

import traitlets

from nnlib import plots, worked_example
from nnwidgets.base import Checked, Widget, integer, known_to_both, numbers
from nnwidgets.worked import INPUTS, START, TARGETS, passes

LIMITS = known_to_both("forward")
STEPS = LIMITS["step"][1]  # h1, h2, o1, o2, and the error


class ForwardPass(Widget):
    """The deck's network with every number on it: change any, and step through unit by unit.

    Slides 10–13; chapter 3.

    Parameters
    ----------
    theta : sequence of 12 floats in [−2, 2]
        In the order of `Network.theta`; the deck's values to begin with.
    inputs, targets : pair of float in [−2, 2]
    step : int from 0 to 5
        How many of h1, h2, o1, o2 and E are computed.

    Raises
    ------
    TypeError, ValueError
        If a value does not fit.

    Examples
    --------
    >>> ForwardPass(step=1)
    """

    theta = Checked(START, numbers(12, *LIMITS["value"]))
    inputs = Checked(INPUTS, numbers(2, *LIMITS["value"]))
    targets = Checked(TARGETS, numbers(2, *LIMITS["value"]))
    step = Checked(STEPS, integer(*LIMITS["step"]))
    start = traitlets.List([*START, *INPUTS, *TARGETS]).tag(sync=True)
    deck = traitlets.Dict(worked_example.PRINTED).tag(sync=True)  # what the slides print

    settings = ("theta", "inputs", "targets", "step")
    space = (56, 38)

    def passes(self):
        """Return the network after a forward and a backward pass, and E_total."""
        return passes(self.theta, self.inputs, self.targets)

    def still(self):
        """Return the picture: the network with its values, and the error."""
        network, error = self.passes()
        figure = self.figure(7, 3.4)
        ax = figure.subplots()
        values = [list(self.inputs), network.layers[1].y[0], network.layers[3].y[0]]
        labels = {
            (layer // 2, row, column): f"${name[0]}_{name[1]}$={weight:g}"
            for (name, (layer, row, column)), weight in zip(
                worked_example.POSITIONS.items(),
                worked_example.weights(network).values(),
                strict=True,
            )
        }
        plots.network_diagram(network, ax, inputs="i", values=values, edge_labels=labels)
        ax.set_title(f"$E_{{total}}$ = {error:.9f}", fontsize=11)
        return figure
