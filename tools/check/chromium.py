"""Find a Chromium; ``python -m tools.check.chromium`` prints where it is."""

import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = (  # the first opens no windows, and is the fastest
    "chromium-headless-shell chromium chromium-browser google-chrome google-chrome-stable".split()
)
HELP = """No Chromium was found. Get it with
`sudo apt-get install chromium-headless-shell` (Debian)
or `python -m playwright install chromium` (elsewhere),
or say where yours is: set the variable CHROMIUM to its path."""


def find(playwright):
    """Return the path of the one that $CHROMIUM names, the system's, or playwright's own.

    Raises
    ------
    FileNotFoundError
        If there is none; the message says how to get one.
    """
    found = [os.environ.get("CHROMIUM"), *map(shutil.which, NAMES)]
    path = next(filter(None, found), playwright.chromium.executable_path)
    if not Path(path).exists():
        raise FileNotFoundError(HELP)
    return path


if __name__ == "__main__":
    with sync_playwright() as playwright:
        try:
            print(find(playwright))
        except FileNotFoundError as error:
            sys.exit(str(error))
