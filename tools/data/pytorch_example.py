"""Make tests/nnlib/goldens/pytorch_example.json: the worked example in PyTorch, as in chapter 4.

PyTorch is not a dependency of the project. To make the file again:

    pip install -r benchmarks/requirements.txt
    python -m tools.data.pytorch_example

The chapter shows the lines between the marks below; tests/tools/test_pytorch_example.py compares
the page with them, and nnlib with what they gave.
"""

import contextlib
import io
import json
from pathlib import Path

import torch

TARGET = Path(__file__).parents[2] / "tests" / "nnlib" / "goldens" / "pytorch_example.json"


def example():
    """Run the lines that the chapter shows; return the model."""
    # fmt: off
    # from here
    torch.set_default_dtype(torch.float64)  # PyTorch's own is float32
    x = torch.tensor([[0.1, 0.5]])
    t = torch.tensor([[0.05, 0.95]])

    # PyTorch                                 # nnlib
    first = torch.nn.Linear(2, 2)             # Dense(2, 2)
    second = torch.nn.Linear(2, 2)            # Dense(2, 2)
    sigmoid = torch.nn.Sigmoid()              # Sigmoid()
    model = torch.nn.Sequential(              # network = Network([
        first, sigmoid, second, sigmoid)      #     …], rng=rng)
    with torch.no_grad():  # a row for each unit: W turned over
        first.weight[:] = torch.tensor([[0.04, 0.12], [0.12, 0.08]])
        second.weight[:] = torch.tensor([[0.24, 0.32], [0.28, 0.20]])
        first.bias[:], second.bias[:] = 0.40, 0.36

    for calls in (1, 2):  # without zero_grad in between
        error = 0.5 * ((model(x) - t) ** 2).sum()
        error.backward()
        print(f"backward called {calls}×: {second.weight.grad[0, 0]:.6f}")

    optimizer = torch.optim.SGD(              # optimizer = SGD(0.5)
        model.parameters(), lr=0.5)
    for step in range(301):                   # for step in range(301):
        output = model(x)                     #     output = network.forward(x)
        error = 0.5 * ((output - t)**2).sum() #     error, grad = loss(output, t)
        optimizer.zero_grad()                 #     (backward overwrites)
        error.backward()                      #     network.backward(grad)
        optimizer.step()                      #     optimizer.step(
        if step in (0, 1, 300):               #         network.theta, network.grad)
            print(f"step {step:3}: E = {error:.6f}")
    # to here
    # fmt: on
    return model


def main():
    """Write the file."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        model = example()
    parts = [p.detach().t() for p in model.parameters()]  # turned over, as nnlib holds them
    theta = [number for part in parts for number in part.ravel().tolist()]
    stored = {"printed": printed.getvalue().splitlines(), "theta": theta}
    TARGET.write_text(json.dumps(stored, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"{TARGET.name}: PyTorch {torch.__version__}")


if __name__ == "__main__":
    main()
