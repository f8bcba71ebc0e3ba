"""How the digits were made: averaged down by area, split into equal classes."""

import numpy as np
import pytest

from nnlib import datasets
from tools.data.digits import TEST_PER_CLASS, overlaps, resample, stratified_order
from tools.data.other_writers import VALIDATION_PER_CLASS, enlarge


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


def test_enlarging_by_area_keeps_the_ink_and_lays_paper_around():
    image = np.random.default_rng(0).integers(0, 17, size=(8, 8))
    image[3, 4] = 16
    new = enlarge(image[None])[0]
    assert new.shape == (16, 16) and new.dtype == np.uint8
    # Three new pixels cover two old ones: the first and the last lie inside one of them.
    assert new[2 + 5, 2 + 6] == 63 and new[2, 2] == round(image[0, 0] * 63 / 16)
    assert new[2:14, 2:14].mean() == pytest.approx(image.mean() * 63 / 16, abs=0.2)
    assert not new[:2].any() and not new[:, -2:].any()


def test_the_library_splits_the_other_writers_where_they_were_split():
    assert np.bincount(datasets.other_writers()[3]).tolist() == [VALIDATION_PER_CLASS] * 10
