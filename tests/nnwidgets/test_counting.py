"""The counting widget from Python: its counts are those of real networks, and what it refuses."""

from itertools import pairwise

import numpy as np
import pytest

from nnlib.layers import Dense
from nnlib.network import Network
from nnlib.training import minibatches
from nnwidgets import Counting
from nnwidgets.counting import SPACES


def test_the_counts_are_those_of_real_networks():
    rng = np.random.default_rng(0)
    for _ in range(50):
        widths = rng.integers(1, 60, size=rng.integers(2, 12)).tolist()
        counting = Counting(widths=widths)
        layers = [Dense(*pair) for pair in pairwise(widths)]
        assert counting.n_parameters == Network(layers, rng=rng).theta.size
        alone = [Network([Dense(layer.n_in, layer.n_out)], rng=rng).theta.size for layer in layers]
        assert counting.counts == alone
        counting.bias = False
        assert counting.n_parameters == sum(alone) - sum(widths[1:])


def test_the_iterations_are_those_of_minibatches():
    rng = np.random.default_rng(0)
    for _ in range(100):
        n, size, epochs = (int(rng.integers(1, high)) for high in (400, 90, 20))
        sizes = [len(batch) for batch in minibatches(n, size, rng=rng)]
        values = {"samples": n, "batch_size": size, "epochs": epochs}
        counting = Counting(part="iterations", **values)
        assert counting.iterations_per_epoch == len(sizes)
        assert counting.iterations == len(sizes) * epochs
        assert counting.rest == sizes[-1] % size
        counting.drop_last = True
        assert counting.iterations_per_epoch == sizes.count(size)


def test_the_decks_networks():
    assert Counting(widths=[100, 100]).n_parameters == 10_100
    assert Counting().n_parameters == 101_000
    assert Counting(widths=[256, 64, 10]).counts == [16_448, 650]


def test_each_part_has_its_picture_and_its_height():
    for values in (
        {},
        {"widths": [1, 4096, 3], "bias": False, "layer": 9},
        {"part": "iterations"},
        {"part": "iterations", "samples": 10, "batch_size": 32, "drop_last": True},
        {"part": "iterations", "samples": 10_000_000, "batch_size": 3},
    ):
        counting = Counting(**values)
        assert counting.stored()["space"] == list(SPACES[counting.part])
        texts = " ".join(
            t.get_text() for ax in counting.still().axes for t in ax.findobj(match=text)
        )
        total = counting.n_parameters if counting.part == "parameters" else counting.iterations
        assert f"{total:,}" in texts


def text(artist):
    return hasattr(artist, "get_text")


@pytest.mark.parametrize(
    "values, error, message",
    [
        ({"widths": [256]}, ValueError, "widths must hold the inputs and 1 to 10 layers; got 1"),
        ({"widths": [2] * 12}, ValueError, "widths must hold .*; got 12 numbers"),
        ({"widths": [2, 0]}, ValueError, r"widths\[1\] must be .*; got 0"),
        ({"widths": [2, 5000]}, ValueError, r"widths\[1\] must be .*; got 5000"),
        ({"widths": [2, 2.5]}, TypeError, r"widths\[1\] must be an integer.*; got 2.5"),
        ({"widths": 64}, TypeError, "widths must be a list of integers; got 64"),
        ({"widths": "64"}, TypeError, "widths must be a list of integers; got '64'"),
        ({"bias": "yes"}, ValueError, "bias must be one of True, False; got 'yes'"),
        ({"layer": 11}, ValueError, "layer must be .*; got 11"),
        ({"part": "both"}, ValueError, "part must be one of 'parameters', .*; got 'both'"),
        ({"samples": 0}, ValueError, "samples must be .*; got 0"),
        ({"batch_size": 32.0}, TypeError, "batch_size must be an integer.*; got 32.0"),
        ({"epochs": 1001}, ValueError, "epochs must be .*; got 1001"),
        ({"drop_last": None}, ValueError, "drop_last must be one of .*; got None"),
        ({"units": 3}, TypeError, "Counting takes part, widths, .*; got units"),
    ],
)
def test_bad_values_are_refused(values, error, message):
    with pytest.raises(error, match=message):
        Counting(**values)
    counting = Counting()
    [(name, value)] = values.items()
    if name in Counting.settings:
        before = getattr(counting, name)
        with pytest.raises(error, match=message):
            setattr(counting, name, value)
        assert getattr(counting, name) == before
