"""Widgets: the ideas of the course as things to push and pull. Each is an ipywidget (anywidget).

They work in JupyterLab, Notebook 7, Colab and VS Code, and on the course's pages without Python. No
other module of nnlib needs anywidget.
"""

from nnlib.widgets.activations import Activations
from nnlib.widgets.draw import DrawDigit
from nnlib.widgets.neuron import Neuron

__all__ = ["Activations", "DrawDigit", "Neuron"]
