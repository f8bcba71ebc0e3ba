"""Is a chapter built as CONTRIBUTING.md says? Notebooks in, lists of problems out.

`notebook_problems` holds for every notebook, `chapter_problems` for the chapters, `slide_problems`
for the map of slides. ``python -m tools.check.anatomy FILE …`` lists them for chapters.
"""

import ast
import json
import re
import sys
from collections import defaultdict
from pathlib import Path

import nbformat
from IPython.core.inputtransformer2 import TransformerManager

from tools.build.notebooks import code_cells
from tools.build.reading import Extent, code_lines, extent, further, main_path
from tools.check.markdown import anchors, fences, headings, links, rows

MAIN_PATH = Extent(words=3000, cells=32, lines=400, figures=10)  # at most: one sitting
FURTHER = Extent(words=1500, cells=12, lines=150, figures=5)
DECK = 10  # times that the main path names the lecture's deck or a slide, at most
MAX_LINES = 15  # of code in a cell, without blank lines and comments
COLUMNS = 42  # of printed text, as many as a phone shows
SLIDES = range(1, 40)
MACHINE_PATH = re.compile(
    rf"(?<![\w.:/])/(?:home|Users|root|tmp|mnt)/\w[^\s\"']*|\b[A-Z]:\\Users|"
    rf"{re.escape(str(Path(__file__).parents[2]))}"
)
OVERVIEW = re.compile(
    r"^\*\*Slides:\*\* \d.* · \*\*Reading time:\*\* \d.* · \*\*Running time:\*\* .*\d", re.M
)
NBVAL_MARK = re.compile(r"^\s*#\s*(?:NBVAL_(?:IGNORE|SKIP)|PYTEST_VALIDATE_IGNORE)", re.M)


def load(path):
    """Read a notebook."""
    return nbformat.read(path, as_version=4)


def markdown(nb):
    """Return the text of all Markdown cells as one page."""
    return "\n\n".join(cell.source for cell in nb.cells if cell.cell_type == "markdown")


def boxes(text, kind):
    """Return the boxes of a class, such as `objectives`."""
    return [box for box in fences(text) if kind in box.options.get("class", "").split()]


def tags(cell):
    """Return a cell's tags."""
    return cell.metadata.get("tags", [])


def parse(cell):
    """Return the syntax tree of a code cell; IPython's magics become calls."""
    return ast.parse(TransformerManager().transform_cell(cell.source))


def figures(cell):
    """Return how many pictures a code cell shows."""
    return sum(any(m.startswith("image/") for m in o.get("data", {})) for o in cell.outputs)


def notebook_problems(nb):
    """List what is wrong in any notebook of the book, chapter or not."""
    problems = []
    for number, cell in enumerate(code_cells(nb), start=1):
        found = figure_problems(cell) if figures(cell) else []
        if any(output.get("name") == "stderr" for output in cell.outputs):
            found.append("writes to stderr: mend what it warns of")
        if NBVAL_MARK.search(cell.source) or any(tag.startswith("nbval-") for tag in tags(cell)):
            found.append("asks not to be compared")
        problems += [f"code cell {number} {problem}" for problem in found]
    return problems + [f"holds a path of one machine: {path}" for path in machine_paths(nb)]


def figure_problems(cell):
    """List what a figure's cell lacks: one picture, a caption, a name, an alternative text."""
    mystnb = cell.metadata.get("mystnb", {})
    figure, alt = mystnb.get("figure", {}), mystnb.get("image", {}).get("alt", "")
    problems = []
    if figures(cell) > 1:
        problems.append("shows more than one figure: give each a cell")
    if not figure.get("caption"):
        problems.append("shows a figure without a caption (mystnb.figure.caption)")
    if not figure.get("name", "").startswith("fig-"):
        problems.append("shows a figure whose mystnb.figure.name does not begin with fig-")
    if len(alt) <= 20 or alt == figure.get("caption"):
        problems.append(f"shows a figure whose alternative text does not describe it: {alt!r}")
    return problems


def wide_lines(nb):
    """List the printed lines that a phone does not show as a whole."""
    printed = []
    for cell in code_cells(nb):
        for output in cell.outputs:
            data = output.get("data", {})
            plain = data.get("text/plain", "") if set(data) <= {"text/plain"} else ""
            printed += (output.get("text", "") + plain).splitlines()
    return [line for line in printed if len(line) > COLUMNS]


def unfolded(nb):
    """List the numbers of code cells that import or plot, which teaches nothing, and are shown."""
    return [
        number
        for number, cell in enumerate(code_cells(nb), start=1)
        if (imports(cell) or "plt.show()" in cell.source)
        and not {"hide-input", "hide-cell"} & set(tags(cell))
    ]


def imports(cell):
    """Tell whether a code cell imports anything."""
    return any(isinstance(node, ast.Import | ast.ImportFrom) for node in ast.walk(parse(cell)))


def machine_paths(nb):
    """Return file paths that only one machine has, from all that a notebook holds but pictures."""
    without = json.loads(json.dumps(nb))
    for cell in without["cells"]:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            output["data"] = {m: data[m] for m in data if not m.startswith("image/")}
    return sorted({match[0] for text in strings(without) for match in MACHINE_PATH.finditer(text)})


def strings(value):
    """Yield every string in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from strings(inner)


def chapter_problems(nb, chapter):
    """List where a chapter, given with its number, leaves the order that all chapters share."""
    text = markdown(nb)
    titles = [(level, words) for level, words, _ in headings(text)]
    sections = [words for level, words in titles if level == 2]
    problems = []
    if nb.cells[0].cell_type != "markdown" or not nb.cells[0].source.startswith("# "):
        problems.append("the first cell does not begin with `# Title`")
    if sum(level == 1 for level, _ in titles) != 1:
        problems.append("there is not exactly one heading of level 1")
    if not boxes(text, "objectives"):
        problems.append("there is no box of class objectives")
    if not OVERVIEW.search(text):
        problems.append("no line `**Slides:** … · **Reading time:** … · **Running time:** …`")
    wanted = ["Before you start", "Exercises", "Summary", "Going further", "Sources"]
    wanted = wanted if chapter > 1 else wanted[1:]
    if "Going further" not in sections:
        wanted.remove("Going further")
    if late := [cell.source[:40] for cell in nb.cells if re.search(r".\n## ", cell.source, re.S)]:
        problems.append(f"a section does not begin with its cell: {late}")
    if [words for words in sections if words in wanted] != wanted:
        problems.append(f"its sections {sections} do not hold {wanted} in this order")
    description = nb.metadata.get("myst", {}).get("html_meta", {}).get("description", "")
    if not 50 <= len(description) <= 160:
        problems.append(f"its description has {len(description)} characters, not 50 to 160")
    problems += length_problems(nb) + test_set_problems(nb)
    return problems + code_problems(nb) + exercise_problems(nb, chapter)


def length_problems(nb):
    """List where a chapter is longer than one sitting, or too much about the lecture's deck."""
    problems = []
    for name, cells, most in (
        ("main path", main_path(nb), MAIN_PATH),
        ("Going further", further(nb), FURTHER),
    ):
        problems += [
            f"its {name} has {count} {what}, at most {limit}"
            for what, count, limit in zip(Extent._fields, extent(cells), most, strict=True)
            if count > limit
        ]
    prose = markdown(nbformat.v4.new_notebook(cells=main_path(nb)))
    named = re.findall(r"\b(?:deck|slides?)\b(?!\.md)", prose, re.I)
    if len(named) > DECK:
        problems.append(f"its main path says deck or slide {len(named)} times, at most {DECK}")
    return problems


def test_set_problems(nb):
    """List where a notebook looks at the test set outside the one cell tagged for it."""
    problems = []
    opened = [cell for cell in code_cells(nb) if "test-set" in tags(cell)]
    if len(opened) > 1:
        problems.append(f"{len(opened)} cells are tagged test-set: the test set is opened once")
    for number, cell in enumerate(code_cells(nb), start=1):
        used = {
            node.id if isinstance(node, ast.Name) else node.attr
            for node in ast.walk(parse(cell))
            if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load)
        }
        test = used & {"X_test", "y_test"}
        if test and cell not in opened:
            problems.append(f"code cell {number} looks at {', '.join(sorted(test))}: tag test-set")
        if not test and cell in opened:
            problems.append(f"code cell {number} is tagged test-set and looks at no test set")
    return problems


def code_problems(nb):
    """List cells that are too long, and imports outside the first code cell."""
    problems = []
    for number, cell in enumerate(code_cells(nb), start=1):
        lines = code_lines(cell.source)
        if len(lines) > MAX_LINES and number > 1 and "hide-cell" not in tags(cell):
            problems.append(f"code cell {number} has {len(lines)} lines, at most {MAX_LINES}")
        if imports(cell) != (number == 1):
            problems.append(
                f"code cell {number} {'imports' if imports(cell) else 'does not import'}: "
                "all imports belong in the first code cell"
            )
        if number == 1 and "nnlib.course" not in cell.source:
            problems.append('the first code cell does not say plt.style.use("nnlib.course")')
    return problems


def exercise_problems(nb, chapter):
    """List exercises that are misnumbered or have no folded, asserting solution behind them."""
    problems, exercises = [], []  # an exercise: its title, and whether a solution was seen
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            lines = cell.source.splitlines()
            found = boxes(cell.source, "exercise")
            starts = [*(box.line for box in found), len(lines)]
            for box, end in zip(found, starts[1:], strict=True):
                answer = "\n".join(lines[box.line : end])
                exercises.append([box.title, "{dropdown} Solution" in answer])
            if not found and exercises and "{dropdown} Solution" in cell.source:
                exercises[-1][1] = True
        elif "hide-cell" in tags(cell):
            prompt = cell.metadata.get("mystnb", {}).get("code_prompt_show", "")
            if "solution" not in prompt:
                problems.append(f"a folded cell does not say `Show the solution`: {prompt!r}")
            elif not any(isinstance(node, ast.Assert) for node in ast.walk(parse(cell))):
                problems.append(f"a solution asserts nothing: {cell.source[:60]!r}")
            elif exercises:  # before them, a solution belongs to a blank to fill in
                exercises[-1][1] = True
    for number, (title, solved) in enumerate(exercises, start=1):
        if not title.startswith(f"Exercise {chapter}.{number}: "):
            problems.append(f"exercise {number} is titled {title!r}")
        if not solved:
            problems.append(f"{title!r} has no folded solution")
    return problems if exercises else ["there are no exercises"]


def repeated_helpers(notebooks):
    """List functions and classes that two cells define alike; ``notebooks``: dict of name to nb."""
    places = defaultdict(list)
    for name, nb in notebooks.items():
        for number, cell in enumerate(code_cells(nb), start=1):
            for node in parse(cell).body:
                if isinstance(node, ast.FunctionDef | ast.ClassDef):
                    places[node.name, ast.dump(node)].append(f"{name} code cell {number}")
    return [
        f"{name} is defined {len(where)} times ({', '.join(where)}): it belongs in nnlib"
        for (name, _), where in places.items()
        if len(where) > 1
    ]


def slide_problems(text, folder):
    """List slides that the map, a Markdown table, leaves out, and links to no heading.

    A row is: slides (`3`, `19–24`) | what they hold | where it is taught. A row without a link
    must say that its chapter is in preparation.
    """
    problems, seen = [], []
    for row in rows(text):
        slides, where = row[0], row[-1]
        ends = re.fullmatch(r"(\d+)(?:\s*[–-]\s*(\d+))?", slides)
        if not ends:
            problems.append(f"{slides!r} is no slide number")
            continue
        seen += range(int(ends[1]), int(ends[2] or ends[1]) + 1)
        targets = links(where)
        if not targets and "in preparation" not in where:
            problems.append(f"slide {slides} has neither a link nor the words `in preparation`")
        for target in targets:
            if problem := link_problem(target, folder):
                problems.append(f"slide {slides}: {problem}")
    if sorted(seen) != list(SLIDES):
        missing, extra = set(SLIDES) - set(seen), set(seen) - set(SLIDES)
        twice = {slide for slide in seen if seen.count(slide) > 1}
        counts = {"missing": missing, "more than once": twice, "unknown": extra}
        problems += [f"slides {what}: {sorted(which)}" for what, which in counts.items() if which]
    return problems


def link_problem(target, folder):
    """Say what is wrong with a link to `file` or `file#anchor`; None if it leads somewhere."""
    name, _, anchor = target.partition("#")
    path = folder / name
    if not path.is_file():
        return f"the link {target} leads to no file"
    text = markdown(load(path)) if path.suffix == ".ipynb" else path.read_text(encoding="utf-8")
    if anchor and anchor not in anchors(text):
        return f"the link {target} leads to no heading of {name}"
    return None


def main(paths):
    """List the problems of the chapters named; return the exit code."""
    failed = False
    for path in map(Path, paths):
        nb = load(path)
        found = notebook_problems(nb) + chapter_problems(nb, int(path.name[:2]))
        print(f"{path.stem}: main path {extent(main_path(nb))}, further {extent(further(nb))}")
        print(*(f"  {problem}" for problem in found), sep="\n", end="\n" * bool(found))
        failed |= bool(found)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
