"""What several files say of versions agrees: the list, the lock, the README, the workflows."""

import re
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.build.notebooks import BOOK

ROOT = BOOK.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
OLDEST = PYPROJECT["project"]["requires-python"].removeprefix(">=")


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def listed():
    """Return what pyproject.toml asks for."""
    project = PYPROJECT["project"]
    groups = [
        project["dependencies"],
        *project["optional-dependencies"].values(),
        *PYPROJECT["dependency-groups"].values(),
    ]
    return [Requirement(text) for group in groups for text in group]


def problems(lock):
    """List where a lock, given as text, does not fit what pyproject.toml asks for."""
    lines = [line.partition("#") for line in lock.splitlines() if not line.startswith("#")]
    locked = {}
    asked_for = set()  # of which the lock itself says so
    for text, _, reason in lines:
        pinned = Requirement(text)
        name = canonicalize_name(pinned.name)
        locked.setdefault(name, []).append(str(pinned.specifier).removeprefix("=="))
        if PYPROJECT["project"]["name"] in reason:
            asked_for.add(name)
    wanted = {canonicalize_name(requirement.name): requirement for requirement in listed()}
    return [
        *(f"{name} is not locked" for name in sorted(wanted.keys() - asked_for)),
        *(f"{name} is no longer asked for" for name in sorted(asked_for - wanted.keys())),
        *(
            f"{name} is locked at {version}, asked for as {wanted[name]}"
            for name in sorted(wanted.keys() & asked_for)
            for version in locked[name]
            if not wanted[name].specifier.contains(version)
        ),
    ]


def test_the_lock_fits_the_list():
    assert problems(read("requirements.txt")) == [], "run `make lock`"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: re.sub("^numpy==.*\n", "", text, flags=re.M), "numpy is not locked"),
        (lambda text: re.sub("^numpy==[^ ]*", "numpy==1.26.4", text, flags=re.M), "at 1.26.4"),
        (
            lambda text: f"{text}flit==3.0  # via neural-network-basics (pyproject.toml:site)\n",
            "flit is no longer asked for",
        ),
    ],
)
def test_a_lock_that_does_not_fit_is_found(change, message):
    found = problems(change(read("requirements.txt")))
    assert len(found) == 1 and message in found[0]


def test_the_lock_names_no_place():
    assert not re.search(r"://|--|\.whl|@ |^[./]", read("requirements.txt"), re.M)


def test_the_checks_run_on_the_pythons_that_the_readme_names():
    workflow = yaml.safe_load(read(".github/workflows/test.yml"))
    tested = workflow["jobs"]["test"]["strategy"]["matrix"]["python"]
    assert tested[0] == OLDEST
    assert f"Python {tested[0]} to {tested[-1]}" in read("README.md")
    assert f'python-version: "{tested[-1]}"' in read(".github/workflows/publish.yml")


def test_the_citation_names_this_version():
    assert yaml.safe_load(read("CITATION.cff"))["version"] == PYPROJECT["project"]["version"]
