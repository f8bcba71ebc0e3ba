"""The deck's worked example, as the two widgets that show it take it."""

import numpy as np

from nnlib import worked_example
from nnlib.losses import HalfSquaredError

START = tuple(worked_example.network().theta.tolist())
INPUTS = tuple(worked_example.INPUT[0].tolist())
TARGETS = tuple(worked_example.TARGET[0].tolist())


def passes(theta, inputs, targets):
    """Send one sample forward and back through the network.

    Parameters
    ----------
    theta : sequence of 12 floats
        In the order of `Network.theta`: w1, w3, w2, w4, two biases, w5, w7, w6, w8, two biases.
    inputs, targets : pair of float

    Returns
    -------
    network : Network
        With the gradients of the backward pass.
    error : float
        E_total.
    """
    network = worked_example.network()
    network.theta[...] = theta
    error, grad = HalfSquaredError()(network.forward(np.array([inputs])), np.array([targets]))
    network.backward(grad)
    return network, float(error)
