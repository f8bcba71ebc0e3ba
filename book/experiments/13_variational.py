"""Chapter 13, going further: variational autoencoders beside plain ones, eight numbers each.

All are 256-128-8-128-256, trained for 20 epochs. The first seeds stand for one rate each, to choose
the rate of the variational ones by, by their whole loss on the validation digits; then come eight
plain ones and eight variational ones, whose loss holds a tenth of the divergence.

1000 codes are drawn: for the variational ones from the normal distribution with mean 0 and SD 1;
for the plain ones also from a normal distribution fitted to their training codes (`fitted`), and
as training codes, moved by 0.3 of a draw from it (`moved`). `far`: the share of drawings that are
further from the nearest training digit than 95 of 100 reconstructed validation digits. `sure`: the
share that a classifier names with a probability above 0.9; it is trained on the training digits and
their reconstructions. `error`: mean squared error per pixel, times 1000, of validation digits.
Drawings are cut off at paper and ink.
"""

import runpy
from pathlib import Path

import numpy as np

from nnlib import (
    Adam,
    Dense,
    HalfSquaredError,
    Network,
    ReLU,
    SoftmaxCrossEntropy,
    cosine,
    datasets,
    fit,
    minibatches,
    softmax,
)

K, EPOCHS, MOVED = 8, 20, 0.3
RATES, CHOSEN, SHARE = [0.002, 0.004, 0.008, 0.016], 0.008, 0.1
JOBS = [
    *[("tuning", SHARE, rate, 100) for rate in RATES],
    *[("plain", 0, None, repeat) for repeat in range(8)],
    *[("variational", SHARE, CHOSEN, repeat) for repeat in range(8)],
]
SEEDS = range(len(JOBS))
width = runpy.run_path(str(Path(__file__).with_name("13_width.py")))


def variational(X, share_of_all, rate, seed):
    """Train an encoder, which gives means and logarithms of variances, and a decoder."""
    rng, loss = np.random.default_rng(seed), HalfSquaredError()
    encoder = Network([Dense(256, 128), ReLU(), Dense(128, 2 * K)], rng=rng)
    decoder = Network([Dense(K, 128), ReLU(), Dense(128, 256)], rng=rng)
    steps = EPOCHS * -(-len(X) // 32)
    parts = [(part, Adam(cosine(rate, steps))) for part in (encoder, decoder)]
    for _ in range(EPOCHS):
        for batch in minibatches(len(X), 32, rng=rng):
            mean, log_variance = np.split(encoder.forward(X[batch]), 2, axis=1)
            noise, sd = rng.normal(size=mean.shape), np.exp(log_variance / 2)
            _, grad = loss(decoder.forward(mean + sd * noise), X[batch])
            grad_code, share = decoder.backward(grad), share_of_all / len(batch)
            grad_log = grad_code * noise * sd / 2 + share * (sd**2 - 1) / 2
            encoder.backward(np.hstack([grad_code + share * mean, grad_log]))
            for part, optimizer in parts:
                optimizer.step(part.theta, part.grad)
    return encoder, decoder


def whole_loss(encoder, decoder, X, share):
    """Return the loss of a variational autoencoder, with one draw of the noise."""
    mean, log_variance = np.split(encoder(X), 2, axis=1)
    noise = np.random.default_rng(0).normal(size=mean.shape)
    drawn = decoder(mean + np.exp(log_variance / 2) * noise)
    divergence = (mean**2 + np.exp(log_variance) - 1 - log_variance).sum(axis=1) / 2
    return (np.square(drawn - X).sum(axis=1) / 2 + share * divergence).mean()


def distances(drawn, X):
    """Return the distance of each drawing to the nearest of the digits X."""
    squares = np.square(drawn).sum(axis=1)[:, None] + np.square(X).sum(axis=1)
    return np.sqrt(np.maximum(squares - 2 * drawn @ X.T, 0).min(axis=1))


def run(seed):
    """Return errors, and what becomes of codes that are drawn."""
    kind, share, rate, repeat = JOBS[seed]
    digits = datasets.digits()
    X, y, X_validation = digits.X_train, digits.y_train, digits.X_validation
    result = {"kind": kind, "share": share, "rate": rate, "repeat": repeat}
    if kind == "tuning":
        parts = variational(X, share, rate, repeat)
        return result | {"loss": round(whole_loss(*parts, X_validation, share), 4)}

    rng = np.random.default_rng(repeat)
    codes = {"standard": rng.normal(size=(1000, K))}
    if kind == "plain":
        network = width["trained"](K, width["CHOSEN"][K], repeat, EPOCHS, X)
        known, decoder, rebuilt = network[:3](X), network[3:], network
        spread = np.cov(known.T)
        codes["fitted"] = rng.multivariate_normal(known.mean(axis=0), spread, 1000)
        moved = MOVED * rng.multivariate_normal(np.zeros(K), spread, 1000)
        codes["moved"] = known[rng.integers(len(X), size=1000)] + moved
    else:
        encoder, decoder = variational(X, share, rate, repeat)
        rebuilt = lambda X: decoder(encoder(X)[:, :K])  # noqa: E731
    again, unseen = (np.clip(rebuilt(each), 0, 1) for each in (X, X_validation))
    judge = Network([Dense(256, 64), ReLU(), Dense(64, 10)], rng=rng)
    fit(judge, np.concatenate([X, again]), np.concatenate([y, y]), loss=SoftmaxCrossEntropy(),
        optimizer=Adam(0.002), epochs=8, rng=rng, progress=False)  # fmt: skip
    limit = np.quantile(distances(unseen, X), 0.95)
    result["error"] = round(1000 * np.square(rebuilt(X_validation) - X_validation).mean(), 3)
    result["reconstructed sure"] = round((softmax(judge(unseen)).max(axis=1) > 0.9).mean(), 3)
    for name, drawn in codes.items():
        images = np.clip(decoder(drawn), 0, 1)
        result[f"{name} far"] = round((distances(images, X) > limit).mean(), 3)
        result[f"{name} sure"] = round((softmax(judge(images)).max(axis=1) > 0.9).mean(), 3)
    return result
