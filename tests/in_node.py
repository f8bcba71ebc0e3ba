"""Run the widgets' scripts with Node.js: what they compute is compared with nnlib."""

import json
import subprocess

from nnwidgets.base import SCRIPTS
from tools.build.scripts import NODE_BINARY


def address(name):
    """Return the address of a script, such as "shared/engine", for JavaScript's `import`."""
    return json.dumps((SCRIPTS / f"{name}.js").as_uri())


def node(program, *questions):
    """Run a program with Node; return its lines of output, read as JSON."""
    answer = subprocess.run(
        [NODE_BINARY, "--input-type=module", "--eval", program],
        input="\n".join(map(json.dumps, questions)),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
    )
    assert answer.returncode == 0, answer.stderr
    return [json.loads(line) for line in answer.stdout.splitlines()]
