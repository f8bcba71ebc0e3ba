"""The deck's worked example: a 2-2-2 network, one sample, and every number the slides print.

    i1 ──w1──▶ h1 ──w5──▶ o1        w1: i1→h1   w3: i1→h2   w5: h1→o1   w7: h1→o2
       ╲     ╱    ╲     ╱           w2: i2→h1   w4: i2→h2   w6: h2→o1   w8: h2→o2
       ╱     ╲    ╱     ╲           b1 is the bias of h1 and of h2,
    i2 ──w4──▶ h2 ──w8──▶ o2        b2 that of o1 and of o2

Slides 11–25; chapters 3 and 4. The weights stood in a picture. The slides' text prints four of
them; the others, and the second target, are inferred from the printed results in the errata, which
also show where those results contradict each other.
"""

from types import MappingProxyType

import numpy as np

from nnlib.layers import Dense, Sigmoid
from nnlib.network import Network

# Read-only: a cell that changed the deck's numbers by accident would change
# them for every other cell.
WEIGHTS = MappingProxyType(
    {
        "w1": 0.04,
        "w2": 0.12,
        "w3": 0.12,  # inferred; the slides' update of w3 starts from 0.16 (see the errata)
        "w4": 0.08,  # inferred
        "w5": 0.24,
        "w6": 0.32,
        "w7": 0.28,  # inferred
        "w8": 0.20,  # inferred
    }
)
BIASES = MappingProxyType({"b1": 0.40, "b2": 0.36})
INPUT = np.array([[0.1, 0.5]])  # i1, i2
TARGET = np.array([[0.05, 0.95]])  # for o1 and, inferred, for o2
INPUT.flags.writeable = TARGET.flags.writeable = False
LEARNING_RATE = 0.5  # η

# Where each weight lives in nnlib: the layer, and the row (from which unit) and column (to which
# unit) of its W.
POSITIONS = MappingProxyType(
    {
        "w1": (0, 0, 0),
        "w2": (0, 1, 0),
        "w3": (0, 0, 1),
        "w4": (0, 1, 1),
        "w5": (2, 0, 0),
        "w6": (2, 1, 0),
        "w7": (2, 0, 1),
        "w8": (2, 1, 1),
    }
)

# What the slides print, digit for digit; a name with ⁺ is the value after one update.
PRINTED = {
    "net_h1": "0.464",
    "out_h1": "0.613962657",
    "out_h2": "0.611114647",
    "net_o1": "0.702907725",
    "out_o1": "0.668832137",
    "out_o2": "0.657941101",
    "E_o1": "0.191476607",
    "E_o2": "0.042649200",
    "E_total": "0.234125807",
    "∂E_total/∂out_o1": "0.618832137",
    "∂out_o1/∂net_o1": "0.221495709",
    "∂net_o1/∂w5": "0.613962657",
    "∂E_total/∂w5": "0.08415504",
    "w5⁺": "0.19792248",
    "w6⁺": "0.238117666",
    "w7⁺": "0.300177638",
    "w8⁺": "0.300084039",
    "∂out_o1/∂net_o1 (slide 20)": "0.337664274",
    "∂E_o1/∂net_o1": "0.208957504",
    "∂net_o1/∂out_h1": "0.24",
    "∂E_o1/∂out_h1": "0.050149801",
    "∂E_o2/∂out_h1": "-0.018404176",
    "∂E_total/∂out_h1": "0.031745625",
    "∂out_h1/∂net_h1": "0.237012513",
    "∂net_h1/∂w1": "0.1",
    "∂E_total/∂w1": "0.000752411",
    "w1⁺": "0.039623795",
    "w2⁺": "0.118118973",
    "w3⁺": "0.159635010",
    "w4⁺": "0.078175051",
}


def network():
    """Return the deck's network: Dense(2, 2), Sigmoid, Dense(2, 2), Sigmoid, and its weights.

    nnlib gives each unit its own bias; both units of a layer begin with the deck's shared value.

    Returns
    -------
    Network
        In float64.
    """
    layers = [Dense(2, 2), Sigmoid(), Dense(2, 2), Sigmoid()]
    net = Network(layers, rng=np.random.default_rng(0))  # every value drawn is overwritten below
    for name, (layer, row, column) in POSITIONS.items():
        net.layers[layer].W[row, column] = WEIGHTS[name]
    net.layers[0].b[...] = BIASES["b1"]
    net.layers[2].b[...] = BIASES["b2"]
    return net


def weights(net):
    """Return the network's weights by the deck's names: a dict from w1 … w8 to float."""
    return {name: float(net.layers[i].W[row, col]) for name, (i, row, col) in POSITIONS.items()}


def gradients(net):
    """Return ∂E_total/∂w, as the last backward pass left it, by the deck's names: w1 … w8."""
    return {name: float(net.layers[i].dW[row, col]) for name, (i, row, col) in POSITIONS.items()}
