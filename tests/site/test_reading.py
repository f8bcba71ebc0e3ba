"""What a reader does with the site, in Chromium: by mouse, touch and keyboard, wide and narrow."""

import re

import nbformat
import pytest
from project import CHAPTERS, CONFIG, SUBPATH, wait_until

pytestmark = pytest.mark.site

CHAPTER = "04-backpropagation.html"
WIDTHS = (390, 800, 1280)
HANDS = ("mouse", "touch", "keyboard")


@pytest.fixture(scope="module", params=HANDS)
def hand(request):
    """Return how the reader operates the page."""
    return request.param


@pytest.fixture(scope="module", params=WIDTHS)
def window(request, hand, browser, watch):
    """Open a window of one width, for one kind of hand, and return its tab."""
    viewport = {"width": request.param, "height": 800}
    context = browser.new_context(viewport=viewport, has_touch=hand == "touch")
    yield watch(context.new_page())
    context.close()


@pytest.fixture
def tab(window, problems):
    """Return the tab, for one test of several."""
    yield window
    assert not problems


def press(control, hand):
    """Use a control by mouse, by touch or by keyboard."""
    if hand == "touch":
        control.scroll_into_view_if_needed()
        control.page.wait_for_timeout(300)  # a finger comes when the page is at rest
        control.tap()
    elif hand == "mouse":
        control.click()
    else:
        control.focus()
        control.press("Enter")


def test_the_menu_leads_to_every_chapter(tab, hand, address):
    tab.goto(address + CHAPTER)
    menu, button = tab.locator("nav.menu"), tab.locator("button[popovertarget=menu]")
    links = menu.locator("li a")
    assert links.count() == len(CHAPTERS) - 1
    if button.is_visible():
        assert not menu.is_visible()
        press(button, hand)
        assert menu.is_visible()
        tab.keyboard.press("Escape")
        assert not menu.is_visible()
        if hand == "keyboard":
            assert button.evaluate("button => button === document.activeElement")
        press(button, hand)
    assert menu.locator("[aria-current], .current > a").first.inner_text() == "4. Backpropagation"
    press(menu.get_by_role("link", name="2. Activations"), hand)
    tab.wait_for_url("**/02-activations.html")


def test_the_contents_lead_to_a_section_and_follow_the_reader(tab, hand, address):
    tab.goto(address + CHAPTER)
    contents, button = tab.locator("nav.contents"), tab.locator("button[popovertarget=contents]")
    if button.is_visible():
        press(button, hand)
    press(contents.locator("a[href='#summary']"), hand)
    tab.wait_for_url("**#summary")
    wait_until(tab, "document.querySelector('.contents [aria-current]')?.hash === '#summary'")
    top = tab.locator("#summary h2").evaluate("title => title.getBoundingClientRect().top")
    assert 0 < top < 300
    assert not button.is_visible() or not contents.is_visible()


def test_search_finds_a_section_by_a_word(tab, hand, address):
    tab.goto(address + CHAPTER)
    press(tab.locator("header").get_by_role("button", name="Search"), hand)
    tab.keyboard.insert_text("momentum")  # the cursor is in the field
    results = tab.locator("dialog .results a")
    results.first.wait_for()
    links = [link.get_attribute("href") for link in results.all()]
    assert "08-optimizers.html#" in links[0]
    press(results.first, hand)
    tab.wait_for_url("**/08-optimizers.html*")
    assert "little" not in tab.evaluate("JSON.stringify(localStorage)")  # what one looks for


def test_the_colours_are_the_readers_choice(tab, hand, address):
    tab.goto(address + CHAPTER)
    button, seen = tab.locator("#theme"), {}
    for _ in range(3):  # the button goes round: system, light, dark
        press(button, hand)
        theme = tab.evaluate("document.documentElement.dataset.theme ?? ''")
        seen[theme] = tab.evaluate("getComputedStyle(document.body).backgroundColor")
        tab.reload()
        assert tab.evaluate("document.documentElement.dataset.theme ?? ''") == theme
        assert set(tab.evaluate("Object.keys(localStorage)")) <= {"theme", "stopped"}
    assert set(seen) == {"", "light", "dark"}
    assert seen["light"] == "rgb(255, 255, 255)"
    assert seen["dark"] != seen["light"]


def test_code_can_be_copied(tab, hand, address):
    tab.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab.goto(address + CHAPTER)
    cell = tab.locator(".cell_input .highlight").filter(visible=True).first
    cell.scroll_into_view_if_needed()
    cell.hover()
    press(cell.locator("button.copy"), hand)
    cell.get_by_text("Copied").wait_for()
    assert tab.evaluate("navigator.clipboard.readText()") == cell.locator("pre").text_content()


def test_solutions_are_folded_until_asked_for(tab, hand, address):
    tab.goto(address + CHAPTER)
    solutions = tab.locator("article details").filter(has_text=re.compile("solution", re.I))
    assert solutions.count() > 3
    solution = solutions.first
    content = solution.locator(":scope > :not(summary)").first
    assert not content.is_visible()
    press(solution.locator("summary").first, hand)
    assert content.is_visible()


def test_previous_and_next_lead_on(tab, hand, address):
    tab.goto(address + CHAPTER)
    press(tab.locator("[rel=next]"), hand)
    tab.wait_for_url("**/05-vanishing-gradients.html")
    press(tab.locator("[rel=prev]"), hand)
    tab.wait_for_url(f"**/{CHAPTER}")


def test_the_keyboard_sees_where_it_is(page, address):
    page.goto(address + CHAPTER)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    seen = []
    for _ in range(40):
        seen.append(
            page.evaluate(
                "[document.activeElement.outerHTML.slice(0, 80),"
                " getComputedStyle(document.activeElement).outlineStyle,"
                " getComputedStyle(document.activeElement.parentElement).outlineStyle]"
            )
        )
        page.keyboard.press("Tab")
    unseen = [html for html, *styles in seen if set(styles) == {"none"}]
    assert not unseen


def test_the_skip_link_leads_to_the_text(page, address):
    page.goto(address + CHAPTER)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_what_is_too_wide_scrolls_by_keyboard(open_page, address):
    tab = open_page(viewport={"width": 390, "height": 800})
    for name, kind in ((CHAPTER, "pre"), (CHAPTER, ".katex-display"), ("notation.html", ".table")):
        tab.goto(address + name)
        tab.evaluate("document.querySelector('article').classList.remove('long')")
        wide = tab.locator(f"article {kind}[tabindex='0']:not(details:not([open]) *)").first
        wide.focus()
        wide.press("ArrowRight")
        wait_until(tab, "document.activeElement.scrollLeft > 0")
    narrow = tab.locator("article :is(pre, .table, .katex-display)[tabindex='0']")
    assert narrow.evaluate_all("all => all.every(e => e.scrollWidth > e.clientWidth)")


def test_a_notebook_can_be_downloaded(page, address):
    page.goto(address + "01-neurons.html")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the notebook").click()
    notebook = nbformat.read(download.value.path(), as_version=4)
    nbformat.validate(notebook)
    assert notebook.cells[0].source.startswith("# ")


@pytest.mark.parametrize("wrong", ["gone.html", "no/such/page.html"])
def test_the_404_page_leads_back(page, problems, address, wrong):
    answer = page.goto(address + wrong)
    assert answer.status == 404
    assert "Page not found" in page.locator("article h1").inner_text()
    complaint = "error: Failed to load resource: the server responded with a status of 404"
    assert [text[: len(complaint)] for text in problems] == [complaint]  # the page itself, no more
    problems.clear()
    assert "system-ui" in page.evaluate("getComputedStyle(document.body).fontFamily")
    page.get_by_role("link", name=CONFIG["title"]).first.click()
    page.wait_for_url(f"**{SUBPATH}index.html")


def test_without_javascript_all_can_be_read_and_nothing_is_dead(open_page, address):
    tab = open_page(java_script_enabled=False, viewport={"width": 390, "height": 800})
    tab.goto(address + CHAPTER)
    assert not tab.locator("header form, #theme, button.copy").filter(visible=True).count()
    assert tab.locator("article .katex").count() > 100
    tab.get_by_role("button", name="Chapters").click()
    tab.get_by_role("link", name="2. Activations").click()
    tab.wait_for_url("**/02-activations.html")
    details = tab.locator("article details").first
    details.locator("summary").click()
    assert details.locator(":scope > :not(summary)").first.is_visible()
    tab.goto(address + "search.html")
    assert tab.locator("noscript p").bounding_box()["height"] > 10


def test_a_printed_chapter_is_the_text_alone(open_page, address):
    tab = open_page(viewport={"width": 700, "height": 1000}, color_scheme="dark")
    tab.goto(address + CHAPTER)
    tab.emulate_media(media="print", color_scheme="dark")
    controls = tab.locator("header, nav, .copy, .actions, .skip, .contents-button, .headerlink")
    assert controls.filter(visible=True).count() == 0
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert tab.evaluate("document.documentElement.scrollWidth") <= 700
    assert tab.pdf().startswith(b"%PDF")


@pytest.mark.parametrize("name", ["index", "04-backpropagation", "notation", "search"])
def test_a_page_works_from_disk(page, html, name):
    page.goto((html / f"{name}.html").as_uri() + "?q=momentum")
    wait_until(page, "document.fonts.status === 'loaded'")
    assert "system-ui" in page.evaluate("getComputedStyle(document.body).fontFamily")
    if name == "search":
        page.locator(".results a").first.wait_for()
    if name == "04-backpropagation":
        assert page.evaluate("document.fonts.check('16px KaTeX_Main', 'x')")
        wait_until(page, "() => document.querySelector('.panels.drawn text')")
