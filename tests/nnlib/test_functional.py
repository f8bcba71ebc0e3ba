"""The pure functions: their identities, derivatives, and what they do at the edges of float64."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nnlib import functional as F
from nnlib.gradcheck import numerical_gradient

numbers = st.floats(-50, 50)
rows = arrays(float, st.tuples(st.integers(1, 4), st.integers(1, 6)), elements=numbers)


@given(numbers)
def test_tanh_is_a_stretched_sigmoid(x):
    assert F.tanh(x) == pytest.approx(2 * F.sigmoid(2 * x) - 1, abs=1e-15)


@given(numbers)
def test_sigmoid_is_symmetric_about_one_half(x):
    assert F.sigmoid(-x) == pytest.approx(1 - F.sigmoid(x), abs=1e-15)


@pytest.mark.parametrize("x", [-5.0, -1.0, 0.0, 0.464, 3.0])
def test_sigmoid_is_the_decks_formula(x):
    assert F.sigmoid(x) == pytest.approx(1 / (1 + np.exp(-x)), rel=1e-14)


@pytest.mark.parametrize(
    ("f", "slope"), [(F.sigmoid, F.sigmoid_prime), (F.tanh, F.tanh_prime), (F.relu, F.relu_prime)]
)
def test_derivatives(f, slope):
    for x in (-3.0, -0.7, 0.2, 1.9):
        assert slope(x) == pytest.approx(numerical_gradient(f, x), abs=1e-9)


def test_the_largest_slopes():
    x = np.linspace(-8, 8, 1601)
    assert F.sigmoid_prime(x).max() == F.sigmoid_prime(0.0) == 0.25
    assert F.tanh_prime(x).max() == F.tanh_prime(0.0) == 1
    assert F.relu_prime(np.array([-1.0, 0.0, 1.0])).tolist() == [0, 0, 1]


@given(rows)
def test_softmax_rows_are_probabilities_and_ignore_a_shift(z):
    p = F.softmax(z)
    assert (p >= 0).all()
    assert p.sum(axis=-1) == pytest.approx(np.ones(len(z)))
    assert F.softmax(z + 100) == pytest.approx(p, abs=1e-12)


def test_log_softmax_is_the_logarithm_of_softmax():
    z = np.array([[1.0, -2.0, 0.5], [3.0, 3.0, 3.0]])
    assert F.log_softmax(z) == pytest.approx(np.log(F.softmax(z)), rel=1e-13)


# Warnings are errors here, so an overflow inside would fail the test.
@pytest.mark.filterwarnings("error")
def test_nothing_overflows():
    huge = np.array([-1000.0, 0.0, 1000.0])
    assert F.sigmoid(huge).tolist() == [0, 0.5, 1]
    assert F.softmax(huge).tolist() == [0, 0, 1]
    assert F.softmax(huge + 1e6).tolist() == [0, 0, 1]
    assert F.softmax([[0.0, 0.0], [1000.0, 1000.0]]).tolist() == [[0.5, 0.5], [0.5, 0.5]]
    assert F.log_softmax([0.0, 800.0]).tolist() == [-800, 0]


@pytest.mark.parametrize(
    "f", [F.sigmoid, F.sigmoid_prime, F.tanh, F.tanh_prime, F.relu, F.relu_prime, F.softmax]
)
def test_float32_stays_float32(f):
    assert f(np.array([[-1, 2]], dtype=np.float32)).dtype == np.float32


def test_one_hot():
    assert F.one_hot([2, 0], 3).tolist() == [[0, 0, 1], [1, 0, 0]]
    with pytest.raises(ValueError, match="labels must hold labels 0 to 2; got 3 at index 1"):
        F.one_hot([0, 3], 3)
    with pytest.raises(ValueError, match="labels must hold labels 0 to 2; got -1 at index 0"):
        F.one_hot([-1], 3)
    with pytest.raises(ValueError, match=r"labels must not be empty; got shape \(0,\)"):
        F.one_hot([], 3)
    with pytest.raises(TypeError, match="labels must hold integer class labels; got dtype float64"):
        F.one_hot([0.5], 3)
    with pytest.raises(ValueError, match=r"n_classes must be an integer in \[1, inf\); got 0"):
        F.one_hot([0], 0)
