"""The widgets' JavaScript engine computes what nnlib computes: Node against NumPy."""

import numpy as np
import pytest
from in_node import address, node

from nnlib import losses, optimizers
from nnlib.layers import Dense, Dropout, ReLU, Residual, Sigmoid, Tanh
from nnlib.network import Network

ENGINE = address("shared/engine")
LAYERS = {"sigmoid": Sigmoid, "tanh": Tanh, "relu": ReLU}
CLOSE = {"rtol": 1e-9, "atol": 1e-9}

# Reads one question a line from standard input; answers with one line of JSON each.
PROGRAM = """
import { createInterface } from "node:readline";
import * as engine from %s;
const run = ({ nIn, layers, theta, x, target, loss, optimizer, settings, rate, decay, steps }) => {
  const network = new engine.Network(nIn, layers, { random: new engine.Random(7) });
  network.theta.set(theta);
  const batch = x.length / nIn;
  const output = Array.from(network.forward(x));
  const grad = new Float64Array(output.length);
  const value = engine.LOSSES[loss](output, target, batch, grad);
  const inputGrad = Array.from(network.backward(grad));
  const answer = { output, loss: value, inputGrad, grad: Array.from(network.grad), losses: [] };
  const random = network.random = new engine.Random(3);
  answer.draws = Array.from({ length: 5000 }, () => random.uniform());
  network.random = new engine.Random(3);
  const rule = new engine.OPTIMIZERS[optimizer](rate, settings);
  for (let k = 0; k < steps; k++) {
    answer.losses.push(network.train(x, target, engine.LOSSES[loss], rule, decay));
  }
  return { ...answer, theta: Array.from(network.theta) };
};
for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(run(JSON.parse(line))));
}
"""


def engine(question):
    return {k: np.array(v) for k, v in node(PROGRAM % ENGINE, question)[0].items()}


class Draws:
    """Stands for a generator, and gives the numbers that the engine has drawn."""

    def __init__(self, numbers):
        self.numbers, self.used = numbers, 0

    def random(self, shape):
        size = int(np.prod(shape))
        self.used += size
        return self.numbers[self.used - size : self.used].reshape(shape)


def both(seed, spec, loss, optimizer="SGD", settings=None, rate=0.1, decay=0.0, steps=1, batch=9):
    """Give the same random network and data to the engine and to nnlib; return both answers."""
    rng = np.random.default_rng(seed)
    n_in, layers, width = 3, [], 3
    for layer in spec:
        inner = [Dense(width, layer["units"])]
        if layer.get("activation", "none") != "none":
            inner.append(LAYERS[layer["activation"]]())
        layers += [Residual(inner)] if layer.get("residual") else inner
        if layer.get("dropout"):
            layers.append(Dropout(layer["dropout"], rng=rng))
        width = layer["units"]
    network = Network(layers, rng=rng)
    network.theta[...] = rng.normal(0, 0.6, network.theta.shape)
    x = rng.normal(size=(batch, n_in))
    if loss == "HalfSquaredError":
        target = rng.uniform(size=(batch, width))
    else:
        target = np.eye(width)[rng.integers(width, size=batch)]
    question = {
        "nIn": n_in,
        "layers": spec,
        "theta": network.theta.tolist(),
        "x": x.ravel().tolist(),
        "target": target.ravel().tolist(),
        "loss": loss,
        "optimizer": optimizer,
        "settings": settings or {},
        "rate": rate,
        "decay": decay,
        "steps": steps,
    }
    theirs = engine(question)
    draws = Draws(theirs["draws"])
    for layer in network.layers:
        if isinstance(layer, Dropout):
            layer.rng = draws
    measure = getattr(losses, loss)()
    output = network.forward(x)
    value, grad = measure.compute(output, target)
    ours = {"output": output.ravel(), "loss": value}
    ours["inputGrad"] = network.backward(grad).ravel()
    ours["grad"] = network.grad.copy()
    rule = getattr(optimizers, optimizer)(rate, **(settings or {}))
    ours["losses"] = []
    for _ in range(steps):
        value, grad = measure.compute(network.forward(x, training=True), target)
        network.backward(grad, input_grad=False)
        network.grad[...] += decay * network.weight_mask * network.theta
        rule.step(network.theta, network.grad)
        ours["losses"].append(value)
    ours["theta"] = network.theta
    return ours, theirs


def assert_agree(ours, theirs):
    for name, values in ours.items():
        np.testing.assert_allclose(theirs[name], values, **CLOSE, err_msg=name)


@pytest.mark.parametrize("loss", ["HalfSquaredError", "SoftmaxCrossEntropy"])
@pytest.mark.parametrize("seed", range(3))
def test_losses_and_gradients_agree(seed, loss):
    kinds = ["sigmoid", "tanh", "relu"]
    kinds = kinds[seed:] + kinds[:seed]
    spec = [{"units": 5, "activation": kind} for kind in kinds]
    spec[1] |= {"residual": True}
    last = kinds[0] if loss == "HalfSquaredError" else "none"
    assert_agree(*both(seed, [*spec, {"units": 4, "activation": last}], loss))


# Steps small enough for a stable run: an unstable one enlarges the last bit's rounding (sums are
# added in another order) several times a step, and no two programs agree on it.
RULES = [
    ("SGD", {}, 0.5),
    ("Momentum", {"momentum": 0.8}, 0.5),
    ("Nesterov", {"momentum": 0.8}, 0.1),
    ("RMSProp", {"decay": 0.95, "epsilon": 1e-6}, 0.002),
    ("Adam", {"beta1": 0.85, "beta2": 0.98, "epsilon": 1e-7}, 0.02),
]


@pytest.mark.parametrize("loss", ["HalfSquaredError", "SoftmaxCrossEntropy"])
@pytest.mark.parametrize("optimizer, settings, rate", RULES, ids=[rule[0] for rule in RULES])
def test_a_hundred_steps_of_every_optimizer_agree(optimizer, settings, rate, loss):
    hidden = [{"units": 6, "activation": "tanh"}, {"units": 5, "activation": "sigmoid"}]
    assert_agree(
        *both(5, [*hidden, {"units": 3}], loss, optimizer, settings, rate, decay=0.01, steps=100)
    )


def test_default_settings_are_those_of_nnlib():
    spec = [{"units": 4, "activation": "tanh"}, {"units": 2}]
    for optimizer, _, rate in RULES:
        assert_agree(*both(1, spec, "HalfSquaredError", optimizer, None, rate, steps=20))


def test_dropout_agrees_when_both_draw_the_same_numbers():
    hidden = [
        {"units": 6, "activation": "relu", "dropout": 0.5},
        {"units": 6, "activation": "tanh", "residual": True, "dropout": 0.2},
    ]
    assert_agree(*both(2, [*hidden, {"units": 2}], "SoftmaxCrossEntropy", steps=40))


def test_sigmoid_and_softmax_are_stable():
    program = f"""
    import * as e from {ENGINE};
    const grad = new Float64Array(2);
    const loss = e.LOSSES.SoftmaxCrossEntropy([1000, -1000], [0, 1], 1, grad);
    const {{ sigmoid, tanh, relu }} = e.ACTIVATIONS;
    console.log(JSON.stringify([loss, ...grad, sigmoid.f(-1000), sigmoid.f(1000), tanh.f(900)]));
    """
    assert node(program)[0] == [2000, 1, -1, 0, 1, 1]


def test_random_numbers_are_repeatable_and_evenly_spread():
    program = f"""
    import {{ Random }} from {ENGINE};
    const draw = (seed, kind) => {{
      const random = new Random(seed);
      return Array.from({{ length: 20000 }}, () => random[kind]());
    }};
    const order = Array.from(new Random(4).permutation(50));
    console.log(JSON.stringify([draw(1, "uniform"), draw(1, "uniform"), draw(2, "uniform"),
      draw(1, "normal"), order]));
    """
    first, again, other, normal, order = node(program)[0]
    assert first == again != other
    uniform = np.array(first)
    assert uniform.min() >= 0 and uniform.max() < 1
    counts = np.histogram(uniform, 20, (0, 1))[0]
    assert ((counts - 1000) ** 2 / 1000).sum() < 45  # χ² with 19 degrees of freedom: p < 0.001
    assert abs(np.corrcoef(uniform, np.array(other))[0, 1]) < 0.03
    assert abs(np.mean(normal)) < 0.03 and abs(np.std(normal) - 1) < 0.03
    assert sorted(order) == list(range(50)) != order


def test_the_engine_refuses_what_it_cannot_compute():
    cases = [
        'new e.Network(2, [{ units: 1, activation: "cube" }])',
        "new e.Network(2, [{ units: 3, residual: true }])",
        "new e.Network(2, [{ units: 3, dropout: 1 }])",
        "new e.Random(0.5)",
    ]
    for case in cases:
        program = f"""
        import * as e from {ENGINE};
        try {{ {case}; console.log("null"); }}
        catch (error) {{ console.log(JSON.stringify(error.message)); }}
        """
        assert node(program)[0], case
