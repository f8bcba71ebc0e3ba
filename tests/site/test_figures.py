"""Figures for the device: legible on a phone, side by side where there is room, as the theme is."""

import re

import matplotlib.pyplot as plt
import nbformat
import pytest
from bs4 import BeautifulSoup
from project import CHAPTERS, PROJECT, wait_until

from tools.build.notebooks import code_cells, drawings

pytestmark = pytest.mark.site

LEAST = 8  # CSS pixels: the height of the smallest letter on a page of 375
# Figures drawn before this rule, by page. The list only shrinks: what has become legible must go.
TOO_SMALL = {
    "benchmarks": """
        fig-benchmarks-ratios
    """,
}
with plt.style.context("nnlib.course"):
    DPI = plt.rcParams["figure.dpi"]  # of the notebooks' pictures
DRAWN = ".panels, img[data-lettering]"
LETTERS = """drawn => {
    const scale = ({ a, b }) => Math.hypot(a, b); // of a text that may be turned
    const leaf = text => text.textContent.trim() && !text.querySelector("tspan");
    const least = box => {
        if (box.matches("img")) {
            return box.dataset.lettering * box.clientWidth / box.naturalWidth * DPI / 72;
        }
        return Math.min(...[...box.querySelectorAll("text, tspan")].filter(leaf).map(
            text => parseFloat(getComputedStyle(text).fontSize) * scale(text.getScreenCTM())));
    };
    return Object.fromEntries([...document.querySelectorAll(drawn)].map(
        (box, number) => [box.closest("figure")?.id || `drawing ${number + 1}`, least(box)]));
}""".replace("DPI", str(DPI))
OPEN = """() => {
    for (const folded of document.querySelectorAll("details")) folded.open = true;
    for (const image of document.images) image.loading = "eager";
    for (const figure of document.querySelectorAll(".panels")) figure.scrollIntoView();
}"""
UNDRAWN = ".panels:not(.drawn)"


TOPS = "drawn => [...drawn.querySelectorAll('svg')].map(svg => svg.getBoundingClientRect().top)"
THEMED = re.compile(r"\b(black|white|bright|dark|light)(er|est)?\b", re.IGNORECASE)


@pytest.mark.parametrize("name", CHAPTERS)
def test_the_smallest_letter_is_legible_on_a_phone(open_page, address, name):
    page = open_page(viewport={"width": 375, "height": 812})
    page.goto(address + f"{name}.html")
    page.evaluate(OPEN)
    page.wait_for_load_state("networkidle")
    wait_until(page, "undrawn => !document.querySelector(undrawn)", UNDRAWN)
    letters = page.evaluate(LETTERS, DRAWN)
    small = {figure for figure, height in letters.items() if height < LEAST}
    assert small == set(TOO_SMALL.get(name, "").split()), {f: round(letters[f], 1) for f in small}


def test_every_figure_of_the_notebooks_is_one_of_those(html):
    for path in (PROJECT / "book").glob("*.ipynb"):
        cells = code_cells(nbformat.read(path, as_version=4))
        stored = [figure for cell in cells for figure in drawings(cell.outputs)]
        page = BeautifulSoup((html / path.with_suffix(".html").name).read_text(), "html.parser")
        drawn = page.select(DRAWN)
        assert len(drawn) >= sum(figure["lettering"] is not None for figure in stored), path.name


def draw(page, address):
    """Open the first chapter and press a key, as who looks for a word does."""
    page.goto(address + "01-neurons.html")
    page.keyboard.press("Control")
    wait_until(page, "undrawn => !document.querySelector(undrawn)", UNDRAWN)


def test_panels_stack_where_they_would_be_too_small(page, address):
    draw(page, address)
    drawn = page.locator("#fig-neurons-sum .panels")
    left, right = drawn.evaluate(TOPS)
    assert left == right
    page.set_viewport_size({"width": 375, "height": 812})
    left, right = drawn.evaluate(TOPS)
    assert left + 100 < right


def test_the_words_of_a_figure_can_be_found_and_taken(page, address):
    draw(page, address)
    assert page.evaluate("find('sum so far, at the end')")
    text = page.locator("#fig-neurons-sum text", has_text="sum so far")
    taken = "text => (getSelection().selectAllChildren(text), String(getSelection()))"
    assert text.evaluate(taken).startswith("sum so far")


def test_a_figure_is_as_the_theme_is(page, address):
    colour = "text => getComputedStyle(text).fill"
    page.emulate_media(color_scheme="light")
    draw(page, address)
    text = page.locator("#fig-neurons-sum .panels text").first
    light = text.evaluate(colour)
    page.emulate_media(color_scheme="dark")
    dark = text.evaluate(colour)
    assert [sum(map(int, re.findall(r"\d+", c))) > 384 for c in (light, dark)] == [False, True]
    page.emulate_media(color_scheme="light")
    page.locator("#theme").click()
    page.locator("#theme").click()
    assert text.evaluate(colour) == dark


def test_drawings_come_when_the_reader_comes_near_and_nothing_moves(open_page, address):
    page, requests = open_page(viewport={"width": 375, "height": 812}), []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(address + "02-activations.html", wait_until="networkidle")
    assert not [url for url in requests if "drawings" in url]
    figure = page.locator(".panels").first
    figure.scroll_into_view_if_needed()
    before = figure.bounding_box()
    wait_until(page, "undrawn => !document.querySelector(undrawn)", UNDRAWN)
    assert figure.bounding_box() == before and before["height"] > 100
    assert len([url for url in requests if "drawings" in url]) == 1


def test_the_picture_stands_in_without_javascript(open_page, address):
    page = open_page(java_script_enabled=False)
    page.goto(address + "02-activations.html")
    assert page.locator(".panels img").first.is_visible()
    assert not page.locator(".panels svg").first.is_visible()


def test_no_caption_depends_on_the_theme(html):
    for path in sorted((PROJECT / "book").glob("*.ipynb")):
        for cell in code_cells(nbformat.read(path, as_version=4)):
            caption = cell.metadata.get("mystnb", {}).get("figure", {}).get("caption", "")
            assert not THEMED.search(caption), f"{path.name}: {caption}"
