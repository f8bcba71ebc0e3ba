"""Check that each number in a notebook's text follows from what the notebook computes.

    python -m tools.check.numbers FILE …    list numbers that have no entry

A number with a decimal point or a per cent sign is held by an entry in the metadata of its cell:

    "numbers": ["0.1 = rates[1]", "89.6 % = scores.mean()"]

one entry for each number, in the order in which they are read (of a code cell: the caption, then
the alternative text). Left stands the number as it is written, right a Python expression; the
number must be a correct rounding of its value. `pytest --nbval` evaluates the entries of a code
cell, and of the Markdown cells below it, in the notebook's kernel, right after that cell has run.
So a number cannot be told before it is computed. What else holds a number says `tools.check.prose`.

A bare number as expression computes nothing. It is taken for a setting, which must stand in the
code of the notebook, or for a quotation, whose source is cited in the same sentence.
"""

import ast
import re
import sys
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import NamedTuple

from nnlib.worked_example import PRINTED
from tools.build.notebooks import code_cells
from tools.check.anatomy import load, parse
from tools.check.arithmetic import NUMBER, Number
from tools.check.prose import around, is_quoted, loose_numbers, output_numbers

FORM = re.compile(rf"(?P<number>[-−]?{NUMBER}(?:\s?%)?) = (?P<expression>.+)")


class Entry(NamedTuple):
    """A number as it is written, and the expression whose value it rounds."""

    written: str
    expression: str

    def problem(self, value):
        """Say what is wrong with the number, given the expression's value as text; else None."""
        number = Number.parse(self.written)
        try:
            away = abs(Decimal(value) - number.value)
            if away <= number.unit / 2 + abs(number.value) * Decimal("1e-9"):
                return None
        except InvalidOperation:  # an error's message, NaN, infinity
            pass
        return f"{self.written} = {self.expression} is not true: its value is {value}"


def texts(cell):
    """Return what a reader reads of a cell, in order: its text, or caption and alternative text."""
    if cell.cell_type == "markdown":
        return [cell.source]
    mystnb = cell.metadata.get("mystnb", {})
    return [mystnb.get("figure", {}).get("caption", ""), mystnb.get("image", {}).get("alt", "")]


def entries(cell):
    """Return the entries of a cell; ValueError if one is malformed."""
    found = []
    for line in cell.metadata.get("numbers", []):
        if not (match := FORM.fullmatch(line)):
            raise ValueError(f"the entry {line!r} is not of the form `0.5 = expression`")
        found.append(Entry(match["number"], match["expression"]))
    return found


def literals(nb):
    """Return the sizes of all numbers in the code of a notebook."""
    return {
        abs(node.value)
        for cell in code_cells(nb)
        for node in ast.walk(parse(cell))
        if isinstance(node, ast.Constant) and type(node.value) in (int, float)
    }


def is_bare(expression):
    """Tell whether an expression is a number and nothing else."""
    try:
        ast.literal_eval(expression)
    except ValueError:
        return False
    return True


def cell_problems(cell, known, settings):
    """List false equations in a cell's text, and where its numbers and its entries part.

    Parameters
    ----------
    cell : nbformat.NotebookNode
    known : list of Number
        What outputs and the deck print, see `prose.loose_numbers`.
    settings : set of float
        The numbers in the notebook's code.
    """
    try:
        left = entries(cell)
    except ValueError as error:
        return [str(error)]
    problems = []
    read = [loose_numbers(source, known) for source in texts(cell)]
    wanted = [number.text for _, _, loose in read for number in loose]
    for text, false, loose in read:
        problems += false
        for number in loose:
            where = f"“… {around(text, number)} …”"
            if not left or left[0].written != number.text:
                given = ", ".join(entry.written for entry in entries(cell)) or "none"
                return [
                    *problems,
                    f"{number.text} is held by nothing: {where}; "
                    f"entries are needed for {', '.join(wanted)}; there are: {given}",
                ]
            expression = left.pop(0).expression
            try:
                bare = is_bare(expression)
            except SyntaxError:
                problems.append(f"{number.text} = {expression} is not Python")
                continue
            if bare and not is_quoted(text, number):
                if abs(ast.literal_eval(expression)) not in settings:
                    problems.append(
                        f"{number.text} = {expression} computes nothing, stands in no code "
                        f"and cites no source: {where}"
                    )
    if left:
        problems.append(f"{left[0].written} = {left[0].expression}: the text has no such number")
    return problems


def context(nb):
    """Return what the entries of a notebook's cells are not needed for, and its settings."""
    printed = [Number.parse(text) for text in PRINTED.values()]
    return output_numbers(nb) + printed, literals(nb)


def notebook_problems(nb):
    """List the problems of a notebook's Markdown cells, captions and alternative texts."""
    around_it = context(nb)
    return [
        f"cell {number}: {found}"
        for number, cell in enumerate(nb.cells, start=1)
        for found in cell_problems(cell, *around_it)
    ]


def held_after(nb):
    """Return, for each code cell, the entries to evaluate when it has run.

    They are its own and those of the Markdown cells below it; those above the first code cell are
    the first one's.
    """
    above, held = [], []
    for cell in nb.cells:
        if cell.cell_type == "code":
            held.append(above + entries(cell))
            above = []
        elif held:
            held[-1] += entries(cell)
        else:
            above = above + entries(cell)
    return held


def questions(held):
    """Return the entries as a dict of expressions for a kernel: Jupyter's `user_expressions`."""
    return {str(i): f"float({entry.expression})" for i, entry in enumerate(held)}


def false_entries(held, answers):
    """List what is wrong with entries, given a kernel's answers to `questions`."""
    problems = []
    for i, entry in enumerate(held):
        answer = answers[str(i)]
        said = f"{answer.get('ename')}: {answer.get('evalue')}"
        value = answer["data"]["text/plain"] if answer["status"] == "ok" else said
        problems += [found] if (found := entry.problem(value)) else []
    return problems


def main(paths):
    """List the problems of the notebooks named; return the exit code."""
    found = [
        f"{Path(path).name}: {each}" for path in paths for each in notebook_problems(load(path))
    ]
    print(*found, sep="\n", end="\n" * bool(found))
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
