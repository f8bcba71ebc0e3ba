"""Training: what `fit` does to a network, what it records, and when it refuses."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlib import (
    SGD,
    Adam,
    Dense,
    Dropout,
    HalfSquaredError,
    Momentum,
    Network,
    ReLU,
    SoftmaxCrossEntropy,
    Tanh,
    accuracy,
    fit,
    minibatches,
)
from nnlib.datasets import moons
from nnlib.training import clip_gradient


def rng(seed=0):
    return np.random.default_rng(seed)


def make(grid=(), seed=0, dtype=np.float64):
    return Network([Dense(2, 5), Tanh(), Dense(5, 2)], rng=rng(seed), grid=grid, dtype=dtype)


X, Y = moons(40, 0.1, rng=rng())
X_NEW, Y_NEW = moons(30, 0.1, rng=rng(1))


def train(network, *, x=X, target=Y, **settings):
    defaults = {
        "loss": SoftmaxCrossEntropy(),
        "optimizer": SGD(0.3),
        "epochs": 3,
        "rng": rng(7),
        "batch_size": 16,
    }
    return fit(network, x, target, **{**defaults, **settings})


@given(st.integers(1, 50), st.integers(1, 60))
def test_minibatches_pass_every_sample_once(n, batch_size):
    batches = list(minibatches(n, batch_size, rng=rng()))
    assert sorted(np.concatenate(batches)) == list(range(n))
    assert len(batches) == -(-n // batch_size)
    assert all(len(batch) == batch_size for batch in batches[:-1])


def test_fit_is_forward_loss_backward_step():
    network, by_hand = make(), make()
    history = train(network, epochs=2)
    order, loss, losses = rng(7), SoftmaxCrossEntropy(), []
    for _ in range(2):
        total = 0
        for batch in minibatches(40, 16, rng=order):
            value, grad = loss(by_hand.forward(X[batch]), Y[batch])
            by_hand.backward(grad)
            by_hand.theta[...] -= 0.3 * by_hand.grad
            total += value * len(batch)
        losses.append(total / 40)
    assert np.array_equal(network.theta, by_hand.theta)
    assert history.loss == pytest.approx(losses, rel=1e-14)


def test_training_learns():
    network = make()
    history = train(network, optimizer=Adam(0.03), epochs=100, validation=(X_NEW, Y_NEW))
    assert history.loss[-1] < 0.2 * history.loss[0]
    assert history.validation_accuracy[-1] == accuracy(network, X_NEW, Y_NEW) > 0.9
    assert len(history.loss) == len(history.validation_loss) == 100
    assert isinstance(history.loss[0], float)


def test_the_same_seed_gives_the_same_network():
    first, second = make(), make()
    train(first)
    train(second)
    assert np.array_equal(first.theta, second.theta)


def test_a_second_fit_goes_on_where_the_first_ended():
    whole, parts = make(), make()
    train(whole, optimizer=Momentum(0.3), epochs=4)
    optimizer, order = Momentum(0.3), rng(7)
    train(parts, optimizer=optimizer, epochs=1, rng=order)
    train(parts, optimizer=optimizer, epochs=3, rng=order)
    assert np.array_equal(whole.theta, parts.theta)


@pytest.mark.parametrize("own_orders", [False, True], ids=["one order", "an order each"])
def test_a_grid_trains_like_each_network_alone(own_orders):
    grid = make(grid=(3,))
    starts = grid.theta.copy()
    rates, decays = np.array([0.1, 0.3, 0.5]), np.array([0, 0.01, 0.1])
    seeds = [1, 2, 3] if own_orders else [1, 1, 1]
    history = train(
        grid,
        optimizer=Momentum(rates),
        weight_decay=decays,
        clip_norm=0.5,
        validation=(X_NEW, Y_NEW),
        rng=[rng(s) for s in seeds] if own_orders else rng(1),
    )
    for k in range(3):
        alone = make()
        alone.theta[...] = starts[k]
        expected = train(
            alone,
            optimizer=Momentum(rates[k]),
            weight_decay=decays[k],
            clip_norm=0.5,
            validation=(X_NEW, Y_NEW),
            rng=rng(seeds[k]),
        )
        assert grid.theta[k] == pytest.approx(alone.theta, rel=1e-11, abs=1e-13)
        for name in ("loss", "validation_loss", "validation_accuracy"):
            of_grid = [values[k] for values in getattr(history, name)]
            assert of_grid == pytest.approx(getattr(expected, name), rel=1e-11)


def test_weight_decay_shrinks_weights_and_leaves_biases():
    network = Network([Dense(2, 2)], rng=rng())
    network.theta[...] = 1
    zeros = np.zeros((4, 2))
    target = network.predict(zeros)  # no error, so only the decay acts
    settings = {"loss": HalfSquaredError(), "optimizer": SGD(0.5), "epochs": 1, "batch_size": 4}
    train(network, x=zeros, target=target, weight_decay=0.2, **settings)
    assert network.layers[0].W == pytest.approx(np.full((2, 2), 1 - 0.5 * 0.2))
    assert network.layers[0].b.tolist() == [1, 1]


def test_clipping_keeps_the_direction():
    grads = np.array([[3.0, 4.0], [0.3, 0.4], [0.0, 0.0]])
    clip_gradient(grads, 1.0)
    assert grads == pytest.approx(np.array([[0.6, 0.8], [0.3, 0.4], [0, 0]]))


def test_early_stopping_returns_to_the_best_epoch():
    # Twenty noisy labels: the validation loss soon rises.
    x, y = X[:20], rng(3).integers(2, size=20)
    network = Network([Dense(2, 30), ReLU(), Dense(30, 2)], rng=rng())
    settings = {"optimizer": Adam(0.05), "validation": (X_NEW, Y_NEW), "batch_size": 5}
    history = train(network, x=x, target=y, epochs=200, patience=7, **settings)
    best = int(np.argmin(history.validation_loss)) + 1
    assert history.best_epoch == best
    assert len(history.loss) == best + 7 < 200
    final = SoftmaxCrossEntropy()(network.predict(X_NEW), Y_NEW)[0]
    assert final == pytest.approx(min(history.validation_loss), rel=1e-12)


def test_early_stopping_in_a_grid_equals_each_network_alone():
    grid, patience = make(grid=(3,)), 2
    starts = grid.theta.copy()
    settings = {"validation": (X_NEW, Y_NEW), "epochs": 40, "patience": patience}
    history = train(grid, optimizer=SGD(np.array([0.5, 3.0, 8.0])), **settings)
    for k, rate in enumerate([0.5, 3.0, 8.0]):
        alone = make()
        alone.theta[...] = starts[k]
        expected = train(alone, optimizer=SGD(rate), **settings)
        assert history.best_epoch[k] == expected.best_epoch
        assert grid.theta[k] == pytest.approx(alone.theta, rel=1e-9)
    assert len(set(history.best_epoch)) > 1


def test_dropout_acts_while_training_and_not_in_validation():
    layers = [Dense(2, 50), ReLU(), Dropout(0.9, rng=rng(5)), Dense(50, 2)]
    network = Network(layers, rng=rng())
    history = train(network, optimizer=SGD(1e-12), validation=(X, Y), epochs=2)
    assert history.validation_loss[0] == pytest.approx(history.validation_loss[1])
    assert abs(history.loss[0] - history.loss[1]) > 0.01


def test_divergence_stops_with_the_epoch():
    network = make()
    with pytest.raises(FloatingPointError, match=r"training diverged in epoch \d+: .*SGD"):
        fit_numbers(network, SGD(1e6))


@pytest.mark.parametrize(
    ("rate", "target", "loss_is_finite"),
    [(1e-300, 1e200, False), (1e308, 1e5, True)],
    ids=["only the loss", "only the parameters"],
)
def test_loss_and_parameters_are_both_watched(rate, target, loss_is_finite):
    network, targets = make(), np.full((40, 2), target)
    settings = {"loss": HalfSquaredError(), "optimizer": SGD(rate), "epochs": 1, "batch_size": 40}
    with pytest.raises(FloatingPointError, match="training diverged in epoch 1:"):
        train(network, target=targets, **settings)
    assert np.isfinite(network.theta).all() == (not loss_is_finite)
    history = train(make(), target=targets, on_divergence="record", **settings)
    assert np.isfinite(history.loss[0]) == loss_is_finite


def fit_numbers(network, optimizer, **settings):
    target = 10 * X
    return train(
        network, target=target, loss=HalfSquaredError(), optimizer=optimizer, epochs=300, **settings
    )


@pytest.mark.filterwarnings("error")
def test_divergence_is_recorded_when_asked_and_spares_the_rest_of_the_grid():
    grid = make(grid=(2,))
    history = fit_numbers(grid, SGD(np.array([0.01, 1e6])), on_divergence="record")
    assert len(history.loss) == 300
    fine, lost = np.array(history.loss).T
    assert np.isfinite(fine).all() and not np.isfinite(lost[-1])
    assert np.isfinite(grid.theta[0]).all()
    with pytest.raises(FloatingPointError, match=r"in network \(1,\) of the grid"):
        fit_numbers(make(grid=(2,)), SGD(np.array([0.01, 1e6])))


def test_float32_stays_float32():
    network = make(dtype=np.float32)
    train(network, optimizer=Adam(0.01))
    assert network.theta.dtype == np.float32


BAD_CALLS = [
    ({"x": X[:, :1]}, ValueError, "x must have shape (any, 2); got (40, 1)"),
    ({"x": np.zeros((0, 2)), "target": []}, ValueError, "x must not be empty; got shape (0, 2)"),
    ({"x": np.full((40, 2), np.nan)}, ValueError, "x must be finite; got nan at index (0, 0)"),
    ({"x": [["a", "b"]]}, TypeError, "x must hold real numbers; got dtype <U1"),
    ({"target": Y[:5]}, ValueError, "target must have shape (40,); got (5,)"),
    ({"target": np.full(40, 2)}, ValueError, "target must hold labels 0 to 1; got 2 at index 0"),
    ({"loss": "mse"}, TypeError, "loss must be a loss such as HalfSquaredError(); got 'mse'"),
    ({"optimizer": 0.1}, TypeError, "optimizer must be an Optimizer such as SGD(0.1); got 0.1"),
    ({"epochs": 0}, ValueError, "epochs must be an integer in [1, inf); got 0"),
    (
        {"batch_size": 2.5},
        TypeError,
        "batch_size must be an integer in [1, inf); got 2.5 of type float",
    ),
    ({"weight_decay": -1}, ValueError, "weight_decay must be a number in [0, inf); got -1"),
    ({"weight_decay": [0.1]}, ValueError, "weight_decay must have shape (); got (1,)"),
    ({"clip_norm": 0}, ValueError, "clip_norm must be a number in (0, inf); got 0"),
    ({"patience": 3}, ValueError, "validation must be given with patience=3; got None"),
    ({"validation": X}, ValueError, "validation must be a pair (x, target); got ndarray"),
    (
        {"validation": (X, Y[:3])},
        ValueError,
        "validation[1]: target must have shape (40,); got (3,)",
    ),
    (
        {"on_divergence": "shrug"},
        ValueError,
        "on_divergence must be one of 'raise', 'record'; got 'shrug'",
    ),
    (
        {"rng": [rng(), rng()]},
        ValueError,
        "rng must be one generator, or a list of one for each network of a grid (K,); "
        "got 2 for a network with grid=()",
    ),
]


@pytest.mark.parametrize(("change", "kind", "message"), BAD_CALLS, ids=[m for *_, m in BAD_CALLS])
def test_bad_input_is_refused_before_anything_is_trained(change, kind, message):
    network = make()
    before = network.theta.copy()
    with pytest.raises(kind) as error:
        train(network, **change)
    assert str(error.value) == message
    assert np.array_equal(network.theta, before)


def test_a_negative_weight_decay_in_a_grid_is_refused():
    with pytest.raises(ValueError, match=r"weight_decay must be 0 or more; got -0\.1 among"):
        train(make(grid=(2,)), weight_decay=[0.1, -0.1])


def test_learning_rates_must_fit_the_grid():
    with pytest.raises(ValueError, match=r"shape of the grid, \(3,\); got \(2,\)"):
        train(make(grid=(3,)), optimizer=SGD([0.1, 0.2]))
    with pytest.raises(ValueError, match=r"shape of the grid, \(\); got \(2,\)"):
        train(make(), optimizer=SGD([0.1, 0.2]))


def test_an_optimizer_does_not_move_to_a_network_of_another_size():
    optimizer = Momentum(0.1)
    train(make(), optimizer=optimizer)
    other = Network([Dense(2, 2)], rng=rng())
    with pytest.raises(
        ValueError, match=r"optimizer must be a new one for parameters of shape \(6,\)"
    ):
        train(other, optimizer=optimizer)


def test_best_epoch_is_zero_if_none_was_finite():
    network = make()
    before = network.theta.copy()
    settings = {"loss": HalfSquaredError(), "on_divergence": "record", "patience": 2, "epochs": 9}
    history = train(
        network, target=1e200 * X, optimizer=SGD(1e200), validation=(X, 1e200 * X), **settings
    )
    assert history.best_epoch == 0
    assert np.array_equal(network.theta, before)


def test_only_a_network_is_trained():
    with pytest.raises(TypeError, match="network must be a Network; got list"):
        train([Dense(2, 2)])


def test_accuracy():
    network = Network([Dense(2, 2)], rng=rng(), grid=(2,))
    network.theta[...] = 0
    network.layers[0].W[0] = np.eye(2)  # says the index of the larger input
    network.layers[0].W[1] = -np.eye(2)  # says that of the smaller
    points = [[0, 1], [1, 0], [3, 2], [2, 3]]
    assert accuracy(network, points, [1, 0, 0, 0]).tolist() == [0.75, 0.25]
    with pytest.raises(ValueError, match=r"labels must have shape \(4,\); got \(2,\)"):
        accuracy(network, points, [0, 1])
