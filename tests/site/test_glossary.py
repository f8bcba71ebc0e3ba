"""Terms: defined once, listed in the glossary, explained where they are mentioned again."""

import re

import pytest
from course_site.glossary import EVERYDAY
from course_site.search import defines

pytestmark = pytest.mark.site

TERM = "article a.term"


@pytest.mark.parametrize(
    ("sentence", "name", "true"),
    [
        ("A kink is a point where a curve bends.", "kink", True),
        ("Forward propagation, or the forward pass, computes the outputs.", "forward pass", True),
        ("Early stopping watches the validation loss.", "Early stopping", True),
        ("This is dropout.", "dropout", False),
        ("It adds a bias.", "bias", False),
    ],
)
def test_a_definition_begins_with_its_term(sentence, name, true):
    assert bool(defines(sentence, name)) == true


@pytest.fixture(scope="module")
def entries(html):
    """The glossary as a list of (id, term, what follows)."""
    text = (html / "glossary.html").read_text(encoding="utf-8")
    return re.findall(r'<dt id="([^"]+)">(.*?)</dt><dd>(.*?)</dd>', text, re.S)


def test_the_glossary_says_each_term_once_and_leads_to_its_definition(entries, html):
    assert len(entries) > 50
    names = [name.lower() for _, name, _ in entries]
    assert names == sorted(set(names))
    for _, name, says in entries:
        assert name in re.sub("<[^>]+>", "", says)
        page, anchor = re.search(r'href="([^"#]+)#([^"]+)"', says).groups()
        assert f'id="{anchor}"' in (html / page).read_text(encoding="utf-8"), (name, page, anchor)


def test_a_term_is_marked_once_on_a_page_and_after_its_definition(entries, html):
    ids = {anchor for anchor, _, _ in entries}
    everyday = {f"defined-{word}" for word in EVERYDAY}
    assert everyday <= ids
    for path in sorted(html.glob("[01][0-9]-*.html")):
        marked = re.findall(
            r'<a class="term" href="glossary.html#([^"]+)"', path.read_text(encoding="utf-8")
        )
        assert len(marked) == len(set(marked)) and set(marked) <= ids - everyday
        assert bool(marked) != path.name.startswith("01")


def says(page):
    """Return the sentence that is in view, or nothing."""
    return page.evaluate("document.querySelector('#term:popover-open span')?.textContent ?? ''")


def test_pointing_at_a_term_shows_its_definition(page, address):
    page.goto(address + "02-activations.html")
    term = page.locator(TERM).first
    term.scroll_into_view_if_needed()
    term.hover()
    assert says(page) == term.get_attribute("data-says") != ""
    page.mouse.move(5, 5)
    page.locator("#term").wait_for(state="hidden")


def test_every_link_leads_somewhere(page, address):
    page.goto(address + "05-vanishing-gradients.html")
    assert page.locator("#term a").count() == 1
    assert page.locator("a:not([href]), a[href='']").count() == 0


def test_the_keyboard_reaches_a_term_and_then_the_glossary(page, address):
    page.goto(address + "02-activations.html")
    term = page.locator(TERM).first
    term.scroll_into_view_if_needed()
    term.evaluate("term => term.focus({ focusVisible: true })")
    assert says(page) == term.get_attribute("data-says")
    page.keyboard.press("Escape")
    assert says(page) == ""
    page.keyboard.press("Enter")  # a press shows the sentence, a second one follows
    page.keyboard.press("Enter")
    page.wait_for_url("**/glossary.html#*")
    assert page.locator(":target").is_visible()


def test_a_tap_shows_the_definition_inside_the_screen(page, address):
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(address + "08-optimizers.html")
    for term in page.locator(TERM).all()[:8]:
        term.scroll_into_view_if_needed()
        term.click()
        assert says(page) == term.get_attribute("data-says")
        box = page.locator("#term").bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 320
        assert box["y"] >= 0 and box["y"] + box["height"] <= page.viewport_size["height"]
        assert page.locator("#term a").get_attribute("href").startswith(f"{address}glossary.html#")
    page.locator("h1").scroll_into_view_if_needed()
    page.locator("#term").wait_for(state="hidden")
