"""Chapter 10: is it the body or the head that helps? The two ways that `10_writers` leaves out.

Source, seeds, labels, batches and rates are those of `10_writers`: there the frozen body got a new
head, and fine-tuning began with the old one. Here it is the other way round.
"""

import runpy
from pathlib import Path

import numpy as np

from nnlib import datasets

first = runpy.run_path(str(Path(__file__).with_name("10_writers.py")))
SEEDS = first["SEEDS"]


def run(seed):
    """Accuracies by labels per class, way and rate."""
    digits = datasets.digits()
    X, y, X_validation, y_validation = datasets.other_writers()
    images, scores = first["images"], first["scores"]
    validation = images(X_validation), y_validation
    source = first["pretrained"](digits.X_train, digits.y_train, 10, seed)
    headless = source.copy()
    untrained = first["convolutional"](10, np.random.default_rng(seed))
    headless[-1:].theta = untrained[-1:].theta
    found = {}
    for n in (2, 10):
        few = first["some_of_each"](y, n, np.random.default_rng(seed))
        rest = images(X[few]), y[few], validation, first["LABELS"][n], seed
        found[str(n)] = {
            "frozen, old head": scores(source, *rest, last_only=True),
            "tuned, new head": scores(headless, *rest, last_only=False),
        }
    return found
