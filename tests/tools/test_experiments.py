"""The stored results of the long experiments: the scripts still give them."""

import json

import pytest

from nnlib import datasets
from tools.build import experiments


def test_every_experiment_has_its_results_and_every_result_its_script():
    assert sorted(path.stem for path in experiments.RESULTS.glob("*.json")) == experiments.names()
    for name in experiments.names():
        seeds = list(experiments.load(name)["SEEDS"])
        assert [each["seed"] for each in datasets.experiment(name)] == seeds


def close(stored, fresh):
    """Tell whether two results agree as far as two machines do."""
    if isinstance(stored, dict):
        return stored.keys() == fresh.keys() and all(close(stored[k], fresh[k]) for k in stored)
    if isinstance(stored, list):
        pairs = zip(stored, fresh, strict=False)
        return len(stored) == len(fresh) and all(close(a, b) for a, b in pairs)
    if isinstance(stored, bool | str) or stored is None:
        return stored == fresh
    return fresh == pytest.approx(stored, rel=0.02, abs=0.005)


@pytest.mark.no_cover  # nnlib's own tests cover it, and to trace these runs takes a fifth more time
@pytest.mark.parametrize("name", experiments.names())
def test_the_first_seed_gives_what_is_stored(name):
    stored = datasets.experiment(name)[0]
    fresh = json.loads(json.dumps(experiments.result(name, stored["seed"])))
    assert close(stored, fresh), f"stored {stored}, now {fresh}: run `make experiments`"


def test_a_changed_result_is_noticed():
    stored = {"seed": 1, "loss": [0.5, 0.25], "diverged": False}
    assert close(stored, {"seed": 1, "loss": [0.5, 0.251], "diverged": False})
    assert not close(stored, {"seed": 1, "loss": [0.5, 0.27], "diverged": False})
    assert not close(stored, {"seed": 1, "loss": [0.5], "diverged": False})
    assert not close(stored, {"seed": 1, "loss": [0.5, 0.25], "diverged": True})
    assert not close(stored, {"seed": 1, "loss": [0.5, 0.25]})


def test_an_unknown_experiment_is_refused():
    with pytest.raises(SystemExit, match="no such experiment: 99_nothing"):
        experiments.main(["99_nothing"])
    with pytest.raises(ValueError, match="name must be one of"):
        datasets.experiment("99_nothing")
