"""Build the site from the notebooks' stored outputs: ``python -m tools.book [FOLDER]``.

Run it in the project's folder. The pages go to ``_build/html`` there, or below another FOLDER.
The build is always a clean one (an incremental one can miss a warning), and a warning fails it.
"""

import shutil
import sys
from pathlib import Path

from jupyter_book.cli.main import main as jupyter_book


def build(folder: Path) -> None:
    """Build the book; Jupyter Book then prints where to open it, or exits with an error."""
    project = Path.cwd()
    shutil.rmtree(folder / "_build", ignore_errors=True)
    toc, config = project / "_toc.yml", project / "_config.yml"
    paths = ["--toc", toc, "--config", config, "--path-output", folder, project / "book"]
    jupyter_book(["build", "--quiet", "--warningiserror", "--keep-going", *map(str, paths)])


if __name__ == "__main__":
    build(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
