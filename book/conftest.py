"""What `pytest --nbval` compares beside text: pictures, widgets, and cells that were never run.

Stock nbval runs each notebook again and compares the text of its outputs, but it skips pictures
and widgets, ignores the state of widgets, and passes a cell without stored outputs. Here

* a picture must have the stored size, and no part of it may differ by as much as a letter;
* the state of all widgets, read from the kernel after the last cell, must be the stored one;
* a cell that stores no execution, or asks nbval to skip or to ignore its outputs, fails.

With pytest-xdist use `--dist loadfile`: the cells of a notebook belong to one kernel.
"""

import json
import os

import pytest
from nbval.plugin import IPyNbCell, IPyNbFile

from tools.build.notebooks import ENVIRONMENT, widget_state
from tools.check.outputs import compare_pictures, compare_widgets, pictures, views

os.environ.update(ENVIRONMENT)  # which the kernels inherit

READ_WIDGETS = """
import json, sys  # a kernel that never imported ipywidgets has no widget
_module = sys.modules.get("ipywidgets")
print(json.dumps(_module.Widget.get_manager_state()["state"] if _module else {}))
"""


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path, parent):
    """Put the stricter collector in the place of nbval's."""
    return [
        CheckedNotebook.from_parent(parent, path=file_path) if type(node) is IPyNbFile else node
        for node in (yield)
    ]


class CheckedNotebook(IPyNbFile):
    """A notebook: its code cells and, after them, the state of its widgets."""

    def collect(self):
        """Yield one test a code cell and one for the widgets."""
        cells = [
            CheckedCell.from_parent(
                self, name=cell.name, cell_num=cell.cell_num, cell=cell.cell, options=cell.options
            )
            for cell in super().collect()
        ]
        yield from cells
        yield WidgetState.from_parent(self, name="widget state", cells=cells)


class CheckedCell(IPyNbCell):
    """A code cell whose pictures are compared as well."""

    def runtest(self):
        """Run the cell; fail unless all of its outputs can be compared and agree."""
        if self.cell.execution_count is None:
            self.raise_cell_error("No outputs are stored: run `make notebooks`")
        if self.options["skip"] or not self.options["check"]:
            self.raise_cell_error("Every output is compared: remove nbval's skip or ignore mark")
        super().runtest()

    def compare_outputs(self, test, ref, skip_compare=None):
        """Compare as nbval does, then picture by picture."""
        if not super().compare_outputs(test, ref, skip_compare):
            return False
        self.comparison_traceback += compare_pictures(pictures(ref), pictures(test))
        return not self.comparison_traceback


class WidgetState(pytest.Item):
    """The state of a notebook's widgets, and which of them each cell shows."""

    def __init__(self, *, cells, **keywords):
        super().__init__(**keywords)
        self.cells = cells

    def runtest(self):
        """Compare the stored state and views with those of the kernel that ran all cells."""
        if any(cell.test_outputs is None for cell in self.cells):
            pytest.fail("the state of widgets needs all cells: run the whole notebook", False)
        stored = widget_state(self.parent.nb)
        new = read_widgets(self.parent.kernel)
        problems = compare_widgets(stored, new)
        for cell in self.cells:
            before, after = views(cell.cell.outputs, stored), views(cell.test_outputs, new)
            if before != after:
                problems.append(f"cell {cell.cell_num} shows {after}, the file stores {before}")
        if problems:
            pytest.fail("\n".join(["Widgets differ from the stored ones:", *problems]), False)

    def reportinfo(self):
        """Name the test as nbval names its cells."""
        return self.path, 0, f"{self.path.name}::widget state"


def read_widgets(kernel):
    """Ask a running kernel for the state of its widgets, in the order of their creation."""
    text = []
    reply = kernel.kc.execute_interactive(
        READ_WIDGETS,
        store_history=False,
        timeout=60,
        output_hook=lambda message: text.append(message["content"].get("text", "")),
    )
    if reply["content"]["status"] != "ok":
        raise RuntimeError(f"the kernel cannot tell the state of its widgets: {reply['content']}")
    return json.loads("".join(text))
