"""A schedule is its formula, and an optimizer follows it step by step."""

import dataclasses
import pickle

import numpy as np
import pytest

from nnlib import SGD
from nnlib.schedules import cosine, inverse_time, side_by_side, step_decay


def test_step_decay():
    rate = step_decay(0.8, factor=0.5, every=3)
    assert [rate(t) for t in range(1, 8)] == [0.8, 0.8, 0.8, 0.4, 0.4, 0.4, 0.2]


def test_inverse_time():
    rate = inverse_time(0.6, half_after=10)
    assert rate(1) == 0.6
    assert rate(11) == pytest.approx(0.3)
    assert rate(21) == pytest.approx(0.2)


def test_cosine_with_warmup():
    rate = cosine(0.4, steps=12, warmup=4)
    assert [rate(t) for t in (1, 2, 4)] == pytest.approx([0.1, 0.2, 0.4])
    assert rate(5) == 0.4  # the top of the cosine
    assert rate(9) == pytest.approx(0.2)  # half way down
    assert rate(13) == pytest.approx(0)
    assert rate(99) == pytest.approx(0)


def test_an_optimizer_follows_its_schedule():
    theta, grad = np.zeros(1), np.ones(1)
    optimizer = SGD(step_decay(1.0, factor=0.1, every=2))
    places = []
    for _ in range(4):
        optimizer.step(theta, grad)
        places.append(theta[0])
    assert places == pytest.approx([-1, -2, -2.1, -2.2])


def test_a_schedule_may_give_each_network_of_a_grid_its_own_rate():
    peaks = np.array([1.0, 0.5])
    theta = np.zeros((2, 2))
    optimizer = SGD(lambda step: peaks / step)
    for _ in range(2):
        optimizer.step(theta, np.ones((2, 2)))
    assert theta.tolist() == [[-1.5, -1.5], [-0.75, -0.75]]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: step_decay(0, 0.5, 1), "learning_rate must be a number in (0, inf); got 0"),
        (lambda: step_decay(1, 1.5, 1), "factor must be a number in (0, 1]; got 1.5"),
        (lambda: step_decay(1, 0.5, 0), "every must be an integer in [1, inf); got 0"),
        (lambda: inverse_time(1, -1), "half_after must be an integer in [1, inf); got -1"),
        (lambda: cosine(1, steps=5, warmup=5), "warmup must be an integer in [0, 4]; got 5"),
        (lambda: SGD(lambda step: -step), "learning_rate must be a number in [0, inf); got -1"),
    ],
)
def test_bad_input(make, message):
    with pytest.raises(ValueError) as error:
        make()
    assert str(error.value) == message


@pytest.mark.parametrize(
    "schedule",
    [step_decay(0.8, factor=0.5, every=3), inverse_time(0.6, 10), cosine(0.4, 12, warmup=4)],
    ids=repr,
)
def test_a_schedule_is_a_value(schedule):
    again = eval(repr(schedule))
    assert again == schedule and hash(again) == hash(schedule)
    twin = pickle.loads(pickle.dumps(schedule))
    assert [twin(t) for t in range(1, 15)] == [schedule(t) for t in range(1, 15)]
    assert schedule != dataclasses.replace(schedule, learning_rate=0.1)


def test_a_grids_networks_may_each_have_a_schedule():
    rates = side_by_side([0.5, step_decay(0.4, 0.5, 1)])
    assert rates(1).tolist() == [0.5, 0.4] and rates(2).tolist() == [0.5, 0.2]
    theta, optimizer = np.zeros((2, 3)), SGD(rates)
    for _ in range(3):
        optimizer.step(theta, np.ones((2, 3)))
    assert theta == pytest.approx(np.array([[-1.5] * 3, [-0.4 - 0.2 - 0.1] * 3]))
    assert side_by_side([0.1, 0.2]).tolist() == [0.1, 0.2]


@pytest.mark.parametrize("rate", [-0.1, np.nan, np.inf, [0.1, 0.2]])
def test_a_schedule_that_goes_wrong_later_is_noticed(rate):
    theta, optimizer = np.zeros(3), SGD(lambda step: 0.1 if step < 3 else rate)
    optimizer.step(theta, np.ones(3))
    optimizer.step(theta, np.ones(3))
    with pytest.raises(ValueError, match=r"learning_rate must be 0 or more .* in step 3"):
        optimizer.step(theta, np.ones(3))


def test_a_schedule_may_end_at_zero_and_gives_the_optimizer_a_number():
    theta, optimizer = np.zeros(3), SGD(lambda step: 0.1 if step == 1 else 0)
    optimizer.step(theta, np.ones(3))
    optimizer.step(theta, np.ones(3))
    assert theta.tolist() == [-0.1] * 3
    assert isinstance(optimizer.learning_rate, float)


def test_a_schedule_may_begin_at_zero():
    for rate in (lambda step: (step - 1) / 4, lambda step: np.full(2, (step - 1) / 4)):
        optimizer, theta = SGD(rate), np.zeros((2, 1))
        for _ in range(3):
            optimizer.step(theta, np.ones((2, 1)))
        assert theta.ravel().tolist() == [-0.75, -0.75]
