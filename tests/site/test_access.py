"""Everyone can use every page, and no page lets anything in."""

import pytest
from project import AXE, PAGES, wake

pytestmark = pytest.mark.site


# axe looks at every part of a page. Formulas as drawn are hidden from screen readers (they get the
# MathML, of which axe knows nothing), and in a code cell one word of each colour stands for all:
# without the rest axe is five times as fast.
LIGHTEN = """() => {
    for (const drawn of document.querySelectorAll("article .katex-html")) drawn.textContent = "";
    for (const math of document.querySelectorAll("article math")) math.textContent = "x";
    for (const cell of document.querySelectorAll("article pre")) {
        const seen = new Set();
        for (const word of cell.querySelectorAll("span")) {
            if (seen.has(word.className)) word.replaceWith(word.textContent);
            seen.add(word.className);
        }
    }
}"""
FAULTS = """async rules => {
    const options = { resultTypes: ["violations"], ...(rules && { runOnly: rules }) };
    const { violations } = await axe.run(document, options);
    return violations.map(fault => [fault.id, fault.nodes.map(node => node.html)]);
}"""


@pytest.fixture
def open_with_axe(open_page):
    """Return a function that opens a page together with axe, which its policy would refuse."""

    def open_with_axe(address, scheme="light", width=1280):
        viewport = {"width": width, "height": 900}
        tab = open_page(color_scheme=scheme, bypass_csp=True, viewport=viewport)
        tab.goto(address)
        wake(tab)
        tab.add_script_tag(path=AXE)
        tab.evaluate(LIGHTEN)
        return tab

    return open_with_axe


@pytest.mark.parametrize("name", PAGES)
def test_everyone_can_use_a_page(open_with_axe, address, name):
    tab = open_with_axe(address + f"{name}.html")
    assert not tab.evaluate(FAULTS)
    tab.emulate_media(color_scheme="dark")  # nothing but the colours changes
    assert not tab.evaluate(FAULTS, ["color-contrast", "link-in-text-block"])


@pytest.mark.parametrize("name", ["index", "03-forward-propagation", "notation", "search"])
def test_everyone_can_use_a_page_on_a_phone(open_with_axe, address, name):
    tab = open_with_axe(address + f"{name}.html", "dark", 390)
    assert not tab.evaluate(FAULTS)
    for menu in tab.locator("button[popovertarget]").all():
        menu.click()
        assert not tab.evaluate(FAULTS)
        tab.keyboard.press("Escape")


@pytest.mark.parametrize("name", PAGES)
def test_no_page_lets_a_script_in_or_keeps_anything(page, problems, address, name):
    page.goto(address + f"{name}.html")
    page.evaluate("() => [localStorage, sessionStorage].forEach(storage => storage.clear())")
    page.reload()
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'),"
        " { textContent: 'window.intruder = true' }))"
    )
    assert page.evaluate("window.intruder") is None
    assert "Content Security Policy" in problems.pop()
    assert page.context.cookies() == []
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0


def test_a_reference_leads_to_its_equation(page, address):
    page.goto(address + "02-activations.html")
    reference = page.locator("article a[href*='#equation-']:not(.headerlink)").first
    number = reference.text_content().strip("()")
    reference.click()
    equation = page.locator(f"[id='{page.evaluate('decodeURIComponent(location.hash.slice(1))')}']")
    assert f"({number})" in equation.inner_text()
