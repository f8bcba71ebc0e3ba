"""Checks of what a caller passes in: each error names parameter, value and expectation.

They guard the public entry points once; nothing inside a training loop calls them.
"""

import math
import numbers
from collections.abc import Sequence
from reprlib import repr as shortened

import numpy as np

LARGEST = np.iinfo(np.int64).max


def check_number(name, value, *, low=-np.inf, high=np.inf, include_low=True, include_high=True):
    """Return `value` as a float if it is a finite number between `low` and `high`.

    Raises
    ------
    TypeError
        If `value` is not a real number.
    ValueError
        If it is NaN, infinite or out of range.
    """
    expected = _interval("a number", low, high, include_low, include_high)
    if isinstance(value, bool | np.bool_) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name} must be {expected}; got {value!r} of type {type(value).__name__}")
    try:
        number = float(value)
    except OverflowError as error:  # an int may have more digits than Python would print
        raise ValueError(f"{name} must be {expected}; got more than a float can hold") from error
    # The float is what will be used. A fraction just above 0 or below 1 may round to it.
    above = number >= low if include_low else number > low
    below = number <= high if include_high else number < high
    if not (math.isfinite(number) and above and below):
        raise ValueError(f"{name} must be {expected}; got {value!r}")
    return number


def check_integer(name, value, *, low=None, high=None):
    """Return `value` as an int if it is a whole number between `low` and `high`, both included.

    Raises
    ------
    TypeError
        If `value` is not an integer.
    ValueError
        If it is out of range, or does not fit in 64 bits, as NumPy's sizes must.
    """
    low_bound = -np.inf if low is None else low
    high_bound = np.inf if high is None else high
    expected = _interval("an integer", low_bound, high_bound, True, True)
    if isinstance(value, bool | np.bool_) or not isinstance(value, numbers.Integral):
        raise TypeError(f"{name} must be {expected}; got {value!r} of type {type(value).__name__}")
    if abs(int(value)) > LARGEST:
        raise ValueError(f"{name} must be {expected}; got more than 64 bits can hold")
    if not low_bound <= value <= high_bound:
        raise ValueError(f"{name} must be {expected}; got {value!r}")
    return int(value)


def check_array(name, value, *, shape=None, dtype=np.float64, finite=True):
    """Return `value` as a non-empty, finite array of `dtype`.

    Parameters
    ----------
    name : str
        The parameter's name, for the error.
    value : array_like
        What the caller passed.
    shape : tuple of (int or None), optional
        The expected shape; ``None`` stands for any length and a leading ``...`` for any leading
        axes.
    dtype : numpy dtype
        The dtype of the array that is returned.
    finite : bool
        Whether NaN and infinity are refused. What a network has computed may hold them.

    Raises
    ------
    TypeError
        If `value` does not hold real numbers, or more than numbers (see `as_array`).
    ValueError
        If it is ragged, empty, has the wrong shape, holds NaN or infinity, or a number that `dtype`
        cannot hold.
    """
    array = _real(name, as_array(name, value))
    if shape is not None and not _fits(array.shape, shape):
        raise ValueError(f"{name} must have shape {_show(shape)}; got {array.shape}")
    if array.size == 0:
        raise ValueError(f"{name} must not be empty; got shape {array.shape}")
    with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite, and is refused
        converted = array.astype(dtype, copy=False)
    sound = np.isfinite(converted)
    if not finite and not sound.all():
        sound |= ~np.isfinite(array)
    if not sound.all():
        where = tuple(int(i) for i in np.argwhere(~sound)[0])
        raise ValueError(f"{name} must be finite; got {array[where]} at index {where}")
    return converted


def as_array(name, value):
    """Return `value` as a plain array.

    Some arrays carry more than numbers: a masked array says which of them do not count, a matrix
    multiplies in its own way, a quantity has a unit. Read as a plain array they would lose it
    without a word, so they are refused, within lists too.

    Raises
    ------
    TypeError
        If `value` is, or holds, an array of a subclass (but ``numpy.memmap``, which only says
        where the numbers lie).
    ValueError
        If its rows differ in length.
    """
    special = _special(value)
    if special is not None:
        way_out = ".filled(value)" if isinstance(special, np.ma.MaskedArray) else "numpy.asarray"
        raise TypeError(
            f"{name} must be a plain array or a list of numbers; got a {type(special).__name__}, "
            f"which carries more than numbers (make it plain with {way_out}, if that is right)"
        )
    try:
        return np.asarray(value)
    except ValueError as error:
        raise ValueError(
            f"{name} must be a rectangular array of numbers; got {shortened(value)}"
        ) from error


def as_floats(name, value):
    """Return `value` as a plain array of floats, NaN and infinity included.

    Floats keep their dtype; integers and booleans of any width become float64, where 5 − 7 is −2.

    Raises
    ------
    TypeError
        If `value` does not hold real numbers, or more than numbers (see `as_array`).
    ValueError
        If its rows differ in length.
    """
    if type(value) is np.ndarray and value.dtype.kind == "f":  # in a network, always; so it is fast
        return value
    array = _real(name, as_array(name, value))
    return array if array.dtype.kind == "f" else array.astype(np.float64)


def check_labels(name, value, *, n_classes=None, n=None):
    """Return `value` as class labels: integers 0 … `n_classes` − 1, shape ``(n,)``.

    Raises
    ------
    TypeError
        If the labels are not integers, or more than numbers (see `as_array`).
    ValueError
        If there are none, not `n` of them, or one is not a known class.
    """
    labels = as_array(name, value)
    if labels.size == 0:
        raise ValueError(f"{name} must not be empty; got shape {labels.shape}")
    if labels.dtype.kind not in "iu":
        raise TypeError(f"{name} must hold integer class labels; got dtype {labels.dtype}")
    if not _fits(labels.shape, (n,)):
        raise ValueError(f"{name} must have shape {_show((n,))}; got {labels.shape}")
    highest = np.iinfo(np.intp).max if n_classes is None else n_classes - 1
    unknown = (labels < 0) | (labels > highest)
    if unknown.any():
        where = int(np.argmax(unknown))
        known = f"0 to {highest}"
        raise ValueError(f"{name} must hold labels {known}; got {labels[where]} at index {where}")
    return labels.astype(np.intp, copy=False)


def check_rng(name, value):
    """Return `value` if it is a ``numpy.random.Generator``; raise TypeError otherwise."""
    if not isinstance(value, np.random.Generator):
        raise TypeError(
            f"{name} must be a numpy.random.Generator such as np.random.default_rng(0); "
            f"got {value!r} of type {type(value).__name__}"
        )
    return value


def check_rngs(name, values):
    """Return a list of generators, each a stream of its own.

    Raises
    ------
    TypeError
        If one is not a ``numpy.random.Generator``.
    ValueError
        If one stands in the list twice.
    """
    rngs = [check_rng(f"{name}[{k}]", rng) for k, rng in enumerate(values)]
    if not rngs:
        raise ValueError(f"{name} must hold a generator for each network; got an empty list")
    if len({id(rng) for rng in rngs}) < len(rngs):
        raise ValueError(f"{name} must hold a generator of its own for each network; got one twice")
    return rngs


def check_callable(name, value):
    """Return `value` if it can be called; raise TypeError otherwise."""
    if not callable(value):
        raise TypeError(f"{name} must be callable; got {value!r} of type {type(value).__name__}")
    return value


def check_choice(name, value, choices):
    """Return `value` if it is one of `choices`; raise ValueError otherwise."""
    if isinstance(value, np.ndarray) or value not in choices:  # an array is equal in each entry
        raise ValueError(f"{name} must be one of {', '.join(map(repr, choices))}; got {value!r}")
    return value


def check_dtype(name, value):
    """Return `value` as the dtype float64 or float32.

    Raises
    ------
    TypeError
        If `value` is no dtype.
    ValueError
        If it is another one.
    """
    try:
        if value is None:  # NumPy would read it as float64
            raise TypeError
        dtype = np.dtype(value).name
    except (TypeError, ValueError) as error:
        raise TypeError(f"{name} must be a dtype such as numpy.float64; got {value!r}") from error
    return np.dtype(check_choice(name, dtype, ("float64", "float32")))


def _real(name, array):
    """Return the array if it holds real numbers; raise TypeError otherwise."""
    if array.dtype.kind not in "fiub":
        got = f"dtype {array.dtype}"
        if array.dtype == object:  # numpy's way to say that it does not know what it has there
            got = f"{got}, holding a {type(array.flat[0]).__name__}" if array.size else got
        raise TypeError(f"{name} must hold real numbers; got {got}")
    return array


def _special(value):
    """Return the first array of a subclass in `value`, within lists of lists too; None if none."""
    if isinstance(value, np.ndarray):
        return None if type(value) in (np.ndarray, np.memmap) else value
    if not isinstance(value, Sequence) or isinstance(value, str | bytes | memoryview):
        return None
    inner = (_special(item) for item in value if not isinstance(item, float | int))
    return next((found for found in inner if found is not None), None)


def _interval(kind, low, high, include_low, include_high):
    if low == -np.inf and high == np.inf:
        return kind
    left = "[" if include_low and low != -np.inf else "("
    right = "]" if include_high and high != np.inf else ")"
    return f"{kind} in {left}{low}, {high}{right}"


def _fits(shape, expected):
    if expected[:1] == (...,):
        expected = expected[1:]
        shape = shape[len(shape) - len(expected) :]  # stays shorter if it is
    return len(shape) == len(expected) and all(
        want is None or have == want for have, want in zip(shape, expected, strict=True)
    )


def _show(shape):
    parts = ["…" if n is ... else "any" if n is None else str(n) for n in shape]
    return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"
