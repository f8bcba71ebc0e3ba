"""The five optimizers of chapter 8, driven in Chromium: their numbers are nnlib's."""

import math
import re

import pytest
from project import painted, wait_until

from nnlib import optimizers
from nnwidgets import Optimizers
from nnwidgets.base import OPTIMIZERS
from nnwidgets.optimizer_paths import LANDSCAPES
from nnwidgets.optimizer_paths import height as height_of

pytestmark = pytest.mark.site

CHAPTER = "08-optimizers"
WIDGET = CHAPTER, "optimizer_paths"
SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹−", "-0123456789-")
BUTTONS = {"ravine": "Ravine", "saddle": "Saddle", "two minima": "Two minima"}


def value(text):
    """Return a number written as −3.4 or 1.23·10⁻⁴, and half its last digit."""
    plain = text.strip().translate(SUPERSCRIPTS)
    digits, _, power = plain.partition("·10")
    power = int(power or 0)
    decimals = len(digits.partition(".")[2])
    return float(digits) * 10**power, 0.500001 * 10 ** (power - decimals)


def assert_near(text, expected):
    shown, half = value(text)
    assert abs(shown - expected) <= half, (text, expected)


def table(box):
    """Return what the table says of each optimizer: rate, x, y, height and verdict."""
    painted(box)
    rows = box.locator(".nnlib-runner:not(.nnlib-head)").evaluate_all(
        "rows => rows.map(row => [...row.children].map(cell => cell.textContent))"
    )
    said = {}
    for rule, (_, eta, theta, height, word) in zip(OPTIMIZERS, rows, strict=True):
        place = re.fullmatch(r"\((.+), (.+)\)", theta)
        eta, height = (text.partition("= ")[2] for text in (eta, height))
        said[rule] = eta, *(place.groups() if place else (None, None)), height, word
    return said


def assert_shows(box, widget):
    """Compare the whole table with nnlib's runs."""
    said = table(box)
    for rule in widget.shown:
        points, heights = widget.path(rule)
        eta, x, y, height, _ = said[rule]
        assert value(eta)[0] == pytest.approx(widget.rate(rule), rel=5e-3)
        assert_near(x, points[-1][0])
        assert_near(y, points[-1][1])
        if heights[-1] > 1e-9:
            assert_near(height, heights[-1])
        else:  # near zero, the last bits of the two languages show
            assert value(height)[0] == pytest.approx(heights[-1], rel=0.01, abs=1e-15)


def type_in(box, name, text):
    field = box.get_by_role("textbox", name=f"{name}, as a number")
    field.fill(str(text))
    field.press("Enter")


def press(box, name):
    box.get_by_role("button", name=name, exact=True).press("Enter")


def test_fifty_steps_on_every_surface_are_nnlibs(box):
    assert_shows(box, Optimizers())
    for surface, name in BUTTONS.items():
        press(box, name)
        type_in(box, "Steps taken", 50)
        assert_shows(box, Optimizers(surface=surface, steps=50))
        tuned = box.get_by_role("button", name="Tuned η")
        assert tuned.is_enabled() == bool(LANDSCAPES[surface]["tuned"])
        if tuned.is_enabled():
            tuned.press("Enter")
            assert_shows(box, Optimizers(surface=surface, steps=50, rates="tuned"))
            type_in(box, "Learning rate η for all", 0.007)
            assert_shows(box, Optimizers(surface=surface, steps=50, learning_rate=0.007))
            assert tuned.get_attribute("aria-pressed") == "false"


def test_every_slider_by_keyboard_and_by_mouse(box):
    widget = Optimizers()
    for name, trait, low, high in [
        ("Steps taken", "steps", 0, 300),
        ("Momentum λ", "momentum", 0, 0.99),
        ("Learning rate η for all", "learning_rate", 0.001, 10),
    ]:
        slider = box.get_by_role("slider", name=name, exact=True)
        field = box.get_by_role("textbox", name=f"{name}, as a number")
        slider.focus()
        slider.press("Home")
        setattr(widget, trait, low)
        assert_shows(box, widget)
        slider.press("ArrowRight")
        setattr(widget, trait, {"steps": 1, "momentum": 0.01, "learning_rate": 0.0012}[trait])
        assert_shows(box, widget)
        slider.press("End")
        painted(box)
        assert float(field.input_value()) == high
        place = slider.bounding_box()
        slider.click(position={"x": place["width"] / 5, "y": place["height"] / 2})
        painted(box)
        setattr(widget, trait, (int if trait == "steps" else float)(field.input_value()))
        assert low < getattr(widget, trait) < high / 3
        assert_shows(box, widget)
    press(box, "Reset")
    assert_shows(box, Optimizers())


def test_the_start_is_dragged_and_moved_by_keys(box):
    handle = box.get_by_role("slider", name=re.compile("Start point"))
    plane = box.locator(".nnlib-map svg")
    plane.scroll_into_view_if_needed()
    ring = handle.locator(".nnlib-ring").bounding_box()
    frame = plane.bounding_box()
    mouse = box.page.mouse
    mouse.move(ring["x"] + ring["width"] / 2, ring["y"] + ring["height"] / 2)
    mouse.down()
    mouse.move(frame["x"] + 0.45 * frame["width"], frame["y"] + 0.3 * frame["height"], steps=5)
    mouse.up()
    painted(box)
    x, y = (float(n) for n in at(handle))
    # the map's area is 40 … 328 of 340 across, and 18 … 217 of 255 down
    assert x == pytest.approx(-11.5 + 15 * (0.45 * 340 - 40) / 288, abs=0.06)
    assert y == pytest.approx(1.4 - 2.8 * (0.3 * 255 - 18) / 199, abs=0.015)
    assert_shows(box, Optimizers(start=(x, y)))
    handle.press("ArrowRight")
    handle.press("Shift+ArrowDown")
    widget = Optimizers(start=(round(x + 0.1, 3), round(y - 0.2, 3)))
    assert_shows(box, widget)
    assert tuple(map(float, at(handle))) == pytest.approx(widget.start)
    for _ in range(12):
        handle.press("Shift+ArrowUp")
    widget.start = (widget.start[0], 1.4)  # the edge of the map
    assert_shows(box, widget)
    press(box, "Saddle")  # here y runs across, and the start is the chapter's again
    assert_shows(box, Optimizers(surface="saddle"))
    handle.press("ArrowRight")
    assert_shows(box, Optimizers(surface="saddle", start=(1, 0.02)))


def at(handle):
    """Return x and y of the start, as a screen reader says them."""
    said = handle.get_attribute("aria-valuetext").replace("−", "-")
    return re.fullmatch(r"x = (\S+), y = (\S+)", said).groups()


def test_a_finger_sets_the_start_and_still_scrolls_the_page(open_widget):
    box = open_widget(*WIDGET, 375, has_touch=True)
    plane = box.locator(".nnlib-map svg")
    plane.scroll_into_view_if_needed()
    frame = plane.bounding_box()
    box.page.touchscreen.tap(frame["x"] + 0.8 * frame["width"], frame["y"] + 0.6 * frame["height"])
    painted(box)
    handle = box.get_by_role("slider", name=re.compile("Start point"))
    x, y = (float(n) for n in at(handle))
    assert x == pytest.approx(-11.5 + 15 * (0.8 * 340 - 40) / 288, abs=0.06)
    assert_shows(box, Optimizers(start=(x, y)))
    touch = "e => getComputedStyle(e).touchAction"
    assert plane.evaluate(touch) == "auto"
    assert box.locator(".nnlib-handle").evaluate(touch) == "none"


def test_play_pause_step_and_reset(desk):
    type_in(desk, "Steps taken", 290)
    field = desk.get_by_role("textbox", name="Steps taken, as a number")
    press(desk, "Step")
    painted(desk)
    assert field.input_value() == "291"
    press(desk, "Play")
    wait_until(desk.page, "field => field.value === '300'", field.element_handle())
    assert_shows(desk, Optimizers(steps=300))
    play = desk.get_by_role("button", name="Play", exact=True)
    play.wait_for()  # at the end it has stopped; another press begins again
    play.press("Enter")
    few = "field => Number(field.value) > 2 && Number(field.value) < 100"
    wait_until(desk.page, few, field.element_handle())
    press(desk, "Pause")
    painted(desk)
    steps = int(field.input_value())
    desk.page.wait_for_timeout(200)
    assert int(field.input_value()) == steps
    assert_shows(desk, Optimizers(steps=steps))
    press(desk, "Reset")
    assert_shows(desk, Optimizers())


def test_the_next_step_is_spelt_out_with_its_numbers(desk):
    widget = Optimizers(steps=25, momentum=0.8)
    type_in(desk, "Steps taken", 25)
    type_in(desk, "Momentum λ", 0.8)
    memory = {"Momentum": ["velocity"], "Nesterov": ["velocity"], "RMSProp": ["square"]}
    memory |= {"SGD": [], "Adam": ["mean", "square"]}
    for rule in OPTIMIZERS:
        desk.get_by_label("Next step of").select_option(rule)
        painted(desk)
        settings = {"momentum": 0.8} if rule in ("Momentum", "Nesterov") else {}
        optimizer = getattr(optimizers, rule)(0.012, **settings)
        theta = widget.path(rule)[0][0].copy()
        for _ in range(25):
            optimizer.step(theta, height_of(widget.surface, theta)[1])
        grad = height_of(widget.surface, theta)[1]
        expected = [theta.copy(), grad]
        expected += [getattr(optimizer, name).copy() for name in memory[rule]]
        optimizer.step(theta, grad)
        expected += [getattr(optimizer, name) for name in memory[rule]]
        if rule == "Adam":
            expected += [optimizer.mean / (1 - 0.9**26), optimizer.square / (1 - 0.999**26)]
        expected.append(theta)
        _, *rows = desk.locator(".nnlib-spelling > [role=row]").evaluate_all(
            "rows => rows.map(row => [...row.children].map(cell => cell.textContent))"
        )
        for (_, *both), pair in zip(rows, expected, strict=True):
            for text, number in zip(both, pair, strict=True):
                if math.isclose(number, 0, abs_tol=1e-12):
                    assert abs(value(text)[0]) < 1e-12
                else:
                    assert_near(text, number)
        assert rows[-1][0].startswith("θ ← θ")


def test_optimizers_are_hidden_and_shown(desk):
    button = desk.get_by_role("button", name="Nesterov")
    assert button.get_attribute("aria-pressed") == "true"
    assert desk.locator(".nnlib-map .nnlib-label:visible").count() == 5
    button.press("Enter")
    assert table(desk)["Nesterov"][-1] == "hidden"
    assert button.get_attribute("aria-pressed") == "false"
    assert "Nesterov" not in desk.locator(".nnlib-map .nnlib-label:visible").all_text_contents()
    assert desk.locator(".nnlib-label:visible").count() == 8  # four on the map, four in the chart
    assert_shows(desk, Optimizers(shown=("SGD", "Momentum", "RMSProp", "Adam")))
    button.press("Enter")
    assert_shows(desk, Optimizers())


def test_noise_repeats_and_another_seed_is_another_path(desk):
    press(desk, "Two minima")
    type_in(desk, "Gradient noise", 0.5)
    first = table(desk)
    press(desk, "Other noise")
    other = table(desk)
    assert all(first[rule][1:3] != other[rule][1:3] for rule in OPTIMIZERS)
    press(desk, "Reset")
    press(desk, "Two minima")
    type_in(desk, "Gradient noise", 0.5)
    assert table(desk) == first
    type_in(desk, "Gradient noise", 0)
    assert_shows(desk, Optimizers(surface="two minima"))


def test_a_diverging_run_says_so_and_stops(desk):
    type_in(desk, "Learning rate η for all", 0.03)
    before = table(desk)
    assert re.fullmatch(r"step \d: diverged", before["SGD"][-1])
    assert before["Momentum"][-1] == "on its way"
    desk.get_by_label("Next step of").select_option("SGD")
    type_in(desk, "Steps taken", 200)
    assert table(desk)["SGD"] == before["SGD"]
    assert desk.locator(".nnlib-settings").text_content() == "It has stopped."
    assert desk.locator(".nnlib-map .nnlib-lost:visible").count() >= 1


def test_the_result_is_spoken(desk):
    type_in(desk, "Steps taken", 100)
    spoken = desk.locator("[aria-live=polite]")
    said = "element => element.textContent.startsWith('After 100 steps: SGD on its way')"
    wait_until(desk.page, said, spoken.element_handle())
    assert "Nesterov step 40: arrived" in spoken.text_content()


# Moves the first slider twice within a frame; when is the chart another, and what of the map?
TWICE = """async box => {
    const [slider] = box.querySelectorAll("input[type=range]");
    const chart = box.querySelector(".nnlib-body > .nnlib-chart");
    const watcher = new MutationObserver(() => {});
    watcher.observe(box.querySelector(".nnlib-handle"), { attributes: true });
    const seen = [chart.innerHTML];
    for (let i = 0; i < 2; i++) {
        slider.value = Number(slider.value) + 1;
        slider.dispatchEvent(new Event("input", { bubbles: true }));
        await null;
        seen.push(chart.innerHTML);
    }
    await new Promise(requestAnimationFrame);
    seen.push(chart.innerHTML);
    return [seen.map(one => seen.indexOf(one)), watcher.takeRecords().length];
}"""


def test_a_change_is_drawn_at_once_and_all_others_of_a_frame_in_the_frame(open_widget):
    pictures, moved = open_widget(*WIDGET).evaluate(TWICE)
    assert pictures == [0, 1, 1, 3]
    assert moved == 0  # the start stays where it is: nothing of it is set again
