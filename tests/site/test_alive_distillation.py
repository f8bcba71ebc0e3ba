"""Teacher and students of chapter 10, driven in Chromium: their numbers are nnlib's.

The test reads the stored state for the weights, and the widget's small canvas for what the networks
see: 64 grey levels, which the canvas shows exactly.
"""

import re
from base64 import b64decode

import numpy as np
import pytest
from project import painted, wait_until

from nnlib.datasets import INK
from nnwidgets import Distillation
from nnwidgets.networks import unpacked
from tools.build.notebooks import stored_widgets

pytestmark = pytest.mark.site

CHAPTER = "10-transfer"
WIDGET = CHAPTER, "distillation"
STUDENTS = ("hard", "soft")
FOUR = [[(5, 2), (4, 8), (11, 8)], [(11, 3), (10, 14)]]
NUMBER = r"[−]?\d+(?:\.\d+)?(?:·10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?"
SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹−", "-0123456789-")
LOOK = """box => {
    const all = (name, from = box) => [...from.querySelectorAll(name)];
    const plain = e => e.textContent.replaceAll("\\u00a0", " ");
    const table = name => all(`.${name} > [role=row]`).map(row =>
        [...row.children].filter(e => getComputedStyle(e).display !== "none").map(plain));
    const scratch = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    scratch.drawImage(box.querySelector(".nnlib-saying canvas"), 0, 0);
    const { data } = scratch.getImageData(0, 0, 16, 16);
    const style = getComputedStyle(box.querySelector(".nnlib"));
    const [ink, paper] = [style.color, style.backgroundColor].map(c => Number(c.match(/\\d+/)[0]));
    const bars = name => all(`.${name} [role=cell] i`)
        .filter(e => getComputedStyle(e.parentElement).display !== "none").map(e => {
            const { backgroundSize: size, backgroundPositionX: at } = e.style;
            return [parseFloat(size), parseFloat(at), e.className.includes("below")];
        });
    const [spelled] = all(".nnlib-spelling");
    return {
        seen: Array.from({ length: 256 }, (_, i) => (data[4 * i] - paper) / (ink - paper)),
        saying: all(".nnlib-saying p").map(plain), report: all(".nnlib-report p").map(plain),
        answers: table("nnlib-answers"), asked: table("nnlib-asked"),
        facts: table("nnlib-lengths .nnlib-facts"), spelled: table("nnlib-spelling .nnlib-facts"),
        equations: all(".nnlib-equations p").map(plain),
        bars: { answers: bars("nnlib-answers"), asked: bars("nnlib-asked") },
        best: all(".nnlib-answers .nnlib-best").map(plain),
        picked: all(".nnlib-picked [role=rowheader]").map(plain),
        dots: all(".nnlib-lengths circle").map(e => ["cx", "cy"].map(k => +e.getAttribute(k))),
        names: all(".nnlib-lengths .nnlib-line-name")
            .map(e => getComputedStyle(e).visibility === "visible"),
        curve: all(".nnlib-lengths .nnlib-curve, .nnlib-lengths .nnlib-plain")
            .map(e => e.getAttribute("d")),
    };
}"""


def value(text):
    """Return a number written as −3.4, 1.23·10⁻⁴ or 5.0 %, and half its last digit."""
    digits, _, power = text.removesuffix(" %").translate(SUPERSCRIPTS).partition("·10")
    decimals = len(digits.partition(".")[2])
    unit = 0.01 if text.endswith("%") else 10.0 ** int(power or 0)
    return float(digits) * unit, 0.500001 * unit / 10**decimals


def near(text, expected):
    """Fail unless a number, as it is written, is a rounding of the expected one."""
    if text.startswith(("<", ">")):
        bound, _ = value(text[2:])
        assert expected < bound if text[0] == "<" else expected > bound, (text, expected)
        return
    shown, half = value(text)
    assert abs(shown - expected) <= half, (text, expected)


@pytest.fixture(scope="module")
def stored():
    """Return the widget as the chapter stores it."""
    state = stored_widgets()[WIDGET]["state"]
    data = {
        name: b64decode(state[f"_{name}"]["base64"]) for name in ("teacher", *STUDENTS, "samples")
    }
    samples = np.frombuffer(data.pop("samples"), np.uint8).reshape(-1, 256) / INK
    networks = {name: unpacked(state["_layers"][name], theta) for name, theta in data.items()}
    values = {name: state[name] for name in ("image", "temperature", "at", "student", "digit")}
    return Distillation(**networks, samples=samples, labels=state["_labels"], **values)


@pytest.fixture
def widget(stored):
    """Return the widget, to be changed as the page is; afterwards it is as it was."""
    names = ("image", "temperature", "at", "student", "digit")
    first = {name: getattr(stored, name) for name in names}
    yield stored
    for name, held in first.items():
        setattr(stored, name, held)


def look(box):
    """Return what the widget shows."""
    painted(box)
    shown = box.evaluate(LOOK)
    levels = np.array(shown["seen"]) * INK
    assert np.abs(levels - np.rint(levels)).max() < 0.25
    shown["seen"] = np.rint(levels) / INK  # freed from the canvas's rounding
    return shown


def assert_shows(box, widget, label=None, who="The label says"):
    """Compare all that the page says with what nnlib makes of the image that it shows."""
    shown = look(box)
    widget.image = shown["seen"]
    said, T = widget.answers(), widget.temperature
    teacher = said["teacher"]
    q, order = teacher["q"], np.argsort(-teacher["q"], kind="stable")
    assert_tables(shown, widget, said, label)
    assert_facts(shown, widget, said, label)

    odds = re.findall(r"(\d) \(([^)]+)\)", shown["saying"][0])
    assert [int(k) for k, _ in odds] == order[:3].tolist()
    for k, share in odds:
        near(share, q[int(k)])
    near(
        re.fullmatch(r"as unsure as (.+) equal choices", shown["saying"][1])[1], teacher["choices"]
    )
    truth, replies, measured = shown["report"]
    if label is not None:
        assert truth == f"{who} {label}, and nothing of the other digits."
    else:
        empty = not shown["seen"].any()
        assert truth == ("The paper is empty." if empty else "No label: choose what you meant.")
    held = box.get_by_label("Label of this digit").input_value()
    assert held == ("" if label is None else str(label))
    entropy, again, choices = re.fullmatch(
        rf"The entropy of q is ({NUMBER}), and exp\(({NUMBER})\) = ({NUMBER})\.", measured
    ).groups()
    near(entropy, teacher["entropy"])
    near(choices, teacher["choices"])
    assert again == entropy
    at = "1" if widget.at == "1" else f"{T:g}"
    found = re.fullmatch(
        rf"The students at T = {at}: trained hard (\d) \((.+)\), trained soft (\d) \((.+)\)\.",
        replies,
    )
    for i, name in enumerate(STUDENTS):
        p = said[name]["plain" if widget.at == "1" else "p"]
        assert int(found[2 * i + 1]) == p.argmax()
        near(found[2 * i + 2], p.max())

    k = {"first": order[0], "second": order[1]}.get(widget.digit)
    k = int(widget.digit) if k is None else k
    assert shown["picked"] == [str(k)] * 2
    assert_written_out(shown, widget, said, k)
    return shown


def assert_tables(shown, widget, said, label):
    """Compare both tables of ten digits, and their bars."""
    T, teacher, student = widget.temperature, said["teacher"], said[widget.student]
    q, wide = teacher["q"], len(shown["answers"][1]) == 7
    assert shown["answers"][0][1] == f"Teacher, T = {T:g}"
    at = "1" if widget.at == "1" else f"{T:g}"
    assert shown["answers"][0][3] == f"Students, T = {at}"
    replies = [said[name]["plain" if widget.at == "1" else "p"] for name in STUDENTS]
    one_hot = np.zeros(10) if label is None else np.eye(10)[label]
    scaled = [teacher["z"] / T] if wide else []
    columns = [teacher["z"], *scaled, q, one_hot, *replies]
    for k, (head, *cells) in enumerate(shown["answers"][2:]):
        assert head == str(k)
        for i, (text, column) in enumerate(zip(cells, columns, strict=True)):
            if i == len(columns) - 3 and label is None:
                assert text == "–"
            else:
                near(text, column[k])
    columns = [q, student["p"], student["gradient"], T**2 * student["gradient"]]
    for k, (head, *cells) in enumerate(shown["asked"][1:]):
        assert head == str(k)
        for text, column in zip(cells, columns, strict=True):
            near(text, column[k])
    bests = [q, one_hot, *replies] if label is not None else [q, *replies]
    assert len(shown["best"]) == len(bests)

    signed = 2 if wide else 1
    bars = np.array(shown["bars"]["answers"]).reshape(10, -1, 3)
    for i, p in enumerate([q, one_hot, *replies], start=signed):
        np.testing.assert_allclose(bars[:, i, 0], 100 * p, atol=0.006)
    reach = np.abs(teacher["z"]).max() * max(1, 1 / T)
    assert_signed(bars[:, 0], teacher["z"] / reach)
    if wide:
        assert_signed(bars[:, 1], teacher["z"] / T / reach)
    bars = np.array(shown["bars"]["asked"]).reshape(10, 4, 3)
    np.testing.assert_allclose(bars[:, 1, 0], 100 * student["p"], atol=0.006)
    g = student["gradient"]
    widest = np.abs(g).max() * 50 / max(bars[:, 2, 0].max(), 1e-9)  # what a whole half stands for
    if bars[:, 2, 0].max() > 2:  # else the bars are too short to tell
        np.testing.assert_allclose(bars[:, 2, 0], 50 * np.abs(g) / widest, atol=0.3)
        ratio = bars[:, 3, 0].max() / bars[:, 2, 0].max()
        assert ratio == pytest.approx(T**2, rel=0.01)
    assert ((bars[:, 3, 2] == 1) == (g < 0))[bars[:, 3, 0] > 0.01].all()


def assert_signed(bars, shares):
    """Compare bars that go from the middle to either side."""
    np.testing.assert_allclose(bars[:, 0], 50 * np.abs(shares), atol=0.006)
    assert ((bars[:, 2] == 1) == (shares < 0))[bars[:, 0] > 0].all()
    sizes = bars[:, 0] / 100
    left = bars[:, 1] / 100 * (1 - sizes)  # where a background stands, as CSS counts
    np.testing.assert_allclose(left, np.where(shares < 0, 0.5 - sizes, 0.5), atol=1e-3)


def assert_facts(shown, widget, said, label):
    """Compare the table of both students, and the chart."""
    T, teacher = widget.temperature, said["teacher"]
    head, *rows = shown["facts"]
    assert head == [f"At T = {T:g}", "hard", "soft"]
    z = teacher["z"] - teacher["z"].mean()
    for i, name in enumerate(STUDENTS, start=1):
        one = said[name]
        size = np.linalg.norm(one["gradient"])
        far = np.linalg.norm(one["z"] - one["z"].mean() - z) / 10
        expected = [one["loss"], one["loss"] - teacher["entropy"], size, T**2 * size, far]
        for row, number in zip(rows[:5], expected, strict=True):
            near(row[i], number)
        if label is None:
            assert rows[5][i] == "–"
        else:
            near(rows[5][i], np.linalg.norm(one["plain"] - np.eye(10)[label]))
    size = np.linalg.norm(said[widget.student]["gradient"])
    (x, low), (x_again, high) = shown["dots"]
    assert x == x_again == pytest.approx(44 + 284 * np.log2(2 * T) / np.log2(40), abs=0.01)
    decade = (192 - 18) / np.log10(50 / 3e-5)  # of the chart, 230 high, its axes 18 and 38 away
    assert low - high == pytest.approx(2 * decade * np.log10(T), abs=0.01)
    assert low == pytest.approx(18 + decade * np.log10(50 / size), abs=0.01)
    assert shown["names"] == [True, True, label is not None]
    assert all(len(d.split("L")) == 61 for d in shown["curve"])


def assert_written_out(shown, widget, said, k):
    """Compare the numbers of one digit, from its logits to the gradient."""
    T, teacher, student = widget.temperature, said["teacher"], said[widget.student]
    heads, *rows = shown["spelled"]
    assert heads == [f"digit {k}", "teacher", widget.student]
    for i, (z, p) in enumerate([(teacher["z"], teacher["q"]), (student["z"], student["p"])], 1):
        expected = [z[k], z[k] / T, np.exp(z[k] / T), np.exp(z / T).sum(), p[k]]
        for row, number in zip(rows, expected, strict=True):
            near(row[i], number)
    first, second, meaning = shown["equations"]
    g = student["gradient"][k]
    *parts, result = re.findall(NUMBER, first.partition("T = ")[2])
    for text, number in zip(parts, [student["p"][k], teacher["q"][k], T], strict=True):
        near(text.removeprefix("−"), number)
    assert abs(value(result)[0] - g) <= 0.500001e-4
    assert abs(value(second.rpartition("= ")[2])[0] - T**2 * g) <= 0.500001e-3
    assert meaning.startswith("Negative" if g < 0 else "Positive")
    assert ("raises" in meaning) == (g < 0)


def press(box, name):
    box.get_by_role("button", name=name, exact=True).press("Enter")


def type_in(box, text):
    painted(box)  # Reset's number would replace what is typed before it is painted
    field = box.get_by_role("textbox", name="Temperature T, as a number")
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


def test_every_sample_is_answered_as_nnlib_answers_it(box, widget):
    samples = box.locator(".nnlib-samples button")
    assert samples.count() == len(widget._labels)
    for i, label in enumerate(widget._labels):
        samples.nth(i).press("Enter")
        shown = assert_shows(box, widget, label)
        levels = np.frombuffer(widget._samples, np.uint8).reshape(-1, 256)[i]
        assert np.array_equal(shown["seen"], levels / INK)
        assert samples.nth(i).get_attribute("aria-pressed") == "true"


def test_temperatures_by_number_by_keyboard_and_by_mouse(box, widget):
    samples = box.locator(".nnlib-samples button")
    samples.first.press("Enter")
    label = widget._labels[0]
    for T in (1, 0.5, 2.3, 7.75, 20):
        type_in(box, T)
        widget.temperature = T
        assert_shows(box, widget, label)
    slider = box.get_by_role("slider", name="Temperature T")
    for key, T in (("Home", 0.5), ("ArrowRight", 0.6), ("End", 20), ("ArrowLeft", 18)):
        slider.press(key)
        widget.temperature = T
        assert_shows(box, widget, label)
        assert slider.get_attribute("aria-valuetext") == f"{T:g}"
    place = slider.bounding_box()
    slider.click(position={"x": place["width"] / 2, "y": place["height"] / 2})
    widget.temperature = value(box.get_by_role("textbox").input_value())[0]
    assert 3 <= widget.temperature <= 4  # the middle of a scale of ratios
    assert_shows(box, widget, label)


def test_a_temperature_that_is_none_is_refused(desk, widget):
    assert_shows(desk, widget, widget._labels[0])
    for text, word in (("0.4", "out of range"), ("21", "out of range"), ("hot", "not a number")):
        type_in(desk, text)
        said = [alert.text_content() for alert in desk.get_by_role("alert").all()]
        assert any(word in one and "0.5 to 20" in one for one in said), said
        assert_shows(desk, widget, widget._labels[0])


def test_students_at_their_own_temperature_and_at_the_teachers(box, widget):
    type_in(box, 6)
    widget.temperature = 6
    for name, at in (("the same T", "T"), ("T = 1", "1")):
        press(box, name)
        widget.at = at
        assert_shows(box, widget, widget._labels[0])
        button = box.get_by_role("button", name=name, exact=True)
        assert button.get_attribute("aria-pressed") == "true"
    for student in ("soft", "hard"):
        press(box, f"trained {student}")
        widget.student = student
        assert_shows(box, widget, widget._labels[0])


def test_every_digit_can_be_written_out(box, widget):
    chooser = box.get_by_label("Written out: digit")
    for digit in (*map(str, range(10)), "first", "second"):
        chooser.select_option(digit)
        widget.digit = digit
        assert_shows(box, widget, widget._labels[0])
    rows = box.locator(".nnlib-asked > [role=row]")
    rows.nth(4).click()
    widget.digit = "3"
    assert_shows(box, widget, widget._labels[0])
    assert chooser.input_value() == "3"


def test_what_is_drawn_is_answered_stroke_by_stroke(box, widget):
    press(box, "Clear")
    shown = assert_shows(box, widget)
    assert not shown["seen"].any()
    for strokes in (FOUR[:1], FOUR[1:]):
        write(box, strokes)
        shown = assert_shows(box, widget)
    assert shown["saying"][0].startswith("Teacher: 4")
    type_in(box, 12)
    widget.temperature = 12
    assert_shows(box, widget)
    press(box, "Undo")
    assert_shows(box, widget)
    box.locator(".nnlib-samples button").nth(1).press("Enter")
    assert_shows(box, widget, widget._labels[1])
    press(box, "Eraser")
    write(box, [[(0.5, 7.5), (15.5, 7.5)]])
    shown = assert_shows(box, widget)
    assert not shown["seen"].reshape(16, 16)[7].any()


def test_a_drawing_gets_the_label_that_its_reader_gives(box, widget):
    labels = box.get_by_label("Label of this digit")
    press(box, "Clear")
    write(box, FOUR[:1])
    labels.select_option("4")
    assert_shows(box, widget, 4, "You say")
    write(box, FOUR[1:])  # it is kept as long as one draws on
    assert_shows(box, widget, 4, "You say")
    labels.select_option("9")
    assert_shows(box, widget, 9, "You say")
    labels.select_option(label="none")
    assert_shows(box, widget)
    labels.select_option("7")
    box.locator(".nnlib-samples button").nth(2).press("Enter")
    assert_shows(box, widget, widget._labels[2])
    labels.select_option("5")  # a label that is wrong, perhaps
    assert_shows(box, widget, 5, "You say")
    press(box, "Clear")
    assert_shows(box, widget)


def test_reset_brings_back_the_first_values(box, widget):
    start = {name: getattr(widget, name) for name in ("temperature", "at", "student", "digit")}
    first = assert_shows(box, widget, widget._labels[0])
    type_in(box, 9)
    press(box, "the same T")
    press(box, "trained soft")
    box.get_by_label("Written out: digit").select_option("7")
    box.get_by_label("Label of this digit").select_option("0")
    widget.temperature, widget.at, widget.student, widget.digit = 9, "T", "soft", "7"
    assert_shows(box, widget, 0, "You say")
    press(box, "Clear")
    assert look(box)["answers"] != first["answers"]
    for name, held in start.items():
        setattr(widget, name, held)
    press(box, "Reset")
    again = assert_shows(box, widget, widget._labels[0])
    assert np.array_equal(again.pop("seen"), first.pop("seen"))
    assert again == first


def test_the_keyboard_draws_and_the_result_is_spoken(desk, widget):
    press(desk, "Clear")
    sheet = desk.get_by_role("application")
    for key in ("Space", "ArrowDown", "Space", "ArrowDown", "Space"):
        sheet.press(key)
    shown = assert_shows(desk, widget)
    assert shown["seen"].any()
    spoken = desk.locator("[aria-live=polite]").element_handle()
    wait_until(
        desk.page,
        "e => /^Row 11, column 9, ink. At T = 4: Teacher: \\d/.test(e.textContent)",
        spoken,
    )


def test_the_temperature_stays_in_view_while_one_reads_on(open_widget):
    """As high as a phone is, so that the lower tables are far below the slider's own place."""
    box = open_widget(*WIDGET, 375)
    for part in (".nnlib-asked", ".nnlib-chart"):
        box.locator(part).evaluate("e => e.scrollIntoView({ block: 'end' })")
        painted(box)
        place = box.get_by_role("slider", name="Temperature T").bounding_box()
        assert 0 <= place["y"] < 150, part


def test_a_finger_draws_and_scrolls_elsewhere(open_widget, stored):
    box = open_widget(*WIDGET, 375, has_touch=True)
    touch = "e => getComputedStyle(e).touchAction"
    assert box.locator(".nnlib-sheet").evaluate(touch) == "none"
    assert "pan-y" in box.get_by_role("slider").evaluate(touch)
    press(box, "Clear")
    sheet = box.locator(".nnlib-sheet")
    sheet.evaluate("e => e.scrollIntoView({ block: 'center' })")
    place = sheet.bounding_box()
    box.page.touchscreen.tap(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    assert 2 < look(box)["seen"].sum() < 4  # a dot of the pen's size
    press(box, "Reset")
    assert np.array_equal(look(box)["seen"], np.array(stored.image))


def test_a_page_that_turns_dark_takes_the_digit_along(desk, widget):
    before = look(desk)["seen"]
    desk.page.emulate_media(color_scheme="dark")
    wait_until(desk.page, "() => matchMedia('(prefers-color-scheme: dark)').matches")
    after = assert_shows(desk, widget, widget._labels[0])
    assert np.array_equal(after["seen"], before)
