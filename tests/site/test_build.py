"""The build refuses what the published book must not have."""

import shutil

import pytest
from project import PROJECT, run_build

pytestmark = pytest.mark.site

DEFECTS = """
# A page

A picture: ![](picture.svg)

A link to [nowhere](nowhere.md), and a source {cite:p}`nobody1900`.
"""


@pytest.fixture
def project(tmp_path):
    """Lay out a book of one page with the real settings."""
    shutil.copytree(PROJECT / "site", tmp_path / "site")
    shutil.copy(PROJECT / "_config.yml", tmp_path)
    (tmp_path / "book").mkdir()
    shutil.copy(PROJECT / "book" / "references.bib", tmp_path / "book")
    shutil.copy(PROJECT / "book" / "references.md", tmp_path / "book")
    toc = "format: jb-book\nroot: index\nchapters:\n  - file: references\n"
    (tmp_path / "_toc.yml").write_text(toc)
    shutil.copy(PROJECT / "site" / "static" / "logo.svg", tmp_path / "book" / "picture.svg")
    return tmp_path


def test_each_defect_is_named_and_fails_the_build(project):
    (project / "book" / "index.md").write_text(DEFECTS)
    build = run_build(project, project)
    assert build.returncode != 0
    assert "has no alt text" in build.stderr
    assert "has no description" in build.stderr
    assert "nowhere.md" in build.stderr
    assert "nobody1900" in build.stderr
