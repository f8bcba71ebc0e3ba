"""A wheel holds all that the packages read, so that a student needs neither a clone nor Node."""

import tomllib

import pytest

from tools.build.notebooks import BOOK

PROJECT = BOOK.parent


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
