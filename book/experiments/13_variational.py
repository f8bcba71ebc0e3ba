"""Chapter 13, going further: a variational autoencoder beside a plain one, eight numbers each.

Both are 256-128-8-128-256. 1000 codes are drawn, for the variational one from the normal
distribution with mean 0 and SD 1, for the plain one from a normal distribution fitted to its
training codes. `far`: the share of drawings that are further from the nearest training digit than
95 of 100 reconstructed validation digits. `error`: mean squared error per pixel, times 1000, of
validation digits.
"""

import runpy
from pathlib import Path

import numpy as np

from nnlib import Adam, Dense, HalfSquaredError, Network, ReLU, cosine, datasets, minibatches

SEEDS = range(8)
K, RATE, EPOCHS, BETA = 8, 0.004, 20, 0.02
width = runpy.run_path(str(Path(__file__).with_name("13_width.py")))


def variational(X, seed):
    """Train an encoder, which gives means and logarithms of variances, and a decoder."""
    rng, loss = np.random.default_rng(seed), HalfSquaredError()
    encoder = Network([Dense(256, 128), ReLU(), Dense(128, 2 * K)], rng=rng)
    decoder = Network([Dense(K, 128), ReLU(), Dense(128, 256)], rng=rng)
    steps = EPOCHS * -(-len(X) // 32)
    parts = [(part, Adam(cosine(RATE, steps))) for part in (encoder, decoder)]
    for _ in range(EPOCHS):
        for batch in minibatches(len(X), 32, rng=rng):
            mean, log_variance = np.split(encoder.forward(X[batch]), 2, axis=1)
            noise, sd = rng.normal(size=mean.shape), np.exp(log_variance / 2)
            _, grad = loss(decoder.forward(mean + sd * noise), X[batch])
            grad_code, share = decoder.backward(grad), BETA / len(batch)
            grad_log = grad_code * noise * sd / 2 + share * (sd**2 - 1) / 2
            encoder.backward(np.hstack([grad_code + share * mean, grad_log]))
            for part, optimizer in parts:
                optimizer.step(part.theta, part.grad)
    return encoder, decoder


def run(seed):
    """Return errors and shares of drawings that are far from all training digits."""
    digits = datasets.digits()
    X, X_validation = digits.X_train, digits.X_validation

    def nearest(drawn):
        squares = np.square(drawn).sum(axis=1)[:, None] + np.square(X).sum(axis=1)
        return np.sqrt(np.maximum(squares - 2 * drawn @ X.T, 0).min(axis=1))

    def measured(drawn, rebuilt):
        limit = np.quantile(nearest(rebuilt), 0.95)
        return {
            "error": round(1000 * np.square(rebuilt - X_validation).mean(), 3),
            "far": round((nearest(drawn) > limit).mean(), 3),
            "nearest": round(nearest(drawn).mean(), 3),
        }

    rng = np.random.default_rng(seed)
    plain = width["trained"](K, width["CHOSEN"][K], seed, EPOCHS, X)
    rebuilt, codes = plain(X_validation), plain[:3](X)
    fitted = rng.multivariate_normal(codes.mean(axis=0), np.cov(codes.T), 1000)
    encoder, decoder = variational(X, seed)
    return {
        "plain": measured(plain[3:](fitted), rebuilt),
        "plain, standard normal": measured(plain[3:](rng.normal(size=(1000, K))), rebuilt),
        "variational": measured(
            decoder(rng.normal(size=(1000, K))), decoder(encoder(X_validation)[:, :K])
        ),
    }
