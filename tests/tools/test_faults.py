"""Wrong numbers planted in the chapters are noticed, and planted where a reader would read them."""

import random

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tools.build.notebooks import BOOK
from tools.check import anatomy, faults


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It is 0.25, or 25 %, of 12,345.5.", ["5", "5", "5"]),
        ("$p = 12.7\\%$ and `0.3`", ["7", "3"]),
        ("3000 digits, 256-64-10, Exercise 3.1, Python 3.11", []),
        ("`f(0.5)`, [0.5](a.md#0.6), {cite}`x0.7`", ["5"]),
        ("```python\nx = 0.5\n```", []),
    ],
)
def test_faults_are_planted_where_a_reader_reads(text, found):
    assert [text[place] for place in faults.places(text)] == found


def test_a_fault_that_nobody_notices_is_named_and_taken_back():
    held = new_markdown_cell("It is 0.5.", metadata={"numbers": ["0.5 = 1 / 2"]})
    loose = new_markdown_cell("Section 1.5. Then 0.5 · 2 = 1, in Exercise 1.2.")
    nb = new_notebook(cells=[new_code_cell("x = 1"), held, loose])
    before = str(nb)
    chosen, missed = faults.plant({"sample": nb}, 9, random.Random(0))
    assert len(chosen) == 2 and missed == [] and str(nb) == before
    loose.source = "0.5 · 1.00001 ≈ 0.5"  # the product rounds to 0.5 whatever its last digit is
    chosen, missed = faults.plant({"sample": nb}, 9, random.Random(0))
    assert len(chosen) == 4
    assert [fault[:30] for fault in missed] == ["sample, prose: … 0.5 · 1.0000["]


def test_of_a_hundred_wrong_numbers_in_the_book_at_least_95_are_noticed():
    notebooks = {path.stem: anatomy.load(path) for path in sorted(BOOK.glob("*.ipynb"))}
    chosen, missed = faults.plant(notebooks, 100, random.Random(1))
    assert len(chosen) == 100 and len(missed) <= 5, "\n".join(missed)
