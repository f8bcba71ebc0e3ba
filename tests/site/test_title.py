"""The title page: what is drawn there is answered as nnlib answers, and all leads where it says."""

import re

import numpy as np
import pytest
from project import CHAPTERS, painted, wait_until, wake
from test_alive_draw import STROKES, write

from nnlib import datasets
from nnwidgets.draw import DrawDigit
from tools.build import reading
from tools.build.notebooks import BOOK, stored_widgets
from tools.check.anatomy import load

pytestmark = pytest.mark.site

LOOK = """box => ({
    p: [...box.querySelectorAll(".nnlib-fill")].map(bar => parseFloat(bar.style.width) / 100),
    words: [".nnlib-answer", ".nnlib-other", ".nnlib-equation"]
        .map(part => box.querySelector(part).textContent.replaceAll("\\u00a0", " ")),
    shown: [".nnlib-invitation", ".nnlib-answer:not(:empty)", ".nnlib-fill",
            ".nnlib-bar > :last-child"]
        .map(part => box.querySelector(part)?.checkVisibility({ visibilityProperty: true })),
})"""
BLANK, ANSWERED = [True, None, False, False], [False, True, True, True]


@pytest.fixture(scope="module")
def reader():
    """Return the digit reader of chapter 1, in Python."""
    return DrawDigit.restored(stored_widgets()["01-neurons", "draw"]["state"])


def test_what_the_title_page_promises_is_true(reader):
    said = (BOOK / "index.md").read_text(encoding="utf-8")
    digits = datasets.digits()
    assert f"learned from {len(digits.X_train)} digits" in said
    right = [reader.predict(x).argmax() for x in digits.X_test] == digits.y_test
    assert f"reads {right.mean() * 100:.0f} of 100 that it has never met" in said
    first = load(BOOK / "01-neurons.ipynb")
    assert f"It takes {reading.extent(reading.main_path(first)).minutes} minutes" in said


def look(box):
    painted(box)
    return box.evaluate(LOOK)


def test_the_test_pictures_are_read_as_nnlib_reads_them(open_widget, reader, screen):
    box = open_widget("index", "draw", *screen)
    clear = box.get_by_role("button", name="Clear", exact=True, include_hidden=True)
    assert look(box)["shown"] == BLANK
    for sample, label in zip(reader.samples, reader._labels, strict=True):
        box.get_by_role("button", name="Show me one").press("Enter")
        seen, p = look(box), reader.predict(sample)
        np.testing.assert_allclose(seen["p"], p, atol=1e-6, rtol=0)  # as float32 travels
        assert seen["shown"] == ANSWERED
        assert re.search(rf"\b[Aan]+ {p.argmax()}, >? ?\d+ %", seen["words"][0])
        right = "right ✓" if p.argmax() == label else "wrong ✗"
        assert seen["words"][2] == f"A digit from the data, labelled {label}: {right}"
    clear.press("Enter")
    assert look(box)["shown"] == BLANK
    assert box.page.evaluate("document.activeElement.className") == "nnlib-sheet"


def test_what_the_mouse_draws_gets_an_answer_and_a_word_of_doubt(open_widget, screen):
    box = open_widget("index", "draw", *screen)
    said = set()
    for strokes in STROKES.values():
        write(box, strokes)
        seen = look(box)
        assert sum(seen["p"]) == pytest.approx(1, abs=1e-6)
        first, second = np.argsort(seen["p"])[::-1][:2]
        best = seen["p"][first]
        assert f" {first}, " in seen["words"][0]
        if best < 0.9:
            assert f" {second}, " in seen["words"][1]
        else:
            assert seen["words"][1] == "It has hardly a doubt."
        said.add(first)
        box.get_by_role("button", name="Clear").click()
    assert len(said) >= 7


def test_a_finger_draws_and_the_page_stays(open_widget):
    box = open_widget("index", "draw", 375, has_touch=True)
    page, sheet = box.page, box.locator(".nnlib-sheet").bounding_box()
    client, top = page.context.new_cdp_session(page), page.evaluate("scrollY")
    x = sheet["x"] + sheet["width"] / 2
    for kind, y in [("touchStart", 0.15), *[("touchMove", 0.15 + i / 20) for i in range(1, 14)]]:
        at = [{"x": x, "y": sheet["y"] + y * sheet["height"]}]
        client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})
    client.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    seen = look(box)
    assert np.argmax(seen["p"]) == 1
    assert page.evaluate("scrollY") == top


def test_the_button_and_every_card_lead_where_they_say(page, address):
    page.goto(address + "index.html")
    start = page.locator(".start")
    assert start.get_attribute("href") == "01-neurons.html"
    cards = page.locator(".cards li")
    expected = [f"{name}.html" for name in CHAPTERS if name[0].isdigit()] + ["playground.html"]
    assert [card.get_attribute("href") for card in page.locator(".cards a").all()] == expected
    assert page.locator(".cards li > svg").count() == len(expected)
    cards.nth(3).click(position={"x": 8, "y": 8})  # anywhere on it
    page.wait_for_url(f"**/{expected[3]}")


@pytest.mark.parametrize("width", [320, 375, 768, 1024, 1280, 1920])
def test_it_keeps_its_place_at_every_width(open_page, address, width):
    page = open_page(viewport={"width": width, "height": 800})
    page.goto(address + "index.html")
    before = page.locator(".start").bounding_box()
    wake(page)
    page.evaluate("scrollTo(0, 0)")
    assert page.locator(".start").bounding_box() == before
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_without_javascript_all_is_there(browser, address):
    page = browser.new_page(java_script_enabled=False)
    page.goto(address + "index.html")
    assert page.locator(".first-digit img").is_visible()
    assert re.search("gives the . [0-9]+%", page.locator(".first-digit img").get_attribute("alt"))
    assert page.locator(".cards li").last.is_visible()
    page.close()


def test_from_disk_it_answers_too(open_widget, html):
    box = open_widget("index", "draw", root=html.as_uri() + "/")
    box.get_by_role("button", name="Show me one").click()
    wait_until(box.page, "box => box.textContent.includes('right ✓')", box.element_handle())
