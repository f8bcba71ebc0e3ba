"""nnlib: neural networks in NumPy, written to be read in an evening.

Read the modules in the order of the course: `functional` (activations and softmax), `layers`,
`losses`, `network`, `optimizers`, `training`, `gradcheck`; then `worked_example`, `datasets` and
`plots`.
"""

from nnlib.functional import one_hot, relu, sigmoid, softmax, tanh
from nnlib.gradcheck import check_gradients, numerical_gradient
from nnlib.layers import Dense, Dropout, Layer, ReLU, Sigmoid, Tanh
from nnlib.losses import HalfSquaredError, Loss, SoftmaxCrossEntropy
from nnlib.network import Network
from nnlib.optimizers import SGD, Adam, Momentum, Nesterov, Optimizer, RMSProp
from nnlib.training import History, accuracy, fit, minibatches

__all__ = [
    "SGD",
    "Adam",
    "Dense",
    "Dropout",
    "HalfSquaredError",
    "History",
    "Layer",
    "Loss",
    "Momentum",
    "Nesterov",
    "Network",
    "Optimizer",
    "RMSProp",
    "ReLU",
    "Sigmoid",
    "SoftmaxCrossEntropy",
    "Tanh",
    "accuracy",
    "check_gradients",
    "fit",
    "minibatches",
    "numerical_gradient",
    "one_hot",
    "relu",
    "sigmoid",
    "softmax",
    "tanh",
]
