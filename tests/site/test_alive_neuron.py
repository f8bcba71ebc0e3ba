"""The neuron of chapter 1, driven in Chromium: its numbers are nnlib's."""

import re

import pytest
from project import painted, wait_until

from nnwidgets import Neuron

pytestmark = pytest.mark.site

CHAPTER = "01-neurons"
WIDGET = CHAPTER, "neuron"
SLIDERS = {  # what a screen reader calls each slider: the value behind it, lowest and highest
    "Input x1": ("inputs", 0, -0.5, 1.5),
    "Weight w1": ("weights", 0, -6, 6),
    "Input x2": ("inputs", 1, -0.5, 1.5),
    "Weight w2": ("weights", 1, -6, 6),
    "Bias b": ("bias", None, -6, 6),
}


def numbers(text):
    """Return the numbers in a text of a widget."""
    return [float(n) for n in re.findall(r"(?<![₁₂\d])-?\d+\.?\d*", text.replace("−", "-"))]


def assert_shows(box, neuron):
    """Compare all that the widget says with what nnlib computes."""
    painted(box)
    equation = box.locator(".nnlib-equation").text_content()
    assert numbers(equation)[-1] == pytest.approx(neuron.z, abs=0.0000500001)
    left, sign, _ = re.fullmatch(r"z = (.*) ([=≈]) (.*)", equation).groups()
    written = eval(left.replace("·", "*").replace("−", "-").replace("\u202f", ""))  # as it stands
    assert (sign == "=") == (abs(written - numbers(equation)[-1]) < 1e-9)
    assert written == pytest.approx(neuron.z, abs=0.01)
    symbol = {"sigmoid": "σ", "tanh": "tanh", "relu": "ReLU"}[neuron.activation]
    answer = box.locator(".nnlib-answer").text_content()
    assert answer.startswith(f"a = {symbol}(")
    assert numbers(answer) == [
        pytest.approx(neuron.z, abs=0.0000500001),
        pytest.approx(neuron.a, abs=0.00050001),
    ]
    if abs(neuron.z) > 1e-9:  # beside the line; on it, the last bit decides
        assert answer.endswith(" → yes" if neuron.z > 0 else " → no")
    terms = [w * x for w, x in zip(neuron.weights, neuron.inputs, strict=True)]
    written = [n for text in box.locator(".nnlib-value").all_text_contents() for n in numbers(text)]
    assert written == pytest.approx([*terms, neuron.bias, neuron.z], abs=0.00500001)
    assert box.locator(".nnlib-cross:visible").count() == len(wrong_points(neuron))


def wrong_points(neuron):
    points = [(0, 0), (0, 1), (1, 0), (1, 1)]
    gate = {"AND": lambda x, y: x & y, "OR": lambda x, y: x | y, "XOR": lambda x, y: x ^ y}
    (w1, w2), b = neuron.weights, neuron.bias
    return [p for p in points if (w1 * p[0] + w2 * p[1] + b > 0) != gate[neuron.gate](*p)]


def set_value(neuron, name, value):
    """Set what a slider stands for."""
    trait, i, _, _ = SLIDERS[name]
    if i is None:
        neuron.bias = value
    else:
        pair = list(getattr(neuron, trait))
        pair[i] = value
        setattr(neuron, trait, pair)


@pytest.fixture
def neuron():
    """Return the neuron that the chapter shows first, in Python."""
    return Neuron(gate="AND", weights=(2, 2), bias=-3, inputs=(1, 1))


def test_every_slider_by_keyboard_and_by_mouse(box, neuron):
    assert_shows(box, neuron)
    for name, (_, _, low, high) in SLIDERS.items():
        slider = box.get_by_role("slider", name=name, exact=True)
        slider.focus()
        slider.press("Home")
        set_value(neuron, name, low)
        assert_shows(box, neuron)
        slider.press("End")
        set_value(neuron, name, high)
        assert_shows(box, neuron)
        place = slider.bounding_box()
        slider.click(position={"x": place["width"] / 2, "y": place["height"] / 2})
        set_value(neuron, name, (low + high) / 2)
        assert_shows(box, neuron)
        slider.press("ArrowRight")
        step = 0.1 if high == 6 else 0.05
        set_value(neuron, name, round((low + high) / 2 + step, 2))
        assert_shows(box, neuron)
    box.get_by_role("button", name="Reset").click()
    assert_shows(box, Neuron())


def test_fields_take_numbers_and_refuse_the_rest_with_a_word(box, neuron):
    field = box.get_by_role("textbox", name="Weight w1, as a number")
    for text in ("-1.25", "−5e−1", "0.125", "-0.001", "0.12345", "-1e-5", "3"):
        field.fill(text)
        field.press("Enter")
        set_value(neuron, "Weight w1", round(float(text.replace("−", "-")), 3))
        assert_shows(box, neuron)
        assert field.evaluate("field => field.scrollWidth <= field.clientWidth")
    refused = [("much", "not a number"), ("9", "out of range"), ("", "not a number")]
    refused += [("1,000", "out of range"), ("1,5", "use a decimal point")]
    for text, word in refused:
        field.fill(text)
        field.press("Enter")
        assert word in box.get_by_role("alert").filter(has_text=word).text_content()
        assert field.get_attribute("aria-invalid") == "true"
        assert_shows(box, neuron)
    field.press("Escape")
    assert field.input_value() == "3"
    assert field.get_attribute("aria-invalid") is None


def test_the_input_point_is_dragged_and_moved_by_keys(box, neuron):
    handle = box.get_by_role("slider", name=re.compile("Input point"))
    box.locator(".nnlib-plane").scroll_into_view_if_needed()
    ring = handle.locator(".nnlib-ring").bounding_box()
    corner = box.locator(".nnlib-mark").first.bounding_box()  # the point (0, 0)
    mouse = box.page.mouse
    mouse.move(ring["x"] + ring["width"] / 2, ring["y"] + ring["height"] / 2)
    mouse.down()
    mouse.move(corner["x"] + corner["width"] / 2, corner["y"] + corner["height"] / 2, steps=5)
    mouse.up()
    neuron.inputs = (0, 0)
    assert_shows(box, neuron)
    handle.press("ArrowRight")
    handle.press("Shift+ArrowUp")
    neuron.inputs = (0.1, 0.5)
    assert_shows(box, neuron)
    assert handle.get_attribute("aria-valuetext") == "x₁ = 0.1, x₂ = 0.5"
    for _ in range(20):
        handle.press("ArrowLeft")
    neuron.inputs = (-0.5, 0.5)
    assert_shows(box, neuron)


def test_presets_and_activations(box, neuron):
    presets = {"OR": ((2, 2), -1), "XOR": ((3, -3), -1.5), "AND": ((2, 2), -3)}
    for gate, (weights, bias) in presets.items():
        button = box.get_by_role("button", name=gate, exact=True)
        button.press("Enter")
        neuron.gate, neuron.weights, neuron.bias = gate, weights, bias
        assert_shows(box, neuron)
        assert button.get_attribute("aria-pressed") == "true"
        right = 4 - len(wrong_points(neuron))
        assert right == (3 if gate == "XOR" else 4)
        assert f"{gate}: {right} of 4 right" in box.locator(".nnlib-score").text_content()
        for activation in ("tanh", "relu", "sigmoid"):
            box.get_by_label("Activation f").select_option(activation)
            neuron.activation = activation
            assert_shows(box, neuron)


def test_xor_is_never_right(open_widget):
    box = open_widget(*WIDGET)
    box.get_by_role("button", name="XOR", exact=True).click()
    score = box.locator(".nnlib-score")
    for w1, w2, b in [(6, 6, -3), (6, -6, -3), (-6, 6, -3), (-6, -6, 6), (0, 0, 0), (1, 1, -0.5)]:
        for name, value in [("Weight w1", w1), ("Weight w2", w2), ("Bias b", b)]:
            field = box.get_by_role("textbox", name=f"{name}, as a number")
            field.fill(str(value))
            field.press("Enter")
        assert_shows(box, Neuron(gate="XOR", weights=(w1, w2), bias=b, inputs=(1, 1)))
        assert "No line gets all four" in score.text_content()
        assert box.locator(".nnlib-cross:visible").count() >= 1


def test_the_result_is_spoken_once_it_stays(box):
    box.get_by_role("button", name="OR", exact=True).click()
    spoken = box.locator("[aria-live=polite]")
    said = "element => element.textContent.includes('OR: 4')"
    wait_until(box.page, said, spoken.element_handle())
    assert spoken.text_content() == "Output 0.953, yes. OR: 4 of 4 right ✓"


def test_a_finger_moves_the_point_and_still_scrolls_the_page(open_widget, neuron):
    box = open_widget(*WIDGET, 375, has_touch=True)
    box.locator(".nnlib-plane").scroll_into_view_if_needed()
    place = box.locator(".nnlib-mark").nth(1).bounding_box()  # the point (0, 1)
    finger = box.page.touchscreen
    finger.tap(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    neuron.inputs = (0, 1)
    assert_shows(box, neuron)
    touch = "e => getComputedStyle(e).touchAction"
    assert box.locator(".nnlib-plane").evaluate(touch) == "auto"
    assert box.locator(".nnlib-handle").evaluate(touch) == "none"
