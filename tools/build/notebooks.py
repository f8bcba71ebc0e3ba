"""Execute the book's notebooks and store them so that a diff shows what changed, and nothing else.

    python -m tools.build.notebooks             execute and store every notebook in book/
    python -m tools.build.notebooks FILE …      only these
    python -m tools.build.notebooks --check     execute nothing; fail if one is not stored as above

Two runs without a change in between give the same bytes: ids come from content, not from chance.
A cell tagged `raises-exception` may end in an error; its message is stored, its traceback is not.
"""

import argparse
import hashlib
import json
import os
import re
import sys
import time
from collections import Counter
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from nnwidgets.base import MIME
from tools.build.figures import MIME as DRAWING
from tools.build.first_cell import with_line
from tools.build.reading import with_time

BOOK = Path(__file__).parents[2] / "book"
MAX_BYTES = 1_500_000  # a chapter travels over a phone's connection
TIMEOUT = 300  # seconds a cell
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
LANGUAGE = {  # what Jupyter's other tools ask for, without the interpreter's version
    "name": "python",
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "nbconvert_exporter": "python",
    "pygments_lexer": "ipython3",
    "codemirror_mode": {"name": "ipython", "version": 3},
}
ENVIRONMENT = {  # of every kernel, here and under pytest
    "TQDM_DISABLE": "1",  # progress bars differ in every run
    "OPENBLAS_NUM_THREADS": "1",  # small networks only lose by more threads
    "OMP_NUM_THREADS": "1",
    "PYTHONSTARTUP": str(Path(__file__).with_name("kernel.py")),  # figures for the pages
}
NOTEBOOK_METADATA = {"mystnb", "myst"}  # all that is kept, beside the two above
CELL_METADATA = {"tags", "mystnb", "numbers"}
# What the site folds by its tag, JupyterLab folds by this.
FOLDED = {
    "hide-input": {"jupyter": {"source_hidden": True}},
    "hide-cell": {"jupyter": {"outputs_hidden": True, "source_hidden": True}},
}
VIEW = "application/vnd.jupyter.widget-view+json"  # of a model that lived in a kernel long gone
ADDRESS = re.compile(r"\bat 0x[0-9a-f]+", re.I)  # `<object at 0x7f…>`: differs in every run


def code_cells(nb):
    """Return the code cells of a notebook."""
    return [cell for cell in nb.cells if cell.cell_type == "code"]


def widgets(outputs):
    """Return the widgets among outputs, as `nnwidgets.base.Widget.stored` describes them."""
    return [output["data"][MIME] for output in outputs if MIME in output.get("data", {})]


def drawings(outputs):
    """Return the figures among outputs, as `tools.build.figures.describe` describes them."""
    return [output["data"][DRAWING] for output in outputs if DRAWING in output.get("data", {})]


def stored_widgets():
    """Return the widgets in the stored notebooks: a dict from (notebook, name) to the first."""
    found = {}
    for path in sorted(BOOK.glob("*.ipynb")):
        for cell in code_cells(nbformat.read(path, as_version=4)):
            for widget in widgets(cell.outputs):
                found.setdefault((path.stem, widget["name"]), widget)
    return found


def execute(nb, folder):
    """Run all cells of a notebook in a fresh kernel in ``folder``; store the outputs."""
    client = NotebookClient(
        nb,
        kernel_name=KERNEL["name"],
        timeout=TIMEOUT,
        resources={"metadata": {"path": str(folder)}},
        extra_arguments=["--log-level=ERROR"],  # not the warning about TCP with every kernel
        store_widget_state=False,
        coalesce_streams=True,
        record_timing=False,
    )
    client.execute(env={**os.environ, **ENVIRONMENT})


def normalise(nb):
    """Bring a notebook into the form that is stored, in place.

    Say how to get nnlib and how long reading takes, give cells stable ids, drop metadata that
    nobody chose.
    """
    nb.nbformat_minor = 5  # the first with cell ids
    kept = {key: value for key, value in nb.metadata.items() if key in NOTEBOOK_METADATA}
    nb.metadata = {**kept, "kernelspec": KERNEL, "language_info": LANGUAGE}
    for first in code_cells(nb)[:1]:
        first.source = with_line(first.source)
    with_time(nb)
    seen = Counter()
    for cell in nb.cells:
        key = hashlib.sha256(cell.source.encode()).hexdigest()[:8]
        seen[key] += 1
        cell.id = key if seen[key] == 1 else f"{key}-{seen[key]}"
        cell.metadata = {k: value for k, value in cell.metadata.items() if k in CELL_METADATA}
        for tag in cell.metadata.get("tags", ()):
            cell.metadata |= FOLDED.get(tag, {})
        for output in cell.get("outputs", []):
            if output.output_type == "error":  # a traceback names files of this machine
                output.traceback = [f"{output.ename}: {output.evalue}"]
            # Without a kernel, JupyterLab would show an error in its place; so the picture shows.
            output.get("data", {}).pop(VIEW, None)


def render(nb):
    """Return the text of the notebook's file: normalised, keys sorted, UTF-8, a final newline."""
    normalise(nb)
    nbformat.validate(nb)
    return nbformat.writes(nb).rstrip("\n") + "\n"


def problems(text):
    """List what keeps a notebook, given as the text of its file, from being stored or committed."""
    nb = nbformat.reads(text, as_version=4)
    found = []
    if (size := len(text.encode())) > MAX_BYTES:
        found.append(f"{size / 1e6:.2f} MB; at most {MAX_BYTES / 1e6} MB are stored")
    if text != render(nb):
        found.append("not normalised: run `make notebooks`")
    return found + run_problems(nb)


def run_problems(nb):
    """List what is wrong with a notebook's run: then its page would not say what its code does."""
    found = []
    counts = [cell.execution_count for cell in code_cells(nb)]
    if wrong := [(n, count) for n, count in enumerate(counts, start=1) if count != n]:
        number, count = wrong[0]
        found.append(f"not run from top to bottom: code cell {number} has count {count}")
    for number, cell in enumerate(code_cells(nb), start=1):
        for output in cell.outputs:
            if output.output_type == "error" and "raises-exception" not in cell.metadata.get(
                "tags", ()
            ):
                found.append(f"code cell {number} stores {output.ename}: {output.evalue}")
            if address := ADDRESS.search(json.dumps(output)):
                found.append(f"code cell {number} prints an object's address: {address[0]}")
    return found


def make(path):
    """Execute and store one notebook; return its problems. With any, the file stays as it was."""
    old = path.read_text(encoding="utf-8")
    nb = nbformat.reads(old, as_version=4)
    if empty := [n for n, cell in enumerate(nb.cells, start=1) if not cell.source.strip()]:
        return [f"empty cells: {empty}"]
    try:
        execute(nb, path.parent)
    except CellExecutionError as error:
        number = sum(cell.execution_count is not None for cell in code_cells(nb))
        return [f"code cell {number} failed: {error.ename}: {error.evalue}\n{error}"]
    new = render(nb)
    found = problems(new)
    if not found and new != old:
        path.write_text(new, encoding="utf-8", newline="\n")
    return found


def main(arguments=None):
    """Run the command line; return 1 if any notebook has a problem, else 0."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", type=Path, help="default: every notebook in book/")
    parser.add_argument("--check", action="store_true", help="compare only, execute nothing")
    options = parser.parse_args(arguments)
    failed = False
    for path in options.files or sorted(BOOK.glob("*.ipynb")):
        print(path.name, end="  ", flush=True)
        start = time.perf_counter()
        found = problems(path.read_text(encoding="utf-8")) if options.check else make(path)
        print(f"{time.perf_counter() - start:.1f} s  {'FAILED' if found else 'ok'}", flush=True)
        for problem in found:
            print(f"{path.name}: {problem}", file=sys.stderr)
        failed |= bool(found)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
