"""Measure one epoch of this nnlib beside that of another checkout: what a change costs.

    git worktree add ../before main~5
    python benchmarks/compare.py ../before [--rounds 24]

Both train the cases of ``peers.py`` in one process, in turns, on one thread, in CPU time. Printed
are the ratio of the minimums and the median of the ratios within the rounds; below 1, this one is
the faster. (Ratios of two separate runs tell little: machine and memory differ from run to run.)
"""

import one_thread  # noqa: F401, I001 (first of all)

import argparse
import sys
from pathlib import Path

import numpy as np
from peers import CASES, nnlib
from run import cpu_time

HERE = Path(__file__).resolve().parents[1]


def modules():
    """Return the loaded modules of nnlib, by name."""
    return {name: m for name, m in sys.modules.items() if name.split(".")[0] == "nnlib"}


def load(checkout):
    """Import the nnlib of a checkout; return its modules, and leave none of them loaded."""
    sys.path.insert(0, str(checkout))
    import nnlib as package

    sys.path.pop(0)
    if not Path(package.__file__).is_relative_to(checkout):
        raise SystemExit(f"{checkout} holds no nnlib; found {package.__file__}")
    found = modules()
    for name in found:
        del sys.modules[name]
    return found


def maker(found, *setting, **keywords):
    """Return a run of `peers.nnlib`, which imports nnlib by itself, with the modules found."""
    for name in modules():
        del sys.modules[name]
    sys.modules.update(found)
    return nnlib(*setting, **keywords)


def needed(case):
    """Return the layer that an older checkout may not have."""
    return case.recurrent or "Conv2D"


def compare(before, now, setting, keywords, rounds):
    """Return the times of both, one row a round."""
    times = []
    for turn in range(rounds):
        # Built anew in each round: where a network lies in memory changes its speed.
        runs = [maker(found, *setting, **keywords) for found in (before, now)]
        row = [0.0, 0.0]
        for run in runs:
            run()  # warm up
        for which in (0, 1) if turn % 2 else (1, 0):
            row[which] = cpu_time(runs[which])
        times.append(row)
    return np.array(times)


def main():
    """Print a line a case."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkout", type=Path)
    parser.add_argument("--rounds", type=int, default=24)
    args = parser.parse_args()
    # An installed nnlib stands in the way of the checkouts' own.
    sys.meta_path = [finder for finder in sys.meta_path if "editable" not in repr(finder).lower()]
    before, now = load(args.checkout.resolve()), load(HERE)
    known = [case for case in CASES if case.plain or hasattr(before["nnlib"], needed(case))]
    cases = [(case, {}) for case in known] + [(CASES[1], {"grid": (64,)})]
    for dtype in ("float64", "float32"):
        for optimizer in ("sgd", "adam"):
            for case, keywords in cases:
                rounds = max(3, args.rounds // (3 if case.name == "f" or keywords else 1))
                times = compare(before, now, (case, optimizer, np.dtype(dtype)), keywords, rounds)
                ratio = times[:, 1].min() / times[:, 0].min()
                median = np.median(times[:, 1] / times[:, 0])
                name = f"{case}{', a grid of 64' if keywords else ''}"
                print(f"{dtype} {optimizer:5}{name:38} {ratio:.3f}  {median:.3f}", flush=True)


if __name__ == "__main__":
    main()
