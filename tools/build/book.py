"""Build the site from the notebooks' stored outputs: ``python -m tools.build.book [FOLDER]``.

Run it in the project's folder. The pages go to ``_build/html`` there, or below another FOLDER.
The build is always a clean one (an incremental one can miss a warning), and a warning fails it.
A notebook that was run and saved elsewhere may lack what its page needs: it is refused by name.
"""

import shutil
import sys
from functools import cache
from pathlib import Path

import nbformat
import pybtex.plugin

# For each citation, pybtex looks its plugins up in all installed packages: once is enough.
pybtex.plugin.entry_points = cache(pybtex.plugin.entry_points)
# Jupyter Book checks its settings with jsonschema, which takes two seconds to make this grammar of
# addresses, if it is installed; no setting of ours needs it.
sys.modules["rfc3987_syntax"] = None

from jupyter_book.cli.main import main as jupyter_book  # noqa: E402

from tools.build.notebooks import run_problems  # noqa: E402


def refusal(path: Path) -> str:
    """Return why a notebook cannot become a page and what to do, or nothing."""
    found = run_problems(nbformat.read(path, as_version=4))
    command = f"`make notebooks FILES=book/{path.name}`"
    without_make = f"`python -m tools.build.notebooks book/{path.name}`"
    advice = f"  Run {command}, or without make {without_make}."
    return "\n  ".join([f"book/{path.name}:", *found]) + "\n" + advice if found else ""


def build(folder: Path) -> None:
    """Build the book; Jupyter Book then prints where to open it, or exits with an error."""
    project = Path.cwd()
    if refused := list(filter(None, map(refusal, sorted(project.glob("book/*.ipynb"))))):
        sys.exit("\n".join(refused))
    shutil.rmtree(folder / "_build", ignore_errors=True)
    toc, config = project / "_toc.yml", project / "_config.yml"
    paths = ["--toc", toc, "--config", config, "--path-output", folder, project / "book"]
    jupyter_book(["build", "--quiet", "--warningiserror", "--keep-going", *map(str, paths)])


if __name__ == "__main__":
    build(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
