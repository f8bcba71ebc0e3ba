"""A phone in the hand: handles are dragged, and the page scrolls from everywhere else."""

import pytest
from project import painted, wake

from tools.build.notebooks import stored_widgets

pytestmark = pytest.mark.site

PHONE = {
    "viewport": {"width": 375, "height": 740},
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 2,
}
FAR = 90  # pixels that a finger goes
HANDLES = ".nnlib-handle, .nnlib-sheet"
SLIDERS = "input[type=range]"
ELSEWHERE = ".nnlib-body > *:not(:has(input, .nnlib-sheet, .nnlib-handle)), button, .nnlib-name"
SHARE = "({ value, min, max }) => (value - min) / (max - min)"  # of its way, where a slider stands
# What a widget shows: its pictures, its numbers, and what its controls hold.
SHOWN = """box => [
    ...[...box.querySelectorAll(".nnlib-body *:not(.nnlib-spoken)")].map(e => [
        e.value ?? "", e.children.length ? "" : e.textContent, e.getAttribute("transform"),
    ].join()),
    ...[...box.querySelectorAll(".nnlib-sheet canvas")].map(canvas => canvas.toDataURL()),
].join("|")"""
# Where the centre of an element lies, once it is in the middle of the screen.
MIDDLE = """element => {
    const middle = () => {
        const { x, y, width, height } = element.getBoundingClientRect();
        return [x + width / 2, y + height / 2];
    };
    window.scrollBy({ top: middle()[1] - innerHeight / 2, behavior: "instant" });
    return middle();
}"""
AT_REST = """() => new Promise(done => {
    let [last, same] = [NaN, 0];
    const look = () => {
        same = scrollY === last ? same + 1 : 0;
        last = scrollY;
        if (same > 3) done();
        else requestAnimationFrame(look);
    };
    look();
})"""
# Empty places beside the handle, in its drawing.
BESIDE = """handle => {
    const { x, y, width, height } = handle.closest("svg").getBoundingClientRect();
    const at = ([u, v]) => [x + u * width, y + v * height];
    return [[0.1, 0.5], [0.9, 0.5], [0.5, 0.2]].map(at)
        .find(place => !handle.contains(document.elementFromPoint(...place)));
}"""


class Finger:
    """A finger on the screen of a tab, as the browser's own emulation of touch moves it."""

    def __init__(self, tab):
        self.tab = tab
        self.session = tab.context.new_cdp_session(tab)

    def send(self, kind, *points):
        points = [{"x": x, "y": y} for x, y in points]
        self.session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def swipe(self, place, dx, dy, under, steps=4):
        """Come down at a place, go by so much, stay, lift; return how far `under` has moved up."""
        (x, y), top = place, "element => element.getBoundingClientRect().top"
        before = under.evaluate(top)
        self.send("touchStart", (x, y))
        for i in range(1, steps + 1):
            self.send("touchMove", (x + dx * i / steps, y + dy * i / steps))
        if steps:
            self.tab.wait_for_timeout(60)  # lifted in full swing, the page would run on
            self.send("touchMove", (x + dx, y + dy))
        self.send("touchEnd")
        self.tab.evaluate(AT_REST)
        return round(before - under.evaluate(top))


@pytest.fixture(scope="module")
def phone(browser, watch):
    """Open a tab on a phone, for all widgets in turn."""
    context = browser.new_context(**PHONE)
    yield watch(context.new_page())
    context.close()


@pytest.fixture(scope="module", params=list(stored_widgets()), ids=" ".join)
def widget(request, phone, address):
    """Open the page of one widget and return its box, alive, and a finger."""
    chapter, name = request.param
    if f"{chapter}.html" not in phone.url:
        phone.goto(address + f"{chapter}.html", wait_until="domcontentloaded")
        phone.evaluate("document.querySelector('article').classList.remove('long')")
        wake(phone)
    box = phone.locator(".widget.alive").filter(has=phone.locator(f".nnlib-{name}")).first
    return box, Finger(phone)


def shown(box):
    painted(box)
    return box.evaluate(SHOWN)


def visible(box, parts):
    return [part for part in box.locator(parts).all() if part.is_visible()]


def test_a_handle_is_dragged_in_any_direction_and_the_page_stays(widget, problems):
    box, finger = widget
    for handle in visible(box, HANDLES):
        drawing = handle.locator("xpath=..")
        across_only = handle.get_attribute("aria-label") == "Point on the curve"
        for dx, dy in ((0, -FAR), (0, FAR), (-FAR, 0), (FAR, 0)):
            start, before = handle.evaluate(MIDDLE), shown(box)
            assert finger.swipe(start, dx, dy, drawing) == 0, (dx, dy)
            assert (shown(box) != before) is not (across_only and dy), (dx, dy)
    assert not problems


def test_a_swipe_down_the_page_sets_no_slider_on_its_way(widget, problems):
    box, finger = widget
    for slider in visible(box, SLIDERS):
        name, width = slider.get_attribute("aria-label"), slider.bounding_box()["width"]
        before = shown(box)
        x, y = slider.evaluate(MIDDLE)
        thumb = float(slider.evaluate(SHARE))
        at = 0.4 if thumb < 0.5 else -0.4  # far from where it stands
        assert finger.swipe((x + at * width, y), 4, -FAR, slider) > FAR / 2, name
        assert shown(box) == before, name
    assert not problems


def test_a_slider_follows_a_finger_sideways_and_goes_to_a_tap(widget, problems):
    box, finger = widget
    for slider in visible(box, SLIDERS):
        name, width = slider.get_attribute("aria-label"), slider.bounding_box()["width"]
        x, y = slider.evaluate(MIDDLE)
        before = shown(box)
        assert finger.swipe((x - 0.3 * width, y), 0.8 * width, 6, slider) == 0, name
        assert slider.evaluate(SHARE) == 1, name
        after = shown(box)
        assert finger.swipe((x - 0.49 * width, y), 0, 0, slider, steps=0) == 0, name
        assert slider.evaluate(SHARE) == 0, name
        assert len({before, after, shown(box)}) > 1, name
    assert not problems


def test_the_page_scrolls_from_everywhere_else(widget, problems):
    box, finger = widget
    for handle in visible(box, ".nnlib-handle"):
        for way in (1, -1):
            handle.evaluate(MIDDLE)  # the last swipe may have brought a handle under the finger
            place = handle.evaluate(BESIDE)
            assert finger.swipe(place, 0, -way * FAR, box) * way > FAR / 2
    for part in visible(box, ELSEWHERE)[::6]:
        before = shown(box)
        assert finger.swipe(part.evaluate(MIDDLE), 0, -FAR, box) > FAR / 2, part.inner_text()
        assert shown(box) == before
    assert not problems
