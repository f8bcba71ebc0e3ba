"""How long is a chapter, and how long does it take to read? ``python -m tools.build.reading``.

The command prints, for every chapter, the extent of its main path and of what goes further, and the
minutes that each takes. `make notebooks` writes the minutes into the chapter's third line, and
`make test` holds them and the limits (`tools.check.anatomy`).

The main path is all that stands before "Exercises"; further goes what stands under "Going further".
Counted are the words of prose (without maths, code, captions and folded answers), the code cells
that are not a folded solution with their lines of code, and the figures, widgets included. A reader
takes a minute for 150 words, which is the pace of a text to be understood and not only read, for 12
lines of code that are read and run, and for one and a half figures.
"""

import math
import re
from pathlib import Path
from typing import NamedTuple

import nbformat

from tools.check.markdown import CODE, PARSER, TITLED, Directive

WORDS, LINES, FIGURES = 150, 12, 1.5  # a minute
STEP = 5  # minutes to which times are rounded
FOLDED = {"dropdown"}
TIME = re.compile(r"(?<=\*\*Reading time:\*\* )[^·\n]*?(?= ·)")


class Extent(NamedTuple):
    """How much of everything a part of a chapter holds."""

    words: int
    cells: int
    lines: int
    figures: int

    @property
    def minutes(self):
        """How long it takes, rounded up to five minutes."""
        exact = self.words / WORDS + self.lines / LINES + self.figures / FIGURES
        return STEP * math.ceil(exact / STEP)


def words(markdown):
    """Return the number of words of prose in MyST Markdown."""
    count = 0
    for token in PARSER.parse(markdown):
        if token.type == "inline":
            said = "".join(
                child.content if child.type == "text" else " " for child in token.children
            )
            count += len(re.findall(r"[^\W_][\w’'.,-]*", said))
        elif token.type in ("fence", "colon_fence"):
            box = Directive.of(token)
            if box.name and box.name not in CODE | FOLDED | {"math"}:
                count += words(box.body) + (words(box.title) if box.name in TITLED else 0)
    return count


def code_lines(source):
    """Return the lines of code that are neither blank nor a comment."""
    return [line for line in source.splitlines() if re.match(r"\s*[^\s#]", line)]


def parts(nb):
    """Return a chapter's cells as a dict from the heading of level 2 above them; `""` is the top.

    A Markdown cell belongs to the section of its first line.
    """
    found, section = {"": []}, ""
    for cell in nb.cells:
        if cell.cell_type == "markdown" and (match := re.match(r"## (.*)", cell.source)):
            section = match[1].strip()
        found.setdefault(section, []).append(cell)
    return found


def main_path(nb):
    """Return the cells before the exercises."""
    cells = []
    for section, inside in parts(nb).items():
        if section == "Exercises":
            break
        cells += inside
    return cells


def further(nb):
    """Return the cells under "Going further"."""
    return parts(nb).get("Going further", [])


def extent(cells):
    """Measure some cells of a chapter."""
    code = [
        cell
        for cell in cells
        if cell.cell_type == "code" and "hide-cell" not in cell.metadata.get("tags", ())
    ]
    return Extent(
        words=sum(words(cell.source) for cell in cells if cell.cell_type == "markdown"),
        cells=len(code),
        lines=sum(len(code_lines(cell.source)) for cell in code),
        figures=sum(
            any(mime.startswith("image/") for mime in output.get("data", {}))
            for cell in code
            for output in cell.get("outputs", ())
        ),
    )


def stated(nb):
    """Return what a chapter says of its reading time."""
    minutes, more = extent(main_path(nb)).minutes, extent(further(nb)).minutes
    return f"{minutes} minutes" + (f", {more} more to go further" if more else "")


def with_time(nb):
    """Write the reading time into a chapter that states one, in place."""
    for cell in nb.cells[:3]:
        if cell.cell_type == "markdown":
            cell.source = TIME.sub(lambda match: stated(nb), cell.source)


def main():
    """Print the extent of every chapter."""
    print(f"{'':24}{'main path':>34}{'going further':>34}")
    print(f"{'chapter':24}" + f"{'words':>10}{'cells':>8}{'figures':>8}{'minutes':>8}" * 2)
    for path in sorted((Path(__file__).parents[2] / "book").glob("[0-9][0-9]-*.ipynb")):
        nb = nbformat.read(path, as_version=4)
        row = f"{path.stem:24}"
        for part in (extent(main_path(nb)), extent(further(nb))):
            row += f"{part.words:>10}{part.cells:>8}{part.figures:>8}{part.minutes:>8}"
        print(row)


if __name__ == "__main__":
    main()
