"""First values for weights: random, and of a size that keeps signals alive through many layers.

An initializer is called with a generator, the widths of a layer and the grid, and returns its
weights. Biases begin at zero. Chapter 5.
"""

import numpy as np

from nnlib.checks import check_number


def glorot_uniform(rng, n_in, n_out, grid=()):
    """Draw weights from U(−a, a) with a = √(6 / (n_in + n_out)): nnlib's default.

    Their variance, 2 / (n_in + n_out), is a compromise between keeping the size of the signals
    forwards and that of the gradients backwards, for activations of slope 1 at 0. Source: Glorot &
    Bengio (2010), equation 16.

    Parameters
    ----------
    rng : numpy.random.Generator
    n_in, n_out : int
    grid : tuple of int

    Returns
    -------
    numpy.ndarray, shape (*grid, n_in, n_out)
    """
    limit = np.sqrt(6 / (n_in + n_out))
    return rng.uniform(-limit, limit, size=(*grid, n_in, n_out))


def he_normal(rng, n_in, n_out, grid=()):
    """Draw weights from N(0, 2 / n_in): made for ReLU, which silences half of its inputs.

    Source: He et al. (2015), equation 10. Parameters and result as for `glorot_uniform`.
    """
    return rng.normal(0, np.sqrt(2 / n_in), size=(*grid, n_in, n_out))


def normal(std):
    """Return an initializer that draws weights from N(0, std²), whatever the widths.

    Parameters
    ----------
    std : float > 0

    Returns
    -------
    callable
        Parameters and result as for `glorot_uniform`.
    """
    std = check_number("std", std, low=0, include_low=False)

    def initializer(rng, n_in, n_out, grid=()):
        return rng.normal(0, std, size=(*grid, n_in, n_out))

    return initializer
