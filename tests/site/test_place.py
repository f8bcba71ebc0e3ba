"""The reader's place is kept: by a reload, back and forward, a turned phone; and it is named."""

import pytest
from project import wait_until

pytestmark = pytest.mark.site

CHAPTER = "04-backpropagation.html"
PHONE = {"viewport": {"width": 390, "height": 844}}
# As in Safari: the browser does not hold the text in place, and says so.
UNANCHORED = """
    const supports = CSS.supports.bind(CSS);
    CSS.supports = (name, ...rest) => name !== "overflow-anchor" && supports(name, ...rest);
    addEventListener("DOMContentLoaded", () => {
        const sheet = new CSSStyleSheet();
        sheet.replaceSync("* { overflow-anchor: none !important }");
        document.adoptedStyleSheets = [sheet];
    });
"""
# What stands at the top of the window: the passage, and where it begins.
PASSAGE = """() => {
    const line = document.querySelector(".top").getBoundingClientRect().bottom + 120;
    const all = [...document.querySelectorAll("article section > :not(section)")];
    const part = all.findLast(part => part.checkVisibility({ contentVisibilityAuto: true })
        && part.getBoundingClientRect().top <= line);
    return part ? [all.indexOf(part), part.getBoundingClientRect().top] : null;
}"""
SETTLED = "() => history.state?.place && document.readyState === 'complete'"


def read_on(page, share):
    """Go so far down the page, as a reader does, and return the passage that is reached."""
    page.evaluate(
        """async share => {
            for (let step = 1; step <= 8; step++) {
                scrollTo(0, share * step / 8 * document.documentElement.scrollHeight);
                await new Promise(done => setTimeout(done, 60));
            }
        }""",
        share,
    )
    return settled(page)


def settled(page):
    """Wait until the place is noted and nothing moves any more; return the passage on top."""
    page.wait_for_timeout(500)
    wait_until(page, SETTLED)
    before = None
    while (now := page.evaluate(PASSAGE)) != before:
        before = now
        page.wait_for_timeout(300)
    return now


def assert_same(page, before):
    index, top = settled(page)
    assert index == before[0] and abs(top - before[1]) < 24, (index, top, before)


@pytest.fixture(params=["anchored", "unanchored"])
def tab(open_page, request):
    """Return the tab of a phone, in a browser with and in one without scroll anchoring."""
    page = open_page(**PHONE)
    if request.param == "unanchored":
        page.add_init_script(UNANCHORED)
    return page


@pytest.mark.parametrize("share", [0.3, 0.8])
def test_a_reload_keeps_the_place(tab, address, share):
    tab.goto(address + CHAPTER)
    before = read_on(tab, share)
    tab.reload()
    assert_same(tab, before)


def test_back_and_forward_keep_the_place(tab, address):
    tab.goto(address + CHAPTER)
    before = read_on(tab, 0.6)
    tab.goto(address + "notation.html")
    tab.go_back()
    assert_same(tab, before)
    links = tab.locator("nav.contents a[href^='#']")
    target = links.nth(2).get_attribute("href")
    tab.evaluate("target => { location.hash = target; }", target)
    tab.wait_for_timeout(400)
    assert tab.evaluate(PASSAGE)[0] != before[0]
    tab.go_back()
    assert_same(tab, before)


def test_a_turned_phone_shows_the_same_passage(tab, address):
    tab.goto(address + CHAPTER)
    before = read_on(tab, 0.6)
    tab.set_viewport_size({"width": 844, "height": 390})
    tab.wait_for_timeout(900)
    assert tab.evaluate(PASSAGE)[0] == before[0]
    tab.set_viewport_size(PHONE["viewport"])
    tab.wait_for_timeout(900)
    assert tab.evaluate(PASSAGE)[0] == before[0]


def test_after_a_deep_link_scrolling_up_does_not_jump(tab, address):
    tab.goto(address + CHAPTER + "#train-until-the-error-is-small")
    tab.wait_for_timeout(600)
    jumps = tab.evaluate(
        """async () => {
            const jumps = [];
            const title = document.querySelector("#train-until-the-error-is-small > h2");
            for (let step = 0; step < 30; step++) {
                const before = title.getBoundingClientRect().top;
                scrollBy(0, -200);
                await new Promise(done => requestAnimationFrame(() => setTimeout(done, 30)));
                jumps.push(Math.abs(title.getBoundingClientRect().top - before - 200));
            }
            return jumps;
        }"""
    )
    assert max(jumps) < 24, jumps


def test_the_header_names_the_section_and_opens_the_contents(tab, address):
    tab.goto(address + CHAPTER + "#train-until-the-error-is-small")
    button = tab.locator(".contents-button")
    wait_until(tab, "() => document.querySelector('.contents-button').innerText.includes('Train')")
    box = button.bounding_box()
    assert box["y"] < 60
    tab.mouse.click(box["x"] + 20, box["y"] + 20)
    current = tab.locator("nav.contents [aria-current]")
    assert current.is_visible() and "Train until" in current.inner_text()
    box, entry = tab.locator("nav.contents").bounding_box(), current.bounding_box()
    assert box["y"] <= entry["y"] <= box["y"] + box["height"] - entry["height"]
    tab.keyboard.press("Escape")
    assert not tab.locator("nav.contents").is_visible()


def test_on_a_desktop_the_list_follows_without_moving_the_page(page, address):
    page.set_viewport_size({"width": 1400, "height": 600})
    page.goto(address + CHAPTER)
    last = page.locator("nav.contents a[href^='#']").last.get_attribute("href")
    page.evaluate("target => document.querySelector(target).scrollIntoView()", last)
    wait_until(page, "() => document.querySelector('nav.contents').scrollTop > 0")
    page.wait_for_timeout(200)
    box = page.locator("nav.contents").bounding_box()
    entry = page.locator("nav.contents [aria-current]").bounding_box()
    assert box["y"] <= entry["y"] <= box["y"] + box["height"] - entry["height"]


def test_the_title_page_leads_back_and_forgets(open_page, address):
    page = open_page(**PHONE)
    page.goto(address + "index.html")
    assert page.locator(".go-on").count() == 0
    page.goto(address + CHAPTER)
    before = read_on(page, 0.6)
    page.goto(address + "index.html")
    line = page.locator(".go-on")
    assert "Backpropagation ›" in line.inner_text() and "this device only" in line.inner_text()
    line.locator("a").click()
    page.wait_for_timeout(700)
    section = "index => document.querySelectorAll('article section > :not(section)')[index]"
    same = f"([a, b]) => ({section})(a).parentElement === ({section})(b).parentElement"
    assert page.evaluate(same, [before[0], page.evaluate(PASSAGE)[0]])
    page.goto(address + "index.html")
    page.locator(".go-on button").click()
    page.reload()
    assert page.locator(".go-on").count() == 0


def test_with_storage_blocked_nothing_fails(open_page, address):
    page = open_page(**PHONE)
    page.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new Error('closed'); } })"
    )
    page.goto(address + CHAPTER)
    before = read_on(page, 0.5)
    page.reload()
    assert_same(page, before)
    page.goto(address + "index.html")
    assert page.locator(".go-on").count() == 0


@pytest.mark.parametrize("width", [320, 375])
def test_the_header_holds_text_of_twice_the_size(open_page, address, width):
    page = open_page(viewport={"width": width, "height": 800})
    page.goto(address + CHAPTER)
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for control in page.locator(".top button, .top a").all():
        if control.is_visible():
            box = control.bounding_box()
            assert box["x"] >= 0 and box["x"] + box["width"] <= width
