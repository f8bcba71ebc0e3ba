"""Train an LSTM of 64 units to predict the next character of *Alice in Wonderland*.

Chapters I to X are for training, XI for validation, XII for the test. 16 windows of 48 characters
for each update, Adam along a cosine, gradients clipped to length 1. The first runs compare
learning rates with 400 updates each; the others take the best, three with 800 updates and three
with four times as many. `validation` and `test` are bits per character, a chapter read in one go;
only the longest runs, which nothing is chosen by, open the test.
"""

import numpy as np

from nnlib import LSTM, Adam, Dense, Embedding, Network, SoftmaxCrossEntropy, cosine, train_step
from nnlib.datasets import alice

RATES = (0.003, 0.01, 0.03, 0.1)
RUNS = [(rate, 400, 0) for rate in RATES]
RUNS += [(0.03, updates, seed) for updates in (800, 3200) for seed in (1, 2, 3)]
SEEDS = range(len(RUNS))
STEPS = 48


def layers(n_tokens):
    """Return a vector of 16 numbers for each character, 64 units that remember, and logits."""
    return [Embedding(n_tokens, 16), LSTM(16, 64), Dense(64, n_tokens)]


def bits(network, symbols):
    """Return bits per character of a text, given as numbers."""
    n_tokens, steps = network.n_out, len(symbols) - 1
    reader = Network(layers(n_tokens), rng=np.random.default_rng(0), input_shape=(steps,))
    reader.theta = network.theta
    return SoftmaxCrossEntropy()(reader(symbols[None, :-1])[0], symbols[1:])[0] / np.log(2)


def run(seed):
    """Train run number `seed` of the list."""
    rate, updates, own = RUNS[seed]
    chapters = alice()
    characters = sorted(set("".join(chapters)))
    number = {character: k for k, character in enumerate(characters)}
    *_, validation, test = texts = [np.array([number[c] for c in text]) for text in chapters]
    train = np.concatenate(texts[:10])
    network = Network(layers(len(characters)), rng=np.random.default_rng(own), input_shape=(STEPS,))
    rng, optimizer = np.random.default_rng(1000 + own), Adam(cosine(rate, updates))
    for _ in range(updates):
        at = rng.integers(len(train) - STEPS, size=(16, 1)) + np.arange(STEPS)
        loss = SoftmaxCrossEntropy()
        train_step(network, train[at], train[at + 1], loss, optimizer, clip_norm=1)
    found = {"rate": rate, "updates": updates}
    found["validation"] = round(float(bits(network, validation)), 3)
    if updates == 3200:
        found["test"] = round(float(bits(network, test)), 3)
    return found
