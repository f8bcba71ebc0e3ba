"""A student's way: open a chapter in JupyterLab, run it, and play with its widget."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from jupyter_client import BlockingKernelClient
from project import PROJECT

from tools.build.notebooks import ENVIRONMENT, KERNEL, code_cells

pytestmark = pytest.mark.site

SETTINGS = {  # no news from the internet, and all cells of the notebook in the page
    "apputils-extension/notification": '{"fetchNews": "false", "checkForUpdates": false}',
    "notebook-extension/tracker": '{"windowingMode": "none"}',
}
MIME_TYPES = "outputs => outputs.map(output => output.dataset.mimeType)"
# What Python knows of the last neuron that the chapter made.
ASK = """
from ipywidgets.widgets.widget import _instances
print([widget for widget in _instances.values() if isinstance(widget, Neuron)][-1])
"""


@pytest.fixture
def project(tmp_path):
    """Lay out a project whose scripts a test may change."""
    for part in ("book", "nnlib", "nnwidgets", "tools", "site/node"):
        skipped = shutil.ignore_patterns("node_modules", "__pycache__")
        shutil.copytree(PROJECT / part, tmp_path / part, ignore=skipped)
    modules = "site/node/node_modules"
    (tmp_path / modules).symlink_to(PROJECT / modules)
    return tmp_path


@pytest.fixture
def lab(project):
    """Start JupyterLab as `make lab` does; return its address and its runtime folder."""
    for name, text in SETTINGS.items():
        file = project / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    places = {"JUPYTER_CONFIG_DIR": "config", "JUPYTER_RUNTIME_DIR": "runtime"}
    places |= {"JUPYTERLAB_SETTINGS_DIR": "settings", "JUPYTERLAB_WORKSPACES_DIR": "workspaces"}
    folders = {variable: str(project / folder) for variable, folder in places.items()}
    # The kernels of a copy must not import what stands in the original.
    path = os.pathsep.join([str(project), *filter(None, [os.environ.get("PYTHONPATH")])])
    options = ["--no-browser", "--port=0", "--IdentityProvider.token=", "--allow-root"]
    with (project / "log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "tools.build.lab", *options],
            cwd=project,
            env={**os.environ, **folders, "PYTHONPATH": path, **ENVIRONMENT},
            stdout=log,
            stderr=log,
            start_new_session=True,  # so that one signal ends all of them, as Ctrl+C does
        )
    try:
        yield _address(server, project / "log"), project / "runtime"
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=30)


def _address(server, log):
    """Wait for the server's address in its log."""
    for _ in range(300):
        if found := re.search(r"http://(?:localhost|127\.0\.0\.1):(\d+)/lab", log.read_text()):
            return f"http://127.0.0.1:{found[1]}/lab"
        assert server.poll() is None, log.read_text()
        time.sleep(0.2)
    raise TimeoutError(log.read_text())


def ask_kernel(runtime, code):
    """Run code in the kernel that was started last, and return what it prints."""
    files = Path(runtime).glob("kernel-*.json")
    connection = max(files, key=lambda file: file.stat().st_mtime)
    client = BlockingKernelClient(connection_file=str(connection))
    client.load_connection_file()
    client.start_channels()
    printed = []
    try:
        client.wait_for_ready(timeout=30)
        answer = client.execute_interactive(code, output_hook=printed.append, timeout=30)
        assert answer["content"]["status"] == "ok", answer["content"]
    finally:
        client.stop_channels()
    return "".join(message["content"].get("text", "") for message in printed)


def test_a_chapter_runs_and_its_widget_answers_and_follows_its_script(lab, project, browser):
    address, runtime = lab
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{address}/tree/01-neurons.ipynb", wait_until="domcontentloaded")
    kernel = page.locator(".jp-StatusBar-Widget", has_text=KERNEL["display_name"])
    kernel.filter(has_text="Idle").wait_for(timeout=60_000)
    # Before it is run, each widget is a picture.
    cells = code_cells(nbformat.read(project / "book" / "01-neurons.ipynb", as_version=4))
    open_cells = [cell for cell in cells if "hide-cell" not in cell.metadata.get("tags", ())]
    outputs = [output for cell in open_cells for output in cell.outputs]
    drawn = sum("image/png" in output.get("data", {}) for output in outputs)
    kinds = page.locator(".jp-OutputArea-output").evaluate_all(MIME_TYPES)
    assert kinds.count("image/png") == drawn > 2
    assert not [kind for kind in kinds if "error" in kind or "widget" in kind]

    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    kernel.filter(has_text="Busy").wait_for()
    running = page.locator(".jp-CodeCell .jp-InputPrompt", has_text=re.compile(r"\[[* ]\]:"))
    for _ in range(600):  # a folded cell shows no prompt
        if running.count() == 0:
            break
        page.wait_for_timeout(200)
    assert running.count() == 0
    kernel.filter(has_text="Idle").wait_for(timeout=60_000)
    assert page.locator(".jp-OutputArea-output[data-mime-type*=error]").count() == 0
    text = page.locator(".jp-MarkdownCell")
    assert text.locator("aside").count() and text.locator(".katex").count()  # jupyterlab-myst's
    assert [raw for raw in text.all_inner_texts() if ":::" in raw or "$$" in raw] == []
    box = page.locator(".nnlib-neuron")
    box.scroll_into_view_if_needed()
    assert "weights=(2.0, 2.0)" in ask_kernel(runtime, ASK)

    slider = box.get_by_role("slider", name="Weight w1", exact=True)
    slider.press("End")
    slider.press("ArrowLeft")  # JupyterLab would take it to move between cells
    assert "z = 5.9" in box.locator(".nnlib-equation").text_content()
    page.wait_for_timeout(500)  # until the kernel has heard of it
    assert "weights=(5.9, 2.0)" in ask_kernel(runtime, ASK)

    script = project / "nnwidgets" / "scripts" / "neuron.js"
    text = script.read_text(encoding="utf-8")
    assert text.count('"neuron", "A neuron"') == 1
    script.write_text(text.replace('"A neuron"', '"A neuron, changed"'), encoding="utf-8")
    changed = page.locator(".nnlib-neuron[aria-label='A neuron, changed']")
    changed.wait_for(timeout=30_000)
    assert "z = 5.9" in changed.locator(".nnlib-equation").text_content()  # its state is kept
    page.close()
