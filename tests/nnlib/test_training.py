"""Training: what `fit` does to a network, what it records, and when it refuses."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlib import (
    SGD,
    Adam,
    BinaryCrossEntropy,
    Dense,
    Dropout,
    HalfSquaredError,
    History,
    Loss,
    Momentum,
    Network,
    ReLU,
    Sigmoid,
    SoftmaxCrossEntropy,
    Tanh,
    accuracy,
    clip_gradient,
    fit,
    input_gradient,
    minibatches,
    train_step,
)
from nnlib.datasets import moons
from nnlib.training import _Best


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


def test_a_step_is_what_fit_does_with_each_batch():
    network, by_steps = make(), make()
    settings = {"weight_decay": 0.1, "clip_norm": 0.2}
    history = train(network, epochs=1, optimizer=Adam(0.1), **settings)
    loss, optimizer, total = SoftmaxCrossEntropy(), Adam(0.1), 0.0
    for batch in minibatches(40, 16, rng=rng(7)):
        value = train_step(by_steps, X[batch], Y[batch], loss, optimizer, **settings)
        total += value * len(batch)
    assert np.array_equal(network.theta, by_steps.theta)
    assert history.loss == [pytest.approx(total / 40, rel=1e-14)]
    assert isinstance(value, float)


def test_a_step_of_a_grid_may_give_each_network_its_own_samples():
    grid, alone = make(grid=(2,)), [make(), make()]
    for k in (0, 1):
        alone[k].theta = grid.theta[k]
    x, y = np.stack([X[:5], X[5:10]]), np.stack([Y[:5], Y[5:10]])
    loss = SoftmaxCrossEntropy()
    values = train_step(grid, x, y, loss, SGD(0.1))
    for k in (0, 1):
        assert values[k] == pytest.approx(train_step(alone[k], x[k], y[k], loss, SGD(0.1)))
        assert grid.theta[k] == pytest.approx(alone[k].theta, rel=1e-12)
    for shared in (Y[:5], y[:, :4], y[:1]):
        with pytest.raises(
            ValueError, match=r"target must have a batch for each network.*\(2, 5, …"
        ):
            train_step(grid, x, shared, loss, SGD(0.1))
    with pytest.raises(ValueError, match="x must be the same samples for all networks"):
        train(grid, x=x, target=Y[:5])


def test_a_step_that_diverges_says_so():
    with pytest.raises(FloatingPointError, match="training diverged in this step: "):
        train_step(make(), X, np.full((40, 2), 1e200), HalfSquaredError(), SGD(1e200))


def test_a_step_can_leave_dropout_out():
    layers = [Dense(2, 9), Dropout(0.5, rng=rng()), Dense(9, 2)]
    network = Network(layers, rng=rng())
    settings = {"loss": SoftmaxCrossEntropy(), "optimizer": SGD(1e-300)}
    quiet = [train_step(network, X, Y, training=False, **settings) for _ in range(2)]
    loud = [train_step(network, X, Y, **settings) for _ in range(2)]
    assert quiet[0] == quiet[1] and loud[0] != loud[1]


def test_the_training_accuracy_is_taken_just_before_each_step():
    network, by_hand = make(grid=(2,)), make(grid=(2,))
    orders = [rng(7), rng(8)]
    history = train(network, optimizer=SGD(2.0), epochs=2, rng=orders)
    orders, loss = [rng(7), rng(8)], SoftmaxCrossEntropy()
    for epoch in range(2):
        right = np.zeros(2)
        for batch in minibatches(40, 16, rng=orders):
            out = by_hand.forward(X[batch])
            right += (out.argmax(axis=-1) == Y[batch]).sum(axis=-1)
            rows = loss.target_rows(Y, 40, 2, float)[batch]
            by_hand.backward(loss.compute(out, rows)[1])
            by_hand.theta -= 2.0 * by_hand.grad
        assert history.accuracy[epoch].tolist() == (right / 40).tolist()
    assert 0 < history.accuracy[0][0] < 1


def test_there_is_no_accuracy_without_labels():
    history = train(make(), target=1.0 * X, loss=HalfSquaredError(), validation=(X, 1.0 * X))
    assert history.accuracy == history.validation_accuracy == []
    assert len(history.validation_loss) == 3


def test_yes_and_no_are_learnt_with_one_output():
    network = Network([Dense(2, 8), Tanh(), Dense(8, 1)], rng=rng())
    settings = {"loss": BinaryCrossEntropy(), "optimizer": Adam(0.05), "epochs": 60}
    history = train(network, validation=(X_NEW, Y_NEW), **settings)
    assert history.accuracy[-1] > 0.9
    assert history.validation_accuracy[-1] == accuracy(network, X_NEW, Y_NEW, threshold=0)
    assert (history.validation_accuracy[-1] == ((network(X_NEW)[:, 0] > 0) == Y_NEW).mean()) > 0.9


def test_a_callback_sees_each_epoch_and_can_stop():
    seen = []

    def callback(epoch, network, history):
        seen.append((epoch, network.theta[0], len(history.validation_loss)))
        return epoch == 2

    network = make()
    history = train(network, epochs=9, validation=(X_NEW, Y_NEW), callback=callback)
    assert [(epoch, n) for epoch, _, n in seen] == [(1, 1), (2, 2)]
    assert seen[0][1] != seen[1][1] == network.theta[0]
    assert len(history.loss) == 2 and not history.interrupted
    assert len(train(make(), callback=lambda *_: None).loss) == 3
    with pytest.raises(TypeError, match="callback must be callable; got 3"):
        train(make(), callback=3)


class Interrupted(Tanh):
    """Ctrl-C arrives in the n-th forward pass."""

    left = 0

    def forward(self, x, training=False):
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt
        return super().forward(x, training)


@pytest.mark.parametrize(("left", "epochs"), [(2, 0), (4, 0), (5, 0), (10, 2), (12, 2), (13, 2)])
def test_stopping_from_the_keyboard_loses_nothing(left, epochs):
    # a first look at the shape of the output; then an epoch is three batches and one validation
    network = Network([Dense(2, 5), Interrupted(), Dense(5, 2)], rng=rng())
    network.layers[1].left = left
    start = network.theta.copy()
    history = train(network, optimizer=SGD(0.1), epochs=5, validation=(X_NEW, Y_NEW), patience=3)
    assert history.interrupted
    lists = (history.loss, history.accuracy, history.validation_loss, history.validation_accuracy)
    assert [len(entries) for entries in lists] == [epochs] * 4
    assert history.best_epoch == epochs
    expected = make()
    if epochs:
        train(expected, optimizer=SGD(0.1), epochs=epochs)
    assert np.array_equal(network.theta, expected.theta) and np.array_equal(start, make().theta)


def test_stopping_in_a_callback_keeps_that_epoch():
    def callback(epoch, network, history):
        if epoch == 2:
            raise KeyboardInterrupt

    network = make()
    settings = {"validation": (X_NEW, Y_NEW), "patience": 3}
    history = train(network, callback=callback, **settings)
    assert history.interrupted and len(history.loss) == 2
    assert history.validation_loss[1] < history.validation_loss[0] and history.best_epoch == 2
    final = SoftmaxCrossEntropy()(network(X_NEW), Y_NEW)[0]
    assert final == pytest.approx(history.validation_loss[1])


def test_a_lost_network_is_said_to_be_lost_before_training():
    network = make()
    network.layers[2].b[1] = np.nan
    with pytest.raises(ValueError, match=r"got NaN or infinity in layers\[2\]\.b"):
        train(network)
    with pytest.raises(ValueError, match="must begin with finite parameters"):
        train_step(network, X, Y, SoftmaxCrossEntropy(), SGD(0.1))
    assert np.isnan(train(network, on_divergence="record").loss[-1])


def test_a_lost_optimizer_is_said_to_be_lost_before_training():
    optimizer, network = Adam(1e-6), make()
    train(network, optimizer=optimizer)
    optimizer.square[3] = np.inf
    with pytest.raises(ValueError, match="optimizer must remember finite numbers; got"):
        train(network, optimizer=optimizer)


def test_a_square_that_overflows_is_noticed():
    network = make(dtype=np.float32)  # Adam's memory overflows, and θ would stand still
    with pytest.raises(FloatingPointError, match="or what the optimizer remembers"):
        train(network, target=1e25 * X, loss=HalfSquaredError(), optimizer=Adam(0.1))


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


def test_a_callback_sees_the_last_epoch_of_patience_too():
    seen = []
    history = train(
        make(),
        optimizer=SGD(8.0),
        epochs=60,
        validation=(X_NEW, Y_NEW),
        patience=2,
        callback=lambda epoch, *_: seen.append(epoch),
    )
    assert seen == list(range(1, len(history.loss) + 1)) and len(seen) < 60


@pytest.mark.parametrize("answer", ["go on", np.ones(3), 1, None, False])
def test_only_true_stops(answer):
    assert len(train(make(), callback=lambda *_: answer).loss) == 3
    assert len(train(make(), callback=lambda *_: np.True_).loss) == 1


def test_what_a_callback_unfreezes_decays():
    def unfreeze(epoch, network, history):
        network.unfreeze()

    networks = [make(), make()]
    networks[0].freeze()
    networks[0].unfreeze(2)
    for network in networks:
        train(network, epochs=1, weight_decay=0.5, callback=unfreeze)
        train(network, epochs=1, weight_decay=0.5)
    late = make()
    late.freeze(0)
    train(late, epochs=2, weight_decay=0.5, callback=unfreeze, rng=rng(7))
    expected = make()
    expected.freeze(0)
    order = rng(7)
    train(expected, epochs=1, weight_decay=0.5, rng=order)
    expected.unfreeze()
    train(expected, epochs=1, weight_decay=0.5, rng=order)
    assert np.array_equal(late.theta, expected.theta)


@pytest.mark.parametrize("at", range(1, 5))
def test_an_interrupt_while_an_epoch_is_written_down_leaves_it_out(at, monkeypatch):
    class Slow(list):
        left = at

        def append(self, value):
            Slow.left -= 1
            if Slow.left == 0:
                raise KeyboardInterrupt
            super().append(value)

    history = History(Slow(), Slow(), Slow(), Slow())
    monkeypatch.setattr("nnlib.training.History", lambda: history)
    history = train(make(), validation=(X_NEW, Y_NEW))
    assert history.interrupted
    lists = (history.loss, history.accuracy, history.validation_loss, history.validation_accuracy)
    assert [len(entries) for entries in lists] == [0] * 4


def test_layers_may_reuse_the_array_that_they_give_out():
    class Buffered(Dense):
        def forward(self, x, training=False):
            if not hasattr(self, "room") or len(self.room) != len(x):
                self.room = np.empty((len(x), self.n_out))
            self.room[...] = super().forward(x, training)
            return self.room

    plain, buffered = make(), Network([Dense(2, 5), Tanh(), Buffered(5, 2)], rng=rng())
    assert train(plain).accuracy == train(buffered).accuracy


@pytest.mark.parametrize("norm", [0, -1, np.nan, "a", True])
def test_a_norm_is_a_number_above_0(norm):
    with pytest.raises((TypeError, ValueError), match=r"norm must be a number in \(0, inf\)"):
        clip_gradient(np.ones(3), norm)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("scale", ["huge", "tiny", "largest"])
def test_clippings_squares_neither_overflow_nor_underflow(dtype, scale):
    info = np.finfo(dtype)
    size = {"huge": info.max / 100, "tiny": info.tiny * 16, "largest": info.max / 5}[scale]
    grad = np.array([3, 4], dtype) * dtype(size)
    norm = 1.0 if scale != "tiny" else float(size)
    clip_gradient(grad, norm)
    assert grad == pytest.approx(np.array([0.6, 0.8]) * norm, rel=1e-5)


def test_the_example_of_clipping():
    grad = np.array([3e20, 4e20], np.float32)
    clip_gradient(grad, 1.0)
    assert grad == pytest.approx([0.6, 0.8], rel=1e-6)
    for wrong in (np.array([3, 4]), [3.0, 4.0], np.ma.masked_array([3.0, 4.0], [0, 1])):
        with pytest.raises(TypeError, match="grad must be a"):
            clip_gradient(wrong, 1.0)


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


@pytest.mark.parametrize(
    ("last", "threshold", "expected"),
    [([Sigmoid()], None, 0.75), ([Sigmoid()], 0.9, 0.5), ([], 0, 0.75), ([], 0.5, 0.75)],
)
def test_accuracy_with_one_output(last, threshold, expected):
    network = Network([Dense(1, 1), *last], rng=rng())
    network.theta = [1, 0]
    x, labels = [[-2], [-1], [1], [3]], [0, 1, 1, 1]
    assert accuracy(network, x, labels, threshold=threshold) == expected


def test_accuracy_with_one_output_asks_what_it_cannot_know():
    network = Network([Dense(1, 1)], rng=rng())
    with pytest.raises(ValueError, match="threshold must be given for a single output"):
        accuracy(network, [[1.0]], [1])
    with pytest.raises(ValueError, match="threshold is for a single output; got n_out = 2"):
        accuracy(make(), X, Y, threshold=0.5)
    with pytest.raises(ValueError, match="labels must hold labels 0 to 1; got 2"):
        accuracy(network, [[1.0]], [2], threshold=0)


def test_a_network_that_diverged_has_no_accuracy():
    one, grid = make(), make(grid=(2,))
    one.theta[0] = grid.theta[1, 0] = np.nan
    with pytest.raises(ValueError, match="must have finite outputs; got NaN or infinity"):
        accuracy(one, X, Y)
    scores = accuracy(grid, X, Y)
    assert np.isfinite(scores[0]) and np.isnan(scores[1])
    history = train(grid, on_divergence="record", validation=(X, Y))
    for entries in (history.accuracy, history.validation_accuracy):
        assert np.isfinite(entries[-1]).tolist() == [True, False]


def test_accuracy_asks_for_a_network():
    with pytest.raises(TypeError, match="network must be a Network; got int"):
        accuracy(3, X, Y)


def test_minibatches_ask_for_generators_of_their_own():
    one = rng()
    with pytest.raises(ValueError, match="rng must hold a generator for each network; got an emp"):
        next(minibatches(4, 2, rng=[]))
    with pytest.raises(ValueError, match="a generator of its own for each network; got one twice"):
        next(minibatches(4, 2, rng=[one, one]))


def test_a_grid_that_diverges_names_the_first_lost_network_only():
    grid = make(grid=(3,))
    grid.theta[1] = 1e200
    with pytest.raises(FloatingPointError, match=r"in network \(1,\) of the grid"):
        train(grid, target=1.0 * X, loss=HalfSquaredError(), epochs=1)


def test_patience_of_one_epoch_and_ties():
    losses = iter([0.5, 0.5, 0.4, 0.4, 0.3])
    network = make()
    best = _Best(network, 2, (X, Y))
    ended = []
    for loss in losses:
        network.theta += 1
        ended.append(best.exhausted(loss))
    # The second 0.5 is no better; 0.4 is; the second 0.4 is no better; 0.3 is.
    assert ended == [False] * 5
    assert best.restore() == 5 and isinstance(best.restore(), int)
    assert network.theta[0] == make().theta[0] + 5
    best = _Best(make(), 1, (X, Y))
    assert [best.exhausted(loss) for loss in (0.5, 0.5)] == [False, True]
    assert best.restore() == 1


def test_a_network_that_ran_out_of_patience_stays_where_it_was():
    best = _Best(make(grid=(2,)), 1, (X, Y))
    assert not best.exhausted(np.array([0.5, 0.5]))
    assert not best.exhausted(np.array([0.6, 0.4]))
    best.exhausted(np.array([0.1, 0.3]))  # too late for the first
    assert best.restore().tolist() == [1, 3]


def test_the_gradient_for_the_input_takes_a_batch_for_each_network():
    grid = make(grid=(2,))
    x, y = np.stack([X[:5], X[5:10]]), np.stack([Y[:5], Y[5:10]])
    both = input_gradient(grid, x, y, SoftmaxCrossEntropy())
    for k in (0, 1):
        alone = make()
        alone.theta = grid.theta[k]
        expected = input_gradient(alone, x[k], y[k], SoftmaxCrossEntropy())
        assert both[k] == pytest.approx(expected, rel=1e-12)


def test_exactly_the_threshold_says_no():
    network = Network([Dense(1, 1)], rng=rng())
    network.theta = [1, 0]
    assert accuracy(network, [[0.5]], [0], threshold=0.5) == 1
    assert accuracy(network, [[0.5]], [1], threshold=0.5) == 0


@pytest.mark.parametrize("optimizer", [Momentum(0.1), Adam(0.1)], ids=repr)
def test_what_is_frozen_half_way_stops_at_once(optimizer):
    network = make()
    train(network, optimizer=optimizer)  # so that the optimizer remembers a velocity
    network.freeze(0)
    kept = network.theta.copy()
    train(network, optimizer=optimizer)
    assert np.array_equal(network.theta[:15], kept[:15])
    assert (network.theta != kept)[15:].all()


@pytest.mark.parametrize(
    ("settings", "disabled"),
    [({}, None), ({"progress": False}, True), ({"epochs": 1}, True), ({"epochs": 2}, None)],
)
def test_a_long_run_shows_how_far_it_is(settings, disabled, monkeypatch):
    bars = []

    def bar(epochs, **keywords):
        bars.append(keywords)
        return epochs

    monkeypatch.setattr("nnlib.training.tqdm", bar)
    train(make(), **settings)
    expected = {"desc": "epochs", "delay": 2}
    assert bars == [expected if disabled is None else {**expected, "disable": True}]


def test_training_goes_back_no_further_than_it_must():
    asked = []

    class Asked(Dense):
        def backward(self, grad, input_grad=True):
            asked.append(input_grad)
            return super().backward(grad, input_grad)

    network = Network([Asked(2, 3), Tanh(), Asked(3, 2)], rng=rng())
    train_step(network, X, Y, SoftmaxCrossEntropy(), SGD(0.1))
    assert asked == [True, False]


def test_decay_keeps_float32():
    network = make(dtype=np.float32)
    train(network, weight_decay=0.1)
    assert network.theta.dtype == network.grad.dtype == np.float32


class AbsoluteError(Loss):
    """A loss that a student might write."""

    def compute(self, prediction, target):
        difference = prediction - target
        return np.abs(difference).mean(axis=(-2, -1)), np.sign(difference) / difference.shape[-2]

    def target_rows(self, target, batch, n_out, dtype):
        return np.asarray(target, dtype).reshape(batch, n_out)


def test_whole_numbers_to_be_told_are_no_classes():
    network = Network([Dense(2, 1)], rng=rng())
    x, target = rng(1).normal(size=(6, 2)), np.arange(6)
    history = fit(network, x, target, loss=AbsoluteError(), optimizer=SGD(0.1), epochs=1, rng=rng())
    assert history.accuracy == []


def test_a_loss_cannot_change_the_callers_targets():
    class InPlace(AbsoluteError):
        def compute(self, prediction, target):
            target -= prediction
            return super().compute(prediction, target)

    network, target = Network([Dense(2, 1)], rng=rng()), np.zeros((3, 1))
    with pytest.raises(ValueError, match="read-only"):
        train_step(network, np.ones((3, 2)), target, InPlace(), SGD(0.1))
    assert not target.any()


def test_stopping_while_the_best_is_noted_leaves_that_epoch_out(monkeypatch):
    network, x = Network([Dense(2, 2)], rng=rng()), rng(1).normal(size=(8, 2))
    labels = (x[:, 0] > 0).astype(int)
    exhausted = _Best.exhausted

    def stopped(self, loss):
        if self.kept[-1] == 2:
            raise KeyboardInterrupt
        return exhausted(self, loss)

    monkeypatch.setattr(_Best, "exhausted", stopped)
    history = fit(
        network, x, labels, loss=SoftmaxCrossEntropy(), optimizer=SGD(0.5), epochs=5, rng=rng(),
        patience=3, validation=(x, labels),
    )  # fmt: skip
    assert history.interrupted and len(history.validation_loss) == 2 == history.best_epoch
