"""Chapter 14: a generator and a discriminator on a ring of eight Gaussians, in several settings.

Generator 2-32-32-2, discriminator 2-32-32-1, ReLU in the hidden layers, Adam with β₁ = 0.5 and the
rate 0.001 in both, batches of 64, 4000 steps, the non-saturating loss. `SETTINGS` says what each
setting changes. Each run stands for one setting and one seed.

Measured on 2000 samples: `near`, the share within 3 SD of the nearest centre; `modes`, how many
centres have at least 2 % of the samples near them; `centre`, the one that has most; `spread`, the
SD of a coordinate (0: all samples are one point). `loss` is what the discriminator makes small, the
sum of its two terms, and `loss_generator` −log D of the samples, both means over the last 500
steps. `trace` repeats the measurements every 500 steps. (The first setting reproduces on other
machines; where the generator is fast, last bits change the path.)
"""

import numpy as np

from nnlib import Adam, BinaryCrossEntropy, Dense, Network, ReLU, Tanh

RADIUS, SD, BATCH, STEPS = 2.0, 0.1, 64, 4000
angles = np.arange(8) * np.pi / 4
CENTRES = RADIUS * np.stack([np.cos(angles), np.sin(angles)], axis=1)
FAST = {"rate_generator": 0.01}
TANH = FAST | {"activation": Tanh}
MOMENTUM = TANH | {"beta1": 0.9}
SETTINGS = {
    "base": {},
    "minimax": {"minimax": True},
    "fast": FAST,
    "tanh": TANH,
    "momentum": MOMENTUM,
    "momentum, pairs": MOMENTUM | {"pack": 2},
    "momentum, slow": MOMENTUM | {"rate_generator": 0.001},
    "momentum, then less": MOMENTUM | {"steps": 2 * STEPS, "less_from": STEPS},
    "momentum, batch 128": MOMENTUM | {"batch": 128},
    "together": {"together": True},
    "noise of one number": {"n_noise": 1},
    "long": {"steps": 3 * STEPS},
    "momentum, long": MOMENTUM | {"steps": 3 * STEPS},
}
JOBS = [(name, repeat) for name in SETTINGS for repeat in range(8)]
SEEDS = range(len(JOBS))


def ring(n, rng):
    """Draw n points of the ring."""
    return CENTRES[rng.integers(8, size=n)] + SD * rng.normal(size=(n, 2))


def measured(samples):
    """Return the share of samples near a centre, the modes found, and the fullest one."""
    apart = np.linalg.norm(samples[:, None] - CENTRES, axis=2)
    near = apart.min(axis=1) < 3 * SD
    counts = np.bincount(apart.argmin(axis=1)[near], minlength=8)
    return {
        "near": round(near.mean(), 3),
        "modes": int((counts >= 0.02 * len(samples)).sum()),
        "centre": int(counts.argmax()),
        "spread": round(np.sqrt(samples.var(axis=0).mean()), 3),
    }


def layers(n_in, n_out, activation):
    """Return the layers n_in-32-32-n_out."""
    hidden = [Dense(n_in, 32), activation(), Dense(32, 32), activation()]
    return [*hidden, Dense(32, n_out)]


def compete(rng, rate=0.001, rate_generator=0.001, beta1=0.5, batch=BATCH, steps=STEPS,
            activation=ReLU, minimax=False, pack=1, n_noise=2, less_from=None, frozen_from=None,
            together=False, every=500):  # fmt: skip
    """Train both networks; yield the generator and both mean losses every so many steps.

    With `pack` 2 the discriminator judges pairs of points, both real or both invented. `together`:
    both gradients are taken before either network moves. From the step `less_from` on, β₁ is 0.5
    for both; from `frozen_from` on, only the generator is trained.
    """
    generator = Network(layers(n_noise, 2, activation), rng=rng)
    discriminator = Network(layers(2 * pack, 1, ReLU), rng=rng)
    loss = BinaryCrossEntropy()
    judge, forger = Adam(rate, beta1=beta1), Adam(rate_generator, beta1=beta1)
    yes, no = np.ones((batch, 1)), np.zeros((batch, 1))
    answers, sums = np.vstack([yes, no]), np.zeros(2)
    for t in range(1, steps + 1):
        real = ring(batch * pack, rng)
        fake = generator.run(rng.normal(size=(batch * pack, n_noise)))
        seen = np.vstack([points.reshape(batch, 2 * pack) for points in (real, fake)])
        value, grad = loss.compute(discriminator.run(seen), answers)
        discriminator.backward(grad, input_grad=False)
        trains = frozen_from is None or t <= frozen_from
        if trains and not together:
            judge.step(discriminator.theta, discriminator.grad)
        own_grad = discriminator.grad.copy()

        fake = generator.run(rng.normal(size=(batch * pack, n_noise)))
        logits = discriminator.run(fake.reshape(batch, 2 * pack))
        value_generator, grad = loss.compute(logits, yes)
        if minimax:  # make log(1 − D) small: up the loss of the answer no
            grad = -loss.compute(logits, no)[1]
        grad = discriminator.backward(grad).reshape(batch * pack, 2)
        generator.backward(grad, input_grad=False)
        forger.step(generator.theta, generator.grad)
        if together:
            judge.step(discriminator.theta, own_grad)
        if t == less_from:
            judge.beta1 = forger.beta1 = 0.5
        sums += 2 * value, value_generator
        if t % every == 0:
            yield generator, sums / every
            sums = np.zeros(2)


def run(seed):
    """Return the setting, what the samples are like in the end, and the way there."""
    name, repeat = JOBS[seed]
    rng, trace = np.random.default_rng(repeat), []
    setting = SETTINGS[name]
    for generator, losses in compete(rng, **setting):
        fresh = np.random.default_rng(1000 + repeat)  # measuring does not disturb the training
        samples = generator(fresh.normal(size=(2000, setting.get("n_noise", 2))))
        values = {"loss": round(losses[0], 3), "loss_generator": round(losses[1], 3)}
        trace.append(measured(samples) | values)
    shown = samples[:150].round(2).tolist() if repeat < 4 else []
    return {"setting": name, "repeat": repeat, **trace[-1], "trace": trace, "samples": shown}
