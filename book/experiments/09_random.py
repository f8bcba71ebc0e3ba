"""Chapter 9, going further: filters that stay as they were drawn; only the Dense layer learns.

The first seeds stand for one rate and one repetition each, to choose the rate by, as in
`09_rates`. The others are fresh and use the rate chosen; they have the first weights of the
networks of `09_shifts` that have the same number.
"""

import runpy
from pathlib import Path

import numpy as np

from nnlib import datasets

shifts = runpy.run_path(str(Path(__file__).with_name("09_shifts.py")))
rates = shifts["rates"]
TRIED = (0.4, 0.8, 1.6, 3.2, 6.4)
TUNING = len(TRIED) * rates["REPEATS"]
SEEDS = range(TUNING + shifts["REPEATS"])
RATE = 0.8
FILTERS = (0, 3)  # the two convolutions


def run(seed):
    """Return the rate and one accuracy for tuning, or lists of four after 8 and 24 epochs."""
    X = datasets.digits(np.float32).X_validation
    if seed < TUNING:
        repeat, k = divmod(seed, len(TRIED))
        epochs = [rates["EPOCHS"]]
        try:
            (_, right), *_ = rates["trained"]("conv", TRIED[k], "still", repeat, epochs, FILTERS)
        except FloatingPointError:
            return {"rate": TRIED[k], "tuning": 0}
        return {"rate": TRIED[k], "tuning": round(right(X), 3) if right(X) > 0.5 else 0}
    results = {"rate": RATE}
    fresh = 100 + seed - TUNING
    runs = rates["trained"]("conv", RATE, "still", fresh, shifts["EPOCHS"], FILTERS)
    for epochs, right in runs:
        results[f"random {epochs}"] = shifts["right_when_moved"](right, X)
    return results
