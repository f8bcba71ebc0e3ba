"""The table of *Where to go from here*: nnlib gives what PyTorch gave."""

import json

import pytest

from tools.data.pytorch_names import IMPORTS, PAGE, ROWS, TARGET, page, run_ours

STORED = json.loads(TARGET.read_text(encoding="utf-8"))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.ours)
def test_nnlib_gives_what_pytorch_gave(row):
    assert run_ours(row) == pytest.approx(STORED[row.ours], rel=row.relative, abs=1e-10)


def test_every_row_was_run():
    assert set(STORED) == {row.ours for row in ROWS}


def test_the_page_shows_the_rows():
    text = PAGE.read_text(encoding="utf-8")
    assert text == page()
    assert f"```python\n{IMPORTS}```\n" in text
