"""Chapter 9: digits that are moved, read by a convolutional network and by dense ones.

Fresh seeds, at the rates that `09_rates` chose on the validation digits. Trained on the digits as
they are (still), on digits moved anew in every epoch (moved), or on shuffled pixels (shuffled).
"""

import runpy
from pathlib import Path

import numpy as np

from nnlib import datasets

rates = runpy.run_path(str(Path(__file__).with_name("09_rates.py")))
SEEDS = range(100, 110)
RATES = {
    ("conv", "still"): 0.4,
    ("small", "still"): 0.8,
    ("large", "still"): 0.4,
    ("conv", "moved"): 0.4,
    ("small", "moved"): 0.4,
    ("large", "moved"): 0.4,
    ("conv", "shuffled"): 0.4,
}
MOVES = np.array([(0, 1), (0, -1), (1, 0), (-1, 0)])


def right_when_moved(right, X):
    """Return accuracies on images as they are, and moved by 1, 2 and 3 pixels: four ways each."""
    found = [round(right(X), 4)]
    for pixels in (1, 2, 3):
        ways = [
            right(rates["moved"](X, *np.tile(pixels * move[:, None], len(X)))) for move in MOVES
        ]
        found.append(round(float(np.mean(ways)), 4))
    return found


def run(seed, epochs=rates["EPOCHS"], chosen=tuple(RATES)):
    """Return lists of four validation accuracies, such as ``conv still``."""
    X = datasets.digits(np.float32).X_validation
    results = {}
    for name, setting in chosen:
        right = rates["trained"](name, RATES[name, setting], setting, seed, epochs)
        moved_too = setting != "shuffled"
        results[f"{name} {setting}"] = right_when_moved(right, X) if moved_too else [right(X)]
    return results
