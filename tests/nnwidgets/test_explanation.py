"""The maps of an answer: what Python computes and refuses, and the script beside nnlib."""

import json
import re
from base64 import b64encode

import numpy as np
import pytest
from in_node import address, node

from nnlib import datasets, explaining
from nnlib.functional import softmax
from nnlib.gradcheck import numerical_gradient
from nnlib.layers import Dense, Dropout, ReLU, Tanh
from nnlib.network import Network
from nnwidgets import Explanation
from nnwidgets.explanation import LIMITS, METHODS

X, y = datasets.digits()[-2:]
CLOSE = {"rtol": 1e-9, "atol": 1e-9}
BASELINES = {"paper": np.zeros(256), "ink": np.ones(256)}
SHARES = [0, 0.003, 0.25, 0.5, 0.777, 1]

# Reads one state a line: the values of a widget, its parameters among them.
PROGRAM = f"""
import {{ createInterface }} from "node:readline";
import * as methods from {address("explanation/methods")};
const plain = (value) => JSON.parse(JSON.stringify(value, (_, part) =>
  ArrayBuffer.isView(part) ? Array.from(part) : part));
for await (const line of createInterface({{ input: process.stdin }})) {{
  const state = JSON.parse(line);
  const x = Float64Array.from(state.image);
  const x0 = methods.baselineOf(state.baseline, x);
  const ask = {{ asked: state.asked, score: state.score }};
  const known = methods.trained(state.units, state.theta);
  const network = state.weights === "trained" ? known : methods.random(state.units, state.seed);
  const maps = network.maps(x, x0, ask, state);
  const own = known.maps(x, x0, ask, state);
  const walk = network.walk(x, x0, ask, state.steps);
  const u = {json.dumps(SHARES)};
  console.log(JSON.stringify(plain({{
    x0, maps, answer: network.answer(x), score: network.score(x, ask),
    on: u.map((share) => methods.between(x, x0, share)),
    slopes: u.map((share) => network.gradient(methods.between(x, x0, share), ask)),
    truth: u.map(walk.true), sums: u.map(walk.sum), parts: u.map(walk.map),
    from: walk.from, to: walk.to,
    hidden: methods.hidden(x, x0, methods.patchAt(state.pixel, state.size)),
    agreements: Object.values(maps).map((map, i) =>
      methods.agreement(map, Object.values(own)[i], x)),
  }})));
}}
"""


def make(units=64, seed=0):
    """Return a 256-h-10 network, untrained, with biases."""
    layers = [Dense(256, units), ReLU(), Dense(units, 10)]
    network = Network(layers, rng=np.random.default_rng(seed))
    network.theta[...] += np.random.default_rng(seed + 1).normal(size=network.theta.shape) / 20
    return network


def widget(**values):
    """Return a widget with an untrained network."""
    network = make(values.pop("units", 64))
    return Explanation(network, X[:6], y[:6], **values)


def javascript(*widgets):
    """Return what the script computes for each widget."""
    states = []
    for one in widgets:
        names = ("baseline", "score", "weights", "seed", "steps", "size", "pixel", "image")
        state = {name: getattr(one, name) for name in names}
        theta = one.network.theta.tolist()
        states.append(
            {**state, "asked": one.asked_class, "units": one.network.layers[0].n_out}
            | {"theta": theta}
        )
    return node(PROGRAM, *states)


VARIED = [
    {},
    {"units": 1, "image": X[9], "asked": 3},
    {"units": 30, "image": X[2], "baseline": "ink", "steps": 10, "size": 5, "pixel": (0, 15)},
    {"image": X[3], "score": "probability", "size": 1, "steps": 200, "pixel": (15, 0)},
    {"image": X[4], "score": "probability", "baseline": "grey", "steps": 1, "size": 7, "asked": 0},
    {"image": X[5], "weights": "random", "seed": 7, "baseline": "grey"},
    {"image": X[6], "weights": "random", "seed": 99, "score": "probability", "baseline": "ink"},
    {"image": np.zeros(256), "baseline": "ink"},
    {"image": np.zeros(256), "weights": "random"},
]


@pytest.mark.parametrize("size", LIMITS["sizes"])
@pytest.mark.parametrize("baseline", BASELINES)
def test_python_maps_of_a_logit_are_nnlibs(baseline, size):
    for k, steps in enumerate(LIMITS["steps"]):
        one = widget(image=X[k], baseline=baseline, size=size, steps=steps, asked=k)
        x, x0, network = X[k : k + 1], BASELINES[baseline], one.network
        maps = one.maps()
        assert list(maps) == list(METHODS)
        expected = {
            "gradient": explaining.gradient_map(network, x, k),
            "times_input": explaining.gradient_times_input(network, x, k),
            "integrated": explaining.integrated_gradients(network, x, k, baseline=x0, steps=steps),
            "occlusion": explaining.occlusion(
                network, x, k, size=size, baseline=x0, places=(16, 16)
            ),
        }
        for name, map_ in maps.items():
            np.testing.assert_allclose(map_, expected[name].ravel(), **CLOSE, err_msg=name)


def test_python_gradients_of_a_probability_are_right():
    one = widget(image=X[1], score="probability", asked=4)
    at = 0.3 * X[1] + 0.02
    slope = one.gradients(at[None])[0]
    numerical = numerical_gradient(lambda x: one.scores(x[None])[0], at)
    np.testing.assert_allclose(slope, numerical, atol=1e-8)
    p = softmax(one.network.predict(at[None]))[0]
    np.testing.assert_allclose(one.scores(at[None]), p[4], **CLOSE)


def test_the_script_computes_what_nnlib_does():
    widgets = [widget(**values) for values in VARIED]
    for one, found in zip(widgets, javascript(*widgets), strict=True):
        x, x0 = np.array(one.image), one.reference
        np.testing.assert_allclose(found["x0"], x0, **CLOSE)
        for name, map_ in one.maps().items():
            np.testing.assert_allclose(found["maps"][name], map_, **CLOSE, err_msg=f"{one} {name}")
        p = one.predict(x)
        np.testing.assert_allclose(found["answer"]["p"], p, **CLOSE)
        assert found["answer"]["order"][0] == p.argmax()
        logits = one.explained.predict(x[None])[0]
        np.testing.assert_allclose(found["answer"]["logits"], logits, **CLOSE)
        assert found["score"] == pytest.approx(one.scores(x[None])[0], abs=1e-9)


def test_the_scripts_walk_adds_up_the_gradients_at_the_midpoints():
    widgets = [widget(**values) for values in VARIED]
    for one, found in zip(widgets, javascript(*widgets), strict=True):
        x, x0, n = np.array(one.image), one.reference, one.steps
        on = x0 + np.outer(SHARES, x - x0)
        np.testing.assert_allclose(found["on"], on, **CLOSE)
        np.testing.assert_allclose(found["slopes"], one.gradients(on), **CLOSE)
        start, *truth = one.scores(np.vstack([x0, on]))
        np.testing.assert_allclose(found["truth"], np.array(truth) - start, **CLOSE)
        assert [found["from"], found["to"]] == pytest.approx([start, truth[-1]], abs=1e-9)
        middles = (np.arange(n) + 0.5) / n
        parts = one.gradients(x0 + np.outer(middles, x - x0)) * (x - x0) / n
        done = np.clip(np.outer(SHARES, np.full(n, n)) - np.arange(n), 0, 1)
        np.testing.assert_allclose(found["parts"], done @ parts, **CLOSE)
        np.testing.assert_allclose(found["sums"], (done @ parts).sum(axis=1), **CLOSE)
        np.testing.assert_allclose(found["parts"][-1], one.maps()["integrated"], **CLOSE)


def test_more_steps_close_the_gap():
    gaps = []
    for steps in LIMITS["steps"]:
        [found] = javascript(widget(image=X[3], score="probability", steps=steps, baseline="ink"))
        gaps.append(abs(found["sums"][-1] - found["truth"][-1]))
    assert gaps[0] > 10 * gaps[2] and gaps[3] < 1e-3


def test_the_script_hides_the_patch_that_the_map_is_of():
    widgets = [widget(**values) for values in VARIED]
    for one, found in zip(widgets, javascript(*widgets), strict=True):
        (row, column), reach = one.pixel, one.size // 2
        expected = np.array(one.image).reshape(16, 16)
        place = (
            slice(max(0, row - reach), row + reach + 1),
            slice(max(0, column - reach), column + reach + 1),
        )
        expected[place] = one.reference[0]
        np.testing.assert_allclose(found["hidden"], expected.ravel(), **CLOSE)
        fall = np.subtract(*one.scores(np.array([one.image, expected.ravel()])))
        assert found["maps"]["occlusion"][16 * row + column] == pytest.approx(fall, abs=1e-9)


def test_maps_of_random_weights_are_compared_on_the_ink():
    values = {"image": X[5], "weights": "random", "seed": 3}
    one = widget(**values)
    [found] = javascript(one)
    ink = X[5] > 0
    other = widget(**{**values, "weights": "trained"}).maps()
    expected = [
        np.corrcoef(np.abs(map_[ink]), np.abs(other[name][ink]))[0, 1]
        for name, map_ in one.maps().items()
    ]
    np.testing.assert_allclose(found["agreements"], expected, **CLOSE)
    assert min(np.abs(np.diff(expected))) > 0
    [blank] = javascript(widget(image=np.zeros(256), weights="random"))
    assert blank["agreements"] == [None] * 4  # NaN, as JSON has it: no ink, nothing to compare


def test_random_weights_are_drawn_as_nnlib_draws_them():
    one = widget(weights="random", seed=5)
    first, again = one.explained, one.explained
    assert np.array_equal(first.theta, again.theta)
    assert not np.any(first.layers[0].b) and not np.any(first.layers[2].b)
    limit = np.sqrt(6 / (256 + 64))
    assert 0.99 * limit < np.abs(first.layers[0].W).max() <= limit
    one.seed = 6
    assert not np.array_equal(one.explained.theta, first.theta)
    one.weights = "trained"
    assert one.explained is one.network


def test_the_class_is_the_trained_answer_unless_another_is_asked_about():
    one = widget(image=X[2], weights="random")
    answer = one.network.predict(X[2:3])[0].argmax()
    assert one.asked is None and one.asked_class == answer
    one.asked = 9
    assert one.asked_class == 9
    one.asked = None
    assert one.asked_class == answer


def test_weights_are_rounded_and_later_training_does_not_show():
    network = make()
    one = Explanation(network, X[:3], y[:3])
    rounded = network.theta.astype(np.float16).astype(float)
    assert np.array_equal(one.network.theta, rounded)
    network.theta[...] += 1
    assert np.array_equal(one.network.theta, rounded)


def test_what_travels_is_small():
    one = Explanation(make(), X[:10], y[:10])
    state = one.stored()
    assert len(json.dumps(state)) < 60_000
    assert len(b64encode(one._theta)) < 46_000
    np.testing.assert_allclose(one.samples, X[:10], atol=1e-12)


def test_more_images_to_load_take_more_space():
    spaces = [Explanation(make(8), X[:n], y[:n]).space for n in (1, 10, 12, 20)]
    assert spaces[0] == spaces[1] < spaces[2] < spaces[3]
    assert spaces[1][1] == spaces[2][1] < spaces[3][1]


def test_it_begins_where_hiding_matters_most():
    one = widget(image=X[8], size=5)
    assert one.pixel == divmod(int(one.maps()["occlusion"].argmax()), 16)
    assert widget(pixel=[3, 4]).pixel == (3, 4)


@pytest.mark.parametrize("values", VARIED)
def test_a_stored_widget_is_restored(values):
    one = widget(**values)
    again = Explanation.restored(one.stored()["state"])
    assert repr(again) == repr(one)
    assert again.stored() == one.stored()
    for name, map_ in one.maps().items():
        assert np.array_equal(map_, again.maps()[name])
    assert Explanation.restored(one.stored()["state"], view="path").view == "path"


@pytest.mark.parametrize("values", VARIED)
@pytest.mark.parametrize("view", LIMITS["views"])
def test_its_picture_shows_what_the_view_does(view, values):
    figure = widget(view=view, **values).still()
    titles = [ax.get_title() for ax in figure.axes]
    if view == "path":
        assert titles == ["u = 0.5 of the way", "gradient there", "sum so far", ""]
        return
    assert titles[0].startswith("It says ") or titles[0].startswith("Random weights say ")
    expected = list(METHODS.values()) if view == "maps" else ["Occlusion"]
    assert titles[1 : len(expected) + 1] == expected


def test_the_walk_begins_with_nothing_and_ends_with_the_map():
    one = widget(image=X[4], baseline="grey", steps=10)
    assert not np.any(one.walk(0))
    np.testing.assert_allclose(one.walk(1), one.maps()["integrated"], **CLOSE)
    half = one.walk(0.05)  # half of the first of ten steps
    np.testing.assert_allclose(2 * half, one.walk(0.1), **CLOSE)
    with pytest.raises(ValueError, match=r"share must be a number in \[0, 1\]; got 2"):
        one.walk(2)


def test_its_repr_is_short():
    said = (
        "Explanation(network=256-30-10 with relu, samples=6, asked=7, score='probability', "
        "weights='random', view='path', baseline='ink')"
    )
    values = {"score": "probability", "weights": "random", "view": "path", "baseline": "ink"}
    assert repr(widget(units=30, asked=7, **values)) == said


def test_dropout_does_nothing_here():
    rng = np.random.default_rng(0)
    layers = [Dense(256, 8), ReLU(), Dropout(0.5, rng=rng), Dense(8, 10)]
    network = Network(layers, rng=rng)
    one = Explanation(network, X[:2], y[:2])
    np.testing.assert_allclose(one.predict(X[0]), softmax(network.predict(X[:1]))[0], atol=1e-3)


def no_number():
    network = make()
    network.theta[5] = np.nan
    return network


def built(*layers, **keywords):
    return Network(layers, rng=np.random.default_rng(0), **keywords)


@pytest.mark.parametrize(
    "network, error, message",
    [
        ("256-64-10", TypeError, "network must be an nnlib Network; got '256-64-10' of type str"),
        (
            built(Dense(256, 8), ReLU(), Dense(8, 10), grid=(2,)),
            ValueError,
            r"network must be a single one; got a grid of \(2,\)",
        ),
        (make(65), ValueError, r"h up to 64.*got Network\(\[Dense\(n_in=256, n_out=65\)"),
        (built(Dense(256, 8), Tanh(), Dense(8, 10)), ValueError, r"ReLU\(\), Dense\(h, 10\)"),
        (built(Dense(256, 10)), ValueError, r"network must be Dense\(256, h\)"),
        (built(Dense(64, 8), ReLU(), Dense(8, 10)), ValueError, "n_in=64"),
        (built(Dense(256, 8), ReLU(), Dense(8, 9)), ValueError, "n_out=9"),
        (no_number(), ValueError, "network must have finite parameters; got NaN"),
    ],
)
def test_other_networks_are_refused(network, error, message):
    with pytest.raises(error, match=message):
        Explanation(network, X[:2], y[:2])


@pytest.mark.parametrize(
    "values, error, message",
    [
        ({"samples": X[:2, :255]}, ValueError, r"samples must have shape .*got \(2, 255\)"),
        ({"samples": 2 * X[:2]}, ValueError, "samples must be numbers from 0 to 1; got "),
        ({"samples": -X[:2]}, ValueError, "samples must be numbers from 0 to 1; got -"),
        ({"samples": X[:21], "labels": y[:21]}, ValueError, "20 or fewer; got 21"),
        ({"labels": [1, 10]}, ValueError, "labels must hold labels 0 to 9; got 10 at index 1"),
        ({"labels": [1]}, ValueError, r"labels must have shape \(2,\); got \(1,\)"),
        ({"image": X[0, :9]}, ValueError, r"image must have shape \(256,\); got \(9,\)"),
        ({"image": X[0] + 2}, ValueError, r"image\[0\] must be a number in \[0, 1\]"),
        ({"asked": 10}, ValueError, r"asked must be an integer .*; got 10"),
        ({"asked": "3"}, TypeError, "asked must be an integer .*; got '3'"),
        ({"score": "loss"}, ValueError, "score must be one of .*; got 'loss'"),
        ({"weights": "he"}, ValueError, "weights must be one of .*; got 'he'"),
        ({"seed": 100}, ValueError, "seed must be .*; got 100"),
        ({"view": "map"}, ValueError, "view must be one of .*; got 'map'"),
        ({"method": "grad"}, ValueError, "method must be one of .*; got 'grad'"),
        ({"baseline": 0}, ValueError, "baseline must be one of .*; got 0"),
        ({"pixel": (3, 16)}, ValueError, "pixel's column must be .*; got 16"),
        ({"pixel": (-1, 0)}, ValueError, "pixel's row must be .*; got -1"),
        ({"pixel": (1, 2, 3)}, TypeError, "pixel must be a row and a column; got "),
        ({"pixel": 7}, TypeError, "pixel must be a row and a column; got 7"),
        ({"size": 4}, ValueError, "size must be one of 1, 3, 5, 7; got 4"),
        ({"size": True}, TypeError, "size must be an integer; got True"),
        ({"share": 1.01}, ValueError, r"share must be a number in \[0, 1\]; got 1.01"),
        ({"steps": 20}, ValueError, "steps must be one of 1, 10, 50, 200; got 20"),
        ({"colour": 1}, TypeError, "Explanation takes .*; got colour"),
    ],
)
def test_bad_values_are_refused(values, error, message):
    values = {"samples": X[:2], "labels": y[:2], **values}
    with pytest.raises(error, match=message):
        Explanation(make(8), **values)


def test_errors_do_not_name_what_a_caller_cannot_pass():
    with pytest.raises(TypeError) as caught:
        Explanation(make(8), X[:2], y[:2], colour=1)
    assert not re.search(r"\b_", str(caught.value))


@pytest.mark.parametrize("name, bad", [("pixel", (1, 77)), ("steps", 3), ("asked", -1)])
def test_a_refused_value_changes_nothing(name, bad):
    one = widget()
    before = getattr(one, name)
    with pytest.raises(ValueError, match=name):
        setattr(one, name, bad)
    assert getattr(one, name) == before


def test_what_is_asked_of_it_must_be_images():
    one = widget()
    with pytest.raises(ValueError, match=r"image must have shape \(256,\); got \(2, 256\)"):
        one.predict(X[:2])
    with pytest.raises(ValueError, match=r"images must have shape .*; got \(256,\)"):
        one.scores(X[0])
    with pytest.raises(ValueError, match=r"images must have shape .*; got \(256,\)"):
        one.gradients(X[0])
