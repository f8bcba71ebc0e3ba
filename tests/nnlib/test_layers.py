"""Every layer: its gradient for parameters and input, its shapes, and its errors."""

import copy
import inspect

import numpy as np
import pytest

from nnlib import (
    AveragePool2D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    HalfSquaredError,
    Layer,
    LayerNorm,
    Network,
    ReLU,
    Sigmoid,
    SoftmaxCrossEntropy,
    Tanh,
    check_gradients,
    numerical_gradient,
)
from nnlib.gradcheck import relative_error
from nnlib.layers import SMALL, Residual, product

ALL_LAYERS = [
    Layer,
    Dense,
    Sigmoid,
    Tanh,
    ReLU,
    Dropout,
    Residual,
    Flatten,
    Embedding,
    LayerNorm,
]


def rng(seed=0):
    return np.random.default_rng(seed)


MIDDLES = {
    "none": [],
    "Sigmoid": [Sigmoid],
    "Tanh": [Tanh],
    "ReLU": [ReLU],
    "Residual": [lambda: Residual([Dense(5, 4), Tanh(), Dense(4, 5)])],
    "Residual in Residual": [lambda: Residual([Dense(5, 5), Residual([Tanh()])])],
    "Residual of Dropout": [lambda: Residual([Dense(5, 5), Dropout(0.5, rng=rng())])],
}


@pytest.mark.parametrize("loss", [HalfSquaredError(), SoftmaxCrossEntropy()], ids=repr)
@pytest.mark.parametrize("middle", MIDDLES)
def test_gradients_for_parameters_and_input(middle, loss):
    network = Network([Dense(4, 5), *(make() for make in MIDDLES[middle]), Dense(5, 3)], rng=rng())
    network.theta[...] += rng(1).normal(0, 0.1, network.n_parameters)  # biases not zero either
    x = rng(2).normal(size=(6, 4))
    target = rng(3).dirichlet(np.ones(3), size=6)  # rows that suit both losses
    errors = check_gradients(network, loss, x, target)
    assert set(errors) == {*network.parameter_slices, "x"}
    assert max(errors.values()) < 1e-7


def test_dense_is_a_weighted_sum_and_a_bias():
    network = Network([Dense(2, 3)], rng=rng())
    dense = network.layers[0]
    dense.W[...] = [[1, 2, 3], [4, 5, 6]]
    dense.b[...] = [0.5, 0, -1]
    x = np.array([[1.0, 10.0], [0.0, 1.0]])
    assert dense.forward(x).tolist() == [[41.5, 52, 62], [4.5, 5, 5]]
    grad = np.array([[1.0, 0.0, 2.0], [0.0, 1.0, 1.0]])
    assert dense.backward(grad).tolist() == [[7, 16], [5, 11]]
    assert dense.dW.tolist() == [[1, 0, 2], [10, 1, 21]]
    assert dense.db.tolist() == [1, 1, 3]
    assert dense.backward(grad, input_grad=False) is None


def test_backward_overwrites_and_never_touches_the_parameters():
    network = Network([Dense(2, 3), Tanh(), Dense(3, 1)], rng=rng())
    theta = network.theta.copy()
    for _ in range(2):
        network.forward(np.ones((4, 2)))
        network.backward(np.ones((4, 1)))
    once = network.grad.copy()
    network.backward(np.ones((4, 1)))
    assert np.array_equal(network.grad, once)
    assert np.array_equal(network.theta, theta)


def test_dropout_keeps_the_expected_value_and_acts_in_training_only():
    dropout = Dropout(0.3, rng=rng())
    x = np.full((2000, 100), 2.0)
    assert dropout.forward(x) is x
    assert dropout.backward(x) is x
    y = dropout.forward(x, training=True)
    assert set(np.unique(y)) == {0.0, 2 / 0.7}
    assert (y == 0).mean() == pytest.approx(0.3, abs=0.005)
    assert y.mean() == pytest.approx(2, abs=0.02)


def test_dropouts_gradient_with_its_mask_held_fixed():
    x, weights = rng(1).normal(size=(4, 6)), rng(2).normal(size=(4, 6))

    def loss(values):  # a new generator of the same seed draws the same mask each time
        return (Dropout(0.4, rng=rng(5)).forward(values, training=True) * weights).sum()

    dropout = Dropout(0.4, rng=rng(5))
    dropout.forward(x, training=True)
    assert relative_error(dropout.backward(weights), numerical_gradient(loss, x)) < 1e-9


def test_dropout_of_rate_zero_changes_nothing():
    x = rng().normal(size=(3, 3))
    assert np.array_equal(Dropout(0, rng=rng()).forward(x, training=True), x)


def test_residual_adds_its_input():
    network = Network([Dense(2, 2), Residual([Dense(2, 2)])], rng=rng())
    inner = network.layers[1].layers[0]
    inner.W[...] = 0
    inner.b[...] = [1, -1]
    x = np.array([[1.0, 2.0]])
    before = network.layers[0].forward(x)
    assert network.forward(x) == pytest.approx(before + np.array([1, -1]))
    assert np.shares_memory(inner.W, network.theta)


BAD_LAYERS = [
    (lambda: Dense(0, 2), ValueError, "n_in must be an integer in [1, inf); got 0"),
    (
        lambda: Dense(2, 2.5),
        TypeError,
        "n_out must be an integer in [1, inf); got 2.5 of type float",
    ),
    (
        lambda: Dense(True, 2),
        TypeError,
        "n_in must be an integer in [1, inf); got True of type bool",
    ),
    (lambda: Dropout(1, rng=rng()), ValueError, "rate must be a number in [0, 1); got 1"),
    (lambda: Dropout(-0.1, rng=rng()), ValueError, "rate must be a number in [0, 1); got -0.1"),
    (lambda: Dropout(np.nan, rng=rng()), ValueError, "rate must be a number in [0, 1); got nan"),
    (
        lambda: Dropout("a", rng=rng()),
        TypeError,
        "rate must be a number in [0, 1); got 'a' of type str",
    ),
    (
        lambda: Dropout(0.5, rng=7),
        TypeError,
        "rng must be a numpy.random.Generator such as np.random.default_rng(0); got 7 of type int",
    ),
    (lambda: Residual([]), TypeError, "layers must be a list of at least one layer; got []"),
]


@pytest.mark.parametrize(("make", "kind", "message"), BAD_LAYERS, ids=[m for _, _, m in BAD_LAYERS])
def test_bad_input(make, kind, message):
    with pytest.raises(kind) as error:
        make()
    assert str(error.value) == message


@pytest.mark.parametrize("kind", ALL_LAYERS, ids=lambda kind: kind.__name__)
def test_layers_act_as_outside_training_and_give_the_inputs_gradient_unless_told_otherwise(kind):
    assert inspect.signature(kind.forward).parameters["training"].default is False
    assert inspect.signature(kind.backward).parameters["input_grad"].default is True


def test_a_residual_hands_on_whether_it_is_training():
    block = Residual([Dropout(0.5, rng=rng())])
    network = Network([block], rng=rng(), input_shape=(50,))
    x = np.ones((4, 50))
    assert (network(x) == 2).all()
    assert set(np.unique(network.forward(x, training=True))) == {1.0, 3.0}


@pytest.mark.parametrize("kind", [Dense, Embedding])
@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (lambda rng, n_in, n_out, grid: 1.0, r"must have shape \(2, 3\); got \(\)"),
        (lambda rng, n_in, n_out, grid: np.full((2, 3), np.inf), "must be finite; got inf"),
        (lambda rng, n_in, n_out, grid: np.full((2, 3), 1e300), "must be finite; got 1e"),
    ],
)
def test_what_an_initializer_gives_is_checked(kind, weights, message):
    with pytest.raises(ValueError, match=message):
        Network([kind(2, 3, initializer=weights)], rng=rng(), dtype=np.float32, input_shape=(2,))


def test_relu_is_the_same_for_small_and_large_arrays():
    x = np.array([[-1.0, 0.0, 0.5, 2.0]])
    for rows in (1, 2000):
        relu = ReLU()
        assert np.array_equal(relu.forward(np.repeat(x, rows, 0))[-1], [0, 0, 0.5, 2])
        slope = relu.backward(np.full((rows, 4), 3.0))
        assert (slope == [0, 0, 3, 3]).all()


@pytest.mark.parametrize("kind", ["f2", "f4", "f8", "g", "i8"])
def test_relu_keeps_the_kind_of_its_numbers(kind):
    y = ReLU().forward(np.array([[-1, 0, 2]], kind))
    assert y.dtype == kind and y.tolist() == [[0, 0, 2]]


def test_a_layer_norm_starts_as_gain_one_and_bias_zero():
    layer = Network([LayerNorm(3)], rng=rng()).layers[0]
    assert layer.gamma.tolist() == [1, 1, 1] and layer.beta.tolist() == [0, 0, 0]


def test_an_embedding_of_a_grid_starts_differently_in_each_network():
    network = Network([Embedding(3, 2)], rng=rng(), grid=(2,), input_shape=(1,))
    assert not np.array_equal(network.theta[0], network.theta[1])
    assert Embedding(1, 1).n_tokens == 1


def test_a_copied_layer_is_not_frozen_and_keeps_what_is_no_layer():
    class Mixed(Layer):
        def __init__(self):
            self.parts = [Dense(2, 2), "a word"]

        def forward(self, x, training=False):
            return x

    layer = Mixed()
    layer._frozen = True
    twin = copy.copy(layer)
    assert twin._frozen is False
    assert twin.parts[1] == "a word" and twin.parts[0] is not layer.parts[0]


def test_a_value_set_before_there_is_a_network_is_the_callers_own():
    Network([Dense(2, 3)], rng=rng())  # from now on, W is a parameter's name
    dense, value = Dense(2, 3), np.ones((2, 3))
    dense.W = value
    assert dense.W is value


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_a_parameter_cannot_hold_is_refused(dtype):
    dense = Network([Dense(2, 2)], rng=rng(), dtype=dtype).layers[0]
    dense.b = [np.nan, np.inf]  # what a network has computed may be so
    assert np.isnan(dense.b[0])
    if dtype == np.float32:
        with pytest.raises(ValueError, match="b must be finite; got 1e"):
            dense.b = [1e300, 0]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("rows", [1, 2, 32])
@pytest.mark.parametrize("columns", [1, 10, SMALL // 32, SMALL // 32 + 1])
@pytest.mark.parametrize("inner", [1, 3, 64])
def test_small_and_large_products_are_those_of_matmul(rows, inner, columns, dtype):
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(inner, rows)).astype(dtype).T, rng.normal(size=(inner, columns))
    b = b.astype(dtype)
    out = np.full((rows, columns), np.nan, dtype)
    assert product(a, b, out) is out
    assert np.array_equal(out, np.matmul(a, b))
    assert np.array_equal(product(a, b), out)


def test_a_gradient_of_another_kind_of_numbers_is_taken():
    network = Network([Dense(2, 3), ReLU(), Dense(3, 1)], rng=np.random.default_rng(0), dtype="f4")
    network.forward([[0.5, -1.0], [2.0, 0.25]])
    network.backward(np.array([[1.0], [-2.0]]))
    expected = network.grad.copy()
    network.grad[...] = np.nan
    network.backward([[1.0], [-2.0]])
    assert np.array_equal(network.grad, expected) and network.grad.dtype == np.float32


def test_a_grid_may_begin_with_relu_on_one_batch_for_all():
    network = Network([ReLU(), Dense(2, 1)], rng=np.random.default_rng(0), grid=(3,))
    network.forward(np.array([[0.5, -1.0]]))
    W = network.layers[1].W[..., 0]
    assert np.array_equal(network.backward(np.ones((3, 1, 1)))[:, 0], W * [1, 0])


@pytest.mark.parametrize("layer", [Tanh(), Sigmoid(), AveragePool2D(2), Residual([ReLU()])])
def test_a_layer_by_itself_reads_small_integers_as_numbers(layer):
    pixels = np.full((1, 2, 2, 1), 200, np.uint8)
    expected, found = layer.forward(pixels.astype(float)), layer.forward(pixels)
    assert found.dtype == np.float64 and np.array_equal(found, expected)
