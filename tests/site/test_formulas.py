"""Each page has a style of its own, with all that its formulas need of KaTeX and little more."""

import re

import pytest
from fontTools.ttLib import TTFont
from project import CHAPTERS, PROJECT

pytestmark = pytest.mark.site

WHOLE = PROJECT / "site" / "node" / "node_modules" / "katex" / "dist" / "katex.min.css"
# Each piece of a formula's text: the font it asks for, and where it stands.
PIECES = r"""() => [...document.querySelectorAll("article .katex-html span")]
    .filter(span => !span.children.length && span.textContent.replace(/\u200b/g, "").trim())
    .map(span => {
        const { fontFamily, fontWeight, fontStyle } = getComputedStyle(span);
        const { x, y, width, height } = span.getBoundingClientRect();
        const font = [fontFamily.split(",")[0], fontWeight >= 600, fontStyle === "italic"];
        return [span.textContent, font, x, y + scrollY, width, height];
    })"""
STYLES = {
    (False, False): "Regular", (True, False): "Bold",
    (False, True): "Italic", (True, True): "BoldItalic",
}  # fmt: skip


ADD = """rules => {
    const { sheet } = document.querySelector("#katex"); // what course.css says otherwise stays
    for (const rule of rules) sheet.insertRule(rule, sheet.cssRules.length);
}"""


def pieces(page, address):
    """Return a page's pieces, all of its parts laid out, folded ones too."""
    page.goto(address)
    page.evaluate("""() => {
        document.querySelector("article").classList.remove("long");
        for (const folded of document.querySelectorAll("details")) folded.open = true;
        document.documentElement.classList.add("laid-out");
        return Promise.all([...document.fonts].map(face => face.load()));
    }""")
    return page.evaluate(PIECES)


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_page_has_the_letters_and_rules_of_its_formulas(open_page, html, address, name):
    folder = html / "_static" / "katex" / name
    page = open_page(viewport={"width": 1280, "height": 900})
    own = pieces(page, address + f"{name}.html")
    assert folder.exists() == bool(own)
    if not own:
        return
    fonts = {path.stem: set(TTFont(path).getBestCmap()) for path in folder.glob("*.woff2")}
    for text, (family, bold, italic), *_ in own:
        font = f"{family}-{STYLES[bold, italic]}"
        assert set(map(ord, text)) <= fonts[font] | {ord(" ")}, (text, font)

    # With all rules of KaTeX, too, everything stands where it stood.
    rules = re.findall(r"[^{}]+\{[^}]*\}", WHOLE.read_text(encoding="utf-8"))
    rules = [rule for rule in rules if not rule.startswith("@font-face")]
    assert page.evaluate("document.querySelector('#katex').sheet.cssRules.length") < len(rules) / 2
    page.evaluate(ADD, rules)
    assert own == page.evaluate(PIECES)
