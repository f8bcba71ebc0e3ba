"""The network owns one vector; the layers look at it, also after copying, pickling and loading."""

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlib import Dense, Dropout, HalfSquaredError, Network, ReLU, Sigmoid, Tanh
from nnlib.layers import Residual


def make(grid=(), seed=0, dtype=np.float64):
    layers = [
        Dense(3, 4),
        ReLU(),
        Residual([Dense(4, 4), Tanh()]),
        Dropout(0.5, rng=np.random.default_rng(9)),
        Dense(4, 2),
    ]
    return Network(layers, rng=np.random.default_rng(seed), grid=grid, dtype=dtype)


def assert_bound(network):
    """Every layer's arrays are views of the network's own vectors, and cover them exactly."""
    inner = network.layers[2].layers[0]
    seen = np.zeros_like(network.theta)
    for layer in (network.layers[0], inner, network.layers[4]):
        for array, vector in [(layer.W, "theta"), (layer.b, "theta"), (layer.dW, "grad")]:
            assert np.shares_memory(array, getattr(network, vector))
    network.theta[...] = 0
    for layer in (network.layers[0], inner, network.layers[4]):
        layer.W += 1
        layer.b += 1
    seen += network.theta
    assert (seen == 1).all()


@pytest.mark.parametrize("grid", [(), (3,), (2, 3)])
def test_layers_hold_views_of_one_vector(grid):
    network = make(grid)
    assert network.n_parameters == (3 * 4 + 4) + (4 * 4 + 4) + (4 * 2 + 2)
    assert network.theta.shape == (*grid, network.n_parameters)
    assert_bound(network)


@pytest.mark.parametrize("grid", [(), (3,)])
@pytest.mark.parametrize(
    "duplicate",
    [copy.deepcopy, copy.copy, Network.copy, lambda n: pickle.loads(pickle.dumps(n))],
    ids=["deepcopy", "copy", "Network.copy", "pickle"],
)
def test_a_copy_is_whole_and_independent(duplicate, grid):
    network = make(grid)
    x = np.random.default_rng(1).normal(size=(5, 3))
    expected, theta = network.predict(x), network.theta.copy()
    twin = duplicate(network)
    assert np.array_equal(twin.predict(x), expected)
    assert (twin.grid, twin.dtype, twin.n_in, twin.n_out) == (grid, np.float64, 3, 2)
    assert not np.shares_memory(twin.theta, network.theta)
    assert_bound(twin)
    assert np.array_equal(network.theta, theta)
    assert_bound(network)  # and the original has kept its own views


def test_a_copys_dropout_draws_the_same_masks():
    network = make()
    x = np.ones((5, 3))
    twin = pickle.loads(pickle.dumps(network))
    expected = network.forward(x, training=True)
    assert not np.array_equal(expected, network.predict(x))
    assert np.array_equal(twin.forward(x, training=True), expected)


def test_a_pickle_leaves_remembered_samples_behind():
    network = make()
    size = len(pickle.dumps(network))
    network.forward(np.ones((1000, 3)), training=True)
    assert len(pickle.dumps(network)) == pytest.approx(size, abs=50)


def test_save_and_load(tmp_path):
    network, other = make(seed=1), make(seed=2)
    network.save(tmp_path / "weights.npz")
    other.load(tmp_path / "weights.npz")
    assert np.array_equal(other.theta, network.theta)
    assert_bound(other)


def test_loading_another_architecture_says_so_and_changes_nothing(tmp_path):
    network = Network([Dense(3, 4), Sigmoid()], rng=np.random.default_rng(0))
    network.save(tmp_path / "weights.npz")
    for other in (
        Network([Dense(3, 4), Tanh()], rng=np.random.default_rng(1)),
        Network([Dense(3, 4), Sigmoid()], rng=np.random.default_rng(1), grid=(2,)),
    ):
        before = other.theta.copy()
        with pytest.raises(ValueError, match="path must hold parameters of shape"):
            other.load(tmp_path / "weights.npz")
        assert np.array_equal(other.theta, before)


def test_theta_cannot_be_replaced_behind_the_layers_backs():
    with pytest.raises(AttributeError):
        make().theta = np.zeros(3)


@given(st.integers(1, 4), st.integers(1, 5), st.integers(1, 5), st.integers(1, 3))
def test_shapes(batch, n_in, n_out, k):
    network = Network([Dense(n_in, 3), Tanh(), Dense(3, n_out)], rng=np.random.default_rng(0))
    grid = Network(
        [Dense(n_in, 3), Tanh(), Dense(3, n_out)], rng=np.random.default_rng(0), grid=(k,)
    )
    x = np.ones((batch, n_in))
    assert network.predict(x).shape == (batch, n_out)
    assert grid.predict(x).shape == (k, batch, n_out)
    assert grid.backward(np.ones((k, batch, n_out))).shape == (k, batch, n_in)


def test_the_gradient_for_the_input_is_made_on_request_only():
    network = make()
    grad = np.ones_like(network.forward(np.ones((5, 3))))
    assert network.backward(grad, input_grad=False) is None
    without = network.grad.copy()
    assert network.backward(grad).shape == (5, 3)
    assert np.array_equal(network.grad, without)


def test_a_grid_computes_what_each_network_computes_alone():
    grid, alone = make((3,)), make()
    x = np.random.default_rng(1).normal(size=(5, 3))
    target = np.random.default_rng(2).normal(size=(5, 2))
    outputs = grid.forward(x)
    grid.backward(HalfSquaredError()(outputs, target)[1])
    for k in range(3):
        alone.theta[...] = grid.theta[k]
        output = alone.forward(x)
        alone.backward(HalfSquaredError()(output, target)[1])
        assert outputs[k] == pytest.approx(output, rel=1e-13)
        assert grid.grad[k] == pytest.approx(alone.grad, rel=1e-12, abs=1e-15)


def test_using_a_network_does_not_change_it():
    network = make()
    theta = network.theta.copy()
    for _ in range(100):
        network.predict(np.ones((2, 3)))
    assert np.array_equal(network.theta, theta)


def test_float32_throughout():
    network = make(dtype=np.float32)
    output = network.forward(np.ones((2, 3), np.float32), training=True)
    assert output.dtype == network.backward(output).dtype == network.theta.dtype == np.float32
    assert network.predict(np.ones((2, 3))).dtype == np.float32


def test_weight_mask_tells_weights_from_biases():
    network = Network([Dense(2, 3), Dense(3, 1)], rng=np.random.default_rng(0))
    network.theta[...] = network.weight_mask
    assert all((layer.W == 1).all() and (layer.b == 0).all() for layer in network.layers)


def test_the_same_seed_makes_the_same_network():
    assert np.array_equal(make(seed=3).theta, make(seed=3).theta)
    assert not np.array_equal(make(seed=3).theta, make(seed=4).theta)


RNG = np.random.default_rng(0)
SHARED = ReLU()
BAD_NETWORKS = [
    (
        lambda: Network([], rng=RNG),
        ValueError,
        "layers must hold at least one layer; got an empty list",
    ),
    (
        lambda: Network([Dense(2, 3), "relu"], rng=RNG),
        TypeError,
        "layers[1] must be a layer such as Dense(2, 3); got 'relu' of type str",
    ),
    (
        lambda: Network([ReLU()], rng=RNG),
        ValueError,
        "layers[0] must say how many numbers come in, as Dense(n_in, n_out) does; got ReLU()",
    ),
    (
        lambda: Network([Dense(2, 3), ReLU(), Dense(4, 1)], rng=RNG),
        ValueError,
        "layers[2] must take the 3 numbers that layers[1] gives; got Dense(n_in=4, n_out=1)",
    ),
    (
        lambda: Network([Dense(2, 2), SHARED, Dense(2, 2), SHARED], rng=RNG),
        ValueError,
        "layers[3] must be a layer of its own; got ReLU() a second time",
    ),
    (
        lambda: Network([Dense(2, 2)], rng=RNG, grid=(0,)),
        ValueError,
        "grid must be an integer in [1, inf); got 0",
    ),
    (
        lambda: Network([Dense(2, 2)], rng=0),
        TypeError,
        "rng must be a numpy.random.Generator such as np.random.default_rng(0); got 0 of type int",
    ),
]


@pytest.mark.parametrize(
    ("build", "kind", "message"), BAD_NETWORKS, ids=[m for *_, m in BAD_NETWORKS]
)
def test_bad_networks(build, kind, message):
    with pytest.raises(kind) as error:
        build()
    assert str(error.value) == message


def test_a_layer_belongs_to_one_network():
    layers = [Dense(2, 2), Residual([Dense(2, 2)])]
    network = Network(layers, rng=RNG)
    with pytest.raises(ValueError, match=r"layers\[0\] must be a new layer; got Dense") as error:
        Network(layers, rng=RNG)
    assert "network.copy()" in str(error.value)
    assert np.shares_memory(network.theta, layers[0].W)
    twin = network.copy()
    with pytest.raises(ValueError, match=r"layers\[1\]\.layers\[0\] must be a new layer"):
        Network([Dense(2, 2), Residual([twin.layers[0]])], rng=RNG)


def test_a_layer_twice_is_found_inside_a_residual():
    dense = Dense(2, 2)
    with pytest.raises(ValueError, match=r"layers\[1\]\.layers\[0\] must be a layer of its own"):
        Network([dense, Residual([dense])], rng=RNG)


def test_containers_of_the_wrong_kind():
    with pytest.raises(TypeError, match=r"layers must be a list of layers; got Dense\("):
        Network(Dense(2, 2), rng=RNG)
    with pytest.raises(TypeError, match=r"grid must be a tuple of integers such as \(3,\); got 3"):
        Network([Dense(2, 2)], rng=RNG, grid=3)


def test_loading_a_foreign_file_says_so(tmp_path):
    np.savez(tmp_path / "other.npz", W=np.ones(3))
    (tmp_path / "text.npz").write_text("not an archive")
    for name in ("other.npz", "text.npz"):
        with pytest.raises(ValueError, match=r"path must be a file that Network.save wrote; got"):
            make().load(tmp_path / name)


def test_predict_refuses_another_grid():
    with pytest.raises(
        ValueError, match=r"leading axes of the grid, \(3,\), or none; got \(2, 4, 3\)"
    ):
        make((3,)).predict(np.ones((2, 4, 3)))


def test_float32_refuses_what_it_cannot_hold():
    with pytest.raises(ValueError, match=r"x must be finite; got 1e\+39 at index \(0, 0\)"):
        make(dtype=np.float32).predict([[1e39, 0, 0]])


def test_bad_dtype():
    with pytest.raises(ValueError, match="dtype must be one of"):
        make(dtype=np.int64)


def test_a_residual_block_must_keep_the_width():
    with pytest.raises(ValueError, match=r"layers\[1\] must take the 3 numbers") as error:
        Network([Dense(2, 3), Residual([Dense(3, 4)])], rng=RNG)
    assert "must give as many numbers as it takes, 3; got 4" in str(error.value.__cause__)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.ones((2, 4)), r"x must have shape \(…, any, 3\); got \(2, 4\)"),
        (np.ones(3), r"x must have shape \(…, any, 3\); got \(3,\)"),
        (np.ones((0, 3)), "x must not be empty"),
        ([[1, np.nan, 2]], r"x must be finite; got nan at index \(0, 1\)"),
        ([[1, 2], [3]], "x must be a rectangular array of numbers"),
    ],
)
def test_predict_refuses_bad_samples(x, message):
    with pytest.raises(ValueError, match=message):
        make().predict(x)
