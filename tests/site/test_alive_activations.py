"""The activations of chapter 2, driven in Chromium: their numbers are nnlib's."""

import re

import numpy as np
import pytest
from project import painted

from nnlib import functional

pytestmark = pytest.mark.site

CHAPTER = "02-activations"
SYMBOLS = {"sigmoid": "σ", "tanh": "tanh", "relu": "ReLU"}


@pytest.fixture(params=[(375, "dark"), (1280, "light")], ids=lambda param: param[1])
def box(request, open_widget):
    """Open the widget on a phone in the dark, and on a desk in the light."""
    return open_widget(CHAPTER, "activations", *request.param)


def numbers(text):
    return [float(n) for n in re.findall(r"-?\d+\.?\d*", text.replace("−", "-"))]


def assert_shows(box, names, z):
    """Compare what the widget says of each activation with what nnlib computes."""
    painted(box)
    for i, name in enumerate(names):
        value = float(getattr(functional, name)(z))
        slope = float(getattr(functional, f"{name}_prime")(z))
        said = box.locator(".nnlib-answer").nth(i).text_content()
        assert said.startswith(f"{SYMBOLS[name]}(")
        assert numbers(said) == pytest.approx([z, value], abs=0.000501)
        tangent = numbers(box.locator(".nnlib-report .nnlib-equation").nth(i).text_content())
        assert tangent[:2] == pytest.approx([value, slope], abs=0.000501)
        words = box.locator(".nnlib-report .nnlib-quiet").nth(i).text_content()
        largest = 0.25 if name == "sigmoid" else 1
        if name != "relu":
            assert ("saturated" in words) == (slope < 0.01 * largest)
            assert numbers(words)[0] == pytest.approx(slope, abs=0.000501)
        else:
            assert words.startswith(f"slope {slope:.0f}")
    empty = box.locator(".nnlib-report .nnlib-empty").count()
    assert empty == 2 - len(names)


def test_every_pair_over_the_whole_range(box):
    field = box.get_by_role("textbox", name="z, as a number")
    assert_shows(box, ["sigmoid", "tanh"], 1)
    for first, second in [("sigmoid", "tanh"), ("tanh", "relu"), ("relu", "none")]:
        box.get_by_label("First activation").select_option(first)
        box.get_by_label("Second activation").select_option(second)
        for z in (-6, -3.05, -0.5, 0, 0.05, 2.95, 6):
            field.fill(str(z))
            field.press("Enter")
            assert_shows(box, [name for name in (first, second) if name != "none"], z)
    box.get_by_role("button", name="Reset").click()
    assert_shows(box, ["sigmoid", "tanh"], 1)


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


def test_the_sigmoid_stretches_into_tanh(box):
    stretch = box.get_by_role("slider", name="Stretch c: from σ to tanh", exact=True)
    field = box.get_by_role("textbox", name="Stretch c: from σ to tanh, as a number")
    gap = box.locator(".nnlib-identity .nnlib-answer")
    z = np.linspace(-6, 6, 241)
    for c in (0, 0.35, 0.8):
        field.fill(str(c))
        field.press("Enter")
        assert_shows(box, ["sigmoid", "tanh"], 1)
        curve = (1 + c) * functional.sigmoid((1 + c) * z) - c
        expected = np.abs(curve - functional.tanh(z)).max()
        assert numbers(gap.text_content()) == [pytest.approx(expected, abs=0.000501)]
    stretch.press("End")
    assert_shows(box, ["sigmoid", "tanh"], 1)
    assert gap.text_content() == "Distance from tanh: 0 everywhere"
    assert box.locator(".nnlib-identity .nnlib-equation").text_content() == "2·σ(2·z) − 1".replace(
        "·", "\u202f·\u202f"
    )
