"""Convolution and pooling: PyTorch's numbers, the formula in plain loops, and a Dense layer."""

from pathlib import Path

import numpy as np
import pytest

from nnlib import (
    AveragePool2D,
    Conv2D,
    Dense,
    Flatten,
    GlobalAveragePool,
    MaxPool2D,
    Momentum,
    Network,
    ReLU,
    SoftmaxCrossEntropy,
    check_gradients,
    fit,
    he_normal,
    train_step,
)

GOLDENS = np.load(Path(__file__).parent / "goldens" / "convolution.npz")
CONVOLUTIONS = sorted(name.removesuffix(", W") for name in GOLDENS if name.endswith(", W"))
POOLINGS = sorted(name.removesuffix(", s") for name in GOLDENS if name.startswith("pooling"))
EQUAL = {"rtol": 1e-10, "atol": 1e-10}


def rng(seed=0):
    return np.random.default_rng(seed)


def golden(name, i):
    start = f"{name}, images {i}, "
    return {key.removeprefix(start): GOLDENS[key] for key in GOLDENS if key.startswith(start)}


def alone(layer, shape, dtype=np.float64, grid=()):
    return Network([layer], rng=rng(), input_shape=shape, dtype=dtype, grid=grid)


def reader(grid=(), dtype=np.float64, seed=0):
    layers = [
        Conv2D(1, 4, 3, padding=1), ReLU(), MaxPool2D(2),
        Conv2D(4, 6, 3, stride=2, padding=1), ReLU(), AveragePool2D(2, 1),
        Flatten(), Dense(24, 5),
    ]  # fmt: skip
    return Network(layers, rng=rng(seed), input_shape=(12, 12, 1), grid=grid, dtype=dtype)


@pytest.mark.parametrize("i", [0, 1])
@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_convolution_equals_pytorch(name, i):
    expected = golden(name, i)
    n_in, n_out, size, stride, padding = GOLDENS[f"{name}, s"].tolist()
    layer = Conv2D(n_in, n_out, size, stride=stride, padding=padding)
    network = alone(layer, expected["x"].shape[1:])
    layer.W, layer.b = GOLDENS[f"{name}, W"], GOLDENS[f"{name}, b"]
    np.testing.assert_allclose(network.forward(expected["x"]), expected["y"], **EQUAL)
    np.testing.assert_allclose(network.backward(expected["g"]), expected["dx"], **EQUAL)
    np.testing.assert_allclose(layer.dW, expected["dW"], **EQUAL)
    np.testing.assert_allclose(layer.db, expected["db"], **EQUAL)


@pytest.mark.parametrize("i", [0, 1])
@pytest.mark.parametrize("kind", ["max", "average"])
@pytest.mark.parametrize("name", POOLINGS)
def test_pooling_equals_pytorch(name, kind, i):
    expected = golden(name.replace("pooling", kind), i)
    layer = {"max": MaxPool2D, "average": AveragePool2D}[kind](*GOLDENS[f"{name}, s"].tolist())
    network = alone(layer, expected["x"].shape[1:])
    np.testing.assert_allclose(network.forward(expected["x"]), expected["y"], **EQUAL)
    np.testing.assert_allclose(network.backward(expected["g"]), expected["dx"], **EQUAL)


@pytest.mark.parametrize("i", [0, 1])
def test_global_pooling_equals_pytorch(i):
    expected = golden("global", i)
    network = alone(GlobalAveragePool(), expected["x"].shape[1:])
    np.testing.assert_allclose(network.forward(expected["x"]), expected["y"][:, 0, 0], **EQUAL)
    np.testing.assert_allclose(network.backward(expected["g"][:, 0, 0]), expected["dx"], **EQUAL)


def test_convolution_is_the_formula_in_plain_loops():
    layer = Conv2D(2, 3, 3, stride=2, padding=1)
    network = alone(layer, (5, 6, 2))
    layer.b = [0.5, -1, 2]
    x = rng(1).normal(size=(2, 5, 6, 2))
    y = network(x)
    assert y.shape == (2, 3, 3, 3)
    for n, i, j in np.ndindex(2, 3, 3):
        z = layer.b.copy()
        for u, v in np.ndindex(3, 3):
            row, column = 2 * i + u - 1, 2 * j + v - 1
            if 0 <= row < 5 and 0 <= column < 6:
                z += x[n, row, column] @ layer.W[u, v]
        assert y[n, i, j] == pytest.approx(z, rel=1e-12)


def test_a_convolution_as_large_as_the_image_is_a_dense_layer():
    layer, dense = Conv2D(2, 3, 4), Dense(32, 3)
    network, flat = alone(layer, (4, 4, 2)), Network([dense], rng=rng(1))
    flat.theta = network.theta
    x = rng(1).normal(size=(5, 4, 4, 2))
    assert network(x)[:, 0, 0] == pytest.approx(flat(x.reshape(5, 32)), rel=1e-12)


def test_one_by_one_is_a_dense_layer_at_each_place():
    network = alone(Conv2D(2, 3, 1), (4, 5, 2))
    dense = Network([Dense(2, 3)], rng=rng(1), input_shape=(4, 5, 2))
    dense.theta = network.theta
    x = rng(1).normal(size=(3, 4, 5, 2))
    assert network(x) == pytest.approx(dense(x), rel=1e-12)


def test_weights_of_layer_and_vector_are_the_same_numbers():
    layer = Conv2D(1, 2, 3)
    network = alone(layer, (5, 5, 1))
    assert network.n_parameters == 20 and layer.W.shape == (3, 3, 1, 2)
    layer.W = np.arange(18.0).reshape(3, 3, 1, 2)
    layer.b = [18, 19]
    assert network.theta.tolist() == list(range(20))
    network.theta[...] = 0
    assert not layer.W.any() and not network(np.ones((1, 5, 5, 1))).any()
    assert [part.stop - part.start for part in network.decaying] == [18]


def test_the_initializer_sees_the_window_as_inputs():
    layer = Conv2D(4, 200, 3, initializer=he_normal)
    alone(layer, (3, 3, 4))
    assert layer.W.std() == pytest.approx(np.sqrt(2 / 36), rel=0.05)
    assert not layer.b.any()


@pytest.mark.parametrize("grid", [(), (3,)])
def test_gradients_of_a_whole_network(grid):
    network = reader(grid)
    x, labels = rng(1).normal(size=(4, 12, 12, 1)), rng(2).integers(5, size=4)
    if grid:  # each network of the grid like one alone
        value, grad = SoftmaxCrossEntropy()(network.forward(x), labels)
        grad_x = network.backward(grad)
        for k in range(3):
            one = reader()
            one.theta = network.theta[k]
            loss, grad = SoftmaxCrossEntropy()(one.forward(x), labels)
            assert loss == pytest.approx(value[k], rel=1e-12)
            assert one.backward(grad) == pytest.approx(grad_x[k], rel=1e-9, abs=1e-15)
            assert network.grad[k] == pytest.approx(one.grad, rel=1e-9, abs=1e-14)
    else:
        assert max(check_gradients(network, SoftmaxCrossEntropy(), x, labels).values()) < 1e-7


def test_float32_stays_float32():
    network, x = reader(dtype=np.float32), rng(1).normal(size=(4, 12, 12, 1)).astype(np.float32)
    double = reader()
    y = network.forward(x)
    grad = network.backward(np.ones_like(y))
    assert y.dtype == grad.dtype == network.grad.dtype == np.float32
    for layer in network.layers:
        x = layer.forward(x)
        assert x.dtype == np.float32
    assert y == pytest.approx(double(rng(1).normal(size=(4, 12, 12, 1))), abs=1e-5)


def test_the_first_of_equal_numbers_gets_the_gradient():
    network = alone(MaxPool2D(2), (2, 4, 1))
    x = np.array([[0, 0, 1, 2], [0, 0, 2, 2.0]]).reshape(1, 2, 4, 1)
    assert network.forward(x).ravel().tolist() == [0, 2]
    grad = network.backward(np.array([5, 7.0]).reshape(1, 1, 2, 1))
    assert grad[0, :, :, 0].tolist() == [[5, 0, 0, 7], [0, 0, 0, 0]]


def test_overlapping_windows_add_their_gradients():
    network = alone(MaxPool2D(2, 1), (2, 3, 1))
    x = np.array([[0, 9, 0], [0, 0, 0.0]]).reshape(1, 2, 3, 1)
    network.forward(x)
    grad = network.backward(np.array([5, 7.0]).reshape(1, 1, 2, 1))
    assert grad[0, :, :, 0].tolist() == [[0, 12, 0], [0, 0, 0]]


def test_a_large_window_still_finds_its_largest():
    x = rng(3).normal(size=(1, 18, 18, 1))
    network = alone(MaxPool2D(18), (18, 18, 1))
    assert network.forward(x).item() == x.max()
    grad = network.backward(np.ones((1, 1, 1, 1)))
    assert grad.ravel().argmax() == x.ravel().argmax() and grad.sum() == 1


def test_convolution_moves_with_the_image_and_pooling_does_not():
    x = np.zeros((2, 12, 12, 1))
    x[0, 3:7, 3:7] = x[1, 3:7, 4:8] = rng(4).normal(size=(4, 4, 1))  # one column to the right
    maps = alone(Conv2D(1, 3, 3, padding=1), (12, 12, 1))(x)
    assert np.array_equal(maps[0, :, 1:-2], maps[1, :, 2:-1])
    pooled = alone(MaxPool2D(2), (12, 12, 3))(maps)
    assert not np.allclose(pooled[0], pooled[1])


def test_frozen_layers_keep_their_kernels():
    network = reader()
    network.freeze(0, 3)
    before = network.theta.copy()
    x, labels = rng(1).normal(size=(4, 12, 12, 1)), rng(2).integers(5, size=4)
    train_step(network, x, labels, loss=SoftmaxCrossEntropy(), optimizer=Momentum(0.1))
    moved = network.theta != before
    assert not moved[: network.parameter_slices["layers[7].W"].start].any() and moved.any()


def test_training_and_copies():
    network = reader()
    x, labels = rng(1).normal(size=(20, 12, 12, 1)), rng(2).integers(5, size=20)
    settings = {"loss": SoftmaxCrossEntropy(), "batch_size": 5, "epochs": 60}
    history = fit(network, x, labels, optimizer=Momentum(0.2), rng=rng(), **settings)
    assert history.accuracy[-1] == 1
    twin, part = network.copy(), network[:3]
    assert np.array_equal(twin(x), network(x))
    part.layers[0].W[...] = 0  # shares its parameters with the network, not with the copy
    assert not network.layers[0].W.any() and twin.layers[0].W.any()
    assert part(x).shape == (20, 6, 6, 4)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Conv2D(0, 1, 3), "n_in must be an integer in [1, inf); got 0"),
        (lambda: Conv2D(1, 1, 3, padding=-1), "padding must be an integer in [0, inf); got -1"),
        (lambda: Conv2D(1, 1, 3, stride=0), "stride must be an integer in [1, inf); got 0"),
        (lambda: MaxPool2D(0), "size must be an integer in [1, inf); got 0"),
        (lambda: AveragePool2D(2, 0), "stride must be an integer in [1, inf); got 0"),
    ],
)
def test_bad_settings_are_named(make, message):
    with pytest.raises(ValueError) as error:
        make()
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("layers", "shape", "message"),
    [
        (
            [Conv2D(1, 2, 3), Conv2D(3, 2, 3)],
            (8, 8, 1),
            "layers[1] must take the samples of shape (6, 6, 2) that layers[0] gives; got "
            "Conv2D(n_in=3, n_out=2, size=3, stride=1, padding=0)",
        ),
        ([Conv2D(1, 2, 3)], (256,), "layers[0] must take the 256 numbers of input_shape"),
        ([Conv2D(1, 2, 5)], (4, 8, 1), "layers[0] must take the samples of shape (4, 8, 1)"),
        ([MaxPool2D(2)], (8, 8), "layers[0] must take the samples of shape (8, 8)"),
        ([MaxPool2D(9)], (8, 8, 1), "layers[0] must take the samples of shape (8, 8, 1)"),
        ([GlobalAveragePool()], (8,), "layers[0] must take the 8 numbers of input_shape"),
    ],
)
def test_shapes_that_do_not_fit_are_named(layers, shape, message):
    with pytest.raises(ValueError) as error:
        Network(layers, rng=rng(), input_shape=shape)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (
            Conv2D(3, 2, 3),
            (8, 8, 1),
            "Conv2D(n_in=3, n_out=2, size=3, stride=1, padding=0) takes images of shape "
            "(rows, columns, 3); got (8, 8, 1)",
        ),
        (Conv2D(1, 2, 5, padding=1), (2, 8, 1), "needs images of 3 rows and columns or more"),
        (MaxPool2D(3), (2, 8, 1), "MaxPool2D(size=3, stride=3) needs images of 3 rows"),
        (AveragePool2D(), (8,), "takes images of shape (rows, columns, channels); got (8,)"),
        (GlobalAveragePool(), (8,), "takes samples of shape (…places, channels); got (8,)"),
    ],
)
def test_a_layer_says_what_it_takes(layer, shape, message):
    with pytest.raises(ValueError) as error:
        layer.output_shape(shape)
    assert message in str(error.value)
