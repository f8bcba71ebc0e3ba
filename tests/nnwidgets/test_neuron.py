"""The neuron widget from Python: what it computes, and what it refuses."""

import numpy as np
import pytest

from nnlib import sigmoid
from nnlib.datasets import logic_gate
from nnwidgets import Neuron
from nnwidgets.neuron import GATES, LIMITS


def test_a_neuron_computes_its_sum_and_activation():
    neuron = Neuron(weights=(1.5, -2), bias=0.25, inputs=(0.5, -0.25))
    assert neuron.z == 1.5 * 0.5 + 2 * 0.25 + 0.25
    assert neuron.a == sigmoid(neuron.z)
    neuron.activation = "relu"
    assert neuron.a == neuron.z


@pytest.mark.parametrize(
    "values, error, message",
    [
        ({"weights": (1, 7)}, ValueError, r"weights\[1\] must be a number in \[-6, 6\]; got 7"),
        ({"weights": (1, 2, 3)}, ValueError, r"weights must have shape \(2,\); got \(3,\)"),
        ({"weights": ("a", "b")}, TypeError, "weights must hold real numbers"),
        ({"inputs": (0, np.nan)}, ValueError, "inputs must be finite; got nan"),
        ({"bias": 6.5}, ValueError, "bias must be .*; got 6.5"),
        ({"bias": "1"}, TypeError, "bias must be a number.*; got '1'"),
        ({"gate": "NOT"}, ValueError, "gate must be one of 'AND', 'OR', 'XOR'; got 'NOT'"),
        ({"activation": "step"}, ValueError, "activation must be one of .*; got 'step'"),
        ({"wieghts": (1, 2)}, TypeError, "Neuron takes gate, weights, .*; got wieghts"),
    ],
)
def test_bad_values_are_refused(values, error, message):
    with pytest.raises(error, match=message):
        Neuron(**values)
    neuron = Neuron()
    [(name, value)] = values.items()
    if name in Neuron.settings:
        before = getattr(neuron, name)
        with pytest.raises(error, match=message):
            setattr(neuron, name, value)
        assert getattr(neuron, name) == before


@pytest.mark.parametrize("gate", GATES)
def test_gates_are_those_of_nnlib(gate):
    points, targets = logic_gate(gate)
    assert LIMITS["corners"] == points.tolist()
    assert LIMITS["gates"][gate]["targets"] == targets.tolist()
    Neuron(gate=gate, weights=LIMITS["gates"][gate]["weights"])
