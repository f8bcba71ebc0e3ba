"""Write requirements.txt, the exact versions of all that pyproject.toml asks for.

    python -m tools.build.lock                            after a change of the list
    python -m tools.build.lock --upgrade-package NAME     a newer version of one package
    python -m tools.build.lock --upgrade                  newer versions of all

A version that stands in requirements.txt stays unless it must not. The lock holds for every system
and for every Python from the oldest that pyproject.toml allows.
"""

import subprocess
import sys
import tomllib
from pathlib import Path

OPTIONS = [
    "--universal",
    "--all-extras",
    "--annotation-style=line",
    "--custom-compile-command=make lock",
    "--output-file=requirements.txt",
    "--quiet",
]


def main():
    """Let uv resolve the list; return its exit code."""
    project = Path(__file__).parents[2]
    settings = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))
    groups = [f"--group={name}" for name in settings["dependency-groups"]]
    oldest = settings["project"]["requires-python"].removeprefix(">=")
    command = ["uv", "pip", "compile", "pyproject.toml", f"--python-version={oldest}"]
    return subprocess.call(
        [sys.executable, "-m", *command, *groups, *OPTIONS, *sys.argv[1:]], cwd=project
    )


if __name__ == "__main__":
    sys.exit(main())
