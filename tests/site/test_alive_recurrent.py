"""The reader of chapter 12, driven in Chromium: every number beside nnlib's, of the same network.

The tests read the stored state for the network, and a widget in Python follows each control: what
it computes is what the page must say, and show.
"""

import re

import numpy as np
import pytest
from project import painted, wait_until

from nnwidgets import Recurrence
from nnwidgets.recurrent import LIMITS, MOST, PARTS, SHOWN, _softened
from tools.build.notebooks import stored_widgets

pytestmark = pytest.mark.site

CHAPTER = "12-recurrence"
WIDGET = CHAPTER, "recurrent"
NUMBER = r"−?\d+(?:\.\d+)?"
UNIT = 4.5  # pixels of a row of the map
LOOK = """box => {
    const all = part => [...box.querySelectorAll(part)];
    const plain = text => text.replace(/[\\u00a0\\u202f\\u200a]/g, " ");
    const texts = part => all(part).map(e => plain(e.textContent));
    const path = part => box.querySelector(part).getAttribute("d");
    const colour = name => {
        const probe = document.createElement("i");
        probe.style.color = `var(--${name})`;
        box.querySelector(".nnlib").append(probe);
        const said = getComputedStyle(probe).color.match(/\\d+/g).map(Number);
        probe.remove();
        return said;
    };
    const canvas = box.querySelector(".nnlib-units canvas");
    const scratch = new OffscreenCanvas(canvas.width, canvas.height);
    const context = scratch.getContext("2d", { willReadFrequently: true });
    context.drawImage(canvas, 0, 0);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    const at = part => box.querySelector(part).getAttribute("transform")?.match(/\\((\\d+)/)[1];
    return {
        size: [canvas.height, canvas.width],
        pixels: Array.from(data, x => String.fromCharCode(x)).join(""),
        colours: ["paper", "positive", "negative"].map(colour),
        minus: (path(".nnlib-minus").match(/h/g) ?? []).length,
        ring: path(".nnlib-units .nnlib-ring"), line: path(".nnlib-line"),
        costs: path(".nnlib-row-bits .nnlib-cost"), effects: path(".nnlib-row-effects .nnlib-cost"),
        next: [path(".nnlib-row-bits .nnlib-next"), at(".nnlib-row-bits .nnlib-next")],
        weighed: [path(".nnlib-row-effects .nnlib-next"), at(".nnlib-row-effects .nnlib-next")],
        even: path(".nnlib-row-bits .nnlib-guide"),
        letters: texts(".nnlib-row-letters text"), past: texts(".nnlib-past")[0],
        report: texts(".nnlib-report p"), head: texts(".nnlib-head span"),
        note: texts(".nnlib-odds > .nnlib-caption")[0],
        odds: all(".nnlib-next-one").map(row => ({
            name: row.querySelector("b").textContent, came: row.classList.contains("nnlib-came"),
            numbers: [...row.querySelectorAll("span")].map(e => e.textContent),
            chosen: row.getAttribute("aria-pressed") === "true", disabled: row.disabled,
            bars: ["--p", "--q"].map(v => Number(row.querySelector("i").style.getPropertyValue(v))),
        })),
        captions: ["cost", "units", "unit", "reach"].map(name => texts(`.nnlib-of-${name}`)[0]),
        sum: texts(".nnlib-sum")[0], part: texts(".nnlib-parts [aria-pressed=true]"),
        scale: texts(".nnlib-measure [aria-pressed=true]"),
        field: box.querySelector("textarea").value,
        heard: box.querySelector(".nnlib-reach").getAttribute("aria-valuetext"),
        disabled: all("button:disabled").map(e => e.getAttribute("aria-label") ?? e.textContent),
    };
}"""


def look(box):
    painted(box)
    return box.evaluate(LOOK)


def called(character):
    return {" ": "space", "\n": "line end"}.get(character, character)


def quoted(character):
    return {" ": "a space", "\n": "a line end"}.get(character, f"“{character}”")


def assert_near(text, *expected):
    """Compare the numbers in a text, rounded as they are, with those expected."""
    found = re.findall(NUMBER, text)
    assert len(found) == len(expected), (text, expected)
    for said, number in zip(found, expected, strict=True):
        half = 0.500001 * 10.0 ** -len(said.partition(".")[2])
        assert abs(float(said.replace("−", "-")) - number) <= half + 1e-12, (text, number)


def assert_percent(text, p):
    if text.startswith("<"):
        assert 0 < p < 0.0005 and "0.1" in text
    elif text.startswith(">"):
        assert 0.9995 < p < 1 and "99.9" in text
    else:
        assert_near(text, 100 * p)


def heights(path):
    """Return the heights of bars, as a path draws them."""
    return [-float(size) for size in re.findall(r"v(-?[\d.]+)h", path)]


def assert_shows(box, one):
    """Compare all that the widget says and shows with what nnlib makes of the same values."""
    shown = look(box)
    assert shown["field"] == one.text
    n, at, alphabet = len(one.text), one.at, one._characters
    letters = "".join(SHOWN.get(character, character) for character in one.text)
    assert shown["letters"] == [letters] * 2
    assert shown["part"] == [PARTS[one.part]]
    assert shown["scale"] == [LIMITS["scales"][one.scale]]
    if n:
        assert_map(shown, one)
        assert_odds(shown, one)
        assert_strip(shown, one)
        assert_report(shown, one)
    else:
        assert shown["report"] == ["No text: type something.", "", ""]
        assert all(row["disabled"] and row["numbers"] == ["", ""] for row in shown["odds"])
    blocked = {
        "The character before": at < 1,
        "The character after": at >= n - 1,
        "Write 1": n in (0, MOST),
        "Write 40": n in (0, MOST),
    }
    assert {name for name in shown["disabled"] if name in blocked} == {
        name for name, yes in blocked.items() if yes
    }
    assert alphabet
    return shown


def pixels_of(shown):
    """Return the colours of the map, (units · characters, 3)."""
    return np.frombuffer(shown["pixels"].encode("latin-1"), np.uint8).reshape(-1, 4)[:, :3]


def assert_map(shown, one):
    values = one.states()[one.part].T
    assert tuple(shown["size"]) == values.shape
    paper, positive, negative = np.array(shown["colours"], float)
    full = LIMITS["full"][one.part]
    share = np.clip(np.abs(values.ravel()) / full, 0, 1)[:, None]
    ends = np.where(values.ravel()[:, None] < 0, negative, positive)
    np.testing.assert_allclose(pixels_of(shown), paper + share * (ends - paper), atol=1.01)
    near = np.abs(values / full + 0.4) < 1e-9
    assert abs(shown["minus"] - (values < -0.4 * full).sum()) <= near.sum()
    assert shown["ring"].startswith(f"M{one.at * 13} 0h13")
    assert f"M0 {one.unit * UNIT:g}h" in shown["ring"]
    of_unit = values[one.unit]
    assert shown["captions"][2].startswith(f"Unit {one.unit + 1}: {one.part} = ")
    said = shown["captions"][2].partition(": ")[2]
    assert_near(said, of_unit[one.at], of_unit.min(), of_unit.max())
    top = max(full, np.abs(of_unit).max())
    low = 0 if one.part in "ifo" else -top
    ys = [float(y) for y in re.findall(r"[ML][\d.]+ ([\d.]+)", shown["line"])]
    np.testing.assert_allclose(ys, 4 + (top - of_unit) / (top - low) * 62, atol=0.006)
    assert shown["captions"][1].startswith(f"{PARTS[one.part]} of all units: blue ")
    s = {part: numbers[one.at, one.unit] for part, numbers in one.states().items()}
    before = one.states()["c"][one.at - 1, one.unit] if one.at else 0
    squashed = np.tanh(s["c"])
    expected = [s["f"], before, s["i"], s["u"], s["c"], s["o"], squashed, s["h"]]
    assert_near(shown["sum"].replace("c₋₁", ""), *expected)


def assert_odds(shown, one):
    p, n = one.odds()[one.at], len(one.text)
    cooled = _softened(one.logits()[one.at][None], one.temperature)[0]
    order = [int(k) for k in np.lexsort((np.arange(len(p)), -p))]
    rows = order[: len(shown["odds"])]
    came = one._characters.index(one.text[one.at + 1]) if one.at + 1 < n else None
    if came is not None and came not in rows:
        rows[-1] = came
    for row, k in zip(shown["odds"], rows, strict=True):
        mark = " ✓" if k == came else ""
        assert row["name"] == called(one._characters[k]) + mark
        assert row["came"] == (k == came) and row["chosen"] == (k == one.asked_symbol)
        for said, value, bar in zip(row["numbers"], (p[k], cooled[k]), row["bars"], strict=True):
            assert_percent(said.replace("\u202f", " "), value)
            assert abs(bar - value) < 1e-4
    assert_near(shown["head"][3], one.temperature)
    if came is None:
        assert not shown["note"].startswith("✓")
    else:
        assert_near(shown["note"].partition(".")[0], order.index(came) + 1, len(p))
    start = max(0, one.at - 11)
    past = "".join(SHOWN.get(c, c) for c in one.text[start : one.at + 1])
    assert shown["past"] == ("…" if start else "") + past + " ?"


def assert_strip(shown, one):
    bits, influence, alike = one.bits(), one.influence(), np.log2(len(one._characters))
    high = max([8, *bits])
    np.testing.assert_allclose(heights(shown["costs"])[1:], 42 * bits / high, atol=0.006)
    assert_near(shown["even"].partition("H")[0].partition(" ")[2], 42 * (1 - alike / high))
    if len(bits):
        assert_near(shown["captions"][0], bits.mean(), alike)
    path, place = shown["next"]
    if one.at + 1 < len(one.text):
        assert heights(path) == pytest.approx([42 * bits[one.at] / high], abs=0.006)
        assert int(place) == 13 * (one.at + 1)
    else:
        assert heights(path) == []
    share = influence / influence.max()
    if one.scale == "log":
        share = np.clip(1 - np.log(share) / np.log(LIMITS["floor"]), 0, 1)
    np.testing.assert_allclose(heights(shown["effects"]), 56 * share, atol=0.006)
    source = int(influence.argmax()) if one.source is None else min(one.source, one.at)
    path, place = shown["weighed"]
    assert heights(path) == pytest.approx([56 * share[source]], abs=0.006)
    assert int(place) == 13 * source
    back = one.at - source
    where = f"{back} back" if back else "just read"
    said = shown["captions"][3]
    target = quoted(one._characters[one.asked_symbol])
    begin = f"Influence on {target}: of {quoted(one.text[source])}, {where}: "
    assert said.startswith(begin)
    if "<" in said[len(begin) :]:
        assert 0 < influence[source] < 0.0005
    else:
        assert_near(said[len(begin) :], influence[source])
    assert shown["heard"] == said.partition(": of ")[2]


def assert_report(shown, one):
    p, bits, influence = one.odds()[one.at], one.bits(), one.influence()
    first, second, third = shown["report"]
    n, best = len(one.text), int(np.lexsort((np.arange(len(p)), -p))[0])
    begin = f"After {quoted(one.text[one.at])}, character {one.at + 1} of {n}: likeliest "
    assert first.startswith(begin + quoted(one._characters[best]))
    rest = first[len(begin) :]
    shares = re.findall(r"\(([^()]*%)\)", rest)
    assert_percent(shares[0], p[best])
    if one.at + 1 < n:
        after = one.text[one.at + 1]
        assert f" {quoted(after)} came (" in rest
        assert_percent(shares[1], p[one._characters.index(after)])
        assert_near(rest.rpartition("): ")[2], bits[one.at])
    else:
        assert rest.endswith("Nothing came yet.")
    if n > 1:
        many = len(one._characters)
        assert_near(second.replace("log₂", ""), bits.mean(), n - 1, many, many, np.log2(many))
    total, last = influence.sum(), influence[-5:]
    assert third.startswith(f"Influence on {quoted(one._characters[one.asked_symbol])}, in all ")
    said = third.partition(", in all ")[2].replace("> ", "").replace("< ", "")
    share = min(100 * last.sum() / total, 99.9) if last.sum() < total else 100
    assert_near(said, total, share, len(last))


def press(box, name):
    box.get_by_role("button", name=name, exact=True).press("Enter")


@pytest.fixture
def one():
    """Return the widget that the chapter stores, in Python."""
    return Recurrence.restored(stored_widgets()[WIDGET]["state"])


def write(box, one, text):
    """Type a text of the alphabet into the field."""
    box.get_by_role("textbox", name="Your text").fill(text)
    one.text, one.place, one.asked, one.source = text, None, None, None


def test_it_begins_as_it_is_stored(box, one):
    assert_shows(box, one)


def test_every_example_and_every_part(desk, one):
    for key, example in LIMITS["examples"].items():
        desk.get_by_label("Example").select_option(key)
        if one.text != example["text"]:
            one.text, one.place = example["text"], None
        assert_shows(desk, one)
        assert desk.get_by_label("Example").input_value() == key
    for part, words in PARTS.items():
        press(desk, words)
        one.part = part
        assert_shows(desk, one)


def test_a_text_is_typed_letter_by_letter(box, one):
    write(box, one, "")
    assert_shows(box, one)
    field = box.get_by_role("textbox", name="Your text")
    for character in "Off!\nx":
        field.press("Enter" if character == "\n" else character)
        one.text += character
        assert_shows(box, one)
    assert box.get_by_label("Example").input_value() == "own"
    for _ in range(2):
        field.press("ArrowLeft")
    field.press("z")  # within the text: odds are those after it
    one.text, one.place = "Off!z\nx", 4
    assert_shows(box, one)
    field.press("End")
    field.press("Backspace")
    one.text, one.place = "Off!\nx", 3
    assert_shows(box, one)


@pytest.mark.parametrize(
    "typed, text, said",
    [
        ("\"Why?\" 'so'", "“Why?” ‘so’", ""),
        ("7 men", " men", "Left out, not in the alphabet: 7"),
        ("é%#", "e", "Left out, not in the alphabet: % #"),
        ("café", "cafe", "é is read as e"),
        ("wait—what", "wait--what", "— is read as --"),
        ("a" * 170, "a" * MOST, f"No more than {MOST} characters"),
        ("日本", "", "Left out, not in the alphabet: 日 本"),
    ],
)
def test_what_the_alphabet_does_not_hold_is_said(desk, one, typed, text, said):
    write(desk, one, "the ")
    desk.get_by_role("textbox", name="Your text").fill(typed)
    one.text = text
    assert_shows(desk, one)
    assert desk.locator(".nnlib-typing [role=alert]").text_content() == said
    press(desk, "Reset")
    assert desk.locator(".nnlib-typing [role=alert]").text_content() == ""


def test_it_writes_what_python_writes(box, one):
    field = box.get_by_role("textbox", name="Temperature T, as a number")
    for T in ("0", "0.4", "1", "1.5"):
        press(box, "Reset")
        one = Recurrence.restored(stored_widgets()[WIDGET]["state"])
        field.fill(T)
        field.press("Enter")
        one.temperature = float(T)
        assert_shows(box, one)
        for name, many in (("Write 1", 1), ("Write 40", 40), ("Write 1", 1)):
            press(box, name)
            one.text, one.place = one.written(many), None
            assert_shows(box, one)
    press(box, "Other seed (0)")
    one.seed = 1
    press(box, "Write 40")
    one.text = one.written(40)
    assert_shows(box, one)


def test_it_writes_until_the_text_is_full_and_takes_it_back(desk, one):
    texts = [one.text]
    while len(texts[-1]) < MOST:
        press(desk, "Write 40")
        one.text, one.place = one.written(40), None
        texts.append(one.text)
        assert_shows(desk, one)
    for text in reversed(texts[:-1]):
        press(desk, "Undo")
        one.text = text
        assert_shows(desk, one)
    assert desk.get_by_role("button", name="Undo").is_disabled()


def test_what_was_typed_is_taken_back_at_once_and_then_what_was_before(desk, one):
    first, field = one.text, desk.get_by_role("textbox", name="Your text")
    press(desk, "Write 1")
    written = one.written()
    field.press("a")
    field.press("b")
    for text in (written, first):
        press(desk, "Undo")
        one.text, one.place = text, None
        assert_shows(desk, one)


def test_a_character_is_chosen_by_buttons_and_keys(box, one):
    press(box, "The character after")
    one.place += 1
    assert_shows(box, one)
    for _ in range(3):
        press(box, "The character before")
        one.place -= 1
    assert_shows(box, one)
    map_ = box.get_by_role("application")
    for key, place in (("Home", 0), ("ArrowRight", 1), ("End", len(one.text) - 1)):
        map_.press(key)
        one.place = place
        assert_shows(box, one)
    map_.press("ArrowLeft")
    one.place -= 1
    for key, step in (("ArrowDown", 1), ("ArrowUp", -1)):
        map_.press(key)
        one.unit += step
        assert_shows(box, one)


def middle(part, across, down=0.5):
    """Return a place on the screen, at shares of a part's width and height."""
    part.scroll_into_view_if_needed()
    box = part.bounding_box()
    return box["x"] + box["width"] * across, box["y"] + box["height"] * down


def test_a_character_and_a_unit_are_chosen_by_the_mouse(desk, one):
    map_, n = desk.locator(".nnlib-units"), len(one.text)
    for place, unit in ((3, 7), (n - 1, 63), (0, 0)):
        desk.page.mouse.click(*middle(map_, (place + 0.5) / n, (unit + 0.5) / 64))
        one.place, one.unit = place, unit
        assert_shows(desk, one)
    desk.page.mouse.down()
    desk.page.mouse.move(*middle(map_, 20.5 / n, 30.5 / 64), steps=5)
    desk.page.mouse.up()
    one.place, one.unit = 20, 30
    assert_shows(desk, one)
    for k, part in enumerate((".nnlib-row-bits", ".nnlib-row-curve")):
        desk.page.mouse.click(*middle(desk.locator(part), (10.5 + k) / n))
        one.place = 10 + k
        assert_shows(desk, one)


def test_places_on_the_way(desk, one):
    map_ = desk.get_by_role("application")
    map_.press("Home")
    for place in range(0, len(one.text), 5):
        one.place = place
        assert_shows(desk, one)
        for _ in range(5):
            map_.press("ArrowRight")


def test_units_by_slider_and_field(box, one):
    slider = box.get_by_role("slider", name="Unit", exact=True)
    field = box.get_by_role("textbox", name="Unit, as a number")
    for key, unit in (("Home", 0), ("ArrowRight", 1), ("End", 63)):
        slider.press(key)
        one.unit = unit
        assert_shows(box, one)
    field.fill("20")
    field.press("Enter")
    one.unit = 19
    assert_shows(box, one)
    field.fill("65")
    field.press("Enter")
    assert field.get_attribute("aria-invalid") == "true"
    assert_shows(box, one)


def test_the_influence_on_any_of_the_odds_and_of_any_character(box, one):
    rows = box.locator(".nnlib-next-one")
    for k in range(rows.count()):
        name = look(box)["odds"][k]["name"].removesuffix(" ✓")
        rows.nth(k).press("Enter")
        name = {"space": " ", "line end": "\n"}.get(name, name)
        one.asked, one.source = one._characters.index(name), None
        assert_shows(box, one)
    reach = box.get_by_role("slider", name="Influence: how far back")
    reach.press("Home")
    one.source = 0
    assert_shows(box, one)
    for key, source in (("ArrowRight", 1), ("End", one.place), ("ArrowUp", one.place - 1)):
        reach.press(key)
        one.source = source
        assert_shows(box, one)
    press(box, "Logarithmic")
    one.scale = "log"
    assert_shows(box, one)
    place = middle(box.locator(".nnlib-row-effects"), 15.5 / len(one.text))
    box.page.mouse.click(*place)
    one.source = 15
    assert_shows(box, one)


def test_temperature_changes_what_would_be_written_not_the_odds(desk, one):
    slider = desk.get_by_role("slider", name="Temperature T", exact=True)
    before = look(desk)["odds"]
    for key, T in (("Home", 0), ("ArrowRight", 0.05), ("End", 1.5)):
        slider.press(key)
        one.temperature = T
        shown = assert_shows(desk, one)
        assert [r["numbers"][0] for r in shown["odds"]] == [r["numbers"][0] for r in before]


def test_the_chosen_character_stays_in_sight(open_widget, one):
    box = open_widget(*WIDGET, 320)
    map_, scroller = box.get_by_role("application"), box.locator(".nnlib-scroller")
    for key in ("End", "Home"):
        map_.press(key)
        one.place = len(one.text) - 1 if key == "End" else 0
        assert_shows(box, one)
        view, here = scroller.bounding_box(), box.locator(".nnlib-here").first.bounding_box()
        assert view["x"] <= here["x"] + 1
        assert here["x"] + here["width"] <= view["x"] + view["width"] + 1
    assert box.page.evaluate("document.documentElement.scrollWidth") == 320


def test_nothing_moves_in_height(open_widget):
    box = open_widget(*WIDGET)
    parts = ".nnlib, .nnlib-report, .nnlib-odds, .nnlib-strip, .nnlib-typing, .nnlib-writing"
    measure = "(box, parts) => [...box.querySelectorAll(parts)].map(e => e.offsetHeight)"
    field = box.get_by_role("textbox", name="Your text")
    for width in (320, 375, 700, 1280):
        box.page.set_viewport_size({"width": width, "height": 800})
        painted(box)
        before = box.evaluate(measure, parts)
        for name in (*PARTS.values(), "Logarithmic", "Write 40", "Write 1", "Write 40"):
            press(box, name)
            painted(box)
            assert box.evaluate(measure, parts) == before, (width, name)
        for text in ("0123456789 ééé", "a\n\n\n", "“", "", "Zq xjk!vv (kwz Xx;;_qZ"):
            field.fill(text)
            painted(box)
            assert box.evaluate(measure, parts) == before, (width, text)
        assert box.page.evaluate("document.documentElement.scrollWidth") <= width
        press(box, "Reset")


def test_a_page_that_turns_dark_takes_the_map_along(open_widget, one):
    box = open_widget(*WIDGET, 1280, "light")
    assert_shows(box, one)
    box.page.emulate_media(color_scheme="dark")
    wait_until(box.page, "() => matchMedia('(prefers-color-scheme: dark)').matches", None)
    assert_shows(box, one)


def test_what_is_chosen_is_said(desk, one):
    spoken = desk.locator("[aria-live=polite]").element_handle()
    desk.get_by_role("application").press("Home")
    wait_until(desk.page, "e => e.textContent.includes('character 1 of ')", spoken)
    desk.get_by_role("application").press("ArrowDown")
    says = f"e => e.textContent.includes('Unit {one.unit + 2}: {one.part} = ')"
    wait_until(desk.page, says, spoken)


def test_a_finger_taps_and_scrolls(open_widget, one):
    box = open_widget(*WIDGET, 375, has_touch=True)
    map_, n = box.locator(".nnlib-units"), len(one.text)
    box.page.touchscreen.tap(*middle(map_, 12.5 / n, 9.5 / 64))
    one.place, one.unit = 12, 9
    shown = assert_shows(box, one)
    session = box.page.context.new_cdp_session(box.page)

    def swipe(across, down):
        x, y = middle(map_, 12.5 / n)
        for k in range(9):
            kind = "touchMove" if k else "touchStart"
            point = {"x": x + k * across, "y": y + k * down}
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
        session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    swipe(-12, 1)
    wait_until(box.page, "e => e.scrollLeft > 40", box.locator(".nnlib-scroller").element_handle())
    top = box.page.evaluate("scrollY")
    swipe(1, -12)
    wait_until(box.page, "top => scrollY > top + 40", top)
    assert look(box)["odds"] == shown["odds"]
