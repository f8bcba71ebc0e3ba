"""The names of nnlib beside PyTorch's, and what both compute: the table of *Where to go from here*.

PyTorch is not a dependency of the project. To run its side of each row again:

    pip install -r benchmarks/requirements.txt
    python -m tools.data.pytorch_names

That writes tests/nnlib/goldens/pytorch_names.json, and the rows below into the page's table.
tests/tools/test_pytorch_names.py runs nnlib's side and compares it with the file, and the page with
the rows.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import nnlib
from nnlib import Dense, Network, ReLU, SoftmaxCrossEntropy

ROOT = Path(__file__).parents[2]
TARGET = ROOT / "tests" / "nnlib" / "goldens" / "pytorch_names.json"
PAGE = ROOT / "book" / "where-next.md"
IMPORTS = """\
import torch
from torch import autograd, nn, optim
from torch.nn.utils import clip_grad_norm_
from torch.optim.lr_scheduler import CosineAnnealingLR, StepLR
from torch.utils.data import DataLoader, TensorDataset
"""
RULE = "| --- | --- |\n"
RNG = np.random.default_rng
SIZES = {
    "n_in": 6, "n_out": 4, "n_tokens": 9, "size": 2, "rate": 0.05, "momentum": 0.8, "steps": 12,
    "alpha": 0.3, "norm": 0.1, "batch_size": 2, "drop": 0.3, "every": 4, "factor": 0.5,
}  # fmt: skip
SHAPES = {"rows": (5, 6), "images": (2, 4, 2, 6), "sequences": (2, 4, 6)}


@dataclass(frozen=True)
class Row:
    """A line of the table: `kind` says how the two sides are compared."""

    kind: str
    ours: str
    theirs: str
    note: str = ""
    times: str = "1"  # what PyTorch's loss is multiplied by to be ours
    relative: float = 1e-10  # how far the two may differ


ROWS = (
    Row("rows", "Dense(n_in, n_out)", "nn.Linear(n_in, n_out)", "weights turned over: (out, in)"),
    Row("rows", "Sigmoid()", "nn.Sigmoid()"),
    Row("rows", "Tanh()", "nn.Tanh()"),
    Row("rows", "ReLU()", "nn.ReLU()"),
    Row("rows", "LayerNorm(n_in)", "nn.LayerNorm(n_in)"),
    Row("dropout", "Dropout(drop, rng=rng)", "nn.Dropout(drop)", "other random numbers"),
    Row("images", "Conv2D(n_in, n_out, size)", "nn.Conv2d(n_in, n_out, size)", "channels first"),
    Row("images", "MaxPool2D(size)", "nn.MaxPool2d(size)", "channels first"),
    Row("images", "AveragePool2D(size)", "nn.AvgPool2d(size)", "channels first"),
    Row("images", "GlobalAveragePool()", "nn.AdaptiveAvgPool2d(1)", "then `nn.Flatten()`"),
    Row("images", "Flatten()", "nn.Flatten()", "channels first, so another order"),
    Row("tokens", "Embedding(n_tokens, n_out)", "nn.Embedding(n_tokens, n_out)"),
    Row(
        "sequences", "RNN(n_in, n_out)", "nn.RNN(n_in, n_out, batch_first=True)",
        "two biases, to be added; returns all states and the last",
    ),
    Row(
        "sequences", "LSTM(n_in, n_out)", "nn.LSTM(n_in, n_out, batch_first=True)",
        "the same, and forget bias 0 unless set",
    ),
    Row(
        "loss", "HalfSquaredError()", "nn.MSELoss()", "ours is n_out / 2 times as large",
        "n_out / 2",
    ),
    Row("loss", "SoftmaxCrossEntropy()", "nn.CrossEntropyLoss()"),
    Row(
        "loss", "BinaryCrossEntropy()", "nn.BCEWithLogitsLoss()", "ours is n_out times as large",
        "n_out",
    ),
    Row("optimizer", "SGD(rate)", "optim.SGD(theta, rate)"),
    Row(
        "optimizer", "Momentum(rate, momentum)",
        "optim.SGD(theta, (1 - momentum) * rate, momentum)", "the classical form: chapter 8",
    ),
    Row("optimizer", "Nesterov(rate, momentum)", "optim.SGD(theta, rate, momentum, nesterov=True)"),
    Row(
        "optimizer", "RMSProp(rate)", "optim.RMSprop(theta, rate, alpha=0.9)",
        "their own share is larger",
    ),
    Row("optimizer", "Adam(rate)", "optim.Adam(theta, rate)"),
    Row(
        "optimizer", "AdamW(rate, weight_decay=alpha)",
        "optim.AdamW(theta, rate, weight_decay=alpha)",
        "theirs shrinks biases, too",
    ),
    Row("schedule", "cosine(rate, steps)", "CosineAnnealingLR(optimizer, steps)"),
    Row(
        "schedule", "step_decay(rate, factor, every)",
        "StepLR(optimizer, every, factor)", "call its `step()` after the optimizer's",
    ),
    Row(
        "initializer", "glorot_uniform", "nn.init.xavier_uniform_", "draws into a tensor",
        relative=0.03,
    ),
    Row(
        "initializer", "he_normal", "nn.init.kaiming_normal_", "draws into a tensor", relative=0.03
    ),
    Row("initializer", "orthogonal", "nn.init.orthogonal_", "draws into a tensor", relative=0.03),
    Row("function", "softmax(z)", "torch.softmax(z, -1)"),
    Row("function", "log_softmax(z)", "torch.log_softmax(z, -1)"),
    Row("function", "one_hot(labels, n_out)", "nn.functional.one_hot(labels, n_out)"),
    Row(
        "model", "network.predict(x)", "model.eval(); result = model(x)", "inside `torch.no_grad()`"
    ),
    Row(
        "training", "train_step(network, x, t, loss, optimizer)",
        "optimizer.zero_grad(); loss(model(x), t).backward(); optimizer.step()",
        "they add gradients up until `zero_grad`",
    ),
    Row(
        "training", "train_step(network, x, t, loss, optimizer, clip_norm=norm)",
        "optimizer.zero_grad(); loss(model(x), t).backward(); "
        "clip_grad_norm_(model.parameters(), norm); optimizer.step()",
        "theirs adds a millionth to the length", relative=1e-6,
    ),
    Row(
        "training", "network.freeze(0); train_step(network, x, t, loss, optimizer)",
        "model[0].requires_grad_(False); optimizer.zero_grad(); loss(model(x), t).backward(); "
        "optimizer.step()",
    ),
    Row(
        "model", "input_gradient(network, x, t, loss)",
        "x.requires_grad_(); result, = autograd.grad(loss(model(x), t), x)",
    ),
    Row(
        "batches", "minibatches(len(x), batch_size, rng=rng)",
        "DataLoader(TensorDataset(x), batch_size, shuffle=True)",
        "gives samples, ours their indices",
    ),
)  # fmt: skip


def page():
    """Return the page's text with the rows in its table."""
    before, after = PAGE.read_text(encoding="utf-8").split(RULE)
    rows = [f"| `{row.ours}` | `{row.theirs}`{row.note and '; ' + row.note} |\n" for row in ROWS]
    return before + RULE + "".join(rows) + after[after.index(":::") :]


def samples(kind):
    """Return what a layer of that kind reads."""
    if kind == "tokens":
        return RNG(2).integers(SIZES["n_tokens"], size=(2, 4))
    return RNG(2).normal(size=SHAPES.get(kind, SHAPES["rows"]))


def targets(ours):
    """Return outputs and right answers for a loss, by its name."""
    outputs, n_out = RNG(2).normal(size=(5, SIZES["n_out"])), SIZES["n_out"]
    if ours == "HalfSquaredError()":
        return outputs, RNG(3).normal(size=(5, n_out))
    if ours == "BinaryCrossEntropy()":
        return outputs, RNG(3).integers(2, size=(5, n_out)).astype(float)
    return outputs, RNG(3).integers(n_out, size=5)


def network():
    """Return the network that steps are taken with."""
    return Network([Dense(6, 8), ReLU(), Dense(8, 4)], rng=RNG(1))


def flat(*parts):
    """Return all numbers of some arrays as one list."""
    return [float(number) for part in parts for number in np.asarray(part).ravel()]


def run_ours(row):
    """Return the numbers that nnlib computes for a row."""
    known = {
        **vars(nnlib),
        **SIZES,
        "rng": RNG(1),
        "x": samples("rows"),
        "loss": SoftmaxCrossEntropy(),
    }
    known |= {"network": network(), "t": RNG(3).integers(4, size=5), "optimizer": nnlib.SGD(0.05)}
    known |= {"z": samples("rows"), "labels": known["t"]}
    if row.kind == "training":
        for _ in range(3):
            exec(row.ours, known)
        return flat(known["network"].theta)
    made = eval(row.ours, known)
    if row.kind in (*SHAPES, "tokens", "dropout"):
        x = samples(row.kind)
        alone = Network([made], rng=RNG(1), input_shape=x.shape[1:])
        if row.kind == "dropout":
            return flat(np.unique(np.round(alone.forward(x, training=True) / x, 9)), alone(x) / x)
        y = alone.forward(x)
        dx = alone.backward(RNG(3).normal(size=y.shape))
        return flat(y, [] if row.kind == "tokens" else dx)
    if row.kind == "loss":
        return flat(*made(*targets(row.ours)))
    if row.kind == "optimizer":
        theta, places = np.array([1.5, -2.0, 0.7]), []
        for _ in range(20):
            made.step(theta, np.array([1.0, 10.0, 25.0]) * theta)
            places.append(theta.copy())
        return flat(*places)
    if row.kind == "schedule":
        return [made(step) for step in range(1, SIZES["steps"] + 1)]
    if row.kind == "initializer":
        W = made(RNG(1), 300, 200)
        return [float(W.std()), float(np.abs(W.T @ W).mean())]
    if row.kind == "batches":
        return [len(batch) for batch in made]
    return flat(made)  # a function, or what a model gives


def run_theirs(row):
    """Return the numbers that PyTorch computes for a row, in nnlib's order of axes."""
    import torch

    torch.manual_seed(1)
    numbers = torch.from_numpy
    known = {"loss": torch.nn.CrossEntropyLoss(), **SIZES}
    exec(IMPORTS, known)
    known |= {"x": numbers(samples("rows")), "z": numbers(samples("rows"))}
    known["t"] = known["labels"] = numbers(RNG(3).integers(4, size=5))
    first, second = torch.nn.Linear(6, 8).double(), torch.nn.Linear(8, 4).double()
    with torch.no_grad():
        for theirs, ours in zip((first, second), network().layers[::2], strict=True):
            theirs.weight.copy_(numbers(ours.W.T))
            theirs.bias.copy_(numbers(ours.b))
    known["model"] = torch.nn.Sequential(first, torch.nn.ReLU(), second)
    known["theta"] = [torch.tensor([1.5, -2.0, 0.7], dtype=torch.float64, requires_grad=True)]
    known["optimizer"] = torch.optim.SGD(known["model"].parameters(), 0.05)
    if row.kind in ("training", "model"):
        for _ in range(3 if row.kind == "training" else 1):
            exec(row.theirs, known)
        parts = [p.t() for layer in (first, second) for p in layer.parameters()]
        parts = [known["result"]] if row.kind == "model" else parts
        return flat(*(part.detach().numpy() for part in parts))
    made = eval(row.theirs, known)
    if row.kind in (*SHAPES, "tokens", "dropout"):
        return _through(made.double(), row)
    if row.kind == "loss":
        outputs, t = (numbers(part) for part in targets(row.ours))
        value = eval(row.times, SIZES) * made(outputs.requires_grad_(), t)
        value.backward()
        return flat(value.detach(), outputs.grad)
    if row.kind == "optimizer":
        [theta], places = known["theta"], []
        for _ in range(20):
            theta.grad = torch.tensor([1.0, 10.0, 25.0], dtype=torch.float64) * theta.detach()
            made.step()
            places.append(theta.detach().numpy().copy())
        return flat(*places)
    if row.kind == "schedule":
        rates = []
        for _ in range(SIZES["steps"]):
            rates.append(known["optimizer"].param_groups[0]["lr"])
            known["optimizer"].step()
            made.step()
        return rates
    if row.kind == "initializer":
        W = made(torch.empty(200, 300)).t()
        return [float(W.std()), float((W.t() @ W).abs().mean())]
    if row.kind == "batches":
        return [len(batch) for [batch] in made]
    return flat(made)


def _through(layer, row):
    """Give a layer nnlib's weights; return its output and the gradient of its input."""
    import torch

    x = torch.from_numpy(samples(row.kind))
    if row.kind == "dropout":
        return flat(torch.unique(torch.round(layer(x) / x, decimals=9)), layer.eval()(x) / x)
    made, shape = eval(row.ours, {**vars(nnlib), **SIZES}), tuple(x.shape[1:])
    [own] = Network([made], rng=RNG(1), input_shape=shape).layers
    with torch.no_grad():
        for name, parameter in layer.named_parameters():
            if name.startswith("bias_hh"):
                parameter.zero_()
                continue
            part = {"weight_hh_l0": "V", "weight_ih_l0": "W"}.get(
                name, "W" if name == "weight" else "b"
            )
            if part not in own.parameter_shapes():
                continue  # a LayerNorm starts with ones and zeros in both
            value = torch.from_numpy(getattr(own, part))
            if row.kind == "images":
                value = value.permute(3, 2, 0, 1) if part == "W" else value
            elif row.kind != "tokens":
                value = value.t()
            parameter.copy_(value)
    if row.kind == "tokens":
        return flat(layer(x).detach())
    x.requires_grad_()
    y = layer(x.permute(0, 3, 1, 2) if row.kind == "images" else x)
    y = y[0] if row.kind == "sequences" else y
    if row.kind == "images":
        if y.ndim == 2:  # flattened, in another order: put back
            y = y.reshape(x.permute(0, 3, 1, 2).shape)
        y = y.permute(0, 2, 3, 1)
    g = RNG(3).normal(size=(len(x), *own.output_shape(shape)))
    y.backward(torch.from_numpy(g).reshape(y.shape))
    return flat(y.detach(), x.grad)


def main():
    """Write the file."""
    import torch

    stored = {row.ours: run_theirs(row) for row in ROWS}
    TARGET.write_text(json.dumps(stored, ensure_ascii=False) + "\n", encoding="utf-8")
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{TARGET.name}: {len(stored)} rows, PyTorch {torch.__version__}")


if __name__ == "__main__":
    main()
