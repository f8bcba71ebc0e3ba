"""First weights have the spread that their formula says, and come from the generator alone."""

import copy
import pickle
from fractions import Fraction

import numpy as np
import pytest

from nnlib import Dense, Network
from nnlib.initializers import glorot_uniform, he_normal, normal

# 300 × 200 weights: the standard deviation of a sample is within 1 % of the true one.
EXPECTED_STD = {
    glorot_uniform: np.sqrt(2 / 500),
    he_normal: np.sqrt(2 / 300),
    normal(0.03): 0.03,
}


@pytest.mark.parametrize(("initializer", "std"), EXPECTED_STD.items())
def test_mean_and_spread(initializer, std):
    W = initializer(np.random.default_rng(0), 300, 200)
    assert W.shape == (300, 200)
    assert W.std() == pytest.approx(std, rel=0.01)
    assert abs(W.mean()) < 0.02 * std


def test_glorot_stays_within_its_limit():
    W = glorot_uniform(np.random.default_rng(0), 300, 200)
    limit = np.sqrt(6 / 500)
    assert 0.999 * limit < np.abs(W).max() <= limit


@pytest.mark.parametrize("initializer", EXPECTED_STD)
def test_every_network_of_a_grid_has_weights_of_its_own(initializer):
    network = Network(
        [Dense(5, 4, initializer=initializer)], rng=np.random.default_rng(0), grid=(3,)
    )
    assert network.layers[0].W.shape == (3, 5, 4)
    assert len(np.unique(network.layers[0].W)) == 60
    assert (network.layers[0].b == 0).all()


def test_the_same_seed_draws_the_same_weights():
    first, second = (he_normal(np.random.default_rng(7), 4, 3) for _ in range(2))
    assert np.array_equal(first, second)


def test_each_draws_once_from_the_distribution_of_its_formula():
    # Stored notebooks rest on these very numbers.
    def rng():
        return np.random.default_rng(3)

    size = (2, 5, 4)
    limit = np.sqrt(6 / 9)
    assert np.array_equal(glorot_uniform(rng(), 5, 4, (2,)), rng().uniform(-limit, limit, size))
    assert np.array_equal(he_normal(rng(), 5, 4, (2,)), rng().normal(0, np.sqrt(2 / 5), size))
    assert np.array_equal(normal(0.1)(rng(), 5, 4, (2,)), rng().normal(0, 0.1, size))


@pytest.mark.parametrize(
    "travel", [copy.copy, copy.deepcopy, lambda f: pickle.loads(pickle.dumps(f))]
)
@pytest.mark.parametrize("initializer", EXPECTED_STD)
def test_an_initializer_survives_a_copy_and_a_pickle(initializer, travel):
    first, second = (f(np.random.default_rng(7), 4, 3) for f in (initializer, travel(initializer)))
    assert np.array_equal(first, second)


def test_widths_of_a_narrow_type_do_not_overflow():
    # 100 + 100 is −56 in int8.
    for initializer in EXPECTED_STD:
        plain, narrow = (
            initializer(np.random.default_rng(0), n, n, (n,)) for n in (100, np.int8(100))
        )
        assert np.array_equal(plain, narrow)


def test_normal_says_what_it_is():
    assert repr(normal(0.1)) == "normal(0.1)"
    assert repr(normal(Fraction(1, 4))) == "normal(0.25)"


@pytest.mark.parametrize("initializer", EXPECTED_STD)
@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        ((0, 2, 2), TypeError, "rng must be a numpy.random.Generator such as"),
        ((np.random.RandomState(0), 2, 2), TypeError, "rng must be a numpy.random.Generator"),
        (("rng", 0, 2), ValueError, "n_in must be an integer in [1, inf); got 0"),
        (("rng", 2, -1), ValueError, "n_out must be an integer in [1, inf); got -1"),
        (("rng", 2.0, 2), TypeError, "n_in must be an integer in [1, inf); got 2.0"),
        (("rng", 2, True), TypeError, "n_out must be an integer in [1, inf); got True"),
        (("rng", 2, 2, 3), TypeError, "grid must be a tuple of integers such as (3,); got 3"),
        (("rng", 2, 2, (3, 0)), ValueError, "grid must be an integer in [1, inf); got 0"),
    ],
)
def test_bad_input(initializer, arguments, kind, message):
    rng, *others = arguments
    rng = np.random.default_rng(0) if isinstance(rng, str) else rng
    with pytest.raises(kind) as error:
        initializer(rng, *others)
    assert str(error.value).startswith(message)


def test_bad_settings():
    for std in (-1, 0, np.inf, np.nan, Fraction(1, 10**400)):
        with pytest.raises(ValueError, match=r"std must be a number in \(0, inf\); got"):
            normal(std)
    with pytest.raises(TypeError, match="std must be a number"):
        normal("0.1")
    with pytest.raises(TypeError, match="initializer must be callable; got 'he'"):
        Dense(2, 2, initializer="he")
