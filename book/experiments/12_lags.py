"""Recall a marked bit after a lag: two kinds of recurrent network, two starts of each.

Bits −1 and +1 come in one after another; the first carries a mark. At the end the network says
which it was. Training makes 32 fresh sequences for each update (Adam, gradients clipped to length
1), and stops when ten batches in a row have a loss under 0.1, or after the budget. `right` is the
share of 500 fresh sequences that are answered right.

The first runs are for tuning: five learning rates for each start, at the two shorter lags. `RATES`
holds what they chose (the smallest mean number of updates); the runs with other seeds use them, at
three lags, with three times the budget.
"""

from itertools import product

import numpy as np

from nnlib import LSTM, RNN, Adam, BinaryCrossEntropy, Dense, Network, glorot_uniform, train_step

STARTS = {
    "RNN, Glorot": lambda lag: RNN(2, 16, last=True, recurrent_initializer=glorot_uniform),
    "RNN, orthogonal": lambda lag: RNN(2, 16, last=True),
    "LSTM, bias 1": lambda lag: LSTM(2, 8, last=True, forget_bias=1),
    "LSTM, bias of the lag": lambda lag: LSTM(2, 8, last=True, forget_bias=np.log(lag - 1)),
}
RATES = {
    "RNN, Glorot": 0.03,
    "RNN, orthogonal": 0.03,
    "LSTM, bias 1": 0.003,
    "LSTM, bias of the lag": 0.03,
}
BUDGET = 600
TUNING = list(product(STARTS, (25, 50), (0.001, 0.003, 0.01, 0.03, 0.1), range(4)))
FRESH = list(product(STARTS, (25, 50, 100), range(100, 112)))
SEEDS = range(len(TUNING) + len(FRESH))


def sequences(n, lag, rng):
    """Return n sequences of (bit, mark), shape (n, lag + 1, 2), and the marked bits as 0 and 1."""
    bits = rng.integers(2, size=(n, lag + 1))
    x = np.zeros((n, lag + 1, 2))
    x[..., 0] = 2 * bits - 1
    x[:, 0, 1] = 1
    return x, bits[:, :1].astype(float)


def train(start, lag, rate, seed, budget):
    """Train one network; return its updates and the share of fresh sequences it gets right."""
    layers = [STARTS[start](lag), Dense(8 if start.startswith("LSTM") else 16, 1)]
    network = Network(layers, rng=np.random.default_rng(seed), input_shape=(lag + 1, 2))
    rng, optimizer, loss = np.random.default_rng(1000 + seed), Adam(rate), BinaryCrossEntropy()
    updates = low = 0
    while updates < budget and low < 10:
        x, target = sequences(32, lag, rng)
        low = low + 1 if train_step(network, x, target, loss, optimizer, clip_norm=1) < 0.1 else 0
        updates += 1
    x, target = sequences(500, lag, np.random.default_rng(2000 + seed))
    right = ((network(x) > 0) == target).mean()
    return {"updates": updates, "right": round(float(right), 3)}


def run(seed):
    """Train one network: number `seed` of the list."""
    if seed < len(TUNING):
        start, lag, rate, own = TUNING[seed]
        return {"tuning": True, "start": start, "lag": lag, "rate": rate,
                **train(start, lag, rate, own, BUDGET)}  # fmt: skip
    start, lag, own = FRESH[seed - len(TUNING)]
    return {"tuning": False, "start": start, "lag": lag, "rate": RATES[start],
            **train(start, lag, RATES[start], own, 3 * BUDGET)}  # fmt: skip
