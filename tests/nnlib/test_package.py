"""nnlib as a whole: what it needs, and what stands in its wheel."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import nnlib

PROJECT = Path(__file__).parents[2]
OTHERS = ["anywidget", "ipywidgets", "traitlets", "PIL", "matplotlib", "nnwidgets"]


def run(code):
    subprocess.run([sys.executable, "-c", code], check=True, cwd=PROJECT)


def test_nnlib_needs_numpy_and_tqdm_alone():
    blocked = f"import sys; sys.modules.update(dict.fromkeys({OTHERS}))"
    run(f"{blocked}; import nnlib; nnlib.sweep, nnlib.datasets.digits(), nnlib.worked_example")


def test_plots_need_matplotlib_besides():
    blocked = f"import sys; sys.modules.update(dict.fromkeys({[*OTHERS[:3], OTHERS[-1]]}))"
    run(f"{blocked}; import nnlib; nnlib.plots.BLUE")


def test_a_name_that_nnlib_lacks_is_said():
    with pytest.raises(AttributeError, match="module nnlib has no attribute Dens"):
        nnlib.Dens  # noqa: B018


@pytest.mark.parametrize("package", ["nnlib", "nnwidgets"])
def test_all_that_a_package_reads_is_in_its_wheel(package):
    settings = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))
    listed = {
        file
        for pattern in settings["tool"]["setuptools"]["package-data"][package]
        for file in (PROJECT / package).glob(pattern)
    }
    sources = {".py", ".pyc"} if package == "nnlib" else {".py", ".pyc", ".js", ".css", ".mjs"}
    needed = {
        file
        for file in (PROJECT / package).rglob("*")
        if file.is_file()
        and (file.suffix not in sources or file.parent.name == "static")
        and file.suffix != ".md"
    }
    assert needed and needed <= listed
