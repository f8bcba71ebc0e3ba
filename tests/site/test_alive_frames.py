"""Frames in Chromium: at every setting the page shows the figure that Python draws for it."""

import base64
import io
import itertools
import json
import re

import numpy as np
import pytest
from PIL import Image
from project import painted, wait_until, wake

from nnwidgets import Frames
from nnwidgets.base import MIME
from nnwidgets.frames import DPI
from tools.build.notebooks import stored_widgets

pytestmark = pytest.mark.site

CHAPTERS = ["06-hyperparameters", "07-overfitting"]
# Pixels are read from a copy: a canvas that is read often is one that Chromium warns of.
COPY = """
    const { width, height } = canvas;
    const copy = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, 0, width, height);
"""
DECODED = f"canvas => {{ {COPY} return data.some(value => value); }}"
PIXELS = (
    f"canvas => {{ {COPY}"
    + """
    let text = "";
    for (let i = 0; i < data.length; i += 8192) {
        text += String.fromCharCode(...data.subarray(i, i + 8192));
    }
    return [width, height, btoa(text)];
}"""
)


def opened(data):
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), float)


def shown(box):
    """Return the pixels that the widget shows, once they have been painted."""
    painted(box)
    width, height, data = box.locator("canvas").evaluate(PIXELS)
    values = np.frombuffer(base64.b64decode(data), np.uint8).reshape(height, width, 4)
    assert (values[..., 3] == 255).all()
    return values[..., :3].astype(float)


def decoded(box):
    wait_until(box.page, DECODED, box.locator("canvas").element_handle())
    return box


def stored(chapter):
    """Return the state of a chapter's frames, and their pictures by place."""
    state = stored_widgets()[chapter, "frames"]["state"]
    sheet, (width, height) = opened(base64.b64decode(state["sheet"]["base64"])), state["size"]
    pictures = {}
    for k, at in enumerate(itertools.product(*(range(len(v)) for v in state["labels"]))):
        row, column = divmod(k, state["columns"])
        top, left = row * height, column * width
        pictures[at] = sheet[top : top + height, left : left + width]
    return state, pictures


def move(slider, place):
    slider.press("Home")
    for _ in range(place):
        slider.press("ArrowRight")


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_its_figure_is_as_dark_as_the_page(open_widget, chapter):
    for scheme, low, high in (("light", 240, 255), ("dark", 0, 40)):
        box = decoded(open_widget(chapter, "frames", 375, scheme))
        painted(box)
        picture = opened(box.locator(".nnlib-film").screenshot())
        edge = np.concatenate([picture[3, 20:-20], picture[-4, 20:-20]])  # its ground
        assert low <= edge.min() and edge.max() <= high


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_each_chapter_shows_its_frame_at_every_setting(open_widget, screen, chapter):
    box = decoded(open_widget(chapter, "frames", *screen))
    state, pictures = stored(chapter)
    sliders = [box.get_by_role("slider", name=name, exact=True) for name in state["names"]]
    assert np.array_equal(shown(box), pictures[tuple(state["first"])])
    for at, picture in pictures.items():
        for slider, place, labels in zip(sliders, at, state["labels"], strict=True):
            move(slider, place)
            assert slider.get_attribute("aria-valuetext") == labels[place]
        assert box.locator(".nnlib-stop").all_text_contents() == [
            labels[place] for place, labels in zip(at, state["labels"], strict=True)
        ]
        assert np.array_equal(shown(box), picture), at
    box.get_by_role("button", name="Reset").click()
    assert np.array_equal(shown(box), pictures[tuple(state["first"])])


def draw(ax, rate, kind, n):
    ax.plot(rate * np.arange(n + 1), "-" if kind == "line" else "o")
    ax.set(ylim=(-8, 8), xlabel=f"{kind} at {rate}")


@pytest.fixture(scope="module")
def frames():
    return Frames(
        draw, rate=[0.1, 1, -2], kind=["line", "dots"], n=[3, 5], start={"rate": 1},
        alt="{kind} that ends at {n}".format,
    )  # fmt: skip


@pytest.fixture
def box(open_page, address, html, frames, screen):
    """Put the frames of this test in the place of a chapter's."""
    page = (html / f"{CHAPTERS[1]}.html").read_text(encoding="utf-8")
    frames.at = frames.first
    state = json.dumps(frames.stored()).replace("<", "\\u003c")
    script = re.compile(rf'(<script type="{re.escape(MIME)}">)(.*?)(</script>)', re.S)
    body = script.sub(lambda found: found[1] + state + found[3], page)
    assert body != page
    width, scheme = screen
    tab = open_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    tab.route("**/07-overfitting.html", lambda route: route.fulfill(
        body=body, content_type="text/html"))  # fmt: skip
    tab.goto(address + "07-overfitting.html")
    wake(tab)
    box = tab.locator(".widget.alive").filter(has=tab.locator(".nnlib-frames")).first
    return decoded(box)


def assert_shows(box, frames, at):
    """Compare what the page shows with the figure that Python draws at this place."""
    frames.at = list(at)
    exact = opened(frames.exact(DPI))
    difference = np.abs(shown(box) - exact)
    assert difference.max() < 80 and difference.mean() < 0.5, at
    values = frames.setting
    words = ", ".join(f"{name} = {value}" for name, value in values.items()).replace("-", "−")
    assert box.locator("canvas").get_attribute("aria-label") == (
        f"{words}. {values['kind']} that ends at {values['n']}"
    )


def test_any_figure_is_shown_at_every_setting_by_keyboard(box, frames):
    sliders = [box.get_by_role("slider", name=name, exact=True) for name in ("rate", "kind", "n")]
    assert_shows(box, frames, (1, 0, 0))
    for at in itertools.product(range(3), range(2), range(2)):
        for slider, place in zip(sliders, at, strict=True):
            move(slider, place)
        assert_shows(box, frames, at)
    sliders[0].press("End")
    sliders[0].press("ArrowRight")  # there is nothing beyond
    assert_shows(box, frames, (2, 1, 1))
    box.get_by_role("button", name="Reset").press("Enter")
    assert_shows(box, frames, (1, 0, 0))


def test_the_mouse_snaps_to_the_values_and_the_setting_is_spoken(box, frames):
    slider = box.get_by_role("slider", name="rate", exact=True)
    slider.scroll_into_view_if_needed()
    for share, place in [(0.05, 0), (0.45, 1), (0.6, 1), (0.95, 2)]:
        size = slider.bounding_box()
        slider.click(position={"x": share * size["width"], "y": size["height"] / 2})
        assert_shows(box, frames, (place, 0, 0))
    spoken = box.locator("[aria-live=polite]")
    last = "element => element.textContent.includes('−2')"
    wait_until(box.page, last, spoken.element_handle())
    assert spoken.text_content() == "rate = −2, kind = line, n = 3. line that ends at 3"


def test_the_next_paint_after_a_key_has_the_new_frame(box, frames):
    slider = box.get_by_role("slider", name="rate", exact=True).element_handle()
    canvas = box.locator("canvas").element_handle()
    late = box.page.evaluate(
        """async ([slider, canvas]) => {
            let late = 0;
            for (let i = 0; i < 30; i += 1) {
                const before = canvas.getAttribute("aria-label");
                slider.value = i % 3 === 1 ? 2 : i % 3 && 1;
                await new Promise(requestAnimationFrame);
                slider.dispatchEvent(new Event("input", { bubbles: true }));
                await new Promise(requestAnimationFrame);
                if (i && canvas.getAttribute("aria-label") === before) late += 1;
            }
            return late;
        }""",
        [slider, canvas],
    )
    assert late == 0


def test_an_answer_from_python_is_painted_and_only_where_it_belongs(open_widget):
    """The page has no kernel; so the test plays one, with the page's own module."""
    box = decoded(open_widget(CHAPTERS[0], "frames"))
    box.page.evaluate("() => scrollTo(0, 0)")
    asked = box.page.evaluate(
        """async box => {
            const { state } = JSON.parse(box.querySelector("script").text);
            const packed = state.sheet.base64 ?? nnwidgets[state.sheet.file];
            const bytes = Uint8Array.from(atob(packed), c => c.charCodeAt(0));
            const values = { ...state, sheet: new DataView(bytes.buffer) };
            const heard = new Map();
            const sent = [];
            const fake = {
                get: name => values[name],
                set: (name, value) => { values[name] = value; heard.get(`change:${name}`)?.(); },
                on: (name, listener) => heard.set(name, listener),
                off: name => heard.delete(name),
                save_changes() {},
                send: content => sent.push(content),
            };
            const el = document.createElement("div");
            document.body.append(el);
            const end = nnwidgets.frames.render({ model: fake, el });
            const rest = time => new Promise(done => setTimeout(done, time));
            const canvas = el.querySelector("canvas");
            const red = document.createElement("canvas");
            [red.width, red.height] = [960, 720];
            const brush = red.getContext("2d");
            brush.fillStyle = "#ff0000";
            brush.fillRect(0, 0, 960, 720);
            const blob = await new Promise(done => red.toBlob(done));
            const answer = new DataView(await blob.arrayBuffer());
            const small = new OffscreenCanvas(1, 1);
            const look = small.getContext("2d", { willReadFrequently: true });
            const seen = () => {
                look.drawImage(canvas, -5, -5);
                return [canvas.width, ...look.getImageData(0, 0, 1, 1).data];
            };
            await rest(600);
            const results = [sent.length, JSON.stringify(sent[0])];
            fake.set("at", [1, 0]);
            fake.set("at", [2, 0]);
            await rest(100);
            await heard.get("msg:custom")({ at: [1, 0] }, [answer]);  // too late
            await rest(100);
            results.push(seen());
            await rest(500);
            results.push(sent.length, JSON.stringify(sent.at(-1)));
            await heard.get("msg:custom")({ at: [2, 0] }, [answer]);
            await rest(100);
            results.push(seen());
            fake.set("at", [1, 0]);
            await rest(100);
            results.push(seen());
            end();
            el.remove();
            results.push(heard.size);
            return results;
        }""",
        box.element_handle(),
    )
    frame = [480, 255, 255, 255, 255]
    red = [960, 255, 0, 0, 255]
    assert asked == [1, '{"at":[1,0]}', frame, 2, '{"at":[2,0]}', red, frame, 0]
