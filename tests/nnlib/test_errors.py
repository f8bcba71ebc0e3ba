"""Every error names the parameter, the value and what was expected, to the letter."""

import numpy as np
import pytest

from nnlib import (
    SGD,
    Adam,
    AdamW,
    BinaryCrossEntropy,
    Dense,
    Dropout,
    Embedding,
    HalfSquaredError,
    LayerNorm,
    Momentum,
    Nesterov,
    Network,
    ReLU,
    RMSProp,
    Sigmoid,
    SoftmaxCrossEntropy,
    Tanh,
    accuracy,
    check_gradients,
    clip_gradient,
    fit,
    input_gradient,
    minibatches,
    numerical_gradient,
    train_step,
)
from nnlib.gradcheck import relative_error

RNG = np.random.default_rng(0)
X, ROWS, LABELS = np.ones((4, 2)), np.ones((4, 3)), [0, 1, 2, 0]
A_GENERATOR = "must be a numpy.random.Generator such as np.random.default_rng(0)"


def network(*last, grid=(), n_out=3):
    return Network([Dense(2, 5), Tanh(), Dense(5, n_out), *last], rng=RNG, grid=grid)


def fitted(**change):
    settings = {"loss": HalfSquaredError(), "optimizer": SGD(0.1), "epochs": 1, "rng": RNG}
    fit(change.pop("network", None) or network(), X, ROWS, **{**settings, **change})


def stepped(x=X, target=ROWS, **change):
    settings = {"loss": HalfSquaredError(), "optimizer": SGD(0.1)}
    train_step(network(), x, target, **{**settings, **change})


def checked(net=None, x=X, target=ROWS, epsilon=1e-5):
    check_gradients(net or network(), HalfSquaredError(), x, target, epsilon)


def spoilt(value, at=0):
    net = Network([Dense(2, 5), ReLU(), Dense(5, 3)], rng=RNG)
    net.theta[at] = value
    return net


def frozen():
    net = network()
    net.freeze()
    return net


def lost():
    optimizer = Momentum(0.1)
    fitted(optimizer=optimizer)
    optimizer.buffer[0] = np.inf
    return optimizer


def diverged(epoch):
    """Train until the loss overflows in this epoch; the first are harmless."""

    def blow_up(seen, net, history):
        if seen == epoch - 1:
            net.theta = np.full(net.n_parameters, 1e200)

    net = network()
    if epoch == 1:
        net.theta = np.full(net.n_parameters, 1e200)
    fitted(network=net, epochs=4, callback=blow_up)


ERRORS = [
    # layers
    (lambda: Embedding(0, 2), "n_tokens must be an integer in [1, inf); got 0"),
    (lambda: Embedding(2, 0), "n_out must be an integer in [1, inf); got 0"),
    (
        lambda: Embedding(2, 2, initializer=3),
        "initializer must be callable; got 3 of type int",
    ),
    (lambda: LayerNorm(0), "n_in must be an integer in [1, inf); got 0"),
    (lambda: LayerNorm(2, 0), "epsilon must be a number in (0, inf); got 0"),
    (lambda: Dropout(1, rng=RNG), "rate must be a number in [0, 1); got 1"),
    (
        lambda: Network([Dense(2, 2), Dropout(0.5, rng=[RNG])], rng=RNG),
        "rng must be one generator, or a list of one for each network of a grid (K,); "
        "got 1 for a network with grid=()",
    ),
    (
        lambda: Network([Dense(2, 3, initializer=lambda *_: np.ones(3))], rng=RNG),
        "W must have shape (2, 3); got (3,)",
    ),
    (
        lambda: Network([Dense(1, 1, initializer=lambda *_: [[np.inf]])], rng=RNG),
        "the initializer's weights must be finite; got inf at index (0, 0)",
    ),
    (
        lambda: Network(
            [Embedding(1, 1, initializer=lambda *_: [[np.inf]])], rng=RNG, input_shape=(1,)
        ),
        "the initializer's vectors must be finite; got inf at index (0, 0)",
    ),
    # optimizers
    (lambda: Momentum(0.1, 1), "momentum must be a number in [0, 1); got 1"),
    (lambda: Nesterov(0.1, 1), "momentum must be a number in [0, 1); got 1"),
    (lambda: RMSProp(0.1, 1), "decay must be a number in [0, 1); got 1"),
    (lambda: RMSProp(0.1, 0.9, 0), "epsilon must be a number in (0, inf); got 0"),
    (lambda: Adam(0.1, 1), "beta1 must be a number in [0, 1); got 1"),
    (lambda: Adam(0.1, 0.9, 1), "beta2 must be a number in [0, 1); got 1"),
    (lambda: Adam(0.1, epsilon=0), "epsilon must be a number in (0, inf); got 0"),
    (lambda: Adam(0.1, epsilon=-1), "epsilon must be a number in (0, inf); got -1"),
    (lambda: AdamW(0.1, epsilon=0), "epsilon must be a number in (0, inf); got 0"),
    (lambda: AdamW(0.1, weight_decay=-1), "weight_decay must be a number in [0, inf); got -1"),
    (lambda: SGD(0), "learning_rate must be a number in (0, inf); got 0"),
    # losses
    (
        lambda: SoftmaxCrossEntropy()(np.zeros((2, 3)), [[1.0, 0.0], [0.0, 1.0]]),
        "target must have shape (2, 3); got (2, 2)",
    ),
    (
        lambda: SoftmaxCrossEntropy()(np.zeros((2, 3)), [0]),
        "target must have shape (2,); got (1,)",
    ),
    (
        lambda: SoftmaxCrossEntropy()(np.zeros((2, 3)), np.ma.masked_array([0, 1], [0, 1])),
        "target must be a plain array or a list of numbers; got a MaskedArray, which carries more "
        "than numbers (make it plain with .filled(value), if that is right)",
    ),
    (
        lambda: BinaryCrossEntropy().classes(np.zeros((5, 2))),
        "loss BinaryCrossEntropy knows classes for one output only, yes or no; got n_out = 2",
    ),
    *(
        (
            lambda loss=loss, last=last: fit(
                network(last), X, LABELS, loss=loss, optimizer=SGD(0.1), epochs=1, rng=RNG
            ),
            f"loss {loss!r} needs raw logits, so the network must end with a layer such as Dense; "
            f"got {last!r} as the last layer".replace("()", "", 1),
        )
        for loss in (SoftmaxCrossEntropy(), BinaryCrossEntropy())
        for last in (Sigmoid(), Tanh(), ReLU())
    ),
    # network
    (
        lambda: network()[1],
        "network takes a slice of layers, such as network[0:2]; got network[1] "
        "(network.layers has them one by one)",
    ),
    (lambda: network()[1:1], "network[i:j] must hold a layer; got [1:1]"),
    (lambda: network().freeze(3), "indices must be an integer in [0, 2]; got 3"),
    (lambda: SGD([0.1, np.nan]), "learning_rate must be finite; got nan at index (1,)"),
    # gradcheck
    (lambda: numerical_gradient(np.sum, ["a"]), "x must hold real numbers; got dtype <U1"),
    (
        lambda: numerical_gradient(lambda x: "a", [1.0]),
        "f(x) must hold real numbers; got dtype <U1",
    ),
    (lambda: relative_error(["a"], [1.0]), "a must hold real numbers; got dtype <U1"),
    (lambda: relative_error([1.0], ["a"]), "b must hold real numbers; got dtype <U1"),
    (
        lambda: checked(network(grid=(2,))),
        "network must be a single network in float64; got grid=(2,), dtype=float64",
    ),
    (
        lambda: checked(spoilt(np.nan)),
        "network must have finite parameters; got NaN or infinity in theta",
    ),
    (
        lambda: checked(target=np.full((4, 3), 1e200)),
        "network must have finite gradients; got NaN or infinity for layers[0].W",
    ),
    (lambda: checked(epsilon=0), "epsilon must be a number in (0, inf); got 0"),
    (lambda: checked(epsilon=-1), "epsilon must be a number in (0, inf); got -1"),
    (lambda: checked(target=X), "target must have shape (4, 3); got (4, 2)"),
    (lambda: checked(x=X[:, :1]), "x must have shape (any, 2); got (4, 1)"),
    # training
    (
        lambda: fitted(network=frozen()),
        "network must have a parameter to train; all of its layers are frozen",
    ),
    (
        lambda: fitted(network=spoilt(np.nan)),
        "network must begin with finite parameters; got NaN or infinity in layers[0].W: "
        "it has diverged before, so make it anew",
    ),
    (
        lambda: fitted(network=spoilt(np.nan, at=10)),
        "network must begin with finite parameters; got NaN or infinity in layers[0].b: "
        "it has diverged before, so make it anew",
    ),
    (
        lambda: fitted(optimizer=lost()),
        "optimizer must remember finite numbers; got NaN or infinity in "
        "Momentum(learning_rate=0.1, momentum=0.9): it comes from a run that diverged, so make a "
        "new one",
    ),
    (lambda: next(minibatches(0, 2, rng=RNG)), "n must be an integer in [1, inf); got 0"),
    (lambda: next(minibatches(2, 0, rng=RNG)), "batch_size must be an integer in [1, inf); got 0"),
    (lambda: next(minibatches(2, 2, rng=0)), f"rng {A_GENERATOR}; got 0 of type int"),
    (lambda: next(minibatches(2, 2, rng=[0])), f"rng[0] {A_GENERATOR}; got 0 of type int"),
    (lambda: fitted(rng=0), f"rng {A_GENERATOR}; got 0 of type int"),
    (
        lambda: fitted(network=network(grid=(1,)), rng=[0]),
        f"rng[0] {A_GENERATOR}; got 0 of type int",
    ),
    (
        lambda: fitted(validation=(X, ROWS), patience=0),
        "patience must be an integer in [1, inf); got 0",
    ),
    (lambda: fitted(validation=3), "validation must be a pair (x, target); got int"),
    (lambda: fitted(validation=(X, ROWS, 1)), "validation must be a pair (x, target); got tuple"),
    (
        lambda: fitted(validation=(X[:, :1], ROWS)),
        "validation[0] must have shape (any, 2); got (4, 1)",
    ),
    (
        lambda: fitted(validation=(X, X)),
        "validation[1]: target must have shape (4, 3); got (4, 2)",
    ),
    (lambda: stepped(x=X[:, :1]), "x must have shape (any, 2); got (4, 1)"),
    (lambda: stepped(target=X), "target must have shape (4, 3); got (4, 2)"),
    (
        lambda: stepped(weight_decay=-1),
        "weight_decay must be a number in [0, inf); got -1",
    ),
    (lambda: stepped(weight_decay=[1]), "weight_decay must have shape (); got (1,)"),
    (lambda: stepped(clip_norm=0), "clip_norm must be a number in (0, inf); got 0"),
    (
        lambda: input_gradient(network(), X[:, :1], ROWS, HalfSquaredError()),
        "x must have shape (any, 2); got (4, 1)",
    ),
    (
        lambda: input_gradient(network(), X, X, HalfSquaredError()),
        "target must have shape (4, 3); got (4, 2)",
    ),
    (lambda: clip_gradient(np.ones(2), 0), "norm must be a number in (0, inf); got 0"),
    (
        lambda: accuracy(network(), X, [[0, 1], [2]]),
        "labels must be a rectangular array of numbers; got [[0, 1], [2]]",
    ),
    (
        lambda: accuracy(network(n_out=1), X, [0, 1, 1, 0], threshold=np.nan),
        "threshold must be a number; got nan",
    ),
    (
        lambda: accuracy(network(n_out=1), X, [0, 1, 1, 0]),
        "threshold must be given for a single output without a Sigmoid: 0 for logits, 0.5 for "
        "outputs trained towards 0 and 1",
    ),
]


@pytest.mark.parametrize(("call", "message"), ERRORS, ids=[message for _, message in ERRORS])
def test_the_error_says_what_was_wrong(call, message):
    with pytest.raises((ValueError, TypeError)) as error:
        call()
    assert str(error.value) == message


WORDS = (
    "the loss, a parameter or what the optimizer remembers is no longer finite; a smaller "
    "learning_rate usually helps"
)


def test_a_divergence_names_the_epoch_and_at_first_the_data_too():
    sgd = "(optimizer: SGD(learning_rate=0.1))"
    early = ", or samples and targets of a smaller size"
    with pytest.raises(FloatingPointError) as error:
        diverged(1)
    assert str(error.value) == f"training diverged in epoch 1: {WORDS}{early} {sgd}"
    with pytest.raises(FloatingPointError) as error:
        diverged(2)
    assert str(error.value) == f"training diverged in epoch 2: {WORDS} {sgd}"
    with pytest.raises(FloatingPointError) as error:
        stepped(target=np.full((4, 3), 1e200))
    assert str(error.value) == f"training diverged in this step: {WORDS}{early} {sgd}"


def test_a_divergence_names_the_network_of_a_grid():
    net = network(grid=(2,))
    net.theta[1] = 1e200
    with pytest.raises(FloatingPointError, match=r"in epoch 1 in network \(1,\) of the grid: the"):
        fitted(network=net)


def test_what_a_network_and_its_parts_call_themselves():
    dropout = Dropout(0.5, rng=RNG)
    net = Network([Dense(2, 3), dropout, Dense(3, 1)], rng=RNG, grid=(2,))
    layers = "Dense(n_in=2, n_out=3), Dropout(rate=0.5), Dense(n_in=3, n_out=1)"
    assert repr(net) == f"Network([{layers}], grid=(2,))  # 13 parameters"
    assert repr(net[2:].copy()) == "Network([Dense(n_in=3, n_out=1)], grid=(2,))  # 4 parameters"
    one = Network([Dense(100, 20)], rng=RNG)
    assert repr(one) == "Network([Dense(n_in=100, n_out=20)])  # 2,020 parameters"
    assert repr(BinaryCrossEntropy()) == "BinaryCrossEntropy()"
    assert repr(Embedding(3, 2)) == "Embedding(n_tokens=3, n_out=2)"
    assert repr(AdamW()) == (
        "AdamW(learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-08, weight_decay=0.01)"
    )
