"""The playground from Python: the widget's runs, and what it refuses."""

import json

import numpy as np
import pytest
from in_node import address, node

from nnlib import SoftmaxCrossEntropy
from nnwidgets import Playground
from nnwidgets.playground import data

# Trains a run for some epochs; answers with its losses and with the code that repeats it.
PROGRAM = """
import { createInterface } from "node:readline";
import { Run } from %s;
for await (const line of createInterface({ input: process.stdin })) {
  const { settings, sets, epochs } = JSON.parse(line);
  const run = new Run(settings, sets);
  for (let k = 0; k < epochs; k++) run.epoch();
  const losses = run.history.map(({ training }) => training);
  console.log(JSON.stringify({ losses, code: run.python(), word: run.diverged }));
}
"""


def in_browser(widget, epochs):
    settings = {name: getattr(widget, name) for name in Playground.settings}
    question = {"settings": settings, "sets": widget.sets, "epochs": epochs}
    return node(PROGRAM % address("playground/run"), question)[0]


RUNS = [
    {},
    {"data": "moons", "hidden": [(5, "relu")], "optimizer": "Momentum", "learning_rate": 0.3},
    {"data": "XOR", "hidden": [(8, "sigmoid")], "optimizer": "Nesterov", "batch_size": 7},
    {"data": "blobs", "hidden": [], "optimizer": "RMSProp", "learning_rate": 0.003, "seed": 9},
    {"data": "spirals", "optimizer": "Adam", "learning_rate": 0.01, "weight_decay": 0.01},
    {"dropout": 0.2, "optimizer": "Adam", "learning_rate": 0.01, "batch_size": 30},
    {"data": "own", "points": [(0, 0, 0), (1, 0.5, 1), (-1, 0.5, 1)], "hidden": [(3, "tanh")]},
]


@pytest.mark.parametrize("settings", RUNS, ids=lambda run: run.get("optimizer", "SGD"))
def test_the_code_under_the_widget_repeats_its_run(settings):
    """The code is run as it stands, and so is the widget's own method."""
    widget, epochs = Playground(**settings), 8
    answer = in_browser(widget, epochs)
    names = {}
    exec(answer["code"], names)
    assert names["training_loss"] == pytest.approx(answer["losses"][-1], abs=1e-9)
    X, y, _, _ = widget.samples()
    network = widget.train(epochs)
    mine = SoftmaxCrossEntropy()(network.predict(X), y)[0]
    assert mine == pytest.approx(answer["losses"][-1], abs=1e-9)
    assert answer["losses"][-1] != answer["losses"][0]


def test_a_run_without_end_says_so():
    wild = Playground(learning_rate=100, weight_decay=1.0, hidden=[(8, "relu")] * 4)
    answer = in_browser(wild, 200)
    assert answer["word"].startswith("Diverged at update ")
    assert np.isfinite(answer["losses"]).all()


# Trains, takes the link of the run, and trains the run and the one that the link leads to further.
LINKED = """
import { createInterface } from "node:readline";
import { Run } from %s;
import { fromLink, toLink } from %s;
for await (const line of createInterface({ input: process.stdin })) {
  const { settings, sets, updates } = JSON.parse(line);
  const run = new Run(settings, sets);
  for (let k = 0; k < updates; k++) run.update();
  const link = toLink(run);
  const { update } = Run.prototype;
  Run.prototype.update = () => { throw new Error("a link must not train"); };
  const opened = fromLink(link, sets);
  Run.prototype.update = update;
  const same = toLink(opened) === link;
  for (const one of [run, opened]) for (let k = 0; k < 70; k++) one.update();
  const [a, b] = [run, opened].map((one) => [...one.state()]);
  console.log(JSON.stringify({ same, a, b, code: run.python() === opened.python(), link }));
}
"""


@pytest.mark.parametrize("updates", [0, 7, 40])
@pytest.mark.parametrize("settings", RUNS, ids=lambda run: run.get("optimizer", "SGD"))
def test_a_link_goes_on_to_the_last_bit_without_training(settings, updates):
    """In the middle of an epoch too, with the optimizer's memory, dropout and order of samples."""
    widget = Playground(**settings)
    values = {name: getattr(widget, name) for name in Playground.settings}
    question = {"settings": values, "sets": widget.sets, "updates": updates}
    places = (address("playground/run"), address("playground/link"))
    answer = node(LINKED % places, question)[0]
    assert answer["same"] and answer["code"]
    assert answer["a"] == answer["b"] and answer["a"][0] == updates + 70


def test_the_link_of_the_largest_network_stays_short():
    """After many epochs too: some points of the loss curve are enough."""
    values = {"hidden": [(8, "tanh")] * 4, "optimizer": "Adam", "batch_size": 200}
    widget = Playground(**values)
    values = {name: getattr(widget, name) for name in Playground.settings}
    question = {"settings": values, "sets": widget.sets, "updates": 1500}
    places = (address("playground/run"), address("playground/link"))
    answer = node(LINKED % places, question)[0]
    assert answer["same"] and len(answer["link"]) < 10_000


def test_the_picture_shows_what_the_network_says():
    """Network, plane and losses, from the same training."""
    figure = Playground().still()
    inside, plane, losses = figure.axes
    network = Playground().train(100)
    X, y, *_ = Playground().samples()
    assert len(inside.images) == 2 + 4 + 4 + 1 and len(inside.lines) == 2 * 4 + 4 * 4 + 4
    shade = plane.images[0].get_array()
    side = len(shade)
    column, row = ((X / 1.25 * [1, -1] + 1) / 2 * (side - 1)).round().astype(int).T
    said = shade[row, column] > 0
    assert (said == network.predict(X).argmax(axis=1)).mean() > 0.98
    reached = SoftmaxCrossEntropy()(network.predict(X), y)[0]
    assert losses.lines[0].get_ydata()[[0, -1]] == pytest.approx(
        [SoftmaxCrossEntropy()(Playground().train(0).predict(X), y)[0], reached]
    )


@pytest.mark.parametrize("name", ["moons", "circles", "spirals", "XOR", "blobs"])
def test_data_fits_the_plane(name):
    X, y, X_test, y_test = data(name)
    assert X.shape == X_test.shape == (200, 2)
    assert np.abs(np.concatenate([X, X_test])).max() <= 1.1
    assert 0.35 < y.mean() < 0.65 and 0.35 < y_test.mean() < 0.65
    assert (np.round(X, 3) == X).all()


@pytest.mark.parametrize(
    "values, error, message",
    [
        ({"data": "stars"}, ValueError, "data must be one of .*; got 'stars'"),
        ({"hidden": [(9, "tanh")]}, ValueError, r"hidden\[0\]\[0\] must be .*; got 9"),
        ({"hidden": [(4, "cube")]}, ValueError, r"hidden\[0\]\[1\] must be one of .*; got 'cube'"),
        ({"hidden": [(4, "tanh")] * 5}, ValueError, "hidden must hold at most 4 pairs"),
        ({"hidden": [4]}, ValueError, "hidden must hold at most 4 pairs"),
        ({"optimizer": "adam"}, ValueError, "optimizer must be one of .*; got 'adam'"),
        ({"learning_rate": 0}, ValueError, "learning_rate must be .*; got 0"),
        ({"batch_size": 0}, ValueError, "batch_size must be .*; got 0"),
        ({"dropout": 1}, ValueError, "dropout must be .*; got 1"),
        ({"seed": -1}, ValueError, "seed must be .*; got -1"),
        ({"points": [(0, 2, 1)]}, ValueError, "points must hold at most 200 points between"),
        ({"points": [(0, 1, 2)]}, ValueError, "points must hold the classes 0 and 1"),
    ],
)
def test_bad_values_are_refused(values, error, message):
    with pytest.raises(error, match=message):
        Playground(**values)


def test_the_playground_stays_small():
    state = Playground().get_state()
    assert len(json.dumps(state["sets"])) < 40_000
