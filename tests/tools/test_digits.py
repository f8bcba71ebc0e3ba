"""How the digits were made: averaged down by area, split into equal classes."""

import numpy as np
import pytest

from nnlib import datasets
from tools.data.digits import TEST_PER_CLASS, overlaps, resample, stratified_order


def test_resampling_is_the_mean_over_the_area():
    image = np.random.default_rng(0).integers(0, 256, size=(28, 28))
    # Blow every pixel up to 16 × 16 equal ones; then each new pixel is the mean of 28 × 28 of them.
    fine = np.kron(image, np.ones((16, 16)))
    expected = fine.reshape(16, 28, 16, 28).mean(axis=(1, 3))
    assert resample(image[None], 16)[0] == pytest.approx(expected, rel=1e-12)
    assert overlaps(28, 16).sum(axis=1).tolist() == [28] * 16
    assert overlaps(28, 16).sum(axis=0).tolist() == [16] * 28


def test_the_split_is_balanced_and_complete():
    y = np.repeat(np.arange(4), 10)
    order = stratified_order(y, 3, np.random.default_rng(0))
    assert sorted(order) == list(range(40))
    assert np.bincount(y[order[-12:]]).tolist() == [3] * 4


def test_the_library_splits_the_file_where_it_was_made_to():
    counts = np.bincount(datasets.digits().y_test)
    assert counts.tolist() == [TEST_PER_CLASS] * 10
