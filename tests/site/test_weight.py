"""What a first visit to a page transfers, and whether the page keeps still while it arrives."""

import gzip
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup
from project import PAGES, SUBPATH, wait_until

pytestmark = pytest.mark.site

# Goes down the page as a reader does, until all pictures are there; an animation frame is a look.
READ = """async () => {
    const look = () => new Promise(done => requestAnimationFrame(() => setTimeout(done)));
    for (let y = 0; y < document.documentElement.scrollHeight; y += innerHeight) {
        scrollTo(0, y);
        await look();
    }
    for (const image of document.images) {
        while (image.checkVisibility() && !image.complete) {
            image.scrollIntoView(); // one that was passed too fast is loaded only when seen again
            await look();
        }
    }
    await look();
}"""
# How far parts of the page have jumped so far: the sum, not the browser's milder score.
SHIFT = """() => new Promise(done => {
    let sum = 0;
    const watcher = new PerformanceObserver(list => {});
    watcher.observe({ type: "layout-shift", buffered: true });
    setTimeout(() => {
        for (const entry of watcher.takeRecords()) sum += entry.value;
        done(sum);
    });
})"""
# What a folded solution shows is loaded when it is opened.
UNFOLD = """() => {
    for (const folded of document.querySelectorAll("details")) folded.open = true;
    for (const image of document.images) image.loading = "eager";
}"""
LOADED = "() => [...document.images].every(image => image.complete)"
PICTURES = """images => images.filter(image => image.checkVisibility()).map(image => {
    const style = getComputedStyle(image);
    const inside = side => parseFloat(style[side]) - 2 * parseFloat(style.padding);
    const { left, right } = image.getBoundingClientRect();
    const column = document.querySelector("article").getBoundingClientRect();
    return {
        source: image.getAttribute("src"),
        stretched: inside("width") / inside("height") * image.naturalHeight / image.naturalWidth,
        outside: Math.max(column.left - left, right - column.right),
    };
})"""


def own_state(page):
    """Return the gzipped bytes of what the page's widgets hold; 0 if there is none."""
    found = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser").select(".widget script")
    states = "".join(script.string for script in found)
    return len(gzip.compress(states.encode())) if states else 0


PHONE, DESK = (390, 844), (1280, 900)
LIMIT = 150_000
FIRST = {  # what chapters weighed on a phone in the first edition: no heavier today
    "02": 74_000,
    "03": 68_000,
    "04": 112_000,
    "05": 70_000,
    "06": 104_000,
    "07": 84_000,
    "08": 80_000,
}
KINDS = ("index", "04-backpropagation", "11-explaining", "playground", "notation", "search")


@pytest.mark.parametrize(
    ("name", "size"), [*((name, PHONE) for name in PAGES), *((name, DESK) for name in KINDS)]
)
def test_a_page_is_light_and_keeps_still(open_page, html, address, name, size):
    page, requests = open_page(viewport={"width": size[0], "height": size[1]}), []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(address + f"{name}.html", wait_until="networkidle")
    weights = {}
    for url in filter(lambda url: url.startswith("http"), requests):
        path = unquote(urlsplit(url).path).removeprefix(SUBPATH)
        content = (html / path).read_bytes()
        packed = path.endswith((".webp", ".woff2"))  # already; the server packs the rest
        weights[path] = len(content if packed else gzip.compress(content))
    own = own_state(html / f"{name}.html")
    weight = sum(weights.values())
    assert weight <= LIMIT + own, weights
    assert size != PHONE or weight <= FIRST.get(name[:2], LIMIT + own), weights
    assert len(requests) <= 16, weights

    page.evaluate(READ)
    assert page.evaluate(SHIFT) < 0.01
    page.evaluate(UNFOLD)
    wait_until(page, LOADED)
    for picture in page.locator("article img").evaluate_all(PICTURES):
        assert picture["stretched"] == pytest.approx(1, abs=0.01), picture
        assert picture["outside"] <= 0, picture
