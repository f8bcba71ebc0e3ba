"""Chapter 14: digits from noise, and how they are judged.

Generator 16-128-128-256 with a Sigmoid at the end, discriminator 256-128-128-1, ReLU in the hidden
layers, Adam with β₁ = 0.5 and the rate 0.001 in both, batches of 64, 6000 steps, the non-saturating
loss. The rivals: the decoder of chapter 13 (256-128-8-128-256, codes drawn from a normal
distribution that is fitted to the training codes; 20 epochs as there, and 128, as long as the GAN),
a normal distribution of all 256 pixels, and real digits. The first run is a short one that
reproduces on other machines.

Measured on 1000 images, clipped to pixels from 0 to 1. `sure`: the share to which a classifier
256-64-10 gives a class with more than 0.9. `classes`: the share of each class by its verdict.
`nearest`: the mean distance to the nearest training digit. `copies`: the share nearer to one than
99 of 100 validation digits are. `caught`: the share of images, half real and half not, that a fresh
discriminator 256-128-1 names right, on validation digits and images that it was not trained on.
"""

import numpy as np

from nnlib import (
    Adam,
    BinaryCrossEntropy,
    Dense,
    HalfSquaredError,
    Network,
    ReLU,
    Sigmoid,
    SoftmaxCrossEntropy,
    accuracy,
    cosine,
    datasets,
    fit,
    softmax,
)

N_NOISE, WIDTH, BATCH, STEPS = 16, 128, 64, 6000
JOBS = [
    ("short", 0),
    *[(kind, repeat) for repeat in range(8) for kind in ("GAN", "decoder", "pixels")],
    *[("decoder, long", repeat) for repeat in range(8)],
]
SEEDS = range(len(JOBS))


def hidden(n_in):
    """Return the two hidden layers that all these networks have."""
    return [Dense(n_in, WIDTH), ReLU(), Dense(WIDTH, WIDTH), ReLU()]


def invent(X, rng, steps):
    """Train a generator against a discriminator on the images X."""
    generator = Network([*hidden(N_NOISE), Dense(WIDTH, 256), Sigmoid()], rng=rng)
    discriminator = Network([*hidden(256), Dense(WIDTH, 1)], rng=rng)
    loss, yes = BinaryCrossEntropy(), np.ones((BATCH, 1))
    judge, forger = Adam(0.001, beta1=0.5), Adam(0.001, beta1=0.5)
    answers = np.vstack([yes, 0 * yes])
    for _ in range(steps):
        fake = generator.run(rng.normal(size=(BATCH, N_NOISE)))
        seen = np.vstack([X[rng.integers(len(X), size=BATCH)], fake])
        _, grad = loss.compute(discriminator.run(seen), answers)
        discriminator.backward(grad, input_grad=False)
        judge.step(discriminator.theta, discriminator.grad)

        fake = generator.run(rng.normal(size=(BATCH, N_NOISE)))
        _, grad = loss.compute(discriminator.run(fake), yes)
        generator.backward(discriminator.backward(grad), input_grad=False)
        forger.step(generator.theta, generator.grad)
    return generator


def decoder(X, rng, epochs):
    """Train the autoencoder of chapter 13; return its decoder and the training codes."""
    layers = [Dense(256, 128), ReLU(), Dense(128, 8), Dense(8, 128), ReLU(), Dense(128, 256)]
    network = Network(layers, rng=rng)
    fit(network, X, X, loss=HalfSquaredError(), optimizer=Adam(cosine(0.008, epochs * 94)),
        epochs=epochs, rng=rng, progress=False)  # fmt: skip
    return network[3:], network[:3](X)


def trained(layers, X, y, loss, epochs, rng):
    """Train a classifier."""
    network = Network(layers, rng=rng)
    fit(network, X, y, loss=loss, optimizer=Adam(0.002), epochs=epochs, rng=rng, progress=False)
    return network


def run(seed):
    """Return how the images of a GAN and of its rivals are judged."""
    kind, repeat = JOBS[seed]
    digits, rng = datasets.digits(), np.random.default_rng(repeat)
    X, X_validation = digits.X_train, digits.X_validation
    reader = trained([Dense(256, 64), ReLU(), Dense(64, 10)], X, digits.y_train,
                     SoftmaxCrossEntropy(), 10, np.random.default_rng(100))  # fmt: skip

    def nearest(images):
        squares = np.square(images).sum(axis=1)[:, None] + np.square(X).sum(axis=1)
        return np.sqrt(np.maximum(squares - 2 * images @ X.T, 0).min(axis=1))

    usual = np.quantile(nearest(X_validation), 0.01)

    def judged(images):
        # 3000 images to train a fresh discriminator on, 1000 to judge
        images, judged = np.clip(images[:3000], 0, 1), np.clip(images[3000:], 0, 1)
        p, distances = softmax(reader(judged)), nearest(judged)
        labels = np.repeat([1, 0], 3000)
        fresh = trained([Dense(256, 128), ReLU(), Dense(128, 1)], np.vstack([X, images]), labels,
                        BinaryCrossEntropy(), 4, np.random.default_rng(200))  # fmt: skip
        both = np.vstack([X_validation, judged])
        return {
            "sure": round((p.max(axis=1) > 0.9).mean(), 3),
            "classes": (np.bincount(p.argmax(axis=1), minlength=10) / 1000).round(3).tolist(),
            "nearest": round(distances.mean(), 2),
            "copies": round((distances < usual).mean(), 3),
            "caught": round(accuracy(fresh, both, np.repeat([1, 0], 1000), threshold=0), 3),
        }

    if kind.startswith("decoder"):
        draw, codes = decoder(X, rng, 128 if kind == "decoder, long" else 20)
        images = draw(rng.multivariate_normal(codes.mean(axis=0), np.cov(codes.T), 4000))
    elif kind == "pixels":
        images = rng.multivariate_normal(X.mean(axis=0), np.cov(X.T), 4000, method="eigh")
    else:
        generator = invent(X, rng, 300 if kind == "short" else STEPS)
        images = generator(rng.normal(size=(4000, N_NOISE)))
    result = {"kind": kind, "repeat": repeat, **judged(images)}
    if kind in ("GAN", "decoder", "pixels") and repeat < 4:
        levels = np.rint(15 * np.clip(images[3000:3024], 0, 1)).astype(int)
        result["images"] = ["".join(f"{v:x}" for v in image) for image in levels]
    if kind == "short":
        p = softmax(reader(X_validation))
        result["real"] = {
            "sure": round((p.max(axis=1) > 0.9).mean(), 3),
            "nearest": round(nearest(X_validation).mean(), 2),
            "reader": round((p.argmax(axis=1) == digits.y_validation).mean(), 3),
        }
    return result
