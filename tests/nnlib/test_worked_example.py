"""The deck's network: what the code computes against what the slides print."""

import numpy as np
import pytest

from nnlib import HalfSquaredError, check_gradients
from nnlib import worked_example as deck


def computed():
    """Compute every quantity of the slides in plain Python, from the deck's definitions alone."""
    v = {**deck.WEIGHTS, **deck.BIASES, "i1": deck.INPUT[0, 0], "i2": deck.INPUT[0, 1]}
    target = dict(zip(("o1", "o2"), deck.TARGET[0], strict=True))

    def unit(name, first, second, bias):
        v[f"net_{name}"] = first[0] * first[1] + second[0] * second[1] + bias
        v[f"out_{name}"] = 1 / (1 + np.exp(-v[f"net_{name}"]))
        v[f"∂out_{name}/∂net_{name}"] = v[f"out_{name}"] * (1 - v[f"out_{name}"])

    unit("h1", (v["w1"], v["i1"]), (v["w2"], v["i2"]), v["b1"])
    unit("h2", (v["w3"], v["i1"]), (v["w4"], v["i2"]), v["b1"])
    unit("o1", (v["w5"], v["out_h1"]), (v["w6"], v["out_h2"]), v["b2"])
    unit("o2", (v["w7"], v["out_h1"]), (v["w8"], v["out_h2"]), v["b2"])
    for o in ("o1", "o2"):
        v[f"E_{o}"] = 0.5 * (target[o] - v[f"out_{o}"]) ** 2
        v[f"∂E_total/∂out_{o}"] = -(target[o] - v[f"out_{o}"])
        v[f"∂E_{o}/∂net_{o}"] = v[f"∂E_total/∂out_{o}"] * v[f"∂out_{o}/∂net_{o}"]
    v["E_total"] = v["E_o1"] + v["E_o2"]
    sources = {"w5": ("h1", "o1"), "w6": ("h2", "o1"), "w7": ("h1", "o2"), "w8": ("h2", "o2")}
    for w, (h, o) in sources.items():
        v[f"∂E_total/∂{w}"] = v[f"∂E_{o}/∂net_{o}"] * v[f"out_{h}"]
        v[f"∂E_{o}/∂out_{h}"] = v[f"∂E_{o}/∂net_{o}"] * v[w]
    sources = {"w1": ("i1", "h1"), "w2": ("i2", "h1"), "w3": ("i1", "h2"), "w4": ("i2", "h2")}
    for w, (i, h) in sources.items():
        v[f"∂E_total/∂out_{h}"] = v[f"∂E_o1/∂out_{h}"] + v[f"∂E_o2/∂out_{h}"]
        v[f"∂E_total/∂{w}"] = v[f"∂E_total/∂out_{h}"] * v[f"∂out_{h}/∂net_{h}"] * v[i]
    for w in deck.WEIGHTS:
        v[f"{w}⁺"] = v[w] - deck.LEARNING_RATE * v[f"∂E_total/∂{w}"]
    v |= {"∂net_o1/∂w5": v["out_h1"], "∂net_o1/∂out_h1": v["w5"], "∂net_h1/∂w1": v["i1"]}
    v["∂out_o1/∂net_o1 (slide 20)"] = v["∂out_o1/∂net_o1"]
    return v


# The deck's slips; book/errata.ipynb explains each of them.
ERRATA = {
    "w3⁺",
    "w6⁺",
    "w8⁺",
    "∂out_o1/∂net_o1 (slide 20)",
    "∂E_o1/∂net_o1",
    "∂E_o1/∂out_h1",
    "∂E_total/∂out_h1",
    "∂E_total/∂w1",
    "w1⁺",
    "w2⁺",
}


@pytest.mark.parametrize("name", deck.PRINTED)
def test_each_printed_number_is_reproduced_or_is_an_erratum(name):
    printed = deck.PRINTED[name]
    digits = len(printed.split(".")[1])
    # The last digit printed may come from a rounded intermediate result.
    agrees = abs(computed()[name] - float(printed)) <= 1.01 * 10**-digits
    assert agrees == (name not in ERRATA)


def test_nnlib_computes_what_the_definitions_say():
    v, network = computed(), deck.network()
    output = network.forward(deck.INPUT)
    assert output[0] == pytest.approx([v["out_o1"], v["out_o2"]], rel=1e-15)
    value, grad = HalfSquaredError()(output, deck.TARGET)
    network.backward(grad)
    assert value == pytest.approx(v["E_total"], rel=1e-14)
    for name, gradient in deck.gradients(network).items():
        assert gradient == pytest.approx(v[f"∂E_total/∂{name}"], rel=1e-13)


def test_names_point_at_the_right_weights():
    network = deck.network()
    assert deck.weights(network) == deck.WEIGHTS
    assert network.layers[0].b.tolist() == [0.40, 0.40]
    assert network.layers[2].b.tolist() == [0.36, 0.36]
    network.layers[2].W[1, 0] = 7  # from h2 to o1
    assert deck.weights(network)["w6"] == 7


def test_its_gradients_are_right():
    errors = check_gradients(deck.network(), HalfSquaredError(), deck.INPUT, deck.TARGET)
    assert max(errors.values()) < 1e-8


@pytest.mark.parametrize("name", ["INPUT", "TARGET"])
def test_the_decks_sample_cannot_be_changed_by_accident(name):
    array = getattr(deck, name)
    before = array.tolist()
    with pytest.raises(ValueError, match="read-only"):
        array[0, 0] = 7
    with pytest.raises(ValueError, match="read-only"):
        array *= 2
    assert array.tolist() == before


@pytest.mark.parametrize("name", ["WEIGHTS", "BIASES", "POSITIONS"])
def test_the_decks_weights_cannot_be_changed_by_accident(name):
    table = getattr(deck, name)
    with pytest.raises(TypeError, match="does not support item assignment"):
        table["w1"] = 7
    assert not hasattr(table, "update") and not hasattr(table, "pop")


def test_every_network_of_the_deck_is_a_new_one():
    changed = deck.network()
    changed.theta[...] = 7
    changed.forward(deck.INPUT)[...] = 7
    assert deck.weights(deck.network()) == deck.WEIGHTS
