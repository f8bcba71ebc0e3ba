"""The race of `08_race` with a third of the epochs, and once more without the warm-up.

The same seeds, first weights and batches as there, so that the results can be paired.
"""

import runpy
from pathlib import Path

from nnlib.schedules import cosine

first = runpy.run_path(str(Path(__file__).with_name("08_race.py")))
SEEDS = first["SEEDS"]


def no_warmup(rate, steps):
    """Fall from the rate to 0 along a cosine."""
    return cosine(rate, steps)


def run(seed):
    """Race for three epochs with both plans of `08_race`, and for nine without warm-up."""
    short = first["race"](seed, 3, first["constant"], first["scheduled"])
    return {"short": short, **first["race"](seed, 9, no_warmup)}
