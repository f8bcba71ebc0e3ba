"""Figures for the device: legible on a phone, side by side where there is room, as the theme is."""

import re

import nbformat
import pytest
from bs4 import BeautifulSoup
from project import CHAPTERS, PROJECT

from tools.build.notebooks import code_cells, drawings

pytestmark = pytest.mark.site

LEAST = 8  # CSS pixels: the height of the smallest letter on a page of 375
# Figures drawn before this rule, by page. The list only shrinks: what has become legible must go.
TOO_SMALL = {}
DRAWN = ".panels, img[data-lettering]"
LETTERS = """drawn => Object.fromEntries([...document.querySelectorAll(drawn)].map(
    (drawn, number) => {
        const name = drawn.closest("figure")?.id || `figure ${number + 1}`;
        if (drawn.matches("img")) {
            const points = drawn.naturalWidth / 120 * 72; // the notebooks draw 120 pixels an inch
            return [name, drawn.dataset.lettering * drawn.getBoundingClientRect().width / points];
        }
        const sizes = [...drawn.querySelectorAll("text, tspan")]
            .filter(text => text.textContent.trim() && !text.querySelector("tspan"))
            .map(text => parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a);
        return [name, Math.min(...sizes)];
    }))"""
OPEN = """() => {
    for (const folded of document.querySelectorAll("details")) folded.open = true;
    for (const image of document.images) image.loading = "eager";
}"""


TOPS = "drawn => [...drawn.querySelectorAll('svg')].map(svg => svg.getBoundingClientRect().top)"
THEMED = re.compile(r"\b(black|white|bright|dark|light)(er|est)?\b", re.IGNORECASE)


@pytest.mark.parametrize("name", CHAPTERS)
def test_the_smallest_letter_is_legible_on_a_phone(open_page, address, name):
    page = open_page(viewport={"width": 375, "height": 812})
    page.goto(address + f"{name}.html")
    page.evaluate(OPEN)
    page.wait_for_load_state("networkidle")
    letters = page.evaluate(LETTERS, DRAWN)
    small = {figure for figure, height in letters.items() if height < LEAST}
    assert small == set(TOO_SMALL.get(name, ())), {f: round(letters[f], 1) for f in small}


def test_every_figure_of_the_notebooks_is_one_of_those(html):
    for path in (PROJECT / "book").glob("*.ipynb"):
        cells = code_cells(nbformat.read(path, as_version=4))
        stored = [figure for cell in cells for figure in drawings(cell.outputs)]
        page = BeautifulSoup((html / "book" / path.with_suffix(".html").name).read_text(), "lxml")
        drawn = page.select(DRAWN)
        assert len(drawn) >= sum(figure["lettering"] is not None for figure in stored), path.name


def test_panels_stack_where_they_would_be_too_small(page, address):
    page.goto(address + "book/01-neurons.html")
    drawn = page.locator("#fig-neurons-one .panels")
    left, right = drawn.evaluate(TOPS)
    assert left == right
    page.set_viewport_size({"width": 375, "height": 812})
    left, right = drawn.evaluate(TOPS)
    assert left + 100 < right


def test_the_words_of_a_figure_can_be_found_and_taken(page, address):
    page.goto(address + "book/01-neurons.html")
    assert page.evaluate("find('sum so far, at the end')")
    assert "sum so far" in page.evaluate("getSelection().anchorNode.parentElement.textContent")


def test_a_figure_is_as_the_theme_is(page, address):
    colour = "text => getComputedStyle(text).fill"
    page.emulate_media(color_scheme="light")
    page.goto(address + "book/01-neurons.html")
    text = page.locator("#fig-neurons-one .panels text").first
    light = text.evaluate(colour)
    page.emulate_media(color_scheme="dark")
    dark = text.evaluate(colour)
    assert [sum(map(int, re.findall(r"\d+", c))) > 384 for c in (light, dark)] == [False, True]
    page.emulate_media(color_scheme="light")
    page.locator("#theme").click()
    page.locator("#theme").click()
    assert text.evaluate(colour) == dark


def test_no_caption_depends_on_the_theme(html):
    for path in sorted((PROJECT / "book").glob("*.ipynb")):
        for cell in code_cells(nbformat.read(path, as_version=4)):
            caption = cell.metadata.get("mystnb", {}).get("figure", {}).get("caption", "")
            assert not THEMED.search(caption), f"{path.name}: {caption}"
