"""Nothing is cut in silence: in any width, with large letters, in text, tables and widgets."""

import io
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from PIL import Image
from project import PAGES, painted, wait_until, wake

pytestmark = pytest.mark.site

WIDTHS = (320, 375, 640, 760, 1032, 1440)
# Where the layout changes, and a little before and after, on pages of each kind.
MORE = (480, 720, 740, 768, 1024, 1040, 1260, 1280, 1920)
KINDS = ("index", "03-forward-propagation", "12-recurrence", "notation", "where-next", "search")
LARGE = (320, 375, 768, 1280)  # with letters twice as large
SCROLLERS = "article :is(pre, .table, .output.text_html, .katex-display)"

# What sticks out of the text or of its widget, or is cut off in a box that does not scroll.
LOST = """() => {
    const main = document.querySelector("main");
    const seen = e => e.getClientRects().length && !e.closest(".katex-mathml, svg *")
        && getComputedStyle(e).clipPath === "none"; // what is clipped is for screen readers
    const scrolls = e => ["auto", "scroll"].includes(getComputedStyle(e).overflowX);
    const inside = (e, root) => {
        const parent = e.parentElement;
        return parent !== root && (scrolls(parent) || inside(parent, root));
    };
    const hides = e => ["hidden", "clip"].includes(getComputedStyle(e).overflowX);
    const words = e => e.textContent.trim();
    const framed = e => hides(e.parentElement) && !words(e); // a picture larger than its frame
    const say = e => `${e.tagName} ${e.getAttribute("class")} ${e.textContent.slice(0, 40)}`;
    const found = [];
    const edge = main.getBoundingClientRect().right;
    for (const e of main.querySelectorAll("article *, .neighbours *, .actions *")) {
        const root = e.closest(".nnlib");
        if (!seen(e) || e === root) continue;
        const { left, right, width } = e.getBoundingClientRect();
        const box = root?.getBoundingClientRect() ?? { left: 0, right: edge + 8 };
        const out = width > 2 && (right > box.right + 2 || left < box.left - 2);
        if (out && !framed(e) && !inside(e, root ?? main)) found.push(`sticks out: ${say(e)}`);
        if (hides(e) && words(e) && e.scrollWidth > e.clientWidth + 2 && e.tagName !== "INPUT")
            found.push(`is cut: ${say(e)}`);
    }
    return found.slice(0, 5);
}"""

# Words in tables that run over two lines, though nothing in them says that they may.
TORN = """() => {
    const torn = [];
    for (const cell of document.querySelectorAll("article :is(td, th)")) {
        const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
        while (texts.nextNode()) {
            const text = texts.currentNode;
            if (text.parentElement.closest(".katex, .nnlib")) continue;
            for (const { 0: word, index } of text.data.matchAll(/[^\\s\\-−–—/]+/g)) {
                const range = document.createRange();
                range.setStart(text, index);
                range.setEnd(text, index + word.length);
                const boxes = [...range.getClientRects()].filter(box => box.width);
                const tops = boxes.map(box => box.top);
                if (Math.max(...tops) > Math.min(...tops) + 5) torn.push(word);
            }
        }
    }
    return torn;
}"""

# Formulas, at some width of their paragraph, that leave what touches them to the next line.
ALONE = """() => {
    const alone = new Set();
    for (const formula of document.querySelectorAll("article p .math")) {
        const [next, paragraph] = [formula.nextSibling, formula.closest("p")];
        if (next?.nodeType !== Node.TEXT_NODE || !/^[,.;:!?)]/.test(next.data)) continue;
        const range = document.createRange();
        range.setStart(next, 0);
        range.setEnd(next, 1);
        const last = [...formula.querySelectorAll(".katex-base")].at(-1);
        for (let width = 280; width < 340; width++) {
            paragraph.style.width = `${width}px`;
            const [mark, end] = [range.getBoundingClientRect(), last.getBoundingClientRect()];
            if (mark.left < end.left) alone.add(formula.textContent + mark.width);
        }
        paragraph.style.width = "";
    }
    return [...alone];
}"""


@pytest.fixture(scope="module", params=PAGES)
def tab(request, browser, address, watch):
    """Open a page, laid out as a whole, with all that is folded unfolded."""
    tab = watch(browser.new_page())
    tab.goto(address + f"{request.param}.html")
    wake(tab)
    tab.evaluate(
        """() => {
            document.querySelector("article").classList.remove("long");
            for (const fold of document.querySelectorAll("article details")) fold.open = true;
        }"""
    )
    yield tab
    tab.close()


def test_nothing_is_lost_in_any_width(tab, problems):
    more = MORE if Path(urlsplit(tab.url).path).stem in KINDS else ()
    for width in (*WIDTHS, *more):
        tab.set_viewport_size({"width": width, "height": 256 if width == 320 else 800})
        assert tab.evaluate(f"new Promise(d => requestAnimationFrame(d)).then({LOST})") == [], width
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert not problems


def test_nothing_is_lost_with_letters_twice_as_large(tab, problems):
    tab.evaluate("document.documentElement.style.fontSize = '200%'")
    for width in LARGE:
        tab.set_viewport_size({"width": width, "height": 800})
        assert tab.evaluate(f"new Promise(d => requestAnimationFrame(d)).then({LOST})") == [], width
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
    tab.evaluate("document.documentElement.style.fontSize = ''")
    assert not problems


def test_on_a_phone_what_is_too_wide_shows_it_and_no_word_is_torn(tab, problems):
    tab.set_viewport_size({"width": 375, "height": 740})
    wide = f"""() => [...document.querySelectorAll("{SCROLLERS}")].filter(e =>
        !e.closest(".nnlib") && e.scrollWidth > e.clientWidth
        && !getComputedStyle(e).backgroundAttachment.includes("local")).map(e => e.textContent)"""
    assert tab.evaluate(wide) == []
    assert tab.evaluate(TORN) == []
    assert not problems


def test_42_columns_fit_a_phone(page, address):
    page.set_viewport_size({"width": 375, "height": 740})
    page.goto(address + "04-backpropagation.html")
    page.evaluate("document.querySelector('article').classList.remove('long')")
    output = page.locator(".cell_output pre").first
    for columns, fits in ((42, True), (46, False)):
        output.evaluate("(pre, n) => (pre.textContent = 'm'.repeat(n))", columns)
        assert output.evaluate("pre => pre.scrollWidth <= pre.clientWidth") is fits


@pytest.mark.parametrize("name", ["02-activations", "05-vanishing-gradients"])
def test_what_touches_a_formula_stays_with_it(page, address, name):
    page.goto(address + f"{name}.html")
    page.evaluate("document.querySelector('article').classList.remove('long')")
    wait_until(page, "document.fonts.status === 'loaded'")
    assert page.evaluate(ALONE) == []


def edges(box):
    """Return how far the left and the right edge of a box differ from its ground, 0 to 255."""
    picture = Image.open(io.BytesIO(box.screenshot())).convert("L")
    row = picture.height - 4
    ground = picture.getpixel((picture.width // 2, row))
    ends = range(3), range(picture.width - 3, picture.width)
    return [max(abs(picture.getpixel((x, row)) - ground) for x in end) for end in ends]


WIDE = {  # what may be wider than a phone, and a page that has it
    ".cell_output pre": "errata",
    ".cell_input pre": "04-backpropagation",
    ".katex-display": "03-forward-propagation",
    ".table": "notation",
}
MIDWAY = "e.scrollWidth / 2 - e.clientWidth / 2"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", WIDE)
def test_the_sign_stands_where_there_is_more(page, address, kind, scheme):
    page.set_viewport_size({"width": 375, "height": 740})
    page.emulate_media(color_scheme=scheme)
    page.goto(address + f"{WIDE[kind]}.html")
    page.evaluate("document.querySelector('article').classList.remove('long')")
    wait_until(page, "document.fonts.status === 'loaded'")  # else they may move the box later
    wider = "e => e.scrollWidth > e.clientWidth + 60"
    box = next(b for b in page.locator(kind).all() if b.evaluate(wider) and b.is_visible())
    box.evaluate("e => { for (const part of e.children) part.style.visibility = 'hidden'; }")
    for place, signs in (("0", [False, True]), (MIDWAY, [True, True]), ("1e4", [True, False])):
        box.evaluate(f"e => (e.scrollLeft = {place})")
        for _ in range(10):  # what comes near the screen may still be loading, and moves the box
            painted(box)
            seen = [difference > 60 for difference in edges(box)]
            if seen == signs:
                break
        assert seen == signs, place
