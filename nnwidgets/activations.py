"""The activations: curve, tangent and slope at a point, two at once, and σ turning into tanh."""

import numpy as np

from nnlib import functional, plots
from nnwidgets.base import ACTIVATIONS, CHOICES, Checked, Widget, known_to_both, number, one_of

LIMITS = known_to_both("activations")
NONE = LIMITS["none"]
SYMBOLS = {name: words["symbol"] for name, words in CHOICES["activations"].items()}


class Activations(Widget):
    """Two activations to compare at a point z: f(z), the slope f′(z), and the tangent.

    A third curve, (1 + c) σ((1 + c) z) − c, leads from σ (at c = 0) to tanh (at c = 1).

    Slide 6; chapter 2.

    Parameters
    ----------
    first : {"sigmoid", "tanh", "relu"}
    second : {"none", "sigmoid", "tanh", "relu"}
    z : float in [−6, 6]
    stretch : float in [0, 1]
        The c above; at 0 the third curve is not drawn.

    Raises
    ------
    TypeError, ValueError
        If a value does not fit.

    Examples
    --------
    >>> Activations("sigmoid", "tanh", z=2)
    """

    first = Checked("sigmoid", one_of(ACTIVATIONS))
    second = Checked("tanh", one_of((NONE, *ACTIVATIONS)))
    z = Checked(1.0, number(*LIMITS["z"]))
    stretch = Checked(0.0, number(*LIMITS["stretch"]))

    settings = ("first", "second", "z", "stretch")
    space = (61, 34)

    def __init__(self, first="sigmoid", second="tanh", **values):
        super().__init__(first=first, second=second, **values)

    def chosen(self):
        """Return the names of the curves that are shown: one or two."""
        return list(dict.fromkeys(name for name in (self.first, self.second) if name != NONE))

    def at(self, name):
        """Return an activation at z and its slope there: two floats."""
        slope = getattr(functional, f"{name}_prime")
        return float(getattr(functional, name)(self.z)), float(slope(self.z))

    def still(self):
        """Return the picture: the curves with their tangents, and below them the slopes."""
        figure = self.figure(7, 4.2)
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=[1.6, 1])
        z = np.linspace(*LIMITS["z"], 601)
        looks = [(plots.BLUE, "-"), (plots.VERMILION, "--")]
        for name, (colour, style) in zip(self.chosen(), looks, strict=False):
            value, slope = self.at(name)
            label = f"{SYMBOLS[name]}(z)"
            above.plot(z, getattr(functional, name)(z), style, color=colour, label=label)
            ends = np.array([self.z - 1.5, self.z + 1.5])
            above.plot(ends, value + slope * (ends - self.z), color=colour, linewidth=1)
            above.plot(self.z, value, "o", color=colour)
            prime = getattr(functional, f"{name}_prime")(z)
            below.plot(z, prime, style, color=colour, label=f"{SYMBOLS[name]}′(z)")
            below.plot(self.z, slope, "o", color=colour)
        if c := self.stretch:
            label = f"{1 + c:.3g} σ({1 + c:.3g} z) − {c:.3g}"
            curve = (1 + c) * functional.sigmoid((1 + c) * z) - c
            above.plot(z, curve, ":", color="black", label=label)
        top = max(3, self.z + 0.4) if "relu" in self.chosen() else 1.2
        above.set(ylabel="f(z)", ylim=(-1.2, top), xlim=LIMITS["z"])
        below.set(xlabel="z", ylabel="f′(z)", ylim=(-0.05, 1.1))
        for ax in (above, below):
            ax.axvline(self.z, color="#4d4d4d", linestyle=":", linewidth=0.8)
            ax.legend(loc="upper left")
        return figure
