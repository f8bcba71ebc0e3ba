"""The adversaries of chapter 14, driven in Chromium: their numbers are nnlib's."""

import re
from time import monotonic

import numpy as np
import pytest
from project import labelled, painted, wait_until
from test_touch import MIDDLE, PHONE, Finger

from nnlib.functional import sigmoid
from nnwidgets import Adversaries
from nnwidgets.adversaries import LIMITS

pytestmark = pytest.mark.site

CHAPTER = "14-gans"
WIDGET = CHAPTER, "adversaries"
BASE = {"data": "ring", "show": ("field", "arrows")}
NUMBER = r"−?\d+(?:\.\d+)?(?:·10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?"
SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹−", "-0123456789-")
LOOK = """box => {
    const texts = part => [...box.querySelectorAll(part)]
        .map(element => element.textContent.replaceAll("\\u00a0", " "));
    return {
        count: texts(".nnlib-count")[0], report: texts(".nnlib-report p"),
        values: texts(".nnlib-numbers td:nth-child(2)"),
        goals: texts(".nnlib-numbers td:last-child"),
        asked: texts(".nnlib-asked")[0],
        wrong: box.querySelectorAll(".nnlib-report .nnlib-wrong").length,
        used: texts(".nnlib-trains"),
        curves: [...box.querySelectorAll(".nnlib-curve")].map(path => path.getAttribute("d")),
    };
}"""
REACHED = """([box, steps]) => {
    const count = box.querySelector(".nnlib-count").textContent.replace(",", "");
    return Number(count.match(/\\d+/)[0]) >= steps;
}"""
PRESS = """async (button, times) => {
    for (let i = 1; i <= times; i++) {
        button.click();
        if (i % 50 === 0) await new Promise(done => setTimeout(done));
    }
}"""
DRAWN = """box => box.querySelector(".nnlib-drawn").toDataURL()"""
STEPS = {"both": "One step of both", "D": "One step of D alone", "G": "One step of G alone"}


def button(box, name):
    return box.get_by_role("button", name=name, exact=True)


def step(box, who, times=1):
    """Press a button for single steps so often, quickly."""
    button(box, STEPS[who]).evaluate(PRESS, times)


def look(box):
    painted(box)
    return box.evaluate(LOOK)


def steps_of(box):
    """Return the steps, and how often D and G have moved."""
    count = look(box)["count"].replace(",", "")
    return tuple(map(int, re.findall(r"\d+", count)))


def number(text):
    """Return the number that a text is, and half of its last digit."""
    digits, _, power = text.translate(SUPERSCRIPTS).partition("·10")
    decimals, ten = len(digits.partition(".")[2]), 10.0 ** int(power or 0)
    return float(digits) * ten, 0.500001 * ten * 10**-decimals


def assert_near(text, *expected):
    """Compare the numbers in a text, rounded as they are, with those expected."""
    found = [number(said) for said in re.findall(NUMBER, text)]
    assert len(found) == len(expected), text
    for (shown, half), value in zip(found, expected, strict=True):
        assert abs(shown - value) <= half + 1e-9, (text, value)


def assert_shows(box, run):
    """Compare all numbers of the widget with those of nnlib's run."""
    shown, now = look(box), run.measure()
    loss = run.settings["loss"]
    expected = [
        now["discriminator_loss"],
        now["generator_loss"][loss],
        now["on_real"],
        now["on_generated"],
        now["gradient"]["non-saturating"],
        now["gradient"]["minimax"],
    ]
    for text, value in zip(shown["values"], expected, strict=True):
        assert_near(text, value)
    half = np.log(2)
    goals = [2 * half, half if loss == "non-saturating" else -half, 0.5, 0.5]
    for text, value in zip(shown["goals"], goals, strict=False):
        assert_near(text, value)
    used = "−log D" if loss == "non-saturating" else "log(1 − D)"
    assert shown["used"] == [f"gradient, {used}"]
    assert steps_of(box)[1:] == (run.moves["discriminator"], run.moves["generator"])
    found, verdict, near, rule = shown["report"]
    assert_near(found, now["found"], now["of"])
    assert_near(near, 100 * now["near"], 100 * now["spread"])
    assert verdict.startswith("Collapse") == now["collapse"] == bool(shown["wrong"])
    assert f" {run.enough} of 200 " in rule
    return shown


def after(run, steps, **changes):
    """Change a run and take it further."""
    run.change(**changes)
    for _ in range(steps):
        run.step()
    return run


def test_every_setting_trains_as_nnlib_does(box):
    run = Adversaries(**BASE).after(0)
    assert "early" in assert_shows(box, run)["report"][1]
    step(box, "both", 12)
    assert_shows(box, after(run, 12))
    step(box, "D", 5)
    step(box, "G", 3)
    for _ in range(5):
        run.discriminator_step()
    for _ in range(3):
        run.generator_step()
    assert_shows(box, run)
    button(box, "log(1 − D)").press("Enter")
    labelled(box, "They learn").select_option("simultaneous")
    labelled(box, "D steps per G step").select_option("2")
    labelled(box, "Learning rate of D").select_option("0.002")
    labelled(box, "Learning rate of G").select_option("0.005")
    labelled(box, "Adam").select_option("0.9")
    changes = {
        "loss": "minimax",
        "order": "simultaneous",
        "discriminator_steps": 2,
        "discriminator_rate": 0.002,
        "generator_rate": 0.005,
        "beta1": 0.9,
    }
    run.change(**changes)
    assert_shows(box, run)  # at once, without a step
    step(box, "both", 10)
    shown = assert_shows(box, after(run, 10))
    assert all(path.count("L") == 30 for path in shown["curves"])
    button(box, "Start over").press("Enter")
    assert_shows(box, Adversaries(**BASE, **changes).after(0))
    step(box, "both", 4)
    assert_shows(box, Adversaries(**BASE, **changes).after(4))


@pytest.mark.parametrize("data", ["blobs", "line", "spiral"])
def test_data_and_seeds_begin_a_new_run(desk, data):
    step(desk, "both", 2)
    labelled(desk, "Data").select_option(data)
    assert_shows(desk, Adversaries(data=data).after(0))
    button(desk, "New start (seed 1)").press("Enter")
    painted(desk)
    step(desk, "both", 6)
    shown = assert_shows(desk, Adversaries(data=data, seed=2).after(6))
    assert shown["report"][0].startswith("Modes found" if data == "blobs" else "Dots covered")


@pytest.mark.parametrize("speed", ["slow", "normal", "fast"])
def test_play_at_any_speed_gives_the_same_run(desk, speed):
    labelled(desk, "Speed").select_option(speed)
    button(desk, "Play").press("Enter")
    wait_until(desk.page, REACHED, [desk.element_handle(), 3])
    button(desk, "Pause").press("Enter")
    steps = steps_of(desk)[0]
    assert steps >= 3
    assert_shows(desk, Adversaries(**BASE).after(steps))
    desk.page.wait_for_timeout(400)
    assert steps_of(desk)[0] == steps


def test_the_generator_in_a_hurry_collapses_and_the_page_says_so(desk):
    labelled(desk, "Learning rate of G").select_option("0.005")
    labelled(desk, "Adam").select_option("0.9")
    step(desk, "both", 300)
    run = Adversaries(**BASE, generator_rate=0.005, beta1=0.9).after(300)
    assert run.measure()["collapse"]
    assert "Collapse" in assert_shows(desk, run)["report"][1]
    wait_until(desk.page, "() => [...document.querySelectorAll('.nnlib-adversaries "
               ".nnlib-spoken')].some(said => said.textContent.includes('Collapse'))")  # fmt: skip


def test_d_wins_and_only_one_gradient_stays(desk):
    button(desk, f"Let D win: {LIMITS['win']} steps of D alone").press("Enter")
    for _ in range(6):
        try:
            wait_until(desk.page, REACHED, [desk.element_handle(), LIMITS["win"]])
            break
        except TimeoutError:
            continue
    run = Adversaries(**BASE).after(0, discriminator_only=LIMITS["win"])
    shown = assert_shows(desk, run)
    strong, weak = (number(text)[0] for text in shown["values"][-2:])
    assert weak < 0.05 * strong
    assert steps_of(desk) == (LIMITS["win"], LIMITS["win"], 0)


def test_a_press_in_between_ends_the_steps_of_d_alone(desk):
    button(desk, f"Let D win: {LIMITS['win']} steps of D alone").press("Enter")
    desk.page.wait_for_timeout(50)
    step(desk, "both")
    steps, of_d, of_g = steps_of(desk)
    desk.page.wait_for_timeout(300)
    assert steps_of(desk) == (steps, of_d, of_g) == (steps, steps, 1)
    assert steps < LIMITS["win"]


def place_of(asked):
    return [number(text)[0] for text in re.findall(NUMBER, asked)]


def test_the_ring_asks_d_anywhere(box):
    step(box, "both", 30)
    run = Adversaries(**BASE).after(30)
    ring = box.get_by_role("slider", name="Place in the plane")

    def assert_asked(x, y, about=1e-9):
        *place, D = place_of(look(box)["asked"])
        assert place == pytest.approx([x, y], abs=about)
        assert D == pytest.approx(sigmoid(run.discriminator.run(np.array([place])))[0, 0], abs=6e-4)
        assert ring.get_attribute("aria-valuetext") == look(box)["asked"]

    assert_asked(-2.5, 2.5)
    ring.press("ArrowRight")
    ring.press("Shift+ArrowDown")
    assert_asked(-2.4, 2)
    for _ in range(12):
        ring.press("Shift+ArrowRight")
    assert_asked(3.2, 2)
    plane = box.locator(".nnlib-plane")
    plane.scroll_into_view_if_needed()
    side = plane.bounding_box()["width"]
    plane.click(position={"x": 0.25 * side, "y": 0.75 * side})
    assert_asked(-1.6, -1.6, 0.06)


def test_the_ground_is_d_everywhere(desk):
    step(desk, "both", 40)
    wait_until(desk.page, "box => box.querySelector('.nnlib-field').width === 97",
               desk.element_handle())  # fmt: skip
    pixels, (paper, positive, negative) = desk.evaluate(
        """box => {
            const field = box.querySelector(".nnlib-field");
            const { data } = field.getContext("2d").getImageData(0, 0, 97, 97);
            const colour = name => {
                const probe = document.createElement("i");
                probe.style.color = `var(--${name})`;
                box.querySelector(".nnlib").append(probe);
                const said = getComputedStyle(probe).color.match(/\\d+/g).map(Number);
                probe.remove();
                return said;
            };
            return [[...data], ["paper", "positive", "negative"].map(colour)];
        }"""
    )
    run, across = Adversaries(**BASE).after(40), np.linspace(-3.2, 3.2, 97)
    places = np.stack(np.meshgrid(across, -across), axis=-1).reshape(-1, 2)
    D = sigmoid(run.discriminator.run(places))
    ends = np.where(D < 0.5, negative, positive)
    expected = np.array(paper) + 0.5 * np.abs(2 * D - 1) * (ends - np.array(paper))
    shown = np.reshape(pixels, (-1, 4))[:, :3]
    np.testing.assert_allclose(shown, expected, atol=1.5)


@pytest.mark.parametrize("layer", ["Field", "Arrows", "Grid"])
def test_each_layer_can_be_shown_and_hidden(desk, layer):
    step(desk, "both", 20)
    painted(desk)
    desk.page.wait_for_timeout(400)
    first, toggle = desk.evaluate(DRAWN), button(desk, layer)
    pressed = toggle.get_attribute("aria-pressed")
    assert pressed == ("false" if layer == "Grid" else "true")
    toggle.press("Enter")
    painted(desk)
    assert toggle.get_attribute("aria-pressed") != pressed
    assert desk.evaluate(DRAWN) != first
    toggle.press("Enter")
    painted(desk)
    assert desk.evaluate(DRAWN) == first


def test_a_drawing_is_learned(box):
    button(box, "Draw your own").press("Enter")
    shown = look(box)
    assert "draw" in shown["report"][0] and set(shown["values"]) == {"—"}
    step(box, "both", 3)
    button(box, "Play").press("Enter")
    painted(box)
    assert steps_of(box)[0] == 0 and button(box, "Play").is_visible()
    plane = box.locator(".nnlib-plane")
    plane.scroll_into_view_if_needed()
    place, mouse = plane.bounding_box(), box.page.mouse
    y = place["y"] + 0.4 * place["height"]
    mouse.move(place["x"] + 0.3 * place["width"], y)
    mouse.down()
    mouse.move(place["x"] + 0.7 * place["width"], y, steps=12)
    mouse.up()
    painted(box)
    covered = re.findall(r"\d+", look(box)["report"][0])
    assert 8 <= int(covered[1]) <= 17
    ring = box.get_by_role("slider", name="Place in the plane")
    ring.press("Shift+ArrowDown")
    ring.press("Enter")
    assert re.findall(r"\d+", look(box)["report"][0])[1] == str(int(covered[1]) + 7)
    button(box, "Undo").press("Enter")
    assert re.findall(r"\d+", look(box)["report"][0])[1] == covered[1]
    button(box, "Clear").press("Enter")
    assert "draw" in look(box)["report"][0]
    ring.press(" ")
    blob = [(0.0, 0.0)] + [(0.2 * np.cos(k * np.pi / 3), 0.2 * np.sin(k * np.pi / 3))
                           for k in range(6)]  # fmt: skip
    points = [(round(-2.5 + x, 2), round(2 + y, 2)) for x, y in blob]
    step(box, "both", 5)
    assert_shows(box, Adversaries(data="own", points=points).after(5))


def test_a_finger_draws_and_the_page_stays(open_widget):
    box = open_widget(*WIDGET, 375, **PHONE)
    own, plane, finger = button(box, "Draw your own"), box.locator(".nnlib-plane"), Finger(box.page)
    own.press("Enter")
    painted(box)
    assert finger.swipe(plane.evaluate(MIDDLE), 0, -100, plane) == 0
    covered = re.findall(r"\d+", look(box)["report"][0])
    assert 4 <= int(covered[1]) <= 15
    own.press("Enter")
    painted(box)
    assert finger.swipe(plane.evaluate(MIDDLE), 0, -100, plane) > 50


def test_it_rests_out_of_sight_and_goes_on_when_it_is_back(open_widget):
    box = open_widget(*WIDGET, color_scheme="light")
    button(box, "Play").click()
    box.page.evaluate(
        """() => {
            document.querySelector("article").style.paddingTop = "3000px";
            scrollTo({ top: 0, behavior: "instant" });
        }"""
    )
    box.page.wait_for_timeout(300)
    steps = steps_of(box)[0]
    box.page.wait_for_timeout(500)
    assert steps_of(box)[0] == steps
    box.evaluate("box => box.scrollIntoView({ behavior: 'instant' })")
    box.page.wait_for_timeout(600)
    assert steps_of(box)[0] > steps


def test_less_motion_is_two_pictures_a_second(open_widget):
    box = open_widget(*WIDGET, reduced_motion="reduce")
    button(box, "Play").click()
    seen, start = set(), monotonic()
    for _ in range(60):
        box.page.wait_for_timeout(20)
        seen.add(box.locator(".nnlib-count").text_content())
    assert 2 <= len(seen) <= 2 + 2 * (monotonic() - start)
    assert steps_of(box)[0] > 5 * len(seen)  # many steps at a time
