"""nnlib as a whole: what it needs, and what it lacks."""

import subprocess
import sys
from pathlib import Path

import pytest

import nnlib

PROJECT = Path(__file__).parents[2]
OTHERS = ["anywidget", "ipywidgets", "traitlets", "PIL", "matplotlib", "nnwidgets"]


def run(code):
    subprocess.run([sys.executable, "-c", code], check=True, cwd=PROJECT)


def test_nnlib_needs_numpy_and_tqdm_alone():
    blocked = f"import sys; sys.modules.update(dict.fromkeys({OTHERS}))"
    run(f"{blocked}; import nnlib; nnlib.sweep, nnlib.datasets.digits(), nnlib.worked_example")


def test_plots_need_matplotlib_besides():
    blocked = f"import sys; sys.modules.update(dict.fromkeys({[*OTHERS[:3], OTHERS[-1]]}))"
    run(f"{blocked}; import nnlib; nnlib.plots.BLUE")


def test_a_name_that_nnlib_lacks_is_said():
    with pytest.raises(AttributeError, match="module nnlib has no attribute Dens"):
        nnlib.Dens  # noqa: B018
