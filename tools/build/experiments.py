"""Run the long experiments of the chapters and store their results: `make experiments`.

An experiment is a script ``book/experiments/NAME.py`` with

* ``run(seed)``, which returns a dict of plain numbers and lists, rounded to what reproduces, and
  takes at most ten seconds, so that a test can run the first seed again;
* ``SEEDS``, the seeds to run, such as ``range(16)``.

The results are stored in ``nnlib/data/experiments/NAME.json``, one entry for each seed, where
`nnlib.datasets.experiment` finds them.
"""

import json
import runpy
import sys
from concurrent.futures import ProcessPoolExecutor

from tools.build.notebooks import BOOK

SCRIPTS = BOOK / "experiments"
RESULTS = BOOK.parent / "nnlib" / "data" / "experiments"


def names():
    """Return the names of all experiments."""
    return sorted(path.stem for path in SCRIPTS.glob("*.py"))


def load(name):
    """Return the script of an experiment as a dict of its names."""
    return runpy.run_path(str(SCRIPTS / f"{name}.py"))


def result(name, seed):
    """Run an experiment with one seed."""
    return {"seed": seed, **load(name)["run"](seed)}


def main(chosen):
    """Run the experiments named, or all of them, two seeds at a time; store what they return."""
    if unknown := sorted(set(chosen) - set(names())):
        sys.exit(f"no such experiment: {', '.join(unknown)}; there are {', '.join(names())}")
    for name in chosen or names():
        seeds = list(load(name)["SEEDS"])
        with ProcessPoolExecutor(max_workers=2) as pool:
            results = list(pool.map(result, [name] * len(seeds), seeds))
        lines = ",\n".join(json.dumps(each) for each in results)
        (RESULTS / f"{name}.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")
        print(f"{name}: {len(seeds)} seeds")


if __name__ == "__main__":
    main(sys.argv[1:])
