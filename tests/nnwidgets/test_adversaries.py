"""The adversaries: what Python computes and refuses, and its JavaScript beside nnlib's."""

import json

import numpy as np
import pytest
from in_node import address, node

from nnlib.checks import check_array
from nnlib.functional import sigmoid
from nnlib.losses import BinaryCrossEntropy
from nnlib.training import input_gradient
from nnwidgets import Adversaries
from nnwidgets.adversaries import LIMITS, SETS, Run, _uniform, noise
from nnwidgets.engine_random import EngineRandom

CLOSE = {"rtol": 1e-9, "atol": 1e-9}

# Takes the steps that are asked for, changes settings on the way, and tells where it stands.
PROGRAM = """
import { createInterface } from "node:readline";
import { Run } from %s;
for await (const line of createInterface({ input: process.stdin })) {
  const { settings, script } = JSON.parse(line);
  const run = new Run(settings);
  for (const [who, times, change] of script) {
    Object.assign(run.settings, change);
    for (let k = 0; k < times; k++) run.step(who);
  }
  const { generator, discriminator, moves, real, noise, history, every } = run;
  const [G, D] = [generator, discriminator].map(({ theta }) => [...theta]);
  const now = run.measure();
  const measured = { ...now, arrows: [...(now.arrows ?? [])], generated: [...now.generated] };
  console.log(JSON.stringify(
    { G, D, moves, real: [...real], noise: [...noise],
      history, every, measured, steps: run.steps }));
}
"""
DRAWN = [[-2, 1], [-1.84, 1], [1.2, -1.4]]
SETTINGS = [
  {},
  {"data": "blobs", "loss": "minimax", "seed": 7, "beta1": 0.9},
  {"data": "spiral", "discriminator_steps": 3, "generator_rate": 0.005, "seed": 0},
  {"data": "line", "order": "simultaneous", "discriminator_rate": 0.0005, "seed": 9999},
  {"data": "ring", "order": "simultaneous", "discriminator_steps": 2, "loss": "minimax"},
  {"data": "own", "points": DRAWN, "beta1": 0.0},
]  # fmt: skip


def values(widget):
    return {name: getattr(widget, name) for name in widget.settings}


def javascript(widget, *script):
    """Return where run.js stands after some steps: (who, times) or (who, times, changes)."""
    steps = [[*part, {}][:3] for part in script]
    question = {"settings": values(widget), "script": steps}
    return node(PROGRAM % address("adversaries/run"), question)[0]


def assert_measured(theirs, ours):
    """Compare what the script says of its samples with what Python says."""
    pairs = {
        "discriminatorLoss": "discriminator_loss",
        "onReal": "on_real",
        "onGenerated": "on_generated",
        "generatorLoss": "generator_loss",
        "gradient": "gradient",
        "near": "near",
        "spread": "spread",
    }
    for their_name, name in pairs.items():
        assert theirs[their_name] == pytest.approx(ours[name], rel=1e-9, abs=1e-9), name
    np.testing.assert_allclose(np.reshape(theirs["arrows"], (-1, 2)), ours["arrows"], **CLOSE)
    for name in ("found", "of", "collapse", "dead"):
        assert theirs[name] == ours[name], name


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda one: one.get("data", "ring"))
def test_sixty_steps_of_every_kind_are_nnlibs(settings):
    widget = Adversaries(**settings)
    answer, run = javascript(widget, ("both", 60)), widget.after(60)
    np.testing.assert_allclose(answer["G"], run.generator.theta, **CLOSE)
    np.testing.assert_allclose(answer["D"], run.discriminator.theta, **CLOSE)
    np.testing.assert_allclose(np.reshape(answer["real"], (-1, 2)), run.real, **CLOSE)
    np.testing.assert_allclose(np.reshape(answer["noise"], (-1, 2)), run.noise, **CLOSE)
    assert answer["moves"] == run.moves
    assert_measured(answer["measured"], run.measure())


def test_one_alone_and_changes_on_the_way_are_nnlibs():
    widget = Adversaries()
    change = {"loss": "minimax", "beta1": 0.9, "generator_rate": 0.01, "order": "simultaneous"}
    answer = javascript(
        widget, ("both", 20), ("discriminator", 15), ("generator", 10), ("both", 20, change)
    )
    run = widget.after(20, discriminator_only=15)
    for _ in range(10):
        run.generator_step()
    run.change(**change)
    for _ in range(20):
        run.step()
    np.testing.assert_allclose(answer["G"], run.generator.theta, **CLOSE)
    np.testing.assert_allclose(answer["D"], run.discriminator.theta, **CLOSE)
    assert answer["steps"] == 65 and answer["moves"] == run.moves
    assert_measured(answer["measured"], run.measure())


def test_d_alone_and_then_g_alone_are_a_step_of_both_in_turn():
    widget = Adversaries()
    both = javascript(widget, ("both", 3))
    single = javascript(widget, *[("discriminator", 1), ("generator", 1)] * 3)
    assert both["G"] == single["G"] and both["D"] == single["D"]
    at_once = javascript(Adversaries(order="simultaneous"), ("both", 3))
    assert at_once["G"] != both["G"]


def test_a_run_repeats_by_its_seed():
    first, again = (javascript(Adversaries(), ("both", 5)) for _ in range(2))
    assert first == again
    other = javascript(Adversaries(seed=2), ("both", 5))
    assert other["G"] != first["G"] and other["real"] == first["real"]


def test_the_curves_hold_few_points_and_the_first_step():
    answer = javascript(Adversaries(), ("both", 450))
    steps = [point["step"] for point in answer["history"]]
    assert answer["every"] == 4 and steps == list(range(0, 449, 4))
    run = Adversaries().after(440)
    [point] = [point for point in answer["history"] if point["step"] == 440]
    ours = run.measure()
    assert point["discriminatorLoss"] == pytest.approx(ours["discriminator_loss"], rel=1e-6)
    assert point["generatorLoss"] == pytest.approx(ours["generator_loss"], rel=1e-6)
    assert point["gradient"] == pytest.approx(ours["gradient"], rel=1e-6)


def test_the_gradients_of_both_networks_are_those_of_their_losses():
    """Beside differences of the losses as chapter 14 writes them."""
    for loss, order in (("non-saturating", "alternate"), ("minimax", "alternate")):
        run = Adversaries(loss=loss, order=order).after(30)
        G, D, rng = run.generator, run.discriminator, run.rng.__getstate__()

        def draw(rng=rng, run=run):
            run.rng.__setstate__(rng)
            return run.draw(64, run.rng), run.generator.run(noise(64, run.rng))

        def of_d(theta, D=D, draw=draw):
            D.theta[...] = theta
            real, fake = draw()
            on_real, on_fake = (sigmoid(D.run(x)) for x in (real, fake))
            return -np.log(on_real).mean() - np.log(1 - on_fake).mean()

        def of_g(theta, G=G, D=D, run=run, rng=rng, loss=loss):
            G.theta[...] = theta
            run.rng.__setstate__(rng)
            p = sigmoid(D.run(G.run(noise(64, run.rng))))
            return -np.log(p).mean() if loss == "non-saturating" else np.log(1 - p).mean()

        for network, compute, value in (
            (D, run._discriminator_gradient, of_d),
            (G, run._generator_gradient, of_g),
        ):
            theta = network.theta.copy()
            run.rng.__setstate__(rng)
            ours = compute().copy()
            some = np.linspace(0, len(theta) - 1, 40).astype(int)
            for i in some:
                ends = []
                for sign in (1, -1):
                    moved = theta.copy()
                    moved[i] += sign * 1e-6
                    ends.append(value(moved))
                assert (ends[0] - ends[1]) / 2e-6 == pytest.approx(ours[i], abs=1e-6)
            network.theta[...] = theta


def test_the_measures_are_what_they_say():
    run = Adversaries().after(150)
    now, x = run.measure(), run.generated

    def D(points):
        return sigmoid(run.discriminator.run(points))[:, 0]

    assert now["discriminator_loss"] == pytest.approx(
        -np.log(D(run.real)).mean() - np.log(1 - D(x)).mean()
    )
    assert now["generator_loss"]["non-saturating"] == pytest.approx(-np.log(D(x)).mean())
    assert now["generator_loss"]["minimax"] == pytest.approx(np.log(1 - D(x)).mean())
    ones, zeros = np.ones((200, 1)), np.zeros((200, 1))
    strong = 200 * input_gradient(run.discriminator, x, ones, BinaryCrossEntropy())
    weak = -200 * input_gradient(run.discriminator, x, zeros, BinaryCrossEntropy())
    np.testing.assert_allclose(now["arrows"], -strong, atol=1e-12)
    assert now["gradient"]["non-saturating"] == pytest.approx(np.linalg.norm(strong, axis=1).mean())
    assert now["gradient"]["minimax"] == pytest.approx(np.linalg.norm(weak, axis=1).mean())
    saturating = Adversaries(loss="minimax").after(0)
    saturating.generator.theta[...] = run.generator.theta
    saturating.discriminator.theta[...] = run.discriminator.theta
    np.testing.assert_allclose(saturating.measure()["arrows"], -weak, atol=1e-12)
    away = np.linalg.norm(x[:, None] - run.centres, axis=-1) <= 0.3
    assert now["near"] == away.any(axis=1).mean() and now["of"] == 8
    assert now["found"] == (away.sum(axis=0) >= 4).sum()
    assert now["spread"] == pytest.approx(
        np.sqrt(x.var(axis=0).sum() / run.real.var(axis=0).sum()), rel=1e-12
    )


def placed(run, points):
    """Return what a run says when its generator makes these points of the shown noise."""
    run.moves["generator"] = 100
    type(run).generated = property(lambda self: np.array(points))
    try:
        return run.measure()
    finally:
        type(run).generated = GENERATED


GENERATED = Run.generated


def test_the_rule_of_collapse():
    run = Adversaries().after(0)
    centres, rng = run.centres, np.random.default_rng(0)

    def around(which):
        return centres[which] + 0.01 * rng.normal(size=(200, 2))

    even = np.arange(200) % 8
    assert placed(run, around(even))["found"] == 8
    assert not placed(run, around(even))["collapse"]
    half = placed(run, around(even % 4))
    assert half["found"] == 4 and half["near"] == 1 and half["collapse"]
    five = placed(run, around(even % 5))
    assert five["found"] == 5 and not five["collapse"]
    few = np.where(np.arange(200) < 3, 0, 1 + np.arange(200) % 7)  # 3 of 200 are too few
    assert placed(run, around(few))["found"] == 7
    nowhere = placed(run, 0.5 * around(even))
    assert nowhere["found"] == 0 and nowhere["near"] == 0 and not nowhere["collapse"]
    spot = placed(run, np.array([0.3, 0.2]) + 0.01 * rng.normal(size=(200, 2)))
    assert spot["spread"] < 0.25 and spot["collapse"]
    run.moves["generator"] = 99
    assert not run.measure()["collapse"]


def test_a_generator_that_learns_finds_the_ring_and_one_in_a_hurry_collapses():
    good = Adversaries().after(1000).measure()
    assert good["found"] >= 7 and good["near"] > 0.6 and not good["collapse"]
    hasty = Adversaries(generator_rate=0.005, beta1=0.9).after(500).measure()
    assert hasty["found"] <= 2 and hasty["collapse"]


def test_dead_units_are_told_by_both():
    widget = Adversaries(generator_rate=0.05, beta1=0.9)
    answer, run = javascript(widget, ("both", 120)), widget.after(120)
    assert run.measure()["dead"] and run.measure()["collapse"]
    assert answer["measured"]["dead"] and answer["measured"]["collapse"]
    assert np.ptp(run.generated, axis=0).max() == 0


def test_when_d_wins_the_minimax_gradient_vanishes():
    """By the button of the widget: D alone, from the first step."""
    before = Adversaries().after(0).measure()["gradient"]
    now = Adversaries().after(0, discriminator_only=LIMITS["win"]).measure()
    assert now["on_generated"] < 0.02 and now["on_real"] > 0.98
    assert now["gradient"]["minimax"] < 0.05 * now["gradient"]["non-saturating"]
    assert now["gradient"]["non-saturating"] > 10 * before["non-saturating"]


def test_uniform_numbers_are_the_engines():
    fast, slow = EngineRandom(5), EngineRandom(5)
    assert _uniform(fast, 500).tolist() == slow.random(500).tolist()
    assert fast.random() == slow.random()


@pytest.mark.parametrize("name", SETS)
def test_the_data_lie_around_their_centres_inside_the_plane(name):
    run = Adversaries(data=name).after(0)
    many = run.draw(20_000, EngineRandom(3))
    away = np.linalg.norm(many[:, None] - run.centres, axis=-1).min(axis=1)
    assert (away <= 3 * run.sd).mean() > 0.98  # 1 − e^−4.5 = 0.989 in the plane
    assert np.abs(many).max() < LIMITS["reach"]
    if run.modes:
        nearest = np.linalg.norm(many[:, None] - run.centres, axis=-1).argmin(axis=1)
        shares = np.bincount(nearest) / len(many)
        assert np.abs(shares - 1 / len(run.centres)).max() < 0.01
        residual = many - run.centres[nearest]
        assert residual.std(axis=0) == pytest.approx([run.sd] * 2, rel=0.03)
    for centre in run.centres:  # one is one of the widget's modes only if it stands alone
        others = np.linalg.norm(run.centres - centre, axis=1)
        assert not run.modes or np.sort(others)[1] > 6 * run.sd


def test_noise_is_normal_and_looking_changes_nothing():
    z = noise(20_000, EngineRandom(1))
    assert np.abs(z.mean(axis=0)).max() < 0.03 and z.std(axis=0) == pytest.approx([1, 1], abs=0.02)
    looked, plain = Adversaries().after(3), Adversaries().after(3)
    for _ in range(5):
        looked.measure()
    looked.step(), plain.step()
    assert (looked.generator.theta == plain.generator.theta).all()


def test_a_drawing_without_dots_teaches_nothing():
    empty = Adversaries(data="own")
    answer = javascript(empty, ("both", 3))
    assert answer["steps"] == 0 and answer["history"] == []
    assert answer["measured"].keys() <= {"steps", "loss", "generated", "of", "arrows"}
    assert empty.after(0).real.shape == (0, 2)
    with pytest.raises(ValueError, match="points must hold at least one point to learn; got none"):
        empty.after(1)
    assert empty.still().axes


def test_a_line_of_a_field_passes_where_it_should():
    """The contour of a cone is a circle; that of a saddle has no loose ends."""
    program = f"""
    import {{ contour }} from {address("adversaries/contour")};
    const n = 33;
    const at = (k) => 2 * k / (n - 1) - 1;
    const of = (f) => Float64Array.from(
      {{ length: n * n }}, (_, i) => f(at(i % n), at(Math.floor(i / n))));
    console.log(JSON.stringify([contour(of(Math.hypot), n, 0.6),
      contour(of((x, y) => x * y), n, 0.1), contour(of(() => 1), n, 0)]));
    """
    cone, saddle, flat = node(program)[0]
    ends = 2 * check_array("cone", cone, shape=(None, 4)).reshape(-1, 2) - 1
    assert np.linalg.norm(ends, axis=1) == pytest.approx(np.full(len(ends), 0.6), abs=2e-3)
    ends = 2 * np.reshape(saddle, (-1, 2)) - 1
    assert (ends[:, 0] * ends[:, 1]) == pytest.approx(np.full(len(ends), 0.1), abs=2e-3)
    assert flat == []


@pytest.mark.parametrize(
    "given, error, message",
    [
        ({"data": "moons"}, ValueError, "data must be one of .*; got 'moons'"),
        ({"loss": "hinge"}, ValueError, "loss must be one of .*; got 'hinge'"),
        ({"discriminator_steps": 0}, ValueError, "discriminator_steps must be .*; got 0"),
        ({"discriminator_steps": 1.5}, TypeError, "discriminator_steps must be .*; got 1.5"),
        ({"discriminator_rate": 0}, ValueError, "discriminator_rate must be .*; got 0"),
        ({"generator_rate": 1}, ValueError, "generator_rate must be .*; got 1"),
        ({"beta1": 1}, ValueError, "beta1 must be .*; got 1"),
        ({"order": "never"}, ValueError, "order must be one of .*; got 'never'"),
        ({"seed": -1}, ValueError, "seed must be .*; got -1"),
        ({"points": [(0, 4)]}, ValueError, "points must hold at most 200 points between"),
        ({"points": [(0, 0)] * 201}, ValueError, "points must hold at most 200 points between"),
        ({"points": [(0, 0, 1)]}, ValueError, "points must have shape"),
        ({"show": "field"}, TypeError, "show must be a sequence of field, arrows, grid"),
        ({"show": ["dots"]}, ValueError, "show must be one of .*; got 'dots'"),
        ({"speed": "light"}, ValueError, "speed must be one of .*; got 'light'"),
        ({"rate": 0.1}, TypeError, "Adversaries takes data, .*; got rate"),
    ],
)
def test_bad_values_are_refused(given, error, message):
    with pytest.raises(error, match=message):
        Adversaries(**given)


def test_bad_numbers_of_steps_are_refused():
    with pytest.raises(ValueError, match=r"steps must be .*; got -1"):
        Adversaries().after(-1)
    with pytest.raises(TypeError, match=r"discriminator_only must be .*; got 0.5"):
        Adversaries().after(0, discriminator_only=0.5)
    with pytest.raises(TypeError, match=r"change takes loss, .*; got data"):
        Adversaries().after(0).change(data="ring")
    with pytest.raises(ValueError, match=r"beta1 must be .*; got 2"):
        Adversaries().after(0).change(beta1=2)


def test_the_picture_shows_three_moments_of_the_run():
    figure = Adversaries(show=("field", "arrows", "grid")).still()
    assert [ax.get_title() for ax in figure.axes] == ["step 100", "step 500", "step 2,000"]
    first, run = figure.axes[0], Adversaries().after(100)
    shaded = first.images[0].get_array()
    across = np.linspace(-3.2, 3.2, len(shaded))
    places = np.stack(np.meshgrid(across, across), axis=-1).reshape(-1, 2)
    says = sigmoid(run.discriminator.run(places)).reshape(shaded.shape)
    np.testing.assert_allclose(shaded, says)
    lines = [line.get_xydata() for line in first.lines]
    np.testing.assert_allclose(lines[-1], run.generated)
    assert any(np.array_equal(line, run.real) for line in lines)
    bare = Adversaries(show=()).still().axes[0]
    assert not bare.images and len(bare.lines) == 3


def test_the_state_is_small_and_repr_says_it():
    widget = Adversaries(loss="minimax", seed=4)
    assert len(json.dumps(widget.stored())) < 700
    assert "loss='minimax'" in repr(widget) and "seed=4" in repr(widget)
