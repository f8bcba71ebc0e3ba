"""The map of codes from Python: what it computes and refuses, and JavaScript beside it."""

import gzip
import json
from base64 import b64encode

import numpy as np
import pytest
from in_node import address, node

from nnlib import Dense, Network, ReLU, Tanh
from nnlib.datasets import INK, digits
from nnwidgets import Autoencoder
from nnwidgets.codes import KEPT, LEVELS, LIMITS, PLACED
from nnwidgets.networks import packed, unpacked

data = digits()
X, y = data.X_validation, data.y_validation
MEAN = data.X_train.mean(axis=0)
AXES = np.linalg.svd(data.X_train - MEAN, full_matrices=False)[2]
PROGRAM = """
import { createInterface } from "node:readline";
import * as maps from %s;
for await (const line of createInterface({ input: process.stdin })) {
  const { state, images, codes, places, shares } = JSON.parse(line);
  const get = (name) => {
    if (state[name].base64 === undefined) return state[name];
    const bytes = Buffer.from(state[name].base64, "base64");
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  };
  const all = maps.codesOf(get);
  const said = Object.fromEntries(["network", "pca"].map((name) => {
    const coder = all[name];
    const landed = images.map(coder.encode);
    const back = landed.map(coder.decode);
    return [name, {
      landed, back, drawn: codes.map(coder.decode),
      errors: back.map((drawing, i) => maps.errorOf(drawing, images[i])),
      nearest: codes.map(coder.decode).map((drawing) => maps.nearest(drawing, all.kept)),
      placed: coder.placed, limit: coder.limit, mean: coder.mean,
      walk: shares.map((u) => maps.between(landed[0], landed[1], u)),
      axes: Object.fromEntries(Object.entries(coder.axes).map(([scale, axes]) => [scale, {
        ends: axes.map(({ low, high }) => [low, high]),
        places: codes.map((c) => axes.map(({ place }, i) => place(c[i]))),
        values: places.map((p) => axes.map(({ value }) => value(p))),
        tiles: maps.tilesOf(axes),
      }])),
    }];
  }));
  const { kept, clearest } = all;
  console.log(JSON.stringify({ said, kept, clearest },
    (_, value) => (ArrayBuffer.isView(value) ? Array.from(value) : value)));
}
"""


def an_autoencoder(seed=0, units=(24, 32), code=2, activation=ReLU, **keywords):
    h, g = units
    layers = [Dense(256, h), activation(), Dense(h, code), Dense(code, g), ReLU(), Dense(g, 256)]
    network = Network(layers, rng=np.random.default_rng(seed), **keywords)
    if not network.grid:
        network.layers[0].b = 0.3 * np.random.default_rng(1).normal(size=h)
        network.layers[3].b = np.random.default_rng(2).normal(size=g)
    return network


def make(**values):
    needed = {"network": an_autoencoder(), "digits": X, "labels": y, "mean": MEAN}
    return Autoencoder(**{**needed, "components": AXES[:2], **values})


def javascript(widget, **question):
    """Return what the script computes from the widget's state."""
    asked = {"images": X[:4], "codes": [[0, 0]], "places": [0.5], "shares": [0.5], **question}
    asked = {name: np.asarray(values).tolist() for name, values in asked.items()}
    return node(PROGRAM % address("codes/maps"), {"state": widget.stored()["state"], **asked})[0]


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


def test_the_script_computes_as_nnlib_does_with_the_same_rounded_weights():
    widget = make(start="drawn", end="3")
    codes = [[0, 0], [1.3, -0.7], [-4, 9], [1e3, -1e3]]
    places, shares = [0, 0.01, 0.04, 0.3, 0.5, 0.963, 1], [0, 0.25, 1]
    images = np.array([widget.image, widget.clearest[3], *X[:3], np.zeros(256)])
    answer = javascript(widget, images=images, codes=codes, places=places, shares=shares)
    close([one["picture"] for one in answer["kept"]], widget.kept)
    assert [one["label"] for one in answer["kept"]] == widget.kept_labels.tolist()
    close(answer["clearest"], widget.clearest)
    for by, said in answer["said"].items():
        widget.by = by
        close(said["landed"], widget.encode(images))
        close(said["back"], widget.decode(widget.encode(images)))
        close(said["drawn"], widget.decode(codes))
        close(said["errors"], widget.errors(images))
        close(said["limit"], widget.yardstick())
        close(said["mean"], widget.errors(widget.kept).mean())
        close(said["walk"], widget.walk(shares))
        which, far = widget.nearest(widget.decode(codes))
        close([one["far"] for one in said["nearest"]], far)
        close([one["picture"] for one in said["nearest"]], widget.kept[which])
        of_class = {k: [p["code"] for p in said["placed"] if p["label"] == k] for k in range(10)}
        placed, labels = widget.placed()
        for k in range(10):
            close(of_class[k], placed[labels == k])
        for scale, axes in said["axes"].items():
            widget.scale = scale
            values, _ = widget.axes()
            close(axes["ends"], values[:, [0, -1]])
            close(axes["places"], widget.place(codes))
            close(axes["tiles"], widget.tiles())
            inverse = [np.interp(places, p, v) for v, p in zip(*widget.axes(), strict=True)]
            close(axes["values"], np.transpose(inverse))


def test_pca_is_encoded_and_decoded_along_two_components():
    widget = make()
    codes = widget.encode(X[:50], "pca")
    np.testing.assert_allclose(codes, (X[:50] - MEAN) @ AXES[:2].T, atol=0.01)  # float16
    back = MEAN + (X[:50] - MEAN) @ AXES[:2].T @ AXES[:2]
    np.testing.assert_allclose(widget.decode(codes, "pca"), back, atol=0.005)
    np.testing.assert_allclose(widget.errors(X[:50], "pca"), ((back - X[:50]) ** 2).mean(axis=1),
                               atol=1e-3)  # fmt: skip


def test_the_network_is_rounded_as_it_travels_and_copied():
    network = an_autoencoder()
    widget = make(network=network)
    rounded = unpacked(*packed(network))
    before = widget.encode(X[:5])
    close(before, rounded[:3].predict(X[:5]))
    close(widget.decode(before), rounded.predict(X[:5]))
    network.theta += 1
    close(widget.encode(X[:5]), before)


def test_the_first_digits_of_each_class_are_on_the_map_and_some_are_kept():
    widget = make()
    for k in range(10):
        own = X[y == k]
        kept = widget.kept[widget.kept_labels == k]
        assert np.abs(kept - own[:KEPT]).max() <= 0.5 / LEVELS + 0.5 / INK
        np.testing.assert_array_equal(widget.samples[k], own[KEPT])
        codes, labels = widget.placed()
        assert (labels == k).sum() == PLACED
        np.testing.assert_allclose(codes[labels == k][KEPT:], widget.encode(own[KEPT:PLACED]),
                                   rtol=1e-3, atol=1e-3)  # fmt: skip
        close(codes[labels == k][:KEPT], widget.encode(kept))
    assert len(np.unique(np.rint(widget.kept * INK))) == LEVELS + 1
    errors = widget.errors(widget.kept, "network")
    best = [np.flatnonzero(widget.kept_labels == k)[errors[widget.kept_labels == k].argmin()]
            for k in range(10)]  # fmt: skip
    close(widget.clearest, widget.kept[best])


def test_far_is_beyond_what_95_of_100_reconstructions_have_another_digit_within():
    widget = make()
    back = np.clip(widget.decode(widget.encode(widget.kept)), 0, 1)
    near = [np.linalg.norm(np.delete(widget.kept, i, axis=0) - back[i], axis=1).min()
            for i in range(len(back))]  # fmt: skip
    close(widget.yardstick(), np.quantile(near, 0.95))
    which, far = widget.nearest(widget.kept[[3, 50]])
    assert which.tolist() == [3, 50]
    close(far, [0, 0])


@pytest.mark.parametrize("by", ["network", "pca"])
def test_all_digits_lie_within_the_axes_and_by_rank_at_equal_shares(by):
    widget = make(by=by)
    codes, _ = widget.placed()
    for scale in LIMITS["scales"]:
        widget.scale = scale
        values, places = widget.axes()
        assert (np.diff(values) > 0).all() and (np.diff(places) > 0).all()
        assert (places[:, 0] == 0).all() and (places[:, -1] == 1).all()
        at = widget.place(codes)
        assert 0 < at.min() and at.max() < 1
    edge = LIMITS["edge"]
    shares = (np.sort(at, axis=0) - edge) / (1 - 2 * edge)
    ranks = np.arange(len(at)) / (len(at) - 1)
    np.testing.assert_allclose(shares, np.stack([ranks, ranks], axis=1), atol=0.05)


def test_codes_that_are_all_the_same_have_axes_too():
    network = an_autoencoder()
    network.layers[2].W = np.zeros((24, 2))
    widget = make(network=network, scale="rank")
    values, _ = widget.axes(scale="values")
    assert (values[:, 1] > values[:, 0]).all()
    [(x, y_)] = widget.place([widget.code])
    assert 0 <= min(x, y_) and max(x, y_) <= 1
    answer = javascript(widget, codes=[widget.code], places=[0, 1])
    for axes in answer["said"]["network"]["axes"].values():
        assert np.isfinite([*np.ravel(axes["places"]), *np.ravel(axes["tiles"])]).all()
    widget.still()


def test_the_handle_begins_at_the_image_on_either_map():
    widget = make()
    close(widget.image, X[y == 0][KEPT])
    close(widget.code, widget.encode([widget.image], "network")[0])
    close(widget.component, widget.encode([widget.image], "pca")[0])
    assert widget.handle == widget.code
    widget.by = "pca"
    assert widget.handle == widget.component
    close(make(image=X[7]).code, widget.encode(X[7:8], "network")[0])
    assert make(code=np.array([1, -2]), component=(0.5, 3)).code == (1, -2)


def test_what_travels_is_small():
    stored = make().stored()
    text = json.dumps(stored)
    assert len(text) < 68_000
    assert len(gzip.compress(text.encode())) < 46_000
    samples = np.stack([X[y == k][KEPT] for k in range(10)])
    assert (
        stored["state"]["_samples"]["base64"]
        == b64encode(np.rint(samples * INK).astype("u1")).decode()
    )
    assert stored["state"]["_labels"] == list(range(10))


@pytest.mark.parametrize("by", ["network", "pca"])
def test_the_picture_shows_map_drawing_and_nearest_digit(by):
    widget = make(by=by, code=(0.5, -0.5), component=(0.5, -0.5))
    field, drawn, nearest = widget.still().axes
    [ring] = [line for line in field.lines if line.get_marker() == "o"]
    close(ring.get_xydata(), widget.place([widget.handle]))
    numerals = {line.get_marker(): line for line in field.lines if line.get_marker() != "o"}
    codes, labels = widget.placed()
    for k in range(10):
        close(numerals[f"${k}$"].get_xydata(), widget.place(codes[labels == k]))
    far = widget.nearest(widget.decode(widget.tiles()))[1] > widget.yardstick()
    assert len(field.patches) == far.sum()
    close(np.ravel(drawn.images[0].get_array()), widget.decode([widget.handle])[0])
    which, away = widget.nearest(widget.decode([widget.handle]))
    close(np.ravel(nearest.images[0].get_array()), widget.kept[which[0]])
    assert f"a {widget.kept_labels[which[0]]},\n{away[0]:.2f} away" in nearest.get_title()
    what = {"network": "code number", "pca": "component"}[by]
    assert field.get_xlabel() == f"$c_1$, {what} 1"
    middle = np.rint(np.mean(widget.axes()[0][0]))
    assert f"{middle:.0f}" in [text.get_text() for text in field.get_xticklabels()]
    widget.show = "numerals"
    assert len(widget.still().axes[0].images) == 0
    widget.show = "drawings"
    assert len(widget.still().axes[0].lines) == 1


def test_its_repr_is_short():
    assert repr(make(network=an_autoencoder(units=(16, 20)), by="pca", end="drawn")) == (
        "Autoencoder(network=256-16-2-20-256, digits=300, by='pca', scale='values', show='both', "
        "start='1', end='drawn')"
    )


def no_number():
    network = an_autoencoder()
    network.theta[5] = np.nan
    return network


def few():
    return np.where(y == 4, 9, y)


SHAPE = r"network must be Dense\(256, h\), ReLU, Dense\(h, 2\), Dense\(2, g\), ReLU, Dense\(g, 256"


@pytest.mark.parametrize(
    "values, error, message",
    [
        ({"network": "best"}, TypeError, "network must be an nnlib Network; got 'best' of type"),
        ({"network": an_autoencoder(code=3)}, ValueError, SHAPE),
        ({"network": an_autoencoder(units=(65, 8))}, ValueError, SHAPE + ".*n_out=65"),
        ({"network": an_autoencoder(units=(8, 65))}, ValueError, "up to 64; got .*n_out=65"),
        ({"network": an_autoencoder(activation=Tanh)}, ValueError, SHAPE + ".*Tanh"),
        ({"network": an_autoencoder()[:3]}, ValueError, SHAPE),
        ({"network": an_autoencoder(grid=(2,))}, ValueError, "network must be a single one"),
        ({"network": no_number()}, ValueError, "network must have finite parameters; got NaN"),
        ({"digits": X[:, :255]}, ValueError, r"digits must have shape .*got \(1000, 255\)"),
        ({"digits": 2 * X}, ValueError, "digits must be numbers from 0 to 1; got "),
        ({"digits": -X}, ValueError, "digits must be numbers from 0 to 1; got -"),
        ({"labels": y[:9]}, ValueError, r"labels must have shape \(1000,\); got \(9,\)"),
        ({"labels": y + 1}, ValueError, "labels must hold labels 0 to 9; got 10"),
        ({"labels": few()}, ValueError, "labels must hold each digit 30 times; got 0 of 4"),
        ({"mean": MEAN[:9]}, ValueError, r"mean must have shape \(256,\); got \(9,\)"),
        ({"mean": MEAN + 1e6}, ValueError, r"mean must be within ±65,504; got 1000000"),
        ({"components": AXES}, ValueError, r"components must have shape \(2, 256\)"),
        ({"components": 1e6 * AXES[:2]}, ValueError, "components must be within ±65,504"),
        ({"image": X[0, :9]}, ValueError, r"image must have shape \(256,\); got \(9,\)"),
        ({"code": [1]}, ValueError, r"code must have shape \(2,\); got \(1,\)"),
        ({"component": [1, np.inf]}, ValueError, "component must"),
        ({"by": "both"}, ValueError, "by must be one of 'network', 'pca'; got 'both'"),
        ({"scale": "log"}, ValueError, "scale must be one of 'values', 'rank'; got 'log'"),
        ({"show": "all"}, ValueError, "show must be one of 'both', 'numerals', 'drawings'; got"),
        ({"start": "10"}, ValueError, "start must be one of '0', .*'drawn'; got '10'"),
        ({"end": 3}, ValueError, "end must be one of .*; got 3"),
        ({"share": 1.5}, ValueError, r"share must be a number in \[0, 1\]; got 1.5"),
        ({"epochs": 3}, TypeError, "Autoencoder takes network, digits, .*; got epochs"),
        ({"_theta": b""}, TypeError, "Autoencoder takes network, .*; got _theta"),
    ],
)
def test_bad_values_are_refused(values, error, message):
    with pytest.raises(error, match=message):
        make(**values)


def test_what_cannot_be_asked_is_refused():
    widget = make()
    with pytest.raises(ValueError, match="by must be one of 'network', 'pca'; got 'mean'"):
        widget.encode(X, "mean")
    with pytest.raises(ValueError, match=r"images must have shape .*got \(256,\)"):
        widget.encode(X[0])
    with pytest.raises(ValueError, match=r"codes must have shape .*got \(2,\)"):
        widget.decode([0, 0])
    with pytest.raises(ValueError, match=r"drawings must have shape .*got \(256,\)"):
        widget.distances(X[0])
    with pytest.raises(ValueError, match="scale must be one of 'values', 'rank'; got 'log'"):
        widget.axes(scale="log")
    with pytest.raises(ValueError, match=r"share must be a number in \[0, 1\]; got 2"):
        widget.share = 2
    assert widget.share == 0
