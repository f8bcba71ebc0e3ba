"""Widgets: the ideas of the course as things to push and pull. Each is an ipywidget (anywidget).

They work in JupyterLab, Notebook 7, Colab and VS Code, and on the course's pages without Python. No
other module of nnlib needs anywidget.
"""

from nnlib.widgets.activations import Activations
from nnlib.widgets.backprop import Backpropagation
from nnlib.widgets.counting import Counting
from nnlib.widgets.draw import DrawDigit
from nnlib.widgets.forward import ForwardPass
from nnlib.widgets.frames import Frames
from nnlib.widgets.neuron import Neuron
from nnlib.widgets.optimizers import Optimizers
from nnlib.widgets.playground import Playground
from nnlib.widgets.vanishing import VanishingGradients

__all__ = [
    "Activations",
    "Backpropagation",
    "Counting",
    "DrawDigit",
    "ForwardPass",
    "Frames",
    "Neuron",
    "Optimizers",
    "Playground",
    "VanishingGradients",
]
