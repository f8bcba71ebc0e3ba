"""Build the site from the notebooks' stored outputs: ``python -m tools.book [FOLDER]``.

The pages go to ``FOLDER/_build/html``; FOLDER is the project itself unless another is named. Always a clean build
(an incremental one can miss a warning), and any warning makes it fail.
"""

import shutil
import sys
from pathlib import Path

from jupyter_book.cli.main import main as jupyter_book

PROJECT = Path.cwd()


def build(folder: Path) -> None:
    """Build the project in the current directory; Jupyter Book prints where to open it, or exits with an error."""
    shutil.rmtree(folder / "_build", ignore_errors=True)
    options = ["--toc", PROJECT / "_toc.yml", "--config", PROJECT / "_config.yml", "--path-output", folder]
    strict = ["--warningiserror", "--keep-going", "--quiet"]
    jupyter_book(["build", str(PROJECT / "book"), *map(str, options), *strict])


if __name__ == "__main__":
    build(Path(sys.argv[1]) if len(sys.argv) > 1 else PROJECT)
