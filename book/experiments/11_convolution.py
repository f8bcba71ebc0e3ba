"""Chapter 11: whether the findings about maps hold for a convolutional network.

Each seed trains chapter 9's small network, explains its answers to 60 validation digits, and tests
the maps. Correlations are over ink pixels, means over digits; shares are between 0 and 1.
"""

import numpy as np

from nnlib import (
    Adam,
    AveragePool2D,
    Conv2D,
    Dense,
    Flatten,
    MaxPool2D,
    Network,
    ReLU,
    SoftmaxCrossEntropy,
    accuracy,
    datasets,
    fit,
    gradient_map,
    gradient_times_input,
    input_gradient,
    integrated_gradients,
    occlusion,
)

SEEDS = range(8)
LOSS = SoftmaxCrossEntropy()
MAPS = {
    "gradient": gradient_map,
    "gradient × input": gradient_times_input,
    "integrated": integrated_gradients,
    "occlusion": occlusion,
}


def layers(pool=MaxPool2D):
    """Chapter 9's network: two convolutions, each with pooling, and a dense layer."""
    return [
        Conv2D(1, 8, 3, padding=1), ReLU(), pool(2),
        Conv2D(8, 16, 3, padding=1), ReLU(), pool(2), Flatten(), Dense(256, 10),
    ]  # fmt: skip


def agreement(a, b, ink):
    """Mean rank correlation of two sets of maps, each over the ink of its digit."""
    ranks = [[m[i].argsort().argsort() for m, i in zip(maps, ink, strict=True)] for maps in (a, b)]
    return float(np.mean([np.corrcoef(p, q)[0, 1] for p, q in zip(*ranks, strict=True)]))


def noisy(network, x, answers, size, steps):
    """Digits with adversarial noise, made in several steps that stay within its size."""
    changed = x
    for _ in range(steps):
        sign = np.sign(input_gradient(network, changed, answers, LOSS))
        changed = np.clip(changed + min(1, 2 / steps) * size * sign, x - size, x + size)
        changed = np.clip(changed, 0, 1)
    return changed


def stay(network, x, steps):
    """The share of answers that adversarial noise of size 0.05 leaves."""
    answers = network(x).argmax(axis=1)
    changed = noisy(network, x, answers, 0.05, steps)
    return float((network(changed).argmax(axis=1) == answers).mean())


def averaged(seed, X, y, x):
    """How integrated gradients and occlusion agree in the network with average pooling."""
    rng = np.random.default_rng(seed)
    network = Network(layers(AveragePool2D), rng=rng, input_shape=(16, 16, 1))
    fit(network, X, y, loss=LOSS, optimizer=Adam(0.01), epochs=6, batch_size=50, rng=rng,
        progress=False)  # fmt: skip
    answers, ink = network(x).argmax(axis=1), x.reshape(60, -1) > 0
    maps = (MAPS[name](network, x, answers).reshape(60, -1) for name in ("integrated", "occlusion"))
    return agreement(*maps, ink)


def run(seed):
    """Accuracy, completeness, sanity check, agreement, deletion and noise of one network."""
    digits = datasets.digits()
    X, V = (part.reshape(-1, 16, 16, 1) for part in (digits.X_train, digits.X_validation))
    rng = np.random.default_rng(seed)
    network = Network(layers(), rng=rng, input_shape=(16, 16, 1))
    start = network.copy()
    fit(network, X, digits.y_train, loss=LOSS, optimizer=Adam(0.01), epochs=6, batch_size=50,
        rng=rng, progress=False)  # fmt: skip
    x, some = V[:60], np.arange(60)
    z, empty = network(x), network(np.zeros((1, 16, 16, 1)))[0]
    answers, ink = z.argmax(axis=1), x.reshape(60, -1) > 0
    maps, untrained = (
        {name: f(n, x, answers).reshape(60, -1) for name, f in MAPS.items()}
        for n in (network, start)
    )
    total = z[some, answers] - empty[answers]
    found = {"accuracy": accuracy(network, V, digits.y_validation)}
    for name in ("gradient × input", "integrated"):
        gap = np.abs(maps[name].sum(axis=1) - total).mean() / np.abs(total).mean()
        found[f"gap {name}"] = float(gap)
    for name in MAPS:
        sizes = (np.abs(m[name]) for m in (maps, untrained))
        found[f"size {name}"] = agreement(*sizes, ink)
        found[f"signed {name}"] = agreement(maps[name], untrained[name], ink)
        found[f"with integrated {name}"] = agreement(maps[name], maps["integrated"], ink)
    found["with integrated occlusion, averaged"] = averaged(seed, X, digits.y_train, x)
    rivals = {"integrated": maps["integrated"], "random": rng.random((60, 256))}
    for name, score in rivals.items():
        order = np.argsort(-np.where(ink, score, -np.inf), axis=1)[:, :10]
        deleted = x.reshape(60, -1).copy()
        np.put_along_axis(deleted, order, 0, axis=1)
        kept = network(deleted.reshape(x.shape)).argmax(axis=1) == answers
        found[f"deleted {name}"] = float(kept.mean())
    answers = network(V).argmax(axis=1)
    changed = network(np.clip(V + 0.05 * rng.choice([-1.0, 1.0], V.shape), 0, 1))
    found["noise random"] = float((changed.argmax(axis=1) == answers).mean())
    dense = Network([Dense(256, 64), ReLU(), Dense(64, 10)], rng=np.random.default_rng(seed))
    fit(dense, X.reshape(-1, 256), digits.y_train, loss=LOSS, optimizer=Adam(0.01), epochs=10,
        batch_size=50, rng=np.random.default_rng(seed), progress=False)  # fmt: skip
    for steps in (1, 10):
        found[f"noise in {steps} steps"] = stay(network, V[:300], steps)
        found[f"noise in {steps} steps, dense"] = stay(dense, V[:300].reshape(-1, 256), steps)
    return {name: round(value, 3) for name, value in found.items()}
