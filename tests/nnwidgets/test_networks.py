"""Networks on their way to the browser: packed, unpacked, and run there as nnlib runs them."""

import json
import re

import numpy as np
import pytest
from in_node import address, node

from nnlib.convolution import AveragePool2D, Conv2D, GlobalAveragePool, MaxPool2D
from nnlib.layers import (
    Dense,
    Dropout,
    Embedding,
    Flatten,
    LayerNorm,
    ReLU,
    Residual,
    Sigmoid,
    Tanh,
)
from nnlib.network import Network
from nnlib.recurrence import LSTM, RNN
from nnwidgets.networks import packed, unpacked

CLOSE = {"rtol": 1e-9, "atol": 1e-9}
# Reads { layers, theta, x }; answers with every layer's numbers and the gradients of all outputs.
PROGRAM = f"""
import {{ text }} from "node:stream/consumers";
import {{ ImageNetwork }} from {address("shared/digits/network")};
import {{ halves }} from {address("shared/halves")};
const {{ layers, theta, x }} = JSON.parse(await text(process.stdin));
const bytes = Uint8Array.from(theta);
const network = new ImageNetwork(layers, halves(new DataView(bytes.buffer)));
const outputs = network.forward(x).length;
const gradients = Array.from({{ length: outputs }}, (_, k) => Array.from(network.gradient(x, k)));
console.log(JSON.stringify({{
  theta: Array.from(network.theta), gradients,
  shapes: network.layers.map((layer) => layer.out),
  numbers: network.layers.map((layer) => Array.from(layer.y)),
}}));
"""


def rng(seed=0):
    return np.random.default_rng(seed)


def network(layers, shape=None, seed=0):
    made = Network(layers, rng=rng(seed), input_shape=shape)
    made.theta[...] = rng(seed + 1).normal(size=made.theta.shape) / 2  # biases too
    return made


def chapter(first=8, second=16):
    """Return the network of chapter 9, untrained."""
    layers = [
        *(Conv2D(1, first, 3, padding=1), ReLU(), MaxPool2D(2)),
        *(Conv2D(first, second, 3, padding=1), ReLU(), MaxPool2D(2)),
        *(Flatten(), Dense(16 * second, 10)),
    ]
    return network(layers, (16, 16, 1))


NETWORKS = {
    "chapter 9": chapter,
    "dense": lambda: network([Dense(256, 12), Tanh(), Dense(12, 5), Sigmoid(), Dense(5, 3)]),
    "dropout": lambda: network([Dense(9, 7), ReLU(), Dropout(0.5, rng=rng()), Dense(7, 3)]),
    "strides": lambda: network(
        [Conv2D(2, 3, 4, stride=3, padding=2), Tanh(), Conv2D(3, 4, 2), Flatten(), Dense(48, 2)],
        (11, 14, 2),
    ),
    "averages": lambda: network(
        [Conv2D(1, 3, 5), AveragePool2D(3), Sigmoid(), GlobalAveragePool(), Dense(3, 4)],
        (15, 16, 1),
    ),
    "overlapping windows": lambda: network(
        [MaxPool2D(3, stride=2), Conv2D(2, 3, 1), AveragePool2D(2, stride=1), GlobalAveragePool()],
        (10, 9, 2),
    ),
    "dense at every place": lambda: network(
        [Conv2D(1, 4, 3), Dense(4, 3), ReLU(), Flatten(), Dense(108, 2)], (8, 8, 1)
    ),
}
every_network = pytest.mark.parametrize("name", NETWORKS)


@every_network
def test_packed_and_unpacked_a_network_keeps_its_layers_and_rounded_parameters(name):
    original = NETWORKS[name]()
    layers, theta = packed(original)
    assert json.loads(json.dumps(layers)) == layers
    assert len(theta) == 2 * original.n_parameters
    again = unpacked(layers, theta)
    assert np.array_equal(again.theta, original.theta.astype(np.float16))
    assert again.in_shape == original.in_shape and again.out_shape == original.out_shape
    assert packed(again) == (layers, theta)
    x = rng(5).uniform(size=(3, *original.in_shape))
    np.testing.assert_allclose(again(x), original(x), rtol=0.02, atol=0.02)
    kept = [layer for layer in original.layers if not isinstance(layer, Dropout)]
    assert repr(again.layers) == repr(tuple(kept))


@pytest.mark.parametrize(
    "layers, shape",
    [
        ([Embedding(7, 3), LSTM(3, 5, forget_bias=2.0), Dense(5, 7)], (9,)),
        ([RNN(7, 5, last=True, truncation=3), Dense(5, 7)], (9, 7)),
    ],
)
def test_networks_of_sequences_are_packed_too(layers, shape):
    original = network(layers, shape)
    described, theta = packed(original)
    assert json.loads(json.dumps(described)) == described
    again = unpacked(described, theta)
    assert np.array_equal(again.theta, original.theta.astype(np.float16))
    assert repr(again.layers) == repr(tuple(layers)) and again.in_shape == shape
    x = rng(5).integers(7, size=(2, 9))
    x = x if len(shape) == 1 else np.eye(7)[x]
    np.testing.assert_allclose(again(x), original(x), rtol=0.02, atol=0.02)


@every_network
@pytest.mark.parametrize("seed", range(2))
def test_the_browser_computes_what_nnlib_computes(name, seed):
    layers, theta = packed(NETWORKS[name]())
    ours = unpacked(layers, theta)
    x = rng(seed + 7).normal(size=ours.in_shape)
    x[rng(seed).random(x.shape) < 0.3] = 0
    question = {"layers": layers, "theta": list(theta), "x": x.ravel().tolist()}
    (theirs,) = node(PROGRAM, question)
    assert np.array_equal(theirs["theta"], ours.theta)
    y = x[None]
    for layer, shape, numbers in zip(ours.layers, theirs["shapes"], theirs["numbers"], strict=True):
        y = layer.forward(y)
        assert tuple(shape) == y.shape[1:]
        np.testing.assert_allclose(numbers, y.ravel(), **CLOSE, err_msg=repr(layer))
    for k, gradient in enumerate(theirs["gradients"]):
        ours.forward(x[None])
        grad = np.zeros((1, *ours.out_shape))
        grad.flat[k] = 1
        np.testing.assert_allclose(gradient, ours.backward(grad).ravel(), **CLOSE)


def test_the_gradient_goes_to_the_first_of_equal_numbers():
    ours = network([MaxPool2D(2), Flatten(), Dense(4, 1)], (4, 4, 1))
    layers, theta = packed(ours)
    ours = unpacked(layers, theta)
    x = np.ones((4, 4, 1))
    (theirs,) = node(PROGRAM, {"layers": layers, "theta": list(theta), "x": x.ravel().tolist()})
    ours.forward(x[None])
    np.testing.assert_allclose(theirs["gradients"][0], ours.backward([[1.0]]).ravel(), **CLOSE)


def test_every_half_is_read_as_numpy_reads_it():
    bits = np.arange(2**16, dtype="<u2")
    bits = bits[(bits >> 10 & 31) != 31]  # without infinity and NaN
    program = f"""
    import {{ halves }} from {address("shared/halves")};
    import {{ text }} from "node:stream/consumers";
    const bits = Uint16Array.from(JSON.parse(await text(process.stdin)));
    console.log(JSON.stringify(Array.from(halves(new DataView(bits.buffer)))));
    """
    (numbers,) = node(program, bits.tolist())
    assert np.array_equal(numbers, bits.view("<f2").astype(float))


class Own(Dense):
    """A student's layer."""


def spoilt(value):
    made = network([Dense(4, 2)])
    made.theta[3] = value
    return made


@pytest.mark.parametrize(
    "value, error, message",
    [
        ([Dense(4, 2)], TypeError, "network must be an nnlib Network; got .* of type list"),
        (
            Network([Dense(4, 2)], rng=rng(), grid=(3,)),
            ValueError,
            r"network must be a single one; got a grid of \(3,\)",
        ),
        (
            network([Dense(4, 4), Residual([Dense(4, 4)])]),
            TypeError,
            r"network.layers\[1\] must be one of Conv2D.*got Residual",
        ),
        (network([LayerNorm(4), Dense(4, 2)]), TypeError, r"layers\[0\].*got LayerNorm"),
        (network([Own(4, 2)]), TypeError, r"layers\[0\].*got Own"),
        (spoilt(np.nan), ValueError, "network must have finite parameters"),
        (spoilt(-7e4), ValueError, r"parameters within ±65,504.*got 70000"),
    ],
)
def test_what_cannot_be_packed_is_refused(value, error, message):
    with pytest.raises(error, match=message):
        packed(value)


LAYERS, THETA = packed(network([Dense(4, 2)]))


@pytest.mark.parametrize(
    "layers, theta, error, message",
    [
        ("Dense", THETA, TypeError, "layers must be a list of dicts; got 'Dense'"),
        (["Dense"], THETA, TypeError, "layers must be a list of dicts"),
        ([], THETA, ValueError, "layers must begin with {'kind': 'Input'"),
        (LAYERS[1:], THETA, ValueError, "layers must begin with {'kind': 'Input'"),
        ([{"kind": "Input"}, *LAYERS[1:]], THETA, ValueError, "layers must begin with"),
        ([LAYERS[0], {"kind": "Dens"}], THETA, ValueError, r"layers\[1\] must hold a kind, one of"),
        ([LAYERS[0], {**LAYERS[1], "n": 1}], THETA, ValueError, r"layers\[1\] must hold a kind"),
        ([LAYERS[0], {"kind": "Dense", "n_in": 4}], THETA, ValueError, r"layers\[1\] must hold"),
        ([LAYERS[0], {**LAYERS[1], "n_in": 0}], THETA, ValueError, "n_in must be an integer"),
        ([LAYERS[0], {**LAYERS[1], "n_in": 5}], THETA, ValueError, r"layers\[0\] must take"),
        (LAYERS, list(THETA), TypeError, "theta must be bytes; got .* of type list"),
        (LAYERS, THETA[:-1], ValueError, "theta must have 20 bytes for these layers; got 19"),
    ],
)
def test_what_describes_no_network_is_refused(layers, theta, error, message):
    with pytest.raises(error, match=message):
        unpacked(layers, theta)


@pytest.mark.parametrize(
    "layers, theta, message",
    [
        ([{"kind": "Input", "shape": [4]}, {"kind": "Cube"}], [], "no layer Cube"),
        (LAYERS, list(THETA[:-2]), "9 parameters, not 10"),
    ],
)
def test_the_browser_refuses_what_it_cannot_compute(layers, theta, message):
    with pytest.raises(AssertionError, match=re.escape(message)):
        node(PROGRAM, {"layers": layers, "theta": theta, "x": [1, 2, 3, 4]})
