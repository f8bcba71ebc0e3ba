"""The project under test: where it is, what its settings say, and how to build it."""

import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import yaml
from sphinx_external_toc.parsing import parse_toc_yaml

PROJECT = Path(__file__).parents[2]
CONFIG = yaml.safe_load((PROJECT / "_config.yml").read_text(encoding="utf-8"))
CHAPTERS = list(parse_toc_yaml(PROJECT / "_toc.yml"))
PAGES = [*CHAPTERS, "search", "404"]  # the two that Sphinx makes without a source
SUBPATH = "/" + urlsplit(CONFIG["repository"]["url"]).path.split("/")[-1] + "/"  # as on Pages

AXE = PROJECT / "site" / "node" / "node_modules" / "axe-core" / "axe.min.js"


def run_build(project, folder):
    """Build the book of a project into a folder with the command behind `make book`."""
    return subprocess.run(
        [sys.executable, "-m", "tools.build.book", str(folder)],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
    )


def wait_until(page, condition, argument=None):
    """Wait until a JavaScript expression is true; Playwright's own way breaks the pages' policy."""
    for _ in range(100):
        if page.evaluate(condition, argument):
            return
        page.wait_for_timeout(50)
    raise TimeoutError(condition)


def wake(page):
    """Go from widget to widget: each comes alive when it is near."""
    for box in page.locator(".widget").all():
        box.evaluate("box => box.scrollIntoView()")
        wait_until(page, "box => box.classList.contains('alive')", box.element_handle())


def painted(box):
    """Wait until a widget has painted what it was last told."""
    box.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))")


def labelled(box, label):
    """Return the list whose label begins so; the label's text holds the list's as well."""
    return box.get_by_label(re.compile(f"^{re.escape(label)}"))
