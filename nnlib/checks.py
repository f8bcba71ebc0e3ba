"""Checks of what a caller passes in: each error names parameter, value and expectation.

They guard the public entry points once; nothing inside a training loop calls them.
"""

import numbers

import numpy as np


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
    above = value >= low if include_low else value > low
    below = value <= high if include_high else value < high
    if not (np.isfinite(value) and above and below):
        raise ValueError(f"{name} must be {expected}; got {value!r}")
    return float(value)


def check_integer(name, value, *, low=None, high=None):
    """Return `value` as an int if it is a whole number between `low` and `high`, both included.

    Raises
    ------
    TypeError
        If `value` is not an integer.
    ValueError
        If it is out of range.
    """
    low_bound = -np.inf if low is None else low
    high_bound = np.inf if high is None else high
    expected = _interval("an integer", low_bound, high_bound, True, True)
    if isinstance(value, bool | np.bool_) or not isinstance(value, numbers.Integral):
        raise TypeError(f"{name} must be {expected}; got {value!r} of type {type(value).__name__}")
    if not low_bound <= value <= high_bound:
        raise ValueError(f"{name} must be {expected}; got {value!r}")
    return int(value)


def check_array(name, value, *, shape=None, dtype=np.float64):
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

    Raises
    ------
    TypeError
        If `value` does not hold real numbers.
    ValueError
        If it is ragged, empty, has the wrong shape, or holds NaN or infinity.
    """
    array = as_array(name, value)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{name} must hold real numbers; got dtype {array.dtype}")
    if shape is not None and not _fits(array.shape, shape):
        raise ValueError(f"{name} must have shape {_show(shape)}; got {array.shape}")
    if array.size == 0:
        raise ValueError(f"{name} must not be empty; got shape {array.shape}")
    with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite, and is refused
        converted = array.astype(dtype, copy=False)
    if not np.isfinite(converted).all():
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(converted))[0])
        raise ValueError(f"{name} must be finite; got {array[where]} at index {where}")
    return converted


def as_array(name, value):
    """Return `value` as an array; raise ValueError if its rows differ in length."""
    try:
        return np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{name} must be a rectangular array of numbers; got {value!r}") from error


def check_like(name, value, array):
    """Return `value` as an array of numbers that can stand in the place of `array`.

    It may hold NaN and infinity: a network that has diverged is still one, to be looked at.

    Raises
    ------
    TypeError
        If `value` does not hold real numbers.
    ValueError
        If it does not have the shape of `array`.
    """
    new = as_array(name, value)
    if new.dtype.kind not in "fiub":
        raise TypeError(f"{name} must hold real numbers; got dtype {new.dtype}")
    if new.shape != array.shape:
        raise ValueError(f"{name} must have shape {array.shape}; got {new.shape}")
    return new


def check_labels(name, value, *, n_classes=None, n=None):
    """Return `value` as class labels: integers 0 … `n_classes` − 1, shape ``(n,)``.

    Raises
    ------
    TypeError
        If the labels are not integers.
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
    highest = np.inf if n_classes is None else n_classes - 1
    unknown = (labels < 0) | (labels > highest)
    if unknown.any():
        where = int(np.argmax(unknown))
        known = "0 or more" if n_classes is None else f"0 to {n_classes - 1}"
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


def check_callable(name, value):
    """Return `value` if it can be called; raise TypeError otherwise."""
    if not callable(value):
        raise TypeError(f"{name} must be callable; got {value!r} of type {type(value).__name__}")
    return value


def check_choice(name, value, choices):
    """Return `value` if it is one of `choices`; raise ValueError otherwise."""
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, choices))}; got {value!r}")
    return value


def _interval(kind, low, high, include_low, include_high):
    if low == -np.inf and high == np.inf:
        return kind
    left = "[" if include_low and low != -np.inf else "("
    right = "]" if include_high and high != np.inf else ")"
    return f"{kind} in {left}{low}, {high}{right}"


def _fits(shape, expected):
    if expected[:1] == (...,):
        expected = expected[1:]
        shape = shape[len(shape) - len(expected) :] if len(shape) >= len(expected) else None
    return (
        shape is not None
        and len(shape) == len(expected)
        and all(want is None or have == want for have, want in zip(shape, expected, strict=True))
    )


def _show(shape):
    parts = ["…" if n is ... else "any" if n is None else str(n) for n in shape]
    return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"
