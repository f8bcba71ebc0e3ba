"""The playground: data, a network and an optimizer of your choice, trained before your eyes."""

from functools import cache

import numpy as np
import traitlets

from nnlib import datasets, layers, losses, optimizers
from nnlib.checks import check_array, check_choice, check_integer
from nnlib.network import Network
from nnlib.plots import BLACK, BLUE, ORANGE, SIGNED, VERMILION
from nnlib.training import fit
from nnwidgets.base import OPTIMIZERS, Checked, Widget, integer, known_to_both, number, one_of
from nnwidgets.engine_random import EngineRandom

LIMITS = known_to_both("playground")
DATA, OWN = tuple(LIMITS["data"]), LIMITS["own"]
SAMPLES = LIMITS["samples"]  # to train on, and as many to test on
MOST_LAYERS, MOST_POINTS = LIMITS["layers"], LIMITS["points"]
REACH = LIMITS["reach"]  # the plane: −1.25 … 1.25 both ways
SHOWN = 100  # epochs, in the still picture
SQUARE = {
    "cmap": SIGNED,
    "vmin": -1,
    "vmax": 1,
    "extent": (-REACH, REACH, -REACH, REACH),
    "aspect": "auto",
}
LOSS = losses.SoftmaxCrossEntropy()
ACTIVATIONS = {"tanh": layers.Tanh, "relu": layers.ReLU, "sigmoid": layers.Sigmoid}


@cache
def _draw(name):
    """Return points, to 3 decimals, and their classes; half of them are for testing."""
    rng = np.random.default_rng(0)
    if name == "XOR":
        X = rng.uniform(-1, 1, size=(2 * SAMPLES, 2))
        X += 0.1 * np.sign(X)  # a gap along the axes
        y = (X[:, 0] * X[:, 1] < 0).astype(np.int64)
    elif name == "blobs":
        X, y = datasets.blobs(2 * SAMPLES, [(-0.7, -0.7), (0.7, 0.7)], 0.35, rng=rng)
    else:
        settings = {"moons": 0.12, "circles": 0.1, "spirals": 0.05}
        X, y = getattr(datasets, name)(2 * SAMPLES, settings[name], rng=rng)
    X = X - (X.min(axis=0) + X.max(axis=0)) / 2
    return np.round(1.1 * X / np.abs(X).max(), 3), y


def data(name):
    """Return a data set of the playground: X, y, X_test, y_test, each of 200 samples.

    Parameters
    ----------
    name : {"moons", "circles", "spirals", "XOR", "blobs"}
    """
    X, y = _draw(check_choice("name", name, DATA))
    return X[:SAMPLES], y[:SAMPLES], X[SAMPLES:], y[SAMPLES:]


def _check_hidden(name, value):
    """Check a sequence of (units, activation), one for each hidden layer."""
    hidden = [tuple(layer) if np.ndim(layer) == 1 else (layer,) for layer in value]
    if len(hidden) > MOST_LAYERS or any(len(layer) != 2 for layer in hidden):
        raise ValueError(
            f"{name} must hold at most {MOST_LAYERS} pairs (units, activation); got {value!r}"
        )
    low, high = LIMITS["units"]
    return tuple(
        (
            check_integer(f"{name}[{k}][0]", units, low=low, high=high),
            check_choice(f"{name}[{k}][1]", activation, tuple(LIMITS["activations"])),
        )
        for k, (units, activation) in enumerate(hidden)
    )


def _check_points(name, value):
    """Check points (x1, x2, class) that somebody has put into the plane."""
    if len(value) == 0:
        return ()
    points = check_array(name, value, shape=(None, 3))
    if len(points) > MOST_POINTS or np.abs(points[:, :2]).max() > REACH:
        raise ValueError(
            f"{name} must hold at most {MOST_POINTS} points between −{REACH} and {REACH}; "
            f"got {len(points)}, up to {np.abs(points[:, :2]).max():g}"
        )
    if not np.isin(points[:, 2], (0, 1)).all():
        raise ValueError(f"{name} must hold the classes 0 and 1; got {points[:, 2].tolist()}")
    return tuple((float(a), float(b), int(c)) for a, b, c in points)


class Playground(Widget):
    """A classifier of points in the plane to build, train, pause and take apart.

    All of Part I.

    Parameters
    ----------
    data : {"moons", "circles", "spirals", "XOR", "blobs", "own"}
        200 points to train on and 200 to test on; "own" are `points`, without a test.
    hidden : sequence of (int from 1 to 8, {"tanh", "relu", "sigmoid"})
        Units and activation of at most four hidden layers.
    optimizer : {"SGD", "Momentum", "Nesterov", "RMSProp", "Adam"}
    learning_rate : float in [0.0001, 100]
    batch_size : int from 1 to 200
    dropout : float in [0, 0.9]
        After each hidden layer.
    weight_decay : float in [0, 1]
    seed : int from 0 to 9999
        Of the first weights, the order of the samples, and dropout.
    points : sequence of (x1, x2, class)
        At most 200, between −1.25 and 1.25, of the classes 0 and 1.

    Raises
    ------
    TypeError, ValueError
        If a value does not fit.

    Examples
    --------
    >>> Playground(data="spirals", hidden=[(8, "tanh"), (8, "tanh")], optimizer="Adam")
    """

    data = Checked("circles", one_of((*DATA, OWN)))
    hidden = Checked(((4, "tanh"), (4, "tanh")), _check_hidden)
    optimizer = Checked("SGD", one_of(OPTIMIZERS))
    learning_rate = Checked(0.1, number(*LIMITS["learning_rate"]))
    batch_size = Checked(10, integer(*LIMITS["batch_size"]))
    dropout = Checked(0.0, number(*LIMITS["dropout"]))
    weight_decay = Checked(0.0, number(*LIMITS["weight_decay"]))
    seed = Checked(1, integer(*LIMITS["seed"]))
    points = Checked((), _check_points)
    sets = traitlets.Dict().tag(sync=True)  # from a name to x1, x2, class of 400 points

    settings = (
        *("data", "hidden", "optimizer", "learning_rate", "batch_size"),
        *("dropout", "weight_decay", "seed", "points"),
    )
    space = (127.5, 78)

    def __init__(self, **values):
        sets = {}
        for name in DATA:
            X, y = _draw(name)
            sets[name] = [*X[:, 0].tolist(), *X[:, 1].tolist(), *y.tolist()]
        super().__init__(**values)
        self.sets = sets

    def samples(self):
        """Return the data: X, y, X_test, y_test; the last two are empty for own points."""
        return samples(self.data, self.points)

    def train(self, epochs, callback=None):
        """Return a network that nnlib has trained as the widget does: see `train`."""
        return train(epochs, callback, **{name: getattr(self, name) for name in self.settings})

    def still(self):
        """Return the picture: network, plane and losses after 100 epochs, as in the widget."""
        figure = self.figure(5, 5.4)
        inside, below = figure.subfigures(2, 1, height_ratios=(1, 1.15))
        X, y, X_test, y_test = self.samples()
        test = {"label": "test", "ls": "--", "color": VERMILION}
        parts = [(X, y, {"label": "training"}), (X_test, y_test, test)]
        parts = [part for part in parts if len(part[0])]

        def judge(network):
            return [LOSS(network.predict(inputs), truth)[0] for inputs, truth, _ in parts]

        line = [judge(self.train(0))]
        network = self.train(SHOWN if len(X) else 0, lambda _, now, __: line.append(judge(now)))
        _draw_network(inside.subplots(), network)
        plane, curves = below.subplots(1, 2, width_ratios=(1.2, 1))
        plane.imshow(_answers(network)[-1][0], **(SQUARE | {"aspect": "equal"}))
        plane.grid(False)
        for part, truth, alpha in ((X_test, y_test, 0.3), (X, y, 1)):
            for kind, marker, tone, edge in ((0, "o", ORANGE, BLACK), (1, "^", BLUE, "w")):
                look = {"color": tone, "mec": edge, "mew": 0.5, "ms": 4, "alpha": alpha}
                plane.plot(*part[truth == kind].T, marker, **look)
        plane.set(xticks=[-1, 0, 1], yticks=[-1, 0, 1], xlabel="$x_1$", ylabel="$x_2$")
        for (_, _, look), curve in zip(parts, zip(*line, strict=True), strict=True):
            curves.plot(curve, **look)
        if parts:
            curves.legend()
        curves.set(xlabel="epochs", ylabel="loss", ylim=(0, None))
        return figure


def _answers(network, side=101):
    """Return what each unit says all over the plane: a list of columns, each (units, side, side).

    The last column is p(class 1) − p(class 0); every other one is scaled to its largest size.
    """
    across = np.linspace(-REACH, REACH, side)
    x = np.stack(np.meshgrid(across, -across), axis=-1).reshape(-1, 2)
    columns = [x / REACH]
    for layer in network.layers:
        x = layer.forward(x)
        if type(layer) in ACTIVATIONS.values():
            columns.append(x / max(np.abs(x).max(), 1e-9))
    columns.append(np.tanh((x[:, 1:] - x[:, :1]) / 2))
    return [column.T.reshape(-1, side, side) for column in columns]


def _draw_network(ax, network):
    """Draw the units, each with what it says, and between them the weights, left to right."""
    columns = _answers(network)
    dense = [layer.W for layer in network.layers if isinstance(layer, layers.Dense)]
    dense[-1] = dense[-1][:, 1:] - dense[-1][:, :1]  # the two outputs are one answer
    tall = max(len(column) for column in columns)
    half = min(0.35, 1.6 / tall)
    places = [
        [(k, 1.6 * (1 - (2 * i + 1) / len(column))) for i in range(len(column))]
        for k, column in enumerate(columns)
    ]
    for k, W in enumerate(dense):
        for (x, y), row in zip(places[k], W, strict=True):
            for (to_x, to_y), w in zip(places[k + 1], row, strict=True):
                width, style = 0.3 + 2.7 * min(1, abs(w) / 3), "-" if w > 0 else (0, (4, 2))
                tone = BLUE if w > 0 else ORANGE
                ax.plot([x + half / 2, to_x - half / 2], [y, to_y], color=tone, lw=width, ls=style)
    for column, spots in zip(columns, places, strict=True):
        for picture, (x, y) in zip(column, spots, strict=True):
            square = (x - half / 2, x + half / 2, y - half, y + half)
            ax.imshow(picture, **(SQUARE | {"extent": square}), zorder=3)
    for k, word in ((0, "inputs"), (len(columns) - 1, "answer")):
        ax.text(k, -1.75, word, ha="center", va="top")
    ax.set(xlim=(-0.35, len(columns) - 0.65), ylim=(-2.1, 1.7), aspect="auto")
    ax.axis("off")


def samples(name, points=()):
    """Return X, y, X_test, y_test; for "own", the points, and nothing to test on."""
    if name != OWN:
        return data(name)
    array = np.array(points, dtype=np.float64).reshape(-1, 3)
    return array[:, :2], array[:, 2].astype(np.int64), np.empty((0, 2)), np.empty(0, dtype=np.int64)


def train(epochs, callback=None, **settings):
    """Train as a playground with these settings does, with the same random numbers.

    Parameters
    ----------
    epochs : int
    callback : callable, optional
        Called after each epoch, as by `nnlib.fit`.
    **settings
        As for `Playground`; what is not given is as there.

    Returns
    -------
    Network

    Raises
    ------
    TypeError, ValueError
        If a setting is none of the playground's, or does not fit.
    """
    if unknown := sorted(set(settings) - set(Playground.settings)):
        raise TypeError(f"train takes {', '.join(Playground.settings)}; got {', '.join(unknown)}")
    traits = Playground.class_traits()
    given = {
        name: traits[name].check(name, settings.get(name, traits[name].default_value))
        for name in Playground.settings
    }
    rng = EngineRandom(given["seed"])
    stack, width = [], 2
    for units, activation in given["hidden"]:
        stack += [layers.Dense(width, units), ACTIVATIONS[activation]()]
        if given["dropout"]:
            stack.append(layers.Dropout(given["dropout"], rng=rng))
        width = units
    network = Network([*stack, layers.Dense(width, 2)], rng=rng)
    X, y, _, _ = samples(given["data"], given["points"])
    if epochs:
        fit(
            network,
            X,
            y,
            loss=LOSS,
            optimizer=getattr(optimizers, given["optimizer"])(given["learning_rate"]),
            epochs=epochs,
            batch_size=min(given["batch_size"], len(X)),
            weight_decay=given["weight_decay"],
            rng=rng,
            callback=callback,
            progress=False,
        )
    return network
