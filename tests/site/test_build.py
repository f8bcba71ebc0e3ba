"""The build refuses what the published book must not have, and twice gives the same bytes."""

import json
import shutil

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from project import PROJECT, run_build

from nnwidgets import Neuron
from nnwidgets.base import MIME
from tools.build.notebooks import LANGUAGE

pytestmark = pytest.mark.site

DEFECTS = r"""
# A page

A picture: ![](picture.svg)

A formula that nothing can set, $\nosuchcommand$, beside one that is fine, $x^2$.

A link to [nowhere](nowhere.md), and a source {cite:p}`nobody1900`.
"""


@pytest.fixture
def project(tmp_path):
    """Lay out a book of one page with the real settings."""
    shutil.copytree(
        PROJECT / "site", tmp_path / "site", ignore=shutil.ignore_patterns("node_modules")
    )
    (tmp_path / "site" / "node" / "node_modules").symlink_to(
        PROJECT / "site" / "node" / "node_modules"
    )
    shutil.copy(PROJECT / "_config.yml", tmp_path)
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    (tmp_path / "book").mkdir()
    shutil.copy(PROJECT / "book" / "references.bib", tmp_path / "book")
    shutil.copy(PROJECT / "book" / "references.md", tmp_path / "book")
    toc = "format: jb-book\nroot: index\nchapters:\n  - file: references\n"
    (tmp_path / "_toc.yml").write_text(toc)
    logo = PROJECT / "site" / "theme" / "static" / "logo.svg"
    shutil.copy(logo, tmp_path / "book" / "picture.svg")
    return tmp_path


def test_each_defect_is_named_and_fails_the_build(project):
    (project / "book" / "index.md").write_text(DEFECTS)
    build = run_build(project, project)
    assert build.returncode != 0
    assert "has no alt text" in build.stderr
    assert "has no description" in build.stderr
    assert "nowhere.md" in build.stderr
    assert "nobody1900" in build.stderr
    assert r"Undefined control sequence: \nosuchcommand" in build.stderr


def test_a_notebook_run_out_of_order_is_refused_with_the_command_that_helps(project):
    notebook = json.loads((PROJECT / "book" / "01-neurons.ipynb").read_text(encoding="utf-8"))
    notebook["metadata"]["language_info"]["version"] = "3.11.7"
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["execution_count"] += 7
    (project / "book" / "01-neurons.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    build = run_build(project, project)
    assert build.returncode == 1
    assert build.stderr.startswith("book/01-neurons.ipynb:\n  not run from top to bottom")
    assert "Run `make notebooks FILES=book/01-neurons.ipynb`" in build.stderr
    assert not (project / "_build").exists()


def test_a_notebook_that_was_run_and_saved_in_jupyterlab_gives_a_live_widget(project):
    """Its outputs hold a view of a kernel's model, too, which no page can show."""
    data, _ = Neuron(gate="OR")._repr_mimebundle_()
    cell = new_code_cell(
        "Neuron()", execution_count=1, outputs=[new_output("display_data", data=data)]
    )
    cell.metadata["mystnb"] = {"image": {"alt": "A plane, cut into two halves."}}
    nb = new_notebook(cells=[new_markdown_cell("# A page"), cell])
    nb.metadata["language_info"] = LANGUAGE
    nb.metadata["myst"] = {"html_meta": {"description": "A page that has one widget. " * 3}}
    nbformat.write(nb, project / "book" / "index.ipynb")
    build = run_build(project, project)
    assert build.returncode == 0, build.stderr
    page = (project / "_build" / "html" / "index.html").read_text(encoding="utf-8")
    assert page.count(MIME) == page.count('class="stage"') == 1
    assert "widget-view" not in page


@pytest.fixture(scope="session")
def second_build(tmp_path_factory):
    """Build the site once more, elsewhere (beside the first build, if two workers are at it)."""
    folder = tmp_path_factory.mktemp("again")
    build = run_build(PROJECT, folder)
    assert build.returncode == 0, build.stderr
    return folder / "_build" / "html"


def test_no_style_makes_a_key_restyle_the_page(html):
    # With :has(), each number written into a widget has the browser restyle all of its ancestors,
    # 12 ms of a frame in a chapter.
    static = html / "_static"
    styles = [static / "course.css", static / "title.css", *(static / "widgets").glob("*.css")]
    styles += (static / "katex").glob("*/katex.css")
    assert len(styles) > 30
    assert [path.name for path in styles if ":has(" in path.read_text(encoding="utf-8")] == []


def test_two_builds_are_the_same_byte_for_byte(second_build, html):
    first, second = (
        {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file()
        }
        for folder in (html, second_build)
    )
    assert set(first) == set(second)
    assert [name for name in first if first[name] != second[name]] == []
