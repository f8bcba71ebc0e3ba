"""The network owns one vector; the layers look at it, also after copying, pickling and loading."""

import copy
import io
import pickle
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlib import (
    SGD,
    Adam,
    AdamW,
    BinaryCrossEntropy,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePool,
    HalfSquaredError,
    Layer,
    LayerNorm,
    Momentum,
    Network,
    ReLU,
    Residual,
    Sigmoid,
    Tanh,
    fit,
    train_step,
)
from nnlib.layers import attach


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


class Scale(Layer):
    """A student's layer: y = s · x, with attributes of its own."""

    def __init__(self, n_in, table):
        self.n_in, self.table, self.seen = n_in, table, 0

    def parameter_shapes(self):
        return {"s": (self.n_in,)}

    def initialize(self, rng, grid):
        self.s = np.ones(self.s.shape)

    def forward(self, x, training=False):
        self.x, self.seen = x, self.seen + len(x)
        return x * self.s

    def backward(self, grad, input_grad=True):
        np.add.reduce(grad * self.x, axis=-2, out=self.ds)
        return grad * self.s


class OldScale(Scale):
    """The same, which keeps its views by itself."""

    def bind(self, parameters, gradients):
        self.s, self.ds = parameters["s"], gradients["s"]


def every_assignment():
    """Yield a name, a network, and where each of its numbers is written in one assignment."""
    network = make()
    dense, inner = network.layers[0], network.layers[2].layers[0]
    yield network, "theta", network.theta, network
    yield network, "grad", network.grad, network
    for layer in (dense, inner):
        for name in ("W", "b", "dW", "db"):
            yield network, name, getattr(layer, name), layer
    for kind in (Scale, OldScale):
        other = Network([Dense(2, 3), kind(3, {})], rng=np.random.default_rng(0))
        yield other, "s", other.layers[1].s, other.layers[1]


@pytest.mark.parametrize("case", range(12))
def test_assigning_copies_into_the_networks_own_vector(case):
    network, name, view, owner = list(every_assignment())[case]
    vector = network.grad if name in ("grad", "dW", "db") else network.theta
    values = np.arange(view.size, dtype=float).reshape(view.shape)
    setattr(owner, name, values)
    assert getattr(owner, name) is view
    assert np.array_equal(view, values) and np.shares_memory(view, vector)
    values[...] = -1  # the array that was assigned stays the caller's
    assert view.min() == 0
    setattr(owner, name, np.arange(view.size).reshape(view.shape).tolist())  # a list of integers
    assert getattr(owner, name).dtype == float
    before = vector.copy()
    for wrong in (0.0, np.ones(view.size + 1), np.ones((1, *view.shape))):
        with pytest.raises(ValueError, match=rf"{name} must have shape .*; got"):
            setattr(owner, name, wrong)
    for wrong in (view + 1j, view.astype(str), np.ma.masked_array(view, False)):
        with pytest.raises(TypeError, match=name):
            setattr(owner, name, wrong)
    assert np.array_equal(vector, before)


def test_the_line_that_every_student_writes():
    network = make()
    theta = network.theta.copy()
    network.grad = np.ones(network.n_parameters)
    network.theta -= 0.1 * network.grad
    assert network.theta == pytest.approx(theta - 0.1)
    network.layers[0].W *= 2
    network.layers[0].b = network.layers[0].b - 1
    assert_bound(network)


def test_an_overlapping_assignment_reads_before_it_writes():
    network = make()
    W = network.layers[2].layers[0].W
    expected = W[::-1].T.copy()
    network.layers[2].layers[0].W = W[::-1].T
    assert np.array_equal(W, expected)


def test_an_optimizer_sees_what_was_assigned():
    network, optimizer = make(), Momentum(0.1)
    for _ in range(2):
        network.theta = np.ones(network.n_parameters)
        network.grad = np.ones(network.n_parameters)
        optimizer.step(network.theta, network.grad)
    assert network.theta == pytest.approx(np.full(46, 1 - 0.1 * 0.19))


def test_a_parameter_may_not_hide_an_attribute():
    class Wrong(Layer):
        n_in = 2

        def parameter_shapes(self):
            return {"forward": (2,)}

    with pytest.raises(ValueError, match="must leave the name forward to its parameter"):
        Network([Wrong()], rng=RNG)


COPIES = {
    "deepcopy": copy.deepcopy,
    "copy": copy.copy,
    "Network.copy": Network.copy,
    "pickle": lambda n: pickle.loads(pickle.dumps(n)),
}


@pytest.mark.parametrize("duplicate", COPIES.values(), ids=COPIES)
@pytest.mark.parametrize("kind", [Scale, OldScale])
def test_a_copy_keeps_the_attributes_of_any_layer(kind, duplicate):
    layers = [Dense(2, 3), kind(3, {"a": np.arange(3)}), Residual([kind(3, {}), Tanh()])]
    network = Network(layers, rng=np.random.default_rng(0))
    network.forward(np.ones((4, 2)))
    network.backward(np.ones((4, 3)))
    twin = duplicate(network)
    scale, original = twin.layers[1], network.layers[1]
    assert isinstance(scale, kind) and scale.seen == 4
    assert scale.table["a"].tolist() == [0, 1, 2] and scale.table is not original.table
    assert np.array_equal(twin.grad, network.grad) and twin.grad.any()
    assert np.array_equal(twin.theta, network.theta)
    scale.s = [5, 6, 7]
    assert twin.theta[9:12].tolist() == [5, 6, 7] and original.s.tolist() == [1, 1, 1]
    inner = twin.layers[2].layers[0]
    inner.s = [5, 6, 7]
    assert twin.theta[12:15].tolist() == [5, 6, 7] and inner.seen == 4


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy], ids=["copy", "deepcopy"])
def test_a_layer_copied_by_itself_is_a_new_layer_of_its_kind(duplicate):
    network = make()
    for layer in network.layers:
        twin = duplicate(layer)
        assert type(twin) is type(layer) and repr(twin) == repr(layer)
        assert not twin.in_network
    twin = duplicate(network.layers[2])
    again = Network([twin, Dense(4, 1)], rng=np.random.default_rng(1))
    assert again.layers[0].layers[0].W.shape == (4, 4)
    assert not np.shares_memory(again.theta, network.theta)
    assert_bound(network)


def test_weights_come_with_the_network():
    make()
    assert "comes with the network" in repr(Dense(2, 2).W)


def test_what_forward_hands_out_is_the_callers():
    x, target = np.random.default_rng(0).normal(size=(5, 3)), np.ones((5, 2))
    layers = [Dense(3, 4), Sigmoid(), Dense(4, 2), Sigmoid()]
    network = Network(layers, rng=np.random.default_rng(0))
    network.backward(network.forward(x) - target)
    expected = network.grad.copy()
    own = x.copy()
    out = network.forward(own)
    own *= 0
    out -= target
    grad = out.copy()
    out[...] = np.nan  # and what was handed out may be spoilt
    network.backward(grad)
    assert np.array_equal(network.grad, expected)


@pytest.mark.parametrize("kind", [Sigmoid, Tanh, ReLU])
def test_what_a_layer_hands_out_is_the_callers(kind):
    x, layer = np.random.default_rng(0).normal(size=(5, 3)), kind()
    layer.forward(x)
    expected = layer.backward(np.ones((5, 3)))
    layer.forward(x)[...] = 7
    assert np.array_equal(layer.backward(np.ones((5, 3))), expected)


def test_a_network_can_be_called():
    network, x = make(), np.ones((2, 3))
    assert np.array_equal(network(x), network.predict(x))
    with pytest.raises(ValueError, match="x must be finite"):
        network([[np.nan, 0, 0]])


def test_integers_are_numbers():
    for dtype in (np.float64, np.float32):
        network = make(dtype=dtype)
        out = network.forward([[1, 2, 3]])
        assert np.array_equal(out, network.forward(np.array([[1.0, 2, 3]], dtype)))
        assert out.dtype == dtype


def test_summary(capsys):
    network = Network(
        [Dense(1000, 64), LayerNorm(64), ReLU(), Dense(64, 10)], rng=np.random.default_rng(0)
    )
    network.freeze(0, 2)
    network.summary()
    assert capsys.readouterr().out.splitlines() == [
        "layer        output         parameters",
        "input        1000",
        "Dense        64                 64,064 *",
        "LayerNorm    64                    128",
        "ReLU         64                      0",
        "Dense        10                    650",
        "all                             64,842",
        "* frozen",
    ]
    assert network.copy().trainable == network.trainable


def gan(grid=()):
    layers = [Dense(2, 4), Tanh(), Dense(4, 3), Dense(3, 4), Tanh(), Dense(4, 1)]
    whole = Network(layers, rng=np.random.default_rng(0), grid=grid)
    return whole, whole[:3], whole[3:]


@pytest.mark.parametrize("grid", [(), (2,)])
@pytest.mark.parametrize("optimizer", [SGD, Momentum, Adam, AdamW])
def test_networks_that_share_train_in_turn(optimizer, grid):
    whole, generator, judge = gan(grid)
    whole.freeze(3, 4, 5)
    rng = np.random.default_rng(1)
    noise, loss = rng.normal(size=(6, 2)), BinaryCrossEntropy()
    of_whole, of_judge = optimizer(0.1), optimizer(0.1)
    n = generator.n_parameters
    for _ in range(3):
        before = whole.theta.copy()
        train_step(judge, generator(noise), np.zeros((*grid, 6), int), loss, of_judge)
        assert np.array_equal(whole.theta[..., :n], before[..., :n])
        assert not np.any(whole.theta[..., n:] == before[..., n:])
        before = whole.theta.copy()
        train_step(whole, noise, np.ones(6, int), loss, of_whole)
        assert np.array_equal(whole.theta[..., n:], before[..., n:])
        assert not np.any(whole.theta[..., :n] == before[..., :n])
        assert np.array_equal(judge(generator(noise)), whole(noise))
    assert not whole.grad[..., n:].any() and judge.grad.any()


def test_a_part_remembers_by_itself():
    whole, generator, judge = gan()
    x = np.random.default_rng(2).normal(size=(5, 2))
    whole.backward(np.ones_like(whole.forward(x)))
    expected = whole.grad.copy()
    out = whole.forward(x)
    generator.forward(2 * x)
    judge.forward(np.ones((3, 3)))
    generator.backward(np.ones((5, 3)))
    whole.backward(np.ones_like(out))
    assert np.array_equal(whole.grad, expected)
    assert (generator.in_shape, generator.out_shape, judge.in_shape) == ((2,), (3,), (3,))
    assert generator.n_parameters + judge.n_parameters == whole.n_parameters
    assert whole[1:][2:].layers[0].W.tolist() == whole.layers[3].W.tolist()


@pytest.mark.parametrize("name", ["deepcopy", "pickle"])
def test_networks_copied_together_still_share(name):
    whole, generator, judge = COPIES[name](gan())
    generator.theta += 1
    judge.layers[0].b = [7, 8, 9, 10]
    assert np.array_equal(whole.theta[: generator.n_parameters], generator.theta)
    assert whole.layers[3].b.tolist() == [7, 8, 9, 10]
    alone = judge.copy()
    alone.theta += 1
    assert np.array_equal(whole.theta[generator.n_parameters :], judge.theta)


def test_slices_of_a_network():
    whole, *_ = gan()
    for wrong in (0, "a", slice(None, None, 2)):
        with pytest.raises(TypeError, match=r"takes a slice of layers, such as network\[0:2\]"):
            whole[wrong]
    with pytest.raises(ValueError, match=r"must hold a layer; got \[3:2\]"):
        whole[3:2]
    assert len(whole[-1:]) == 1 and len(whole) == 6


def test_the_layers_of_a_part_are_its_own_residuals_too():
    network = make()
    part = network[1:]
    inner = part.layers[1].layers[0]
    assert inner is not network.layers[2].layers[0]
    inner.W = np.eye(4)
    assert np.array_equal(network.layers[2].layers[0].W, np.eye(4))
    assert part.layers[2].rng is network.layers[3].rng  # one stream of random numbers, as before


@pytest.mark.parametrize("optimizer", [SGD(0.1), Momentum(0.1), Adam(0.1), AdamW(0.1)], ids=repr)
def test_frozen_layers_stay_and_the_others_move_as_before(optimizer):
    x, target = np.random.default_rng(1).normal(size=(8, 3)), np.ones((8, 2))
    free, frozen = make(), make()
    frozen.freeze(0, 4)
    kept = frozen.theta.copy()
    settings = {"loss": HalfSquaredError(), "epochs": 1, "batch_size": 8}
    for network in (free, frozen):
        network.layers[3].rate = 0.0
        fit(
            network,
            x,
            target,
            optimizer=copy.deepcopy(optimizer),
            weight_decay=0.1,
            rng=np.random.default_rng(0),
            **settings,
        )
    moved = frozen.theta != kept
    assert moved[16:36].all() and not moved[:16].any() and not moved[36:].any()
    assert np.array_equal(frozen.theta[16:36], free.theta[16:36])
    frozen.unfreeze()
    assert frozen.trainable is None and frozen.decaying == free.decaying
    frozen.freeze()
    with pytest.raises(ValueError, match="all of its layers are frozen"):
        train_step(frozen, x, target, HalfSquaredError(), SGD(0.1))
    with pytest.raises(ValueError, match=r"indices must be an integer in \[0, 4\]; got 5"):
        frozen.freeze(5)


def test_a_frozen_start_gets_no_gradient_at_all():
    class Counted(Dense):
        calls = 0

        def backward(self, grad, input_grad=True):
            Counted.calls += 1
            return super().backward(grad, input_grad)

    network = Network([Counted(2, 3), Tanh(), Counted(3, 2)], rng=np.random.default_rng(0))
    network.freeze(0)
    train_step(network, np.ones((1, 2)), np.ones((1, 2)), HalfSquaredError(), SGD(0.1))
    assert Counted.calls == 1


def test_a_frozen_layers_gradient_is_zero_and_is_not_clipped_with():
    network = make()
    network.backward(np.ones_like(network.forward(np.ones((5, 3)))))
    network.freeze(0)
    assert not network.grad[:16].any() and network.grad[16:].any()
    assert network.trainable == (slice(16, 46),)
    assert network.decaying == (slice(16, 32), slice(36, 44))


def test_loading_asks_for_kinds_and_shapes_not_for_rates(tmp_path):
    network, other = make(seed=1), make(seed=2)
    network.save(tmp_path / "weights.npz")
    other.layers[3].rate = 0.1
    other.load(tmp_path / "weights.npz")
    assert np.array_equal(other.theta, network.theta)
    for layers in ([Dense(3, 4), Tanh()], [Dense(3, 2), Sigmoid()], [Dense(4, 4), Sigmoid()]):
        source = Network([Dense(3, 4), Sigmoid()], rng=RNG)
        source.save(tmp_path / "small.npz")
        with pytest.raises(ValueError, match=r"small\.npz"):
            Network(layers, rng=RNG).load(tmp_path / "small.npz")


def damaged():
    """Return the bytes of files that no network wrote, by what is wrong with them."""
    file = io.BytesIO()
    np.savez(file, theta=make().theta, architecture=make()._architecture())
    whole = file.getvalue()

    def archive(**arrays):
        file = io.BytesIO()
        np.savez(file, **arrays)
        return file.getvalue()

    empty = io.BytesIO()
    zipfile.ZipFile(empty, "w").close()
    spoilt = bytearray(whole)
    spoilt[200:260] = bytes(60)
    return {
        "empty": b"",
        "cut short": whole[:300],
        "cut at the end": whole[:-40],
        "spoilt": bytes(spoilt),
        "text": b"not an archive",
        "empty archive": empty.getvalue(),
        "one array": np.lib.format.magic(1, 0) + b"rubbish",
        "no theta": archive(architecture="Dense"),
        "pickled": archive(theta=np.array([{}], dtype=object), architecture="Dense"),
        "a pickle": pickle.dumps(make()),
        "complex": archive(theta=make().theta + 1j, architecture=make()._architecture()),
        "words": archive(theta=make().theta.astype(str), architecture=make()._architecture()),
    }


@pytest.mark.parametrize("what", damaged())
def test_every_damaged_file_is_one_error_that_names_it(what, tmp_path):
    (tmp_path / "weights.npz").write_bytes(damaged()[what])
    network = make()
    before = network.theta.copy()
    with pytest.raises(ValueError, match=r"path must .*(?s:.*)weights\.npz"):
        network.load(tmp_path / "weights.npz")
    assert np.array_equal(network.theta, before)


def test_a_missing_file_is_missing(tmp_path):
    with pytest.raises(FileNotFoundError):
        make().load(tmp_path / "none.npz")


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
        "layers[0] must say how many numbers come in, as Dense(n_in, n_out) does, or input_shape "
        "must give the shape of a sample; got ReLU()",
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


@pytest.mark.parametrize("dtype", [np.int64, None, "abc"])
def test_bad_dtype(dtype):
    with pytest.raises((ValueError, TypeError), match="dtype must be"):
        make(dtype=dtype)


def test_a_residual_block_must_keep_the_width():
    with pytest.raises(ValueError, match=r"layers\[1\] must take the 3 numbers") as error:
        Network([Dense(2, 3), Residual([Dense(3, 4)])], rng=RNG)
    assert "must give as many numbers as it takes, 3; got 4" in str(error.value.__cause__)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.ones((2, 4)), r"x must have shape \(any, 3\); got \(2, 4\)"),
        (np.ones(3), r"x must have shape \(any, 3\); got \(3,\)"),
        (np.ones((0, 3)), "x must not be empty"),
        ([[1, np.nan, 2]], r"x must be finite; got nan at index \(0, 1\)"),
        ([[1, 2], [3]], "x must be a rectangular array of numbers"),
    ],
)
def test_predict_refuses_bad_samples(x, message):
    with pytest.raises(ValueError, match=message):
        make().predict(x)


def test_the_layers_of_a_network_are_fixed():
    network = make()
    with pytest.raises(TypeError):
        network.layers[1] = Tanh()
    with pytest.raises(AttributeError):
        network.layers.append(Tanh())


class Wrap(Layer):
    """A student's container, whose layer is not called layers."""

    def __init__(self, inner):
        self.inner, self.n_in = inner, inner.n_in

    def parameter_shapes(self):
        return self.inner.parameter_shapes()

    def output_shape(self, shape):
        return self.inner.output_shape(shape)

    def bind(self, parameters, gradients):
        self.inner.in_shape = self.in_shape
        attach(self.inner, parameters, gradients)

    def initialize(self, rng, grid):
        self.inner.initialize(rng, grid)

    def forward(self, x, training=False):
        return self.inner.forward(x, training)

    def backward(self, grad, input_grad=True):
        return self.inner.backward(grad, input_grad)


def test_layers_inside_any_layer_are_found_copied_and_frozen(tmp_path):
    network = Network([Wrap(Dense(3, 4)), Tanh(), Dense(4, 2)], rng=np.random.default_rng(0))
    part = network[:2]
    assert part.layers[0].inner is not network.layers[0].inner
    x, target = np.ones((5, 3)), np.zeros((5, 2))
    before = network.theta.copy()
    train_step(network, x, target, HalfSquaredError(), SGD(0.1))
    assert (network.theta != before)[:16].all()
    assert np.array_equal(part(x), network[:2](x))
    network.freeze(0)
    assert network.layers[0].inner._frozen
    with pytest.raises(ValueError, match=r"layers\[0\]\.inner must be a new layer"):
        Network([Wrap(network.layers[0].inner)], rng=RNG)
    network.save(tmp_path / "weights.npz")
    with pytest.raises(ValueError, match=r"layers\[0\]\.inner Dense"):
        Network([Dense(3, 4), Tanh(), Dense(4, 2)], rng=RNG).load(tmp_path / "weights.npz")


def test_loading_asks_where_layers_stand(tmp_path):
    one = Network([Residual([Dense(2, 2)]), Tanh()], rng=RNG)
    other = Network([Residual([Dense(2, 2), Tanh()])], rng=RNG)
    one.save(tmp_path / "weights.npz")
    with pytest.raises(ValueError, match="path must hold parameters of shape"):
        other.load(tmp_path / "weights.npz")


def test_loading_what_the_dtype_cannot_hold_is_refused(tmp_path):
    wide, narrow = make(), make(dtype=np.float32)
    wide.theta[3] = 1e300
    wide.save(tmp_path / "weights.npz")
    with pytest.raises(ValueError, match=r"theta must be finite; got 1e\+300 at index \(3,\)"):
        narrow.load(tmp_path / "weights.npz")
    with pytest.raises(ValueError, match="theta must be finite; got"):
        narrow.theta = wide.theta
    wide.theta[3] = np.nan  # but a network that has diverged can be kept
    wide.save(tmp_path / "weights.npz")
    narrow.load(tmp_path / "weights.npz")
    assert np.isnan(narrow.theta[3])


def test_the_step_by_hand_that_freeze_tells_moves_nothing_frozen():
    network = make()
    network.freeze(0)
    kept = network.theta.copy()
    for parts in ({"decaying": network.decaying}, {}):
        network.backward(np.ones_like(network.forward(np.ones((5, 3)))))
        optimizer = AdamW(0.1, weight_decay=0.5)
        optimizer.step(network.theta, network.grad, trainable=network.trainable, **parts)
    assert np.array_equal(network.theta[:16], kept[:16])
    assert (network.theta != kept)[16:].all()


def test_a_layer_that_does_not_know_of_freezing_gets_no_gradient_either():
    network = Network([Dense(2, 3), Scale(3, {}), Dense(3, 2)], rng=np.random.default_rng(0))
    network.freeze(1)
    network.backward(np.ones_like(network.forward(np.ones((5, 2)))))
    assert not network.grad[9:12].any() and network.grad[:9].any()


@pytest.mark.parametrize(
    ("settings", "x", "message"),
    [
        (
            {"input_shape": (4, 4, 3)},
            np.ones((4, 2, 2, 3)),
            r"\(any, 4, 4, 3\); got \(4, 2, 2, 3\)",
        ),
        ({"grid": (1,)}, np.ones((4, 7, 3)), r"leading axes of the grid, \(1,\), or none"),
        ({}, np.ones((2, 3)) + 1j, "x must hold real numbers; got dtype complex128"),
        ({}, np.ma.masked_array(np.ones((2, 3)), False), "which carries more than numbers"),
    ],
)
def test_forward_guesses_no_axes_and_drops_nothing(settings, x, message):
    network = Network([Dense(3, 2)], rng=np.random.default_rng(0), **settings)
    with pytest.raises((ValueError, TypeError), match=message):
        network.forward(x)


def test_forward_lets_nan_through():
    assert np.isnan(make().forward([[np.nan, 0, 0]])).all()


class Fixed(Dense):
    def __init__(self, W):
        super().__init__(*W.shape)
        self.W = W


class Twice(Layer):
    n_in = 2

    def parameter_shapes(self):
        return {"W": (2,), "dW": (2,)}


@pytest.mark.parametrize(("layer", "name"), [(Fixed(np.ones((2, 3))), "W"), (Twice(), "dW")])
def test_a_parameters_name_is_its_own(layer, name):
    with pytest.raises(ValueError, match=f"must leave the name {name} to its parameter"):
        Network([layer], rng=RNG)


class Total(Layer):
    """A layer that forgot to say what comes out of it."""

    def forward(self, x, training=False):
        return x.sum(axis=-1, keepdims=True)

    def backward(self, grad, input_grad=True):
        return grad


def test_a_wrong_output_shape_is_noticed():
    network = Network([Dense(4, 4), Total()], rng=RNG)
    x, target = np.ones((5, 4)), np.ones((5, 4))
    for use in (
        lambda: network(x),
        lambda: train_step(network, x, target, HalfSquaredError(), SGD(0.1)),
        lambda: fit(
            network, x, target, loss=HalfSquaredError(), optimizer=SGD(0.1), epochs=1, rng=RNG
        ),
    ):
        with pytest.raises(ValueError, match=r"must give what their output_shape says, \(4,\)"):
            use()


class InPlace(Layer):
    """A layer that changes its input, which it must not."""

    def forward(self, x, training=False):
        x *= 2
        return x

    def backward(self, grad, input_grad=True):
        return 2 * grad


def test_no_layer_can_change_the_callers_samples():
    network = Network([InPlace(), Dense(3, 2)], rng=RNG)
    x = np.ones((5, 3))
    network(x)
    with pytest.raises(ValueError, match="read-only"):
        train_step(network, x, np.ones((5, 2)), HalfSquaredError(), SGD(0.1))
    assert (x == 1).all()


def test_layers_of_a_network_that_was_refused_can_be_used():
    rngs = [np.random.default_rng(k) for k in range(2)]
    layers = [Dense(2, 2), Dropout(0.5, rng=rngs)]
    with pytest.raises(ValueError, match="one for each network"):
        Network(layers, rng=RNG)
    assert Network(layers, rng=RNG, grid=(2,)).grid == (2,)
    with pytest.raises(ValueError, match="rng must hold a generator of its own for each network"):
        Dropout(0.5, rng=[rngs[0], rngs[0]])


def test_weights_are_missing_before_there_is_a_network():
    make()
    with pytest.raises(AttributeError, match=r"W comes with the network .* it has no shape yet"):
        print(Dense(2, 3).W.shape)


def test_a_grid_without_parameters_still_has_its_axis():
    assert Network([Tanh()], rng=RNG, grid=(3,), input_shape=(2,))(np.ones((4, 2))).shape == (
        3,
        4,
        2,
    )


def test_whole_numbers_come_in_first_or_not_at_all():
    class OneHot(Layer):
        takes_integers = True

        def output_shape(self, shape):
            return (*shape, 3)

        def forward(self, x, training=False):
            return np.eye(3)[x]

    network = Network([OneHot(), Dense(3, 2)], rng=RNG, input_shape=(4,))
    assert network([[0, 1, 2, 0]]).shape == (1, 4, 2)
    with pytest.raises(TypeError, match="x must hold integers"):
        network([[0.0, 1, 2, 0]])
    with pytest.raises(
        ValueError, match=r"layers\[1\] must come first, where whole numbers come in"
    ):
        Network([Dense(3, 2), OneHot()], rng=RNG)


class Trap:
    """What a pickle may do when it is read."""

    def __reduce__(self):
        return (print, ("read",))


def test_loading_never_runs_what_a_file_holds(tmp_path, capsys):
    theta = np.array([Trap()], dtype=object)
    np.savez(tmp_path / "weights.npz", theta=theta, architecture="", allow_pickle=True)
    with pytest.raises(ValueError, match=r"path must be a file that Network\.save wrote"):
        make().load(tmp_path / "weights.npz")
    assert capsys.readouterr().out == ""


def test_loading_says_what_the_file_holds(tmp_path):
    Network([Dense(2, 3), Tanh()], rng=RNG).save(tmp_path / "weights.npz")
    with pytest.raises(ValueError) as error:
        Network([Dense(2, 3), Residual([Dense(3, 3)])], rng=RNG).load(tmp_path / "weights.npz")
    shapes = "layers[1] Residual(layers[0].W (3, 3), layers[0].b (3,))"
    assert str(error.value) == (
        "path must hold parameters of shape (21,) for\n"
        f"  layers[0] Dense(W (2, 3), b (3,)), {shapes}, "
        "layers[1].layers[0] Dense(W (3, 3), b (3,))\n"
        "got shape (9,) for\n"
        "  layers[0] Dense(W (2, 3), b (3,)), layers[1] Tanh()\n"
        f"in {tmp_path / 'weights.npz'}"
    )


def test_a_grid_without_parameters_gives_each_network_the_same():
    x = np.array([[1.0, 2.0]])
    assert np.array_equal(Network([Tanh()], rng=RNG, grid=(2,), input_shape=(2,))(x)[1], np.tanh(x))


@pytest.mark.parametrize("grad", [np.ones((4, 1)), np.ones(3), 3.0, np.ones((1, 3)), np.ones(12)])
def test_backward_takes_a_gradient_of_the_outputs_shape_only(grad):
    network = Network([Dense(2, 3), Sigmoid()], rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="network must have gone forward"):
        network.backward(np.ones((4, 3)))
    network.forward(np.ones((4, 2)))
    with pytest.raises(ValueError, match=r"grad must have the shape .*\(4, 3\); got"):
        network.backward(grad)
    assert network.backward(np.ones((4, 3))).shape == (4, 2)
    with pytest.raises(ValueError, match="network must have gone forward"):
        network.copy().backward(np.ones((4, 3)))  # a copy leaves the samples behind


def test_backward_takes_places_as_they_are_or_as_rows():
    network = Network([Dense(2, 3)], rng=np.random.default_rng(0), grid=(2,), input_shape=(5, 2))
    network.forward(np.ones((4, 5, 2)))
    g = np.random.default_rng(1).normal(size=(2, 4, 5, 3))
    first, grad = network.backward(g), network.grad.copy()
    second = network.backward(g.reshape(2, 20, 3))
    assert np.array_equal(first, second) and np.array_equal(grad, network.grad)
    with pytest.raises(ValueError, match="grad must have the shape"):
        network.backward(g[0])


def test_backward_reads_integers_as_numbers_and_refuses_a_mask():
    network = Network([Dense(2, 1)], rng=np.random.default_rng(0), input_shape=(5, 2))
    network.forward(np.ones((4, 5, 2)))
    network.backward(np.full((4, 5, 1), 100, np.int8))
    assert network.layers[0].db == 2000
    with pytest.raises(TypeError, match="grad must be a plain array"):
        network.backward(np.ma.ones((4, 5, 1)))


@pytest.mark.parametrize("kind", [Flatten, GlobalAveragePool, lambda: Residual([Tanh()])])
def test_what_backward_hands_out_is_the_callers(kind):
    network = Network([kind()], rng=np.random.default_rng(0), input_shape=(2, 2))
    g = np.ones(network.forward(np.ones((3, 2, 2))).shape)
    network.backward(g)[...] = 7
    assert (g == 1).all()
