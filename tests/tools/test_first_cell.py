"""Without nnlib, or with another package of its name, the first cell fails and says the way."""

import json
import re
import shutil
import subprocess
import sys

import pytest

from tools.build import first_cell
from tools.build.notebooks import BOOK, code_cells
from tools.check import anatomy

NOTEBOOKS = sorted(BOOK.glob("*.ipynb"))

# Runs the first cells, given as JSON, as a student's IPython does, on a machine without the course:
# what finds this project's own installation is taken away. Prints the error of each.
STUDENT = """
import json, sys
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

sys.meta_path = [finder for finder in sys.meta_path if "editable" not in repr(finder)]
sys.path.insert(0, sys.argv[1])
shell = InteractiveShell.instance(colors="nocolor")
errors = {}
for name, source in json.load(sys.stdin).items():
    with capture_output() as printed:
        done = shell.run_cell(source)
    errors[name] = "" if done.success else printed.stdout
print(json.dumps(errors))
"""


@pytest.mark.parametrize("found", ["none", "another"])
def test_first_cell_of_every_notebook_shows_the_line(found, tmp_path):
    if found == "another":
        (tmp_path / "nnlib.py").write_text("class Network: ...\nplots = datasets = None\n")
    cells = {path.name: code_cells(anatomy.load(path))[0].source for path in NOTEBOOKS}
    run = subprocess.run(
        [sys.executable, "-c", STUDENT, tmp_path],
        cwd=tmp_path,
        input=json.dumps(cells),
        capture_output=True,
        text=True,
        check=True,
    )
    errors = json.loads(run.stdout)
    assert [name for name in cells if first_cell.line() not in errors[name]] == []


def test_a_fork_says_its_own_address(tmp_path):
    config = tmp_path / "_config.yml"
    shutil.copy(first_cell.PROJECT / "_config.yml", config)
    assert first_cell.line(config) == first_cell.line()
    text = config.read_text(encoding="utf-8")
    text = re.sub("^  url: .*", "  url: https://github.com/me/mine/", text, flags=re.M)
    config.write_text(text, encoding="utf-8")
    assert " @ https://github.com/me/mine/archive/refs/heads/" in first_cell.line(config)


def test_the_line_stands_once_above_the_first_import_of_nnlib():
    source = "import numpy as np\n\nfrom nnlib import fit\nfrom nnlib.layers import Dense"
    line = first_cell.line()
    once = source.replace("from nnlib import", f"{line}\nfrom nnlib import")
    assert first_cell.with_line(source) == first_cell.with_line(once) == once
    assert first_cell.with_line(once.replace("github.com", "old.example")) == once
    assert first_cell.with_line("import numpy as np") == "import numpy as np"
