"""What `pytest --nbval` compares beside text: pictures, widgets, and cells that were never run.

Stock nbval runs each notebook again and compares the text of its outputs, but it skips pictures,
cannot tell numbers that differ in the last bit, and passes a cell without stored outputs. Here

* a picture must have the stored size, and no part of it may differ by as much as a letter;
* so must the drawing that the pages show in its place, with the same words;
* a widget must have the stored state, its numbers up to the last bits;
* the numbers in the text must be what the kernel computes (`tools.check.numbers`);
* a cell that stores no execution, or asks nbval to skip or to ignore its outputs, fails.

With pytest-xdist use `--dist loadfile`: the cells of a notebook belong to one kernel.
"""

import os

import pytest
from nbval.plugin import IPyNbCell, IPyNbFile

from nnwidgets.base import MIME
from tools.build.figures import MIME as DRAWING
from tools.build.notebooks import ENVIRONMENT, drawings, widgets
from tools.check.numbers import false_entries, held_after, questions
from tools.check.outputs import compare_figures, compare_pictures, compare_widgets, pictures

os.environ.update(ENVIRONMENT)  # which the kernels inherit


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path, parent):
    """Put the stricter collector in the place of nbval's."""
    return [
        CheckedNotebook.from_parent(parent, path=file_path) if type(node) is IPyNbFile else node
        for node in (yield)
    ]


class CheckedNotebook(IPyNbFile):
    """A notebook with `CheckedCell`s."""

    def collect(self):
        """Yield one test a code cell."""
        self.skip_compare = (*self.skip_compare, MIME, DRAWING)  # compared below
        cells = list(super().collect())
        for cell, held in zip(cells, held_after(self.nb), strict=True):
            checked = CheckedCell.from_parent(
                self, name=cell.name, cell_num=cell.cell_num, cell=cell.cell, options=cell.options
            )
            checked.held = held
            yield checked


class CheckedCell(IPyNbCell):
    """A code cell whose pictures and widgets are compared as well."""

    def runtest(self):
        """Run the cell; fail unless all of its outputs can be compared and agree."""
        if self.cell.execution_count is None:
            self.raise_cell_error("No outputs are stored: run `make notebooks`")
        if self.options["skip"] or not self.options["check"]:
            self.raise_cell_error("Every output is compared: remove nbval's skip or ignore mark")
        super().runtest()
        if problems := self.false_numbers():
            self.raise_cell_error("\n".join(problems))

    def false_numbers(self):
        """List the numbers in the text, up to the next code cell, that the kernel refutes."""
        if not self.held:
            return []
        reply = self.parent.kernel.kc.execute_interactive(
            "",
            silent=True,
            user_expressions=questions(self.held),
            output_hook=lambda message: None,
            timeout=60,
        )
        return false_entries(self.held, reply["content"]["user_expressions"])

    def compare_outputs(self, test, ref, skip_compare=None):
        """Compare as nbval does, then picture by picture and widget by widget."""
        if not super().compare_outputs(test, ref, skip_compare):
            return False
        self.comparison_traceback += compare_pictures(pictures(ref), pictures(test))
        self.comparison_traceback += compare_figures(drawings(ref), drawings(test))
        self.comparison_traceback += compare_widgets(widgets(ref), widgets(test))
        return not self.comparison_traceback
