"""The vanishing gradients of chapter 5, driven in Chromium: their numbers are nnlib's."""

import re

import numpy as np
import pytest
from in_node import address as script
from in_node import node
from project import painted, wait_until

from nnwidgets import VanishingGradients
from nnwidgets.vanishing import ACTIVATIONS, INITIALIZERS, KEPT, signals

pytestmark = pytest.mark.site

CHAPTER = "05-vanishing-gradients"
WIDGET = CHAPTER, "vanishing"
FIRST = {"activation": "sigmoid", "initializer": "glorot", "structure": "plain"}
FIRST |= {"depth": 10, "seed": 0}
BUTTONS = {"sigmoid": "sigmoid", "tanh": "tanh", "relu": "ReLU"}
BUTTONS |= {"plain": "plain", "residual": "skip connections"}
VIEW = 300 - 38 - 18  # the height of the chart in its own units

# The weights and samples of the widget, from the same script in Node.
DRAWS = f"""
import {{ createInterface }} from "node:readline";
import * as widget from {script("vanishing")};
const x = Array.from(widget.samples().x);
for await (const line of createInterface({{ input: process.stdin }})) {{
  const all = widget.networks(JSON.parse(line), widget.generators());
  console.log(JSON.stringify({{ x, thetas: all.map((network) => Array.from(network.theta)) }}));
}}
"""


def by_nnlib(states):
    """Let nnlib compute the signals of the networks on the screen: (5, depth) for each state."""
    for state, draws in zip(states, node(DRAWS, *states), strict=True):
        network = VanishingGradients(**state).network(np.random.default_rng(0), (5,))
        network.theta[...] = draws["thetas"]
        yield signals(network, np.reshape(draws["x"], (-1, 32)), np.arange(4))


def numbers(text):
    """Return the numbers in a text of the widget, powers of ten included, indices left out."""
    digits = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
    found = re.findall(r"(\d+\.?\d*)(?:\u202f·\u202f10([⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+))?", text)
    return [float(f"{number}e{(power or '⁰').translate(digits)}") for number, power in found]


def assert_shows(box, lengths):
    """Compare all that the widget says and draws with what nnlib computes."""
    painted(box)
    depth = lengths.shape[1]
    relative = lengths / lengths[:, -1:]
    middle = np.median(relative, axis=0)
    said = [numbers(text) for text in box.locator("dd").all_text_contents()]
    expected = [
        [np.median(lengths[:, -1])],
        [np.median(lengths[:, 0])],
        [middle[0]],
        [relative[:, 0].min(), relative[:, 0].max()],
        [middle[0] ** (1 / (depth - 1))] if depth > 1 else [],
    ]
    for ours, theirs in zip(expected, said, strict=True):
        assert theirs == pytest.approx(ours, rel=0.0501)
    word = "vanishes" if middle[0] < KEPT[0] else "explodes" if middle[0] > KEPT[1] else "is kept"
    answer = box.locator(".nnlib-answer").text_content()
    assert answer == (f"The signal {word}." if depth > 1 else "Nothing to compare.")
    places = box.locator(".nnlib-marks path:not(.nnlib-gone)").evaluate_all(
        "marks => marks.map(mark => mark.getAttribute('transform').match(/-?[\\d.]+/g))"
    )
    assert len(places) == depth
    heights = np.array(places, float)[:, 1]
    reach = next((r for r in (4, 8, 12, 20) if np.abs(np.log10(middle)).max() <= r), 20)
    powers = np.clip(np.log10(middle), -reach, reach)
    np.testing.assert_allclose(heights, 18 + VIEW * (reach - powers) / (2 * reach), atol=0.01)
    away = int((np.abs(np.log10(middle)) > reach).sum())
    outside = box.locator(".nnlib-outside").text_content()
    assert numbers(outside)[:2] == ([] if not away else [1, away][: 1 + (away > 1)])


def choose(box, state):
    """Set the controls to a state, the buttons by keyboard."""
    for name in ("activation", "structure"):
        button = box.get_by_role("button", name=BUTTONS[state[name]], exact=True)
        button.press("Enter")
        painted(box)
        assert button.get_attribute("aria-pressed") == "true"
    box.get_by_label("Start").select_option(state["initializer"])
    painted(box)  # a redraw writes the depth into the field
    field = box.get_by_role("textbox", name="Hidden layers, as a number")
    field.fill(str(state["depth"]))
    field.press("Enter")


def test_every_activation_start_and_structure_at_several_depths(box):
    kinds = list(zip(["plain", "residual"], [20, 7], strict=True))
    states = [
        FIRST | {"activation": a, "initializer": i, "structure": kind, "depth": depth}
        for k, a in enumerate(ACTIVATIONS)
        for (kind, depth), i in zip((kinds * 3)[k : k + 4], INITIALIZERS, strict=True)
    ]
    for state, lengths in zip(states, by_nnlib(states), strict=True):
        choose(box, state)
        assert_shows(box, lengths)


def test_the_depth_over_its_range_by_mouse_and_keyboard(box):
    slider = box.get_by_role("slider", name="Hidden layers", exact=True)
    first, one, two, most, middle = by_nnlib([FIRST | {"depth": d} for d in (10, 1, 2, 20, 11)])
    assert_shows(box, first)
    for key, lengths in {"Home": one, "ArrowRight": two, "End": most}.items():
        slider.press(key)
        assert_shows(box, lengths)
    place = slider.bounding_box()
    slider.click(position={"x": place["width"] * 0.52, "y": place["height"] / 2})
    assert_shows(box, middle)
    box.get_by_role("button", name="Reset").click()
    assert_shows(box, first)


def test_new_weights_are_other_weights_and_reset_brings_back_the_first(box):
    first, second, third = by_nnlib([FIRST | {"seed": seed} for seed in (0, 1, 2)])
    again = box.get_by_role("button", name="New weights")
    again.click()
    assert_shows(box, second)
    again.press("Enter")
    assert_shows(box, third)
    box.get_by_role("button", name="Reset").click()
    assert_shows(box, first)


def test_the_field_takes_whole_numbers_only(box):
    field = box.get_by_role("textbox", name="Hidden layers, as a number")
    before = box.locator("dl").text_content()
    refusals = {"2.5": "not a whole number", "0": "out of range", "21": "out of range"}
    for text, word in (refusals | {"deep": "not a whole number"}).items():
        field.fill(text)
        field.press("Enter")
        assert box.get_by_role("alert").text_content() == f"{word}: 1 to 20"
        assert field.get_attribute("aria-invalid") == "true"
    painted(box)
    assert box.locator("dl").text_content() == before
    field.press("Escape")
    assert field.input_value() == "10"


def test_the_result_is_spoken_and_nothing_moves(open_widget):
    box = open_widget(*WIDGET, 320)
    heights = set()
    for state in (FIRST, {**FIRST, "initializer": "small", "depth": 20}, {**FIRST, "depth": 1}):
        for structure in ("residual", "plain"):
            choose(box, {**state, "structure": structure})
            painted(box)
            heights.add(round(box.locator(".nnlib").bounding_box()["height"], 1))
    assert len(heights) == 1
    choose(box, FIRST | {"initializer": "small", "depth": 20})
    spoken = box.locator("[aria-live=polite]")
    last = "element => element.textContent.includes('Layers 1 to 9 are off the chart, below')"
    wait_until(box.page, last, spoken.element_handle())
    assert spoken.text_content().startswith("The signal vanishes. First to last: ")
