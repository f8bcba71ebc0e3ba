"""The line in the first code cell of a notebook that says how to get nnlib.

A notebook travels alone, to a machine without nnlib, or with the other package that PyPI calls so.
The line stands above the first import of nnlib, so that the error of that import shows it.
"""

import re
import tomllib
from pathlib import Path

import yaml

PROJECT = Path(__file__).parents[2]
BEGINNING = "# No nnlib, or another one? "


def install(config=PROJECT / "_config.yml"):
    """Return what gets nnlib and the widgets; its address is the one in the book's settings."""
    repository = yaml.safe_load(config.read_text(encoding="utf-8"))["repository"]
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    archive = f"{repository['url'].rstrip('/')}/archive/refs/heads/{repository['branch']}.zip"
    return f'%pip install "{project["name"]}[notebooks] @ {archive}"'


def line(config=PROJECT / "_config.yml"):
    """Return the line."""
    return f"{BEGINNING}Run this and restart: {install(config)}"


def with_line(source):
    """Return the source of a first cell with the line as it is today, if it imports nnlib."""
    source = re.sub(rf"^{re.escape(BEGINNING)}.*\n", "", source, flags=re.M)
    return re.sub(r"^(?=(from|import) nnlib\b)", f"{line()}\n", source, count=1, flags=re.M)
