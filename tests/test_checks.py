"""The checks of the book can fail: each planted error turns the right one red.

One small notebook with a text output, two figures that differ in a letter, and a slider is executed
and stored as the chapters are. Then copies of it are spoilt and run through `pytest --nbval`.
"""

import copy
import json
import os
import re
import subprocess
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tools import anatomy, notebooks, outputs, prose
from tools.arithmetic import Number

ROOT = notebooks.BOOK.parent
STATE = ("metadata", "widgets", notebooks.WIDGET_STATE, "state")
DRAW = """fig, ax = plt.subplots()
ax.plot([0, 1], [1, 0])
ax.set_xlabel("{}")
plt.show()"""


def meta(caption, alt, **more):
    figure = {"caption": caption, "name": f"fig-{len(caption)}-{len(alt)}"}
    return {"mystnb": {"figure": figure, "image": {"alt": alt}}, **more}


def sample():
    """A chapter that keeps every rule."""
    nb = new_notebook()
    nb.metadata.myst = {"html_meta": {"description": "A chapter that exists to be spoilt. " * 2}}
    nb.cells = [
        new_markdown_cell(
            "# Sample\n\nWhat is it for?\n\n:::{admonition} What you will be able to do\n"
            ":class: objectives\nSpoil it.\n:::\n\n"
            "**Slides:** 3 · **Reading time:** 1 minute · **Running time:** 2 seconds"
        ),
        new_code_cell(
            "import ipywidgets as widgets\nimport matplotlib.pyplot as plt\n\n"
            'plt.style.use("nnlib.course")'
        ),
        new_markdown_cell("## A section\n\nThe loss is 0.1235, and $2 \\cdot 0.12346 = 0.24692$."),
        new_code_cell('print(f"loss {0.123456:.6f}")'),
        new_code_cell(
            DRAW.format("epochs, from the first"),
            metadata=meta("The loss.", "A line that falls from one to zero."),
        ),
        new_code_cell(
            DRAW.format("epochs, from the fist"),
            metadata=meta("The loss again.", "A line that falls from one to zero."),
        ),
        new_code_cell("slider = widgets.IntSlider(value=3)\nslider"),
        new_markdown_cell(
            "## Exercises\n\n:::{admonition} Exercise 1.1: a word\n:class: exercise\nTask.\n:::\n\n"
            "<details><summary>Solution</summary>\n\nText.\n\n</details>"
        ),
        new_markdown_cell(":::{admonition} Exercise 1.2: code\n:class: exercise\nTask.\n:::"),
        new_code_cell(
            "assert 1 + 1 == 2",
            metadata={"tags": ["hide-cell"], "mystnb": {"code_prompt_show": "Show the solution"}},
        ),
        new_markdown_cell("## Summary\n\nThat was it.\n\n## Sources\n\nNone."),
    ]
    return nb


def edit(text, change):
    """Return a notebook's text after ``change`` was called with it as a dict."""
    nb = json.loads(text)
    change(nb, [cell for cell in nb["cells"] if cell["cell_type"] == "code"])
    return json.dumps(nb)


def changed_digit(nb, cells):
    cells[1]["outputs"][0]["text"] = ["loss 0.123457\n"]


def other_letter(nb, cells):
    cells[2]["outputs"] = cells[3]["outputs"]


def no_picture(nb, cells):
    del cells[2]["outputs"][0]["data"]["image/png"]


def other_value(nb, cells):
    state = nb["metadata"]["widgets"][notebooks.WIDGET_STATE]["state"]
    next(model for model in state.values() if "value" in model["state"])["state"]["value"] = 4


def no_widgets(nb, cells):
    del nb["metadata"]["widgets"]


def other_widget_shown(nb, cells):
    cells[4]["outputs"][0]["data"][outputs.VIEW]["model_id"] = "widget-0001"


def never_run(nb, cells):
    cells[1]["outputs"], cells[1]["execution_count"] = [], None


def not_compared(nb, cells):
    changed_digit(nb, cells)
    cells[1]["metadata"]["tags"] = ["nbval-ignore-output"]


SPOILT = {  # what is planted: the test that must fail, and what it must say
    changed_digit: ("Cell 1", r"loss 0\.123457"),
    other_letter: ("Cell 2", r"picture 1 differs: \d+ of \d+ tiles.* RMS \d+\.\d grey levels"),
    no_picture: ("Cell 2", r"pictures: \[\] stored, \['image/png'\] drawn"),
    other_value: ("widget state", r"\(IntSliderModel\): state\.state\.value is '3', stored '4'"),
    no_widgets: ("widget state", r"0 models stored, 3 in the kernel"),
    other_widget_shown: ("widget state", r"cell 4 shows \['widget-0003'\], the file stores"),
    never_run: ("Cell 1", r"No outputs are stored"),
    not_compared: ("Cell 1", r"Every output is compared"),
}


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """The path of the sample, executed and stored."""
    path = tmp_path_factory.mktemp("book") / "01-sample.ipynb"
    nbformat.write(sample(), path)
    assert notebooks.main([str(path)]) == 0
    return path


@pytest.fixture(scope="module")
def report(stored, tmp_path_factory):
    """What `pytest --nbval` says of the sample and of its spoilt copies."""
    folder = tmp_path_factory.mktemp("spoilt")
    text = stored.read_text(encoding="utf-8")
    (folder / "sound.ipynb").write_text(text, encoding="utf-8")
    for change in SPOILT:
        (folder / f"{change.__name__}.ipynb").write_text(edit(text, change), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "--nbval", "--color=no", "-p", "conftest", "-rA"]
    run = subprocess.run(
        [*command, "-p", "no:cacheprovider", "--no-cov", f"--rootdir={folder}", str(folder)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1, run.stdout + run.stderr
    return run.stdout


def test_a_sound_notebook_passes(report):
    results = re.findall(r"^(PASSED|FAILED|ERROR) sound\.ipynb::(.+?)(?: - .*)?$", report, re.M)
    assert results == [("PASSED", f"Cell {i}") for i in range(6)] + [("PASSED", "widget state")]


@pytest.mark.parametrize("change", SPOILT, ids=lambda change: change.__name__)
def test_nbval_sees(change, report):
    test, message = SPOILT[change]
    assert f"FAILED {change.__name__}.ipynb::{test}" in report
    section = report.split(f" {change.__name__}.ipynb::{test} ", 1)[1].split("\n____", 1)[0]
    assert re.search(message, section), section
