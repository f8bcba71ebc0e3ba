"""The book's content: stored notebooks, numbers in the text, anatomy of chapters, map of slides.

What the notebooks compute is checked by nbval (see book/conftest.py), what the pages
show by tests/site.
"""

import ast
import importlib
import re
from pathlib import Path

import pytest
import yaml

import nnlib
from nnlib.worked_example import PRINTED
from tools.build.notebooks import BOOK, code_cells, problems
from tools.check import anatomy, language, numbers, prose

NOTEBOOKS = sorted(BOOK.glob("*.ipynb"))
CHAPTERS = [path for path in NOTEBOOKS if re.match(r"\d\d-", path.name)]
PAGES = sorted(BOOK.glob("*.md"))

# What a phone does not show well, notebook by notebook: printed lines of more than 42 columns, and
# cells that teach nothing and are not folded. The numbers may only become smaller.
STILL_WIDE = {
    "benchmarks": 41,
    "errata": 67,
    "playground": 11,
}
STILL_UNFOLDED = {"playground": 1}


def assert_none(found):
    assert not found, "\n".join(["", *found])


def each(paths):
    return pytest.mark.parametrize("path", paths, ids=lambda path: path.name)


def test_the_contents_list_names_every_page_once():
    toc = yaml.safe_load((BOOK.parent / "_toc.yml").read_text(encoding="utf-8"))
    named = [toc["root"], *(c["file"] for part in toc["parts"] for c in part["chapters"])]
    assert sorted(named) == sorted(Path(p).stem for p in [*NOTEBOOKS, *PAGES])


@each(NOTEBOOKS)
def test_notebook_is_stored_as_make_notebooks_leaves_it(path):
    assert_none(problems(path.read_text(encoding="utf-8")))


@each(NOTEBOOKS)
def test_numbers_in_a_notebooks_text_are_true(path):
    assert_none(numbers.notebook_problems(anatomy.load(path)))


@each(PAGES)
def test_numbers_on_a_page_are_true(path):
    assert_none(prose.page_problems(path.read_text(encoding="utf-8"), PRINTED.values()))


@each(NOTEBOOKS)
def test_a_notebook_speaks_the_courses_language(path):
    texts = [text for cell in anatomy.load(path).cells for text in numbers.texts(cell)]
    assert_none([problem for text in texts for problem in language.text_problems(text)])


@each(PAGES)
def test_a_page_speaks_the_courses_language(path):
    assert_none(language.text_problems(path.read_text(encoding="utf-8")))


@each(NOTEBOOKS)
def test_notebook_is_clean(path):
    assert_none(anatomy.notebook_problems(anatomy.load(path)))


def assert_no_more_than(limit, found, what, name):
    assert len(found) <= limit, f"{len(found)} {what}, at most {limit}: {found}"
    assert len(found) == limit, f"only {len(found)} {what}: write this number beside {name}"


@each(NOTEBOOKS)
def test_printed_lines_fit_a_phone(path):
    found = anatomy.wide_lines(anatomy.load(path))
    assert_no_more_than(STILL_WIDE.get(path.stem, 0), found, "lines are too wide", path.stem)


@each(NOTEBOOKS)
def test_cells_that_teach_nothing_are_folded(path):
    found = anatomy.unfolded(anatomy.load(path))
    assert_no_more_than(STILL_UNFOLDED.get(path.stem, 0), found, "cells are shown", path.stem)


@each(CHAPTERS)
def test_chapter_has_the_anatomy_of_a_chapter(path):
    assert_none(anatomy.chapter_problems(anatomy.load(path), int(path.name[:2])))


def test_no_helper_is_defined_twice():
    assert_none(anatomy.repeated_helpers({p.name: anatomy.load(p) for p in NOTEBOOKS}))


def test_every_slide_is_mapped_to_a_section_that_exists():
    text = (BOOK / "slides.md").read_text(encoding="utf-8")
    assert_none(anatomy.slide_problems(text, BOOK))


def test_nnlib_names_all_that_the_notebooks_import_from_its_modules():
    used = {
        (node.module, name.name)
        for path in NOTEBOOKS
        for cell in code_cells(anatomy.load(path))
        for node in ast.walk(anatomy.parse(cell))
        if isinstance(node, ast.ImportFrom) and node.module.startswith("nnlib.")
        for name in node.names
    }
    assert ("nnlib.sweeps", "sweep") in used
    for module, name in used:
        thing = getattr(importlib.import_module(module), name)
        if callable(thing):
            assert getattr(nnlib, name, None) is thing, f"nnlib lacks {module}.{name}"
        assert hasattr(nnlib, module.split(".")[1])
