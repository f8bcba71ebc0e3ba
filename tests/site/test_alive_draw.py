"""The digit reader of chapter 1, driven in Chromium: its numbers are those of the trained network.

The test reads the stored state for the weights, and the widget's small canvas for what the network
sees: 64 grey levels, which the canvas shows exactly.
"""

import re
from base64 import b64decode

import numpy as np
import pytest
from project import painted, wait_until

from nnlib.datasets import INK, digits
from nnlib.functional import softmax
from nnlib.layers import Dense, ReLU
from nnlib.network import Network
from tools.build.notebooks import stored_widgets

pytestmark = pytest.mark.site

CHAPTER = "01-neurons"
WIDGET = CHAPTER, "draw"
LOOK = """box => {
    const all = name => [...box.querySelectorAll(name)];
    const text = name => box.querySelector(name).textContent.replaceAll("\\u00a0", " ");
    const scratch = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const pixels = name => {
        scratch.drawImage(box.querySelector(name), 0, 0);
        const { data } = scratch.getImageData(0, 0, 16, 16);
        return Array.from({ length: 256 }, (_, i) => data[4 * i]);
    };
    const style = getComputedStyle(box.querySelector(".nnlib"));
    const [ink, paper] = [style.color, style.backgroundColor].map(c => Number(c.match(/\\d+/)[0]));
    return {
        ink, paper, seen: pixels(".nnlib-seen canvas"), drawn: pixels(".nnlib-sheet canvas"),
        p: all(".nnlib-fill").map(bar => parseFloat(bar.style.width) / 100),
        answer: text(".nnlib-answer"), truth: text(".nnlib-report .nnlib-equation"),
        active: text(".nnlib-layer"),
        percents: all(".nnlib-percent").map(e => e.textContent.replaceAll("\\u00a0", " ")),
        best: all(".nnlib-best").map(e => e.textContent),
        arrows: all(".nnlib-arrow").map(e => getComputedStyle(e).visibility === "visible"),
        lit: all(".nnlib-hidden circle").filter(e => e.getAttribute("fill-opacity") > 0).length,
    };
}"""
STROKES = {  # as one writes them, in cells
    0: [[(8, 2), (4, 4), (3, 8), (5, 13), (9, 14), (12, 10), (12, 5), (8, 2)]],
    1: [[(9, 2), (7, 14)]],
    2: [[(4, 5), (7, 2), (11, 4), (10, 7), (4, 13), (8, 12.5), (13, 13)]],
    3: [[(4, 3), (9, 2), (11, 4), (7, 7), (11, 9), (11, 12), (7, 14), (3, 12)]],
    4: [[(5, 2), (4, 8), (11, 8)], [(11, 3), (10, 14)]],
    5: [[(12, 2), (5, 2), (5, 7), (9, 7), (11, 10), (9, 13), (4, 13)]],
    6: [[(10, 2), (6, 6), (4, 11), (7, 14), (11, 12), (9, 9), (5, 11)]],
    7: [[(3, 3), (12, 3), (7, 14)]],
    8: [[(11, 4), (7, 2), (5, 5), (9, 8), (11, 11), (8, 14), (5, 11), (8, 8), (11, 4)]],
    9: [[(11, 5), (7, 3), (5, 6), (8, 8), (11, 5), (11, 9), (9, 14)]],
}


@pytest.fixture(scope="module")
def stored():
    """Return the network and the samples that the chapter stores with the widget."""
    state = stored_widgets()[WIDGET]["state"]
    data = {name: b64decode(state[name]["base64"]) for name in ("_theta", "_samples")}
    network = Network([Dense(256, 64), ReLU(), Dense(64, 10)], rng=np.random.default_rng(0))
    network.theta[...] = np.frombuffer(data["_theta"], "<f4")
    samples = np.frombuffer(data["_samples"], np.uint8).reshape(-1, 256) / INK
    return network, samples, state["_labels"]


def look(box):
    """Return what the widget shows; its pictures as 256 numbers from 0 (paper) to 1 (ink)."""
    painted(box)
    shown = box.evaluate(LOOK)
    for name in ("seen", "drawn"):
        shown[name] = (np.array(shown[name]) - shown["paper"]) / (shown["ink"] - shown["paper"])
    levels = shown["seen"] * INK
    assert np.abs(levels - np.rint(levels)).max() < 0.25
    shown["seen"] = np.rint(levels) / INK  # freed from the canvas's rounding
    return shown


def seen(box):
    """Return the picture that the network reads."""
    return look(box)["seen"]


def assert_shows(box, network):
    """Compare all that the widget says with what nnlib makes of the picture it shows."""
    shown = look(box)
    image = shown["seen"]
    p = softmax(network.predict(image[None]))[0]
    np.testing.assert_allclose(shown["p"], p, atol=1e-6, rtol=0)
    first, second = np.argsort(-p, kind="stable")[:2]
    begin = "It says" if image.any() else "The paper is empty. Still it says"
    found = re.fullmatch(rf"{begin} (\d) \(>? ?(\d+) %\), then (\d) \(.*\)", shown["answer"])
    assert found, shown["answer"]
    assert (int(found[1]), int(found[3])) == (first, second)
    assert int(found[2]) == pytest.approx(100 * p[first], abs=1)
    assert len(shown["best"]) == 1
    assert shown["best"][0].startswith(str(first))
    assert shown["arrows"] == [k == first for k in range(10)]
    for k, said in enumerate(shown["percents"]):
        assert float(said.strip("<> %")) == pytest.approx(100 * p[k], abs=0.10001), (k, said)
    active = int((network.layers[0].forward(image[None]) > 0).sum())
    assert f": {active} active" in shown["active"]
    assert active - 3 <= shown["lit"] <= active  # an opacity has three decimals
    return image, p


def press(box, name):
    box.get_by_role("button", name=name, exact=True).click()


def write(box, strokes, shrink=1.0, corner=(0, 0)):
    """Draw lines through points, in cells, with the mouse."""
    sheet = box.locator(".nnlib-sheet")
    sheet.scroll_into_view_if_needed()
    place = box.locator(".nnlib-sheet canvas").bounding_box()
    cell = place["width"] / 16
    mouse = box.page.mouse

    def at(x, y):
        return (
            place["x"] + (corner[0] + shrink * x) * cell,
            place["y"] + (corner[1] + shrink * y) * cell,
        )

    for stroke in strokes:
        mouse.move(*at(*stroke[0]))
        mouse.down()
        for point in stroke[1:]:
            mouse.move(*at(*point), steps=2)
        mouse.up()


def stands(image):
    """Return where a picture stands: its centre of mass and its longer side at half ink."""
    grid = image.reshape(16, 16)
    mass = grid.sum()
    x = (grid.sum(axis=0) * (np.arange(16) + 0.5)).sum() / mass
    y = (grid.sum(axis=1) * (np.arange(16) + 0.5)).sum() / mass
    sides = []
    for axis in (0, 1):
        most = np.concatenate([[0], grid.max(axis=axis), [0]])
        on = np.flatnonzero(most >= 0.5)
        low = np.interp(0.5, most[on[0] - 1 : on[0] + 1], [on[0] - 1, on[0]])
        high = np.interp(-0.5, -most[on[-1] : on[-1] + 2], [on[-1], on[-1] + 1])
        sides.append(high - low)
    return x, y, max(sides)


def test_every_test_picture_is_read_as_nnlib_reads_it(box, stored):
    network, samples, labels = stored
    buttons = box.locator(".nnlib-samples button")
    assert buttons.count() == len(samples)
    wrong = 0
    for i, (sample, label) in enumerate(zip(samples, labels, strict=True)):
        button = buttons.nth(i)
        button.press("Enter")
        image, p = assert_shows(box, network)
        assert np.array_equal(image, sample)
        assert button.get_attribute("aria-pressed") == "true"
        truth = look(box)["truth"]
        right = p.argmax() == label
        wrong += not right
        verdict = "right ✓" if right else "wrong ✗"
        assert truth == f"A digit from the data, labelled {label}: {verdict}"
    assert wrong == 2  # the chapter offers ten right ones and two wrong ones
    assert np.array_equal(digits().X_test[np.flatnonzero(digits().y_test == 3)[0]], samples[3])


def test_what_the_mouse_draws_is_prepared_like_the_data(box, stored):
    network, *_ = stored
    x, y, side = np.array([stands(image) for image in digits().X_train[:1000]]).mean(axis=0)
    answers = {}
    for digit, strokes in STROKES.items():
        press(box, "Clear")
        write(box, strokes)
        image, p = assert_shows(box, network)
        assert stands(image) == pytest.approx((x, y, side), abs=0.4), digit
        answers[digit] = p.argmax()
    assert sum(digit == answer for digit, answer in answers.items()) >= 8, answers


def test_size_and_place_do_not_matter_unless_the_drawing_is_left_as_it_is(box, stored):
    network, *_ = stored
    press(box, "Clear")
    write(box, STROKES[3])
    large, _ = assert_shows(box, network)
    press(box, "Clear")
    write(box, STROKES[3], shrink=0.55, corner=(7, 0.5))
    small, p = assert_shows(box, network)
    assert np.abs(large - small).mean() < 0.03
    assert p.argmax() == 3
    assert "Scaled to " in box.locator(".nnlib-report").text_content()
    box.get_by_label("How drawings are read").select_option("as drawn")
    image, _ = assert_shows(box, network)
    assert np.abs(image - look(box)["drawn"]).max() < 0.01
    assert stands(image)[0] > 10
    assert "Read as it stands" in box.locator(".nnlib-report").text_content()


def test_drawing_by_keyboard(box, stored):
    network, *_ = stored
    press(box, "Clear")
    image, _ = assert_shows(box, network)
    assert not image.any()
    box.get_by_label("How drawings are read").select_option("as drawn")
    sheet = box.get_by_role("application")
    for _ in range(20):
        sheet.press("ArrowUp")
    for key in ("Space", "ArrowDown", "Enter", "ArrowDown", "ArrowLeft", "Space"):
        sheet.press(key)
    image, _ = assert_shows(box, network)
    grid = image.reshape(16, 16)
    assert grid[0, 8] > 0.9
    assert grid[1, 8] > 0.9
    assert grid[2, 7] > 0.9
    assert not grid[5:].any()
    spoken = box.locator("[aria-live=polite]").element_handle()
    wait_until(box.page, "e => e.textContent.startsWith('Row 3, column 8, ink. It says')", spoken)
    sheet.press("Delete")
    image, _ = assert_shows(box, network)
    assert image.reshape(16, 16)[2, 7] == 0
    assert image.reshape(16, 16)[1, 8] > 0.9
    press(box, "Undo")
    assert seen(box).reshape(16, 16)[2, 7] > 0.9
    for key in ("ArrowRight", "Tab"):
        sheet.press(key)
    assert box.page.evaluate("document.activeElement.className") != "nnlib-sheet"


def test_undo_eraser_clear_and_reset(box, stored):
    network, samples, _ = stored
    undo = box.get_by_role("button", name="Undo")
    assert undo.is_disabled()
    press(box, "Eraser")
    write(box, [[(0.5, 7.5), (15.5, 7.5)]])
    image, _ = assert_shows(box, network)
    grid = image.reshape(16, 16)
    assert not grid[7].any()
    expected = samples[0].reshape(16, 16).copy()
    expected[7] = 0
    assert np.array_equal(grid, expected)
    assert "A picture that you changed" in box.locator(".nnlib-report").text_content()
    press(box, "Pen")
    write(box, [[(2.5, 7.5), (13.5, 7.5)]])
    assert seen(box).reshape(16, 16)[7, 3:13].min() > 0.9
    press(box, "Clear")
    assert not seen(box).any()
    for expected_now in (None, expected.ravel(), samples[0]):
        undo.click()
        if expected_now is not None:
            assert np.array_equal(seen(box), expected_now)
    assert undo.is_disabled()
    press(box, "Sample 5, a 4")
    box.get_by_label("How drawings are read").select_option("as drawn")
    press(box, "Reset")
    assert np.array_equal(seen(box), samples[0])
    assert undo.is_disabled()
    assert box.get_by_label("How drawings are read").input_value() == "centred"
    assert_shows(box, network)


def test_a_finger_draws_and_a_tap_leaves_a_dot(open_widget, stored):
    box = open_widget(*WIDGET, 375, has_touch=True)
    sheet = box.locator(".nnlib-sheet")
    assert sheet.evaluate("e => getComputedStyle(e).touchAction") == "none"
    press(box, "Clear")
    sheet.scroll_into_view_if_needed()
    place = sheet.bounding_box()
    box.page.touchscreen.tap(place["x"] + place["width"] / 2, place["y"] + place["height"] / 4)
    image, _ = assert_shows(box, stored[0])
    assert 2 < image.sum() < 4  # a dot of the pen's size, not a disc
    assert stands(image)[:2] == pytest.approx((8.29, 8.29), abs=0.1)


def test_a_page_that_turns_dark_takes_the_drawing_along(open_widget, stored):
    box = open_widget(*WIDGET, 1280, "light")
    before = seen(box)
    box.page.emulate_media(color_scheme="dark")
    wait_until(box.page, "() => matchMedia('(prefers-color-scheme: dark)').matches", None)
    assert np.array_equal(seen(box), before)
    assert np.array_equal(before, stored[1][0])
