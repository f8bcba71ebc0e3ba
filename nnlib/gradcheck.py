"""Gradient checking: is the backward pass right? Nudge each number and see what the loss does.

A network can learn well with a wrong gradient. So a gradient is tested against its definition,
never by training. Chapter 4.
"""

import warnings

import numpy as np

from nnlib.checks import as_floats, check_array, check_number
from nnlib.functional import norm
from nnlib.training import check_data, check_network

RIGHT, WRONG = 1e-7, 1e-4  # relative errors: below the first, and above the second
SAFETY = 4  # how much further the truth may lie than the differences with ε and 2ε do
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

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit, or ε is so small beside a number that it would not change it.
    """
    epsilon = check_number("epsilon", epsilon, low=0, include_low=False)
    x = check_array("x", x).copy()
    slopes = []
    for i in np.ndindex(x.shape):
        original = x[i]
        above, below = original + epsilon, original - epsilon
        if above == below:
            raise ValueError(
                f"epsilon must change x; got {epsilon}, lost beside {original} at index {i}"
            )
        values = []
        for x[i] in (above, below):
            values.append(np.array(as_floats("f(x)", f(x.copy()))))  # f may return or keep x
        x[i] = original
        slopes.append((values[0] - values[1]) / (above - below))  # the step that was really taken
    slopes = np.array(slopes)  # (x.size, *grid)
    return np.moveaxis(slopes, 0, -1).reshape((*slopes.shape[1:], *x.shape))


def relative_error(a, b, floor=0.0):
    """Return ‖a − b‖ / (‖a‖ + ‖b‖): 0 if both are equal (or zero), near 1 if they are unrelated.

    Parameters
    ----------
    a, b : array_like of one shape
    floor : float
        The least that the denominator may be: below it the error is measured on an absolute scale.

    Returns
    -------
    float
    """
    a, b = as_floats("a", a), as_floats("b", b)
    if a.shape != b.shape:
        raise ValueError(f"b must have the shape of a, {a.shape}; got {b.shape}")
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

    Numerical slopes have errors of their own: rounding, and the curvature within ε. How large they
    are is seen by taking them with 2ε as well. A gradient of not much more than that is compared on
    this absolute scale. Where even an error as large as the gradient itself would not reach 1e-4,
    a warning says that there is no verdict: so with deep sigmoid networks, whose gradients drown.

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

    Warns
    -----
    RuntimeWarning
        Where there is no verdict.

    Raises
    ------
    TypeError, ValueError
        If the network has a grid, is not float64, or its parameters or gradients are not finite;
        if a layer leaves a gradient unwritten, or adds to what is there; or if the data do not fit.
    """
    check_network(network)
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

    def loss_of_x(values):
        return value_and_grad(values)[0]

    near, far = (numerical_gradient(loss_of_theta, theta, e) for e in (epsilon, 2 * epsilon))
    twin.theta[...] = theta
    value, grad = value_and_grad(x)
    twin.grad[...] = np.nan  # what is left of it shows what backward does not write
    grad_x = twin.backward(grad)
    checked = {n: (twin.grad[p], near[p], far[p]) for n, p in twin.parameter_slices.items()}
    if not twin.layers[0].takes_integers:
        numerical = (numerical_gradient(loss_of_x, x, e) for e in (epsilon, 2 * epsilon))
        checked["x"] = grad_x, *numerical

    errors, undecided = {}, []
    for name, (backpropagated, near, far) in checked.items():
        if not np.isfinite(near).all():
            raise ValueError(f"network must have finite gradients; got NaN or infinity for {name}")
        if not np.isfinite(backpropagated).all():
            raise ValueError(
                f"backward must write finite gradients, and not add to those that are there; got "
                f"NaN or infinity for {name}"
            )
        rounding = ROUNDING * abs(value) / epsilon * np.sqrt(near.size)
        unsure = SAFETY * max(norm(near - far).item(), rounding)
        floor = unsure / RIGHT
        size = max(norm(backpropagated).item(), norm(near).item())
        if 0 < size < WRONG * floor:
            undecided.append(name)
        errors[name] = relative_error(backpropagated, near, floor)
    if undecided:
        warnings.warn(
            f"no verdict on {', '.join(undecided)}: these gradients are too small beside the "
            "errors of the numerical ones",
            RuntimeWarning,
            stacklevel=2,
        )
    return errors
