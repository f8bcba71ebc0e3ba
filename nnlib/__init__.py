"""nnlib: neural networks in NumPy, written to be read in an evening.

Read the modules in the order of the course: `functional` (activations and softmax), `layers`,
`losses`, `network`, `optimizers`, `training`, `gradcheck`; then `initializers`, `schedules` and
`sweeps`, `convolution`, `recurrence`, `explaining`, `worked_example`, `datasets` and `plots`, the
only one that needs matplotlib.
"""

import importlib

from nnlib import checks, datasets, functional, initializers, schedules, worked_example
from nnlib.convolution import AveragePool2D, Conv2D, GlobalAveragePool, MaxPool2D
from nnlib.explaining import (
    gradient_map,
    gradient_times_input,
    integrated_gradients,
    occlusion,
)
from nnlib.functional import (
    log_softmax,
    one_hot,
    relu,
    relu_prime,
    sigmoid,
    sigmoid_prime,
    softmax,
    tanh,
    tanh_prime,
)
from nnlib.gradcheck import check_gradients, numerical_gradient, relative_error
from nnlib.initializers import glorot_uniform, he_normal, normal, orthogonal
from nnlib.layers import (
    Dense,
    Dropout,
    Embedding,
    Flatten,
    Layer,
    LayerNorm,
    ReLU,
    Residual,
    Sigmoid,
    Tanh,
)
from nnlib.losses import (
    BinaryCrossEntropy,
    HalfSquaredError,
    Loss,
    SoftmaxCrossEntropy,
    TeacherCrossEntropy,
)
from nnlib.network import Network
from nnlib.optimizers import SGD, Adam, AdamW, Momentum, Nesterov, Optimizer, RMSProp
from nnlib.recurrence import LSTM, RNN
from nnlib.schedules import cosine, inverse_time, step_decay
from nnlib.sweeps import column, inside, interval, select, sweep
from nnlib.training import (
    History,
    accuracy,
    clip_gradient,
    fit,
    input_gradient,
    minibatches,
    train_step,
)

__all__ = [
    "LSTM",
    "RNN",
    "SGD",
    "Adam",
    "AdamW",
    "AveragePool2D",
    "BinaryCrossEntropy",
    "Conv2D",
    "Dense",
    "Dropout",
    "Embedding",
    "Flatten",
    "GlobalAveragePool",
    "HalfSquaredError",
    "History",
    "Layer",
    "LayerNorm",
    "Loss",
    "MaxPool2D",
    "Momentum",
    "Nesterov",
    "Network",
    "Optimizer",
    "RMSProp",
    "ReLU",
    "Residual",
    "Sigmoid",
    "SoftmaxCrossEntropy",
    "Tanh",
    "TeacherCrossEntropy",
    "accuracy",
    "check_gradients",
    "checks",
    "clip_gradient",
    "column",
    "cosine",
    "datasets",
    "fit",
    "functional",
    "glorot_uniform",
    "gradient_map",
    "gradient_times_input",
    "he_normal",
    "initializers",
    "input_gradient",
    "inside",
    "integrated_gradients",
    "interval",
    "inverse_time",
    "log_softmax",
    "minibatches",
    "normal",
    "numerical_gradient",
    "occlusion",
    "one_hot",
    "orthogonal",
    "relative_error",
    "relu",
    "relu_prime",
    "schedules",
    "select",
    "sigmoid",
    "sigmoid_prime",
    "softmax",
    "step_decay",
    "sweep",
    "tanh",
    "tanh_prime",
    "train_step",
    "worked_example",
]


def __getattr__(name):
    """Import `nnlib.plots` when it is first asked for: nothing else here needs matplotlib."""
    if name == "plots":
        return importlib.import_module("nnlib.plots")
    raise AttributeError(f"module nnlib has no attribute {name}")
