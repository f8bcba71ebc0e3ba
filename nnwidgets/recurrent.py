"""A recurrent network that reads what the reader types, character by character, and writes on."""

from base64 import b64decode

import numpy as np
import traitlets

from nnlib import plots
from nnlib.checks import check_integer
from nnlib.functional import sigmoid
from nnlib.layers import Dense, Embedding
from nnlib.recurrence import LSTM, RNN
from nnwidgets.base import Checked, Widget, integer, known_to_both, number, one_of
from nnwidgets.engine_random import EngineRandom
from nnwidgets.networks import check_network, packed, unpacked

LIMITS = known_to_both("recurrent")
PARTS = LIMITS["parts"]
MOST = LIMITS["most"]  # characters of a text
ROW = 4.5 / 16  # rem: the height of a unit
SHOWN = {"\n": "↵", " ": "·"}  # what a picture writes for what has no ink


def _text(name, value):
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a string; got {value!r} of type {type(value).__name__}")
    if len(value) > MOST:
        raise ValueError(f"{name} must have {MOST} characters or fewer; got {len(value)}")
    return value


def _whole_or_none(name, value):
    return None if value is None else check_integer(name, value, low=0)


class Recurrence(Widget):
    """A recurrent network that reads a text of yours: states, gates, odds, influence; it writes on.

    After each character the network gives odds for the next one, p = softmax(h W + b) of its state
    h; what came costs −log₂ p bits. The influence of an earlier character is the length of the
    gradient of log₂ p with respect to what the recurrent layer read there (the character's vector),
    by backpropagation through time: how many bits a small step of length 1 would change, at most.
    Writing samples from softmax(logits / T). Slide 39; chapter 12.

    Parameters
    ----------
    network : nnlib.network.Network
        ``Embedding(n, e)``, then ``LSTM(e, h)`` or ``RNN(e, h)``, then ``Dense(h, n)``; without
        the embedding the layer reads one-hot vectors, of shape (steps, n). It is trained on softmax
        cross-entropy to give the next character; h is up to 64, and it has up to 40,000 parameters.
        It is copied, with its parameters rounded to float16: `network` holds them.
    characters : str or sequence of str, length n
        The alphabet, in the order of the network's symbols: up to 128 different characters.
    text : str, optional
        What the network reads: up to 160 characters of the alphabet.
    place : int, optional
        The character, counted from 0, after which odds are shown: without it, or beyond the end,
        the last one.
    unit : int
        The unit that is drawn as a curve, from 0.
    part : {"h", "c", "i", "f", "u", "o"}
        What is shown of all units: the state; of an LSTM also the cell, the input and the forget
        gate, the proposal and the output gate.
    asked : int, optional
        The symbol on whose odds influence is shown; without it, the likeliest.
    source : int, optional
        The earlier place whose influence is told as a number; without it, the largest.
    temperature : float in [0, 1.5]
        T, for writing. At 0 the likeliest character is always written.
    seed : int in [0, 99]
        For writing: the character at a place depends on text, temperature and seed alone.
    scale : {"linear", "log"}
        Of the bars of influence. The logarithmic one begins at a millionth of the largest.

    Raises
    ------
    TypeError, ValueError
        If the network, the alphabet or a value does not fit.

    Examples
    --------
    >>> Recurrence(network, characters, "The King and Queen", place=9)
    """

    text = Checked("", _text)
    place = Checked(None, _whole_or_none)
    unit = Checked(0, integer(0, LIMITS["units"] - 1))
    part = Checked("h", one_of(tuple(PARTS)))
    asked = Checked(None, _whole_or_none)
    source = Checked(None, _whole_or_none)
    temperature = Checked(0.7, number(*LIMITS["temperature"]))
    scale = Checked("linear", one_of(tuple(LIMITS["scales"])))
    seed = Checked(0, integer(*LIMITS["seed"]))
    _characters = traitlets.Unicode().tag(sync=True)
    _layers = traitlets.List().tag(sync=True)  # as `packed` describes them
    _theta = traitlets.Bytes().tag(sync=True)  # float16, in the network's order

    settings = (
        "text", "place", "unit", "part", "asked", "source", "temperature", "seed",
        "scale", "_characters", "_layers", "_theta",
    )  # fmt: skip

    def __init__(self, network, characters, text=None, **values):
        self.refuse_unknown(values, ["network", "characters", *self.public()])
        layers, theta = packed(_check_layers(network))
        for layer in layers:
            if "truncation" in layer:
                layer["truncation"] = None  # influence goes all the way back
        self.network = unpacked(layers, theta)
        characters = _check_alphabet(characters, self.network.out_shape[-1])
        if text is None:
            known = [e["text"] for e in LIMITS["examples"].values()]
            text = next((one for one in known if set(one) <= set(characters)), characters[0])
        super().__init__(text=text, _characters=characters, _layers=layers, _theta=theta, **values)

    @classmethod
    def restored(cls, state, **values):
        """Return the widget whose state a notebook stores, with other values for some keywords.

        Parameters
        ----------
        state : dict
            As `nnwidgets.base.Widget.stored` describes it.
        """
        network = unpacked(state["_layers"], b64decode(state["_theta"]["base64"]))
        kept = {name: state[name] for name in cls.settings if not name.startswith("_")}
        return cls(network, state["_characters"], **{**kept, **values})

    @traitlets.validate("text")
    def _of_the_alphabet(self, proposal):
        for character in proposal["value"]:
            if character not in self._characters:
                raise ValueError(f"text must hold characters of the alphabet; got {character!r}")
        return proposal["value"]

    @traitlets.validate("unit")
    def _of_the_layer(self, proposal):
        return integer(0, self._layer.n_out - 1)("unit", proposal["value"])

    @traitlets.validate("asked")
    def _of_the_symbols(self, proposal):
        asked = proposal["value"]
        return asked if asked is None else integer(0, len(self._characters) - 1)("asked", asked)

    @traitlets.validate("part")
    def _of_the_kind(self, proposal):
        return one_of(self.parts)("part", proposal["value"])

    @property
    def _layer(self):
        """The recurrent layer."""
        return self.network.layers[-2]

    @property
    def parts(self):
        """What can be shown of the units: "h" of an RNN, and more of an LSTM."""
        return tuple(PARTS) if isinstance(self._layer, LSTM) else ("h",)

    @property
    def space(self):
        """Its height: a row less for each unit below 64; on a phone an LSTM has more to choose."""
        missing = ROW * (LIMITS["units"] - self._layer.n_out)
        return 135.5 - missing - 2.7 * (len(self.parts) == 1), 85 - missing

    @property
    def at(self):
        """The place after which odds are shown, in the text as it is; −1 in an empty one."""
        last = len(self.text) - 1
        return last if self.place is None else min(self.place, last)

    @property
    def asked_symbol(self):
        """The symbol on whose odds influence is shown: the one asked about, or the likeliest."""
        return int(self.odds()[self.at].argmax()) if self.asked is None else self.asked

    def _read(self, text):
        """Return what the recurrent layer reads, shape (steps, features)."""
        symbols = [self._characters.index(character) for character in text]
        first = self.network.layers[0]
        table = first.W if isinstance(first, Embedding) else np.eye(len(self._characters))
        return table[symbols]

    def states(self):
        """Return the units' states and gates over the text.

        Returns
        -------
        dict
            From each of `parts` to an array of shape (steps, units).
        """
        x, layer = self._read(self.text), self._layer
        found = {part: np.zeros((len(x), layer.n_out)) for part in self.parts}
        h, state = np.zeros((1, layer.n_out)), None
        for t, row in enumerate(x):
            if "c" in found:
                sums = row @ layer.W + h[0] @ layer.V + layer.b
                for gate in "ifuo":
                    squash = np.tanh if gate == "u" else sigmoid
                    found[gate][t] = squash(sums[layer.part(gate)])
            h, state = layer.step(row[None], state)
            found["h"][t] = h[0]
            if "c" in found:
                found["c"][t] = state[1, 0]
        return found

    def logits(self, text=None):
        """Return the logits for the next symbol after each character, shape (steps, n)."""
        x, dense = self._read(self.text if text is None else text), self.network.layers[-1]
        h = self._layer.forward(x[None])[0] if len(x) else np.zeros((0, self._layer.n_out))
        return h @ dense.W + dense.b

    def odds(self):
        """Return the next character's probabilities after each one, shape (steps, n)."""
        return _softened(self.logits(), 1)

    def bits(self):
        """Return what each character but the first cost, −log₂ p, shape (steps − 1,)."""
        came = [self._characters.index(character) for character in self.text[1:]]
        logits = self.logits()
        above = logits - logits.max(axis=-1, keepdims=True)
        cost = np.log(np.exp(above).sum(axis=-1, keepdims=True)) - above
        return cost[np.arange(len(came)), came] / np.log(2)

    def influence(self):
        """Return the length of ∂ log₂ p / ∂ x at each place up to `at`, shape (at + 1,)."""
        if self.at < 0:
            return np.zeros(0)
        asked = self.asked_symbol  # before the layer reads again, and remembers
        x, dense = self._read(self.text[: self.at + 1]), self.network.layers[-1]
        h = self._layer.forward(x[None])
        of_logits = -_softened(h[0, -1:] @ dense.W + dense.b, 1)[0]
        of_logits[asked] += 1
        grad = np.zeros_like(h)
        grad[0, -1] = dense.W @ of_logits / np.log(2)
        return np.linalg.norm(self._layer.backward(grad)[0], axis=1)

    def written(self, n=1):
        """Return the text with `n` more characters, as the page writes them.

        Parameters
        ----------
        n : int
            How many; no more are written than 160 characters in all.

        Returns
        -------
        str
        """
        n, text = check_integer("n", n, low=0), self.text
        rng = EngineRandom(self.seed)
        draws = [rng.random() for _ in range(MOST)]
        for _ in range(min(n, MOST - len(text))):
            if not text:
                break
            p = _softened(self.logits(text)[-1:], self.temperature)[0]
            above = np.flatnonzero(np.cumsum(p) > draws[len(text)])
            text += self._characters[above[0] if len(above) else int(p.argmax())]
        return text

    def still(self):
        """Return the picture: all units over the text, the influence, and the odds at the place."""
        figure = self.figure(7, 4.6)
        grid = figure.add_gridspec(2, 2, width_ratios=[3.2, 1], height_ratios=[3, 1])
        units, influence = figure.add_subplot(grid[0, 0]), figure.add_subplot(grid[1, 0])
        odds = figure.add_subplot(grid[:, 1])
        letters = [SHOWN.get(character, character) for character in self.text]
        full = LIMITS["full"][self.part]
        values = self.states()[self.part].T
        steps = max(1, len(letters))
        if len(letters):
            units.imshow(values, cmap=plots.SIGNED, vmin=-full, vmax=full, aspect="auto",
                         interpolation="nearest")  # fmt: skip
            units.axvline(self.at, color=plots.BLACK, linewidth=0.8)
            influence.bar(range(self.at + 1), self.influence(), color=plots.BLUE)
        units.set(xticks=range(len(letters)), ylabel="unit")
        units.set_xticklabels(letters, fontsize=7)
        units.set_title(f"{PARTS[self.part]} of all units")
        units.grid(False)
        influence.set(xticks=range(len(letters)), xlim=(-0.5, steps - 0.5))
        influence.set_xticklabels(letters, fontsize=7)
        influence.set_title("influence of each character")
        if len(letters):
            p = self.odds()[self.at]
            best = np.argsort(-p, kind="stable")[:8]
            came = self.text[self.at + 1 : self.at + 2]
            names = [self._characters[k] for k in best]
            bars = odds.barh(range(len(best)), p[best], color="#bfbfbf")
            labels = [f"{p[k]:.0%}{' came' if name == came else ''}"
                      for k, name in zip(best, names, strict=True)]  # fmt: skip
            odds.bar_label(bars, labels, padding=2, fontsize=8)
            odds.set(yticks=range(len(best)), ylim=(len(best) - 0.4, -0.6), xlim=(0, 1.6))
            odds.set_yticklabels([SHOWN.get(name, name) for name in names])
        odds.set(xticks=[], title="next character")
        odds.grid(False)
        return figure

    def __repr__(self):
        layer = self._layer
        return (
            f"Recurrence(network={type(layer).__name__} of {layer.n_out} units, "
            f"characters={len(self._characters)}, text={self.text!r}, place={self.place}, "
            f"unit={self.unit}, part={self.part!r}, temperature={self.temperature}, "
            f"seed={self.seed})"
        )


def _softened(logits, temperature):
    """Return softmax(logits / T); at 0 all goes to the largest logit. Shape (n, symbols)."""
    above = logits - logits.max(axis=-1, keepdims=True)
    if temperature:
        with np.errstate(over="ignore"):
            e = np.exp(above / temperature)
        return e / e.sum(axis=-1, keepdims=True)
    p = np.zeros_like(logits)
    p[np.arange(len(p)), above.argmax(axis=-1)] = 1
    return p


def _check_layers(network):
    """Return `network` if it is one that the widget can run.

    Raises
    ------
    TypeError
        If it is no `nnlib.network.Network`.
    ValueError
        If it has other layers, or is too large.
    """
    layers = check_network("network", network).layers
    fits = 2 <= len(layers) <= 3 and type(layers[-2]) in (RNN, LSTM) and type(layers[-1]) is Dense
    if fits:
        recurrent, dense = layers[-2:]
        symbols = layers[0].n_tokens if type(layers[0]) is Embedding else recurrent.n_in
        fits = (
            (len(layers) == 2 or type(layers[0]) is Embedding)
            and not recurrent.last
            and dense.n_out == symbols <= LIMITS["symbols"]
            and recurrent.n_out <= LIMITS["units"]
            and network.n_parameters <= LIMITS["parameters"]
        )
    if not fits:
        raise ValueError(
            "network must be Embedding(n, e), LSTM(e, h) or RNN(e, h), Dense(h, n), or the last "
            f"two for one-hot vectors, with n up to {LIMITS['symbols']}, h up to "
            f"{LIMITS['units']} and at most {LIMITS['parameters']:,} parameters; got {network!r}"
        )
    return network


def _check_alphabet(characters, n):
    """Return the alphabet as one string."""
    one_each = isinstance(characters, str | list | tuple) and all(
        isinstance(character, str) and len(character) == 1 and ord(character) < 0x10000
        for character in characters
    )
    if not one_each:
        raise TypeError(
            f"characters must be a string, or a list of characters up to U+FFFF; got {characters!r}"
        )
    if len(set(characters)) != len(characters) or len(characters) != n:
        raise ValueError(
            f"characters must be {n} different ones, one for each symbol of the network; got "
            f"{len(characters)}, of which {len(set(characters))} are different"
        )
    return "".join(characters)
