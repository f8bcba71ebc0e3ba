"""The reader of chapter 12: what Python computes and refuses, and the script beside nnlib."""

import json
from functools import cache

import numpy as np
import pytest
from in_node import address, node

from nnlib import datasets
from nnlib.functional import softmax
from nnlib.gradcheck import numerical_gradient
from nnlib.layers import Dense, Embedding, ReLU
from nnlib.network import Network
from nnlib.recurrence import LSTM, RNN
from nnwidgets import Recurrence
from nnwidgets.recurrent import LIMITS, MOST, PARTS

CLOSE = {"rtol": 1e-9, "atol": 1e-9}
ALPHABET = sorted(set("".join(datasets.alice())))
SMALL = "ab c\n‘’"

# Reads one question a line: a network, symbols, places to look at, draws and temperatures.
PROGRAM = f"""
import {{ createInterface }} from "node:readline";
import {{ Reader, softened }} from {address("recurrent/reader")};
import {{ Random }} from {address("shared/engine")};
import {{ halves }} from {address("shared/halves")};
const plain = (value) => JSON.parse(JSON.stringify(value, (_, part) =>
  ArrayBuffer.isView(part) ? Array.from(part) : part));
for await (const line of createInterface({{ input: process.stdin }})) {{
  const {{ layers, theta, symbols, asked, places, temperatures, seed, many }} = JSON.parse(line);
  const bytes = Uint8Array.from(theta);
  const reader = new Reader(layers, halves(new DataView(bytes.buffer)));
  const steps = plain(reader.follow(symbols));
  const influence = places.map((t) => reader.influence(t, asked));
  const bits = symbols.slice(1).map((symbol, t) => reader.bits(t, symbol));
  const random = new Random(seed);
  const draws = Array.from({{ length: {MOST} }}, () => random.uniform());
  const written = temperatures.map((T) => {{
    const all = [...symbols];
    reader.follow(all);
    for (let k = 0; k < many && all.length < {MOST}; k++) {{
      all.push(reader.next(T, draws[all.length]));
      reader.follow(all);
    }}
    return all;
  }});
  const softer = temperatures.map((T) => softened(Float64Array.from(steps.at(-1).logits), T));
  console.log(JSON.stringify(plain({{
    steps, influence, bits, written, softer, units: reader.units, parts: reader.parts,
  }})));
}}
"""


@cache
def network(kind=LSTM, alphabet=71, units=64, embedded=16, seed=0, scale=1.0, **settings):
    """Return a network that was never trained, with biases that are not zero."""
    n_in, layers = embedded or alphabet, []
    shape = (9,) if embedded else (9, alphabet)
    if embedded:
        layers.append(Embedding(alphabet, embedded))
    layers += [kind(n_in, units, **settings), Dense(units, alphabet)]
    made = Network(layers, rng=np.random.default_rng(seed), input_shape=shape)
    made.theta[...] += np.random.default_rng(seed + 1).normal(size=made.theta.shape) / 5
    made.theta[...] *= scale
    return made


def small(kind=LSTM, **settings):
    return network(kind, len(SMALL), settings.pop("units", 5), settings.pop("embedded", 3))


def widget(text="ab c", kind=LSTM, embedded=3, **values):
    return Recurrence(network(kind, len(SMALL), 5, embedded), SMALL, text, **values)


VARIED = {
    "chapter 12": lambda: Recurrence(network(), ALPHABET, place=18),
    "large weights": lambda: Recurrence(network(scale=3.0), ALPHABET, "‘It!\n\nWhy’", place=4),
    "a plain recurrent layer": lambda: widget(kind=RNN, place=2),
    "one-hot": lambda: widget(embedded=None, place=1, asked=3),
    "one-hot, plain": lambda: widget(kind=RNN, embedded=None, asked=0),
    "one character": lambda: widget("b"),
    "a full text": lambda: widget("ab c‘’\n" * 22 + "abc", place=150, asked=5, seed=7),
}
every_network = pytest.mark.parametrize("name", VARIED)


@cache
def javascript(name):
    """Return what the script computes for a widget of `VARIED`."""
    one = VARIED[name]()
    question = {
        "layers": one._layers,
        "theta": list(one._theta),
        "symbols": [one._characters.index(character) for character in one.text],
        "asked": one.asked_symbol,
        "places": sorted({0, one.at, len(one.text) - 1}),
        "temperatures": [0, 0.01, 0.4, 1, 1.5],
        "seed": one.seed,
        "many": 60,
    }
    (found,) = node(PROGRAM, question)
    return one, question, found


def whole(one):
    """Return nnlib's network with as many steps as the text has, and the text as it reads it."""
    steps = len(one.text)
    symbols = np.array([one._characters.index(character) for character in one.text])
    layers, original = [], one.network.layers
    embedded = isinstance(original[0], Embedding)
    for layer in original:
        settings = {key: getattr(layer, key) for key in layer.settings}
        layers.append(type(layer)(**settings))
    n = len(one._characters)
    shape = (steps,) if embedded else (steps, n)
    made = Network(layers, rng=np.random.default_rng(0), input_shape=shape)
    made.theta = one.network.theta
    return made, (symbols if embedded else np.eye(n)[symbols])[None], symbols


@every_network
def test_python_reads_as_nnlib_does(name):
    one = VARIED[name]()
    reader, x, symbols = whole(one)
    logits = reader(x)[0]
    np.testing.assert_allclose(one.logits(), logits, **CLOSE)
    p = softmax(logits)
    np.testing.assert_allclose(one.odds(), p, **CLOSE)
    expected = -np.log2(p[np.arange(len(symbols) - 1), symbols[1:]])
    np.testing.assert_allclose(one.bits(), expected, **CLOSE)
    states, layer = one.states(), reader.layers[-2]
    assert tuple(states) == one.parts
    np.testing.assert_allclose(states["h"], layer.states[1:, 0, 0], **CLOSE)
    if "c" in states:
        np.testing.assert_allclose(states["c"], layer.states[1:, 1, 0], **CLOSE)
        for gate in "ifuo":
            gates = layer.z[:, 0, layer.part(gate)]
            np.testing.assert_allclose(states[gate], gates, **CLOSE, err_msg=gate)


@every_network
def test_the_gates_make_the_states(name):
    one = VARIED[name]()
    s = one.states()
    if "c" in s:
        before = np.vstack([np.zeros(s["c"].shape[1]), s["c"][:-1]])
        np.testing.assert_allclose(s["c"], s["f"] * before + s["i"] * s["u"], **CLOSE)
        np.testing.assert_allclose(s["h"], s["o"] * np.tanh(s["c"]), **CLOSE)


@every_network
def test_influence_is_the_length_of_the_gradient_of_log_p(name):
    """By nudging what the recurrent layer reads, with the layer's own step."""
    one = VARIED[name]()
    layer, dense = one.network.layers[-2:]
    x, asked = one._read(one.text[: one.at + 1]), one.asked_symbol
    last = slice(max(0, len(x) - 4), None)  # places further back are left as they are

    def log_p(vectors):
        state = None
        for row in np.vstack([x[: last.start], vectors]):
            h, state = layer.step(row[None], state)
        return np.log2(softmax(h @ dense.W + dense.b)[0, asked])

    lengths = np.linalg.norm(numerical_gradient(log_p, x[last].copy()), axis=1)
    np.testing.assert_allclose(one.influence()[last], lengths, rtol=1e-5, atol=1e-8)
    assert len(one.influence()) == one.at + 1


@every_network
def test_the_script_computes_what_nnlib_does(name):
    one, question, found = javascript(name)
    assert found["units"] == one.network.layers[-2].n_out
    assert tuple(found["parts"]) == one.parts
    for part, values in one.states().items():
        theirs = [step[part] for step in found["steps"]]
        np.testing.assert_allclose(theirs, values, **CLOSE, err_msg=part)
    np.testing.assert_allclose([step["logits"] for step in found["steps"]], one.logits(), **CLOSE)
    np.testing.assert_allclose([step["p"] for step in found["steps"]], one.odds(), **CLOSE)
    np.testing.assert_allclose(found["bits"], one.bits(), **CLOSE)
    for place, influence in zip(question["places"], found["influence"], strict=True):
        one.place, one.asked = place, question["asked"]
        np.testing.assert_allclose(influence, one.influence(), **CLOSE)


@every_network
def test_page_and_python_write_the_same(name):
    one, question, found = javascript(name)
    for T, written, softer in zip(
        question["temperatures"], found["written"], found["softer"], strict=True
    ):
        one.temperature = T
        text = "".join(one._characters[symbol] for symbol in written)
        assert one.written(60) == text
        assert len(text) == min(MOST, len(one.text) + 60)
        logits = one.logits()[-1]
        expected = np.eye(len(logits))[logits.argmax()] if T == 0 else softmax(logits[None] / T)[0]
        np.testing.assert_allclose(softer, expected, **CLOSE)


def test_one_by_one_or_at_once_the_same_is_written():
    one = widget(seed=3, temperature=1)
    text = one.written(20)
    for k in range(20):
        one.text = one.written()
        assert one.text == text[: k + 5]
    other = widget(seed=4, temperature=1).written(20)
    assert other != text and other[:4] == text[:4]


def test_at_temperature_0_the_likeliest_is_written():
    one = widget(temperature=0)
    text = one.text
    for _ in range(10):
        text += SMALL[one.logits(text)[-1].argmax()]
    assert one.written(10) == text


def test_writing_samples_by_the_odds():
    """Of 100 seeds, about as many write a character as its probability says."""
    counts = np.zeros(len(SMALL))
    for seed in range(100):
        counts[SMALL.index(widget(seed=seed, temperature=1).written()[-1])] += 1
    p = widget().odds()[-1]
    assert (np.abs(counts / 100 - p) < 4 * np.sqrt(p * (1 - p) / 100) + 0.01).all()


def test_nothing_is_written_after_nothing():
    one = widget("")
    assert one.written(5) == "" and one.at == -1
    assert one.odds().shape == (0, len(SMALL)) and one.bits().shape == (0,)
    assert one.influence().shape == (0,)
    assert one.states()["c"].shape == (0, 5)
    assert len(one.still().axes) == 3


def test_truncation_does_not_cut_influence():
    cut = network(LSTM, len(SMALL), 5, 3, truncation=2)
    one = Recurrence(cut, SMALL, "ab cab c")
    assert (one.influence() > 0).all() and one.network.layers[1].truncation is None
    assert cut.layers[1].truncation == 2


def test_the_place_stays_in_the_text():
    one = widget()
    assert one.place is None and one.at == 3
    one.place = 1
    assert one.at == 1
    one.text = "a"
    assert one.at == 0
    one.place = 99
    assert one.at == 0


def test_costs_stay_finite_where_p_is_0():
    made = network(LSTM, len(SMALL), 5, 3, seed=5)
    made.theta[-len(SMALL) :] = [0, 3000, 0, 0, 0, 0, 0]
    one = Recurrence(made, SMALL, "aaa")
    assert one.odds()[0, 0] == 0
    np.testing.assert_allclose(one.bits(), 3000 / np.log(2), rtol=0.01)


def test_weights_are_rounded_and_later_training_does_not_show():
    made = network(LSTM, len(SMALL), 5, 3, seed=9)
    one = Recurrence(made, SMALL, "abc")
    rounded = made.theta.astype(np.float16).astype(float)
    assert np.array_equal(one.network.theta, rounded)
    made.theta[...] += 1
    assert np.array_equal(one.network.theta, rounded)


def test_what_travels_is_small():
    one = Recurrence(network(), ALPHABET)
    assert len(one._theta) == 2 * 26_487
    assert len(json.dumps(one.stored())) < 72_000


@every_network
def test_a_stored_widget_is_restored(name):
    one = VARIED[name]()
    again = Recurrence.restored(one.stored()["state"])
    assert repr(again) == repr(one) and again.stored() == one.stored()
    assert np.array_equal(again.influence(), one.influence())
    assert Recurrence.restored(one.stored()["state"], temperature=0).temperature == 0


@every_network
def test_its_picture_shows_units_influence_and_odds(name):
    one = VARIED[name]()
    for part in one.parts:
        one.part = part
        units, influence, odds = one.still().axes
        assert units.get_title() == f"{PARTS[part]} of all units"
        np.testing.assert_allclose(units.images[0].get_array(), one.states()[part].T)
        heights = [bar.get_height() for bar in influence.patches]
        np.testing.assert_allclose(heights, one.influence())
        p = np.sort(one.odds()[one.at])[::-1][:8]
        np.testing.assert_allclose([bar.get_width() for bar in odds.patches], p)


def test_examples_are_short_and_of_the_book():
    for example in LIMITS["examples"].values():
        assert len(example["text"]) <= 62
        assert set(example["text"]) <= set(ALPHABET)
    book = [chapter.replace("\n", " ") for chapter in datasets.alice()]
    texts = {key: example["text"] for key, example in LIMITS["examples"].items()}
    assert texts["unread"] in book[10] and not any(texts["unread"] in one for one in book[:10])
    assert texts["read"] in book[0]
    assert texts["quotation"].count("‘") > texts["quotation"].count("’")
    assert not any(texts["rare"][k : k + 3] in "".join(book) for k in range(19))
    assert Recurrence(network(), ALPHABET).text == texts["unread"]
    assert Recurrence(small(), SMALL).text == "a"  # none of the examples fits


def test_fewer_units_take_less_space():
    (phone, desk), (lower, low) = Recurrence(network(), ALPHABET).space, widget().space
    assert phone - lower == desk - low > 15
    assert widget(kind=RNN).space[0] < lower


def test_its_repr_is_short():
    assert repr(widget(place=2, unit=4, part="f", seed=8)) == (
        "Recurrence(network=LSTM of 5 units, characters=7, text='ab c', place=2, unit=4, "
        "part='f', temperature=0.7, seed=8)"
    )


def built(*layers, shape=(9,), **keywords):
    return Network(layers, rng=np.random.default_rng(0), input_shape=shape, **keywords)


OTHERS = {
    "no network": ("LSTM", TypeError, "network must be an nnlib Network; got 'LSTM'"),
    "a grid": (
        lambda: built(Embedding(7, 3), RNN(3, 5), Dense(5, 7), grid=(2,)),
        ValueError,
        "network must be a single one",
    ),
    "no recurrence": (lambda: built(Embedding(7, 3), Dense(3, 7)), ValueError, "RNN"),
    "one state": (
        lambda: built(Embedding(7, 3), RNN(3, 5, last=True), Dense(5, 7)),
        ValueError,
        "network must be Embedding",
    ),
    "two layers": (
        lambda: built(Embedding(7, 3), RNN(3, 5), RNN(5, 5), Dense(5, 7)),
        ValueError,
        "network must be Embedding",
    ),
    "another layer": (
        lambda: built(Embedding(7, 3), RNN(3, 5), ReLU(), Dense(5, 7)),
        ValueError,
        "got Network",
    ),
    "other symbols": (
        lambda: built(Embedding(7, 3), RNN(3, 5), Dense(5, 8)),
        ValueError,
        "network must be Embedding",
    ),
    "too many units": (
        lambda: built(Embedding(7, 3), RNN(3, 65), Dense(65, 7)),
        ValueError,
        "h up to 64",
    ),
    "too many parameters": (
        lambda: built(Embedding(128, 100), LSTM(100, 64), Dense(64, 128)),
        ValueError,
        "at most 40,000 parameters",
    ),
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_networks_are_refused(name):
    made, error, message = OTHERS[name]
    with pytest.raises(error, match=message):
        Recurrence(made if isinstance(made, str) else made(), SMALL)


@pytest.mark.parametrize(
    "characters, error, message",
    [
        (7, TypeError, "characters must be a string, or a list of characters"),
        (["ab", *"cdefgh"], TypeError, "characters must be a string, or a list"),
        (["😀", *"cdefgh"], TypeError, r"up to U\+FFFF"),
        ("abc", ValueError, "characters must be 7 different ones.*got 3"),
        ("aabcdef", ValueError, "got 7, of which 6 are different"),
    ],
)
def test_other_alphabets_are_refused(characters, error, message):
    with pytest.raises(error, match=message):
        Recurrence(small(), characters)


@pytest.mark.parametrize(
    "values, error, message",
    [
        ({"text": 5}, TypeError, "text must be a string; got 5 of type int"),
        ({"text": "abz"}, ValueError, "text must hold characters of the alphabet; got 'z'"),
        ({"text": "a" * 161}, ValueError, "text must have 160 characters or fewer; got 161"),
        ({"place": -1}, ValueError, "place must be"),
        ({"place": 1.5}, TypeError, "place must be"),
        ({"unit": 5}, ValueError, r"unit must be an integer in \[0, 4\]; got 5"),
        ({"part": "z"}, ValueError, "part must be"),
        ({"asked": 7}, ValueError, "asked must be"),
        ({"source": -2}, ValueError, "source must be"),
        ({"temperature": 1.6}, ValueError, "temperature must be"),
        ({"seed": 100}, ValueError, "seed must be"),
        ({"scale": "root"}, ValueError, "scale must be"),
        ({"_theta": b""}, TypeError, "Recurrence takes network, characters, text.*got _theta"),
        ({"colour": 1}, TypeError, "got colour"),
    ],
)
def test_other_values_are_refused(values, error, message):
    with pytest.raises(error, match=message):
        widget(**values)
    name, value = next(iter(values.items()))
    if name in Recurrence.settings and not name.startswith("_"):
        one = widget()
        with pytest.raises(error, match=message):
            setattr(one, name, value)
        assert getattr(one, name) == getattr(widget(), name)


def test_a_plain_layer_has_no_gates():
    with pytest.raises(ValueError, match="part must be"):
        widget(kind=RNN, part="f")


def test_more_cannot_be_written_than_a_number_says():
    with pytest.raises(TypeError, match="n must be an integer"):
        widget().written(1.5)


TYPED = [
    ("abc", "abc", "", ""),
    ("a7bé", "ab", "", "7é"),
    ("A B", "a b", "AB", ""),
    ("à", "a", "à", ""),
    ("'a' b'c", "‘a’ b’c", "'", ""),
    ("\r\na\rb\tc", "\na\nb c", "\t", ""),
    ("a\u00a0b↵", "a b\n", "\u00a0↵", ""),
    ("“a”", "a", "", "“”"),
    ("𝓪", "a", "𝓪", ""),
    ("", "", "", ""),
]


def test_what_is_typed_is_read_as_characters_of_the_alphabet():
    program = f"""
    import {{ understood }} from {address("recurrent/typing")};
    import {{ text }} from "node:stream/consumers";
    const {{ typed, alphabet }} = JSON.parse(await text(process.stdin));
    console.log(JSON.stringify(typed.map((one) => {{
      const {{ text, as, out }} = understood(one, new Set(alphabet));
      return [text, [...as.keys()].join(""), [...out].join("")];
    }})));
    """
    (found,) = node(program, {"typed": [typed for typed, *_ in TYPED], "alphabet": list(SMALL)})
    for (typed, *expected), said in zip(TYPED, found, strict=True):
        assert said == expected, typed


def test_the_browser_refuses_what_it_cannot_compute():
    one = widget()
    question = {"symbols": [0], "asked": 0, "places": [0], "temperatures": [], "seed": 0, "many": 0}
    dense = [{"kind": "Input", "shape": [3]}, {"kind": "Dense"}, one._layers[-1]]
    for layers, theta, message in (
        (one._layers, list(one._theta)[:-2], "parameters, not"),
        (dense, list(one._theta), "no recurrent layer Dense"),
    ):
        with pytest.raises(AssertionError, match=message):
            node(PROGRAM, {**question, "layers": layers, "theta": theta})


def test_large_weights_shut_gates_and_open_them():
    """So the comparison above holds for full cells, too."""
    one, *_ = javascript("large weights")
    states = one.states()
    assert np.abs(states["c"]).max() > 2
    assert states["f"].min() < 0.01 and states["f"].max() > 0.999
