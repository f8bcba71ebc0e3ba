"""Gradient checking: is the backward pass right? Nudge each number and see what the loss does.

A network can learn well with a wrong gradient. So a gradient is tested against its definition,
never by training. Chapter 4.
"""

import numpy as np

from nnlib.checks import check_array, check_number
from nnlib.losses import Loss
from nnlib.network import Network


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
        above = f(x)
        x[i] = original - epsilon
        below = f(x)
        x[i] = original
        slopes.append((above - below) / (2 * epsilon))
    slopes = np.array(slopes)  # (x.size, *grid)
    return np.moveaxis(slopes, 0, -1).reshape((*slopes.shape[1:], *x.shape))


def relative_error(a, b):
    """Return ‖a − b‖ / (‖a‖ + ‖b‖): 0 if both are equal (or zero), near 1 if they are unrelated."""
    size = np.linalg.norm(a) + np.linalg.norm(b)
    return float(np.linalg.norm(np.subtract(a, b)) / size) if size else 0.0


def check_gradients(network, loss, x, target, epsilon=1e-5):
    """Compare the gradients that backpropagation computes with numerical ones.

    Below about 1e-7 the backward pass is right; above 1e-4 it is wrong, or a ReLU has its kink
    within ε of a sample. Use float64, smooth data and a small network: it takes two forward passes
    for each parameter and input. Layers act as outside training, so Dropout is passed through.

    Parameters
    ----------
    network : Network
        One network, without a grid. It is left as it was.
    loss : Loss
    x : array_like, shape (batch, n_in)
    target : array_like
        As the loss takes it.
    epsilon : float > 0

    Returns
    -------
    dict
        The `relative_error` of the gradient for each parameter, by names such as ``layers[0].W``,
        and for the input, ``x``.

    Raises
    ------
    ValueError
        If the network has a grid or is not float64, or the data do not fit.
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
    x = check_array("x", x, shape=(None, network.n_in))
    theta = network.theta.copy()

    def loss_of_theta(values):
        network.theta[...] = values
        return loss(network.forward(x), target)[0]

    def loss_of_x(values):
        return loss(network.forward(values), target)[0]

    numerical = numerical_gradient(loss_of_theta, theta, epsilon)
    network.theta[...] = theta
    numerical_x = numerical_gradient(loss_of_x, x, epsilon)
    _, grad = loss(network.forward(x), target)
    analytic_x = network.backward(grad)

    errors = {
        name: relative_error(network.grad[part], numerical[part])
        for name, part in network.parameter_slices.items()
    }
    errors["x"] = relative_error(analytic_x, numerical_x)
    return errors
