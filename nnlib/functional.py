"""The pure functions that networks are made of: numbers in, numbers out, nothing remembered.

Each activation stands beside its derivative. All of them work elementwise on arrays of any shape
and keep the dtype of a floating-point input. Taught in chapter 2.
"""

import numpy as np

from nnlib.checks import check_integer, check_labels


def sigmoid(x):
    """Squash any number into (0, 1): σ(x) = 1 / (1 + e⁻ˣ).

    For x below −709, e⁻ˣ overflows to infinity, and σ(x) is 1/∞ = 0, as it should be: so that
    overflow is silenced. Slide 6; chapter 2.

    Parameters
    ----------
    x : array_like of any shape

    Returns
    -------
    numpy.ndarray
        The shape of `x`.
    """
    with np.errstate(over="ignore"):
        y = np.exp(np.negative(x))
    y += 1
    return np.divide(1, y)


def sigmoid_prime(x):
    """Return the slope of the sigmoid: σ′(x) = σ(x) (1 − σ(x)), at most ¼, at x = 0.

    Slide 16; chapter 4.
    """
    y = sigmoid(x)
    return y * (1 - y)


def tanh(x):
    """Squash any number into (−1, 1): tanh(x) = (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ) = 2σ(2x) − 1.

    Slide 6; chapter 2.
    """
    return np.tanh(x)


def tanh_prime(x):
    """Return the slope of tanh: 1 − tanh²(x), at most 1, at x = 0. Chapter 2."""
    return 1 - np.tanh(x) ** 2


def relu(x):
    """Keep what is positive: ReLU(x) = max(0, x), in [0, ∞).

    Slide 6 (which prints another range: see the errata); chapter 2. Source: Nair & Hinton (2010).
    """
    return np.maximum(x, 0)


def relu_prime(x):
    """Return the slope of ReLU: 1 where x > 0, else 0 (at x = 0 too, by convention). Chapter 2."""
    x = np.asarray(x)
    return (x > 0).astype(x.dtype if x.dtype.kind == "f" else float)


def softmax(logits):
    """Turn each row of scores into probabilities: pⱼ = exp(zⱼ) / Σₖ exp(zₖ).

    The largest score of a row is subtracted first: that leaves p as it is, and no exponential can
    overflow. Chapter 2.

    Parameters
    ----------
    logits : array_like, shape (..., n_classes)

    Returns
    -------
    numpy.ndarray
        The shape of `logits`; each row sums to 1.
    """
    logits = np.asarray(logits)
    p = np.exp(logits - logits.max(axis=-1, keepdims=True))
    p /= p.sum(axis=-1, keepdims=True)
    return p


def log_softmax(logits):
    """Return the logarithm of `softmax`: log pⱼ = zⱼ − log Σₖ exp(zₖ).

    It stays finite where p itself rounds to 0. Chapter 2.

    Parameters
    ----------
    logits : array_like, shape (..., n_classes)
    """
    logits = np.asarray(logits)
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


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
    numpy.ndarray, shape (n, n_classes)

    Raises
    ------
    TypeError
        If the labels are not integers.
    ValueError
        If a label is not a known class.
    """
    n_classes = check_integer("n_classes", n_classes, low=1)
    return np.eye(n_classes)[check_labels("labels", labels, n_classes=n_classes)]
