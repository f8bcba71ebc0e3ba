"""Make tests/nnlib/goldens/trajectories.npz: what PyTorch does, for nnlib's optimizers to repeat.

PyTorch is not a dependency of the project. To make the file again:

    pip install -r benchmarks/requirements.txt
    python -m tools.data.goldens

Everything is float64 on the CPU. The problems are written here in PyTorch;
tests/nnlib/test_optimizers.py writes them in NumPy.
"""

from pathlib import Path

import numpy as np
import torch

TARGET = Path(__file__).parents[2] / "tests" / "nnlib" / "goldens" / "trajectories.npz"
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


def main():
    """Write the file."""
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
    np.savez_compressed(TARGET, **stored)
    print(f"{TARGET.name}: {TARGET.stat().st_size / 1000:.0f} kB, PyTorch {torch.__version__}")


if __name__ == "__main__":
    main()
