"""The widgets of the deck's network from Python: what they compute, and what they refuse."""

import numpy as np
import pytest

from nnlib import worked_example
from nnlib.gradcheck import numerical_gradient
from nnlib.losses import HalfSquaredError
from nnlib.optimizers import SGD
from nnwidgets import Backpropagation, ForwardPass
from nnwidgets.backprop import PARAMETERS


def test_the_forward_pass_begins_with_the_decks_numbers():
    network, error = ForwardPass().passes()
    assert f"{error:.9f}" == worked_example.PRINTED["E_total"]
    assert f"{network.layers[1].y[0, 0]:.9f}" == worked_example.PRINTED["out_h1"]


def test_gradients_are_the_slopes_of_the_error():
    theta = np.random.default_rng(0).normal(size=12)
    widget = Backpropagation(theta=theta)

    def error(values):
        return Backpropagation(theta=values).error()

    measured = numerical_gradient(error, theta)
    assert list(widget.gradients()) == list(PARAMETERS)
    np.testing.assert_allclose(list(widget.gradients().values()), measured, atol=1e-9)


def test_names_fit_the_order_of_theta():
    network = worked_example.network()
    x, t = worked_example.INPUT, worked_example.TARGET
    network.backward(HalfSquaredError()(network.forward(x), t)[1])
    named = worked_example.gradients(network)
    widget = Backpropagation()
    assert {name: widget.gradients()[name] for name in named} == named
    SGD(0.5).step(network.theta, network.grad)
    widget.theta = network.theta
    assert widget.theta[PARAMETERS.index("w5")] == worked_example.weights(network)["w5"]


@pytest.mark.parametrize(
    "widget, values, error, message",
    [
        (ForwardPass, {"theta": [0.1] * 11}, ValueError, r"theta must have shape \(12,\)"),
        (ForwardPass, {"inputs": (0, 3)}, ValueError, r"inputs\[1\] must be .*; got 3"),
        (ForwardPass, {"step": 6}, ValueError, "step must be .*; got 6"),
        (ForwardPass, {"step": 1.5}, TypeError, "step must be .*; got 1.5"),
        (Backpropagation, {"chosen": "w9"}, ValueError, "chosen must be one of .*; got 'w9'"),
        (Backpropagation, {"rate": 0}, ValueError, "rate must be .*; got 0"),
        (Backpropagation, {"eta": 1}, TypeError, "Backpropagation takes chosen, .*; got eta"),
    ],
)
def test_bad_values_are_refused(widget, values, error, message):
    with pytest.raises(error, match=message):
        widget(**values)


def test_the_pictures_follow_the_values():
    pictures = [
        widget._repr_mimebundle_()[0]["image/png"]
        for widget in (
            ForwardPass(),
            ForwardPass(inputs=(1, 1)),
            *(Backpropagation(chosen=name) for name in PARAMETERS),
        )
    ]
    assert len(set(pictures)) == len(pictures)
