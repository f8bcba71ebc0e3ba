"""Make what PyTorch does, for nnlib to repeat: tests/nnlib/goldens/*.npz.

``trajectories.npz`` is for the optimizers (tests/nnlib/test_optimizers.py writes the same problems
in NumPy), ``convolution.npz`` for the layers of images (tests/nnlib/test_convolution.py),
``recurrence.npz`` for those of sequences (tests/nnlib/test_recurrence.py).

PyTorch is not a dependency of the project. To make the files again:

    pip install -r benchmarks/requirements.txt
    python -m tools.data.goldens

Everything is float64 on the CPU.
"""

from pathlib import Path

import numpy as np
import torch

GOLDENS = Path(__file__).parents[2] / "tests" / "nnlib" / "goldens"
STEPS = 60
START = (1.5, -2.0, 0.7)

# nnlib's optimizer -> the same in PyTorch. The deck's momentum with rate η moves as the classical
# one with (1 − λ) η.
OPTIMIZERS = {
    "SGD": lambda p: torch.optim.SGD(p, lr=0.02),
    "Momentum": lambda p: torch.optim.SGD(p, lr=(1 - 0.8) * 0.1, momentum=0.8),
    "Nesterov": lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.8, nesterov=True),
    "RMSProp": lambda p: torch.optim.RMSprop(p, lr=0.05, alpha=0.9, eps=1e-8),
    "Adam": lambda p: torch.optim.Adam(p, lr=0.1),
    "AdamW": lambda p: torch.optim.AdamW(p, lr=0.1, weight_decay=0.3),
}

# Of a convolution: channels in and out, size, stride, padding. Each meets images of two sizes.
CONVOLUTIONS = [
    (1, 1, 1, 1, 0), (1, 8, 3, 1, 1), (3, 2, 3, 1, 0), (2, 3, 2, 2, 0), (2, 4, 3, 2, 1),
    (4, 2, 5, 1, 2), (1, 3, 4, 3, 0), (3, 3, 3, 3, 2),
]  # fmt: skip
POOLINGS = [(2, 2), (3, 3), (3, 2), (2, 1), (3, 4)]  # size, stride
IMAGES = [(5, 5), (6, 8)]  # rows, columns
SEQUENCES = [(1, 1, 1), (3, 5, 8), (4, 2, 20)]  # features in and out, steps


def adam(model):
    """Return Adam for a model."""
    return torch.optim.Adam(model.parameters(), lr=0.05)


def adamw(model):
    """Return AdamW for a model; its biases do not decay."""
    weights = [p for p in model.parameters() if p.ndim > 1]
    biases = [p for p in model.parameters() if p.ndim == 1]
    groups = [{"params": weights, "weight_decay": 0.5}, {"params": biases, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=0.05)


def valley(theta):
    """Return a loss with a narrow valley, and a bend so that it is not a parabola."""
    curvature = torch.tensor([1.0, 10.0, 25.0], dtype=torch.float64)
    return 0.5 * (curvature * theta**2).sum() + torch.sin(theta[0] * theta[1])


def trajectory(make):
    """Return the places that an optimizer visits, shape (STEPS, 3)."""
    theta = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    optimizer = make([theta])
    places = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        valley(theta).backward()
        optimizer.step()
        places.append(theta.detach().numpy().copy())
    return np.array(places)


def training(activation, loss, x, target, weights, make):
    """Train a small network on the whole set; return its losses and last parameters."""
    first, second = torch.nn.Linear(3, 4), torch.nn.Linear(4, 3)
    model = torch.nn.Sequential(first, activation(), second).double()
    with torch.no_grad():
        for layer, (W, b) in zip((first, second), weights, strict=True):
            layer.weight.copy_(torch.from_numpy(W.T))
            layer.bias.copy_(torch.from_numpy(b))
    optimizer = make(model)
    losses = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        value = loss(model(x), target)
        value.backward()
        optimizer.step()
        losses.append(value.item())
    parts = [p for layer in (first, second) for p in (layer.weight.T, layer.bias)]
    return np.array(losses), np.concatenate([p.detach().numpy().ravel() for p in parts])


def through(layer, images, rng):
    """Send images, (batch, rows, columns, channels), through a layer of PyTorch and back.

    Returns all in nnlib's order of axes: the images `x`, the output `y`, a random gradient `g` for
    it, the gradients `dx` and, of a convolution, `dW` and `db`.
    """
    x = torch.from_numpy(images).permute(0, 3, 1, 2).requires_grad_()
    y = layer(x)
    g = torch.from_numpy(rng.normal(size=tuple(y.shape)))
    y.backward(g)
    found = {"x": x, "y": y, "g": g, "dx": x.grad}
    found = {key: part.detach().permute(0, 2, 3, 1) for key, part in found.items()}
    if isinstance(layer, torch.nn.Conv2d):
        found |= {"dW": layer.weight.grad.permute(2, 3, 1, 0), "db": layer.bias.grad}
    return {key: part.contiguous().numpy() for key, part in found.items()}


def layers_of_images(rng):
    """Return, by a name such as ``convolution 3, images 0, y``, what layers get and give."""
    stored = {}

    def store(name, layer, channels):
        for i, size in enumerate(IMAGES):
            layer.zero_grad()
            found = through(layer, rng.normal(size=(2, *size, channels)), rng)
            for key, value in found.items():
                stored[f"{name}, images {i}, {key}"] = value

    for k, (n_in, n_out, size, stride, padding) in enumerate(CONVOLUTIONS):
        layer = torch.nn.Conv2d(n_in, n_out, size, stride, padding).double()
        W, b = rng.normal(size=(size, size, n_in, n_out)), rng.normal(size=n_out)
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(W).permute(3, 2, 0, 1))
            layer.bias.copy_(torch.from_numpy(b))
        setting = np.array([n_in, n_out, size, stride, padding])
        stored |= {
            f"convolution {k}, {key}": v for key, v in zip("sWb", (setting, W, b), strict=True)
        }
        store(f"convolution {k}", layer, n_in)
    for k, (size, stride) in enumerate(POOLINGS):
        stored[f"pooling {k}, s"] = np.array([size, stride])
        store(f"max {k}", torch.nn.MaxPool2d(size, stride), 3)
        store(f"average {k}", torch.nn.AvgPool2d(size, stride), 3)
    store("global", torch.nn.AdaptiveAvgPool2d(1), 3)
    return stored


def layers_of_sequences(rng):
    """Return, by a name such as ``LSTM 1, dV``, what recurrent layers get and give.

    Where ``last`` follows the name, the gradient `g` comes to the last state alone. PyTorch adds
    two biases; the second one is 0 here.
    """
    stored = {}
    for kind, parts in ((torch.nn.RNN, 1), (torch.nn.LSTM, 4)):
        for k, (n_in, n_out, steps) in enumerate(SEQUENCES):
            name = f"{kind.__name__} {k}"
            layer = kind(n_in, n_out, batch_first=True).double()
            W, V = (rng.normal(size=(n, parts * n_out)) for n in (n_in, n_out))
            b = rng.normal(size=parts * n_out)
            with torch.no_grad():
                layer.weight_ih_l0.copy_(torch.from_numpy(W.T))
                layer.weight_hh_l0.copy_(torch.from_numpy(V.T))
                layer.bias_ih_l0.copy_(torch.from_numpy(b))
                layer.bias_hh_l0.zero_()
            sequences = rng.normal(size=(3, steps, n_in))
            stored |= {
                f"{name}, {key}": v for key, v in zip("WVbx", (W, V, b, sequences), strict=True)
            }
            for end in ("", " last"):
                layer.zero_grad()
                x = torch.from_numpy(sequences).requires_grad_()
                y = layer(x)[0][:, -1] if end else layer(x)[0]
                g = torch.from_numpy(rng.normal(size=tuple(y.shape)))
                y.backward(g)
                found = {"y": y, "g": g, "dx": x.grad, "dW": layer.weight_ih_l0.grad.T}
                found |= {"dV": layer.weight_hh_l0.grad.T, "db": layer.bias_ih_l0.grad}
                for key, value in found.items():
                    stored[f"{name}{end}, {key}"] = value.detach().numpy().copy()
    return stored


def write(name, stored):
    """Write a file and say how large it is."""
    path = GOLDENS / name
    np.savez_compressed(path, **stored)
    print(f"{name}: {path.stat().st_size / 1000:.0f} kB, PyTorch {torch.__version__}")


def main():
    """Write the files."""
    rng = np.random.default_rng(0)
    x, labels, rows = rng.normal(size=(8, 3)), rng.integers(3, size=8), rng.normal(size=(8, 3))
    weights = [
        (rng.normal(size=(3, 4)), rng.normal(size=4)),
        (rng.normal(size=(4, 3)), rng.normal(size=3)),
    ]
    stored = {name: trajectory(make) for name, make in OPTIMIZERS.items()}
    stored |= {"x": x, "labels": labels, "rows": rows}
    stored["theta"] = np.concatenate([part.ravel() for pair in weights for part in pair])

    def half_squared_error(output, target):
        return 0.5 * ((output - target) ** 2).sum() / len(output)

    cases = {
        "sigmoid": (torch.nn.Sigmoid, half_squared_error, rows, adam),
        "relu": (torch.nn.ReLU, torch.nn.functional.cross_entropy, labels, adam),
        "decoupled": (torch.nn.ReLU, torch.nn.functional.cross_entropy, labels, adamw),
    }
    for name, (activation, loss, target, make) in cases.items():
        losses, theta = training(
            activation, loss, torch.from_numpy(x), torch.from_numpy(target), weights, make
        )
        stored |= {f"{name}_losses": losses, f"{name}_theta": theta}
    write("trajectories.npz", stored)
    write("convolution.npz", layers_of_images(np.random.default_rng(1)))
    write("recurrence.npz", layers_of_sequences(np.random.default_rng(2)))


if __name__ == "__main__":
    main()
