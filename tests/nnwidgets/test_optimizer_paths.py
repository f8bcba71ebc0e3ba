"""The optimizers widget: what Python computes and refuses, and its JavaScript beside nnlib's."""

import numpy as np
import pytest
from in_node import address, node

from nnlib import optimizers
from nnlib.gradcheck import numerical_gradient
from nnwidgets import Optimizers
from nnwidgets.base import OPTIMIZERS
from nnwidgets.optimizer_paths import LANDSCAPES, height

PROGRAM = """
import { createInterface } from "node:readline";
import * as map from %s;
for await (const line of createInterface({ input: process.stdin })) {
  const state = JSON.parse(line);
  const runs = map.race(state);
  const said = map.RULES.map((rule) => map.verdict(runs[rule], state.steps, state.surface));
  console.log(JSON.stringify({ runs, said }));
}
"""


def javascript(*states):
    """Return what landscapes.js answers for each state."""
    return node(PROGRAM % address("optimizer_paths/landscapes"), *states)


def state(widget):
    return {name: getattr(widget, name) for name in widget.settings}


@pytest.mark.parametrize("surface", LANDSCAPES)
@pytest.mark.parametrize("momentum", [0.9, 0.35])
def test_fifty_steps_in_javascript_are_nnlibs(surface, momentum):
    rng = np.random.default_rng(5)
    widgets = [
        Optimizers(surface=surface, steps=50, momentum=momentum, rates=rates)
        for rates in ("one", "tuned")
        if rates == "one" or (LANDSCAPES[surface]["tuned"] and momentum == 0.9)
    ]
    axes, limits = LANDSCAPES[surface]["axes"], np.array(LANDSCAPES[surface]["limits"])
    for _ in range(4):
        place = rng.uniform(*(0.8 * limits.T))[np.argsort(axes)]
        rate = float(LANDSCAPES[surface]["rate"] * rng.uniform(0.3, 1))
        more = {"start": place.tolist(), "learning_rate": rate, "momentum": momentum}
        widgets.append(Optimizers(surface=surface, steps=50, **more))
    for widget, answer in zip(widgets, javascript(*map(state, widgets)), strict=True):
        for rule in OPTIMIZERS:
            points, heights = widget.path(rule)
            run = answer["runs"][rule][:51]
            assert len(run) == 51, (rule, widget)
            theirs = [step["theta"] for step in run]
            np.testing.assert_allclose(theirs, points, rtol=1e-9, atol=1e-9, err_msg=rule)
            theirs = [step["height"] for step in run]
            np.testing.assert_allclose(theirs, heights, rtol=1e-9, atol=1e-9, err_msg=rule)


def test_what_an_optimizer_remembers_is_nnlibs():
    widget = Optimizers(steps=50)
    [answer] = javascript(state(widget))
    names = {"Momentum": ["velocity"], "RMSProp": ["square"], "Adam": ["mean", "square"]}
    for rule, memory in names.items():
        rate = widget.rate(rule)
        optimizer = getattr(optimizers, rule)(rate)
        theta = np.array(widget.start)
        for _ in range(50):
            optimizer.step(theta, height(widget.surface, theta)[1])
        ours = [getattr(optimizer, name) for name in memory]
        np.testing.assert_allclose(answer["runs"][rule][50]["memory"], ours, rtol=1e-9)


def test_noise_repeats_by_its_seed_and_has_the_size_that_is_said():
    base = state(Optimizers(surface="two minima", steps=200, noise=0.4))
    first, again, other = javascript(base, base, {**base, "seed": 1})
    assert first == again
    assert first["runs"]["SGD"][:1] != other["runs"]["SGD"][:1]
    added = []
    for step in first["runs"]["Adam"]:
        exact = height("two minima", np.array(step["theta"]))[1]
        added.append(np.array(step["grad"]) - exact)
    assert np.std(added) == pytest.approx(0.4, rel=0.15)
    assert abs(np.mean(added)) < 0.08
    # The same noise for all: who races is not luckier than who does not.
    exact = height("two minima", np.array(base["start"]))[1]
    grads = [np.array(run[0]["grad"]) for run in first["runs"].values()]
    assert np.ptp(grads, axis=0).max() == 0
    assert np.abs(grads[0] - exact).max() > 0


def test_a_run_that_is_lost_stops_and_says_so():
    fast = state(Optimizers(learning_rate=0.03, steps=60))
    [answer] = javascript(fast)
    said = dict(zip(OPTIMIZERS, answer["said"], strict=True))
    run = answer["runs"]["SGD"]
    assert said["SGD"] == f"step {len(run) - 1}: diverged"
    assert len(run) < 10 and run[-1]["lost"] and not run[-2]["lost"]
    assert said["Momentum"] == said["Adam"] == "on its way"
    still = state(Optimizers(surface="two minima", steps=300))
    said = javascript(still)[0]["said"]
    words = [word.split(": ")[-1] for word in said]
    shallow, deep = "shallow one", "deep one"
    assert words == [shallow, deep, deep, "shallow side", shallow]
    assert said[3] == "left again: shallow side"  # RMSProp hops around it


def test_arrival_is_counted_as_the_chapter_counts():
    widget = Optimizers(rates="tuned", steps=300)
    [answer] = javascript(state(widget))
    for rule, said in zip(OPTIMIZERS, answer["said"], strict=True):
        _, heights = widget.path(rule)
        away = np.flatnonzero(heights >= 0.5)  # the chapter's goal in the ravine
        assert said == f"step {away[-1] + 1}: arrived"


def test_tuned_rates_are_the_best_of_the_chapters_grid():
    """The chapter's own race, again: 20 starts, 45 rates, fewest steps until arrival."""
    rng = np.random.default_rng(1)
    angle = rng.uniform(0, 2 * np.pi, 20)
    circle = 10 * np.column_stack([np.cos(angle), np.sin(angle)])
    above_pass = np.column_stack([np.ones(20), rng.normal(0, 1e-3, 20)])
    exponents = np.arange(-4, 1.51, 0.125)
    rates = np.repeat(10 ** exponents[:, None], 20, axis=1)
    for surface, starts, goal in (("ravine", circle, 0.5), ("saddle", above_pass, 1e-4)):
        for rule, tuned in LANDSCAPES[surface]["tuned"].items():
            optimizer = getattr(optimizers, rule)(rates)
            theta = np.array(np.broadcast_to(starts, (45, 20, 2)))
            last = np.zeros((45, 20))  # the number of the first step after the last one away
            with np.errstate(all="ignore"):
                for t in range(501):
                    above, grad = height(surface, theta)
                    last[~(above < goal)] = t + 1
                    optimizer.step(theta, grad)
            last[last == 501] = np.inf
            assert exponents[np.median(last, axis=1).argmin()] == tuned, (surface, rule)


@pytest.mark.parametrize("surface", LANDSCAPES)
def test_minima_are_flat_and_slopes_are_slopes(surface):
    for minimum in LANDSCAPES[surface]["minima"]:
        assert not np.any(height(surface, np.array(minimum, float))[1])
    theta = np.array([0.7, -0.4])
    _, slope = height(surface, theta)
    measured = numerical_gradient(lambda place: height(surface, place)[0], theta)
    np.testing.assert_allclose(slope, measured, atol=1e-6)


@pytest.mark.parametrize(
    "values, error, message",
    [
        ({"surface": "hill"}, ValueError, "surface must be one of 'ravine', .*; got 'hill'"),
        ({"learning_rate": 0}, ValueError, r"learning_rate must be .*\[0.001, 10\]; got 0"),
        ({"momentum": 1}, ValueError, r"momentum must be .*\[0, 0.99\]; got 1"),
        ({"noise": -0.1}, ValueError, "noise must be .*; got -0.1"),
        ({"noise": np.nan}, ValueError, "noise must be .*; got nan"),
        ({"seed": 1.5}, TypeError, "seed must be an integer .*; got 1.5"),
        ({"steps": 301}, ValueError, "steps must be .*; got 301"),
        ({"shown": ("SGD", "Lion")}, ValueError, "shown must be one of .*; got 'Lion'"),
        ({"chosen": "Lion"}, ValueError, "chosen must be one of .*; got 'Lion'"),
        ({"rates": "best"}, ValueError, "rates must be one of .*; got 'best'"),
        ({"start": (1, 2, 3)}, ValueError, r"start must have shape \(2,\); got \(3,\)"),
        ({"eta": 1}, TypeError, "Optimizers takes surface, .*; got eta"),
    ],
)
def test_bad_values_are_refused(values, error, message):
    with pytest.raises(error, match=message):
        Optimizers(**values)
    widget = Optimizers()
    [(name, value)] = values.items()
    if name in Optimizers.settings:
        before = getattr(widget, name)
        with pytest.raises(error, match=message):
            setattr(widget, name, value)
        assert getattr(widget, name) == before


def test_what_does_not_fit_the_surface_is_refused():
    with pytest.raises(ValueError, match=r"start\[1\] must be .*\[-1.6, 1.6\]; got 2"):
        Optimizers(surface="saddle", start=(0, 2))
    with pytest.raises(ValueError, match="rates must be 'one' for surface 'two minima'; got 'tun"):
        Optimizers(surface="two minima", rates="tuned")


def test_a_surface_brings_its_start_and_rate():
    widget = Optimizers(surface="saddle", shown=["Adam", "SGD"])
    assert (widget.start, widget.learning_rate) == ((1.0, 0.001), 0.1)
    assert widget.shown == ("SGD", "Adam")
    assert Optimizers(surface="saddle", rates="tuned").rate("Momentum") == 10
    assert repr(eval(repr(widget))) == repr(widget)
