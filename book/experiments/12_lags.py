"""Recall a marked bit after a lag: an RNN and an LSTM, with two starts each.

Bits −1 and +1 come in one after another; the first carries a mark. At the end the network says
which it was. Training makes 32 fresh sequences for each update (Adam, gradients clipped to length
1), and stops when ten batches in a row have a loss under 0.1, or after the budget. `right` is the
share of 500 fresh sequences that are answered right.

Each start is tried with three learning rates and eight seeds, at three lags, for 600 updates; with
four of the seeds, at the two shorter lags, with a lower and a higher rate too, and so at the
longest where the best of three was at the edge and fell short; one start at the longest lag with
three times the budget; and each start, at the best rate of those at the two longer lags, with eight
fresh seeds, 8 to 15. Two more LSTMs are told a wrong lag, 10 or 1000 for 100.
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
FOUR = list(STARTS)
TOLD_WRONG = {
    "LSTM, told 10": lambda lag: LSTM(2, 8, last=True, forget_bias=np.log(10 - 1)),
    "LSTM, told 1000": lambda lag: LSTM(2, 8, last=True, forget_bias=np.log(1000 - 1)),
}
STARTS |= TOLD_WRONG
RATES = (0.003, 0.01, 0.03)
BUDGET = 600
RUNS = [
    *product(FOUR, (25, 50), (0.001, *RATES, 0.1), range(4), [BUDGET]),
    *product(FOUR, (25, 50), RATES, range(4, 8), [BUDGET]),
    *product(FOUR, (100,), RATES, range(8), [BUDGET]),
    *product(["LSTM, bias 1"], (100,), (0.003,), range(4), [3 * BUDGET]),
    *product(FOUR[:2], (50, 100), (0.03,), range(8, 16), [BUDGET]),
    *product(FOUR[2:], (50, 100), (0.003,), range(8, 16), [BUDGET]),
    *product(TOLD_WRONG, (100,), (0.003,), range(8), [BUDGET]),
    *product(["LSTM, bias 1"], (100,), (0.001,), range(4), [BUDGET]),
    *product(FOUR[:2], (100,), (0.1,), range(4), [BUDGET]),
]
SEEDS = range(len(RUNS))


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
    start, lag, rate, own, budget = RUNS[seed]
    found = train(start, lag, rate, own, budget)
    return {"start": start, "lag": lag, "rate": rate, "of": own, "budget": budget, **found}
