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
