"""The networks of `09_shifts` trained three times as long, at the rates that 8 epochs chose.

Each seed stands for one setting and one of the first weights and orders of `09_shifts`.
"""

import runpy
from pathlib import Path

shifts = runpy.run_path(str(Path(__file__).with_name("09_shifts.py")))
SETTINGS = ("still", "moved", "shuffled")
SEEDS = range(len(SETTINGS) * len(shifts["SEEDS"]))
EPOCHS = 24


def run(seed):
    """Return lists of four validation accuracies of the networks in one setting."""
    repeat, k = divmod(seed, len(SETTINGS))
    chosen = [each for each in shifts["RATES"] if each[1] == SETTINGS[k]]
    return shifts["run"](shifts["SEEDS"][repeat], EPOCHS, chosen)
