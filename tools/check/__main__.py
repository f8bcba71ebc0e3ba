"""Run every check: ``python -m tools.check``, in the project's folder; stop where one fails.

What needs a plugin of pytest is asked for here and not in pyproject.toml, so that a few tests run
by hand, as in ``pytest tests/nnlib``, need no more than they use.
"""

import os
import subprocess
import sys

CHECKS = [
    "ruff check .",
    "ruff format --check .",
    # Two at a time. The cells of a notebook belong to one kernel, so a file stays with one worker,
    # and the files keep the order of `testpaths`: the long ones first, so that both end together.
    "pytest --nbval -n 2 --dist loadfile --no-loadscope-reorder --cov=nnlib --cov=nnwidgets "
    # A browser that no longer answers waits for ever. Its test is interrupted after these seconds
    # (the slowest takes 50), the worker goes on, and the test has one more try, which the last line
    # counts. The second try is not interrupted, but `faulthandler_timeout` says where it stands.
    "--durations 20 --timeout 180 --reruns 1 --only-rerun from.pytest-timeout",
]


# Two workers fill two cores; more threads for each matrix product only get in each other's way.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def main():
    """Run the checks one after another; return the exit code of the last that ran."""
    env = {**os.environ, **ONE_THREAD}
    for check in CHECKS:
        print(check, flush=True)
        if code := subprocess.call([sys.executable, "-m", *check.split()], env=env):
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
