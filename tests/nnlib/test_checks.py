"""The checks return what is right as it is, and refuse the rest in words that help."""

from collections import deque
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nnlib.checks import (
    as_array,
    as_floats,
    check_array,
    check_callable,
    check_choice,
    check_dtype,
    check_integer,
    check_labels,
    check_number,
    check_rng,
)

MASKED = np.ma.array([1, 2], mask=[False, True])
with_pending = pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")  # of numpy.matrix


class Metres(np.ndarray):
    """Numbers with a unit, in the way of astropy and unyt."""


def refused(kind, call, *args, **kwargs):
    """Return the words with which a call is refused."""
    with pytest.raises(kind) as error:
        call(*args, **kwargs)
    assert type(error.value) is kind
    return str(error.value)


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (3, 3.0),
        (0.25, 0.25),
        (Fraction(1, 4), 0.25),
        (np.float32(0.5), 0.5),
        (np.float16(0.5), 0.5),
        (np.uint8(200), 200.0),
        (10**300, 1e300),
    ],
)
def test_a_number_of_any_kind_becomes_a_float(value, number):
    assert check_number("rate", value) == number
    assert type(check_number("rate", value)) is float


def test_the_ends_of_an_interval():
    assert check_number("rate", 0, low=0) == 0
    assert check_number("rate", 1, high=1) == 1
    expected = "rate must be a number in (0, 1); got "
    for value in (0, 1, -0.1, 1.1):
        words = refused(
            ValueError, check_number, "rate", value, low=0, high=1, include_low=False,
            include_high=False,
        )  # fmt: skip
        assert words == f"{expected}{value}"
    assert refused(ValueError, check_number, "rate", -1, low=0) == (
        "rate must be a number in [0, inf); got -1"
    )
    assert refused(ValueError, check_number, "rate", 2, high=1) == (
        "rate must be a number in (-inf, 1]; got 2"
    )


def test_a_fraction_is_judged_by_the_float_that_it_becomes():
    # It is above 0, or below 1; the float that would be used is not.
    tiny, near = Fraction(1, 10**400), 1 - Fraction(1, 10**20)
    assert "in (0, inf)" in refused(ValueError, check_number, "std", tiny, low=0, include_low=False)
    assert "in [0, 1)" in refused(
        ValueError, check_number, "rate", near, low=0, high=1, include_high=False
    )


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, np.float32(np.nan)])
def test_a_number_is_finite(value):
    words = refused(ValueError, check_number, "rate", value)
    assert words == f"rate must be a number; got {value!r}"


@pytest.mark.parametrize(
    "value",
    [10**400, -(10**400), 10**5000, Fraction(10**400)],
    ids=["large", "negative", "too long to print", "fraction"],
)
def test_a_number_larger_than_any_float_is_refused(value):
    words = refused(ValueError, check_number, "rate", value, low=0)
    assert words == "rate must be a number in [0, inf); got more than a float can hold"


@pytest.mark.parametrize(
    "value",
    [
        True,
        np.True_,
        "1",
        None,
        1j,
        [1.0],
        np.array(0.1),
        np.array([0.1]),
        np.array([True]),
        np.ma.masked,
    ],
)
def test_what_is_not_a_number(value):
    words = refused(TypeError, check_number, "rate", value, low=0)
    kind = type(value).__name__
    assert words == f"rate must be a number in [0, inf); got {value!r} of type {kind}"
    words = refused(TypeError, check_integer, "n", value, low=0)
    assert words == f"n must be an integer in [0, inf); got {value!r} of type {kind}"


@pytest.mark.parametrize("value", [7, np.int8(7), np.uint64(7)])
def test_an_integer_of_any_width_becomes_an_int(value):
    assert check_integer("n", value, low=7, high=7) == 7
    assert type(check_integer("n", value)) is int


def test_an_integer_is_in_range_and_fits_64_bits():
    assert refused(ValueError, check_integer, "n", 0, low=1) == (
        "n must be an integer in [1, inf); got 0"
    )
    assert refused(ValueError, check_integer, "n", 9, low=1, high=8) == (
        "n must be an integer in [1, 8]; got 9"
    )
    assert check_integer("n", 2**63 - 1) == 2**63 - 1
    assert check_integer("n", -(2**63 - 1)) == -(2**63 - 1)
    for value in (2**63, -(2**63), 10**5000):
        words = refused(ValueError, check_integer, "n", value)
        assert words == "n must be an integer; got more than 64 bits can hold"
    for value in (1.0, Fraction(2, 1)):
        assert "must be an integer" in refused(TypeError, check_integer, "n", value)


# Each is refused by itself and wherever numbers are read; so are lists that hold it.
SPECIAL = {
    "masked": (MASKED, "a MaskedArray", ".filled(value)"),
    "a masked number": (np.ma.masked, "a MaskedConstant", ".filled(value)"),
    "matrix": (lambda: np.matrix([[1, 2]]), "a matrix", "numpy.asarray"),
    "unit": (np.array([1, 2]).view(Metres), "a Metres", "numpy.asarray"),
    "record": (np.rec.array([(1,)], dtype=[("a", int)]), "a recarray", "numpy.asarray"),
}


@with_pending
@pytest.mark.parametrize("read", [as_array, as_floats, check_array, check_labels])
@pytest.mark.parametrize("name", SPECIAL)
@pytest.mark.parametrize(
    "held",
    [
        lambda value: value,
        lambda value: [value],
        lambda value: [[0.0, 1.0], (value, [2.0])],
        lambda value: deque([value]),
    ],
    ids=["itself", "list", "lists", "deque"],
)
def test_what_carries_more_than_numbers_is_refused(read, name, held):
    value, kind, way_out = SPECIAL[name]
    value = value() if callable(value) else value
    words = refused(TypeError, read, "x", held(value))
    assert words == (
        f"x must be a plain array or a list of numbers; got {kind}, which carries more than "
        f"numbers (make it plain with {way_out}, if that is right)"
    )


def test_a_file_of_numbers_is_a_plain_array(tmp_path):
    stored = np.memmap(tmp_path / "x", dtype=float, mode="w+", shape=(2, 2))
    stored[...] = [[1, 2], [3, 4]]
    for read in (as_array, as_floats, check_array):
        assert type(read("x", stored)) is np.ndarray
        assert type(read("x", [stored[0], stored[1]])) is np.ndarray
        assert read("x", stored).tolist() == [[1, 2], [3, 4]]


class Table:
    """What offers itself as an array, such as a data frame."""

    def __init__(self, values):
        self.values = values

    def __array__(self, dtype=None, copy=None):
        return np.array(self.values, dtype=dtype)


def test_what_offers_itself_as_an_array_is_read():
    assert check_array("x", Table([[1, 2]])).tolist() == [[1.0, 2.0]]
    assert as_floats("x", range(3)).tolist() == [0.0, 1.0, 2.0]
    assert check_labels("y", Table([1, 2])).tolist() == [1, 2]


@pytest.mark.parametrize(
    ("value", "got"),
    [
        (["1", "2"], "dtype <U1"),
        (b"12", "dtype |S2"),
        ([1j], "dtype complex128"),
        (np.zeros(2, dtype="M8[D]"), "dtype datetime64[D]"),
        (np.zeros(2, dtype="m8[s]"), "dtype timedelta64[s]"),
        (np.zeros(1, dtype=[("a", int)]), "dtype [('a', '<i8')]"),
        ([10**20], "dtype object, holding a int"),
        ([1.0, None], "dtype object, holding a float"),
        (np.array([Fraction(1, 2)]), "dtype object, holding a Fraction"),
        (np.array([], dtype=object), "dtype object"),
        ({1, 2}, "dtype object, holding a set"),  # as a sparse matrix would be
    ],
)
@pytest.mark.parametrize("read", [as_floats, check_array])
def test_what_are_no_real_numbers(read, value, got):
    assert refused(TypeError, read, "x", value) == f"x must hold real numbers; got {got}"


@pytest.mark.parametrize("read", [as_array, as_floats, check_array, check_labels])
def test_rows_that_differ_in_length(read):
    words = refused(ValueError, read, "x", [[1, 2], [3]])
    assert words == "x must be a rectangular array of numbers; got [[1, 2], [3]]"
    assert len(refused(ValueError, read, "x", [[1] * 10_000, [1]])) < 200


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", ">f4", ">f8", "g"])
def test_floats_keep_their_dtype(dtype):
    x = np.array([-1, np.nan, np.inf], dtype=dtype)
    assert as_floats("x", x) is x


@pytest.mark.parametrize("dtype", ["?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"])
def test_integers_and_booleans_become_float64(dtype):
    largest = True if dtype == "?" else np.iinfo(dtype).max
    for value in (largest, [0, largest]):
        x = as_floats("x", np.array(value, dtype=dtype))
        assert x.dtype == np.float64
        assert x.tolist() == np.float64(value).tolist()
        assert (check_array("x", np.array(value, dtype=dtype)) == x).all()


def test_an_array_has_the_shape_that_is_asked_for():
    assert check_array("x", [[1, 2]], shape=(None, 2)).shape == (1, 2)
    assert check_array("x", np.ones((3, 1, 2)), shape=(..., None, 2)).shape == (3, 1, 2)
    assert check_array("x", [1, 2], shape=(..., 2)).shape == (2,)
    for shape, shown in [
        ((None, 3), "(any, 3)"),
        ((2,), "(2,)"),
        ((..., 3), "(…, 3)"),
        ((..., None, None, 2), "(…, any, any, 2)"),
    ]:
        words = refused(ValueError, check_array, "x", [[1, 2]], shape=shape)
        assert words == f"x must have shape {shown}; got (1, 2)"
    words = refused(ValueError, check_array, "x", np.ones((0, 2)), shape=(None, 2))
    assert words == "x must not be empty; got shape (0, 2)"


@pytest.mark.filterwarnings("error")
def test_an_array_is_finite_in_the_dtype_that_it_gets():
    assert check_array("x", [1e39]).dtype == np.float64
    words = refused(ValueError, check_array, "x", [[0, 1], [1e39, 0]], dtype=np.float32)
    assert words == "x must be finite; got 1e+39 at index (1, 0)"
    assert refused(ValueError, check_array, "x", np.nan) == "x must be finite; got nan at index ()"
    assert check_array("x", [1, 2], dtype=np.float32).dtype == np.float32


@given(arrays(float, (2, 3), elements=st.floats(-1e300, 1e300)))
def test_a_plain_array_of_the_right_kind_is_not_copied(x):
    assert check_array("x", x) is x
    assert as_array("x", x) is x


def test_labels():
    assert check_labels("y", [0, 2], n_classes=3, n=2).tolist() == [0, 2]
    assert check_labels("y", np.uint8([7])).dtype == np.intp
    plain = np.array([0, 1], dtype=np.intp)
    assert check_labels("y", plain) is plain
    for value, words in [
        ([], "y must not be empty; got shape (0,)"),
        ([[0]], "y must have shape (any,); got (1, 1)"),
        ([0, 3], "y must hold labels 0 to 2; got 3 at index 1"),
        ([0, 1, -1], "y must hold labels 0 to 2; got -1 at index 2"),
    ]:
        assert refused(ValueError, check_labels, "y", value, n_classes=3) == words
    assert refused(ValueError, check_labels, "y", [0], n=2) == "y must have shape (2,); got (1,)"
    for value in ([0.0], [True], ["a"], [None]):
        words = refused(TypeError, check_labels, "y", value)
        assert words.startswith("y must hold integer class labels; got dtype ")


def test_a_label_too_large_for_an_index_is_refused():
    # As an index it would be −2⁶³.
    words = refused(ValueError, check_labels, "y", np.array([0, 2**63], dtype=np.uint64))
    assert words == f"y must hold labels 0 to {2**63 - 1}; got {2**63} at index 1"
    assert check_labels("y", np.array([2**63 - 1], dtype=np.uint64)).tolist() == [2**63 - 1]


class Countdown(np.random.Generator):
    """A generator of another class, such as the one that repeats the widgets' numbers."""


def test_a_generator_is_the_only_source_of_random_numbers():
    for rng in (np.random.default_rng(0), Countdown(np.random.PCG64(0))):
        assert check_rng("rng", rng) is rng
    rng = np.random
    others = (rng.RandomState(0), rng.PCG64(0), rng.SeedSequence(0), rng.default_rng, rng.Generator)
    for value in (0, None, rng, *others):
        assert refused(TypeError, check_rng, "rng", value) == (
            "rng must be a numpy.random.Generator such as np.random.default_rng(0); "
            f"got {value!r} of type {type(value).__name__}"
        )


def test_callables_and_choices():
    assert check_callable("f", len) is len
    assert refused(TypeError, check_callable, "f", 3) == ("f must be callable; got 3 of type int")
    assert check_choice("kind", "a", ("a", "b")) == "a"
    for value in ("c", ["a"], None, np.array(["a", "a"])):
        words = refused(ValueError, check_choice, "kind", value, ("a", "b"))
        assert words == f"kind must be one of 'a', 'b'; got {value!r}"


@pytest.mark.parametrize("value", [np.float64, float, "float64", "f8", ">f8", np.dtype("d")])
def test_a_dtype_may_be_written_in_any_way(value):
    assert check_dtype("dtype", value) == np.float64
    assert check_dtype("dtype", value).isnative
    assert check_dtype("dtype", "f4") == np.float32


def test_other_dtypes_are_refused():
    for value, name in ((np.float16, "float16"), (np.int64, "int64"), (complex, "complex128")):
        words = refused(ValueError, check_dtype, "dtype", value)
        assert words == f"dtype must be one of 'float64', 'float32'; got '{name}'"
    for value in (None, "real", 3, [1]):
        words = refused(TypeError, check_dtype, "dtype", value)
        assert words == f"dtype must be a dtype such as numpy.float64; got {value!r}"


def test_a_memoryview_of_any_shape_is_read():
    numbers = np.arange(6.0).reshape(2, 3)
    assert np.array_equal(check_array("x", memoryview(numbers)), numbers)
