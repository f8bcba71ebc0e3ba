"""Samples of any shape: pictures, sequences, symbols, and layers that are not nnlib's own."""

import numpy as np
import pytest

import nnlib
from nnlib import (
    SGD,
    Adam,
    BinaryCrossEntropy,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    HalfSquaredError,
    Layer,
    LayerNorm,
    Network,
    ReLU,
    Residual,
    SoftmaxCrossEntropy,
    Tanh,
    accuracy,
    check_gradients,
    fit,
    input_gradient,
    train_step,
)
from nnlib.layers import fold, unfold


def rng(seed=0):
    return np.random.default_rng(seed)


class Conv2D(Layer):
    """A student's convolution: 2 × 2 windows, no padding."""

    def __init__(self, n_in, n_out):
        self.n_in, self.n_out = n_in, n_out

    def parameter_shapes(self):
        return {"W": (4 * self.n_in, self.n_out), "b": (self.n_out,)}

    def output_shape(self, shape):
        rows, columns, channels = shape
        if channels != self.n_in:
            raise ValueError(f"{self.n_in} channels must come in; got {channels}")
        return (rows - 1, columns - 1, self.n_out)

    def initialize(self, rng, grid):
        self.W = rng.normal(size=self.W.shape) / 2

    def forward(self, x, training=False):
        windows = [x[..., i : i - 1 or None, j : j - 1 or None, :] for i in (0, 1) for j in (0, 1)]
        self.shape, (rows, columns, _) = x.shape, self.in_shape
        self.places = (rows - 1, columns - 1)
        self.x = fold(np.concatenate(windows, axis=-1), self.places)
        return unfold(self.x @ self.W + self.b[..., None, :], self.places)

    def backward(self, grad, input_grad=True):
        grad = fold(grad, self.places)
        np.matmul(self.x.mT, grad, out=self.dW)
        np.add.reduce(grad, axis=-2, out=self.db)
        parts = np.split(unfold(grad @ self.W.mT, self.places), 4, axis=-1)
        grad_x = np.zeros((*grad.shape[:-2], *self.shape[-4:]))
        for part, (i, j) in zip(parts, [(0, 0), (0, 1), (1, 0), (1, 1)], strict=True):
            grad_x[..., i : i - 1 or None, j : j - 1 or None, :] += part
        return grad_x


class MaxPool(Layer):
    """A student's pooling: the largest of each 2 × 2 places."""

    def output_shape(self, shape):
        return (shape[0] // 2, shape[1] // 2, shape[2])

    def forward(self, x, training=False):
        rows, columns, n = self.output_shape(self.in_shape)
        cut = x.reshape(*x.shape[:-3], rows, 2, columns, 2, n)
        y = cut.max(axis=(-4, -2), keepdims=True)
        self.largest = cut == y
        return y[..., 0, :, 0, :]

    def backward(self, grad, input_grad=True):
        grad = grad[..., :, None, :, None, :]
        return (grad * self.largest).reshape(*self.largest.shape[:-5], *self.in_shape)


class RNN(Layer):
    """A student's recurrence: h ← tanh(x W + h V + b), from step to step."""

    def __init__(self, n_in, n_out):
        self.n_in, self.n_out = n_in, n_out

    def parameter_shapes(self):
        return {"W": (self.n_in, self.n_out), "V": (self.n_out, self.n_out), "b": (self.n_out,)}

    def output_shape(self, shape):
        return (shape[0], self.n_out)

    def initialize(self, rng, grid):
        self.W = rng.normal(size=self.W.shape) / 2
        self.V = rng.normal(size=self.V.shape) / 2

    def forward(self, x, training=False):
        self.x, h, self.h = x, 0.0, []
        for t in range(self.in_shape[0]):
            z = x[..., t, :] @ self.W + self.b[..., None, :]
            h = np.tanh(z if t == 0 else z + h @ self.V)
            self.h.append(h)
        return np.stack(self.h, axis=-2)

    def backward(self, grad, input_grad=True):
        self.dW, self.dV, self.db = (np.zeros_like(a) for a in (self.W, self.V, self.b))
        grad_x, later = np.zeros((*grad.shape[:-1], self.n_in)), 0.0
        for t in reversed(range(self.in_shape[0])):
            delta = (grad[..., t, :] + later) * (1 - self.h[t] ** 2)
            self.dW += self.x[..., t, :].mT @ delta
            self.db += delta.sum(axis=-2)
            if t:
                self.dV += self.h[t - 1].mT @ delta
            grad_x[..., t, :], later = delta @ self.W.mT, delta @ self.V.mT
        return grad_x


def pictures(n=3):
    return rng(5).normal(size=(n, 5, 5, 2))


def sequences(n=3):
    return rng(5).normal(size=(n, 4, 2))


def symbols(n=3):
    return rng(5).integers(6, size=(n, 4))


# For each kind: the layers, the shape of a sample, the samples.
KINDS = {
    "dense on a sequence": (lambda: [Dense(2, 3), Tanh(), Dense(3, 3)], (4, 2), sequences),
    "dense on a picture": (lambda: [Dense(2, 3), Tanh(), Dense(3, 3)], (5, 5, 2), pictures),
    "flatten": (lambda: [Flatten(), Dense(50, 3)], (5, 5, 2), pictures),
    "convolution": (
        lambda: [Conv2D(2, 3), Tanh(), MaxPool(), Flatten(), Dense(12, 3)],
        (5, 5, 2),
        pictures,
    ),
    "convolution at each place": (lambda: [Conv2D(2, 4), Conv2D(4, 3)], (5, 5, 2), pictures),
    "nnlib's convolution": (
        lambda: [
            nnlib.Conv2D(2, 3, 2, padding=1),
            Tanh(),
            nnlib.MaxPool2D(),
            Flatten(),
            Dense(27, 3),
        ],
        (5, 5, 2),
        pictures,
    ),
    "pooling over all places": (
        lambda: [nnlib.Conv2D(2, 9, 3, stride=2), Tanh(), nnlib.GlobalAveragePool(), Dense(9, 3)],
        (5, 5, 2),
        pictures,
    ),
    "recurrence": (lambda: [RNN(2, 4), Dense(4, 3)], (4, 2), sequences),
    "embedding": (lambda: [Embedding(6, 5), Tanh(), Dense(5, 3)], (4,), symbols),
    "embedding, then recurrence": (lambda: [Embedding(6, 5), RNN(5, 3)], (4,), symbols),
    "embedding, then flatten": (lambda: [Embedding(6, 2), Flatten(), Dense(8, 3)], (4,), symbols),
    "layer norm": (lambda: [Dense(2, 5), LayerNorm(5), Dense(5, 3)], (4, 2), sequences),
    "residual": (
        lambda: [Residual([LayerNorm(2), Dense(2, 6), Tanh(), Dense(6, 2)]), Dense(2, 3)],
        (4, 2),
        sequences,
    ),
}


def build(kind, grid=(), seed=0, dtype=np.float64):
    layers, shape, samples = KINDS[kind]
    network = Network(layers(), rng=rng(seed), grid=grid, input_shape=shape, dtype=dtype)
    network.theta += rng(seed + 1).normal(0, 0.1, network.theta.shape)  # biases and gains as well
    return network, samples()


def targets(network, n, kind="rows"):
    shape = (n, *network.places)
    if kind == "labels":
        return rng(6).integers(network.n_out, size=shape)
    return rng(6).dirichlet(np.ones(network.n_out), size=shape)


LOSSES = [HalfSquaredError(), SoftmaxCrossEntropy(), BinaryCrossEntropy()]


@pytest.mark.parametrize("loss", LOSSES, ids=repr)
@pytest.mark.parametrize("kind", KINDS)
def test_gradients_for_parameters_and_input(kind, loss):
    network, x = build(kind)
    errors = check_gradients(network, loss, x, targets(network, len(x)))
    assert set(errors) == {*network.parameter_slices, *([] if x.dtype.kind == "i" else ["x"])}
    assert max(errors.values()) < 1e-7


@pytest.mark.parametrize("own_batches", [False, True], ids=["one batch", "a batch each"])
@pytest.mark.parametrize("grid", [(2,), (2, 3)])
@pytest.mark.parametrize("kind", KINDS)
def test_a_grid_computes_what_each_network_computes_alone(kind, grid, own_batches):
    together, x = build(kind, grid=grid)
    if own_batches:
        x = np.stack([np.roll(x, k, axis=0) for k in range(np.prod(grid))]).reshape(*grid, *x.shape)
    output = together.forward(x)
    n = x.shape[len(grid)] if own_batches else len(x)
    target = together.rows(targets(together, n))
    value, grad = SoftmaxCrossEntropy()(together.rows(output), target)
    grad_x = together.backward(grad)
    for k in np.ndindex(grid):
        alone, _ = build(kind)
        alone.theta = together.theta[k]
        expected = alone.forward(x[k] if own_batches else x)
        assert output[k] == pytest.approx(expected, rel=1e-12)
        loss, grad = SoftmaxCrossEntropy()(alone.rows(expected), target)
        assert value[k] == pytest.approx(loss, rel=1e-12)
        alone_x = alone.backward(grad)
        assert together.grad[k] == pytest.approx(alone.grad, rel=1e-10, abs=1e-14)
        if alone_x is not None:
            assert grad_x[k] == pytest.approx(alone_x, rel=1e-10, abs=1e-14)


@pytest.mark.parametrize("kind", KINDS)
def test_networks_know_their_shapes(kind):
    network, x = build(kind)
    output = network(x)
    assert output.shape == (len(x), *network.out_shape)
    assert x.shape[1:] == network.in_shape
    assert (network.n_in, network.n_out) == (network.in_shape[-1], network.out_shape[-1])
    assert network.places == network.out_shape[:-1]
    assert network.rows(output).shape == (output.size // network.n_out, network.n_out)


@pytest.mark.parametrize("kind", KINDS)
def test_fit_learns_at_every_place(kind):
    network, x = build(kind)
    labels = targets(network, len(x), "labels")
    settings = {"loss": SoftmaxCrossEntropy(), "optimizer": Adam(0.05), "epochs": 150, "rng": rng()}
    history = fit(network, x, labels, batch_size=2, validation=(x, labels), **settings)
    assert history.validation_accuracy[-1] == accuracy(network, x, labels)
    assert history.accuracy[-1] > history.accuracy[0]
    assert history.accuracy[-1] == 1 or network.places  # one layer after another at each place
    assert history.loss[-1] < 0.9 * history.loss[0]


def test_the_loss_is_the_mean_over_samples_and_places():
    network, x = build("dense on a sequence")
    rows = Network([Dense(2, 3), Tanh(), Dense(3, 3)], rng=rng())
    rows.theta = network.theta
    labels = targets(network, 3, "labels")
    settings = {"loss": SoftmaxCrossEntropy(), "optimizer": SGD(0.1)}
    of_sequences = train_step(network, x, labels, **settings)
    of_rows = train_step(rows, x.reshape(12, 2), labels.ravel(), **settings)
    assert of_sequences == pytest.approx(of_rows, rel=1e-14)
    assert network.theta == pytest.approx(rows.theta, rel=1e-13)


def test_an_embedding_gives_each_symbol_its_vector():
    network = Network([Embedding(5, 3)], rng=rng(), input_shape=(4,))
    x = np.array([[0, 4, 4, 1]])
    assert np.array_equal(network(x), network.layers[0].W[x])
    assert network.backward(np.ones((1, 4, 3))) is None
    assert network.grad.reshape(5, 3).tolist() == [[1] * 3, [1] * 3, [0] * 3, [0] * 3, [2] * 3]
    assert not network.decaying and not network.weight_mask.any()


@pytest.mark.parametrize(
    ("x", "kind", "message"),
    [
        ([[0, 1, 2, 5]], ValueError, "x must hold symbols 0 to 4; got 5"),
        ([[0, 1, -1, 2]], ValueError, "x must hold symbols 0 to 4; got -1"),
        ([[0.0, 1.0, 2.0, 3.0]], TypeError, "x must hold integers, which Embedding.* takes"),
        ([[0, 1, 2]], ValueError, r"x must have shape \(any, 4\); got \(1, 3\)"),
    ],
)
def test_an_embedding_takes_known_symbols_only(x, kind, message):
    with pytest.raises(kind, match=message):
        Network([Embedding(5, 3)], rng=rng(), input_shape=(4,)).predict(x)


def test_layer_norm_by_hand():
    network = Network([LayerNorm(2, epsilon=1.0)], rng=rng())
    network.layers[0].gamma = [2.0, 3.0]
    network.layers[0].beta = [0.5, -0.5]
    # mean 3, variance 3: (x − 3) / √(3 + 1) = ±√3 / 2
    root = np.sqrt(3)
    assert network([[3 - root, 3 + root]]) == pytest.approx(
        np.array([[0.5 - root, -0.5 + 1.5 * root]])
    )


@pytest.mark.parametrize("scale", [1e-23, 1e-3, 1e25])
def test_layer_norms_squares_neither_overflow_nor_underflow(scale):
    network = Network([LayerNorm(4, epsilon=1e-60)], rng=rng(), dtype=np.float32)
    x = np.array([[1, 2, 3, 4]], np.float32)
    assert network(np.float32(scale) * x) == pytest.approx(network(x), rel=1e-5)


def test_layer_norm_gains_do_not_decay():
    network = Network([Dense(2, 3), LayerNorm(3)], rng=rng())
    assert network.decaying == (slice(0, 6),)
    assert network.weight_mask.sum() == 6


def test_a_batch_of_sequences_is_never_taken_for_a_grid():
    rows = Network([Dense(2, 3)], rng=rng(), grid=(4,))
    one = Network([Dense(2, 3)], rng=rng())
    x = rng().normal(size=(4, 5, 2))
    assert rows.forward(x).shape == (4, 5, 3)  # the grid's own axis
    for use in (one.forward, one.predict, one):
        with pytest.raises(ValueError, match=r"x must have"):
            use(x)
    pictures = Network([Dense(2, 3)], rng=rng(), grid=(4,), input_shape=(5, 2))
    assert pictures.forward(x).shape == (4, 4, 5, 3)  # four sequences, for each of four networks
    with pytest.raises(ValueError, match=r"leading axes of the grid, \(4,\), or none"):
        pictures.predict(np.ones((3, 6, 5, 2)))


def test_the_gradient_for_the_input_is_one_call_and_leaves_the_network_alone():
    network, x = build("convolution")
    labels = targets(network, len(x), "labels")
    network.grad = rng().normal(size=network.grad.shape)
    before = network.grad.copy()
    grad_x = input_gradient(network, x, labels, SoftmaxCrossEntropy())
    assert np.array_equal(network.grad, before)
    _, grad = SoftmaxCrossEntropy()(network.forward(x), labels)
    assert np.array_equal(grad_x, network.backward(grad))
    network, x = build("embedding")
    with pytest.raises(ValueError, match="numbers that can change a little; got Embedding"):
        input_gradient(network, x, targets(network, 3, "labels"), SoftmaxCrossEntropy())


BAD_SHAPES = [
    (lambda: Network([ReLU()], rng=rng(), input_shape=3), TypeError, "input_shape must be a tuple"),
    (lambda: Network([ReLU()], rng=rng(), input_shape=()), ValueError, "must have an axis"),
    (lambda: Network([ReLU()], rng=rng(), input_shape=(0,)), ValueError, r"in \[1, inf\); got 0"),
    (lambda: Network([Flatten()], rng=rng()), ValueError, "or input_shape must give the shape"),
    (lambda: Network([Embedding(3, 2)], rng=rng()), ValueError, "or input_shape must give"),
    (
        lambda: Network([Dense(3, 2)], rng=rng(), input_shape=(4, 2)),
        ValueError,
        r"layers\[0\] must take the samples of shape \(4, 2\) of input_shape; got Dense",
    ),
    (
        lambda: Network([Flatten(), Dense(7, 2)], rng=rng(), input_shape=(4, 2)),
        ValueError,
        r"layers\[1\] must take the 8 numbers that layers\[0\] gives; got Dense",
    ),
    (
        lambda: Network([Residual([Flatten()])], rng=rng(), input_shape=(4, 2)),
        ValueError,
        r"layers\[0\] must take the samples of shape \(4, 2\)",
    ),
    (lambda: LayerNorm(0), ValueError, "n_in must be an integer"),
    (lambda: LayerNorm(2, epsilon=0), ValueError, "epsilon must be a number"),
    (lambda: Embedding(0, 2), ValueError, "n_tokens must be an integer"),
    (
        lambda: Network([Dense(2, 3), LayerNorm(4)], rng=rng()),
        ValueError,
        r"layers\[1\] must take the 3 numbers",
    ),
]


@pytest.mark.parametrize(("make", "kind", "message"), BAD_SHAPES, ids=[m for *_, m in BAD_SHAPES])
def test_bad_shapes(make, kind, message):
    with pytest.raises(kind, match=message):
        make()


def test_the_first_layer_that_knows_says_how_many_numbers_come_in():
    network = Network([Dropout(0.5, rng=rng()), Tanh(), Dense(3, 2)], rng=rng())
    assert network.in_shape == (3,)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind[:3] not in ("con", "rec")])
def test_float32_throughout(kind):
    network, x = build(kind, dtype=np.float32)
    output = network.forward(x)
    assert output.dtype == np.float32
    grad = network.backward(np.ones_like(output))
    assert grad is None or grad.dtype == np.float32
