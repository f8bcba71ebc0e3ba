"""Explaining: which inputs did an output of a network come from? Maps of numbers, one an input.

A map explains one output for one sample: before softmax, a logit. What is positive in it speaks for
the output, what is negative against. It is about the network, right or wrong, not about the world;
chapter 11 shows what each map is good for, and how it can mislead.
"""

import numpy as np

from nnlib.checks import as_array, check_integer, check_labels
from nnlib.network import Network


def gradient_map(network, x, output):
    """Return how an output changes with each number of the input: ∂z/∂x.

    The map says what a small change would do, not what is there: a pixel without ink may have a
    large gradient. The network is left as it was. Source: Simonyan, Vedaldi & Zisserman (2014).
    Chapter 11.

    Parameters
    ----------
    network : Network
        One network, without a grid, that gives a row of numbers for each sample. Layers act as
        outside training.
    x : array_like, shape (n, *in_shape)
        n samples.
    output : int, or array_like of int, shape (n,)
        Which output to explain, counted from 0: one for all samples, or one for each.

    Returns
    -------
    numpy.ndarray, shape (n, *in_shape)

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit, or the input is whole numbers, which have no gradient.
    """
    twin, x, output = _check(network, x, output)
    return _gradient(twin, x, output)


def gradient_times_input(network, x, output):
    """Return the gradient of an output times the input, number by number: xᵢ · ∂z/∂xᵢ.

    For a linear model without bias the map adds up to the output, and each number is what its input
    contributes. A network of ReLUs without biases does the same. Others do not: see
    `integrated_gradients`. Source: Shrikumar, Greenside, Shcherbina & Kundaje (2016); chapter 11.

    Parameters
    ----------
    network, x, output
        As for `gradient_map`.

    Returns
    -------
    numpy.ndarray, shape (n, *in_shape)

    Raises
    ------
    TypeError, ValueError
        As for `gradient_map`.
    """
    twin, x, output = _check(network, x, output)
    return x * _gradient(twin, x, output)


def integrated_gradients(network, x, output, *, baseline=0, steps=50):
    """Return the gradient, averaged on the way from a baseline to the input, times that way.

    (xᵢ − x′ᵢ) · ∫₀¹ ∂z/∂xᵢ(x′ + u (x − x′)) du, the integral by the midpoints of equal steps. The
    map adds up to z(x) − z(x′), up to the error of the steps: double them and see what changes.
    Source: Sundararajan, Taly & Yan (2017), equation 1. Chapter 11.

    Parameters
    ----------
    network, x, output
        As for `gradient_map`.
    baseline : number or array_like
        x′, the input that stands for nothing: one number for all, or an array of the shape of `x`
        or of one sample. 0 is an empty sheet where 0 is paper.
    steps : int
        1 or more.

    Returns
    -------
    numpy.ndarray, shape (n, *in_shape)

    Raises
    ------
    TypeError, ValueError
        As for `gradient_map`, or if `baseline` or `steps` is not as described.
    """
    twin, x, output = _check(network, x, output)
    baseline = _check_baseline(baseline, x, network)
    steps = check_integer("steps", steps, low=1)
    way, total = x - baseline, 0
    for k in range(steps):
        total = total + _gradient(twin, baseline + (k + 0.5) / steps * way, output)
    return way * (total / steps)


def occlusion(network, x, output, *, size=1, baseline=0, places=None):
    """Return by how much an output falls when a patch around each place is hidden.

    z(x) − z(x with the patch replaced by the baseline), once for each place; at the edge the patch
    is cut off. It needs outputs alone, no gradient, and one forward pass for each place. Source:
    Zeiler & Fergus (2014), section 4.2. Chapter 11.

    Parameters
    ----------
    network : Network
        One network, without a grid, that gives a row of numbers for each sample.
    x, output
        As for `gradient_map`; `x` may be whole numbers.
    size : int
        How many places the patch is wide, along each axis; odd, so that it has a middle.
    baseline : number or array_like
        What is put there instead, as for `integrated_gradients`.
    places : tuple of int, optional
        How the numbers of a row lie as a picture: ``(16, 16)`` for 256 of them. Samples with
        places, (…places, features), know it by themselves, and a patch hides all features there.

    Returns
    -------
    numpy.ndarray, shape (n, *places)
        For rows of numbers without `places`, shape (n, n_in).

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """
    twin, x, output = _check(network, x, output, gradient=False)
    size = check_integer("size", size, low=1)
    if size % 2 == 0:
        raise ValueError(f"size must be odd, so that the patch has a middle; got {size}")
    baseline = _check_baseline(baseline, x, network)
    places = _check_places(places, network.in_shape)
    rows, reach = np.arange(len(x)), size // 2
    laid, hidden = (a.reshape(len(x), *places, -1) for a in (x, baseline))
    whole = twin.run(x)[rows, output]
    falls = np.empty((len(x), *places), whole.dtype)
    for place in np.ndindex(places):
        patch = (slice(None), *(slice(max(0, i - reach), i + reach + 1) for i in place))
        changed = laid.copy()
        changed[patch] = hidden[patch]
        falls[(slice(None), *place)] = whole - twin.run(changed.reshape(x.shape))[rows, output]
    return falls


def _gradient(twin, x, output):
    chosen = np.zeros_like(twin.run(x))
    chosen[np.arange(len(x)), output] = 1
    return twin.backward(chosen)


def _check(network, x, output, gradient=True):
    """Return a copy that may run, samples and, for each, which output is to be explained."""
    if not isinstance(network, Network):
        raise TypeError(f"network must be a Network; got {network!r}")
    if network.grid:
        raise ValueError(f"network must be one network; got a grid of shape {network.grid}")
    if network.places:
        raise ValueError(
            "network must give a row of numbers for each sample; "
            f"got outputs of shape {network.out_shape}"
        )
    if gradient and network.layers[0].takes_integers:
        raise ValueError(
            f"network must take numbers that can change a little; got {network.layers[0]!r} first"
        )
    x = network.check_samples("x", x)
    twin = network.copy()  # the network is left as it was
    twin.freeze()  # parameters need no gradients
    twin.check_output(twin.run(x[:1]))
    if np.ndim(output) == 0 and not isinstance(output, np.ndarray):
        output = np.full(len(x), check_integer("output", output, low=0, high=network.n_out - 1))
    return twin, x, check_labels("output", output, n_classes=network.n_out, n=len(x))


def _check_baseline(baseline, x, network):
    """Return the baseline as an array of the shape of the samples, such as the network takes."""
    baseline = as_array("baseline", baseline)
    if baseline.shape not in ((), x.shape[1:], x.shape):
        raise ValueError(
            f"baseline must be a number or have shape {x.shape[1:]} or {x.shape}; "
            f"got {baseline.shape}"
        )
    return network.check_samples("baseline", np.broadcast_to(baseline, x.shape))


def _check_places(places, in_shape):
    """Return how the places of a sample lie; each number of a row is a place of its own."""
    if len(in_shape) > 1:
        if places is not None and tuple(places) != in_shape[:-1]:
            raise ValueError(f"places must be those of a sample, {in_shape[:-1]}; got {places!r}")
        return in_shape[:-1]
    if places is None:
        return in_shape
    if not isinstance(places, tuple | list):
        raise TypeError(f"places must be a tuple of integers such as (16, 16); got {places!r}")
    places = tuple(check_integer("places", n, low=1) for n in places)
    if int(np.prod(places)) != in_shape[0]:
        raise ValueError(f"places must hold {in_shape[0]} numbers in all; got {places}")
    return places
