"""Gradient checking: is the backward pass right? Nudge each number and see what the loss does.

A network can learn well with a wrong gradient. So a gradient is tested against its definition,
never by training. Chapter 4.
"""

import warnings

import numpy as np

from nnlib.checks import check_array, check_number
from nnlib.functional import norm
from nnlib.losses import Loss
from nnlib.network import Network
from nnlib.training import check_data

RIGHT = 1e-7  # a relative error below this is that of a right gradient
ROUNDING = 4 * np.finfo(float).eps  # of a loss, relative: it is a sum of many rounded numbers


def numerical_gradient(f, x, epsilon=1e-5):
    """Estimate the gradient of a function by central differences.

    ∂f/∂xᵢ ≈ (f(x + ε eᵢ) − f(x − ε eᵢ)) / 2ε, with an error of the order ε² plus rounding of the
    order 10⁻¹⁶ / ε. It calls `f` twice for each entry of `x`.

    Parameters
    ----------
    f : callable
        Takes an array of the shape of `x`; returns a number, or an array of them, shape (*grid,).
    x : array_like of any shape
        Where to take the gradient. It is not changed.
    epsilon : float > 0

    Returns
    -------
    numpy.ndarray, shape (*grid, *x.shape)
    """
    epsilon = check_number("epsilon", epsilon, low=0, include_low=False)
    x = check_array("x", x).copy()
    slopes = []
    for i in np.ndindex(x.shape):
        original = x[i]
        x[i] = original + epsilon
        above = np.array(f(x.copy()))  # copies, since f may return its input, or keep it
        x[i] = original - epsilon
        below = np.array(f(x.copy()))
        x[i] = original
        slopes.append((above - below) / (2 * epsilon))
    slopes = np.array(slopes)  # (x.size, *grid)
    return np.moveaxis(slopes, 0, -1).reshape((*slopes.shape[1:], *x.shape))


def relative_error(a, b, floor=0.0):
    """Return ‖a − b‖ / (‖a‖ + ‖b‖): 0 if both are equal (or zero), near 1 if they are unrelated.

    Parameters
    ----------
    a, b : array_like of one shape
    floor : float
        The least that the denominator may be: below it the error is measured on an absolute scale.
    """
    # Both are brought to size 1 first, so that neither the sum nor the difference can overflow.
    scale = max(np.abs(a).max(initial=0), np.abs(b).max(initial=0), floor)
    if scale == 0:
        return 0.0
    a, b = np.divide(a, scale), np.divide(b, scale)
    size = max(norm(a).item() + norm(b).item(), floor / scale)
    return norm(a - b).item() / size


def check_gradients(network, loss, x, target, epsilon=1e-5):
    """Compare the gradients that backpropagation computes with numerical ones.

    Below about 1e-7 the backward pass is right; above 1e-4 it is wrong, or a ReLU has its kink
    within ε of a sample. Use float64, smooth data and a small network: it takes two forward passes
    for each parameter and input. Layers act as outside training, so Dropout is passed through;
    frozen ones are checked as well.

    A difference of two losses can be no more exact than the losses themselves: rounding leaves an
    error of about 10⁻¹⁶ L / ε in each numerical slope. So a gradient less than 10⁷ times as large
    is compared on that absolute scale, where it counts as right if it agrees within the rounding;
    of one that drowns in the rounding altogether, a warning says that there is no verdict.

    Parameters
    ----------
    network : Network
        One network, without a grid. It is left as it was.
    loss : Loss
    x : array_like, shape (batch, *in_shape)
    target : array_like
        As the loss takes it.
    epsilon : float > 0

    Returns
    -------
    dict
        The `relative_error` of the gradient for each parameter, by names such as ``layers[0].W``,
        and for the input, ``x``, unless whole numbers come in.

    Raises
    ------
    ValueError
        If the network has a grid, is not float64 or not finite, or the data do not fit.
    """
    if not isinstance(network, Network):
        raise TypeError(f"network must be a Network; got {type(network).__name__}")
    if not isinstance(loss, Loss):
        raise TypeError(f"loss must be a loss such as HalfSquaredError(); got {loss!r}")
    if network.grid or network.dtype != np.float64:
        raise ValueError(
            "network must be a single network in float64; "
            f"got grid={network.grid}, dtype={network.dtype}"
        )
    if not np.isfinite(network.theta).all():
        raise ValueError("network must have finite parameters; got NaN or infinity in theta")
    epsilon = check_number("epsilon", epsilon, low=0, include_low=False)
    x, target, _ = check_data("x", "target", x, target, network, loss)
    theta, twin = network.theta.copy(), network.copy()
    twin.unfreeze()

    def value_and_grad(values):
        return loss.compute(twin.rows(twin.run(values)), twin.rows(target))

    def loss_of_theta(values):
        twin.theta[...] = values
        return value_and_grad(x)[0]

    pairs = {}  # from the name to both gradients
    numerical = numerical_gradient(loss_of_theta, theta, epsilon)
    twin.theta[...] = theta
    value, grad = value_and_grad(x)
    grad_x = twin.backward(grad)
    for name, part in twin.parameter_slices.items():
        pairs[name] = twin.grad[part], numerical[part]
    if not twin.layers[0].takes_integers:
        pairs["x"] = grad_x, numerical_gradient(lambda z: value_and_grad(z)[0], x, epsilon)
    # What rounding leaves in one number; in n of them it grows with √n.
    rounding = ROUNDING * abs(value) / epsilon
    errors, drowned = {}, []
    for name, (backpropagated, numerical) in pairs.items():
        lost = rounding * np.sqrt(np.size(numerical))
        if 0 < norm(backpropagated).item() < lost:
            drowned.append(name)
        errors[name] = relative_error(backpropagated, numerical, floor=lost / RIGHT)
    if drowned:
        warnings.warn(
            f"no verdict on {', '.join(drowned)}: these gradients are smaller than what rounding "
            f"leaves in the numerical ones, about {rounding:.0e} for each number",
            RuntimeWarning,
            stacklevel=2,
        )
    return errors
