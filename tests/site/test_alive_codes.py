"""The map of codes of chapter 13, driven in Chromium: every number beside nnlib's.

The tests read the stored state for the weights, and a widget in Python follows each control: what
it computes is what the page must say, and show.
"""

import re
from base64 import b64decode

import numpy as np
import pytest
from project import painted, wait_until

from nnlib.datasets import INK, digits
from nnwidgets import Autoencoder
from nnwidgets.codes import LIMITS
from nnwidgets.networks import HALF, unpacked
from tools.build.notebooks import stored_widgets

pytestmark = pytest.mark.site

CHAPTER = "13-autoencoders"
WIDGET = CHAPTER, "codes"
CODES = ("network", "pca")
VALUES = ("code", "component", "by", "scale", "show", "start", "end", "share", "image")
SEVEN = [[(4, 3), (12, 3), (8, 14)]]
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
    const all = part => [...box.querySelectorAll(part)];
    const texts = part => all(part).map(e => e.textContent.replaceAll("\\u00a0", " "));
    const pictures = part => all(`${part} canvas`).map(pixels);
    const at = part => all(part)
        .map(e => e.getAttribute("transform").match(/[-\\d.]+/g).slice(0, 2).map(Number));
    const pressed = all(".nnlib-body > .nnlib-bar [aria-pressed=true]").map(e => e.textContent);
    const seen = all(".nnlib-sliders .nnlib-slider").filter(e => e.offsetParent);
    const map = box.querySelector(".nnlib-map canvas");
    const shows = e => getComputedStyle(e).visibility === "visible";
    return {
        colours: ["paper", "ink", "positive", "negative"].map(colour), pressed,
        handle: at(".nnlib-handle")[0], ends: at(".nnlib-end"),
        own: all(".nnlib-own")[0].parentElement.getAttribute("transform").match(/[-\\d.]+/g)
            .map(Number),
        numerals: all(".nnlib-numerals text")
            .map(e => [e.textContent, e.getAttribute("x"), e.getAttribute("y")].map(Number)),
        hatched: (all(".nnlib-hatch")[0].getAttribute("d").match(/M/g) ?? []).length / 7,
        axes: texts(".nnlib-axis"), legend: texts(".nnlib-field .nnlib-caption")[0],
        layers: [shows(map), shows(all(".nnlib-numerals")[0])],
        two: pictures(".nnlib-two"), nearest: texts(".nnlib-two .nnlib-caption")[1],
        fields: seen.map(e => e.querySelector("input[type=text]").value),
        report: texts(".nnlib-report p"),
        strip: pictures(".nnlib-strip"), distances: texts(".nnlib-strip small"),
        far: all(".nnlib-strip > .nnlib-far").length, here: all(".nnlib-here").length,
        walked: texts(".nnlib-walk .nnlib-caption")[0],
        selects: all(".nnlib-going select").map(e => e.value),
        share: all(".nnlib-going input[type=text]")[0].value,
        back: pictures(".nnlib-back"), cells: texts(".nnlib-back tbody tr:nth-child(n + 3) td"),
        minus: all(".nnlib-back .nnlib-minus")
            .map(e => (e.getAttribute("d").match(/M/g) ?? []).length),
        verdict: texts(".nnlib-verdict")[0],
    };
}"""
TILES = """box => {
    const canvas = box.querySelector(".nnlib-map canvas");
    const [width, height] = [canvas.width, canvas.height];
    const scratch = new OffscreenCanvas(width, height)
        .getContext("2d", { willReadFrequently: true });
    scratch.drawImage(canvas, 0, 0);
    const { data } = scratch.getImageData(0, 0, width, height);
    return Array.from({ length: width * height }, (_, i) => data[4 * i]);
}"""


@pytest.fixture(scope="module")
def stored():
    """Return the widget as the chapter stores it, made anew from the digits."""
    state = stored_widgets()[WIDGET]["state"]
    bytes_of = {name: b64decode(state[name]["base64"]) for name in ("_theta", "_plane", "_kept")}
    mean, *components = np.frombuffer(bytes_of["_plane"], HALF).reshape(3, 256).astype(float)
    data = digits()
    values = {name: state[name] for name in VALUES}
    one = Autoencoder(unpacked(state["_layers"], bytes_of["_theta"]), data.X_validation,
                      data.y_validation, mean, components, **values)  # fmt: skip
    ours = one.stored()["state"]
    for name in ("_theta", "_plane", "_kept", "_samples"):
        assert ours[name] == state[name]
    codes = [np.frombuffer(b64decode(s["_placed"]["base64"]), HALF) for s in (ours, state)]
    np.testing.assert_allclose(*codes, rtol=2e-3, atol=1e-5)
    return one


@pytest.fixture
def one(stored):
    """Return the widget, to be changed as the page is; afterwards it is as it was."""
    first = {name: getattr(stored, name) for name in VALUES}
    yield stored
    for name, held in first.items():
        setattr(stored, name, held)


def near(text, expected):
    """Fail unless a number, as it is written, is a rounding of the expected one."""
    digits_ = text.replace("−", "-")
    half = 0.500001 / 10 ** len(digits_.partition(".")[2])
    assert abs(float(digits_) - expected) <= half, (text, expected)


def ink_of(pixels, colours):
    """Return the numbers from 0 to 1 that a picture of ink shows."""
    paper, ink = np.array(colours[:2], float)
    return (np.array(pixels)[:, 0] - paper[0]) / (ink[0] - paper[0])


def assert_inked(pixels, values, colours):
    np.testing.assert_allclose(ink_of(pixels, colours), np.clip(values, 0, 1), atol=0.006)


def assert_signed(pixels, values, colours):
    paper, _, positive, negative = np.array(colours, float)
    share = np.clip(np.abs(values), 0, 1)[:, None]
    ends = np.where(np.asarray(values)[:, None] < 0, negative, positive)
    np.testing.assert_allclose(pixels, paper + share * (ends - paper), atol=1.01)


def placed(one, codes):
    """Return where codes are in the drawing of the map."""
    return np.array([46, 408]) + 400 * one.place(codes) * [1, -1]


def look(box):
    painted(box)
    return box.evaluate(LOOK)


def land(one, shown):
    """Let the widget in Python have the page's digit, and its handles at its codes."""
    levels = ink_of(shown["back"][0], shown["colours"]) * INK
    assert np.abs(levels - np.rint(levels)).max() < 0.25
    one.image = np.rint(levels) / INK
    one.code, one.component = (one.encode([one.image], by)[0] for by in CODES)


def assert_shows(box, one):
    """Compare all that the widget says and shows with what nnlib makes of the same values."""
    shown = look(box)
    colours = shown["colours"]
    labels = [LIMITS[k][getattr(one, v)]
              for k, v in (("codes", "by"), ("scales", "scale"), ("shows", "show"))]  # fmt: skip
    assert shown["pressed"] == labels
    assert_map(shown, one)

    drawing = one.decode([one.handle])
    (i,), (far,) = one.nearest(drawing)
    limit = one.yardstick()
    assert_inked(shown["two"][0], drawing[0], colours)
    assert_inked(shown["two"][1], one.kept[i], colours)
    a = "an 8" if one.kept_labels[i] == 8 else f"a {one.kept_labels[i]}"
    assert shown["nearest"] == f"Nearest: {a}"
    verdict, distance, yardstick = shown["report"]
    assert verdict == ("✗ Far from all 80 digits" if far > limit else "✓ Not far from a digit")
    near(re.fullmatch(rf"Of 80 digits, {a} is nearest: (.+) away in pixels\.", distance)[1], far)
    near(re.match(r"Far means beyond (\S+): 95 of 100", yardstick)[1], limit)
    for text, number in zip(shown["fields"], one.handle, strict=True):
        near(text, number)

    shares = np.linspace(0, 1, 9)
    codes = one.walk(shares)
    drawings = one.decode(codes)
    _, apart = one.nearest(drawings)
    for pixels, values in zip(shown["strip"], drawings, strict=True):
        assert_inked(pixels, values, colours)
    for text, away in zip(shown["distances"], apart, strict=True):
        assert text.startswith("✗") == (away > limit)
        near(text.removeprefix("✗"), away)
    beyond = (apart > limit).sum()
    assert shown["far"] == beyond
    assert shown["walked"].endswith(f"(✗): {beyond} of 9.")
    assert shown["selects"] == [one.start, one.end]
    near(shown["share"], one.share)
    on = np.abs(one.walk([one.share])[0] - one.handle).max() < 1e-9
    assert shown["here"] == int(on and np.abs(shares - one.share).min() < 1 / 16)
    assert_drawn_back(shown, one)
    return shown


def assert_map(shown, one):
    """Compare axes, numerals, hatched tiles and marks."""
    codes, labels = one.placed()
    expected = {k: placed(one, codes[labels == k]) for k in range(10)}
    numerals = np.array(shown["numerals"])
    assert len(numerals) == len(codes)
    for k in range(10):
        np.testing.assert_allclose(numerals[numerals[:, 0] == k, 1:], expected[k], atol=0.051)
    what = "code number" if one.by == "network" else "component"
    assert shown["axes"] == [f"c₁, {what} 1", f"c₂, {what} 2"]
    far = (one.nearest(one.decode(one.tiles()))[1] > one.yardstick()).sum()
    assert shown["hatched"] == far
    assert f"({far} of 144 tiles)" in shown["legend"]
    marks = [one.handle, one.encode([one.image])[0], *one.walk([0, 1])]
    found = [shown["handle"], shown["own"], *shown["ends"]]
    np.testing.assert_allclose(found, placed(one, marks), atol=0.0051)
    assert shown["layers"] == [one.show != "numerals", one.show != "drawings"]


def assert_drawn_back(shown, one):
    """Compare the digit, both reconstructions, and their errors."""
    x, colours = np.array(one.image), shown["colours"]
    backs = [one.decode(one.encode([x], by), by)[0] for by in CODES]
    errors = [1000 * one.errors([x], by)[0] for by in CODES]
    seen, *pictures = shown["back"]
    assert_inked(seen, x, colours)
    for back, drawn, lost, minus in zip(backs, pictures[:2], pictures[2:], shown["minus"][3:],
                                        strict=True):  # fmt: skip
        assert_inked(drawn, back, colours)
        assert_signed(lost, back - x, colours)
        assert abs(minus - (back - x < -0.15).sum()) <= 0
    wrong, means, codes = np.reshape(shown["cells"], (3, 2))
    for j, by in enumerate(CODES):
        near(wrong[j], errors[j])
        near(means[j], 1000 * one.errors(one.kept, by).mean())
        for text, number in zip(codes[j].strip("()").split(", "), one.encode([x], by)[0],
                                strict=True):  # fmt: skip
            near(text, number)
    if x.any():
        who = "The network" if errors[0] < errors[1] else "PCA"
        share = 100 * (1 - min(errors) / max(errors))
        said = re.match(r"(.+) draws it back with an error (\d+) % smaller", shown["verdict"])
        assert said[1] == who and abs(int(said[2]) - share) <= 0.51
    else:
        assert shown["verdict"].startswith("The paper is empty")


def press(box, name):
    box.get_by_role("button", name=name, exact=True).press("Enter")


def type_in(box, name, text):
    painted(box)
    field = box.get_by_role("textbox", name=f"{name}, as a number")
    field.fill(str(text))
    field.press("Enter")


def write(box, strokes):
    """Draw lines through points, in cells, with the mouse."""
    box.locator(".nnlib-sheet").scroll_into_view_if_needed()
    place = box.locator(".nnlib-sheet canvas").bounding_box()
    cell, mouse = place["width"] / 16, box.page.mouse
    for stroke in strokes:
        x, y = stroke[0]
        mouse.move(place["x"] + x * cell, place["y"] + y * cell)
        mouse.down()
        for x, y in stroke[1:]:
            mouse.move(place["x"] + x * cell, place["y"] + y * cell, steps=2)
        mouse.up()


def spot(box, across, up):
    """Return a place of the map, in the page's pixels."""
    box.locator(".nnlib-map").scroll_into_view_if_needed()
    place = box.locator(".nnlib-map svg").bounding_box()
    unit = place["width"] / 448
    return place["x"] + (46 + 400 * across) * unit, place["y"] + (8 + 400 * (1 - up)) * unit


def take(one, shown):
    """Let the handle in Python be where the page's fields say: it was put at two decimals."""
    code = tuple(float(text.replace("−", "-")) for text in shown["fields"])
    setattr(one, "code" if one.by == "network" else "component", code)
    return np.array(code)


def test_it_begins_as_python_says_and_every_sample_lands(box, one):
    assert_shows(box, one)
    samples = box.locator(".nnlib-samples button")
    assert samples.count() == 10
    for k in (3, 8, 0):
        samples.nth(k).press("Enter")
        land(one, look(box))
        assert np.array_equal(one.image, one.samples[k])
        assert_shows(box, one)


@pytest.mark.parametrize("by", CODES)
def test_both_maps_and_both_scales(box, one, by):
    press(box, LIMITS["codes"][by])
    one.by = by
    for scale in ("rank", "values"):
        press(box, LIMITS["scales"][scale])
        one.scale = scale
        shown = assert_shows(box, one)
        tiles = np.array(box.evaluate(TILES)).reshape(12, 16, 12, 16).transpose(0, 2, 1, 3)
        paper, ink = (shown["colours"][i][0] for i in range(2))
        drawn = np.clip(one.decode(one.tiles()), 0, 1).reshape(12, 12, 16, 16)
        np.testing.assert_allclose(tiles, paper + drawn * (ink - paper), atol=1.01)
    for show in ("numerals", "drawings", "both"):
        press(box, LIMITS["shows"][show])
        one.show = show
        assert_shows(box, one)


@pytest.mark.parametrize("by", CODES)
def test_the_handle_by_mouse_by_keys_by_sliders_and_by_numbers(box, one, by):
    press(box, LIMITS["codes"][by])
    one.by = by
    mouse = box.page.mouse
    for scale, across, up in (("values", 0.9, 0.1), ("rank", 0.3, 0.8)):
        press(box, LIMITS["scales"][scale])
        one.scale = scale
        mouse.move(*spot(box, 0.5, 0.5))
        mouse.down()
        mouse.move(*spot(box, across, up), steps=3)
        mouse.up()
        code = take(one, look(box))
        assert_shows(box, one)
        np.testing.assert_allclose(one.place([code])[0], [across, up], atol=0.02)

    handle = box.locator(".nnlib-handle")
    for key, way in (("ArrowLeft", (-1, 0)), ("ArrowUp", (0, 1)), ("ArrowRight", (1, 0))):
        before = np.array(one.handle)
        handle.press(key)
        moved = take(one, look(box)) - before
        assert (np.sign(np.round(moved, 6)) == way).all(), (key, moved)
        assert_shows(box, one)

    name = {"network": "code number", "pca": "component"}[by]
    type_in(box, f"c₁, {name} 1", 0.37)
    type_in(box, f"c₂, {name} 2", "−1.2")
    assert take(one, look(box)).tolist() == [0.37, -1.2]
    assert_shows(box, one)
    slider = box.get_by_role("slider", name=f"c₂, {name} 2")
    values, _ = one.axes(scale="values")
    for key, end in (("Home", values[1, 0]), ("End", values[1, 1])):
        slider.press(key)
        assert take(one, look(box))[1] == pytest.approx(end)
        assert_shows(box, one)


def test_a_code_beyond_the_map_is_refused(desk, one):
    low, high = one.axes(scale="values")[0][0]
    for text in (high + 1, low - 1):
        type_in(desk, "c₁, code number 1", f"{text:.2f}")
        said = [alert.text_content() for alert in desk.get_by_role("alert").all()]
        assert any("out of range" in word for word in said), said
        field = desk.get_by_role("textbox", name="c₁, code number 1, as a number")
        field.press("Escape")
        assert_shows(desk, one)


@pytest.mark.parametrize("by", CODES)
def test_a_straight_walk_between_any_two_digits(box, one, by):
    press(box, LIMITS["codes"][by])
    one.by = by
    name = "code" if by == "network" else "component"
    for u in (0.25, 0.6):
        type_in(box, "u, the share of the way", u)
        one.share = u
        setattr(one, name, one.walk([u])[0])
        shown = assert_shows(box, one)
        assert shown["here"] == 1
    for which, side, digit in (("start", "A", "4"), ("end", "B", "drawn"), ("end", "B", "8")):
        box.get_by_label(f"{side}, where the walk {which}s").select_option(digit)
        setattr(one, which, digit)
        setattr(one, name, one.walk([one.share])[0])
        assert_shows(box, one)
    slider = box.get_by_role("slider", name="u, the share of the way")
    for key, u in (("End", 1), ("Home", 0), ("ArrowRight", 0.01)):
        slider.press(key)
        one.share = u
        setattr(one, name, one.walk([u])[0])
        assert_shows(box, one)


def test_what_is_drawn_lands_and_is_drawn_back(box, one):
    press(box, "Clear")
    land(one, look(box))
    assert not np.any(one.image)
    assert_shows(box, one)
    write(box, SEVEN)
    land(one, look(box))
    assert np.any(one.image)
    assert_shows(box, one)
    box.get_by_label("A, where the walk starts").select_option("drawn")
    one.start = "drawn"
    one.code = one.walk([one.share])[0]
    assert_shows(box, one)
    press(box, "Undo")
    land(one, look(box))
    assert_shows(box, one)
    box.locator(".nnlib-samples button").nth(5).press("Enter")
    land(one, look(box))
    press(box, "Eraser")
    write(box, [[(0.5, 7.5), (15.5, 7.5)]])
    land(one, look(box))
    assert not np.reshape(one.image, (16, 16))[7].any()
    assert_shows(box, one)


def test_reset_brings_back_all(box, one):
    first = assert_shows(box, one)
    for name in ("PCA", "Ranks", "Drawings"):
        press(box, name)
    box.locator(".nnlib-samples button").nth(6).press("Enter")
    type_in(box, "u, the share of the way", 0.5)
    box.get_by_label("A, where the walk starts").select_option("6")
    assert look(box) != first
    press(box, "Reset")
    assert look(box) == first
    box.locator(".nnlib-handle").press("ArrowUp")  # with the first digit still on the paper
    assert look(box) != first
    press(box, "Reset")
    assert look(box) == first


def test_its_result_is_spoken(desk, one):
    desk.locator(".nnlib-handle").press("ArrowDown")
    spoken = desk.locator("[aria-live=polite]").element_handle()
    pattern = r"/^Code \(.+, .+\)\. (Not far|Far).+Drawn back from two numbers: error [\d.]+ by/"
    wait_until(desk.page, f"e => {pattern}.test(e.textContent)", spoken)


def test_a_finger_drags_the_handle_draws_and_scrolls_elsewhere(open_widget, stored):
    box = open_widget(*WIDGET, 375, has_touch=True)
    touch = "e => getComputedStyle(e).touchAction"
    for part in (".nnlib-sheet", ".nnlib-handle"):
        assert box.locator(part).evaluate(touch) == "none"
    assert box.locator(".nnlib-map svg").evaluate(touch) == "auto"
    reach = box.locator(".nnlib-touch").bounding_box()
    assert min(reach["width"], reach["height"]) >= 44
    painted(box)
    box.page.touchscreen.tap(*spot(box, 0.7, 0.3))
    shown = look(box)
    np.testing.assert_allclose(shown["handle"], [46 + 280, 8 + 280], atol=4)


def test_a_page_that_turns_dark_takes_the_pictures_along(desk, one):
    assert_shows(desk, one)
    desk.page.emulate_media(color_scheme="dark")
    wait_until(desk.page, "() => matchMedia('(prefers-color-scheme: dark)').matches")
    assert_shows(desk, one)
