"""Six optimizers on the digits, each at seven rates: constant, and with a schedule; nine epochs.

Chapter 8 chooses the rates by seeds 0 to 7 and compares on the fresh seeds 8 to 23. One seed gives
all networks the same first weights and the same batches. The test digits are not touched.
"""

import numpy as np

from nnlib import (
    SGD,
    Adam,
    AdamW,
    Dense,
    Momentum,
    Nesterov,
    ReLU,
    RMSProp,
    SoftmaxCrossEntropy,
    datasets,
)
from nnlib.schedules import cosine
from nnlib.sweeps import column, sweep

SEEDS = range(24)
LOWEST = {SGD: 0.05, Momentum: 0.1, Nesterov: 0.01, RMSProp: 0.002, Adam: 0.002, AdamW: 0.002}
BATCHES = 94  # in an epoch: 93 of 32 digits, and one of 24
LEAST = 0.85  # below, a run has jumped about, and its digits differ from machine to machine


def layers():
    """Return the layers of 256-32-10."""
    return [Dense(256, 32), ReLU(), Dense(32, 10)]


def race(seed, epochs, *plans):
    """Return validation accuracies by plan and optimizer, from its lowest rate to its highest.

    A plan makes a learning rate or a schedule from the rate and the number of steps. A run that
    ends below `LEAST` has no number.
    """
    digits = datasets.digits()
    data = digits.X_train, digits.y_train, digits.X_validation, digits.y_validation
    found = {plan.__name__: {} for plan in plans}
    for rule, low in LOWEST.items():
        rates = [low * 2**k for k in range(7)]
        rows = sweep(
            layers,
            data,
            loss=SoftmaxCrossEntropy(),
            epochs=epochs,
            seeds=1,
            initial_seed=seed,
            optimizer=rule,
            learning_rate=[plan(rate, epochs * BATCHES) for plan in plans for rate in rates],
        )
        scores = np.nan_to_num(column(rows, "validation_accuracy")).round(3).tolist()
        kept = iter(score if score >= LEAST else None for score in scores)
        for plan in plans:
            found[plan.__name__][rule.__name__] = [next(kept) for _ in rates]
    return found


def constant(rate, steps):
    """Return the rate as it is."""
    return rate


def scheduled(rate, steps):
    """Rise to the rate over a tenth of the steps, then fall to 0 along a cosine."""
    return cosine(rate, steps, warmup=steps // 10)


def run(seed):
    """Race with both plans."""
    return race(seed, 9, constant, scheduled)
