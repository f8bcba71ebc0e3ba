"""The pure functions that networks are made of: numbers in, numbers out, nothing remembered.

Each activation stands beside its derivative. All of them work elementwise on arrays of any shape
and keep the dtype of a floating-point input; integers and booleans are taken as float64. Where x is
NaN, so is the result. What holds no real numbers, or more than numbers, is refused with a TypeError
(see `nnlib.checks.as_floats`). Taught in chapter 2.
"""

import numpy as np

from nnlib.checks import as_floats, check_integer, check_labels


def sigmoid(x):
    """Squash any number into (0, 1): σ(x) = 1 / (1 + e⁻ˣ).

    For x below −709 (−88 in float32), e⁻ˣ overflows to infinity and σ(x) comes out as 1/∞ = 0,
    since it is smaller than any normal number of its dtype: so that overflow is silenced. Slide 6;
    chapter 2.

    Parameters
    ----------
    x : array_like of any shape

    Returns
    -------
    numpy.ndarray
        The shape of `x`.
    """
    x = as_floats("x", x)
    with np.errstate(over="ignore"):
        y = np.exp(-x)
    y += 1
    return np.reciprocal(y)  # 1 / y, in half the time for a small array


def sigmoid_prime(x):
    """Return the slope of the sigmoid: σ′(x) = σ(x) (1 − σ(x)), at most ¼, at x = 0.

    It is computed as e / (1 + e)² with e = e^(−|x|), which is the same number; but 1 − σ(40), by
    itself, rounds to 0. Slide 16; chapter 4.
    """
    e = np.exp(-np.abs(as_floats("x", x)))
    return e / (1 + e) ** 2


def tanh(x):
    """Squash any number into (−1, 1): tanh(x) = (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ) = 2σ(2x) − 1.

    Slide 6; chapter 2.
    """
    return np.tanh(as_floats("x", x))


def tanh_prime(x):
    """Return the slope of tanh: 1 − tanh²(x), at most 1, at x = 0.

    It is computed as (2e / (1 + e²))² with e = e^(−|x|), which is the same number; but
    1 − tanh²(20), by itself, rounds to 0. Chapter 2.
    """
    e = np.exp(-np.abs(as_floats("x", x)))
    return (2 * e / (1 + e * e)) ** 2


def relu(x):
    """Keep what is positive: ReLU(x) = max(0, x), in [0, ∞).

    Slide 6 (which prints another range: see the errata); chapter 2. Source: Nair & Hinton (2010).
    """
    return np.maximum(as_floats("x", x), 0)


def relu_prime(x):
    """Return the slope of ReLU: 1 where x > 0, else 0 (at x = 0 too, by convention). Chapter 2."""
    return np.heaviside(as_floats("x", x), 0)


def softmax(logits):
    """Turn each row of scores into probabilities: pⱼ = exp(zⱼ) / Σₖ exp(zₖ).

    The largest score of a row is subtracted first: that leaves p as it is, and no exponential can
    overflow. A score of −∞ has the probability 0. Chapter 2.

    Parameters
    ----------
    logits : array_like, shape (..., n_classes)

    Returns
    -------
    numpy.ndarray
        The shape of `logits`; each row sums to 1.

    Raises
    ------
    ValueError
        If there are no rows of scores, or the largest of one is NaN, ∞ or −∞: then p is not
        defined.
    """
    p = np.exp(_shifted(logits))
    p /= p.sum(axis=-1, keepdims=True)
    return p


def log_softmax(logits):
    """Return the logarithm of `softmax`: log pⱼ = zⱼ − log Σₖ exp(zₖ).

    It stays exact where p itself rounds to 0, or to 1. Parameters and errors as for `softmax`.
    Chapter 2.
    """
    shifted = _shifted(logits)
    # The largest score contributes e⁰ = 1 to the sum. Left to log1p, it swallows no small others.
    others = np.exp(shifted)
    np.put_along_axis(others, shifted.argmax(axis=-1, keepdims=True), 0, axis=-1)
    return shifted - np.log1p(others.sum(axis=-1, keepdims=True))


def _shifted(logits):
    """Return each row of scores, less its largest."""
    logits = as_floats("logits", logits)
    if logits.ndim == 0 or logits.shape[-1] == 0:
        raise ValueError(f"logits must have shape (…, n_classes); got {logits.shape}")
    largest = logits.max(axis=-1, keepdims=True)
    if not np.isfinite(largest).all():
        wrong = largest[~np.isfinite(largest)][0]
        raise ValueError(f"logits must have a finite largest number in each row; got {wrong}")
    with np.errstate(over="ignore"):  # further down than a float can tell is −∞, and p is 0
        return logits - largest


def norm(x, axis=None):
    """Return the length ‖x‖ = √Σ xᵢ², with `axis` kept as an axis of one.

    The powers of two are taken out first (see `scaled_norm`), so no square can overflow to
    infinity or underflow to zero.

    Parameters
    ----------
    x : array_like
    axis : int, optional
        All numbers together if it is not given.

    Returns
    -------
    numpy.ndarray
        The shape of `x` with 1 in the place of `axis`; with 1 everywhere without it.
    """
    return np.ldexp(*scaled_norm(x, axis))


def scaled_norm(x, axis=None):
    """Return r and e with ‖x‖ = r · 2ᵉ, where r is neither huge nor tiny. See `norm`.

    To divide by a power of two changes no digit, so the result is that of the plain formula
    wherever that is right.
    """
    x = as_floats("x", x)
    if x.dtype == np.float16:  # which ends at 65,504, and so does a sum of so many ones
        x = x.astype(np.float32)
    _, exponent = np.frexp(np.abs(x).max(axis=axis, keepdims=True))
    scaled = np.ldexp(x, -exponent)
    return np.sqrt(np.add.reduce(scaled * scaled, axis=axis, keepdims=True)), exponent


def one_hot(labels, n_classes):
    """Write each class label as a row of zeros with a single 1: label 2 of 4 is (0, 0, 1, 0).

    Chapter 1.

    Parameters
    ----------
    labels : array_like of int, shape (n,)
        Classes 0 … `n_classes` − 1.
    n_classes : int

    Returns
    -------
    numpy.ndarray, shape (n, n_classes), float64

    Raises
    ------
    TypeError
        If the labels are not integers.
    ValueError
        If a label is not a known class.
    """
    n_classes = check_integer("n_classes", n_classes, low=1)
    labels = check_labels("labels", labels, n_classes=n_classes)
    rows = np.zeros((len(labels), n_classes))
    rows[np.arange(len(labels)), labels] = 1
    return rows
