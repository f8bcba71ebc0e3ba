"""What a reader does with the site, in Chromium: over a server, at a sub-path, and from disk."""

import re

import nbformat
import pytest
from project import CHAPTERS, SUBPATH

pytestmark = pytest.mark.site

# The words of the page, without code and without what MathJax has set.
PROSE = """() => {
    const words = document.querySelector("main").cloneNode(true);
    words.querySelectorAll("pre, code, script, mjx-container").forEach(part => part.remove());
    return words.textContent;
}"""
RAW_TEX = re.compile(r"\\[a-zA-Z(\[]|\$\$|(?<!\w)\$[^\s$][^$\n]*\$")


@pytest.mark.parametrize("place", ["server", "disk"])
@pytest.mark.parametrize("name", [*CHAPTERS, "search"])
def test_a_page_opens_and_sets_its_maths(page, html, address, name, place):
    page.goto(address + f"{name}.html" if place == "server" else (html / f"{name}.html").as_uri())
    page.evaluate("() => window.MathJax?.startup?.promise")
    formulas = page.locator("article .math").count()
    assert page.locator("article .math mjx-container").count() == formulas
    assert page.locator("mjx-merror, [data-mjx-error]").count() == 0
    assert not RAW_TEX.findall(page.evaluate(PROSE))


def test_dark_mode_switches_the_theme(page, address):
    page.goto(address)
    background = "() => getComputedStyle(document.body).backgroundColor"
    seen = {}
    for _ in range(3):  # the button goes round: system, light, dark
        page.locator("button.theme-switch-button:visible").first.click()
        seen[page.locator("html").get_attribute("data-mode")] = page.evaluate(background)
    assert set(seen) == {"auto", "light", "dark"}
    assert seen["light"] != seen["dark"]


def test_search_finds_a_chapter_by_a_word(page, address):
    page.goto(address)
    page.locator("button.search-button-field:visible").first.click()
    page.locator("dialog[open] input[type=search]").fill("backpropagation")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?q=backpropagation*")
    results = page.locator("#search-results li a")
    results.first.wait_for()
    links = [link.get_attribute("href") for link in results.all()]
    assert any("04-backpropagation.html" in link for link in links)


def test_a_notebook_can_be_downloaded(page, address):
    page.goto(address + "01-neurons.html")
    page.locator("button[aria-label='Download this page']").click()
    with page.expect_download() as download:
        page.locator("a.btn-download-source-button").evaluate(
            "link => { link.removeAttribute('target'); link.download = ''; link.click(); }"
        )
    notebook = nbformat.read(download.value.path(), as_version=4)
    nbformat.validate(notebook)
    assert notebook.cells[0].source.startswith("# ")


def test_solutions_are_folded_until_asked_for(page, address):
    page.goto(address + "01-neurons.html")
    solutions = page.locator("article details").filter(has_text=re.compile("solution", re.I))
    assert solutions.count() > 0
    for solution in solutions.all():
        content = solution.locator(":scope > :not(summary)").first
        assert not content.is_visible()
        solution.locator("summary").first.click()
        assert content.is_visible()


@pytest.mark.parametrize("wrong", ["gone.html", "no/such/page.html"])
def test_the_404_page_leads_back(page, problems, address, wrong):
    answer = page.goto(address + wrong)
    assert answer.status == 404
    assert "Page not found" in page.locator("article h1").inner_text()
    complaint = "error: Failed to load resource: the server responded with a status of 404"
    assert [text[: len(complaint)] for text in problems] == [complaint]  # the page itself, no more
    problems.clear()
    assert page.locator("body").evaluate("body => getComputedStyle(body).fontFamily") != "serif"
    page.get_by_role("link", name="Neural Network Basics").first.click()
    page.wait_for_url(f"**{SUBPATH}index.html")
