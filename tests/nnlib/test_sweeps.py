"""A sweep's rows are what training each network by itself would give."""

import itertools

import numpy as np
import pytest

from nnlib import (
    SGD,
    Dense,
    Dropout,
    HalfSquaredError,
    Momentum,
    Network,
    ReLU,
    SoftmaxCrossEntropy,
    column,
    cosine,
    fit,
    inside,
    interval,
    select,
    sweep,
)
from nnlib.datasets import moons


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    return *moons(60, 0.1, rng=rng), *moons(40, 0.1, rng=rng)


def layers(width):
    return [Dense(2, width), ReLU(), Dense(width, 2)]


def run(data, **settings):
    defaults = {
        "loss": SoftmaxCrossEntropy(),
        "seeds": 2,
        "epochs": 3,
        "learning_rate": 0.1,
        "optimizer": SGD,
        "width": 4,
    }
    return sweep(layers, data, **{**defaults, **settings})


def test_one_row_for_each_combination_and_seed(data):
    rows = run(
        data, learning_rate=[0.1, 0.2], weight_decay=[0.0, 0.1], width=[3, 4], batch_size=[5, 9]
    )
    assert len(rows) == 2 * 2 * 2 * 2 * 2
    keys = ("width", "batch_size", "learning_rate", "weight_decay", "seed")
    assert len({tuple(row[key] for key in keys) for row in rows}) == len(rows)
    assert {row["n_parameters"] for row in select(rows, width=3)} == {2 * 3 + 3 + 3 * 2 + 2}


def test_a_row_equals_training_that_network_alone(data):
    row = select(run(data, learning_rate=[0.1, 0.3], weight_decay=[0.0, 0.2]), seed=1)[-1]
    assert (row["learning_rate"], row["weight_decay"]) == (0.3, 0.2)

    rng = np.random.default_rng(1)
    alone = Network(layers(4), rng=rng)
    loss = SoftmaxCrossEntropy()
    settings = {"epochs": 3, "rng": rng, "weight_decay": 0.2}
    fit(alone, data[0], data[1], loss=loss, optimizer=SGD(0.3), **settings)
    assert row["loss"] == pytest.approx(loss(alone.predict(data[0]), data[1])[0], rel=1e-10)
    right = (alone.predict(data[2]).argmax(axis=1) == data[3]).mean()
    assert row["validation_accuracy"] == right


def test_seeds_differ_and_settings_share_their_first_weights(data):
    rows = run(data, learning_rate=[1e-12, 2e-12], seeds=3)
    slow, slower = (column(select(rows, learning_rate=r), "loss") for r in (1e-12, 2e-12))
    assert slow == pytest.approx(slower)  # nothing was learnt, so both show the first weights
    assert len(np.unique(slow.round(6))) == 3


def test_a_diverged_run_says_so_and_spares_the_others(data):
    target, target_validation = data[0] * 1.0, data[2] * 1.0
    numbers = (data[0], target, data[2], target_validation)
    rows = run(numbers, loss=HalfSquaredError(), learning_rate=[0.05, 1e6], epochs=20)
    assert column(rows, "diverged").tolist() == [False, False, True, True]
    assert np.isnan(column(select(rows, diverged=True), "validation_loss")).all()
    assert np.isfinite(column(select(rows, diverged=False), "validation_loss")).all()
    assert "validation_accuracy" not in rows[0]


def test_a_row_with_dropout_equals_training_that_network_alone(data):
    def with_dropout(rate, rng):
        masks = Dropout(rate, rng=rng), Dropout(rate, rng=rng)
        return [Dense(2, 8), ReLU(), masks[0], Dense(8, 8), masks[1], Dense(8, 2)]

    loss, settings = SoftmaxCrossEntropy(), {"seeds": 3, "epochs": 4, "rate": [0.3, 0.5]}
    rows = sweep(with_dropout, data, loss=loss, learning_rate=[0.1, 0.3], **settings)
    (row,) = select(rows, rate=0.5, learning_rate=0.3, seed=2)
    rng = np.random.default_rng(2)
    (masks,) = rng.spawn(1)
    alone = Network(with_dropout(0.5, masks), rng=rng)
    fit(alone, data[0], data[1], loss=loss, optimizer=Momentum(0.3), epochs=4, rng=rng)
    assert row["loss"] == pytest.approx(loss(alone(data[0]), data[1])[0], rel=1e-10)


def test_dropouts_generators_must_be_as_many_as_networks():
    rngs = [np.random.default_rng(k) for k in range(3)]
    with pytest.raises(ValueError, match=r"one for each network of a grid .* got 3 for a network"):
        Network([Dense(2, 2), Dropout(0.5, rng=rngs)], rng=rngs[0], grid=(2,))


def test_another_initial_seed_makes_other_starts_and_orders(data):
    first, other = run(data), run(data, initial_seed=1)
    assert first[1]["loss"] == other[0]["loss"]  # seed 1, and 0 counted from 1
    assert first[0]["loss"] != other[0]["loss"]


def test_a_tuple_is_one_architecture(data):
    def stack(widths):
        sizes = [2, *widths, 2]
        return [Dense(i, o) for i, o in itertools.pairwise(sizes)]

    rows = sweep(
        stack, data, loss=SoftmaxCrossEntropy(), seeds=1, epochs=1, learning_rate=0.1, widths=(5, 3)
    )
    assert len(rows) == 1 and rows[0]["widths"] == (5, 3)
    many = {"widths": [(5, 3), (4,)], "learning_rate": np.array([0.1, 0.2])}
    rows = sweep(stack, data, loss=SoftmaxCrossEntropy(), seeds=1, epochs=1, **many)
    assert [(row["widths"], row["learning_rate"]) for row in rows] == [
        ((5, 3), 0.1),
        ((5, 3), 0.2),
        ((4,), 0.1),
        ((4,), 0.2),
    ]


def test_schedules_are_swept_like_numbers(data):
    falling = cosine(0.5, steps=6)
    rows = run(data, learning_rate=[falling, 0.3], batch_size=30)
    assert [row["learning_rate"] for row in rows] == [falling, falling, 0.3, 0.3]
    row = select(rows, learning_rate=cosine(0.5, steps=6), seed=1)[0]
    rng = np.random.default_rng(1)
    alone, loss = Network(layers(4), rng=rng), SoftmaxCrossEntropy()
    settings = {"epochs": 3, "rng": rng, "batch_size": 30}
    fit(alone, data[0], data[1], loss=loss, optimizer=SGD(falling), **settings)
    assert row["loss"] == pytest.approx(loss(alone(data[0]), data[1])[0], rel=1e-10)


def test_a_sweep_stopped_from_the_keyboard_keeps_what_is_done(data):
    def stops(width):
        if width == 5:
            raise KeyboardInterrupt
        return layers(width)

    settings = {"seeds": 2, "epochs": 1, "learning_rate": 0.1, "width": [3, 4, 5, 6]}
    with pytest.warns(UserWarning, match="sweep interrupted: rows of 2 of 4 settings"):
        rows = sweep(stops, data, loss=SoftmaxCrossEntropy(), **settings)
    assert [row["width"] for row in rows] == [3, 3, 4, 4]


def test_a_fit_stopped_from_the_keyboard_gives_a_sweep_no_rows(data):
    class Stops(ReLU):
        def backward(self, grad, input_grad=True):
            raise KeyboardInterrupt

    def stops(width):
        return [Dense(2, width), Stops() if width == 4 else ReLU(), Dense(width, 2)]

    settings = {"seeds": 2, "epochs": 1, "learning_rate": 0.1, "width": [3, 4]}
    with pytest.warns(UserWarning, match="sweep interrupted: rows of 1 of 2 settings"):
        rows = sweep(stops, data, loss=SoftmaxCrossEntropy(), **settings)
    assert [row["width"] for row in rows] == [3, 3]


def test_dropout_gets_the_sweeps_generator(data):
    def with_dropout(rate, rng):
        return [Dense(2, 8), ReLU(), Dropout(rate, rng=rng), Dense(8, 2)]

    settings = {"seeds": 2, "epochs": 2, "learning_rate": 0.1, "rate": [0.0, 0.5]}
    first, again = (
        sweep(with_dropout, data, loss=SoftmaxCrossEntropy(), **settings) for _ in range(2)
    )
    assert first == again
    assert select(first, rate=0.0)[0]["loss"] != select(first, rate=0.5)[0]["loss"]


def test_patience_reports_the_best_epoch(data):
    rows = run(data, patience=2, epochs=30, learning_rate=2.0)
    assert all(1 <= row["best_epoch"] <= 30 for row in rows)


def test_bad_input(data):
    with pytest.raises(TypeError, match="layers must be callable"):
        sweep([Dense(2, 2)], data, loss=SoftmaxCrossEntropy(), seeds=1, epochs=1, learning_rate=1)
    with pytest.raises(ValueError, match=r"seeds must be an integer in \[1, inf\); got 0"):
        run(data, seeds=0)
    with pytest.raises(ValueError, match="learning_rate must be above 0"):
        run(data, learning_rate=[0.1, -1.0])
    with pytest.raises(ValueError, match="width must hold a value at least; got an empty list"):
        run(data, width=[])
    with pytest.raises(ValueError, match="optimizer must hold callables of different names"):
        run(data, optimizer=[lambda rate: SGD(rate), lambda rate: Momentum(rate)])


def test_columns_that_are_not_there_are_named(data):
    rows = run(data)
    for ask in (lambda: column(rows, "los"), lambda: select(rows, widht=4)):
        with pytest.raises(ValueError, match=r"rows must have a column '.*'; they have"):
            ask()


def test_data_and_seeds_are_asked_for_by_name(data):
    with pytest.raises(ValueError, match=r"data must be \(x, target, .*; got tuple of 2"):
        run(data[:2])
    with pytest.raises(ValueError, match=r"initial_seed must be an integer in \[0, inf\); got -1"):
        run(data, initial_seed=-1)


def test_the_best_value_lies_inside_those_tried():
    assert inside([0.1, 0.3, 1.0], 0.3) == 0.3 and inside([4, 1, 2], 2) == 2
    for edge in (0.1, 1.0):
        with pytest.raises(ValueError, match=f"edge of the values tried.*got {edge}"):
            inside([1.0, 0.1, 0.3], edge)
    with pytest.raises(ValueError, match="best must be one of the values"):
        inside([0.1, 0.3, 1.0], 0.2)


# Student's quantiles .975, from any table
@pytest.mark.parametrize("n, t", [(4, 3.182), (8, 2.365), (16, 2.131), (31, 2.042)])
def test_an_interval_is_students(n, t):
    values = np.random.default_rng(n).normal(3, 2, n)
    low, high = interval(values)
    assert (low + high) / 2 == pytest.approx(values.mean())
    assert (high - low) / 2 == pytest.approx(t * values.std(ddof=1) / np.sqrt(n), rel=0.003)
    with pytest.raises(ValueError, match="at least 4 numbers; got 3"):
        interval(values[:3])


@pytest.mark.parametrize("name", ["seed", "accuracy", "diverged", "validation_loss"])
def test_a_setting_must_not_have_the_name_of_a_result(data, name):
    with pytest.raises(ValueError, match=f"architecture must not use .* got {name}"):
        run(data, **{name: [1, 2]})


@pytest.mark.parametrize("optimizer", [SGD(0.1), "Adam", [SGD, SGD(0.1)]])
def test_an_optimizer_that_makes_none_is_named(data, optimizer):
    with pytest.raises(TypeError, match="optimizer must be callable"):
        run(data, optimizer=optimizer)


def test_an_array_of_no_axis_is_one_value(data):
    assert run(data, learning_rate=np.array(0.1)) == run(data, learning_rate=0.1)


@pytest.mark.parametrize("size", [1e200, 1e-200, 2.0**1020])
def test_an_interval_of_huge_or_tiny_numbers(size):
    low, high = interval([1.0, 2.0, 3.0, 4.0])
    assert np.allclose(np.divide(interval(size * np.arange(1.0, 5)), size), (low, high))
