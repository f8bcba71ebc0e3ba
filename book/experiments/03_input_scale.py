"""Chapter 3: which learning rate suits raw, scaled and standardised pixels, and how far each gets.

A 256-64-10 network per rate, plain gradient descent, batches of 32. All rates begin with the same
weights and see the same order of the digits. Measured on the validation digits, after three epochs
and after nine.
"""

import numpy as np

from nnlib import SGD, Dense, Network, ReLU, SoftmaxCrossEntropy, datasets, fit

SEEDS = range(12)
RATES = {
    "0-255": [0.00003, 0.0001, 0.0002, 0.0003, 0.0005, 0.0007, 0.001, 0.002],
    "0-1": [0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5],
    "standardised": [0.003, 0.01, 0.03, 0.1, 0.2, 0.3, 0.5],
}
EPOCHS = (3, 9)


def scalings(X_train):
    """Return the three ways to hand over the pixels."""
    mean, deviation = X_train.mean(axis=0), X_train.std(axis=0)
    deviation[deviation == 0] = 1
    return {
        "0-255": lambda X: 255 * X,
        "0-1": lambda X: X,
        "standardised": lambda X: (X - mean) / deviation,
    }


def run(seed):
    """Return, for each scaling, its rates and the validation accuracies after 3 and 9 epochs."""
    digits, results = datasets.digits(), {}
    for name, scale in scalings(digits.X_train).items():
        rates, rng = RATES[name], np.random.default_rng(seed)
        networks = Network([Dense(256, 64), ReLU(), Dense(64, 10)], rng=rng, grid=(len(rates),))
        networks.theta[...] = networks.theta[0]
        history = fit(
            networks,
            scale(digits.X_train),
            digits.y_train,
            loss=SoftmaxCrossEntropy(),
            optimizer=SGD(rates),
            epochs=max(EPOCHS),
            validation=(scale(digits.X_validation), digits.y_validation),
            rng=rng,
            progress=False,
        )
        scores = {str(e): history.validation_accuracy[e - 1].round(3).tolist() for e in EPOCHS}
        results[name] = {"rates": rates, "accuracy": scores}
    return results
