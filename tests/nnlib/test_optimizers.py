"""Each optimizer: one step worked by hand, and PyTorch's trajectory to the last digits.

tools/data/goldens.py makes the stored trajectories.
"""

from pathlib import Path

import numpy as np
import pytest

from nnlib import (
    SGD,
    Adam,
    AdamW,
    Dense,
    HalfSquaredError,
    Momentum,
    Nesterov,
    Network,
    ReLU,
    RMSProp,
    Sigmoid,
    SoftmaxCrossEntropy,
    cosine,
    numerical_gradient,
    train_step,
)

GOLDENS = np.load(Path(__file__).parent / "goldens" / "trajectories.npz")
START = (1.5, -2.0, 0.7)
OPTIMIZERS = {
    "SGD": lambda: SGD(0.02),
    "Momentum": lambda: Momentum(0.1, 0.8),
    "Nesterov": lambda: Nesterov(0.02, 0.8),
    "RMSProp": lambda: RMSProp(0.05, decay=0.9),
    "Adam": lambda: Adam(0.1),
    "AdamW": lambda: AdamW(0.1, weight_decay=0.3),
}
CURVATURE = np.array([1.0, 10.0, 25.0])


def valley(theta):
    return 0.5 * (CURVATURE * theta**2).sum() + np.sin(theta[0] * theta[1])


def valley_gradient(theta):
    bend = np.cos(theta[0] * theta[1])
    return CURVATURE * theta + bend * np.array([theta[1], theta[0], 0])


def two_steps(optimizer, gradients=(2.0, -1.0)):
    """Return where θ = 1 is after a step with each gradient."""
    theta, places = np.array([1.0]), []
    for g in gradients:
        optimizer.step(theta, np.array([g]))
        places.append(theta[0])
    return places


def test_sgd_by_hand():
    # 1 − 0.5 · 2 = 0;  0 + 0.5 · 1 = 0.5
    assert two_steps(SGD(0.5)) == [0, 0.5]


def test_the_decks_momentum_by_hand():
    # v = −(1 − 0.75) · 2 = −0.5;          θ = 1 − 0.4 · 0.5 = 0.8
    # v = 0.75 · (−0.5) + 0.25 = −0.125;   θ = 0.8 − 0.4 · 0.125 = 0.75
    optimizer = Momentum(0.4, 0.75)
    assert two_steps(optimizer) == pytest.approx([0.8, 0.75], abs=1e-15)
    assert optimizer.velocity == pytest.approx([-0.125], abs=1e-15)


def test_nesterov_by_hand():
    # v = −0.5 · 2 = −1;             θ = 1 + 0.5 · (−1) − 1 = −0.5
    # v = 0.5 · (−1) + 0.5 = 0;      θ = −0.5 + 0 + 0.5 = 0
    assert two_steps(Nesterov(0.5, 0.5)) == pytest.approx([-0.5, 0], abs=1e-15)


def test_rmsprop_by_hand():
    # s = 0.25 · 4 = 1;              θ = 1 − 0.1 · 2 / 1 = 0.8
    # s = 0.75 · 1 + 0.25 · 1 = 1;   θ = 0.8 + 0.1 · 1 / 1 = 0.9
    assert two_steps(RMSProp(0.1, decay=0.75)) == pytest.approx([0.8, 0.9], abs=1e-8)


def test_adam_by_hand():
    # m̂ = 2, v̂ = 4;                                          θ = 1 − 0.1 · 2 / 2 = 0.9
    # m = 0.5 · 1 − 0.5 · 1 = 0.5 · 2 · 0.5 − 0.5 = 0, so m̂ = 0;  θ stays 0.9
    assert two_steps(Adam(0.1, beta1=0.5, beta2=0.75)) == pytest.approx([0.9, 0.9], abs=1e-8)


def test_adamw_by_hand():
    # as Adam's first step, 0.1, from a θ that has shrunk by 0.1 · 0.5: 0.95 − 0.1 = 0.85;
    # then Adam stays, and θ = 0.95 · 0.85 = 0.8075
    optimizer = AdamW(0.1, beta1=0.5, beta2=0.75, weight_decay=0.5)
    assert two_steps(optimizer) == pytest.approx([0.85, 0.8075], abs=1e-8)


def test_adamw_shrinks_what_decays_and_nothing_that_is_frozen():
    theta, optimizer = np.ones(6), AdamW(0.1, weight_decay=0.5)
    parts = {"trainable": (slice(0, 2), slice(4, 6)), "decaying": (slice(0, 1), slice(5, 6))}
    optimizer.step(theta, np.array([0, 1.0, 1, 1, 1, 0]), **parts)
    assert theta == pytest.approx([0.95, 0.9, 1, 1, 0.9, 0.95], abs=1e-7)
    assert optimizer.mean.tolist()[2:4] == [0, 0]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_parts_of_a_step_are_the_whole_step(name, monkeypatch):
    rng = np.random.default_rng(0)
    start, grads = rng.normal(size=(3, 9)), rng.normal(size=(4, 3, 9))
    ends = []
    for piece, parts in ((10**6, None), (10**6, (slice(0, 4), slice(4, 9))), (5, (slice(0, 9),))):
        monkeypatch.setattr("nnlib.optimizers.PIECE", piece)
        theta, optimizer = start.copy(), OPTIMIZERS[name]()
        for grad in grads:
            optimizer.step(theta, grad, trainable=parts)
        ends.append(theta)
    assert np.array_equal(ends[0], ends[1]) and np.array_equal(ends[0], ends[2])


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_whole_numbers_cannot_take_a_step(name):
    with pytest.raises(TypeError, match="theta must be an array of floating-point numbers"):
        OPTIMIZERS[name]().step(np.array([1, 2]), np.array([0.1, 0.2]))
    with pytest.raises(TypeError, match=r"theta must be an array .*; got \[1\.0\]"):
        OPTIMIZERS[name]().step([1.0], np.array([0.1]))


def test_memory_that_is_lost_is_known_network_by_network():
    optimizer, theta = Adam(0.1), np.ones((2, 3), np.float32)
    assert optimizer.finite_memory()
    with np.errstate(over="ignore"):
        optimizer.step(theta, np.array([[1, 1, 1], [1, 3e20, 1]], np.float32))
    assert optimizer.finite_memory().tolist() == [True, False]
    assert SGD(0.1).finite_memory()


@pytest.mark.parametrize("g", [1e-4, 1.0, -1e4])
def test_adams_first_step_has_the_length_of_the_learning_rate(g):
    (place,) = two_steps(Adam(0.01), gradients=(g,))
    assert abs(place - 1) == pytest.approx(0.01, rel=1e-3)


def test_the_valleys_gradient_is_right():
    theta = np.array(START)
    assert valley_gradient(theta) == pytest.approx(numerical_gradient(valley, theta), rel=1e-7)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_trajectory_equals_pytorchs(name):
    theta, optimizer = np.array(START), OPTIMIZERS[name]()
    for place in GOLDENS[name]:
        optimizer.step(theta, valley_gradient(theta))
        assert theta == pytest.approx(place, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(
    ("name", "activation", "loss", "target"),
    [
        ("sigmoid", Sigmoid, HalfSquaredError(), "rows"),
        ("relu", ReLU, SoftmaxCrossEntropy(), "labels"),
        ("decoupled", ReLU, SoftmaxCrossEntropy(), "labels"),
    ],
)
def test_training_a_network_equals_pytorchs(name, activation, loss, target):
    layers = [Dense(3, 4), activation(), Dense(4, 3)]
    network = Network(layers, rng=np.random.default_rng(0))
    network.theta[...] = GOLDENS["theta"]
    optimizer = AdamW(0.05, weight_decay=0.5) if name == "decoupled" else Adam(0.05)
    for expected in GOLDENS[f"{name}_losses"]:
        value = train_step(network, GOLDENS["x"], GOLDENS[target], loss, optimizer)
        assert value == pytest.approx(expected, rel=1e-11)
    assert network.theta == pytest.approx(GOLDENS[f"{name}_theta"], rel=1e-10, abs=1e-12)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_grid_of_learning_rates_steps_like_each_alone(name):
    kind, rates = type(OPTIMIZERS[name]()), np.array([0.01, 0.1])
    together, grid_optimizer = np.array([START, START]), kind(rates)
    alone, optimizers = [np.array(START), np.array(START)], [kind(rate) for rate in rates]
    for _ in range(5):
        grid_optimizer.step(together, np.array([valley_gradient(theta) for theta in together]))
        for theta, optimizer in zip(alone, optimizers, strict=True):
            optimizer.step(theta, valley_gradient(theta))
    assert together == pytest.approx(np.array(alone), rel=1e-13)


@pytest.mark.parametrize("piece", [1, 4, 7, 15])
@pytest.mark.parametrize("grid", [(), (5,), (3, 2)])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_steps_do_not_depend_on_the_pieces_they_are_taken_in(name, grid, piece, monkeypatch):
    kind, rng = type(OPTIMIZERS[name]()), np.random.default_rng(0)
    rates = rng.uniform(0.01, 0.1, grid) if grid else 0.05
    start, grads = rng.normal(size=(*grid, 5)), rng.normal(size=(3, *grid, 5))
    ends = []
    for size in (10**6, piece):
        monkeypatch.setattr("nnlib.optimizers.PIECE", size)
        theta, optimizer = start.copy(), kind(rates)
        for grad in grads:
            optimizer.step(theta, grad)
        ends.append(theta)
    assert np.array_equal(*ends) and not np.array_equal(ends[0], start)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_float32_stays_float32(name):
    theta, optimizer = np.ones(3, np.float32), OPTIMIZERS[name]()
    optimizer.step(theta, np.ones(3, np.float32))
    memory = [value for value in vars(optimizer).values() if isinstance(value, np.ndarray)]
    assert theta.dtype == np.float32
    assert all(array.dtype == np.float32 for array in memory)


BAD_SETTINGS = [
    (lambda: SGD(0), ValueError, "learning_rate must be a number in (0, inf); got 0"),
    (lambda: SGD(-0.1), ValueError, "learning_rate must be a number in (0, inf); got -0.1"),
    (lambda: SGD(np.inf), ValueError, "learning_rate must be a number in (0, inf); got inf"),
    (
        lambda: SGD("fast"),
        TypeError,
        "learning_rate must be a number in (0, inf); got 'fast' of type str",
    ),
    (
        lambda: SGD([0.1, -2.0]),
        ValueError,
        "learning_rate must be above 0; got -2.0 among the rates",
    ),
    (
        lambda: SGD([0.1, 0.0]),
        ValueError,
        "learning_rate must be above 0; got 0.0 among the rates",
    ),
    (
        lambda: SGD(True),
        TypeError,
        "learning_rate must be a number in (0, inf); got True of type bool",
    ),
    (lambda: Momentum(1, 1.0), ValueError, "momentum must be a number in [0, 1); got 1.0"),
    (lambda: Nesterov(1, -0.5), ValueError, "momentum must be a number in [0, 1); got -0.5"),
    (lambda: RMSProp(1, decay=2), ValueError, "decay must be a number in [0, 1); got 2"),
    (lambda: RMSProp(1, epsilon=0), ValueError, "epsilon must be a number in (0, inf); got 0"),
    (lambda: Adam(1, beta1=1), ValueError, "beta1 must be a number in [0, 1); got 1"),
    (lambda: Adam(1, beta2=1), ValueError, "beta2 must be a number in [0, 1); got 1"),
]


@pytest.mark.parametrize(
    ("make", "kind", "message"), BAD_SETTINGS, ids=[m for *_, m in BAD_SETTINGS]
)
def test_bad_input(make, kind, message):
    with pytest.raises(kind) as error:
        make()
    assert str(error.value) == message


def test_repr_shows_the_settings():
    assert repr(Momentum(0.1, 0.8)) == "Momentum(learning_rate=0.1, momentum=0.8)"
    assert repr(SGD([0.1, 0.2])) == "SGD(learning_rate=[0.1, 0.2])"


def test_defaults_are_the_usual_ones():
    assert repr(Momentum(1)) == "Momentum(learning_rate=1.0, momentum=0.9)"
    assert repr(Nesterov(1)) == "Nesterov(learning_rate=1.0, momentum=0.9)"
    assert repr(RMSProp(1)) == "RMSProp(learning_rate=1.0, decay=0.9, epsilon=1e-08)"
    assert repr(Adam()) == "Adam(learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-08)"


def test_what_is_assigned_to_the_memory_is_used():
    theta, optimizer = np.zeros(2), Momentum(0.1, 0.5)
    optimizer.step(theta, np.ones(2))
    optimizer.buffer = np.zeros(2)
    theta[...] = 0
    optimizer.step(theta, np.ones(2))
    assert theta == pytest.approx([-0.05, -0.05])


def test_the_first_gradient_has_the_shape_of_theta_and_is_plain():
    for wrong in (np.ones(1), np.ma.masked_array([1.0, 2.0], [0, 1])):
        with pytest.raises((ValueError, TypeError), match="grad must"):
            SGD(0.1).step(np.ones(2), wrong)


def test_an_optimizers_schedule_is_named():
    assert repr(SGD(cosine(0.1, steps=10, warmup=5))) == (
        "SGD(learning_rate=cosine(learning_rate=0.1, steps=10, warmup=5))"
    )


def test_rates_are_copied():
    rates = np.array([0.1, 0.2])
    optimizer = SGD(rates)
    rates *= 10
    assert repr(optimizer) == "SGD(learning_rate=[0.1, 0.2])"


@pytest.mark.parametrize("kind", [np.uint8, np.int32, np.float16, np.float32, list])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_gradient_of_any_kind_steps_as_its_numbers(name, kind):
    steps = [[16, 100], [3, 200]]
    expected, theta = np.ones(2), np.ones(2)
    one, other = OPTIMIZERS[name](), OPTIMIZERS[name]()
    for g in steps:
        one.step(expected, np.array(g, float))
        other.step(theta, g if kind is list else np.array(g, kind))
    assert np.array_equal(theta, expected)


def test_half_precision_is_refused():
    with pytest.raises(TypeError, match="of 32 bits or more"):
        Adam(0.1).step(np.ones(2, np.float16), np.ones(2, np.float16))


def test_an_optimizer_does_not_move_to_another_precision():
    optimizer = Adam(0.1)
    optimizer.step(np.ones(2, np.float32), np.ones(2, np.float32))
    with pytest.raises(ValueError, match=r"in float64; got .* in float32 before"):
        optimizer.check_fits(np.ones(2))
