"""One build of the book, one server and one browser for all tests of the site."""

import threading
import zlib
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from filelock import FileLock
from playwright.sync_api import sync_playwright
from project import PROJECT, SUBPATH, painted, run_build, wake

from tools.check.chromium import find

QUIET = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
LONGEST = ("test_widths.py", "test_every_widget.py", "test_reading.py", "test_weight.py")
SCREENS = (375, "dark"), (1280, "light")
CLOSED = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"  # nothing else can be reached

RESET = """() => {
    document.activeElement.blur();
    for (const button of document.querySelectorAll(".widget.alive button")) {
        if (button.textContent === "Reset") button.click();
    }
}"""


def pytest_collection_modifyitems(items):
    """Begin with the longest files of this folder, so that both workers end together."""
    here = Path(__file__).parent
    items.sort(key=lambda it: (it.path.parent == here, it.path.name not in LONGEST))


@pytest.fixture(scope="session")
def html(tmp_path_factory, worker_id):
    """Build the site, once for all parallel workers, and return the folder of its pages."""
    folder = tmp_path_factory.getbasetemp()
    if worker_id != "master":
        folder = folder.parent  # each worker has its own below the run's
    outcome = folder / "book-errors.txt"
    with FileLock(folder / "book.lock"):
        if not outcome.exists():
            build = run_build(PROJECT, folder)
            outcome.write_text(build.stderr if build.returncode else "")
    if errors := outcome.read_text():
        pytest.fail(f"the book does not build:\n{errors}", pytrace=False)
    return folder / "_build" / "html"


class Pages(SimpleHTTPRequestHandler):
    """Serve the site below a sub-path, and its 404 page for the rest, as GitHub Pages does."""

    def translate_path(self, path):
        inside = path.startswith(SUBPATH)
        return super().translate_path("/" + path.removeprefix(SUBPATH) if inside else "/missing")

    def send_error(self, code, message=None, explain=None):
        body = Path(self.directory, "404.html").read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        """Keep the test's output free of the server's."""


class Server(ThreadingHTTPServer):
    """Keep all connections of a page waiting that asks for many things at once, and refuse none."""

    request_queue_size = 128


@pytest.fixture(scope="session")
def address(html):
    """Serve the pages and return the address of the site, a sub-path included."""
    server = Server(("127.0.0.1", 0), partial(Pages, directory=str(html)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}{SUBPATH}"
    server.shutdown()


@pytest.fixture(scope="session")
def browser():
    """Start Chromium."""
    with sync_playwright() as playwright:
        try:
            path = find(playwright)
        except FileNotFoundError as error:
            pytest.fail(str(error), pytrace=False)
        yield playwright.chromium.launch(executable_path=path, args=[*QUIET, CLOSED])


@pytest.fixture(scope="session")
def noted():
    """Note what happens in tabs, some of which outlive the test that opened them."""
    return []


@pytest.fixture
def problems(noted):
    """Collect what must not happen; a test that provokes something takes it out again.

    What a kept tab says between two tests counts for the later one: nothing is lost.
    """
    yield noted
    noted.clear()


@pytest.fixture(scope="session")
def watch(noted):
    """Return a function that notes a tab's errors and requests that leave the host."""

    def look_at(request):
        away = urlsplit(request.url).hostname not in ("127.0.0.1", None)
        if away and not request.url.startswith(("data:", "blob:")):
            noted.append(f"request to {request.url}")

    def listen(message):
        if message.type in ("error", "warning"):
            noted.append(f"{message.type}: {message.text}")

    def fail(request):
        if request.failure != "net::ERR_ABORTED":  # the page was left before it had loaded all
            noted.append(f"failed: {request.url}, {request.failure}")

    def watch(tab):
        tab.on("request", look_at)
        tab.on("requestfailed", fail)
        tab.on("pageerror", lambda error: noted.append(f"page error: {error}"))
        tab.on("console", listen)
        return tab

    return watch


@pytest.fixture
def open_page(browser, problems, watch):
    """Return a function that opens a tab, with the options of Playwright's `new_context`.

    The test fails on an error in the tab's console or a request that leaves the host.
    """
    contexts = []

    def open_page(**options):
        contexts.append(browser.new_context(**options))
        return watch(contexts[-1].new_page())

    yield open_page
    for context in contexts:
        context.close()
    assert not problems


@pytest.fixture
def screen(request):
    """Look on a phone in the dark or on a desk in the light: each at about half of the tests.

    A widget's numbers are the same on both, and `test_every_widget` looks at all widths. The name
    of a test decides, so that it is always the same one.
    """
    return SCREENS[zlib.crc32(request.node.name.encode()) % 2]


@pytest.fixture(scope="session")
def kept(browser, watch):
    """Keep one tab open from test to test: each new one costs half a second."""
    return watch(browser.new_page())


@pytest.fixture
def page(kept, problems):
    """Return a tab as most readers have it."""
    kept.set_viewport_size({"width": 1280, "height": 720})
    kept.emulate_media(color_scheme="light", media="screen")
    yield kept
    assert not problems


@pytest.fixture
def open_widget(open_page, address, kept):
    """Return a function that opens a page and returns the box of one of its widgets, alive.

    A page that the last test left open is used again; its widgets are as Reset leaves them. With
    options of Playwright's `new_context`, the page has a window of its own.
    """

    def open_widget(chapter, name, width=1280, scheme="light", root=None, **options):
        url = (root or address) + f"{chapter}.html"
        tab = open_page(**options) if options else kept
        tab.set_viewport_size({"width": width, "height": 800})
        tab.emulate_media(color_scheme=scheme, media="screen")
        if tab.url == url:
            tab.evaluate(RESET)
        else:
            tab.goto(url, wait_until="domcontentloaded")
            wake(tab)
        box = tab.locator(".widget.alive").filter(has=tab.locator(f".nnlib-{name}")).first
        box.evaluate("box => box.scrollIntoView()")
        painted(box)  # else what a test does first is drawn over by Reset
        return box

    return open_widget


@pytest.fixture
def box(request, screen, open_widget):
    """Open the file's `WIDGET`, a chapter and a name, on a phone or on a desk: see `screen`."""
    return open_widget(*request.module.WIDGET, *screen)


@pytest.fixture
def desk(request, open_widget):
    """Open the file's `WIDGET` on a desk."""
    return open_widget(*request.module.WIDGET)
