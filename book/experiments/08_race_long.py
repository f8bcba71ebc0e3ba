"""The race of `08_race` with three times the epochs, at the rates that nine epochs chose.

Only the fresh seeds, 8 to 23, with the same first weights and the same first nine orders as there.
"""

import runpy
from pathlib import Path

from nnlib import SGD, Adam, AdamW, Momentum, Nesterov, RMSProp, SoftmaxCrossEntropy, datasets
from nnlib.sweeps import column, sweep

first = runpy.run_path(str(Path(__file__).with_name("08_race.py")))
SEEDS = range(8, 24)
RATES = {  # constant, and the highest of the schedule
    SGD: (0.4, 0.8),
    Momentum: (0.8, 1.6),
    Nesterov: (0.08, 0.16),
    RMSProp: (0.008, 0.032),
    Adam: (0.008, 0.032),
    AdamW: (0.008, 0.032),
}
EPOCHS = 27


def run(seed):
    """Return each optimizer's validation accuracy, constant and scheduled."""
    digits = datasets.digits()
    data = digits.X_train, digits.y_train, digits.X_validation, digits.y_validation
    results = {}
    for rule, (constant, highest) in RATES.items():
        rows = sweep(
            first["layers"],
            data,
            loss=SoftmaxCrossEntropy(),
            epochs=EPOCHS,
            seeds=1,
            initial_seed=seed,
            optimizer=rule,
            learning_rate=[constant, first["scheduled"](highest, EPOCHS * first["BATCHES"])],
        )
        results[rule.__name__] = column(rows, "validation_accuracy").round(3).tolist()
    return results
