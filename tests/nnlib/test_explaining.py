"""Explaining: maps beside their definitions, and what is refused."""

import numpy as np
import pytest

from nnlib import (
    Dense,
    Dropout,
    Embedding,
    Flatten,
    Network,
    ReLU,
    Sigmoid,
    Tanh,
    gradient_map,
    gradient_times_input,
    integrated_gradients,
    numerical_gradient,
    occlusion,
)

MAPS = [gradient_map, gradient_times_input, integrated_gradients, occlusion]
GRADIENTS = MAPS[:3]


def rng(seed=0):
    return np.random.default_rng(seed)


def make(activation=Tanh, n_in=6, dtype=np.float64, **settings):
    layers = [Dense(n_in, 5), activation(), Dense(5, 3)]
    network = Network(layers, rng=rng(), dtype=dtype, **settings)
    network.theta = network.theta + rng(1).normal(size=network.theta.shape) * 0.3
    return network


def pictures():
    """A network that takes pictures of 4 × 3 places with 2 features each."""
    layers = [Dense(2, 3), Tanh(), Flatten(), Dense(36, 3)]
    network = Network(layers, rng=rng(), input_shape=(4, 3, 2))
    network.theta = network.theta + rng(1).normal(size=network.theta.shape) * 0.3
    return network


X = rng(2).normal(size=(4, 6))
OUTPUT = np.array([0, 2, 1, 2])
PICTURES = rng(3).normal(size=(4, 4, 3, 2))


@pytest.mark.parametrize("explain", MAPS)
def test_a_linear_model_explains_itself(explain):
    linear = Network([Dense(6, 3)], rng=rng())
    linear.layers[0].b = [1, 2, 3]
    w = linear.layers[0].W.T[OUTPUT]
    expected = w if explain is gradient_map else w * X
    assert explain(linear, X, OUTPUT) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("network", "x"), [(make(), X), (pictures(), PICTURES)])
def test_the_gradient_is_that_of_the_output(network, x):
    found = gradient_map(network, x, OUTPUT)
    assert found.shape == x.shape
    for k in range(4):
        expected = numerical_gradient(lambda a, k=k: network(a[None])[0, OUTPUT[k]], x[k])
        assert found[k] == pytest.approx(expected, abs=1e-8)


def test_gradient_times_input_is_their_product():
    expected = X * gradient_map(make(), X, OUTPUT)
    assert np.array_equal(gradient_times_input(make(), X, OUTPUT), expected)


def test_gradient_times_input_adds_up_without_biases():
    network = make(ReLU)
    for layer in network.layers[::2]:
        layer.b = np.zeros_like(layer.b)
    sums = gradient_times_input(network, X, OUTPUT).sum(axis=1)
    assert sums == pytest.approx(network(X)[range(4), OUTPUT], rel=1e-12)


@pytest.mark.parametrize(("network", "x"), [(make(), X), (pictures(), PICTURES)])
@pytest.mark.parametrize("baseline", [0.0, -1, "sample", "all"])
def test_integrated_gradients_add_up(network, x, baseline):
    named = {"sample": rng(4).normal(size=x.shape[1:]), "all": rng(5).normal(size=x.shape)}
    baseline = named.get(baseline, baseline)
    found = integrated_gradients(network, x, OUTPUT, baseline=baseline, steps=400)
    assert found.shape == x.shape
    there = np.broadcast_to(baseline, x.shape)
    expected = (network(x) - network(there))[range(4), OUTPUT]
    assert found.reshape(4, -1).sum(axis=1) == pytest.approx(expected, abs=1e-4)


def test_integrated_gradients_take_midpoints():
    network, way = make(), X - 0.5
    gradients = [
        gradient_map(network, 0.5 + share * way, OUTPUT) for share in (1 / 6, 3 / 6, 5 / 6)
    ]
    found = integrated_gradients(network, X, OUTPUT, baseline=0.5, steps=3)
    assert found == pytest.approx(way * np.mean(gradients, axis=0), rel=1e-12)


def test_integrated_gradients_take_fifty_steps_from_zero():
    found = integrated_gradients(make(), X, OUTPUT)
    expected = integrated_gradients(make(), X, OUTPUT, baseline=0, steps=50)
    assert np.array_equal(found, expected)
    other = integrated_gradients(make(), X, OUTPUT, steps=49)
    assert not np.array_equal(found, other)


def brute_force(network, x, output, size, baseline):
    """Hide one patch after another, place by place."""
    baseline = np.broadcast_to(baseline, x.shape)
    reach, falls = size // 2, np.zeros(x.shape[:-1])
    for n, row, column in np.ndindex(*x.shape[:-1]):
        changed = x[n].copy()
        for i in range(x.shape[1]):
            for j in range(x.shape[2]):
                if abs(i - row) <= reach and abs(j - column) <= reach:
                    changed[i, j] = baseline[n, i, j]
        before, after = network(np.stack([x[n], changed]).reshape(2, *network.in_shape))
        falls[n, row, column] = (before - after)[output[n]]
    return falls


@pytest.mark.parametrize("size", [1, 3, 5, 9])
@pytest.mark.parametrize("baseline", [0.0, 0.7, rng(6).normal(size=(4, 3, 2))])
def test_occlusion_of_pictures_by_brute_force(size, baseline):
    found = occlusion(pictures(), PICTURES, OUTPUT, size=size, baseline=baseline)
    expected = brute_force(pictures(), PICTURES, OUTPUT, size, baseline)
    assert found == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("size", [1, 3])
def test_occlusion_of_rows_that_are_pictures(size):
    network, baseline = make(n_in=12), rng(4).normal(size=(4, 12))
    x = rng(3).normal(size=(4, 12))
    found = occlusion(network, x, OUTPUT, size=size, baseline=baseline, places=(4, 3))
    expected = brute_force(
        network, x.reshape(4, 4, 3, 1), OUTPUT, size, baseline.reshape(4, 4, 3, 1)
    )
    assert found == pytest.approx(expected, abs=1e-12)


def test_occlusion_of_a_row_hides_neighbours():
    found = occlusion(make(), X, 1, size=3)
    changed = X.copy()
    changed[:, 1:4] = 0
    assert found.shape == X.shape
    assert found[:, 2] == pytest.approx((make()(X) - make()(changed))[:, 1], abs=1e-12)


def test_occlusion_takes_words():
    network = Network([Embedding(5, 2), Flatten(), Dense(6, 2)], rng=rng(), input_shape=(3,))
    x = np.array([[1, 2, 3], [4, 1, 1]])
    changed = x.copy()
    changed[:, 0] = 0
    found = occlusion(network, x, 1)
    assert found[:, 0] == pytest.approx((network(x) - network(changed))[:, 1], abs=1e-12)
    with pytest.raises(ValueError, match="baseline must hold symbols 0 to 4; got 5"):
        occlusion(network, x, 1, baseline=5)
    with pytest.raises(ValueError, match="that can change a little"):
        gradient_map(network, x, 1)


@pytest.mark.parametrize("explain", MAPS)
def test_one_output_serves_all_samples(explain):
    for output in (2, np.int64(2), [2, 2, 2, 2], np.full(4, 2, np.uint8)):
        found = explain(make(), X, output)
        assert np.array_equal(found, explain(make(), X, np.full(4, 2)))
    assert found.shape == X.shape and found.dtype == np.float64


@pytest.mark.parametrize("explain", MAPS)
def test_maps_are_of_the_networks_dtype(explain):
    assert explain(make(dtype=np.float32), X, OUTPUT).dtype == np.float32


@pytest.mark.parametrize("explain", MAPS)
def test_the_network_and_the_samples_are_left_as_they_were(explain):
    network = Network([Dense(6, 5), Dropout(0.5, rng=rng()), Sigmoid(), Dense(5, 3)], rng=rng())
    network.grad = np.arange(network.n_parameters)
    theta, grad, x = network.theta.copy(), network.grad.copy(), X.copy()
    first = explain(network, x, OUTPUT)
    assert np.array_equal(first, explain(network, x, OUTPUT))  # no dropout
    assert np.array_equal(network.theta, theta) and np.array_equal(network.grad, grad)
    assert np.array_equal(x, X) and network.trainable is None


@pytest.mark.parametrize("explain", MAPS)
@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("no network", X, 0), TypeError, "network must be a Network; got 'no network'"),
        ((make(grid=(2,)), X, 0), ValueError, r"network must be one network; got .*\(2,\)"),
        (
            (Network([Dense(2, 3)], rng=rng(), input_shape=(4, 2)), np.ones((1, 4, 2)), 0),
            ValueError,
            r"a row of numbers for each sample; got outputs of shape \(4, 3\)",
        ),
        ((make(), X[:, :5], 0), ValueError, r"x must have shape \(any, 6\); got \(4, 5\)"),
        ((make(), X * np.nan, 0), ValueError, "x must be finite"),
        ((make(), X, 3), ValueError, r"output must be an integer in \[0, 2\]; got 3"),
        ((make(), X, -1), ValueError, r"output must be an integer in \[0, 2\]; got -1"),
        ((make(), X, 1.0), TypeError, "output must be an integer"),
        ((make(), X, [0, 1, 2]), ValueError, r"output must have shape \(4,\); got \(3,\)"),
        ((make(), X, [0, 1, 2, 3]), ValueError, "output must hold labels 0 to 2; got 3"),
        ((make(), X, [0.0, 1, 2, 2]), TypeError, "output must hold integer"),
    ],
)
def test_what_does_not_fit_is_refused(explain, arguments, error, message):
    with pytest.raises(error, match=message):
        explain(*arguments)


@pytest.mark.parametrize("explain", [integrated_gradients, occlusion])
def test_a_baseline_that_does_not_fit_is_refused(explain):
    with pytest.raises(ValueError, match=r"baseline must be a number or .*; got \(5,\)"):
        explain(make(), X, 0, baseline=np.zeros(5))
    with pytest.raises(ValueError, match="baseline must be finite"):
        explain(make(), X, 0, baseline=np.inf)
    with pytest.raises(TypeError, match="baseline must hold real numbers"):
        explain(make(), X, 0, baseline="white")


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"size": 2}, ValueError, "size must be odd.*; got 2"),
        ({"size": 0}, ValueError, "size must be an integer"),
        ({"places": (2, 2)}, ValueError, r"places must hold 6 numbers in all; got \(2, 2\)"),
        ({"places": 6}, TypeError, "places must be a tuple of integers"),
        ({"places": (6, 0)}, ValueError, "places must be an integer"),
    ],
)
def test_a_patch_that_does_not_fit_is_refused(settings, error, message):
    with pytest.raises(error, match=message):
        occlusion(make(), X, 0, **settings)


def test_places_of_a_picture_are_its_own():
    same = occlusion(pictures(), PICTURES, OUTPUT, places=(4, 3))
    assert np.array_equal(same, occlusion(pictures(), PICTURES, OUTPUT))
    with pytest.raises(ValueError, match=r"those of a sample, \(4, 3\); got \(3, 4\)"):
        occlusion(pictures(), PICTURES, OUTPUT, places=(3, 4))


@pytest.mark.parametrize("steps", [0, 1.5])
def test_steps_that_do_not_fit_are_refused(steps):
    with pytest.raises((TypeError, ValueError), match="steps must be an integer"):
        integrated_gradients(make(), X, 0, steps=steps)


@pytest.mark.parametrize("explain", [gradient_map, occlusion])
def test_a_map_leaves_what_the_network_remembers(explain):
    network, x = make(), rng(1).normal(size=(2, 6))
    g = np.ones(network.forward(x[:1]).shape)
    expected = network.backward(g)
    network.forward(x[:1])
    explain(network, x[1:2], 0)
    assert np.array_equal(network.backward(g), expected)
