"""The widget of vanishing gradients: what Python and its script compute, and what is refused."""

from itertools import product

import numpy as np
import pytest
from in_node import address, node

from nnwidgets import VanishingGradients
from nnwidgets.vanishing import ACTIVATIONS, INITIALIZERS, KEPT, REACHES, signals

# Reads one setting a line; answers with the weights and signals of the second network, the samples
# and the summary of all. The generators are used for one setting after the other, as in the widget.
PROGRAM = """
import { createInterface } from "node:readline";
import * as widget from %s;
const generator = widget.generators();
const data = widget.samples();
for await (const line of createInterface({ input: process.stdin })) {
  const all = widget.networks(JSON.parse(line), generator);
  const lengths = all.map((network) => widget.signals(network, data));
  const shown = widget.summary(lengths);
  console.log(JSON.stringify({
    x: Array.from(data.x), target: Array.from(data.target), theta: Array.from(all[1].theta),
    starts: all.map((network) => network.theta[0]), lengths, shown, words: widget.verdict(shown),
  }));
}
"""
SCRIPT = address("vanishing")


def in_script(*settings):
    """Compute with the widget's own script, in Node."""
    return node(PROGRAM % SCRIPT, *settings)


def evaluate(expression):
    """Return the value of a JavaScript expression about the script, which is called `w`."""
    return node(f"import * as w from {SCRIPT}; console.log(JSON.stringify({expression}));")[0]


def every_setting(depth, seed=3):
    kinds = product(ACTIVATIONS, INITIALIZERS, ("plain", "residual"))
    names = ("activation", "initializer", "structure")
    return [dict(zip(names, kind, strict=True), depth=depth, seed=seed) for kind in kinds]


@pytest.mark.parametrize("depth", [1, 6, 20])
def test_the_script_computes_the_signals_of_nnlib(depth):
    settings = every_setting(depth)
    for values, theirs in zip(settings, in_script(*settings), strict=True):
        network = VanishingGradients(**values).network(np.random.default_rng(0))
        network.theta[...] = theirs["theta"]
        labels = np.reshape(theirs["target"], (-1, 10)).argmax(axis=1)
        assert sorted(labels) == list(range(len(labels)))  # deep networks cannot get all right
        ours = signals(network, np.reshape(theirs["x"], (-1, 32)), labels)
        np.testing.assert_allclose(theirs["lengths"][1], ours, rtol=1e-9, err_msg=str(values))
        relative = np.divide(theirs["lengths"], np.array(theirs["lengths"])[:, -1:])
        np.testing.assert_allclose(theirs["shown"]["middle"], np.median(relative, axis=0))
        np.testing.assert_allclose(theirs["shown"]["ratio"], np.median(relative[:, 0]))
        ratio = theirs["shown"]["ratio"]
        if depth > 1:
            np.testing.assert_allclose(theirs["shown"]["factor"] ** (depth - 1), ratio)
            word = "vanishes" if ratio < KEPT[0] else "explodes" if ratio > KEPT[1] else "is kept"
            assert theirs["words"] == f"The signal {word}."
        reach = theirs["shown"]["reach"]
        assert reach in REACHES
        assert reach == 20 or np.abs(np.log10(theirs["shown"]["middle"])).max() <= reach


@pytest.mark.parametrize("structure", ["plain", "residual"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_for_one_sample_the_signal_is_the_gradient_of_the_bias(activation, structure):
    widget = VanishingGradients(
        depth=4, activation=activation, structure=structure, initializer="he"
    )
    rng = np.random.default_rng(5)
    network = widget.network(rng, (2,))
    lengths = signals(network, rng.normal(size=(1, 32)), np.array([3]))
    names = list(network.parameter_slices.items())
    biases = [network.grad[:, place] for name, place in names if name.endswith("b")][:-1]
    expected = np.stack([np.linalg.norm(b, axis=-1) for b in biases], axis=-1)
    np.testing.assert_allclose(lengths, expected, rtol=1e-12)


def test_python_and_the_script_tell_the_same_story():
    settings = every_setting(10)
    for values, theirs in zip(settings, in_script(*settings), strict=True):
        ours = VanishingGradients(**values).ratio
        assert abs(np.log10(ours / theirs["shown"]["ratio"])) < 0.5, values


def test_first_weights_have_the_stated_spread():
    spreads = {"small": 0.01, "glorot": np.sqrt(1 / 32), "he": np.sqrt(2 / 32), "standard": 1}
    kinds = [{"activation": "tanh", "structure": "plain", "depth": 20, "seed": 1}]
    settings = [{**kinds[0], "initializer": name} for name in spreads]
    for spread, theirs in zip(spreads.values(), in_script(*settings), strict=True):
        weights = np.reshape(theirs["theta"][: 20 * 33 * 32], (20, 33, 32))
        assert (weights[:, 32] == 0).all()
        assert np.std(weights[:, :32]) == pytest.approx(spread, rel=0.03)


def test_the_same_seed_gives_the_same_weights_and_another_others():
    setting = every_setting(5, seed=8)[0] | {"initializer": "he"}
    first, _, again, deeper, other = in_script(
        setting,
        setting | {"initializer": "glorot"},
        setting | {"activation": "tanh"},
        setting | {"depth": 7},
        setting | {"seed": 9},
    )
    assert first["theta"] == again["theta"]
    hidden = 5 * 33 * 32
    assert first["theta"][:hidden] == deeper["theta"][:hidden]
    assert len(set(first["starts"])) == 5
    assert not set(first["starts"]) & set(other["starts"])


@pytest.mark.parametrize(
    "rows, words",
    [
        ("[0, 2e-9, 4]", "too small for the computer’s numbers"),
        ("[Infinity, 5, 1]", "too large for the computer’s numbers"),
        ("[Infinity, Infinity, Infinity]", "too large for the computer’s numbers"),
        ("[0, 0, 0]", "0 already in the last hidden layer"),
        ("[3]", "Nothing to compare"),
    ],
)
def test_numbers_beyond_the_computers_have_words(rows, words):
    shown = f"w.summary(Array(5).fill({rows}))"
    assert words in evaluate(f"w.verdict({shown})")
    assert evaluate(f"{shown}.reach") == (4 if rows == "[3]" else 20)
    parts = evaluate(f"['first', 'last', 'ratio'].map((name) => w.written({shown}[name]))")
    assert not {"NaN", "Infinity", "undefined"} & set(" ".join(parts).split())


def test_a_number_too_large_on_the_way_back_becomes_infinity():
    huge = "w.networks({ depth: 2, activation: 'relu', initializer: 'he', structure: 'plain', "
    huge += "seed: 0 }, w.generators())[0]"
    lengths = f"(() => {{ const n = {huge}; n.theta.fill(1e300); "
    lengths += "return w.signals(n, w.samples()).map(String); })()"
    assert evaluate(lengths) == ["Infinity", "Infinity"]


@pytest.mark.parametrize(
    "value, text",
    [
        ("0", "0"),
        ("NaN", "no number"),
        ("Infinity", "too large"),
        ("5e-324", "less than 10⁻³⁰⁰"),
        ("6.42e-36", "6.4 · 10⁻³⁶"),
        ("0.00996", "0.01"),
        ("0.00994", "9.9 · 10⁻³"),
        ("0.2345", "0.23"),
        ("1", "1"),
        ("94.6", "95"),
        ("321", "320"),
        ("1.04e12", "1.0 · 10¹²"),
    ],
)
def test_numbers_of_any_size_are_written_with_two_digits(value, text):
    assert evaluate(f"w.written({value})").replace("\u202f", " ") == text


@pytest.mark.parametrize(
    "values, error, message",
    [
        ({"depth": 0}, ValueError, r"depth must be an integer in \[1, 20\]; got 0"),
        ({"depth": 21}, ValueError, "depth must be .*; got 21"),
        ({"depth": 2.5}, TypeError, "depth must be .*; got 2.5"),
        ({"activation": "step"}, ValueError, "activation must be one of .*; got 'step'"),
        ({"initializer": "xavier"}, ValueError, "initializer must be one of .*; got 'xavier'"),
        ({"structure": True}, ValueError, "structure must be one of .*; got True"),
        ({"seed": -1}, ValueError, "seed must be .*; got -1"),
        ({"width": 8}, TypeError, "VanishingGradients takes depth, .*; got width"),
    ],
)
def test_bad_values_are_refused(values, error, message):
    with pytest.raises(error, match=message):
        VanishingGradients(**values)
    widget = VanishingGradients()
    [(name, value)] = values.items()
    if name in widget.settings:
        before = getattr(widget, name)
        with pytest.raises(error, match=message):
            setattr(widget, name, value)
        assert getattr(widget, name) == before


@pytest.mark.parametrize("depth", [1, 20])
@pytest.mark.parametrize("initializer", ["small", "standard"])
def test_there_is_a_picture_at_every_extreme(depth, initializer):
    widget = VanishingGradients(depth=depth, activation="relu", initializer=initializer)
    [ax] = widget.still().axes
    low, high = ax.get_ylim()
    dots = np.concatenate([line.get_ydata() for line in ax.lines[6:]])
    assert len(dots) == depth
    assert ((dots >= low) & (dots <= high)).all()
