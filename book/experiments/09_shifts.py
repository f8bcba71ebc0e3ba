"""Chapter 9: digits that are moved, read by a convolutional network and by dense ones.

At the rates that `09_rates` chose on the validation digits, with fresh first weights and orders.
Each seed stands for one repetition and one setting: trained on the digits as they are (still), on
digits moved anew in every epoch (moved), or on shuffled pixels (shuffled). Measured after 8 epochs,
and after three times as many.
"""

import runpy
from pathlib import Path

import numpy as np

from nnlib import datasets

rates = runpy.run_path(str(Path(__file__).with_name("09_rates.py")))
SETTINGS = rates["SETTINGS"]
REPEATS = 10
SEEDS = range(REPEATS * len(SETTINGS))
RATES = {
    ("conv", "still"): 0.4,
    ("small", "still"): 0.4,
    ("large", "still"): 0.4,
    ("conv", "moved"): 0.4,
    ("small", "moved"): 0.4,
    ("large", "moved"): 0.4,
    ("conv", "shuffled"): 0.2,
}
EPOCHS = (8, 24)
WAYS = np.array([(0, 1), (0, -1), (1, 0), (-1, 0)])


def right_when_moved(right, X):
    """Return accuracies on images as they are, and moved by 1, 2 and 3 pixels: four ways each."""
    found = [round(right(X), 4)]
    for pixels in (1, 2, 3):
        moved = [rates["moved"](X, *np.tile(pixels * way[:, None], len(X))) for way in WAYS]
        found.append(round(float(np.mean([right(each) for each in moved])), 4))
    return found


def run(seed):
    """Return the setting, the rates and lists of four accuracies, such as ``conv 8``."""
    repeat, k = divmod(seed, len(SETTINGS))
    results = {"setting": SETTINGS[k], "repeat": repeat}
    X = datasets.digits(np.float32).X_validation
    for (name, setting), rate in RATES.items():
        if setting == SETTINGS[k]:
            results[f"{name} rate"] = rate
            for epochs, right in rates["trained"](name, rate, setting, 100 + repeat, EPOCHS):
                results[f"{name} {epochs}"] = right_when_moved(right, X)
    return results


def variant(name, chosen, *, network=None, tried=rates["RATES"], frozen=()):
    """Return the seeds and `run` for one more network, on digits as they are.

    The first seeds stand for one rate and one repetition each, to choose the rate by, as in
    `09_rates`. The others are fresh, use the rate chosen, and measure as `run` does, with the first
    weights that a network of this size has there.
    """
    network, tuning = network or name, len(tried) * rates["REPEATS"]

    def train(rate, repeat, epochs):
        return rates["trained"](network, rate, "still", repeat, epochs, frozen)

    def run_variant(seed):
        """Return the rate and one accuracy for tuning, or lists of four after 8 and 24 epochs."""
        X = datasets.digits(np.float32).X_validation
        if seed < tuning:
            repeat, k = divmod(seed, len(tried))
            try:
                (_, right), *_ = train(tried[k], repeat, [rates["EPOCHS"]])
            except FloatingPointError:
                return {"rate": tried[k], "tuning": 0}
            return {"rate": tried[k], "tuning": round(right(X), 3) if right(X) > 0.5 else 0}
        results = {"rate": chosen}
        for epochs, right in train(chosen, 100 + seed - tuning, EPOCHS):
            results[f"{name} {epochs}"] = right_when_moved(right, X)
        return results

    return range(tuning + REPEATS), run_variant
