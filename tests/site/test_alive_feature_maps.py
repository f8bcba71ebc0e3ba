"""The convolutional network of chapter 9, driven in Chromium: its numbers are those of nnlib.

Each number on the page is a `data` element whose `value` has all digits; canvases show the maps.
"""

from base64 import b64decode

import numpy as np
import pytest
from project import painted, wait_until

from nnlib.datasets import INK
from nnlib.functional import softmax
from nnwidgets.base import known_to_both
from nnwidgets.feature_maps import LAYERS, shifted
from nnwidgets.networks import unpacked
from tools.build.notebooks import stored_widgets

pytestmark = pytest.mark.site

CHAPTER = "09-convolution"
WIDGET = CHAPTER, "feature_maps"
LIMITS = known_to_both("feature_maps")
PRESETS = LIMITS["kernels"]
SIDES = {name: layer["side"] for name, layer in LAYERS.items()}
CLOSE = {"rtol": 1e-9, "atol": 1e-9}
LOOK = """box => {
    const all = name => [...box.querySelectorAll(name)];
    const text = name => box.querySelector(name).textContent.replaceAll("\\u00a0", " ");
    const values = (part) => [...part.querySelectorAll("data:not(.nnlib-gone)")]
        .map(e => Number(e.value));
    const scratch = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const pixels = canvas => {
        scratch.clearRect(0, 0, 20, 20);
        scratch.drawImage(canvas, 0, 0);
        const { width, height } = canvas;
        return [...scratch.getImageData(0, 0, width, height).data].filter((_, i) => i % 4 < 3);
    };
    const [source, result] = [".nnlib-source", ".nnlib-result"].map(name =>
        pixels(box.querySelector(`${name} canvas`)));
    const shown = e => getComputedStyle(e).visibility === "visible";
    const style = getComputedStyle(box.querySelector(".nnlib"));
    const [ink, paper] = [style.color, style.backgroundColor].map(c => Number(c.match(/\\d+/)[0]));
    return {
        ink, paper,
        source, result,
        input: pixels(box.querySelector(".nnlib-input canvas")),
        sees: text(".nnlib-input .nnlib-kind"),
        marks: (box.querySelector(".nnlib-result .nnlib-crosses").getAttribute("d").match(/m0/g)
            ?? []).length,
        negative: (box.querySelector(".nnlib-result .nnlib-dashes").getAttribute("d").match(/h/g)
            ?? []).length,
        cells: all(".nnlib-cell:not(.nnlib-gone)").map(values),
        words: all(".nnlib-cell:not(.nnlib-gone)").map(e => e.textContent),
        outside: all(".nnlib-cell:not(.nnlib-gone)").map(e => e.matches(".nnlib-outside")),
        lines: all(".nnlib-report > p:not(.nnlib-spoken)").map(e => e.textContent),
        numbers: all(".nnlib-report > p:not(.nnlib-spoken)").map(values),
        says: text(".nnlib-beside .nnlib-answer"), table: all(".nnlib-travel tr").map(row =>
            [...row.cells].map(cell => cell.textContent.replaceAll("\\u00a0", " "))),
        changed: text(".nnlib-beside > .nnlib-kind"), where: text(".nnlib-where"),
        odds: all(".nnlib-output button").map(e => Number(e.value)),
        pressed: all(".nnlib-overview [aria-pressed=true]").map(e => e.getAttribute("aria-label")),
        bars: all(".nnlib-result .nnlib-fill").map(e => parseFloat(e.style.width) / 100),
        barsShown: shown(box.querySelector(".nnlib-result .nnlib-outputs")),
        options: [...box.querySelector(".nnlib-sources select").options].map(o => o.textContent),
        place: box.querySelector(".nnlib-handle").getAttribute("aria-valuetext"),
    };
}"""


class Stored:
    """The network and the samples that the chapter stores with the widget."""

    def __init__(self):
        state = stored_widgets()[WIDGET]["state"]
        theta, samples = (b64decode(state[name]["base64"]) for name in ("_theta", "_samples"))
        self.layers, self.theta = state["_layers"], theta
        self.samples = np.frombuffer(samples, np.uint8).reshape(-1, 16, 16) / INK
        self.labels = state["_labels"]
        self.image = np.reshape(state["image"], (16, 16))
        self.maps = {"conv1": self.layers[1]["n_out"], "conv2": self.layers[4]["n_out"]}
        self.maps |= {"pool1": self.maps["conv1"], "pool2": self.maps["conv2"], "output": 10}

    def network(self, kernels=()):
        network = unpacked(self.layers, self.theta)
        for k, kernel in dict(kernels).items():
            network.layers[0].W[:, :, 0, k] = np.reshape(kernel, (3, 3))
        return network

    def run(self, image, kernels=()):
        """Return every layer's numbers for an image of 16 × 16."""
        network, y = self.network(kernels), image[None, :, :, None]
        found = {"image": y[0]}
        names = ["conv1", None, "pool1", "conv2", None, "pool2", None, "output"]
        for name, layer in zip(names, network.layers, strict=True):
            y = layer.forward(y)
            if name:
                found[name] = y[0]
        return found


@pytest.fixture(scope="module")
def stored():
    return Stored()


def look(box):
    painted(box)
    return box.evaluate(LOOK)


def choose(box, layer, k=None, place=None, source=None):
    """Choose a layer, a map, a place and a map that comes in, with the controls of a keyboard."""
    box.get_by_role("button", name=LAYERS[layer]["short"], exact=True).press("Enter")
    if k is not None:
        box.locator(".nnlib-chooser select").select_option(str(k))
    painted(box)
    if place is not None:
        handle = box.locator(".nnlib-result .nnlib-handle")
        now = at(handle)
        for key, steps in zip(("Down", "Right"), np.subtract(place, now), strict=True):
            other = {"Down": "Up", "Right": "Left"}[key]
            for _ in range(abs(steps)):
                handle.press(f"Arrow{key if steps > 0 else other}")
                painted(box)
    if source is not None:
        box.locator(".nnlib-sources select").select_option(str(source))
    painted(box)


def at(handle):
    """Return row and column, from 0, as the handle says them."""
    row, column = handle.get_attribute("aria-valuetext").removeprefix("Row ").split(", column ")
    return int(row) - 1, int(column) - 1


def press(box, name):
    box.get_by_role("button", name=name, exact=True).click()


def assert_answers(shown, p):
    """Compare all that is said of the answer with ten probabilities."""
    order = np.argsort(-p, kind="stable")
    np.testing.assert_allclose(shown["odds"], p, **CLOSE)
    assert shown["says"].startswith(f"It says {order[0]} (")
    assert f", then {order[1]} (" in shown["says"]
    said = float(shown["says"].split("(")[1].split(" %")[0].strip("<> "))
    assert said == pytest.approx(100 * p[order[0]], abs=0.1001)


def assert_spelt_out(box, stored, run, layer, k, place, source, kernels=()):
    """Compare the products, the sum and all that follows with nnlib's numbers."""
    shown, (row, column) = look(box), place
    lines, numbers = shown["lines"], shown["numbers"]
    if layer.startswith("pool"):
        z = run["conv" + layer[-1]][2 * row : 2 * row + 2, 2 * column : 2 * column + 2, k].ravel()
        a = np.maximum(z, 0)
        np.testing.assert_allclose(shown["cells"], np.transpose([z, a, a]), **CLOSE)
        assert [word.endswith(" max") for word in shown["words"]] == [
            i == a.argmax() for i in range(4)
        ]
        np.testing.assert_allclose(numbers[1], [run[layer][row, column, k]], **CLOSE)
        return
    number = {"conv1": 0, "conv2": 3, "output": 7}[layer]
    weights = stored.network(kernels).layers[number]
    before = run[{"conv1": "image", "conv2": "pool1", "output": "pool2"}[layer]]
    if layer == "output":
        window, W, z = before, weights.W.reshape(4, 4, -1, 10)[..., k], run["output"][k]
        assert lines[0] == f"Output, digit {k}"
    else:
        padded = np.pad(before, ((1, 1), (1, 1), (0, 0)))
        window, W = padded[row : row + 3, column : column + 3], weights.W[..., k]
        z = run[layer][row, column, k]
        name = LAYERS[layer]["name"]
        assert lines[0] == f"{name}, map {k + 1}, row {row + 1}, column {column + 1}"
        inside = np.pad(np.ones(before.shape[:2]), 1)[row : row + 3, column : column + 3]
        assert shown["outside"] == (inside == 0).ravel().tolist()
    x, w = window[..., source].ravel(), W[..., source].ravel()
    np.testing.assert_allclose(shown["cells"], np.transpose([x, w, x * w]), **CLOSE)
    products = window * W
    assert numbers[1][0] == pytest.approx(products.sum(), rel=1e-9, abs=1e-9)
    said = "The 9 products" if products.size == 9 else f"{products.size} products, "
    assert lines[1].startswith(said)
    total, bias, told = numbers[2]
    assert bias == abs(weights.b[k])
    assert (" − " in lines[2]) == (weights.b[k] < 0)
    assert total == numbers[1][0]
    assert told == pytest.approx(z, rel=1e-9, abs=1e-9)
    if layer == "output":
        p = softmax(run["output"][None])[0]
        np.testing.assert_allclose(shown["bars"], p, atol=1e-6)
    else:
        pooled = run["pool" + layer[-1]][row // 2, column // 2, k]
        np.testing.assert_allclose(numbers[3], [max(0, z), pooled], **CLOSE)
        assert lines[3].endswith("(this one)") or z < pooled or z <= 0
    if layer != "conv1":
        partial = products.sum(axis=(0, 1))
        told = [float(text.split(": ")[1].replace("−", "-")) for text in shown["options"]]
        np.testing.assert_allclose(told, partial, atol=0.000501)


PLACES = [
    ("conv1", 0, (7, 7), 0), ("conv1", 5, (0, 15), 0), ("pool1", 3, (4, 2), 0),
    ("conv2", 11, (3, 5), 6), ("conv2", 2, (7, 0), 0), ("pool2", 15, (1, 3), 0),
    ("output", 8, (0, 0), 13),
]  # fmt: skip


def test_every_layer_down_to_the_products_of_one_number(box, stored):
    run = stored.run(stored.image)
    p = softmax(run["output"][None])[0]
    for layer, k, place, source in PLACES:
        choose(
            box, layer, k, None if layer == "output" else place,
            source if layer in ("conv2", "output") else None,
        )  # fmt: skip
        assert_spelt_out(box, stored, run, layer, k, place, source)
        shown = look(box)
        assert_answers(shown, p)
        assert shown["barsShown"] is (layer == "output")
        name = LAYERS[layer]["name"]
        label = f"Output, digit {k}" if layer == "output" else f"{name}, map {k + 1}"
        assert shown["pressed"] == [label]
        seen = {"conv1": 3, "pool1": 4, "conv2": 8, "pool2": 10, "output": 16}[layer]
        assert shown["sees"] == f"sees {seen} × {seen}"
        if layer != "output":
            assert shown["negative"] == (run[layer][..., k] < 0).sum()
            assert shown["marks"] == 0


def test_a_large_map_shows_the_numbers_of_its_map(box, stored):
    run = stored.run(stored.image)
    for layer, k, *_ in PLACES[:-1]:
        choose(box, layer, k)
        values = run[layer][..., k] / np.abs(run[layer]).max()
        colours = np.reshape(look(box)["result"], (SIDES[layer] ** 2, 3)).astype(float)
        ends = [colours[values.ravel().argmax()], colours[np.abs(values).ravel().argmin()]]
        strong, weak = values.max(), values.ravel()[np.abs(values).ravel().argmin()]
        for value, colour in zip(values.ravel(), colours, strict=True):
            if value < 0:
                continue
            share = (value - weak) / (strong - weak)
            expected = ends[1] + share * (ends[0] - ends[1])
            np.testing.assert_allclose(colour, expected, atol=3)


def test_the_overview_is_a_row_of_buttons_for_mouse_and_keyboard(box, stored):
    box.get_by_role("button", name="Convolution 2, map 4", exact=True).click()
    run = stored.run(stored.image)
    choose(box, "conv2", place=(3, 3), source=0)
    assert_spelt_out(box, stored, run, "conv2", 3, (3, 3), 0)
    box.get_by_role("button", name="Convolution 2, map 4", exact=True).focus()
    stops = box.locator(".nnlib-overview button[tabindex='0']")
    assert stops.count() == 1
    box.page.keyboard.press("ArrowRight")
    painted(box)
    assert look(box)["pressed"] == ["Convolution 2, map 5"]
    assert "map 5" in box.page.evaluate("document.activeElement.ariaLabel")
    for _ in range(stored.maps["conv2"]):
        box.page.keyboard.press("ArrowLeft")
        painted(box)
    order = [
        f"{LAYERS[layer]['name']}, map {k + 1}"
        for layer in ("conv1", "pool1", "conv2")
        for k in range(stored.maps[layer])
    ]
    reached = order[order.index("Convolution 2, map 5") - stored.maps["conv2"]]
    assert look(box)["pressed"] == [reached]
    box.get_by_role("button", name="Output, digit 7", exact=True).press("Enter")
    assert look(box)["lines"][0] == "Output, digit 7"


def test_the_place_is_chosen_by_mouse_and_stays_when_the_layer_changes(box, stored):
    choose(box, "conv1", 2)
    drawing = box.locator(".nnlib-result svg")
    drawing.scroll_into_view_if_needed()
    place = drawing.bounding_box()
    cell = place["width"] / 16
    box.page.mouse.click(place["x"] + 9.5 * cell, place["y"] + 4.5 * cell)
    assert look(box)["place"] == "Row 5, column 10"
    assert_spelt_out(box, stored, stored.run(stored.image), "conv1", 2, (4, 9), 0)
    for layer, said in (
        ("pool1", "Row 3, column 5"), ("conv2", "Row 3, column 5"), ("pool2", "Row 2, column 3"),
        ("output", None), ("conv1", "Row 5, column 10"),
    ):  # fmt: skip
        choose(box, layer)
        assert said is None or look(box)["place"] == said
    box.page.mouse.move(place["x"] + 9.5 * cell, place["y"] + 4.5 * cell)
    drawing.scroll_into_view_if_needed()
    place = drawing.bounding_box()
    box.page.mouse.move(place["x"] + 9.5 * cell, place["y"] + 4.5 * cell)
    box.page.mouse.down()
    box.page.mouse.move(place["x"] + 40 * cell, place["y"] + 2.5 * cell, steps=5)
    box.page.mouse.up()
    assert look(box)["place"] == "Row 3, column 16"


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_kernel_changes_all_that_follows(box, stored, name):
    choose(box, "conv1", 1)
    box.get_by_label("Kernel").select_option(name)
    kernels = {1: PRESETS[name]["weights"]}
    run = stored.run(stored.image, kernels)
    choose(box, "conv1", 1, (8, 6))
    assert_spelt_out(box, stored, run, "conv1", 1, (8, 6), 0, kernels)
    for layer, k, place, source in PLACES[3:]:
        choose(
            box, layer, k, None if layer == "output" else place,
            source if layer in ("conv2", "output") else None,
        )  # fmt: skip
        assert_spelt_out(box, stored, run, layer, k, place, source, kernels)
    assert_answers(look(box), softmax(run["output"][None])[0])
    choose(box, "conv1", 1, (8, 6))
    assert box.get_by_label("Kernel").input_value() == name
    box.get_by_label("Kernel").select_option("learned")
    run = stored.run(stored.image)
    assert_spelt_out(box, stored, run, "conv1", 1, (8, 6), 0)
    assert_answers(look(box), softmax(run["output"][None])[0])


def test_a_kernel_is_edited_weight_by_weight(box, stored):
    choose(box, "conv1", 3, (7, 8))
    kernel = stored.network().layers[0].W[:, :, 0, 3].ravel().copy()
    box.locator(".nnlib-w").nth(2).click()
    painted(box)
    field = box.get_by_role("textbox", name="Chosen weight, as a number")
    assert field.input_value().replace("−", "-") == f"{kernel[2]:.3f}".rstrip("0")
    field.fill("-1.25")
    field.press("Enter")
    kernel[2] = -1.25
    run = stored.run(stored.image, {3: kernel})
    assert_spelt_out(box, stored, run, "conv1", 3, (7, 8), 0, {3: kernel})
    assert box.get_by_label("Kernel").input_value() == "own"
    box.locator(".nnlib-w").nth(6).press("Enter")
    painted(box)
    slider = box.get_by_role("slider", name="Weight in row 3, column 1")
    for key, value in (("End", 3), ("Home", -3), ("ArrowRight", -2.99)):
        slider.press(key)
        kernel[6] = value
        run = stored.run(stored.image, {3: kernel})
        assert_spelt_out(box, stored, run, "conv1", 3, (7, 8), 0, {3: kernel})
    assert_answers(look(box), softmax(run["output"][None])[0])
    choose(box, "conv1", 2)  # each map has its own
    assert box.get_by_label("Kernel").input_value() == "learned"
    choose(box, "conv1", 3)
    assert box.get_by_label("Kernel").input_value() == "own"
    box.get_by_label("Kernel").select_option("learned")
    assert_answers(look(box), softmax(stored.run(stored.image)["output"][None])[0])


WAYS = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}


def test_a_shift_moves_the_first_maps_along_and_no_pooled_ones(box, stored):
    still = stored.run(stored.image)
    choose(box, "conv1", 0)
    shift = np.zeros(2, int)
    for way in ("right", "right", "down", "left"):
        press(box, f"Shift the digit {way}")
        shift += WAYS[way]
        run = stored.run(shifted(stored.image, shift))
        shown = look(box)
        p, before = (softmax(r["output"][None])[0] for r in (run, still))
        assert_answers(shown, p)
        rows = {row[0]: row[1:] for row in shown["table"]}
        across, down = shift
        assert rows["Conv 1"][0] == f"({across}, {down})".replace("-", "−")
        change = np.linalg.norm(run["pool2"] - still["pool2"]) / np.linalg.norm(still["pool2"])
        assert f"changed by {100 * change:.0f} %" in shown["changed"]
        assert rows["Answer"][0].startswith(f"{before.argmax()} (")
        assert f"→ {p.argmax()} (" in rows["Answer"][0]
        assert (rows["Answer"][1] == "✓ same") == (p.argmax() == before.argmax())
        along, seen = (int(n) for n in rows["Conv 1"][1].split(" of "))
        assert along >= 0.95 * seen > 500
        assert (rows["Conv 1"][2] == "✓ all") is (along == seen)
        if any(shift % 2):
            along, seen = (int(n) for n in rows["Pool 1"][1].split(" of "))
            assert along < 0.5 * seen
            assert rows["Pool 1"][2].startswith("✗")
    assert look(box)["where"] == "Shifted 1 right, 1 down"
    choose(box, "conv2", 1)
    assert look(box)["marks"] > 20
    image = np.reshape(look(box)["input"], (16, 16, 3))
    paper = image[0, 0]
    assert (image[0] == paper).all() and (image[:, 0] == paper).all()
    press(box, "Shift back to the middle")
    shown = look(box)
    assert shown["where"] == "Shift the digit" and shown["marks"] == 0
    assert_answers(shown, softmax(still["output"][None])[0])
    for _ in range(9):
        box.get_by_role("button", name="Shift the digit up", exact=True).press("Enter")
    assert look(box)["where"] == "Shifted 6 up"
    run = stored.run(shifted(stored.image, (0, -6)))
    assert_answers(look(box), softmax(run["output"][None])[0])


def test_your_own_digit_is_read_and_taken_apart(box, stored):
    press(box, "Clear")
    blank = stored.run(np.zeros((16, 16)))
    assert_answers(look(box), softmax(blank["output"][None])[0])
    sheet = box.locator(".nnlib-sheet")
    sheet.scroll_into_view_if_needed()
    place = sheet.bounding_box()
    cell = place["width"] / 16
    mouse = box.page.mouse
    points = [(5, 3), (9, 2), (11, 5), (7, 7), (11, 10), (9, 13), (4, 13)]
    mouse.move(place["x"] + points[0][0] * cell, place["y"] + points[0][1] * cell)
    mouse.down()
    for x, y in points[1:]:
        mouse.move(place["x"] + x * cell, place["y"] + y * cell, steps=3)
    mouse.up()
    shown = look(box)
    levels = np.reshape(shown["input"], (16, 16, 3))[..., 0]
    levels = (levels - shown["paper"]) / (shown["ink"] - shown["paper"]) * INK
    assert np.abs(levels - np.rint(levels)).max() < 0.25
    run = stored.run(np.rint(levels) / INK)  # freed from the canvas's rounding
    assert run["image"].sum() > 20
    assert_answers(shown, softmax(run["output"][None])[0])
    choose(box, "conv2", 3, (4, 4), 1)
    assert_spelt_out(box, stored, run, "conv2", 3, (4, 4), 1)
    press(box, "Undo")
    assert_answers(look(box), softmax(blank["output"][None])[0])
    for i, sample in enumerate(stored.samples[:4]):
        box.locator(".nnlib-samples button").nth(i).press("Enter")
        assert_answers(look(box), softmax(stored.run(sample)["output"][None])[0])


def test_the_window_slides_over_the_map_and_stops(box, stored):
    choose(box, "pool2", 0, (0, 0))
    press(box, "Next")
    assert look(box)["place"] == "Row 1, column 2"
    play = box.locator(".nnlib-player button").first
    play.click()
    assert play.text_content() == "Pause"
    wait_until(box.page, "e => e.textContent === 'Slide'", play.element_handle())
    assert look(box)["place"] == "Row 4, column 4"
    assert_spelt_out(box, stored, stored.run(stored.image), "pool2", 0, (3, 3), 0)
    press(box, "Next")
    assert look(box)["place"] == "Row 1, column 1"
    choose(box, "conv1", 0)
    play.click()
    handle = box.locator(".nnlib-result .nnlib-handle").element_handle()
    wait_until(box.page, "e => Number(e.getAttribute('aria-valuenow')) > 40", handle)
    play.click()
    assert play.text_content() == "Slide"
    stands = look(box)["place"]
    box.page.wait_for_timeout(200)
    assert look(box)["place"] == stands
    choose(box, "output")
    assert play.is_disabled()


def test_it_says_what_it_shows(box, stored):
    choose(box, "conv1", 2, (6, 6))
    shown = look(box)
    spoken = box.locator("[aria-live=polite]").element_handle()
    wait_until(
        box.page, "([e, text]) => e.textContent.startsWith(text)", [spoken, shown["lines"][0]]
    )
    said = spoken.text_content()
    assert shown["lines"][2] in said and "It says " in said


def test_a_page_that_turns_dark_takes_the_maps_along(open_widget, stored):
    box = open_widget(*WIDGET, 1280, "light")
    before = look(box)["result"]
    box.page.emulate_media(color_scheme="dark")
    wait_until(box.page, "() => matchMedia('(prefers-color-scheme: dark)').matches", None)
    painted(box)
    after = look(box)["result"]
    assert before != after
    assert np.mean(after) < 128 < np.mean(before)
