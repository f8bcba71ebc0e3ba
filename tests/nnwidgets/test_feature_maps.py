"""The convolutional network to look into: what it takes, and its numbers beside nnlib's."""

import gzip
import json
from base64 import b64encode

import numpy as np
import pytest
from in_node import address, node

from nnlib import datasets
from nnlib.convolution import Conv2D, MaxPool2D
from nnlib.functional import softmax
from nnlib.layers import Dense, Flatten, ReLU, Tanh
from nnlib.network import Network
from nnwidgets import Convolution
from nnwidgets.feature_maps import LAYERS, LIMITS, shifted

X, y = datasets.digits()[-2:]
IMAGES = X.reshape(-1, 16, 16, 1)
CLOSE = {"rtol": 1e-9, "atol": 1e-9}
APPROX = {"rel": 1e-9, "abs": 1e-9}
EDGE = [1, 0, -1] * 3


def layers(first=8, second=16, size=3, activation=ReLU, padding=1, out=10):
    side = 4 if padding else 2
    return [
        *(Conv2D(1, first, size, padding=padding), activation(), MaxPool2D(2)),
        *(Conv2D(first, second, size, padding=padding), ReLU(), MaxPool2D(2)),
        *(Flatten(), Dense(side**2 * second, out)),
    ]


def make(*args, seed=0, **keywords):
    """Return the network of the chapter, untrained, but with biases."""
    rng = np.random.default_rng(seed)
    made = Network(layers(*args, **keywords), rng=rng, input_shape=(16, 16, 1))
    for layer in made.layers:
        if "b" in layer.parameter_shapes():
            layer.b = rng.normal(size=layer.b.shape) / 10
    return made


# ---- Python --------------------------------------------------------------------------------------


@pytest.mark.parametrize("maps", [(8, 16), (1, 1), (3, 5)])
def test_it_answers_as_its_rounded_network_does(maps):
    network = make(*maps)
    widget = Convolution(network, IMAGES[:3], y[:3])
    rounded = network.copy()
    rounded.theta[...] = network.theta.astype(np.float16)
    assert np.array_equal(widget.network.theta, rounded.theta)
    np.testing.assert_allclose(widget.predict(), softmax(rounded(IMAGES[:1]))[0], **CLOSE)
    found = widget.activations()
    assert [values.shape for values in found.values()] == [
        *((16, 16, 1), (16, 16, maps[0]), (8, 8, maps[0])),
        *((8, 8, maps[1]), (4, 4, maps[1]), (10,)),
    ]
    assert found["conv1"].min() < 0 <= found["pool1"].min()
    widget.still()


def test_further_training_does_not_change_the_widget():
    network = make()
    widget = Convolution(network, IMAGES[:3], y[:3])
    before = widget.predict()
    network.theta[...] += 1
    assert np.array_equal(widget.predict(), before)


def test_edited_kernels_take_the_place_of_learned_ones():
    widget = Convolution(make(), IMAGES[:3], y[:3], kernels={2: EDGE})
    W = widget.network.layers[0].W
    assert np.array_equal(W[:, :, 0, 2], np.reshape(EDGE, (3, 3)))
    learned = Convolution(make(), IMAGES[:3], y[:3]).network
    assert np.array_equal(np.delete(W, 2, axis=-1), np.delete(learned.layers[0].W, 2, axis=-1))
    widget.kernels = {"0": np.eye(3)}  # as the browser names them
    assert widget.kernels == {"0": [1, 0, 0, 0, 1, 0, 0, 0, 1]}


def test_a_shifted_image_loses_what_leaves_and_takes_zeros_in():
    image = np.arange(1.0, 257).reshape(16, 16)
    moved = shifted(image, (2, -1))
    assert np.array_equal(moved[:-1, 2:], image[1:, :-2])
    assert not moved[-1].any() and not moved[:, :2].any()
    widget = Convolution(make(), IMAGES[:3], y[:3], shift=(2, -1))
    assert np.array_equal(widget.seen[..., 0], shifted(IMAGES[0, ..., 0], (2, -1)))
    assert np.array_equal(widget.activations()["image"], widget.seen)


@pytest.mark.parametrize("rows", [IMAGES, X])
def test_what_travels_is_small_and_exact(rows):
    network = make()
    widget = Convolution(network, rows[:10], y[:10])
    state = widget.get_state()
    assert np.array_equal(np.frombuffer(state["_theta"], "<f2"), network.theta.astype(np.float16))
    samples = np.frombuffer(state["_samples"], np.uint8).reshape(-1, 256) / datasets.INK
    assert np.array_equal(samples, X[:10])
    assert np.array_equal(widget.image, X[0])
    own = {k: v for k, v in state.items() if k not in ("_theta", "_samples", "_esm", "_css")}
    sent = [b64encode(state["_theta"]), b64encode(state["_samples"]), json.dumps(own).encode()]
    assert sum(map(len, sent)) < 25_000
    assert len(gzip.compress(b"".join(sent))) < 15_000
    json.dumps(widget.stored())


def test_its_repr_is_short():
    widget = Convolution(make(4, 6), IMAGES[:4], y[:4], layer="conv2", map=3, place=(5, 8))
    assert repr(widget) == (
        "Convolution(network with 4 and 6 maps, samples=4, layer='conv2', map=3, place=[5, 8], "
        "shift=[0, 0])"
    )


def test_more_samples_need_more_space():
    few, many = (Convolution(make(), IMAGES[:n], y[:n]).space for n in (6, 20))
    assert few[0] < many[0] and few[1] < many[1]


def no_number():
    network = make()
    network.theta[5] = np.nan
    return network


@pytest.mark.parametrize(
    "network, error, message",
    [
        ("CNN", TypeError, "network must be an nnlib Network; got 'CNN' of type str"),
        (
            Network(layers(), rng=np.random.default_rng(0), input_shape=(16, 16, 1), grid=(2,)),
            ValueError,
            r"network must be a single one; got a grid of \(2,\)",
        ),
        (make(9), ValueError, "m up to 8 and n up to 16; got .*n_out=9"),
        (make(8, 17), ValueError, "m up to 8 and n up to 16; got .*n_out=17"),
        (make(size=5, padding=2), ValueError, r"must be Conv2D\(1, m, 3, padding=1\).*size=5"),
        (make(padding=0), ValueError, "padding=0"),
        (make(activation=Tanh), ValueError, r"got .*Tanh\(\)"),
        (make(out=9), ValueError, "n_out=9"),
        (
            Network([Dense(256, 10)], rng=np.random.default_rng(0)),
            ValueError,
            r"got Network\(\[Dense\(n_in=256, n_out=10\)\]\).* for \(256,\)",
        ),
        (no_number(), ValueError, "network must have finite parameters; got NaN"),
    ],
)
def test_other_networks_are_refused(network, error, message):
    with pytest.raises(error, match=message):
        Convolution(network, IMAGES[:2], y[:2])


def test_images_of_another_size_are_refused():
    other = [
        *(Conv2D(1, 2, 3, padding=1), ReLU(), MaxPool2D(2)),
        *(Conv2D(2, 3, 3, padding=1), ReLU(), MaxPool2D(2), Flatten(), Dense(48, 10)),
    ]
    network = Network(other, rng=np.random.default_rng(0), input_shape=(17, 17, 1))
    with pytest.raises(ValueError, match=r"images of shape \(16, 16, 1\).*for \(17, 17, 1\)"):
        Convolution(network, IMAGES[:2], y[:2])


@pytest.mark.parametrize(
    "values, error, message",
    [
        ({"samples": X[:2, :255]}, ValueError, r"samples must have shape .*got \(2, 255\)"),
        ({"samples": IMAGES[:2, ..., 0]}, ValueError, r"samples must have shape .*\(2, 16, 16\)"),
        ({"samples": 2 * IMAGES[:2]}, ValueError, "samples must be numbers from 0 to 1; got "),
        ({"samples": X[:21], "labels": y[:21]}, ValueError, "20 or fewer; got 21"),
        ({"labels": [1, 10]}, ValueError, "labels must hold labels 0 to 9; got 10 at index 1"),
        ({"labels": [1]}, ValueError, r"labels must have shape \(2,\); got \(1,\)"),
        ({"image": X[0, :9]}, ValueError, r"image must have shape \(256,\); got \(9,\)"),
        ({"image": X[0] + 2}, ValueError, r"image\[0\] must be a number in \[0, 1\]; got 2"),
        ({"layer": "relu"}, ValueError, "layer must be one of .*; got 'relu'"),
        ({"map": 16}, ValueError, r"map must be an integer in \[0, 15\]; got 16"),
        ({"place": [1]}, ValueError, r"place must have shape \(2,\); got \(1,\)"),
        ({"place": [1, 16]}, ValueError, r"place\[1\] must be an integer in \[0, 15\]; got 16"),
        ({"shift": [0.5, 0]}, TypeError, r"shift\[0\] must be an integer .*; got 0.5"),
        ({"shift": [0, -7]}, ValueError, r"shift\[1\] must be an integer in \[-6, 6\]; got -7"),
        ({"kernels": [EDGE]}, TypeError, "kernels must be a dict from a map to nine weights"),
        ({"kernels": {8: EDGE}}, ValueError, r"a key of kernels must be .* \[0, 7\]; got 8"),
        ({"kernels": {"a": EDGE}}, TypeError, "a key of kernels must be an integer"),
        ({"kernels": {1: EDGE[:8]}}, ValueError, r"kernels\[1\] must have shape \(9,\)"),
        ({"kernels": {1: [4] * 9}}, ValueError, r"kernels\[1\]\[0\] must be a number in \[-3, 3\]"),
        ({"stride": 2}, TypeError, "Convolution takes .*; got stride"),
    ],
)
def test_bad_values_are_refused(values, error, message):
    values = {"samples": IMAGES[:2], "labels": y[:2], **values}
    with pytest.raises(error, match=message):
        Convolution(make(), **values)


def test_every_preset_is_a_kernel_that_the_slider_reaches():
    low, high = LIMITS["weight"]
    for preset in LIMITS["kernels"].values():
        assert len(preset["weights"]) == 9
        assert all(low <= weight <= high for weight in preset["weights"])
    assert sum(LIMITS["kernels"]["blur"]["weights"]) == 1


# ---- What the script computes --------------------------------------------------------------------

# Reads { layers, theta, image, shift, kernels, asked }; answers with every layer's numbers, with
# what is behind each number asked for, and with what moved along.
PROGRAM = f"""
import {{ text }} from "node:stream/consumers";
import * as numbers from {address("feature_maps/numbers")};
import {{ halves }} from {address("shared/halves")};
const {{ layers, theta, image, shift, kernels, asked }} = JSON.parse(await text(process.stdin));
const bytes = Uint8Array.from(theta);
const reader = new numbers.Reader(layers, halves(new DataView(bytes.buffer)));
reader.edit({{ 0: [9, 9, 9, 9, 9, 9, 9, 9, 9] }});
reader.edit(kernels);
const blank = reader.run(new Float64Array(256));
const before = reader.run(image);
const run = reader.run(numbers.shifted(image, shift));
const moved = {{}};
for (const layer of numbers.MAPPED) {{
  const {{ marks, ...rest }} = reader.moved(before, run, blank, layer, shift);
  moved[layer] = {{ ...rest, marks: Array.from(marks) }};
}}
const plain = (values) => (ArrayBuffer.isView(values) ? Array.from(values) : values);
console.log(JSON.stringify({{
  run: Object.fromEntries(Object.entries(run).map(([name, values]) => [name, plain(values)])),
  found: asked.map((one) => {{
    const found = reader.explain(run, one);
    return {{ ...found, partial: plain(found.partial) }};
  }}),
  moved, change: numbers.change(before.pool2, run.pool2),
  kernel: reader.kernel(1), learned: reader.kernel(1, reader.learned),
  preset: numbers.presetOf(reader.kernel(1), reader.kernel(1, reader.learned)),
}}));
"""
ASKED = [
    {"layer": layer, "map": k, "place": place, "source": source}
    for layer, maps, side, sources in (
        ("conv1", 8, 16, 1), ("conv2", 16, 8, 8), ("output", 10, 1, 16),
        ("pool1", 8, 8, 1), ("pool2", 16, 4, 1),
    )
    for k in (0, maps // 2, maps - 1)
    for place in ([0, 0], [side // 2, side // 3], [side - 1, side - 1], [0, side - 1])
    for source in {0, sources - 1}
]  # fmt: skip


def browser(widget, asked=()):
    question = {
        "layers": widget._layers, "theta": list(widget._theta), "image": list(widget.image),
        "shift": widget.shift, "kernels": widget.kernels, "asked": list(asked),
    }  # fmt: skip
    return node(PROGRAM, question)[0]


@pytest.mark.parametrize("kernels", [{}, {1: EDGE, 7: np.eye(3)}])
@pytest.mark.parametrize("shift", [(0, 0), (3, -2)])
def test_every_number_of_every_layer_is_nnlibs(shift, kernels):
    widget = Convolution(make(), IMAGES[:3], y[:3], image=X[7], shift=shift, kernels=kernels)
    theirs = browser(widget)
    for name, values in widget.activations().items():
        np.testing.assert_allclose(theirs["run"][name], values.ravel(), **CLOSE, err_msg=name)
    np.testing.assert_allclose(theirs["run"]["p"], widget.predict(), **CLOSE)
    assert theirs["run"]["order"] == np.argsort(-widget.predict(), kind="stable").tolist()


@pytest.mark.parametrize("seed", range(2))
def test_the_products_behind_a_number_add_up_to_it(seed):
    widget = Convolution(make(seed=seed), IMAGES[:3], y[:3], image=X[seed], shift=(1, 2))
    found, layers = widget.activations(), widget.network.layers
    theirs = browser(widget, ASKED)["found"]
    for asked, told in zip(ASKED, theirs, strict=True):
        layer, k, (row, column) = asked["layer"], asked["map"], asked["place"]
        if layer.startswith("pool"):
            z = found["conv" + layer[-1]][2 * row : 2 * row + 2, 2 * column : 2 * column + 2, k]
            np.testing.assert_allclose([cell["z"] for cell in told["cells"]], z.ravel(), **CLOSE)
            a = np.maximum(z, 0).ravel()
            np.testing.assert_allclose([cell["x"] for cell in told["cells"]], a, **CLOSE)
            assert told["z"] == pytest.approx(found[layer][row, column, k], **APPROX)
            assert told["largest"] == a.argmax()
            continue
        number = {"conv1": 0, "conv2": 3, "output": 7}[layer]
        before = found[{"conv1": "image", "conv2": "pool1", "output": "pool2"}[layer]]
        if layer == "output":
            window, W = before, layers[number].W.reshape(4, 4, -1, 10)[..., k]
            z = found["output"][k]
            assert told["p"] == pytest.approx(widget.predict()[k], **APPROX)
        else:
            padded = np.pad(before, ((1, 1), (1, 1), (0, 0)))
            window, W = padded[row : row + 3, column : column + 3], layers[number].W[..., k]
            z = found[layer][row, column, k]
            pooled = found["pool" + layer[-1]][row // 2, column // 2, k]
            assert told["pooled"]["z"] == pytest.approx(pooled, **APPROX)
            if told["pooled"]["kept"]:
                assert max(0, z) == pytest.approx(pooled, **APPROX)
        cells, source = told["cells"], asked["source"]
        x = window[..., source].ravel()
        w = W[..., source].ravel()
        np.testing.assert_allclose([cell["x"] for cell in cells], x, **CLOSE)
        np.testing.assert_allclose([cell["w"] for cell in cells], w, **CLOSE)
        np.testing.assert_allclose([cell["product"] for cell in cells], x * w, **CLOSE)
        np.testing.assert_allclose(told["partial"], (window * W).sum(axis=(0, 1)), **CLOSE)
        assert told["sum"] == pytest.approx((window * W).sum(), **APPROX)
        assert told["bias"] == layers[number].b[k]
        assert told["z"] == told["sum"] + told["bias"] == pytest.approx(z, **APPROX)
        edge = [row == 0 and layer != "output", column == 0 and layer != "output"]
        assert [
            cells[1]["outside"],
            cells[len(cells) // 3 if len(cells) == 9 else 4]["outside"],
        ] == edge


def reference(widget, blank, still, layer):
    """Return which numbers moved along, for a shift of whole places: 1, 2, or 0 as the script."""
    stride = LAYERS[layer]["stride"]
    across, down = (d // stride for d in widget.shift)
    after, before, none = (w.activations()[layer] for w in (widget, still, blank))
    marks = np.zeros(after.shape, int)
    side = len(after)
    for row in range(max(0, down), side + min(0, down)):
        for column in range(max(0, across), side + min(0, across)):
            there = row - down, column - across
            same = np.isclose(after[row, column], before[there], rtol=1e-12, atol=1e-12)
            empty = np.isclose(after[row, column], none[row, column], rtol=1e-12, atol=1e-12)
            empty &= np.isclose(before[there], none[there], rtol=1e-12, atol=1e-12)
            marks[row, column] = np.where(empty, 0, np.where(same, 1, 2))
    return marks


@pytest.mark.parametrize("shift", [(1, 0), (0, -2), (2, 2), (4, -4), (-4, 0)])
def test_what_moves_along_is_told_right(shift):
    values = make(seed=3), IMAGES[:3], y[:3]
    widget = Convolution(*values, image=X[3], shift=shift)
    still = Convolution(*values, image=X[3])
    blank = Convolution(*values, image=np.zeros(256))
    theirs = browser(widget)["moved"]
    for layer, told in theirs.items():
        stride = LAYERS[layer]["stride"]
        whole = all(d % stride == 0 for d in shift)
        assert told["whole"] is whole
        assert told["seen"] == sum(mark > 0 for mark in told["marks"])
        assert told["along"] == sum(mark == 1 for mark in told["marks"])
        if whole:
            marks = reference(widget, blank, still, layer)
            assert told["marks"] == marks.ravel().tolist(), layer
        else:
            assert told["along"] < told["seen"] / 2


def test_a_convolution_is_equivariant_to_the_last_digit_and_pooling_is_not():
    image = np.zeros((16, 16))
    image[4:11, 5:10] = X[0].reshape(16, 16)[4:11, 5:10]  # far from the edges
    widget = Convolution(make(), IMAGES[:3], y[:3], image=image.ravel(), shift=(1, 1))
    told = browser(widget)
    assert told["moved"]["conv1"]["along"] == told["moved"]["conv1"]["seen"] > 300
    assert told["moved"]["pool1"]["along"] < told["moved"]["pool1"]["seen"] / 2
    before = Convolution(make(), IMAGES[:3], y[:3], image=image.ravel()).activations()["pool2"]
    after = widget.activations()["pool2"]
    change = np.linalg.norm(after - before) / np.linalg.norm(before)
    assert told["change"] == pytest.approx(change, **APPROX) and change > 0.1
    widget.shift = (2, 0)
    told = browser(widget)["moved"]
    assert told["pool1"]["along"] == told["pool1"]["seen"] > 50


@pytest.mark.parametrize(
    "layer, place",
    [
        ("conv1", (0, 9)),
        ("pool1", (3, 7)),
        ("conv2", (4, 4)),
        ("pool2", (2, 1)),
        ("output", (0, 0)),
    ],
)
def test_a_receptive_field_is_all_that_a_number_depends_on(layer, place):
    program = f"""
    import {{ field }} from {address("feature_maps/numbers")};
    console.log(JSON.stringify(field({json.dumps(layer)}, {json.dumps(place)})));
    """
    (field,) = node(program)
    rows, columns = (
        np.arange(max(0, field[key]), min(16, field[key] + field["size"]))
        for key in ("row", "column")
    )
    inside = np.zeros((16, 16), bool)
    inside[np.ix_(rows, columns)] = True
    network = make(seed=5)
    depends = np.zeros((16, 16), bool)
    for seed in range(25):  # ReLU and pooling hide much of it for one image
        image = np.random.default_rng(seed).uniform(size=256)
        widget = Convolution(network, X[:2], y[:2], image=image)
        last = {"conv1": 1, "pool1": 3, "conv2": 4, "pool2": 6, "output": 8}[layer]
        part = widget.network[:last]
        out = part.forward(widget.seen[None])
        grad = np.zeros_like(out)
        grad[(0, *(place if layer != "output" else ()))] = np.random.default_rng(seed).normal(
            size=out.shape[-1]
        )
        depends |= part.backward(grad)[0, ..., 0] != 0
    assert not (depends & ~inside).any()
    assert (depends == inside).all()


@pytest.mark.parametrize("name", LIMITS["kernels"])
def test_a_preset_is_known_again(name):
    kernel = LIMITS["kernels"][name]["weights"]
    told = browser(Convolution(make(), IMAGES[:3], y[:3], kernels={1: kernel}))
    assert told["preset"] == name and told["kernel"] == kernel
    learned = Convolution(make(), IMAGES[:3], y[:3])
    assert told["learned"] == learned.network.layers[0].W[:, :, 0, 1].ravel().tolist()
    assert browser(learned)["preset"] == "learned"
    own = [*kernel[:8], 0.123]
    assert browser(Convolution(make(), IMAGES[:3], y[:3], kernels={1: own}))["preset"] == "own"


def test_a_kernel_for_a_map_that_is_not_there_changes_nothing():
    widget = Convolution(make(2, 3), IMAGES[:3], y[:3], kernels={5: EDGE})
    plain = Convolution(make(2, 3), IMAGES[:3], y[:3])
    assert browser(widget)["run"] == browser(plain)["run"]
    assert np.array_equal(widget.predict(), plain.predict())
