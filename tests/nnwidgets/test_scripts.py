"""The scripts: linted, bundled as committed, and reading numbers as people type them."""

import re
import subprocess

import pytest
from in_node import address, node

from nnwidgets.base import SCRIPTS
from tools.build.scripts import NODE_BINARY, ROOT, STATIC, TOOLS, bundle

ESLINT = TOOLS / "node_modules" / "eslint" / "bin" / "eslint.js"


def test_eslint_finds_nothing():
    found = subprocess.run(
        [NODE_BINARY, ESLINT, "--max-warnings", "0", "."],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.parametrize("place", ["nnwidgets/scripts/new.js", "site/theme/static/new.js"])
def test_eslint_sees_a_slip(place):
    found = subprocess.run(
        [NODE_BINARY, ESLINT, "--stdin", "--stdin-filename", place],
        cwd=ROOT,
        input="document.title = nowhere;\n",
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert found.returncode == 1 and "'nowhere' is not defined" in found.stdout, found.stderr


def test_the_committed_bundle_is_what_its_sources_give(tmp_path):
    bundle("module", tmp_path)
    for name in ("widgets.js", "widgets.css"):
        new, old = ((folder / name).read_text(encoding="utf-8") for folder in (tmp_path, STATIC))
        assert new == old, f"{name} is out of date: run `python -m tools.build.scripts`"


def test_each_style_sheet_speaks_of_its_own_widget_only():
    style = (STATIC / "widgets.css").read_text(encoding="utf-8")
    owners = [
        set(re.findall(r":where\(\.nnlib-(\w+)\)", selector))
        for selector in re.findall(r"([^{}]+)\{[^{}]*\}", style)  # also those inside @media
    ]
    first = next(i for i, names in enumerate(owners) if names)  # before it, what all share
    assert all(len(names) == 1 for names in owners[first:])
    sheets = [*SCRIPTS.glob("*.css"), *SCRIPTS.glob("shared/*/*.css")]  # widgets, and parts
    assert set().union(*owners) == {file.stem for file in sheets}
    assert "@import" not in style


def test_every_script_is_readable_in_one_sitting():
    for file in SCRIPTS.rglob("*.js"):
        lines = file.read_text(encoding="utf-8").splitlines()
        assert len(lines) <= 450, f"{file.name} is too long to be read in one sitting"
        assert max(map(len, lines)) <= 100, f"{file.name} has a line of more than 100 letters"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1000", 1000),
        ("1,000", 1000),
        ("1 000", 1000),
        ("1\u202f000\u202f000", 1_000_000),
        ("−12,345.5", -12345.5),
        ("−1e−3", -0.001),
        ("-1E-3", -0.001),
        ("+.5", 0.5),
        (" 2. ", 2),
        ("1,000e3", 1_000_000),
    ],
)
def test_numbers_are_read_as_they_are_meant(text, value):
    assert read(text) == [value]


@pytest.mark.parametrize(
    "text",
    [
        *("", "1,5", "0,500", "1,0000", "1,000,00", "1,000 000", "1.000,5", "1,000.0.0"),
        *("1 5", "1 0000", "− 1", "--1", "1−", "1.2.3", "0x10", "1e", "e3"),
        *("½", "1/2", "10 %", "١", "Infinity", "NaN"),
    ],
)
def test_what_could_be_misread_is_no_number(text):
    assert read(text) == [None]


def test_a_number_beyond_all_bounds_is_out_of_every_range():
    assert read("1e400", "=== Infinity") == [True]


def read(text, then=""):
    """Return what the fields of the widgets understand; None for NaN."""
    program = f"""
    import {{ parse }} from {address("shared/kit")};
    import {{ text }} from "node:stream/consumers";
    const [typed] = [JSON.parse(await text(process.stdin))];
    console.log(JSON.stringify(parse(typed) {then}));
    """
    return node(program, text)


def test_widgets_and_pages_have_the_same_paper_and_ink():
    sheets = SCRIPTS / "shared" / "shared.css", ROOT / "site" / "theme" / "static" / "course.css"
    ours, pages = (
        dict(re.findall(r"^  --(\w+): ([^;]+);", sheet.read_text(encoding="utf-8"), re.M))
        for sheet in sheets
    )
    for name in ("paper", "raised", "ink", "quiet", "line", "red"):
        assert ours[name] == pages[name], name
