"""Trained networks on their way to the browser: layers as plain data, parameters in half precision.

``scripts/shared/digits/network.js`` runs what `packed` writes of images, and
``scripts/recurrent/reader.js`` of sequences. They compute with the rounded parameters. So does the
network that `unpacked` returns: Python and the page say the same.
"""

import numpy as np

from nnlib.convolution import AveragePool2D, Conv2D, GlobalAveragePool, MaxPool2D
from nnlib.layers import Dense, Dropout, Embedding, Flatten, ReLU, Sigmoid, Tanh
from nnlib.network import Network
from nnlib.recurrence import LSTM, RNN

KINDS = {
    kind.__name__: kind
    for kind in (
        *(Conv2D, MaxPool2D, AveragePool2D, GlobalAveragePool),
        *(Dense, ReLU, Sigmoid, Tanh, Flatten),
        *(Embedding, RNN, LSTM),
    )
}
HALF = np.dtype("<f2")
LARGEST = float(np.finfo(HALF).max)


def packed(network):
    """Return a network as plain data: its layers, and its parameters rounded to float16.

    Half precision keeps 11 bits: a parameter moves by 1 in 2048 of itself at most, or by 3e-8.

    Parameters
    ----------
    network : nnlib.network.Network
        Of the layers in `KINDS`. Dropout, which does nothing when a network predicts, is left out.

    Returns
    -------
    layers : list of dict
        First ``{"kind": "Input", "shape": […]}``, with the shape of a sample; then for each layer
        its kind and its settings, such as ``{"kind": "Dense", "n_in": 64, "n_out": 10}``.
    theta : bytes
        The parameters in the order of `network.theta`, two bytes each, the low one first.

    Raises
    ------
    TypeError
        If `network` is none, or has a layer of another kind.
    ValueError
        If it is a grid, or a parameter is not finite or too large for float16 (beyond 65,504).
    """
    check_network("network", network)
    layers = [{"kind": "Input", "shape": list(network.in_shape)}]
    for i, layer in enumerate(network.layers):
        if type(layer) is Dropout:
            continue
        name = type(layer).__name__
        if type(layer) is not KINDS.get(name):
            raise TypeError(
                f"network.layers[{i}] must be one of {', '.join(KINDS)} or Dropout; got {layer!r}"
            )
        layers.append({"kind": name, **{key: getattr(layer, key) for key in layer.settings}})
    largest = np.abs(network.theta).max(initial=0)
    if largest > LARGEST:
        raise ValueError(
            f"network must have parameters within ±{LARGEST:,.0f}, as float16 does; got {largest}"
        )
    return layers, network.theta.astype(HALF).tobytes()


def unpacked(layers, theta):
    """Return the network that `packed` wrote down, with the rounded parameters.

    Parameters
    ----------
    layers : list of dict
    theta : bytes
        As `packed` returns them.

    Returns
    -------
    nnlib.network.Network

    Raises
    ------
    TypeError, ValueError
        If `layers` describes no network, or `theta` does not hold its parameters.
    """
    if not isinstance(layers, list) or not all(isinstance(one, dict) for one in layers):
        raise TypeError(f"layers must be a list of dicts; got {layers!r}")
    if not layers or layers[0].get("kind") != "Input" or len(layers[0]) != 2:
        raise ValueError(f"layers must begin with {{'kind': 'Input', 'shape': …}}; got {layers!r}")
    made = []
    for i, description in enumerate(layers[1:], start=1):
        settings = {key: value for key, value in description.items() if key != "kind"}
        kind = KINDS.get(description.get("kind"))
        if kind is None or set(settings) != set(kind.settings):
            raise ValueError(
                f"layers[{i}] must hold a kind, one of {', '.join(KINDS)}, and its settings; "
                f"got {description!r}"
            )
        made.append(kind(**settings))
    rng = np.random.default_rng(0)  # its numbers are overwritten
    network = Network(made, rng=rng, input_shape=tuple(layers[0]["shape"]))
    if not isinstance(theta, bytes):
        raise TypeError(f"theta must be bytes; got {theta!r} of type {type(theta).__name__}")
    size = network.n_parameters * HALF.itemsize
    if len(theta) != size:
        raise ValueError(f"theta must have {size} bytes for these layers; got {len(theta)}")
    network.theta[...] = np.frombuffer(theta, HALF)
    return network


def check_network(name, network):
    """Return `network` if it is a single one with finite parameters.

    Raises
    ------
    TypeError
        If it is no `nnlib.network.Network`.
    ValueError
        If it is a grid, or holds NaN or infinity.
    """
    if not isinstance(network, Network):
        raise TypeError(
            f"{name} must be an nnlib Network; got {network!r} of type {type(network).__name__}"
        )
    if network.grid:
        raise ValueError(f"{name} must be a single one; got a grid of {network.grid}")
    if not np.isfinite(network.theta).all():
        raise ValueError(f"{name} must have finite parameters; got NaN or infinity in theta")
    return network
