"""The digit reader from Python: the network it takes, what it answers, and what it refuses."""

import gzip
import json
from base64 import b64encode

import numpy as np
import pytest

from nnlib import datasets
from nnlib.functional import softmax
from nnlib.layers import Dense, ReLU, Sigmoid, Tanh
from nnlib.network import Network
from nnwidgets import DrawDigit

X, y = datasets.digits()[-2:]


def make(units=64, activation=ReLU, seed=0, **keywords):
    """Return a 256-h-10 network, untrained."""
    layers = [Dense(256, units), activation(), Dense(units, 10)]
    return Network(layers, rng=np.random.default_rng(seed), **keywords)


@pytest.mark.parametrize("activation", [ReLU, Sigmoid, Tanh])
@pytest.mark.parametrize("units", [1, 30, 64])
def test_it_answers_as_its_network_does(units, activation):
    network = make(units, activation)
    widget = DrawDigit(network, X[:3], y[:3])
    for image in X[:20]:
        expected = softmax(network.predict(image[None]))[0]
        np.testing.assert_allclose(widget.predict(image), expected, atol=1e-6, rtol=0)  # float32
    widget.still()


def test_further_training_does_not_change_the_widget():
    network = make()
    widget = DrawDigit(network, X[:3], y[:3])
    before = widget.predict(X[0])
    network.theta[...] += 1
    assert np.array_equal(widget.predict(X[0]), before)


def test_what_travels_is_small_and_exact():
    network = make()
    widget = DrawDigit(network, X[:12], y[:12])
    state = widget.get_state()
    theta = np.frombuffer(state["_theta"], "<f4")
    assert np.array_equal(theta, network.theta.astype(np.float32))
    samples = np.frombuffer(state["_samples"], np.uint8).reshape(-1, 256) / datasets.INK
    assert np.array_equal(samples, X[:12])
    assert state["_labels"] == y[:12].tolist()
    assert np.array_equal(widget.image, X[0])
    own = {k: v for k, v in state.items() if k not in ("_theta", "_samples", "_esm", "_css")}
    sent = [b64encode(state["_theta"]), b64encode(state["_samples"]), json.dumps(own).encode()]
    assert sum(map(len, sent)) < 100_000
    assert len(gzip.compress(b"".join(sent))) < 75_000


def test_its_repr_is_short():
    widget = DrawDigit(make(30, Tanh), X[:4], y[:4], preparation="as drawn")
    said = "DrawDigit(network=256-30-10 with tanh, samples=4, preparation='as drawn')"
    assert repr(widget) == said


def test_the_picture_can_be_set():
    widget = DrawDigit(make(), X[:4], y[:4], image=X[7])
    assert np.array_equal(widget.image, X[7])
    widget.image = np.zeros(256)
    widget.still()
    with pytest.raises(ValueError, match=r"image\[3\] must be a number in \[0, 1\]; got 2"):
        widget.image = np.where(np.arange(256) == 3, 2.0, 0.0)
    assert np.array_equal(widget.image, np.zeros(256))


def no_number():
    network = make()
    network.theta[5] = np.nan
    return network


@pytest.mark.parametrize(
    "network, error, message",
    [
        ("256-64-10", TypeError, "network must be an nnlib Network; got '256-64-10' of type str"),
        (make(grid=(2,)), ValueError, r"network must be a single one; got a grid of \(2,\)"),
        (make(65), ValueError, r"h up to 64.*got Network\(\[Dense\(n_in=256, n_out=65\)"),
        (
            Network([Dense(256, 8), Dense(8, 10)], rng=np.random.default_rng(0)),
            ValueError,
            r"ReLU\(\), Sigmoid\(\) or Tanh\(\)",
        ),
        (
            Network([Dense(256, 10)], rng=np.random.default_rng(0)),
            ValueError,
            r"network must be Dense\(256, h\).*got Network\(\[Dense\(n_in=256, n_out=10\)\]\)",
        ),
        (
            Network([Dense(64, 8), ReLU(), Dense(8, 10)], rng=np.random.default_rng(0)),
            ValueError,
            "n_in=64",
        ),
        (no_number(), ValueError, "network must have finite parameters; got NaN"),
    ],
)
def test_other_networks_are_refused(network, error, message):
    with pytest.raises(error, match=message):
        DrawDigit(network, X[:2], y[:2])


@pytest.mark.parametrize(
    "values, error, message",
    [
        ({"samples": X[:2, :255]}, ValueError, r"samples must have shape .*got \(2, 255\)"),
        ({"samples": 2 * X[:2]}, ValueError, "samples must be numbers from 0 to 1; got "),
        ({"samples": X[:21], "labels": y[:21]}, ValueError, "20 or fewer; got 21"),
        ({"labels": [1, 10]}, ValueError, "labels must hold labels 0 to 9; got 10 at index 1"),
        ({"labels": [1]}, ValueError, r"labels must have shape \(2,\); got \(1,\)"),
        ({"preparation": "big"}, ValueError, "preparation must be one of .*; got 'big'"),
        ({"image": X[0, :9]}, ValueError, r"image must have shape \(256,\); got \(9,\)"),
    ],
)
def test_bad_values_are_refused(values, error, message):
    values = {"samples": X[:2], "labels": y[:2], **values}
    with pytest.raises(error, match=message):
        DrawDigit(make(), **values)


def test_a_picture_to_answer_must_be_one():
    widget = DrawDigit(make(), X[:2], y[:2])
    with pytest.raises(ValueError, match=r"image must have shape \(256,\); got \(2, 256\)"):
        widget.predict(X[:2])


def test_the_samples_are_those_given_in_levels_of_full_ink():
    widget = DrawDigit(make(), X[:4], y[:4])
    np.testing.assert_allclose(widget.samples, X[:4], atol=1e-12)
    rough = DrawDigit(make(), np.full((1, 256), 0.5), [3]).samples
    assert np.unique(rough) == [pytest.approx(32 / 63)]  # the nearest of 64 levels


@pytest.mark.parametrize("activation", [ReLU, Sigmoid, Tanh])
def test_a_stored_widget_is_restored_with_its_network(activation):
    widget = DrawDigit(make(30, activation), X[:4], y[:4], image=X[7], preparation="as drawn")
    again = DrawDigit.restored(widget.stored()["state"])
    assert repr(again) == repr(widget)
    assert np.array_equal(again.samples, widget.samples) and again._labels == widget._labels
    assert np.array_equal(again.predict(X[9]), widget.predict(X[9]))
    assert np.array_equal(again.image, widget.image)
    assert again.stored() == widget.stored()
    other = DrawDigit.restored(widget.stored()["state"], part="answer", image=np.zeros(256))
    assert other.part == "answer" and not np.any(other.image)
    assert np.array_equal(other.predict(X[9]), widget.predict(X[9]))


def test_the_answer_alone_begins_with_empty_paper_and_takes_less_space():
    whole, answer = (DrawDigit(make(), X[:4], y[:4], part=part) for part in ("whole", "answer"))
    assert not np.any(answer.image) and np.any(whole.image)
    assert [len(widget.still().axes) for widget in (whole, answer)] == [3, 2]
    assert all(a < w for a, w in zip(answer.space, whole.space, strict=True))
    with pytest.raises(ValueError, match=r"part must be one of .*; got 'half'"):
        DrawDigit(make(), X[:4], y[:4], part="half")
