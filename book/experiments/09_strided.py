"""Chapter 9, going further: convolutions with stride 2 in the place of the poolings.

The first seeds stand for one rate and one repetition each, to choose the rate by, as in
`09_rates`. The others are fresh, use the rate chosen, and measure as `09_shifts` does.
"""

import runpy
from pathlib import Path

import numpy as np

from nnlib import datasets

shifts = runpy.run_path(str(Path(__file__).with_name("09_shifts.py")))
rates = shifts["rates"]
TUNING = len(rates["RATES"]) * rates["REPEATS"]
SEEDS = range(TUNING + shifts["REPEATS"])
RATE = 0.4


def run(seed):
    """Return the rate and one accuracy for tuning, or lists of four after 8 and 24 epochs."""
    X = datasets.digits(np.float32).X_validation
    if seed < TUNING:
        repeat, k = divmod(seed, len(rates["RATES"]))
        rate = rates["RATES"][k]
        try:
            (_, right), *_ = rates["trained"]("strided", rate, "still", repeat, [rates["EPOCHS"]])
        except FloatingPointError:
            return {"rate": rate, "tuning": 0}
        return {"rate": rate, "tuning": round(right(X), 3) if right(X) > 0.5 else 0}
    results = {"rate": RATE}
    fresh = 100 + seed - TUNING
    for epochs, right in rates["trained"]("strided", RATE, "still", fresh, shifts["EPOCHS"]):
        results[f"strided {epochs}"] = shifts["right_when_moved"](right, X)
    return results
