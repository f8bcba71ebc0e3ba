"""Recurrent layers: PyTorch's numbers, the formulas in plain loops, and what truncation cuts."""

from pathlib import Path

import numpy as np
import pytest

from nnlib import (
    LSTM,
    RNN,
    Adam,
    Dense,
    HalfSquaredError,
    Network,
    SoftmaxCrossEntropy,
    check_gradients,
    fit,
    normal,
    orthogonal,
    sigmoid,
)

GOLDENS = np.load(Path(__file__).parent / "goldens" / "recurrence.npz")
NAMES = sorted(name.removesuffix(", W") for name in GOLDENS if name.endswith(", W"))
KINDS = {"RNN": RNN, "LSTM": LSTM}
EQUAL = {"rtol": 1e-10, "atol": 1e-10}


def rng(seed=0):
    return np.random.default_rng(seed)


def alone(layer, steps, seed=0, grid=(), dtype=np.float64):
    shape = (steps, layer.n_in)
    return Network([layer], rng=rng(seed), input_shape=shape, grid=grid, dtype=dtype)


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_recurrent_layers_equal_pytorch(name, last):
    x, W, V, b = (GOLDENS[f"{name}, {key}"] for key in "xWVb")
    layer = KINDS[name.split()[0]](x.shape[-1], V.shape[0], last=last)
    network = alone(layer, x.shape[1])
    layer.W, layer.V, layer.b = W, V, b
    expected = {key: GOLDENS[f"{name}{' last' * last}, {key}"] for key in ("y", "g", "dx")}
    np.testing.assert_allclose(network.forward(x), expected["y"], **EQUAL)
    np.testing.assert_allclose(network.backward(expected["g"]), expected["dx"], **EQUAL)
    for key in ("dW", "dV", "db"):
        golden = GOLDENS[f"{name}{' last' * last}, {key}"]
        np.testing.assert_allclose(getattr(layer, key), golden, **EQUAL)


def test_an_rnn_is_its_formula_step_by_step():
    layer = RNN(2, 3)
    network = alone(layer, 4)
    layer.b = [0.1, -0.2, 0.3]
    x = rng(1).normal(size=(5, 4, 2))
    y, h = network(x), np.zeros((5, 3))
    for t in range(4):
        h = np.tanh(x[:, t] @ layer.W + h @ layer.V + layer.b)
        assert y[:, t] == pytest.approx(h, rel=1e-12)


def test_an_lstm_is_its_formula_step_by_step():
    layer = LSTM(2, 3)
    network = alone(layer, 4)
    layer.b = rng(2).normal(size=12)
    x = rng(1).normal(size=(5, 4, 2))
    y, h, c = network(x), np.zeros((5, 3)), np.zeros((5, 3))
    for t in range(4):
        z = x[:, t] @ layer.W + h @ layer.V + layer.b
        i, f, o = (sigmoid(z[:, layer.part(gate)]) for gate in "ifo")
        c = f * c + i * np.tanh(z[:, layer.part("u")])
        h = o * np.tanh(c)
        assert y[:, t] == pytest.approx(h, rel=1e-12)


@pytest.mark.parametrize("truncation", [1, 3, 5])
@pytest.mark.parametrize("kind", KINDS.values())
def test_truncation_cuts_the_gradient_and_not_the_states(kind, truncation):
    whole, cut = kind(2, 3), kind(2, 3, truncation=truncation)
    networks = [alone(layer, 7) for layer in (whole, cut)]
    networks[1].theta = networks[0].theta
    x, g = rng(1).normal(size=(4, 7, 2)), np.zeros((4, 7, 3))
    g[:, -1] = rng(2).normal(size=(4, 3))
    outputs = [network.forward(x) for network in networks]
    assert np.array_equal(*outputs)
    grads = [network.backward(g) for network in networks]
    first = 6 - 6 % truncation  # of the piece that the last step lies in
    assert grads[1][:, first:] == pytest.approx(grads[0][:, first:], rel=1e-12)
    assert not grads[1][:, :first].any() and grads[0][:, :first].all()
    assert not np.allclose(networks[0].grad, networks[1].grad)


@pytest.mark.parametrize("kind", KINDS.values())
def test_step_by_step_is_the_whole_sequence(kind):
    layer = kind(2, 3)
    network = alone(layer, 6)
    x = rng(1).normal(size=(4, 6, 2))
    y, state = network(x), None
    for t in range(6):
        output, state = layer.step(x[:, t], state)
        assert output == pytest.approx(y[:, t], rel=1e-12)


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("kind", KINDS.values())
def test_gradients_grid_and_float32(kind, last):
    x = rng(1).normal(size=(4, 5, 2))
    labels = rng(2).integers(3, size=4 if last else (4, 5))

    def build(grid=(), dtype=np.float64):
        layers = [kind(2, 4), kind(4, 3, last=last), Dense(3, 3)]
        return Network(layers, rng=rng(), input_shape=(5, 2), grid=grid, dtype=dtype)

    loss, one = SoftmaxCrossEntropy(), build()
    one.theta += rng(3).normal(0, 0.1, one.theta.shape)
    assert max(check_gradients(one, loss, x, labels).values()) < 1e-7
    together = build(grid=(2,))
    value, grad = loss(together.rows(together.forward(x)), labels.ravel())
    grad_x = together.backward(grad)
    for k in range(2):
        one.theta = together.theta[k]
        alone_value, grad = loss(one.rows(one.forward(x)), labels.ravel())
        assert alone_value == pytest.approx(value[k], rel=1e-12)
        assert one.backward(grad) == pytest.approx(grad_x[k], rel=1e-9, abs=1e-15)
        assert one.grad == pytest.approx(together.grad[k], rel=1e-9, abs=1e-14)
    small = build(dtype=np.float32)
    y = small.forward(x)
    assert y.dtype == small.backward(np.ones_like(y)).dtype == small.grad.dtype == np.float32
    small_step, _ = small.layers[0].step(x[:, 0])
    assert small_step.dtype == np.float32


def test_a_grid_steps_too():
    layer = LSTM(2, 3)
    network = alone(layer, 2, grid=(4,))
    x = rng(1).normal(size=(5, 2, 2))
    first, state = layer.step(x[:, 0])
    second, _ = layer.step(x[:, 1], state)
    assert first.shape == (4, 5, 3)
    assert second == pytest.approx(network(x)[:, :, 1], rel=1e-12)


def test_first_values():
    layer = LSTM(3, 8, initializer=normal(0.5))
    network = alone(layer, 2, grid=(2,))
    for gate in "ifuo":
        V = layer.V[1][:, layer.part(gate)]
        assert V.T @ V == pytest.approx(np.eye(8), abs=1e-12)
        assert (layer.b[..., layer.part(gate)] == (gate == "f")).all()
    assert network.theta.std() > 0
    other = LSTM(3, 2, forget_bias=-2.5)
    alone(other, 2)
    assert other.b.tolist() == [0, 0, -2.5, -2.5, 0, 0, 0, 0]


def test_orthogonal_parts_keep_lengths():
    tall, wide = orthogonal(rng(), 6, 3), orthogonal(rng(), 3, 6, grid=(2,))
    assert tall.T @ tall == pytest.approx(np.eye(3), abs=1e-12)
    assert wide[1] @ wide[1].T == pytest.approx(np.eye(3), abs=1e-12)
    assert wide.shape == (2, 3, 6) and not np.allclose(wide[0], wide[1])
    signs = [np.sign(np.linalg.det(orthogonal(rng(seed), 2, 2))) for seed in range(40)]
    assert 5 < signs.count(1) < 35


@pytest.mark.parametrize("kind", KINDS.values())
def test_it_learns_what_came_two_steps_ago(kind):
    bits = rng(1).integers(2, size=(60, 8))
    x, target = 2.0 * bits[..., None] - 1, np.zeros((60, 8, 1))
    target[:, 2:, 0] = bits[:, :-2]
    network = Network([kind(1, 8), Dense(8, 1)], rng=rng(), input_shape=(8, 1))
    settings = {"loss": HalfSquaredError(), "optimizer": Adam(0.02), "epochs": 60}
    history = fit(network, x, target, batch_size=10, rng=rng(), **settings)
    assert history.loss[-1] < 0.1 * history.loss[0]
    twin = network.copy()
    assert np.array_equal(twin(x), network(x))


@pytest.mark.parametrize(
    ("make", "kind", "message"),
    [
        (lambda: RNN(0, 1), ValueError, "n_in must be an integer in [1, inf); got 0"),
        (lambda: RNN(1, 1, last=1), TypeError, "last must be True or False; got 1"),
        (lambda: LSTM(1, 1, truncation=0), ValueError, "truncation must be an integer in [1"),
        (lambda: LSTM(1, 1, forget_bias="no"), TypeError, "forget_bias must be"),
        (lambda: LSTM(1, 1).part("g"), ValueError, 'gate must be "i", "f", "u" or "o"; got \'g\''),
        (lambda: alone(RNN(2, 1), 3).layers[0].step([[1, 2, 3]]), ValueError, "x must have shape"),
        (
            lambda: alone(LSTM(1, 1), 3).layers[0].step([[1]], np.ones((1, 1, 1))),
            ValueError,
            "state must have shape (2, 1, 1); got (1, 1, 1)",
        ),
        (
            lambda: RNN(2, 1).output_shape((16,)),
            ValueError,
            "RNN(n_in=2, n_out=1, last=False, truncation=None) takes sequences of shape (steps, 2)"
            "; got (16,)",
        ),
        (
            lambda: Network([RNN(2, 3), RNN(4, 1)], rng=rng(), input_shape=(5, 2)),
            ValueError,
            "layers[1] must take the samples of shape (5, 3) that layers[0] gives; got RNN(n_in=4",
        ),
    ],
)
def test_bad_input_is_named(make, kind, message):
    with pytest.raises(kind) as error:
        make()
    assert message in str(error.value)


@pytest.mark.parametrize("kind", [RNN, LSTM])
@pytest.mark.parametrize("shape", [(2, 3), (1, 3), (2, 1), ()])
def test_an_initializer_gives_weights_for_each_network(kind, shape):
    def same(rng, n_in, n_out, grid=()):
        return rng.normal(size=shape)

    with pytest.raises(ValueError, match="the initializer's weights must have shape"):
        Network([kind(2, 3, initializer=same)], rng=rng(), grid=(2,), input_shape=(4, 2))
