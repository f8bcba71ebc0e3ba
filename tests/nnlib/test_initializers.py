"""First weights have the spread that their formula says, and come from the generator alone."""

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


def test_bad_input():
    with pytest.raises(ValueError, match=r"std must be a number in \(0, inf\); got -1"):
        normal(-1)
    with pytest.raises(TypeError, match="initializer must be callable; got 'he'"):
        Dense(2, 2, initializer="he")
