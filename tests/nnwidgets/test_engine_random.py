"""Python's copy of the engine's random numbers: the same draws, and no others."""

import copy
import pickle

import numpy as np
import pytest
from in_node import address, node

from nnwidgets.engine_random import EngineRandom

OFFERED = {"random", "uniform", "normal", "standard_normal", "permutation"}
OTHERS = [name for name in dir(np.random.Generator) if name[0] != "_" and name not in OFFERED]


def test_random_numbers_are_those_of_the_engine():
    program = f"""
    import {{ Random }} from {address("shared/engine")};
    const random = new Random(42);
    const of = (kind) => Array.from({{ length: 50 }}, () => random[kind]());
    console.log(JSON.stringify([of("uniform"), of("normal"), Array.from(random.permutation(30))]));
    """
    uniform, normal, order = node(program)[0]
    rng = EngineRandom(42)
    assert rng.random(50).tolist() == uniform
    np.testing.assert_allclose(rng.normal(size=(5, 10)).ravel(), normal, rtol=1e-13)
    assert rng.permutation(30).tolist() == order
    assert isinstance(rng.random(), float)
    assert (np.abs(EngineRandom(1).uniform(-3, 1, size=1000) + 1) <= 2).all()


def test_normal_numbers_depend_on_the_seed():
    drawn = EngineRandom(1).standard_normal(5)
    assert np.array_equal(drawn, EngineRandom(1).normal(size=5))
    assert not np.array_equal(drawn, EngineRandom(2).standard_normal(5))


@pytest.mark.parametrize("name", OTHERS)
def test_a_draw_that_the_engine_has_not_fails(name):
    with pytest.raises(NotImplementedError, match=f"EngineRandom has no {name}: .* Use random,"):
        getattr(EngineRandom(0), name)(3)


@pytest.mark.parametrize(
    "again",
    [copy.copy, copy.deepcopy, lambda rng: pickle.loads(pickle.dumps(rng))],
    ids=["copy", "deepcopy", "pickle"],
)
def test_a_copy_goes_on_where_the_original_stands(again):
    rng = EngineRandom(3)
    rng.random(10)
    other = again(rng)
    expected = rng.random(5).tolist()
    assert other.random(5).tolist() == expected
    assert rng.random() == other.random() != expected[0]


@pytest.mark.parametrize("seed, error", [(-1, ValueError), (2**32, ValueError), (0.5, TypeError)])
def test_a_bad_seed_is_refused(seed, error):
    with pytest.raises(error, match=f"seed must be .*; got {seed}"):
        EngineRandom(seed)
