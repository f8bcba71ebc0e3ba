"""Widgets from Python: what an output holds, and what needs what."""

import base64
import io
import json
import pkgutil
import sys

import numpy as np
from PIL import Image

import nnlib.functional
import nnlib.optimizers
import nnwidgets
from nnlib import plots
from nnlib.layers import Dense, ReLU
from nnlib.network import Network
from nnwidgets import DrawDigit, Neuron
from nnwidgets.base import CHOICES, MIME, SCRIPTS

VIEW = "application/vnd.jupyter.widget-view+json"


def test_a_widget_shows_itself_as_text_view_and_picture():
    neuron = Neuron(gate="XOR", weights=[3, -3], bias=-1.5)
    data, _ = neuron._repr_mimebundle_()
    assert set(data) == {"text/plain", VIEW, "image/png", MIME}
    assert data["text/plain"] == repr(neuron)
    assert repr(neuron) == (
        "Neuron(gate='XOR', weights=(3.0, -3.0), bias=-1.5, inputs=(1.0, 1.0), "
        "activation='sigmoid')"
    )
    again = eval(repr(neuron))._repr_mimebundle_()[0]
    assert again["image/png"] == data["image/png"]
    other = Neuron(gate="OR")._repr_mimebundle_()[0]
    assert other["image/png"] != data["image/png"]
    with Image.open(io.BytesIO(base64.b64decode(data["image/png"]))) as picture:
        assert picture.width >= 900


def test_an_output_holds_all_that_a_page_needs_and_no_script():
    stored = Neuron(gate="OR").stored()
    assert stored["name"] == "neuron" and stored["space"] == list(Neuron.space)
    assert set(stored["state"]) == set(Neuron.settings)
    assert stored["state"]["gate"] == "OR"
    json.dumps(stored)


def test_bytes_are_stored_as_base64():
    network = Network([Dense(256, 4), ReLU(), Dense(4, 10)], rng=np.random.default_rng(0))
    widget = DrawDigit(network, np.zeros((1, 256)), [0])
    stored = widget.stored()["state"]["_theta"]["base64"]
    assert base64.b64decode(stored) == network.theta.astype("<f4").tobytes()


def test_every_widget_has_a_script_and_a_style_of_its_module():
    names = {getattr(nnwidgets, name).__module__.split(".")[-1] for name in nnwidgets.__all__}
    for end in ("js", "css"):
        assert {file.stem for file in SCRIPTS.glob(f"*.{end}")} - {"main"} == names


def test_no_module_has_the_name_of_one_of_nnlib_or_of_python():
    mine, theirs = (
        {module.name for module in pkgutil.iter_modules(package.__path__)}
        for package in (nnwidgets, nnlib)
    )
    assert not mine & (theirs | sys.stdlib_module_names)


def test_choices_are_nnlibs():
    for name in CHOICES["activations"]:
        assert callable(getattr(nnlib.functional, name))
    for name in CHOICES["optimizers"]:
        assert issubclass(getattr(nnlib.optimizers, name), nnlib.optimizers.Optimizer)


def test_colours_are_those_of_the_figures():
    style = (SCRIPTS / "shared" / "shared.css").read_text(encoding="utf-8")
    assert f"--positive: light-dark({plots.BLUE}," in style
    assert f"--negative: {plots.ORANGE};" in style
