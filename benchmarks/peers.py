"""One epoch of training, the same network and data, by nnlib and by its peers.

Each maker takes a case, the optimizer's name and the dtype, and returns a function without
arguments that trains one epoch: a fresh random order, minibatches, forward, loss, backward, step.
Hidden layers are ReLU. Cases with labels end in softmax and cross-entropy, the others in half the
squared error. A case with channels has convolutions in front, on images of one channel; one with
steps has a recurrent layer in front, on sequences, and labels, if any, at every step. A maker
returns None where its library cannot do the case.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

MOMENTUM = 0.9
RATE = {"sgd": 0.01, "adam": 0.001}  # for the classical momentum form; the work is the same for any


@dataclass(frozen=True)
class Case:
    """A network, a batch size and the number of samples in one epoch."""

    name: str
    widths: tuple
    batch: int
    samples: int
    labels: bool
    channels: tuple = ()  # of each 3 × 3 convolution, which ReLU and a 2 × 2 max pooling follow
    recurrent: str = ""  # the layer between the first two widths: RNN or LSTM
    steps: int = 0  # of a sequence

    def data(self, dtype):
        """Return random inputs and targets: what is learned is of no interest here."""
        rng = np.random.default_rng(0)
        places = (self.samples, self.steps) if self.steps else (self.samples,)
        x = rng.normal(size=(*places, self.widths[0])).astype(dtype)
        if self.labels:
            return x, rng.integers(self.widths[-1], size=places)
        return x, rng.normal(size=(self.samples, self.widths[-1])).astype(dtype)

    @property
    def plain(self):
        """Whether all layers are dense."""
        return not (self.channels or self.recurrent)

    @property
    def image(self):
        """The shape of a sample for convolutions: (rows, columns, 1)."""
        side = round(self.widths[0] ** 0.5)
        return side, side, 1

    @property
    def dense(self):
        """The widths of the dense layers; the first is what the layers in front of them leave."""
        if not self.channels:
            return self.widths[1:] if self.recurrent else self.widths
        side = self.image[0] // 2 ** len(self.channels)
        return (side * side * self.channels[-1], *self.widths[1:])

    def __str__(self):
        widths = "-".join(map(str, self.widths))
        if self.channels:
            widths = "convolutions " + "-".join(map(str, (*self.channels, *self.widths[1:])))
        elif self.recurrent:
            widths = f"{self.recurrent} {widths}, {self.steps} steps"
        elif len(self.widths) > 5:
            widths = f"{len(self.widths) - 1} layers of {self.widths[0]}"
        return f"({self.name}) {widths}, batch {self.batch}"


CASES = (
    Case("a", (2, 2, 2), 1, 400, labels=False),
    Case("b", (2, 16, 16, 1), 32, 4000, labels=False),
    Case("c", (256, 64, 10), 32, 4000, labels=True),
    Case("d", (256, 256, 256, 10), 128, 4000, labels=True),
    Case("e", (100,) * 11, 32, 2000, labels=True),
    Case("f", (784, 1024, 1024, 10), 256, 1024, labels=True),
    Case("g", (256, 10), 32, 1024, labels=True, channels=(8, 16)),  # the network of chapter 9
    Case("h", (2, 16, 1), 32, 512, labels=False, recurrent="RNN", steps=51),  # those of chapter 12
    Case("i", (16, 64, 71), 16, 256, labels=True, recurrent="LSTM", steps=48),
)


def build(case, dtype=np.float64, grid=()):
    """Return the case's network in the course's own library."""
    from nnlib import Dense, Network, ReLU

    layers, shape = [], {}  # plain layers tell it by themselves, to any nnlib
    if case.channels:
        from nnlib import Conv2D, Flatten, MaxPool2D

        shape = {"input_shape": case.image}
        for n_in, n_out in pairwise((1, *case.channels)):
            layers += [Conv2D(n_in, n_out, 3, padding=1), ReLU(), MaxPool2D(2)]
        layers.append(Flatten())
    if case.recurrent:
        from nnlib import recurrence

        shape = {"input_shape": (case.steps, case.widths[0])}
        layer = getattr(recurrence, case.recurrent)
        layers.append(layer(*case.widths[:2], last=not case.labels))
    for n_in, n_out in pairwise(case.dense):
        layers += [Dense(n_in, n_out), ReLU()]
    rng = np.random.default_rng(0)
    return Network(layers[:-1], rng=rng, grid=grid, dtype=dtype, **shape)


def nnlib(case, optimizer, dtype, grid=()):
    """Make the course's own library train."""
    from nnlib import Adam, HalfSquaredError, Momentum, SoftmaxCrossEntropy, fit

    network, rng = build(case, dtype, grid), np.random.default_rng(0)
    loss = SoftmaxCrossEntropy() if case.labels else HalfSquaredError()
    rate = RATE[optimizer]
    steps = Adam(rate) if optimizer == "adam" else Momentum(rate / (1 - MOMENTUM), MOMENTUM)
    x, y = case.data(dtype)
    if case.channels:
        x = x.reshape(-1, *case.image)
    settings = {"loss": loss, "optimizer": steps, "epochs": 1, "batch_size": case.batch, "rng": rng}
    return lambda: fit(network, x, y, **settings)


def floor(case, optimizer, dtype):
    """Write out, for one architecture at a time, the NumPy calls that nothing can do without."""
    if not case.plain:
        return None
    rng = np.random.default_rng(0)
    x, y = case.data(dtype)
    if case.labels:
        y = np.eye(case.widths[-1], dtype=dtype)[y]
    shapes = list(pairwise(case.widths))
    theta = np.zeros(sum((i + 1) * o for i, o in shapes), dtype)
    grad, velocity, square = (np.zeros_like(theta) for _ in range(3))

    def views(vector):
        start, parts = 0, []
        for i, o in shapes:
            W = vector[start : start + i * o].reshape(i, o)
            b = vector[start + i * o : start + i * o + o]
            parts.append((W, b))
            start += (i + 1) * o
        return parts

    parameters, gradients = views(theta), views(grad)
    for W, _ in parameters:
        W[...] = rng.uniform(-1, 1, W.shape) * np.sqrt(6 / sum(W.shape))
    rate, t = RATE[optimizer], 0
    last = len(shapes) - 1

    def epoch():
        nonlocal t
        order = rng.permutation(len(x))
        total = 0.0
        for start in range(0, len(x), case.batch):
            index = order[start : start + case.batch]
            a, target, n = x[index], y[index], len(index)
            inputs = []
            for k, (W, b) in enumerate(parameters):
                inputs.append(a)
                a = a @ W
                a += b
                if k < last:
                    np.maximum(a, 0, out=a)
            if case.labels:
                a -= np.maximum.reduce(a, axis=1, keepdims=True)
                p = np.exp(a)
                s = np.add.reduce(p, axis=1, keepdims=True)
                total += np.log(s).sum() - np.vdot(a, target)
                p /= s
                p -= target
                g = p
            else:
                g = a - target
                total += 0.5 * np.vdot(g, g)
            g /= n
            for k in range(last, -1, -1):
                a = inputs[k]
                dW, db = gradients[k]
                np.matmul(a.T, g, out=dW)
                np.add.reduce(g, axis=0, out=db)
                if k:
                    g = g @ parameters[k][0].T
                    g *= a > 0
            if optimizer == "sgd":
                np.multiply(velocity, MOMENTUM, out=velocity)
                np.multiply(grad, rate, out=grad)
                np.subtract(velocity, grad, out=velocity)
                np.add(theta, velocity, out=theta)
            else:
                t += 1
                np.multiply(velocity, 0.9, out=velocity)
                velocity.__iadd__(0.1 * grad)
                np.multiply(square, 0.999, out=square)
                np.multiply(grad, grad, out=grad)
                square.__iadd__(0.001 * grad)
                c1, c2 = 1 - 0.9**t, (1 - 0.999**t) ** 0.5
                root = np.sqrt(square)
                root += 1e-8 * c2
                np.divide(velocity, root, out=root)
                root *= rate * c2 / c1
                np.subtract(theta, root, out=theta)
        return total / len(x)

    return epoch


def textbook(case, optimizer, dtype):
    """Keep parameters and gradients in dictionaries, W1, b1, W2, …, as many courses teach it."""
    if not case.plain:
        return None
    rng = np.random.default_rng(0)
    x, y = case.data(dtype)
    if case.labels:
        y = np.eye(case.widths[-1], dtype=dtype)[y]
    depth = len(case.widths) - 1
    params, m, v = {}, {}, {}
    for k, (i, o) in enumerate(pairwise(case.widths), start=1):
        params[f"W{k}"] = (rng.uniform(-1, 1, (i, o)) * np.sqrt(6 / (i + o))).astype(dtype)
        params[f"b{k}"] = np.zeros(o, dtype)
    for name, value in params.items():
        m[name], v[name] = np.zeros_like(value), np.zeros_like(value)
    rate, t = RATE[optimizer], 0

    def forward(a):
        cache = {"A0": a}
        for k in range(1, depth + 1):
            cache[f"Z{k}"] = cache[f"A{k - 1}"] @ params[f"W{k}"] + params[f"b{k}"]
            z = cache[f"Z{k}"]
            cache[f"A{k}"] = np.maximum(0, z) if k < depth else z
        return cache

    def cost(z, target):
        if not case.labels:
            return 0.5 * np.sum((z - target) ** 2) / len(z), (z - target) / len(z)
        e = np.exp(z - np.max(z, axis=1, keepdims=True))
        p = e / np.sum(e, axis=1, keepdims=True)
        return -np.sum(target * np.log(p + 1e-12)) / len(z), (p - target) / len(z)

    def backward(cache, dz):
        grads = {}
        for k in range(depth, 0, -1):
            grads[f"W{k}"] = cache[f"A{k - 1}"].T @ dz
            grads[f"b{k}"] = np.sum(dz, axis=0)
            if k > 1:
                dz = (dz @ params[f"W{k}"].T) * (cache[f"Z{k - 1}"] > 0)
        return grads

    def epoch():
        nonlocal t
        order = rng.permutation(len(x))
        total = 0.0
        for start in range(0, len(x), case.batch):
            index = order[start : start + case.batch]
            cache = forward(x[index])
            value, dz = cost(cache[f"Z{depth}"], y[index])
            total += value * len(index)
            grads = backward(cache, dz)
            t += 1
            for name in params:
                if optimizer == "sgd":
                    m[name] = MOMENTUM * m[name] - rate * grads[name]
                    params[name] = params[name] + m[name]
                else:
                    m[name] = 0.9 * m[name] + 0.1 * grads[name]
                    v[name] = 0.999 * v[name] + 0.001 * grads[name] ** 2
                    m_hat, v_hat = m[name] / (1 - 0.9**t), v[name] / (1 - 0.999**t)
                    params[name] = params[name] - rate * m_hat / (np.sqrt(v_hat) + 1e-8)
        return total / len(x)

    return epoch


def scikit_learn(case, optimizer, dtype):
    """Use scikit-learn's MLPClassifier or MLPRegressor; partial_fit is one epoch."""
    if not case.plain:
        return None
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    x, y = case.data(dtype)
    model = (MLPClassifier if case.labels else MLPRegressor)(
        hidden_layer_sizes=case.widths[1:-1],
        solver=optimizer,
        alpha=0,
        batch_size=case.batch,
        learning_rate_init=RATE[optimizer],
        momentum=MOMENTUM,
        nesterovs_momentum=False,
        random_state=0,
    )
    if case.labels:
        classes = np.arange(case.widths[-1])
        return lambda: model.partial_fit(x, y, classes=classes)
    target = y.ravel() if y.shape[1] == 1 else y
    return lambda: model.partial_fit(x, target)


def _torch(case, optimizer, dtype, fused):
    import torch

    class Recurrent(torch.nn.Module):
        """A recurrent layer that returns its states, or the last one, and nothing else."""

        def __init__(self):
            super().__init__()
            layer = getattr(torch.nn, case.recurrent)
            self.layer = layer(*case.widths[:2], batch_first=True, dtype=x.dtype)

        def forward(self, sequences):
            states, _ = self.layer(sequences)
            return states if case.labels else states[:, -1]

    torch.set_num_threads(1)
    torch.manual_seed(0)
    x, y = (torch.from_numpy(part) for part in case.data(dtype))
    layers = []
    if case.channels:
        x = x.reshape(-1, 1, *case.image[:2])
        for n_in, n_out in pairwise((1, *case.channels)):
            convolution = torch.nn.Conv2d(n_in, n_out, 3, padding=1, dtype=x.dtype)
            layers += [convolution, torch.nn.ReLU(), torch.nn.MaxPool2d(2)]
        layers.append(torch.nn.Flatten())
    if case.recurrent:
        layers.append(Recurrent())
    for n_in, n_out in pairwise(case.dense):
        layers += [torch.nn.Linear(n_in, n_out, dtype=x.dtype), torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1])
    how = {"fused": True} if fused else {"foreach": False}
    if optimizer == "adam":
        steps = torch.optim.Adam(model.parameters(), lr=RATE["adam"], **how)
    else:
        steps = torch.optim.SGD(model.parameters(), lr=RATE["sgd"], momentum=MOMENTUM, **how)
    cross_entropy = torch.nn.functional.cross_entropy

    def epoch():
        order = torch.randperm(len(x))
        total = 0.0
        for start in range(0, len(x), case.batch):
            index = order[start : start + case.batch]
            steps.zero_grad()
            output, target = model(x[index]), y[index]
            if case.labels:
                loss = cross_entropy(output.flatten(0, -2), target.flatten())
            else:
                loss = 0.5 * ((output - target) ** 2).sum() / len(index)
            loss.backward()
            steps.step()
            total += loss.item() * len(index)
        return total / len(x)

    return epoch


def torch_eager(case, optimizer, dtype):
    """Use PyTorch as written in most tutorials, one thread."""
    return _torch(case, optimizer, dtype, fused=False)


def torch_fused(case, optimizer, dtype):
    """Use PyTorch with the fused optimizer, one thread."""
    return _torch(case, optimizer, dtype, fused=True)


def micrograd(case, optimizer, dtype):
    """Use micrograd, which computes number by number: the smallest case with plain SGD only."""
    if not case.plain or case.batch > 1 or optimizer != "sgd" or dtype != np.float64:
        return None
    from micrograd.nn import MLP

    x, y = case.data(dtype)
    model = MLP(case.widths[0], list(case.widths[1:]))
    rng = np.random.default_rng(0)

    def epoch():
        total = 0.0
        for i in rng.permutation(len(x)):
            output = model(list(map(float, x[i])))
            loss = sum((o - float(t)) ** 2 for o, t in zip(output, y[i], strict=True)) * 0.5
            model.zero_grad()
            loss.backward()
            for p in model.parameters():
                p.data -= RATE["sgd"] * p.grad
            total += loss.data
        return total / len(x)

    return epoch


PEERS = {
    "floor": floor,
    "textbook": textbook,
    "scikit-learn": scikit_learn,
    "PyTorch eager": torch_eager,
    "PyTorch fused": torch_fused,
    "micrograd": micrograd,
}
