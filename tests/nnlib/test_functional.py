"""The pure functions: their identities, derivatives, and what they do at the edges of float64."""

from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nnlib import functional as F
from nnlib.gradcheck import numerical_gradient

numbers = st.floats(-50, 50)
rows = arrays(float, st.tuples(st.integers(1, 4), st.integers(1, 6)), elements=numbers)

ELEMENTWISE = [F.sigmoid, F.sigmoid_prime, F.tanh, F.tanh_prime, F.relu, F.relu_prime]
OF_ROWS = [F.softmax, F.log_softmax]


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


@pytest.mark.parametrize("f", ELEMENTWISE + OF_ROWS)
@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "g"])
def test_floats_keep_their_dtype(f, dtype):
    x = np.array([[-1, 2]], dtype=dtype)
    assert f(x).dtype == x.dtype
    assert x.tolist() == [[-1, 2]]  # the input is left as it was


INTEGERS = ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"]


@pytest.mark.parametrize("f", ELEMENTWISE + OF_ROWS)
@pytest.mark.parametrize("dtype", ["?", *INTEGERS])
def test_integers_and_booleans_are_taken_as_float64(f, dtype):
    # −1 wraps in the unsigned kinds, and the differences of int8's ends do not fit into it.
    ends = [0, 1] if dtype == "?" else [np.iinfo(dtype).min, np.iinfo(dtype).max]
    x = np.array([[0, 1, *ends]], dtype=dtype)
    y = f(x)
    assert y.dtype == np.float64
    assert np.array_equal(y, f(x.astype(np.float64)))
    assert np.array_equal(f(x.tolist()), y)


def test_integers_have_the_right_values():
    x = np.uint8([0, 1, 2, 5])
    assert F.sigmoid(x) == pytest.approx([0.5, 0.7310586, 0.8807971, 0.9933071], abs=1e-7)
    assert F.sigmoid_prime(x) == pytest.approx([0.25, 0.1966119, 0.1049936, 0.0066481], abs=1e-7)
    assert F.tanh_prime(x) == pytest.approx([1, 0.4199743, 0.0706508, 0.0001816], abs=1e-7)
    assert F.relu(np.int8([-128, 127])).tolist() == [0, 127]
    assert F.relu_prime([True, False]).tolist() == [1, 0]
    z = np.int8([100, -100, 99])
    assert F.softmax(z) == pytest.approx([0.7310586, 0, 0.2689414], abs=1e-7)
    assert F.log_softmax(z) == pytest.approx([-0.3132617, -200.3132617, -1.3132617], abs=1e-7)


@pytest.mark.parametrize("f", ELEMENTWISE)
def test_scalars_give_scalars_and_nan_gives_nan(f):
    for x in (0.5, 1, np.float64(0.5), np.array(0.5)):
        assert isinstance(f(x), np.float64)
    assert isinstance(f(np.float32(0.5)), np.float32)
    assert np.isnan(f(np.nan))
    assert np.isnan(f([np.nan, 1.0])).tolist() == [True, False]
    assert f(np.zeros((0, 3))).shape == (0, 3)


@pytest.mark.parametrize("f", ELEMENTWISE + OF_ROWS)
def test_what_are_no_plain_numbers_is_refused(f):
    name = "logits" if f in OF_ROWS else "x"
    for value in (["1"], [1j], [None], np.array([1.0], dtype=object), "12"):
        with pytest.raises(TypeError, match=f"^{name} must hold real numbers; got dtype"):
            f(value)
    masked = np.ma.array([1.0, 2.0], mask=[False, True])
    for value in (masked, [masked], [1.0, np.ma.masked], np.rec.array([(1.0,)])):
        with pytest.raises(TypeError, match=f"^{name} must be a plain array or a list of numbers"):
            f(value)
    with pytest.raises(ValueError, match=f"^{name} must be a rectangular array"):
        f([[1, 2], [3]])


def exact(formula, *values):
    """Compute a formula with 400 digits, far more than any cancellation here costs."""
    with localcontext(prec=400):
        return float(formula(*map(Decimal, values)))


# Beyond ±700 float64 has no normal numbers for these slopes; at 10⁻³ and less they are near 1.
@pytest.mark.filterwarnings("error")
@given(st.floats(-700, 700))
def test_no_slope_rounds_to_nothing(x):
    one = Decimal(1)
    slope = exact(lambda x: (-x).exp() / (one + (-x).exp()) ** 2, x)
    assert F.sigmoid_prime(x) == pytest.approx(slope, rel=1e-14, abs=0)
    assert F.sigmoid_prime(x) == F.sigmoid_prime(-x)
    assert F.sigmoid(x) == pytest.approx(exact(lambda x: one / (one + (-x).exp()), x), rel=1e-14)
    half = x / 2
    slope = exact(lambda x: 4 / (x.exp() + (-x).exp()) ** 2, half)
    assert F.tanh_prime(half) == pytest.approx(slope, rel=1e-14, abs=0)
    assert F.tanh_prime(half) == F.tanh_prime(-half)


@pytest.mark.filterwarnings("error")
def test_slopes_far_out():
    assert F.sigmoid_prime([40.0, -40.0]) == pytest.approx([4.248354255e-18] * 2, rel=1e-9)
    assert F.tanh_prime([20.0, -20.0]) == pytest.approx([1.699341702e-17] * 2, rel=1e-9)
    far = np.array([-np.inf, -1e308, 1e308, np.inf])
    for slope in (F.sigmoid_prime, F.tanh_prime):
        assert slope(far).tolist() == [0, 0, 0, 0]
        assert slope(np.float16([-60_000, 60_000])).tolist() == [0, 0]
    assert F.relu_prime(far).tolist() == [0, 0, 1, 1]
    assert F.sigmoid(far).tolist() == [0, 0, 1, 1]
    assert F.tanh(far).tolist() == [-1, -1, 1, 1]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_sigmoid_is_0_only_below_the_normal_numbers(dtype):
    smallest = float(np.finfo(dtype).tiny)
    x = np.linspace(1.2 * np.log(smallest), 0, 10_001).astype(dtype)
    truth = np.exp(x.astype(float)) / (1 + np.exp(x.astype(float)))
    normal = truth > smallest
    assert normal.any() and not normal.all()
    error = np.abs(F.sigmoid(x) - truth)
    assert error[~normal].max() <= smallest
    # x and 1 + e⁻ˣ are rounded, and no more is lost.
    assert (error[normal] / truth[normal]).max() < 4 * np.finfo(dtype).eps


@pytest.mark.filterwarnings("error")
def test_a_class_that_is_ruled_out_has_the_probability_0():
    z = [[0.0, -np.inf, 0.0], [-np.inf, 5.0, -np.inf]]
    assert F.softmax(z).tolist() == [[0.5, 0, 0.5], [0, 1, 0]]
    assert F.log_softmax(z)[0] == pytest.approx([-np.log(2), -np.inf, -np.log(2)])
    assert F.log_softmax(z)[1].tolist() == [-np.inf, 0, -np.inf]
    apart = [-1.5e308, 1.5e308]  # their difference is no float
    assert F.softmax(apart).tolist() == [0, 1]
    assert F.log_softmax(apart).tolist() == [-np.inf, 0]


@pytest.mark.parametrize("f", OF_ROWS)
@pytest.mark.parametrize(
    ("z", "largest"),
    [
        ([[0.0, 1.0], [np.inf, 0.0]], "inf"),
        ([np.inf, np.inf], "inf"),
        ([[-np.inf, -np.inf]], "-inf"),
        ([0.0, np.nan], "nan"),
    ],
)
def test_rows_without_a_largest_number_have_no_softmax(f, z, largest):
    with pytest.raises(ValueError) as error:
        f(z)
    words = f"logits must have a finite largest number in each row; got {largest}"
    assert str(error.value) == words


@pytest.mark.parametrize("f", OF_ROWS)
def test_softmax_needs_classes(f):
    for z, shape in ((3.0, r"\(\)"), ([], r"\(0,\)"), (np.zeros((2, 0)), r"\(2, 0\)")):
        with pytest.raises(
            ValueError, match=rf"logits must have shape \(…, n_classes\); got {shape}"
        ):
            f(z)
    assert f(np.zeros((0, 3))).shape == (0, 3)
    assert f(np.zeros((2, 1))).tolist() == f([[7.0], [-7.0]]).tolist()


@given(st.lists(st.floats(-60, 60), min_size=1, max_size=5))
def test_log_softmax_is_exact_where_the_probability_rounds_to_1(z):
    def formula(first, *others):
        return first - sum((x.exp() for x in others), first.exp()).ln()

    truth = [exact(formula, z[j], *z[:j], *z[j + 1 :]) for j in range(len(z))]
    assert F.log_softmax(z) == pytest.approx(truth, rel=1e-13, abs=1e-60)


def test_log_softmax_of_a_sure_answer():
    assert F.log_softmax([40.0, 0.0]) == pytest.approx([-4.248354255e-18, -40], rel=1e-9, abs=0)


def test_one_hot():
    assert F.one_hot([2, 0], 3).tolist() == [[0, 0, 1], [1, 0, 0]]
    assert F.one_hot(np.uint8([1]), 2).dtype == np.float64
    # A table of all classes would have 10¹² numbers.
    assert np.flatnonzero(F.one_hot([7], 1_000_000)).tolist() == [7]
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


def test_a_norm_takes_each_row_on_its_own_scale():
    x = np.array([[3e200, 4e200], [3e-200, 4e-200], [0, 0]])
    lengths = F.norm(x, axis=-1)
    assert lengths.shape == (3, 1)
    assert lengths[:, 0] == pytest.approx([5e200, 5e-200, 0], rel=1e-15)
    root, _ = F.scaled_norm(x, axis=-1)
    assert (root[:2] >= 0.5).all() and (root[:2] <= 2).all()
    assert F.norm([3.0, 4.0]) == 5


def test_the_length_of_small_kinds_of_numbers():
    assert F.norm(np.full(300, 100, np.int8)) == pytest.approx(100 * np.sqrt(300))
    assert F.norm(np.ones(300_000, np.float16)) == pytest.approx(np.sqrt(300_000))
