"""First values for weights: random, and of a size that keeps signals alive through many layers.

An initializer is called with a generator, the widths of a layer and the grid, and returns its
weights. Biases begin at zero. Chapter 5.
"""

import numpy as np

from nnlib.checks import check_integer, check_number, check_rng


def glorot_uniform(rng, n_in, n_out, grid=()):
    """Draw weights from U(−a, a) with a = √(6 / (n_in + n_out)): nnlib's default.

    Their variance, 2 / (n_in + n_out), is a compromise between keeping the size of the signals
    forwards and that of the gradients backwards, for activations of slope 1 at 0. Source: Glorot &
    Bengio (2010), equation 16.

    Parameters
    ----------
    rng : numpy.random.Generator
    n_in, n_out : int
        1 or more.
    grid : tuple of int, optional
        The leading axes of a grid of networks.

    Returns
    -------
    numpy.ndarray, shape (*grid, n_in, n_out)

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """
    *_, n_in, n_out = size = _check_size(rng, n_in, n_out, grid)
    limit = np.sqrt(6 / (n_in + n_out))
    return rng.uniform(-limit, limit, size=size)


def he_normal(rng, n_in, n_out, grid=()):
    """Draw weights from N(0, 2 / n_in): made for ReLU, which silences half of its inputs.

    Source: He et al. (2015), equation 10. Parameters, result and errors as for `glorot_uniform`.
    """
    *_, n_in, n_out = size = _check_size(rng, n_in, n_out, grid)
    return rng.normal(0, np.sqrt(2 / n_in), size=size)


def orthogonal(rng, n_in, n_out, grid=()):
    """Draw weights that keep lengths: an orthogonal matrix, or a part of one if it is not square.

    Applied again and again, as a recurrent layer does, such weights neither shrink nor enlarge what
    they meet. Source: Saxe, McClelland & Ganguli (2014), section 3. Parameters, result and errors
    as for `glorot_uniform`. Chapter 12.
    """
    *grid, n_in, n_out = _check_size(rng, n_in, n_out, grid)
    side = max(n_in, n_out)
    q, r = np.linalg.qr(rng.normal(size=(*grid, side, side)))
    q *= np.sign(np.diagonal(r, axis1=-2, axis2=-1))[..., None, :]  # so that all are as likely
    return q[..., :n_in, :n_out]


class normal:
    """An initializer that draws weights from N(0, std²), whatever the widths.

    ``normal(0.1)`` is called as `glorot_uniform` is, with the same result and errors.

    Parameters
    ----------
    std : float > 0

    Raises
    ------
    TypeError, ValueError
        If `std` is not as described.
    """

    def __init__(self, std):
        self.std = check_number("std", std, low=0, include_low=False)

    def __call__(self, rng, n_in, n_out, grid=()):
        """Return weights, shape (*grid, n_in, n_out)."""
        size = _check_size(rng, n_in, n_out, grid)
        return rng.normal(0, self.std, size=size)

    def __repr__(self):
        return f"normal({self.std!r})"


def _check_size(rng, n_in, n_out, grid):
    """Return the shape of the weights after checking what an initializer was called with."""
    check_rng("rng", rng)
    if not isinstance(grid, tuple | list):
        raise TypeError(f"grid must be a tuple of integers such as (3,); got {grid!r}")
    return (
        *(check_integer("grid", length, low=1) for length in grid),
        check_integer("n_in", n_in, low=1),
        check_integer("n_out", n_out, low=1),
    )
