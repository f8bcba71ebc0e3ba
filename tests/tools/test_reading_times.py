"""Reading times: what is counted, and that the chapters state it."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tools.build import reading


@pytest.mark.parametrize(
    ("markdown", "count"),
    [
        ("One, two: three-fold **four**.", 4),
        ("Of $x + y$ nothing counts, nor `code here`.", 4),
        ("$$\nx = 1\n$$", 0),
        ("```python\nx = 1\n```", 0),
        (":::{math}\nx = 1\n:::", 0),
        (":::{admonition} Two words\n:class: predict\nAnd three more.\n:::", 5),
        (":::{dropdown} Solution\nNot counted.\n:::", 0),
        ("| a | b |\n|---|---|\n| one | two |", 4),
        ("- a list\n- of [linked words](page.md#target)", 5),
        ("the reader’s 3000 digits – and 0.5", 6),
    ],
)
def test_words_of_prose_are_counted(markdown, count):
    assert reading.words(markdown) == count


def chapter():
    picture = new_output("display_data", {"image/png": ""})
    return new_notebook(
        cells=[
            new_markdown_cell("# Title\n\nfour words of question"),
            new_markdown_cell(
                "**Slides:** 3 · **Reading time:** ? minutes · **Running time:** 2 seconds"
            ),
            new_code_cell("x = 1\n\n# a comment\ny = 2", outputs=[picture]),
            new_code_cell("z = 3", metadata={"tags": ["hide-cell"]}),
            new_markdown_cell("## Exercises\n\n" + "word " * 999),
            new_markdown_cell("## Going further\n\n" + "word " * 600),
            new_markdown_cell("## Sources"),
        ]
    )


def test_the_main_path_ends_at_the_exercises():
    nb = chapter()
    main, more = (reading.extent(part(nb)) for part in (reading.main_path, reading.further))
    assert main == reading.Extent(words=14, cells=1, lines=2, figures=1)
    assert more == reading.Extent(words=602, cells=0, lines=0, figures=0)
    assert (main.minutes, more.minutes) == (5, 5)
    assert reading.Extent(words=3000, cells=32, lines=192, figures=9).minutes == 45


def test_the_time_is_written_where_it_is_stated():
    nb = chapter()
    reading.with_time(nb)
    assert "**Reading time:** 5 minutes, 5 more to go further · **Running" in nb.cells[1].source
    before = nbformat.writes(nb)
    reading.with_time(nb)
    assert nbformat.writes(nb) == before
