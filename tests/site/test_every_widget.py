"""What every widget on the built pages owes its readers; its numbers have a file of their own."""

import re

import pytest
from project import AXE, CHAPTERS, painted, wait_until, wake

from nnwidgets.base import MIME
from tools.build.notebooks import stored_widgets

pytestmark = pytest.mark.site

RULES = {"rules": {"target-size": {"enabled": True}}}
BROKEN = re.compile(r"\b(NaN|undefined|Infinity|null|\[object)\b")
KEYS = """(handle, keys) => {
    for (const key of keys) {
        const told = { key, bubbles: true, cancelable: true };
        handle.dispatchEvent(new KeyboardEvent("keydown", told));
    }
}"""
# All tests of one widget come before those of the next: they share a page.
every_widget = pytest.mark.parametrize("chapter, name", list(stored_widgets()), scope="module")
# axe reads whole pages, and takes ten times as long where all else of a chapter stands beside.
ALONE = """box => {
    for (let part = box; part !== document.body; part = part.parentElement) {
        for (const other of [...part.parentElement.children]) if (other !== part) other.remove();
    }
}"""


def words(box):
    """Return all that a widget says and all that its controls hold, once it has been painted."""
    painted(box)
    spoken = ".nnlib-spoken"
    return box.evaluate(
        """(box, spoken) => {
            const copy = box.querySelector(".nnlib").cloneNode(true);
            copy.querySelectorAll(spoken).forEach(element => element.remove());
            const held = [...box.querySelectorAll("input, select")].map(control => control.value);
            return [copy.textContent, ...held].join("|");
        }""",
        spoken,
    )


def use_every_control(box):
    """Press, drag to both ends, choose and type, one control after the other."""
    for i in range(box.locator("input[type=range]").count()):
        slider = box.locator("input[type=range]").nth(i)
        for key in ("Home", "End"):
            slider.press(key)
            assert not BROKEN.search(words(box)), (slider.get_attribute("aria-label"), key)
    for i in range(box.locator("select").count()):
        chooser = box.locator("select").nth(i)
        if chooser.is_visible():
            for value in chooser.locator("option").evaluate_all("all => all.map(o => o.value)"):
                chooser.select_option(value)
                assert not BROKEN.search(words(box)), (chooser.get_attribute("aria-label"), value)
    for i in range(box.locator("button").count()):
        button = box.locator("button").nth(i)
        if button.is_visible() and button.is_enabled():
            button.press("Enter")
            assert not BROKEN.search(words(box)), button.text_content()


def use(control):
    """Move a slider or a list by a step, from whichever end it may be at, or press a button."""
    if control.evaluate("e => e.tagName") == "BUTTON":
        control.press("Enter")
        return
    before = control.input_value()
    for key in ("ArrowDown", "ArrowUp"):
        if control.input_value() == before:
            control.press(key)


def change_something(box):
    """Use one control after the other until the widget shows something else."""
    first = words(box)
    for control in box.locator("input[type=range], select, button:enabled").all():
        use(control)
        if words(box) != first:
            return
    pytest.fail("no control changes anything")


def after(box, handle, *presses):
    """Return what a handle is after Reset and presses of keys, each painted before the next."""
    box.get_by_role("button", name="Reset", exact=True).click()
    for keys in presses:
        painted(box)
        handle.evaluate(KEYS, keys)
    painted(box)
    return handle.evaluate("e => e.outerHTML")


@every_widget
def test_every_control_works_by_keyboard_and_reset_brings_all_back(open_widget, chapter, name):
    box = open_widget(chapter, name, 375)
    first = words(box)
    use_every_control(box)
    box.get_by_role("button", name="Reset", exact=True).click()
    assert words(box) == first


@every_widget
def test_presses_that_come_faster_than_the_picture_break_nothing(open_widget, chapter, name):
    box = open_widget(chapter, name, 375)
    for button in box.locator("button").element_handles():
        button.evaluate("button => { for (let i = 0; i < 30; i++) button.click(); }")
        assert not BROKEN.search(words(box)), button.text_content()
        assert not re.search(r"−\d+ [a-z]", words(box)), button.text_content()  # −1 layers


@every_widget
def test_no_key_is_lost_between_two_pictures(open_widget, chapter, name):
    """A handle goes on from where it is, not from where it was last drawn."""
    box = open_widget(chapter, name)
    for handle in box.locator("[role=application], [role=slider]:not(input)").all():
        one, both = after(box, handle, ["ArrowUp"]), after(box, handle, ["ArrowUp"], ["ArrowLeft"])
        assert after(box, handle) != one != both
        assert after(box, handle, ["ArrowUp", "ArrowLeft"]) == both


@every_widget
def test_a_field_refuses_what_is_no_number_with_a_word(open_widget, chapter, name):
    box = open_widget(chapter, name)
    for field in box.locator("input[type=text]").all():
        if not field.is_visible() or not field.get_attribute("inputmode"):
            continue
        before = field.input_value()
        for text in ("much", "1e99", "1,5"):
            field.fill(text)
            field.press("Enter")
            assert field.get_attribute("aria-invalid") == "true", field.get_attribute("aria-label")
            said = [alert.text_content() for alert in box.get_by_role("alert").all()]
            assert any(said), field.get_attribute("aria-label")
            field.press("Escape")
            assert field.input_value() == before
            assert field.get_attribute("aria-invalid") is None


@every_widget
def test_its_place_is_as_high_as_the_widget_and_nothing_overflows(open_widget, chapter, name):
    box = open_widget(chapter, name)
    for width in (320, 375, 640, 768, 1024, 1280, 1920):
        box.page.set_viewport_size({"width": width, "height": 800})
        painted(box)
        stage, widget = (
            box.locator(part).bounding_box()["height"] for part in (".stage", ".nnlib")
        )
        said = f"at {width} px the widget is {widget / 16:.1f} rem high; state it in `space`"
        slack = 160 if width == 320 else 96  # one height serves all phones
        assert widget <= stage <= widget + slack, said
        assert box.page.evaluate("() => document.documentElement.scrollWidth") <= width


@every_widget
def test_it_says_its_result(open_widget, chapter, name):
    box = open_widget(chapter, name)
    assert box.locator(".nnlib").get_attribute("aria-label")
    spoken = box.locator("[aria-live=polite]").first.element_handle()
    spoken.evaluate("element => element.replaceChildren()")  # what an earlier test made it say
    change_something(box)
    wait_until(box.page, "element => element.textContent.length > 3", spoken)


@pytest.fixture(scope="module")
def still(browser):
    """Open a tab without JavaScript."""
    return browser.new_page(java_script_enabled=False)


@every_widget
def test_without_javascript_and_on_paper_the_picture_stands(
    still, open_widget, address, chapter, name
):
    still.goto(address + f"{chapter}.html")
    for image in still.locator(".widget img").all():
        image.scroll_into_view_if_needed()
        assert image.is_visible()
        assert len(image.get_attribute("alt")) > 50
        stage = image.locator("xpath=ancestor::*[contains(@class, 'stage')]")
        assert stage.bounding_box()["height"] < image.bounding_box()["height"] + 20
    box = open_widget(chapter, name)
    assert not box.locator("img").is_visible()
    box.page.emulate_media(media="print")
    assert box.locator("img").is_visible()
    assert not box.locator(".nnlib").is_visible()


def axe_finds(box):
    """Return the faults of a widget. Its page is spoilt by it, and left."""
    tab = box.page
    box.evaluate(ALONE)
    tab.evaluate(AXE.read_text(encoding="utf-8"))
    found = tab.evaluate("([part, rules]) => axe.run(part, rules)", [".nnlib", RULES])
    assert len(found["passes"]) > 10
    tab.goto("about:blank")
    return [(fault["id"], fault["nodes"][0]["html"]) for fault in found["violations"]]


@every_widget
def test_axe_finds_nothing(open_widget, chapter, name):
    """On a phone in the dark, sizes of targets too; test_access.py looks at whole pages."""
    assert axe_finds(open_widget(chapter, name, 375, "dark")) == []


@every_widget
def test_it_lives_from_disk_too(open_widget, html, chapter, name):
    change_something(open_widget(chapter, name, root=html.as_uri() + "/"))


def test_a_widget_far_below_waits_until_it_is_near(page, address):
    """Else a phone would compute all of a page's widgets before the page answers."""
    page.goto(address + "08-optimizers.html")
    page.wait_for_timeout(500)
    assert page.locator(".widget").count() == 1
    assert page.locator(".widget.alive").count() == 0
    wake(page)
    assert page.locator(".widget.alive").count() == 1


def test_only_pages_with_widgets_load_what_widgets_need(html):
    with_widgets = {chapter for chapter, _ in stored_widgets()} | {"index"}  # which borrows one
    for name in [*CHAPTERS, "search", "404"]:
        page = (html / f"{name}.html").read_text(encoding="utf-8")
        needs = [MIME, "_static/widgets.js"]
        assert [need in page for need in needs] == [name in with_widgets] * 2, name
        assert page.count('class="stage"') == page.count(MIME)


def test_a_page_loads_what_its_widgets_share_once_and_no_other_widget(page, address):
    asked = []
    page.on("request", lambda request: asked.append(request.url.split("/_static/")[-1]))
    page.goto(address + "06-hyperparameters.html")
    wake(page)
    assert page.locator(".widget.alive").count() == 3
    scripts = sorted(name for name in asked if re.match(r"widgets/[a-z_]+\.", name))  # no weights
    widgets = {name for chapter, name in stored_widgets() if chapter == "06-hyperparameters"}
    parts = [f"widgets/{name}.{end}" for name in [*widgets, "shared"] for end in ("css", "js")]
    assert scripts == sorted(parts)
