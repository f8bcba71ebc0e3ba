"""The activations of chapter 2, driven in Chromium: their numbers are nnlib's."""

import re
from itertools import product

import numpy as np
import pytest
from project import painted

from nnlib import functional

pytestmark = pytest.mark.site

CHAPTER = "02-activations"
WIDGET = CHAPTER, "activations"
SYMBOLS = {"sigmoid": "σ", "tanh": "tanh", "relu": "ReLU"}


def numbers(text):
    return [float(n) for n in re.findall(r"-?\d+\.?\d*", text.replace("−", "-"))]


def nnlibs(name, z):
    """Return an activation and its slope at z, as nnlib has them."""
    return getattr(functional, name)(z), getattr(functional, f"{name}_prime")(z)


def assert_shows(box, names, z):
    """Compare what the widget says of each activation with what nnlib computes."""
    painted(box)
    for i, name in enumerate(names):
        value, slope = map(float, nnlibs(name, z))
        lines = box.locator(".nnlib-report > div").nth(i).locator("p").all_text_contents()
        assert lines[0].startswith(f"{SYMBOLS[name]}(")
        assert numbers(lines[0]) == pytest.approx([z, value], abs=5.01e-6)
        assert lines[1].startswith(f"{SYMBOLS[name]}′(")
        assert numbers(lines[1]) == pytest.approx([z, slope], abs=5.01e-6)
        assert numbers(lines[2])[:2] == pytest.approx([value, slope], abs=5.01e-6)
        around = f"(z {'+' if z < 0 else '−'} {abs(z):g})" if z else "z"
        assert lines[2].startswith("tangent y = ") and lines[2].endswith("\u202f" + around)
        assert_tells(lines[3], name, z, slope)
    assert box.locator(".nnlib-report .nnlib-empty").count() == 2 - len(names)


def assert_tells(words, name, z, slope):
    """Check what the widget says of a slope beside the largest one, and of where that is."""
    if name == "relu":
        side = "no slope: 0 at all z < 0" if z < 0 else "the largest: 1 at all z > 0"
        assert words == (side if z else "kink: 0 left, 1 right; nnlib takes 0")
        return
    largest = float(nnlibs(name, 0)[1])
    assert ("saturated" in words) == (slope < 0.01 * largest)
    if "saturated" in words:
        assert words == f"saturated: under 1 % of {largest:g} (at z = 0)"
    else:
        share = 100 * slope / largest
        assert numbers(words) == [pytest.approx(share, abs=0.0501), largest, 0]


def drawn(box, chart, look):
    """Return the points of a drawn curve in the units of its axes: xs, ys (none: two empty)."""
    path = box.locator(".nnlib-chart").nth(chart).locator(f"path.{look}")
    points = re.findall(r"[ML]([-\d.]+) ([-\d.]+)", path.get_attribute("d") or "")
    x, y = np.array(points, dtype=float).reshape(-1, 2).T
    axes = box.locator(".nnlib-chart").nth(chart).locator(".nnlib-tick")
    ticks = axes.evaluate_all("""all => all.map(tick => [
        tick.getAttribute("text-anchor"), Number(tick.getAttribute("x")),
        Number(tick.getAttribute("y")), Number(tick.textContent.replace("−", "-"))])""")
    across = [(left, number) for anchor, left, _, number in ticks if anchor == "middle"]
    up = [(top - 4, number) for anchor, _, top, number in ticks if anchor == "end"]
    return [
        np.polynomial.Polynomial.fit(*np.array(axis).T, 1)(place)
        for axis, place in ((across, x), (up, y))
    ]


def test_every_pair_over_the_whole_range(box):
    field = box.get_by_role("textbox", name="z, as a number")
    assert_shows(box, ["sigmoid", "tanh"], 1)
    for first, second in product(SYMBOLS, ["none", *SYMBOLS]):
        box.get_by_label("First activation").select_option(first)
        box.get_by_label("Second activation").select_option(second)
        names = list(dict.fromkeys(name for name in (first, second) if name != "none"))
        for z in (-6, 0, 4.137):
            field.fill(str(z))
            field.press("Enter")
            assert_shows(box, names, z)
    box.get_by_role("button", name="Reset").click()
    assert_shows(box, ["sigmoid", "tanh"], 1)


def test_the_slider_goes_everywhere(box):
    slider = box.get_by_role("slider", name="z", exact=True)
    for first, second in [("sigmoid", "tanh"), ("relu", "none")]:
        box.get_by_label("First activation").select_option(first)
        box.get_by_label("Second activation").select_option(second)
        slider.press("Home")
        for z in np.linspace(-6, 6, 11).round(2):
            assert_shows(box, [name for name in (first, second) if name != "none"], float(z))
            slider.press("PageUp")


@pytest.mark.parametrize("first, second, z", [("sigmoid", "tanh", -1.5), ("tanh", "relu", 5)])
def test_curves_tangents_and_slopes_are_drawn_where_they_belong(box, first, second, z):
    box.get_by_label("First activation").select_option(first)
    box.get_by_label("Second activation").select_option(second)
    field = box.get_by_role("textbox", name="z, as a number")
    field.fill(str(z))
    field.press("Enter")
    painted(box)
    for look, name in (("nnlib-first", first), ("nnlib-second", second)):
        value, slope = nnlibs(name, z)
        x, y = drawn(box, 0, f"nnlib-curve.{look}")
        assert x[[0, -1]] == pytest.approx([-6, 6]) and x.size == 241
        np.testing.assert_allclose(y, nnlibs(name, x)[0], rtol=0, atol=0.02)
        x, y = drawn(box, 0, f"nnlib-tangent.{look}")
        assert x == pytest.approx([z - 1.5, z + 1.5], abs=0.01)
        np.testing.assert_allclose(y, value + slope * (x - z), rtol=0, atol=0.02)
        x, y = drawn(box, 1, f"nnlib-curve.{look}")
        smooth = np.abs(x) > 0.01  # beside ReLU's jump
        np.testing.assert_allclose(y[smooth], nnlibs(name, x)[1][smooth], rtol=0, atol=0.01)
    # The point lies on the first curve, and within the chart, wherever it is.
    grip, chart = (
        box.locator(part).first.bounding_box() for part in (".nnlib-grip", ".nnlib-chart")
    )
    assert chart["y"] < grip["y"] and grip["y"] + grip["height"] < chart["y"] + chart["height"]


def test_the_point_is_dragged_and_moved_by_keys(box):
    handle = box.get_by_role("slider", name="Point on the curve")
    handle.locator(".nnlib-grip").hover()
    mouse = box.page.mouse
    mouse.down()
    chart = box.locator(".nnlib-chart").first.bounding_box()
    scale = chart["width"] / 340
    x = chart["x"] + scale * (40 + (-3 + 6) / 12 * (340 - 40 - 12))
    mouse.move(x, chart["y"] + chart["height"] / 2, steps=4)
    mouse.up()
    assert_shows(box, ["sigmoid", "tanh"], -3)
    handle.press("ArrowRight")
    handle.press("Shift+ArrowRight")
    assert_shows(box, ["sigmoid", "tanh"], -1.9)
    assert handle.get_attribute("aria-valuetext") == "z = −1.9"
    handle.press("End")
    assert_shows(box, ["sigmoid", "tanh"], 6)
    handle.press("ArrowUp")
    assert_shows(box, ["sigmoid", "tanh"], 6)
    handle.press("Home")
    handle.evaluate("""handle => {
        const key = new KeyboardEvent("keydown", { key: "ArrowRight" });
        for (let i = 0; i < 3; i++) handle.dispatchEvent(key);
    }""")
    assert_shows(box, ["sigmoid", "tanh"], -5.7)  # three keys within one frame are three steps


def test_a_finger_moves_the_point_and_scrolls_beside_it(open_widget):
    box = open_widget(*WIDGET, 375, has_touch=True)
    graph = box.locator(".nnlib-chart").first
    graph.evaluate("graph => graph.scrollIntoView({ block: 'center' })")
    chart = graph.bounding_box()

    def place(z):
        return chart["x"] + chart["width"] * (40 + (z + 6) / 12 * 288) / 340

    box.page.touchscreen.tap(place(-2), chart["y"] + chart["height"] / 2)
    assert_shows(box, ["sigmoid", "tanh"], -2)
    action = "e => getComputedStyle(e).touchAction"
    assert graph.evaluate(action) == "auto"
    assert box.locator(".nnlib-handle").evaluate(action) == "none"


def test_the_sigmoid_stretches_into_tanh(box):
    stretch = box.get_by_role("slider", name="Stretch c: from σ to tanh", exact=True)
    field = box.get_by_role("textbox", name="Stretch c: from σ to tanh, as a number")
    gap = box.locator(".nnlib-identity .nnlib-answer")
    assert drawn(box, 0, "nnlib-stretched")[0].size == 0
    z = np.linspace(-6, 6, 241)
    for c in (0, 0.35, 0.8):
        field.fill(str(c))
        field.press("Enter")
        assert_shows(box, ["sigmoid", "tanh"], 1)
        curve = (1 + c) * functional.sigmoid((1 + c) * z) - c
        expected = np.abs(curve - functional.tanh(z)).max()
        assert numbers(gap.text_content()) == [pytest.approx(expected, abs=0.000501)]
        x, y = drawn(box, 0, "nnlib-stretched")
        np.testing.assert_allclose(y, curve if c else [], rtol=0, atol=0.01)
    stretch.press("End")
    assert_shows(box, ["sigmoid", "tanh"], 1)
    assert gap.text_content() == "Distance from tanh: 0 everywhere"
    x, y = drawn(box, 0, "nnlib-stretched")
    np.testing.assert_allclose(y, functional.tanh(x), rtol=0, atol=0.01)
    assert box.locator(".nnlib-identity .nnlib-equation").text_content() == "2·σ(2·z) − 1".replace(
        "·", "\u202f·\u202f"
    )
