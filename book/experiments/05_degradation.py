"""Compare the training loss of a deep plain network with that of a shallower one, and with skips.

ReLU with He's start, 4 and 16 hidden layers of 32 units, plain and with skip connections, SGD in
batches of 50 on 500 digits, several learning rates, up to 180 epochs. `signal` is the length of the
error signal in the first hidden layer divided by that in the last, on 100 digits. Each list runs
over the budgets; each of its entries over the rates.
"""

import numpy as np

from nnlib import (
    SGD,
    Dense,
    Network,
    ReLU,
    Residual,
    SoftmaxCrossEntropy,
    datasets,
    fit,
    he_normal,
)

SEEDS = range(8)
BUDGETS = [20, 60, 180]
RATES = {
    "plain 4": [0.04, 0.08, 0.16, 0.32, 0.64],
    "plain 16": [0.01, 0.02, 0.04, 0.08, 0.16],
    "residual 4": [0.08, 0.16, 0.32, 0.64, 1.28],
    "residual 16": [0.08, 0.16, 0.32, 0.64, 1.28],
}


def small(rng, n_in, n_out, grid=()):
    """Draw a tenth of He's weights."""
    return 0.1 * he_normal(rng, n_in, n_out, grid)


def network_of(kind, depth, width=32):
    """Return the layers; in a residual network each but the first adds its input to its output."""
    layers = [Dense(256, width, initializer=he_normal), ReLU()]
    for _ in range(depth - 1):
        if kind == "plain":
            layers += [Dense(width, width, initializer=he_normal), ReLU()]
        else:
            layers += [Residual([Dense(width, width, initializer=small), ReLU()])]
    return [*layers, Dense(width, 10, initializer=he_normal)]


def signal(network, rows, target):
    """Return ‖∂L/∂a‖ of the first hidden layer divided by that of the last."""
    _, grad = SoftmaxCrossEntropy().compute(network.forward(rows), target)
    lengths = []
    for layer in reversed(network.layers[1:]):
        grad = layer.backward(grad)
        if not isinstance(layer, ReLU):  # what arrives at the output of a hidden layer
            lengths.append(np.linalg.norm(grad, axis=(-1, -2)))
    return lengths[-1] / lengths[0]


def run(seed):
    """Train all four networks at every rate; measure after each budget."""
    digits, loss = datasets.digits(), SoftmaxCrossEntropy()
    few = digits.X_train[:500], digits.y_train[:500]
    target = np.eye(10)[few[1]]
    result = {}
    for name, rates in RATES.items():
        kind, depth = name.split()
        layers = network_of(kind, int(depth))
        network = Network(layers, rng=np.random.default_rng(seed), grid=(len(rates),))
        network.theta[...] = network.theta[:1]  # the same start for every rate
        optimizer, order = SGD(np.array(rates)), np.random.default_rng(1000 + seed)
        found = {"rates": rates, "epochs": BUDGETS, "loss": [], "signal": []}
        for before, epochs in zip([0, *BUDGETS], BUDGETS, strict=False):
            fit(network, *few, loss=loss, optimizer=optimizer, epochs=epochs - before,
                batch_size=50, rng=order, on_divergence="record", progress=False)  # fmt: skip
            with np.errstate(all="ignore"):  # a diverged network counts as a loss of 3
                values, _ = loss.compute(network.run(few[0]), target)
                ratio = signal(network, few[0][:100], target[:100])
            found["loss"].append(np.round(np.fmin(values, 3), 4).tolist())
            found["signal"].append(np.round(np.nan_to_num(ratio, posinf=0), 2).tolist())
        result[name] = found
    return result
