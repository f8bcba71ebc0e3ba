"""The activations widget from Python: what it computes, and what it refuses."""

import numpy as np
import pytest

from nnlib import functional
from nnwidgets import Activations


def test_values_and_slopes_are_those_of_nnlib():
    widget = Activations("tanh", "relu", z=-1.5)
    assert widget.chosen() == ["tanh", "relu"]
    assert widget.at("tanh") == (functional.tanh(-1.5), functional.tanh_prime(-1.5))
    assert widget.at("relu") == (0, 0)
    assert Activations("tanh", "tanh").chosen() == Activations("tanh", "none").chosen() == ["tanh"]
    assert repr(widget) == "Activations(first='tanh', second='relu', z=-1.5, stretch=0.0)"


@pytest.mark.parametrize(
    "values, error, message",
    [
        ({"first": "step"}, ValueError, "first must be one of 'sigmoid', 'tanh', 'relu'; got"),
        ({"first": "none"}, ValueError, "first must be one of .*; got 'none'"),
        ({"second": 3}, ValueError, "second must be one of .*; got 3"),
        ({"z": 6.5}, ValueError, r"z must be a number in \[-6, 6\]; got 6.5"),
        ({"z": "1"}, TypeError, "z must be a number.*; got '1'"),
        ({"stretch": -0.1}, ValueError, r"stretch must be a number in \[0, 1\]; got -0.1"),
        ({"zz": 1}, TypeError, "Activations takes first, second, z, stretch; got zz"),
    ],
)
def test_bad_values_are_refused(values, error, message):
    with pytest.raises(error, match=message):
        Activations(**values)


def test_the_picture_follows_the_values():
    pictures = {
        Activations(**values)._repr_mimebundle_()[0]["image/png"]
        for values in ({}, {"z": -2}, {"second": "none"}, {"stretch": 0.5}, {"first": "relu"})
    }
    assert len(pictures) == 5


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "relu"])
@pytest.mark.parametrize("z", [-6, 0, 2.8, 6])
def test_the_point_lies_on_the_curve_within_the_picture(name, z):
    above, below = Activations(name, "none", z=z).still().axes
    tangent, point = above.lines[1:3]
    assert point.get_xydata()[0] == pytest.approx([z, getattr(functional, name)(z)])
    assert above.get_ylim()[0] < point.get_ydata()[0] < above.get_ylim()[1]
    rise = np.diff(tangent.get_ydata()) / np.diff(tangent.get_xdata())
    assert rise == pytest.approx(getattr(functional, f"{name}_prime")(z))
    assert below.lines[1].get_ydata()[0] == pytest.approx(float(rise[0]))
