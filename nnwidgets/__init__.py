"""Widgets: the ideas of the course as things to push and pull. Each is an ipywidget (anywidget).

They work in JupyterLab, Notebook 7, Colab and VS Code, and on the course's pages without Python.
nnlib knows nothing of them.
"""

from nnwidgets.activations import Activations
from nnwidgets.adversaries import Adversaries
from nnwidgets.backprop import Backpropagation
from nnwidgets.codes import Autoencoder
from nnwidgets.counting import Counting
from nnwidgets.distillation import Distillation
from nnwidgets.draw import DrawDigit
from nnwidgets.explanation import Explanation
from nnwidgets.feature_maps import Convolution
from nnwidgets.forward import ForwardPass
from nnwidgets.frames import Frames
from nnwidgets.neuron import Neuron
from nnwidgets.optimizer_paths import Optimizers
from nnwidgets.playground import Playground
from nnwidgets.recurrent import Recurrence
from nnwidgets.vanishing import VanishingGradients

__all__ = [
    "Activations",
    "Adversaries",
    "Autoencoder",
    "Backpropagation",
    "Convolution",
    "Counting",
    "Distillation",
    "DrawDigit",
    "Explanation",
    "ForwardPass",
    "Frames",
    "Neuron",
    "Optimizers",
    "Playground",
    "Recurrence",
    "VanishingGradients",
]
