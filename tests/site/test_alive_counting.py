"""Counting in chapter 6, driven in Chromium: its numbers are nnlib's own."""

from itertools import pairwise

import numpy as np
import pytest
from project import painted, wait_until
from test_every_widget import BROKEN, axe_finds, use_every_control, words

from nnlib.layers import Dense
from nnlib.network import Network
from nnlib.training import minibatches

pytestmark = pytest.mark.site

CHAPTER = "06-hyperparameters"
WIDGET = CHAPTER, "counting"
DECK = [100] * 11


@pytest.fixture
def training(box):
    """Return the other part, on the same page."""
    other = box.page.locator(".widget.alive").filter(has=box.page.locator(".nnlib-iterations"))
    other.wait_for(state="attached")
    other.scroll_into_view_if_needed()
    return other


def fill(box, name, value):
    """Type a number into a field."""
    field = box.get_by_role("textbox", name=f"{name}, as a number")
    field.fill(str(value))
    field.press("Enter")


def assert_counts(box, widths, bias=True):
    """Compare the table, the sentence and the drawing with the parameters of a real network."""
    words(box)  # waits for the paint
    layers = [Dense(*pair) for pair in pairwise(widths)]
    counts = [layer.W.size + bias * layer.b.size for layer in placed(layers)]
    shown = box.locator("tbody .nnlib-count:visible").all_text_contents()
    assert shown == [f"{count:,}" for count in counts]
    products = [
        f"{n_in:,} × {n_out:,}" + (f" + {n_out:,}" if bias else "")
        for n_in, n_out in pairwise(widths)
    ]
    assert box.locator(".nnlib-product:visible").all_text_contents() == products
    total = sum(counts)
    assert box.locator("tfoot .nnlib-count").text_content() == f"{total:,}"
    answer = box.locator(".nnlib-answer").text_content()
    assert answer.startswith(f"{total:,} parameter{'s' * (total > 1)} in {len(layers)} layer")
    rule = box.locator(".nnlib-rule").text_content()
    assert f"asks for {10 * total:,} to {30 * total:,} examples" in rule
    assert box.locator(".nnlib-network .nnlib-value").all_text_contents() == [
        f"{n:,}" for n in widths
    ]
    assert box.locator(".nnlib-unit circle").count() == sum(min(n, 8) for n in widths)


def placed(layers):
    """Give layers their parameters, as a network does."""
    network = Network(layers, rng=np.random.default_rng(0))
    assert network.theta.size == sum(layer.W.size + layer.b.size for layer in layers)
    return layers


def assert_cuts(box, n, size, epochs, drop=False):
    """Compare the sentences and the bar with the batches that nnlib cuts."""
    words(box)
    sizes = [len(batch) for batch in minibatches(n, size, rng=np.random.default_rng(0))]
    steps = sizes.count(size) if drop else len(sizes)
    answer = box.locator(".nnlib-answer").text_content()
    assert answer.split(" iteration")[0] == f"{steps:,}"
    assert answer.endswith(f", {steps * epochs:,} in all")
    cut = box.locator(".nnlib-cut").text_content()
    rest = sizes[-1] % size
    if rest:
        assert f"{rest:,} sample" in cut
        assert ("left out" in cut) == drop
    else:
        assert "Nothing is left over" in cut
    deck = box.locator(".nnlib-deck").text_content()
    assert ("agree" in deck) == (n % size == 0)
    assert f"{steps:,} × {size:,} = {steps * size:,}" in deck
    assert box.locator(".nnlib-epoch i").count() == (len(sizes) if len(sizes) <= 64 else 15)
    assert box.locator(".nnlib-rest").count() == bool(rest and not drop)
    assert box.locator(".nnlib-dropped").count() == bool(rest and drop)


def test_the_presets(box):
    presets = {
        "Deck, 1 layer": [100, 100], "Digits": [256, 64, 10], "Deck, 10 layers": DECK,
    }  # fmt: skip
    assert_counts(box, DECK)
    for name, widths in presets.items():
        button = box.get_by_role("button", name=name, exact=True)
        button.press("Enter")
        assert_counts(box, widths)
        assert button.get_attribute("aria-pressed") == "true"
    assert "the input has 100 numbers as well" in box.locator(".nnlib-note").text_content()
    box.get_by_role("button", name="No biases").click()
    assert_counts(box, DECK, bias=False)
    assert box.locator(".nnlib-note").text_content() == "A network of your own."
    box.get_by_role("button", name="Reset", exact=True).click()
    assert_counts(box, DECK)


def press(box, name):
    painted(box)  # until then it may stand there disabled, and nobody can press it
    box.get_by_role("button", name=name, exact=True).press("Enter")


def test_layers_come_go_and_change(box):
    box.get_by_role("button", name="Digits", exact=True).click()
    press(box, "Add a layer")
    assert_counts(box, [256, 64, 64, 10])
    press(box, "Double")
    assert_counts(box, [256, 64, 128, 10])
    box.get_by_label("Layer to change").select_option("1")
    press(box, "Half")
    assert_counts(box, [256, 32, 128, 10])
    press(box, "Remove it")
    assert_counts(box, [256, 128, 10])
    slider = box.get_by_role("slider", name="Units of the chosen layer")
    for key, n in (("End", 4096), ("Home", 1), ("ArrowRight", 2)):
        slider.press(key)
        assert_counts(box, [256, n, 10])
    place = slider.bounding_box()
    slider.click(position={"x": place["width"] / 2, "y": place["height"] / 2})
    words(box)
    n = int(box.locator(".nnlib-network .nnlib-value").nth(1).text_content().replace(",", ""))
    assert 50 < n < 130  # the middle of a slider that goes by factors
    assert_counts(box, [256, n, 10])
    place = box.locator(".nnlib-network").bounding_box()
    box.locator(".nnlib-network").click(position={"x": 12, "y": place["height"] / 2})
    words(box)
    assert box.get_by_label("Layer to change").input_value() == "0"
    assert box.get_by_role("button", name="Remove it").is_disabled()
    fill(box, "Units of the chosen layer", "1,000")
    assert_counts(box, [1000, n, 10])
    for _ in range(8):
        press(box, "Add a layer")
    assert_counts(box, [1000] * 9 + [n, 10])
    assert box.get_by_role("button", name="Add a layer").is_disabled()


def test_random_architectures(open_widget):
    box = open_widget(*WIDGET)
    rng = np.random.default_rng(1)
    widths = DECK
    for _ in range(2):
        widths = [int(n) for n in np.exp(rng.uniform(0, 6, size=11))]
        for k, n in enumerate(widths):
            box.get_by_label("Layer to change").select_option(str(k))
            painted(box)
            fill(box, "Units of the chosen layer", n)
        assert_counts(box, widths)


def test_fields_take_whole_numbers_only(training):
    for text, value in [("50,000", 50_000), ("1 000", 1000), ("22", 22)]:
        fill(training, "Data set size", text)
        assert_cuts(training, value, 32, 10)
    for text, word in [
        ("2.5", "not a whole number"),
        ("0", "out of range"),
        ("1,0", "not a whole"),
    ]:
        fill(training, "Data set size", text)
        assert training.get_by_role("alert").filter(has_text=word).count() == 1
        assert_cuts(training, 22, 32, 10)


def test_batches_by_slider_and_button(training):
    assert_cuts(training, 1000, 32, 10)
    for name, values in {"1,000 in 50s": (1000, 50, 10), "22 in 5s": (22, 5, 2)}.items():
        training.get_by_role("button", name=name).press("Enter")
        assert_cuts(training, *values)
    training.get_by_role("button", name="Drop it").click()
    assert_cuts(training, 22, 5, 2, drop=True)
    training.get_by_role("slider", name="Epochs").press("End")
    assert_cuts(training, 22, 5, 1000, drop=True)
    training.get_by_role("slider", name="Batch size").press("End")
    assert_cuts(training, 22, 10_000_000, 1000, drop=True)
    assert "no step at all" in training.locator(".nnlib-spans").text_content()
    training.get_by_role("slider", name="Batch size").press("Home")
    training.get_by_role("slider", name="Data set size").press("Home")
    assert_cuts(training, 1, 1, 1000, drop=True)
    training.get_by_role("button", name="Reset", exact=True).click()
    assert_cuts(training, 1000, 32, 10)


def test_random_trainings(open_widget):
    box = open_widget(*WIDGET)
    other = box.page.locator(".widget.alive").filter(has=box.page.locator(".nnlib-iterations"))
    other.scroll_into_view_if_needed()
    rng = np.random.default_rng(2)
    for _ in range(8):
        n, size, epochs = (int(np.exp(rng.uniform(0, high))) for high in (9, 6, 5))
        fill(other, "Data set size", n)
        fill(other, "Batch size", size)
        fill(other, "Epochs", epochs)
        assert_cuts(other, n, size, epochs)


def test_the_second_part_keeps_what_every_widget_owes(training):
    page = training.page
    first = words(training)
    use_every_control(training)
    assert not BROKEN.search(words(training))
    training.get_by_role("button", name="Reset", exact=True).click()
    assert words(training) == first
    said = "element => element.textContent.includes('320 in all')"
    wait_until(page, said, training.locator(".nnlib-spoken").element_handle())
    for width in (320, 375, 640, 768, 1024, 1280, 1920):
        page.set_viewport_size({"width": width, "height": 800})
        words(training)
        stage, widget = (
            training.locator(part).bounding_box()["height"] for part in (".stage", ".nnlib")
        )
        assert widget <= stage <= widget + 96, (width, widget / 16, stage / 16)
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    assert axe_finds(training) == []
