"""The first print, made at once, has formulas, figures and widgets; folds print as they are."""

import io

import pypdf
import pytest

pytestmark = pytest.mark.site


def pdf(page):
    """Return what a print of the page holds: its text, the names of its fonts, its pictures."""
    reader = pypdf.PdfReader(io.BytesIO(page.pdf()))
    text = "\n".join(sheet.extract_text() for sheet in reader.pages)
    fonts, pictures = set(), 0
    for sheet in reader.pages:
        fonts |= {
            str(f.get_object()["/BaseFont"]) for f in sheet["/Resources"].get("/Font", {}).values()
        }
        pictures += len(sheet.images)
    return text, fonts, pictures


def missing(page, fonts):
    """Return the fonts of the page's formulas that its print does not have."""
    needed = page.locator("html").get_attribute("data-fonts").split()
    return [name for name in needed if not any(f"KaTeX_{name}" in font for font in fonts)]


# Not chapter 4: one of its fonts stands in a folded solution alone, which is not printed.
@pytest.mark.parametrize("name", ["02-activations", "08-optimizers"])
def test_the_first_print_has_its_formulas_and_figures(open_page, address, name):
    page = open_page()
    page.goto(address + f"{name}.html")
    _, fonts, pictures = pdf(page)
    assert missing(page, fonts) == []
    assert pictures >= page.locator("article figure").count()


def test_a_print_before_the_fonts_have_come_has_its_formulas(open_page, address):
    page = open_page()
    held = []

    def hold(route):
        if route.request.resource_type == "font":
            held.append(route)
        else:
            route.continue_()

    page.route("**/KaTeX_*.woff2", hold)
    page.goto(address + "02-activations.html", wait_until="domcontentloaded")
    page.wait_for_function("[...document.fonts].some(face => face.status == 'loading')")
    _, fonts, _ = pdf(page)
    assert held and missing(page, fonts) == []


def test_folds_print_as_the_reader_left_them(open_page, address):
    page = open_page()
    page.goto(address + "02-activations.html")
    folded, _, _ = pdf(page)
    assert "Show the code" not in folded and "Solution" not in folded


def test_a_print_with_solutions_opens_them_and_closes_them_again(open_page, address):
    page = open_page()
    page.goto(address + "02-activations.html")
    page.evaluate("window.print = () => dispatchEvent(new Event('beforeprint'))")
    folded = page.locator("article details:not([open])")
    before = folded.count()
    page.locator("[data-print=all]").click()
    assert before > 5 and folded.count() == 0
    missing = "all => all.filter(i => !i.complete && !i.closest('.drawn')).length"
    assert page.locator("article img").evaluate_all(missing) == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert folded.count() == before
