"""The maps of chapter 11, driven in Chromium: every number beside nnlib's, of the same network.

The tests read the stored state for network and images, and a widget in Python follows each control:
what it computes is what the page must say, and show.
"""

import re

import numpy as np
import pytest
from project import painted, wait_until

from nnlib.datasets import INK
from nnlib.functional import softmax
from nnwidgets import Explanation
from nnwidgets.explanation import LIMITS, METHODS
from tools.build.notebooks import stored_widgets

pytestmark = pytest.mark.site

CHAPTER = "11-explaining"
WIDGET = CHAPTER, "explanation"
SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹−", "-0123456789-")
NUMBER = r"[+−]?\d+(?:\.\d+)?(?:·10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?"
LOOK = """box => {
    const scratch = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const pixels = canvas => {
        scratch.drawImage(canvas, 0, 0);
        const { data } = scratch.getImageData(0, 0, 16, 16);
        return Array.from({ length: 256 }, (_, i) => [...data.slice(4 * i, 4 * i + 3)]);
    };
    const colour = name => {
        const probe = document.createElement("i");
        probe.style.color = `var(--${name})`;
        box.querySelector(".nnlib").append(probe);
        const said = getComputedStyle(probe).color.match(/\\d+/g).map(Number);
        probe.remove();
        return said;
    };
    const texts = part => [...box.querySelectorAll(part)]
        .map(element => element.textContent.replaceAll("\\u00a0", " "));
    const pictures = part => [...box.querySelectorAll(`${part} canvas`)].map(pixels);
    const minus = [...box.querySelectorAll(".nnlib-map .nnlib-minus")]
        .map(path => (path.getAttribute("d").match(/M/g) ?? []).length);
    const last = /([\\d.]+)(H[\\d.]+)?$/;
    const ends = [".nnlib-guide", ".nnlib-truth", ".nnlib-curve"]
        .map(part => box.querySelector(`.nnlib-walk ${part}`).getAttribute("d"))
        .map(path => Number(path.match(last)[1]));
    return {
        ends, colours: ["paper", "ink", "positive", "negative"].map(colour), minus,
        maps: pictures(".nnlib-map"), patch: pictures(".nnlib-patching"),
        path: pictures(".nnlib-three"), report: texts(".nnlib-report p"),
        values: texts(".nnlib-map .nnlib-number"), notes: texts(".nnlib-map .nnlib-note"),
        detail: texts(".nnlib-detail p"), legend: texts(".nnlib-legend")[0],
        classes: texts(".nnlib-class small"), cells: texts(".nnlib-patching td"),
        asked: texts(".nnlib-asked").map(text => Number(text[0])),
        said: texts(".nnlib-patching .nnlib-equation")[0], added: texts(".nnlib-added p"),
        chosen: texts(".nnlib-chosen-map .nnlib-title"),
    };
}"""


def numbers(text):
    """Return the numbers in a text, each with half of its last digit."""
    found = []
    for said in re.findall(NUMBER, text):
        digits, _, power = said.translate(SUPERSCRIPTS).partition("·10")
        decimals = len(digits.partition(".")[2])
        ten = 10.0 ** int(power or 0)
        found.append((float(digits) * ten, 0.500001 * ten * 10**-decimals))
    return found


def assert_near(text, *expected):
    """Compare the numbers in a text, rounded as they are, with those expected."""
    found = numbers(text)
    assert len(found) == len(expected), text
    for (shown, half), number in zip(found, expected, strict=True):
        assert abs(shown - number) <= half + 1e-12, (text, number)


def assert_percent(text, p):
    """Compare a probability in percent with the one expected."""
    [(shown, half)] = numbers(text)
    limit = {"<": lambda: 100 * p <= shown, ">": lambda: 100 * p >= shown}.get(text[0])
    assert limit() if limit else abs(shown - 100 * p) <= half + 1e-9, (text, p)


def assert_chance(text, p):
    """Compare a probability, as a number, with the one expected."""
    if text.startswith(">"):
        assert p > float(text[1:])
    else:
        assert_near(text, p)


def assert_coloured(pixels, values, full, colours):
    """Compare a canvas with a map: orange below 0, the page's paper at 0, blue above."""
    paper, _, positive, negative = np.array(colours, float)
    share = np.clip(np.abs(values) / full, 0, 1)[:, None]
    ends = np.where(np.asarray(values)[:, None] < 0, negative, positive)
    np.testing.assert_allclose(pixels, paper + share * (ends - paper), atol=1.01)


def image_of(pixels, colours):
    """Return the numbers from 0 to 1 that a picture of ink shows."""
    paper, ink = np.array(colours[:2], float)
    return (np.array(pixels)[:, 0] - paper[0]) / (ink[0] - paper[0])


def look(box):
    painted(box)
    return box.evaluate(LOOK)


def full_of(one, maps):
    """Return the numbers that have the full colours."""
    if one.score == "logit":
        return {name: np.abs(map_).max() or 1 for name, map_ in maps.items()}
    one.score = "logit"
    full = {name: LIMITS["faded"] * (np.abs(map_).max() or 1) for name, map_ in one.maps().items()}
    one.score = "probability"
    return full


def correlations(one, maps):
    """Return how the sizes of maps correlate with the trained network's, on the ink."""
    ink = np.array(one.image) > 0
    one.weights = "trained"
    own = one.maps()
    one.weights = "random"
    return [np.corrcoef(np.abs(maps[n][ink]), np.abs(own[n][ink]))[0, 1] for n in maps]


def assert_shows(box, one):
    """Compare all that the widget says and shows with what nnlib makes of the same values."""
    shown, maps, x, asked = look(box), one.maps(), np.array(one.image), one.asked_class
    x0, p = one.reference, one.predict(x)
    whole, start = one.scores(np.array([x, x0]))
    first, second = np.argsort(-p, kind="stable")[:2]
    assert [int(digit) for digit in re.findall(r"(\d) \(", shown["report"][0])] == [first, second]
    assert shown["asked"] == [asked]
    for k, said in enumerate(shown["classes"]):
        assert_percent(said, p[k])
    not_ = "" if asked == first else "not "
    assert f"why {not_}a{'n' if asked == 8 else ''} {asked}? S" in shown["report"][2]
    assert_maps(shown, one, maps, asked, whole - start)
    assert_patch(shown, one, maps, asked)
    assert_path(shown, one, whole, start)
    return shown


def assert_maps(shown, one, maps, asked, way):
    full = full_of(one, maps)
    i = 16 * one.pixel[0] + one.pixel[1]
    for k, (name, map_) in enumerate(maps.items()):
        assert_coloured(shown["maps"][k], map_, full[name], shown["colours"])
        clear = np.abs(map_ / full[name] + 0.15) > 1e-6
        assert abs(shown["minus"][k] - (map_ < -0.15 * full[name]).sum()) <= (~clear).sum()
        assert_near(shown["values"][k], map_[i])
    if one.weights == "random":
        for said, r in zip(shown["notes"], correlations(one, maps), strict=True):
            assert_near(said, r)
    else:
        for said, map_ in zip(shown["notes"], maps.values(), strict=True):
            assert_near(said, np.abs(map_).max())
    assert shown["legend"].startswith(f"Blue: for a{'n' if asked == 8 else ''} {asked}.")
    assert ("¼" in shown["legend"]) == (one.score == "probability")
    assert ("r: |map|" in shown["legend"]) == (one.weights == "random")
    assert shown["chosen"] == [METHODS[one.method]]
    title, words, there, total = shown["detail"]
    assert title.startswith(METHODS[one.method])
    value = maps[one.method][i]
    assert there.startswith(f"Row {one.pixel[0] + 1}, column {one.pixel[1] + 1}: ")
    result, half = numbers(there.rpartition(", ")[0])[-1]
    assert abs(result - value) <= half
    if abs(value) > 1e-9:
        assert there.rpartition(", ")[2].startswith("for a" if value > 0 else "against a")
    elif value == 0 and one.method != "occlusion":  # which may be a rounding away from 0
        assert there.endswith(", nothing.")
    assert_near(total.replace("S(x′)", ""), maps[one.method].sum(), way)
    if one.method == "integrated":
        assert "middle" in words if one.steps == 1 else f" {one.steps} points" in words
    if one.method == "occlusion":
        assert f"{one.size} × {one.size} px" in words


def assert_patch(shown, one, maps, asked):
    (row, column), reach = one.pixel, one.size // 2
    hidden = np.array(one.image).reshape(16, 16)
    rows, columns = (slice(max(0, at - reach), at + reach + 1) for at in (row, column))
    hidden[rows, columns] = one.reference[0]
    np.testing.assert_allclose(
        image_of(shown["patch"][0], shown["colours"]), hidden.ravel(), atol=0.01
    )
    logits = one.explained.predict(np.array([one.image, hidden.ravel()]))
    p = softmax(logits)
    cells = shown["cells"]
    for k in (0, 1):
        assert_near(cells[2 * k], logits[k, asked])
        assert_chance(cells[2 * k + 1], p[k, asked])
    assert_near(cells[4], logits[0, asked] - logits[1, asked])
    assert_near(cells[5], p[0, asked] - p[1, asked])
    assert_near(cells[4 if one.score == "logit" else 5], maps["occlusion"][16 * row + column])
    old, fresh = logits.argmax(axis=1)
    changed = f"says {fresh}, no longer {old}." if old != fresh else f"still says {fresh}."
    assert shown["said"].endswith(changed)


def assert_path(shown, one, whole, start):
    u, x, x0 = one.share, np.array(one.image), one.reference
    here = x0 + u * (x - x0)
    np.testing.assert_allclose(image_of(shown["path"][0], shown["colours"]), here, atol=0.01)
    on = x0 + np.linspace(0, 1, 21)[:, None] * (x - x0)
    steepest = np.abs(one.gradients(on)).max() or 1
    slope = one.gradients(here[None])[0]
    assert_coloured(shown["path"][1], slope, steepest, shown["colours"])
    sum_, all_ = one.walk(u), one.walk(1)
    assert_coloured(shown["path"][2], sum_, np.abs(all_).max() or 1, shown["colours"])
    at, total, gap = shown["added"]
    true = one.scores(here[None])[0] - start
    assert_near(at.replace("(x(u))", "").replace("S(x′)", ""), u, sum_.sum(), true)
    steps = [] if one.steps == 1 else [one.steps]
    plain = total.replace("S(x′)", "").replace(" − ", " ")
    assert_near(plain, *steps, all_.sum(), whole, start, whole - start)
    zero, truth, line = shown["ends"]  # at the right edge of the chart, in its units
    off = (zero - truth) * all_.sum() - (zero - line) * (whole - start)
    assert abs(off) <= 0.11 * (abs(all_.sum()) + abs(whole - start))
    difference = all_.sum() - (whole - start)
    share = [] if whole == start else [abs(100 * difference / (whole - start))]
    for (said, half), expected in zip(numbers(gap), [difference, *share], strict=True):
        assert abs(said - expected) <= half + 1e-9


def press(box, name):
    box.get_by_role("button", name=name, exact=True).press("Enter")


@pytest.fixture
def one():
    """Return the widget that the chapter stores, in Python."""
    return Explanation.restored(stored_widgets()[WIDGET]["state"])


def test_it_begins_as_it_is_stored(box, one):
    assert_shows(box, one)


def test_every_test_image_and_every_class(desk, one):
    thumbnails = desk.locator(".nnlib-samples button")
    assert thumbnails.count() == len(one.samples)
    for k, (sample, label) in enumerate(zip(one.samples, one._labels, strict=True)):
        thumbnails.nth(k).press("Enter")
        one.image = sample
        right = one.predict(sample).argmax() == label
        verdict = "right ✓" if right else "wrong ✗"
        told = f"A digit from the data, labelled {label}: {verdict}"
        assert assert_shows(desk, one)["report"][1] == told
        one.asked = k % 10
        desk.locator(".nnlib-class").nth(one.asked).press("Enter")
        assert_shows(desk, one)
        assert desk.locator(".nnlib-class").nth(one.asked).get_attribute("aria-pressed") == "true"
        press(desk, "Why its answer?")
        one.asked = None


def test_score_weights_and_baseline_in_all_combinations(desk, one):
    for baseline in LIMITS["baselines"]:
        desk.get_by_label("Baseline x′").select_option(baseline)
        one.baseline = baseline
        for score, words in LIMITS["scores"].items():
            press(desk, words)
            one.score = score
            for weights, name in LIMITS["weights"].items():
                press(desk, name)
                one.weights = weights
                assert_shows(desk, one)


def test_the_maps_of_a_sure_probability_fade(desk, one):
    """The colours are a quarter of the logit map's, whatever the probability is."""
    p = one.predict(np.array(one.image)).max()
    slope = np.abs(one.gradients(np.array(one.image)[None])).max()
    press(desk, "Probability")
    one.score = "probability"
    assert np.abs(one.gradients(np.array(one.image)[None])).max() <= 2 * p * (1 - p) * slope
    shown = assert_shows(desk, one)
    said = shown["report"][2].partition("; ")[2]
    assert_near(said.replace("p (1 − p) = ", ""), p * (1 - p))
    assert_chance(re.search("p (?:= )?(.+);", shown["report"][2])[1], p)


def test_weights_are_drawn_anew(desk, one):
    for seed in (one.seed + 1, one.seed + 2):
        press(desk, "Draw anew")
        one.weights, one.seed = "random", seed
        shown = assert_shows(desk, one)
        assert shown["report"][0].startswith("Random: ")
        assert "right" not in shown["report"][1] and "wrong" not in shown["report"][1]
    press(desk, "Trained")
    one.weights = "trained"
    assert_shows(desk, one)


def test_the_cursor_goes_by_keys_and_each_map_is_spelt_out(box, one):
    maps = box.locator(".nnlib-map [role=application]")
    for k, method in enumerate(METHODS):
        maps.nth(k).focus()
        one.method = method
        assert_shows(box, one)
        for key, (down, right) in {
            "ArrowUp": (-1, 0), "ArrowLeft": (0, -1), "ArrowDown": (1, 0), "ArrowRight": (0, 1),
        }.items():  # fmt: skip
            maps.nth(k).press(key)
            one.pixel = tuple(np.clip(np.add(one.pixel, (down, right)), 0, 15).tolist())
            assert_shows(box, one)
    for _ in range(20):
        maps.nth(0).press("ArrowUp")
        maps.nth(0).press("ArrowLeft")
    one.pixel, one.method = (0, 0), "gradient"
    assert_shows(box, one)
    spoken = box.locator("[aria-live=polite]").element_handle()
    wait_until(box.page, "e => e.textContent.includes('Row 1, column 1: ')", spoken)


def place(canvas, row, column):
    """Return where a pixel of a picture lies on the screen."""
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    return box["x"] + box["width"] * (column + 0.5) / 16, box["y"] + box["height"] * (
        row + 0.5
    ) / 16


def test_the_mouse_reads_pixels_as_it_goes_and_chooses_a_map_by_a_press(desk, one):
    box = desk
    for k, (pixel, method) in enumerate(
        zip([(3, 4), (12, 9), (8, 15), (0, 0)], METHODS, strict=True)
    ):
        box.page.mouse.move(*place(box.locator(".nnlib-map canvas").nth(k), *pixel))
        one.pixel = pixel
        assert_shows(box, one)
        box.page.mouse.down()
        box.page.mouse.up()
        one.method = method
        assert_shows(box, one)


def test_a_patch_is_moved_by_mouse_and_keys_in_every_size(box, one):
    press(box, "Hide a patch")
    one.view = "patch"
    handle = box.locator(".nnlib-handle")
    size = box.get_by_role("slider", name="Size of the patch")
    size.press("Home")
    for k, one.size in enumerate(LIMITS["sizes"]):
        if k:
            size.press("ArrowRight")
        canvas = box.locator(".nnlib-digit canvas")
        start, end = (8, 8), (4 * k, 15 - 3 * k)
        box.page.mouse.move(*place(canvas, *start))
        box.page.mouse.down()
        box.page.mouse.move(*place(canvas, *end), steps=4)
        box.page.mouse.up()
        one.pixel = end
        assert_shows(box, one)
        handle.press("ArrowUp")
        handle.press("ArrowRight")
        one.pixel = max(0, end[0] - 1), min(15, end[1] + 1)
        assert_shows(box, one)
    for baseline in LIMITS["baselines"]:
        box.get_by_label("Baseline x′").select_option(baseline)
        one.baseline = baseline
        assert_shows(box, one)
    effect = box.locator(".nnlib-tried [role=application]")
    effect.press("ArrowDown")
    one.pixel = one.pixel[0] + 1, one.pixel[1]
    assert_shows(box, one)
    box.page.mouse.move(*place(box.locator(".nnlib-tried canvas"), 2, 3))
    assert_shows(box, one)  # here a mouse that passes moves nothing
    box.page.mouse.click(*place(box.locator(".nnlib-tried canvas"), 8, 8))
    one.pixel = (8, 8)
    assert_shows(box, one)


def test_the_path_is_walked_by_slider_and_field_in_every_number_of_steps(box, one):
    press(box, "Walk the path")
    one.view = "path"
    slider = box.get_by_role("slider", name="u, how far on the way", exact=True)
    field = box.get_by_role("textbox", name="u, how far on the way, as a number")
    for steps in LIMITS["steps"]:
        press(box, str(steps))
        one.steps = steps
        slider.press("Home")
        one.share = 0.0
        assert_shows(box, one)
        slider.press("ArrowRight")
        one.share = 0.01
        assert_shows(box, one)
        field.fill("0.125")
        field.press("Enter")
        one.share = 0.125
        assert_shows(box, one)
        slider.press("End")
        one.share = 1.0
        assert_shows(box, one)
    press(box, "Probability")
    one.score = "probability"
    for baseline in LIMITS["baselines"]:
        box.get_by_label("Baseline x′").select_option(baseline)
        one.baseline = baseline
        for steps in LIMITS["steps"]:
            press(box, str(steps))
            one.steps = steps
            assert_shows(box, one)


def test_the_walk_goes_to_the_end_and_begins_again(desk, one):
    press(desk, "Walk the path")
    field = desk.get_by_role("textbox", name="u, how far on the way, as a number")
    field.fill("0.9")
    field.press("Enter")
    press(desk, "Walk")
    wait_until(desk.page, "e => e.value === '1'", field.element_handle())
    assert desk.get_by_role("button", name="Walk", exact=True).is_visible()
    one.share = 1.0
    assert_shows(desk, one)
    press(desk, "Walk")
    wait_until(desk.page, "e => Number(e.value) < 0.9", field.element_handle())
    press(desk, "Pause")
    painted(desk)
    one.share = float(field.input_value())
    assert_shows(desk, one)


def drawn(box):
    """Return what the network reads: the end of the path."""
    field = box.get_by_role("textbox", name="u, how far on the way, as a number")
    field.fill("1")
    field.press("Enter")
    shown = look(box)
    levels = image_of(shown["path"][0], shown["colours"]) * INK
    assert np.abs(levels - np.rint(levels)).max() < 0.25
    return np.rint(levels) / INK


@pytest.mark.parametrize("view", ["Four maps", "Hide a patch", "Walk the path"])
def test_all_follows_the_strokes(open_widget, one, view):
    box = open_widget(*WIDGET, *((375, "dark") if view == "Hide a patch" else ()))
    press(box, view)
    press(box, "Clear")
    one.image = np.zeros(256)
    shown = assert_shows(box, one)
    assert shown["report"][1] == "The paper is empty: draw a digit."
    canvas = box.locator(".nnlib-sheet canvas")
    mouse = box.page.mouse
    mouse.move(*place(canvas, 3, 4))
    mouse.down()
    for row, column in [(2, 9), (4, 11), (7, 7), (9, 11), (12, 11), (13, 7), (12, 3)]:
        mouse.move(*place(canvas, row, column), steps=3)
    shown = look(box)  # while the pen is down, the view that is seen follows
    assert shown["report"][1] == "Your drawing, scaled and centred."
    parts = {"Four maps": "maps", "Hide a patch": "patch", "Walk the path": "path"}
    assert len({tuple(pixel) for pixel in shown[parts[view]][-1]}) > 5
    mouse.up()
    if view != "Walk the path":
        press(box, "Walk the path")
    one.image, one.share = drawn(box), 1.0
    assert np.any(one.image)
    assert_shows(box, one)
    press(box, "Eraser")
    mouse.move(*place(canvas, 7, 1))
    mouse.down()
    mouse.move(*place(canvas, 7, 14), steps=9)
    mouse.up()
    before, one.image = one.image, drawn(box)
    assert one.image != before
    assert_shows(box, one)


def test_nothing_moves_in_height(open_widget):
    box = open_widget(*WIDGET)
    for width in (320, 375, 700, 1280):
        box.page.set_viewport_size({"width": width, "height": 800})
        painted(box)
        parts = ".nnlib, .nnlib-report, .nnlib-choices, .nnlib-legend, .nnlib-detail, .nnlib-tabs"
        measure = "(box, parts) => [...box.querySelectorAll(parts)].map(e => e.offsetHeight)"
        before = box.evaluate(measure, parts)
        for name in ("Hide a patch", "Probability", "Random", "Walk the path", "Draw anew"):
            press(box, name)
            painted(box)
            assert box.evaluate(measure, parts) == before, (width, name)
        press(box, "Clear")
        for k in range(4):
            box.locator(".nnlib-map [role=application]").nth(k).evaluate("e => e.click()")
            painted(box)
            assert box.evaluate(measure, parts) == before, (width, k)
        assert box.page.evaluate("document.documentElement.scrollWidth") <= width
        press(box, "Reset")


def test_a_page_that_turns_dark_takes_the_maps_along(open_widget, one):
    box = open_widget(*WIDGET, 1280, "light")
    assert_shows(box, one)
    box.page.emulate_media(color_scheme="dark")
    wait_until(box.page, "() => matchMedia('(prefers-color-scheme: dark)').matches", None)
    assert_shows(box, one)


def test_a_finger_taps_a_pixel_and_reads_as_it_goes_sideways(open_widget, one):
    box = open_widget(*WIDGET, 375, has_touch=True)
    canvas = box.locator(".nnlib-map canvas").nth(3)
    box.page.touchscreen.tap(*place(canvas, 11, 5))
    one.method, one.pixel = "occlusion", (11, 5)
    assert_shows(box, one)
    session = box.page.context.new_cdp_session(box.page)

    def send(kind, *points):
        points = [{"x": x, "y": y} for x, y in points]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    start = place(canvas, 6, 3)
    send("touchStart", start)
    for column in range(4, 11):
        send("touchMove", place(canvas, 6, column))
    painted(box)
    send("touchEnd")
    one.pixel = (6, 10)
    assert_shows(box, one)
    before, top = look(box)["values"], box.page.evaluate("scrollY")
    x, y = place(canvas, 8, 3)
    send("touchStart", (x, y))
    for i in range(1, 9):
        send("touchMove", (x + 1, y - 12 * i))
    send("touchEnd")
    wait_until(box.page, "top => scrollY > top + 40", top)
    assert look(box)["values"] == before


def test_a_finger_drags_the_patch_and_the_page_stays(open_widget, one):
    box = open_widget(*WIDGET, 375, has_touch=True)
    box.get_by_role("button", name="Hide a patch").tap()
    canvas = box.locator(".nnlib-digit canvas")
    session = box.page.context.new_cdp_session(box.page)

    def send(kind, *points):
        points = [{"x": x, "y": y} for x, y in points]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    start, top = place(canvas, *one.pixel), box.page.evaluate("scrollY")
    send("touchStart", place(canvas, *one.pixel))
    for row, column in [(9, 5), (7, 6), (4, 6), (2, 7)]:
        send("touchMove", place(canvas, row, column))
    painted(box)
    send("touchEnd")
    one.pixel = (2, 7)
    assert_shows(box, one)
    assert box.page.evaluate("scrollY") == top and place(canvas, *one.pixel) != start
    box.page.touchscreen.tap(*place(canvas, 14, 2))
    one.pixel = (14, 2)
    assert_shows(box, one)
