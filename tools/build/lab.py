"""Open the notebooks in JupyterLab: ``python -m tools.build.lab``, with options of `jupyter lab`.

A change of a widget's script is seen at once, in widgets that are open too: esbuild writes the
bundle anew, and anywidget watches it for each kernel (its "hot module replacement").
"""

import os
import subprocess
import sys

from tools.build.scripts import ROOT, STATIC, command


def main(*options):
    """Run JupyterLab, and esbuild beside it; return JupyterLab's exit code."""
    with subprocess.Popen(command("module", STATIC, "--watch")) as watcher:
        try:
            lab = [sys.executable, "-m", "jupyter", "lab", ROOT / "book", *options]
            return subprocess.run(lab, env={**os.environ, "ANYWIDGET_HMR": "1"}).returncode
        finally:
            watcher.terminate()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
