"""Build the site from the notebooks' stored outputs: ``python -m tools.build.book [FOLDER]``.

Run it in the project's folder. The pages go to ``_build/html`` there, or below another FOLDER.
The build is always a clean one (an incremental one can miss a warning), and a warning fails it.
"""

import shutil
import sys
from functools import cache
from pathlib import Path

import pybtex.plugin

# For each citation, pybtex looks its plugins up in all installed packages: once is enough.
pybtex.plugin.entry_points = cache(pybtex.plugin.entry_points)
# Jupyter Book checks its settings with jsonschema, which takes two seconds to make this grammar of
# addresses, if it is installed; no setting of ours needs it.
sys.modules["rfc3987_syntax"] = None

from jupyter_book.cli.main import main as jupyter_book  # noqa: E402


def build(folder: Path) -> None:
    """Build the book; Jupyter Book then prints where to open it, or exits with an error."""
    project = Path.cwd()
    shutil.rmtree(folder / "_build", ignore_errors=True)
    toc, config = project / "_toc.yml", project / "_config.yml"
    paths = ["--toc", toc, "--config", config, "--path-output", folder, project / "book"]
    jupyter_book(["build", "--quiet", "--warningiserror", "--keep-going", *map(str, paths)])


if __name__ == "__main__":
    build(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
