"""The PyTorch lines of chapter 4: the page shows what the script ran, and nnlib gives the same."""

import json
import textwrap
from pathlib import Path

import numpy as np
import pytest

from nnlib import SGD, HalfSquaredError, worked_example
from tools.build.notebooks import BOOK
from tools.check.anatomy import load, markdown
from tools.check.markdown import PARSER

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "tools" / "data" / "pytorch_example.py"
GOLDEN = ROOT / "tests" / "nnlib" / "goldens" / "pytorch_example.json"
STORED = json.loads(GOLDEN.read_text(encoding="utf-8"))


def fences(language):
    """Return the bodies of the chapter's fenced blocks in a language: those of PyTorch."""
    tokens = PARSER.parse(markdown(load(BOOK / "04-backpropagation.ipynb")))
    return [token.content for token in tokens if token.type == "fence" and token.info == language]


def test_the_page_shows_the_script():
    text = SCRIPT.read_text(encoding="utf-8")
    shown = textwrap.dedent(text.split("    # from here\n")[1].split("    # to here\n")[0])
    assert ["import torch\n\n" + shown] == fences("python")


def test_the_page_shows_what_it_printed():
    assert ["\n".join(STORED["printed"]) + "\n"] == fences("text")


def test_nnlib_prints_the_same_and_ends_at_the_same_parameters():
    network, loss, optimizer = worked_example.network(), HalfSquaredError(), SGD(0.5)
    errors = []
    for _ in range(301):
        error, grad = loss(network.forward(worked_example.INPUT), worked_example.TARGET)
        network.backward(grad)
        optimizer.step(network.theta, network.grad)
        errors.append(error)
    first = worked_example.network()
    first.backward(loss(first.forward(worked_example.INPUT), worked_example.TARGET)[1])
    w5 = worked_example.gradients(first)["w5"]
    assert STORED["printed"] == [
        *(f"backward called {calls}×: {calls * w5:.6f}" for calls in (1, 2)),
        *(f"step {step:3}: E = {errors[step]:.6f}" for step in (0, 1, 300)),
    ]
    assert network.theta == pytest.approx(np.array(STORED["theta"]), rel=1e-11)
