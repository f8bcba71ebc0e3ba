"""Teacher and students from Python: what they answer, what is refused, and JavaScript beside it."""

import gzip
import json
from base64 import b64encode

import numpy as np
import pytest
from in_node import address, node

from nnlib import Conv2D, Dense, Flatten, MaxPool2D, Network, ReLU, SoftmaxCrossEntropy, Tanh
from nnlib.datasets import INK, digits
from nnlib.functional import softmax
from nnlib.gradcheck import numerical_gradient
from nnwidgets import Distillation
from nnwidgets.networks import packed, unpacked

data = digits()
X, y = data.X_validation, data.y_validation
PROGRAM = """
import { createInterface } from "node:readline";
import * as answers from %s;
import { ImageNetwork } from %s;
import { halves } from %s;
for await (const line of createInterface({ input: process.stdin })) {
  const { state, images, temperatures } = JSON.parse(line);
  const networks = Object.fromEntries(["teacher", "hard", "soft"].map((name) => {
    const bytes = Buffer.from(state["_" + name].base64, "base64");
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    return [name, new ImageNetwork(state._layers[name], halves(view))];
  }));
  for (const image of images) {
    const logits = Object.fromEntries(Object.entries(networks).map(([name, one]) =>
      [name, Float64Array.from(one.forward(image))]));
    const said = temperatures.map((T) => {
      const teacher = answers.teaching(logits.teacher, T);
      const student = (name) => answers.learning(logits[name], teacher.q, T);
      return { teacher, hard: student("hard"), soft: student("soft") };
    });
    const lengths = answers.lengths(logits.hard, logits.teacher, temperatures);
    const limit = answers.limit(logits.hard, logits.teacher);
    console.log(JSON.stringify({ said, lengths, limit },
      (_, value) => (ArrayBuffer.isView(value) ? Array.from(value) : value)));
  }
}
"""


def the_teacher(seed=0, channels=8, **keywords):
    """Return the convolutional network of Part II, untrained."""
    layers = [
        *(Conv2D(1, channels, 3, padding=1), ReLU(), MaxPool2D(2)),
        *(Conv2D(channels, 16, 3, padding=1), ReLU(), MaxPool2D(2)),
        *(Flatten(), Dense(256, 10)),
    ]
    network = Network(layers, rng=np.random.default_rng(seed), input_shape=(16, 16, 1), **keywords)
    network.theta *= 2  # so that its answers differ
    return network


def a_student(seed=1, units=16, **keywords):
    layers = [Dense(256, units), ReLU(), Dense(units, 10)]
    return Network(layers, rng=np.random.default_rng(seed), **keywords)


def make(**values):
    networks = {"teacher": the_teacher(), "hard": a_student(1), "soft": a_student(2)}
    return Distillation(**{**networks, "samples": X[:12], "labels": y[:12], **values})


def javascript(widget, images, temperatures):
    """Return what the script answers, for each image."""
    question = {"state": widget.stored()["state"], "images": [list(x) for x in images]}
    scripts = "distillation/answers", "shared/digits/network", "shared/halves"
    program = PROGRAM % tuple(map(address, scripts))
    return node(program, {**question, "temperatures": temperatures})


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


def test_the_script_answers_as_nnlib_does_with_the_same_rounded_weights():
    widget = make()
    temperatures = [0.5, 1, 2.7, 4, 20]
    images = [*X[:6], np.zeros(256)]
    for image, answer in zip(images, javascript(widget, images, temperatures), strict=True):
        for T, theirs in zip(temperatures, answer["said"], strict=True):
            ours = widget.answers(image, T)
            for name in ("z", "q", "entropy", "choices"):
                close(theirs["teacher"][name], ours["teacher"][name])
            close(theirs["teacher"]["scaled"], ours["teacher"]["z"] / T)
            assert theirs["teacher"]["order"][0] == ours["teacher"]["q"].argmax()
            for student in ("hard", "soft"):
                for name in ("z", "plain", "p", "loss", "gradient"):
                    close(theirs[student][name], ours[student][name])
                close(theirs[student]["evened"], T**2 * ours[student]["gradient"])
        gradients = [widget.answers(image, T)["hard"]["gradient"] for T in temperatures]
        close(answer["lengths"], np.linalg.norm(gradients, axis=1))
        logits = widget.logits(image)
        centred = [logits[name] - logits[name].mean() for name in ("hard", "teacher")]
        close(answer["limit"], np.linalg.norm(centred[0] - centred[1]) / 10)


@pytest.mark.parametrize("T", [0.5, 1, 4, 20])
def test_the_gradient_is_that_of_the_cross_entropy_at_T(T):
    said = make().answers(X[3], T)
    q = said["teacher"]["q"]
    for name in ("hard", "soft"):
        z = said[name]["z"]
        measured = numerical_gradient(lambda z: SoftmaxCrossEntropy()(z[None] / T, q[None])[0], z)
        np.testing.assert_allclose(said[name]["gradient"], measured, atol=1e-8)
        close(said[name]["gradient"], (said[name]["p"] - q) / T)
        close(said[name]["loss"], -(q * np.log(said[name]["p"])).sum())
        assert said[name]["loss"] > said["teacher"]["entropy"]
    close(said["teacher"]["choices"], np.exp(-(q * np.log(q)).sum()))


def test_T_squared_times_the_gradient_comes_to_its_limit():
    widget = make()
    [answer] = javascript(widget, X[:1], [100, 1000, 10_000])
    evened = np.array(answer["lengths"]) * np.array([100, 1000, 10_000]) ** 2
    assert np.abs(evened / answer["limit"] - 1) == pytest.approx(0, abs=0.1)
    assert evened[-1] == pytest.approx(answer["limit"], rel=1e-3)


def test_ten_equal_logits_are_ten_equal_choices_and_a_sure_answer_is_one():
    teacher = the_teacher()
    teacher.theta[:] = 0
    assert make(teacher=teacher).answers(temperature=1)["teacher"]["choices"] == pytest.approx(10)
    teacher.layers[-1].b = 1000 * np.eye(10)[3]
    said = make(teacher=teacher).answers(temperature=0.5)
    assert said["teacher"]["choices"] == pytest.approx(1)
    assert said["teacher"]["q"][3] == 1
    [answer] = javascript(make(teacher=teacher), X[:1], [0.5])
    close(answer["said"][0]["teacher"]["q"], np.eye(10)[3])
    close(answer["said"][0]["hard"]["loss"], said["hard"]["loss"])


def test_the_networks_are_rounded_as_they_travel_and_copied():
    teacher, hard = the_teacher(), a_student()
    widget = make(teacher=teacher, hard=hard)
    before = widget.logits(X[5])
    rounded = unpacked(*packed(hard))
    assert np.array_equal(before["hard"], rounded.predict(X[5:6])[0])
    rounded = unpacked(*packed(teacher))
    assert np.array_equal(before["teacher"], rounded.predict(X[5].reshape(1, 16, 16, 1))[0])
    teacher.theta += 1
    hard.theta += 1
    for name, z in widget.logits(X[5]).items():
        assert np.array_equal(before[name], z)


def test_what_travels_is_small():
    state = make().stored()["state"]
    assert len(json.dumps(state)) < 60_000
    assert len(gzip.compress(json.dumps(state).encode())) < 40_000
    assert state["_labels"] == y[:12].tolist()
    assert state["_samples"]["base64"] == b64encode(np.rint(X[:12] * INK).astype("u1")).decode()


def test_it_shows_its_own_image_at_its_own_temperature():
    widget = make(image=X[7], temperature=2.5)
    theirs, ours = widget.answers(X[7], 2.5), widget.answers()
    close(ours["teacher"]["q"], theirs["teacher"]["q"])
    close(ours["teacher"]["q"], softmax(widget.logits()["teacher"] / 2.5))
    assert np.array_equal(make().image, X[0])
    widget.image = np.zeros(256)
    widget.at = "T"
    titles = [ax.get_title() for ax in widget.still().axes]
    who = ("Teacher", "Trained hard", "Trained soft")
    assert titles == ["The digit", *(f"{one}, T = 2.5" for one in who)]
    widths = [bar.get_width() for bar in widget.still().axes[2].patches]
    close(widths, widget.answers()["hard"]["p"])


def test_its_repr_is_short():
    assert repr(make(hard=a_student(units=12), student="soft")) == (
        "Distillation(teacher with 3,818 parameters, hard=256-12-10, soft=256-16-10, samples=12, "
        "temperature=4.0, at='1', student='soft', digit='second')"
    )


def with_tanh():
    layers = [Dense(256, 4), Tanh(), Dense(4, 10)]
    return Network(layers, rng=np.random.default_rng(0))


def no_number():
    network = a_student()
    network.theta[5] = np.nan
    return network


@pytest.mark.parametrize(
    "values, error, message",
    [
        ({"teacher": "best"}, TypeError, "teacher must be an nnlib Network; got 'best' of type"),
        ({"teacher": a_student()}, ValueError, r"teacher must map images .*got Network\(\[Dense"),
        ({"teacher": the_teacher(grid=(2,))}, ValueError, "teacher must be a single one"),
        ({"teacher": the_teacher(channels=130)}, ValueError, "up to 20,000 parameters; got "),
        ({"hard": the_teacher()}, ValueError, r"hard must be Dense\(256, h\) with h up to 64"),
        ({"soft": a_student(units=65)}, ValueError, r"soft must be Dense\(256, h\).*n_out=65"),
        ({"soft": no_number()}, ValueError, "soft must have finite parameters; got NaN"),
        ({"hard": with_tanh()}, ValueError, r"hard must be Dense\(256, h\).*Tanh"),
        ({"samples": X[:12, :255]}, ValueError, r"samples must have shape .*got \(12, 255\)"),
        ({"samples": 2 * X[:12]}, ValueError, "samples must be numbers from 0 to 1; got "),
        ({"samples": X[:21], "labels": y[:21]}, ValueError, "20 or fewer; got 21"),
        ({"labels": [4]}, ValueError, r"labels must have shape \(12,\); got \(1,\)"),
        ({"labels": np.full(12, 10)}, ValueError, "labels must hold labels 0 to 9; got 10"),
        ({"image": X[0, :9]}, ValueError, r"image must have shape \(256,\); got \(9,\)"),
        ({"temperature": 0}, ValueError, r"temperature must be a number in \[0.5, 20\]; got 0"),
        ({"temperature": np.nan}, ValueError, "temperature must be .*; got nan"),
        ({"at": "2"}, ValueError, "at must be one of '1', 'T'; got '2'"),
        ({"student": "both"}, ValueError, "student must be one of 'hard', 'soft'; got 'both'"),
        ({"digit": "10"}, ValueError, "digit must be one of 'first', 'second', '0', .*; got '10'"),
    ],
)
def test_bad_values_are_refused(values, error, message):
    with pytest.raises(error, match=message):
        make(**values)


def test_what_cannot_be_asked_is_refused():
    widget = make()
    with pytest.raises(ValueError, match=r"temperature must be a number in \[0.5, 20\]; got 40"):
        widget.answers(temperature=40)
    with pytest.raises(ValueError, match=r"image must have shape \(256,\); got \(2, 256\)"):
        widget.answers(X[:2])
    with pytest.raises(ValueError, match=r"temperature must be .*; got 21"):
        widget.temperature = 21
    assert widget.temperature == 4
