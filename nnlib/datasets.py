"""Data to learn from: real handwritten digits, and points in the plane that can be drawn.

Nothing is downloaded: digits are shipped with nnlib (`nnlib/data/README.md` says sources and
licences). The point sets are drawn afresh at each call, every point independently, so that two
calls give a training and a validation set of the same kind. In all of them rows are samples, and
``y`` holds the class labels 0, 1, …. Results of experiments that take too long for a chapter are
shipped as well.
"""

import json
from importlib import resources
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from nnlib.checks import (
    check_array,
    check_choice,
    check_dtype,
    check_integer,
    check_number,
    check_rng,
)

N_TEST = 1000  # digits.npz: the test samples come last
N_VALIDATION = 100  # of each class: the last, in digits.npz before the test samples
INK = 63  # the grey level of full ink in the files

GATES = MappingProxyType(
    {"AND": (0, 0, 0, 1), "OR": (0, 1, 1, 1), "NAND": (1, 1, 1, 0), "XOR": (0, 1, 1, 0)}
)


class Split(NamedTuple):
    """Samples and labels: a part to train on, one to choose by, and one to test on, once."""

    X_train: np.ndarray
    y_train: np.ndarray
    X_validation: np.ndarray
    y_validation: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray


def digits(dtype=np.float64):
    """Return 5000 handwritten digits, 16×16 pixels each: 3000, 1000 and 1000 in three parts.

    Train on the first part, make every choice on the second, and open the third once, at the end:
    a set that has been chosen by no longer tells how well a network does on new digits.

    Each image is one row of 256 numbers from 0 (paper) to 1 (ink), its rows of pixels one after
    another; ``X_train[0].reshape(16, 16)`` is the first one as a picture. Every class has 300
    training, 100 validation and 100 test samples. Order and split are the same on every machine.

    Source: MNIST (LeCun, Cortes & Burges), 28×28, averaged down by area; commonly listed as
    CC BY-SA 3.0. Slide 3; chapter 1.

    Parameters
    ----------
    dtype : {numpy.float64, numpy.float32}
        Of the pixels.

    Returns
    -------
    Split
        ``X_train`` (3000, 256), ``X_validation`` and ``X_test`` (1000, 256 each), of `dtype` in
        [0, 1]; ``y_train`` (3000,), ``y_validation`` and ``y_test`` (1000,), int64 labels 0 … 9.

    Raises
    ------
    TypeError
        If `dtype` is not a dtype at all.
    ValueError
        If `dtype` is neither float64 nor float32.
    """
    X, y = _stored("digits.npz", check_dtype("dtype", dtype))
    by_class = np.argsort(y[:-N_TEST], kind="stable").reshape(10, -1)
    train = np.sort(by_class[:, :-N_VALIDATION], axis=None)
    validation = np.sort(by_class[:, -N_VALIDATION:], axis=None)
    test = slice(-N_TEST, None)
    return Split(X[train], y[train], X[validation], y[validation], X[test], y[test])


def other_writers(dtype=np.float64):
    """Return 1797 digits of 13 other people, prepared in another way: 797 and 1000 in two parts.

    Images and labels are as those of `digits`: rows of 256 numbers from 0 (paper) to 1 (ink). They
    are rougher: they come as 8×8 pixels, enlarged to 12×12 by area, with two pixels of paper
    around, so that they are about as large as MNIST's. In the second part each class has 100
    digits, in the first from 74 to 83. Order and split are the same on every machine.

    Source: Optical Recognition of Handwritten Digits (Alpaydin & Kaynak, 1998), its test part, as
    scikit-learn ships it; CC BY 4.0. Chapter 10.

    Parameters
    ----------
    dtype : {numpy.float64, numpy.float32}
        Of the pixels.

    Returns
    -------
    X_train, y_train : numpy.ndarray, shape (797, 256) of `dtype`, and (797,) of int64
    X_validation, y_validation : numpy.ndarray, shape (1000, 256) and (1000,)

    Raises
    ------
    TypeError
        If `dtype` is not a dtype at all.
    ValueError
        If `dtype` is neither float64 nor float32.
    """
    X, y = _stored("other_writers.npz", check_dtype("dtype", dtype))
    first = slice(None, -10 * N_VALIDATION)
    last = slice(-10 * N_VALIDATION, None)
    return X[first], y[first], X[last], y[last]


def _stored(name, dtype):
    """Return the images of a file, from 0 to 1, and their labels."""
    with (resources.files("nnlib.data") / name).open("rb") as file, np.load(file) as stored:
        X, y = stored["X"].astype(dtype), stored["y"].astype(np.int64)
    X /= INK
    return X, y


def experiment(name):
    """Return the stored results of an experiment that takes longer than a chapter may.

    ``book/experiments/`` holds the script that makes them, for one seed after another; ``make
    experiments`` runs it, and a test runs the first seed again.

    Parameters
    ----------
    name : str
        Of the script, such as ``"05_depth"``.

    Returns
    -------
    list of dict
        What the script's ``run(seed)`` returns, one entry for each seed, ``seed`` among its values.

    Raises
    ------
    ValueError
        If there is no such experiment.
    """
    folder = resources.files("nnlib.data") / "experiments"
    names = sorted(f.name.removesuffix(".json") for f in folder.iterdir() if f.name[-5:] == ".json")
    check_choice("name", name, tuple(names))
    return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))


def logic_gate(name):
    """Return the truth table of a logic gate: four points and what the gate makes of each.

    A single neuron can learn AND, OR and NAND, but not XOR. Source: Minsky & Papert (1969);
    chapter 1.

    Parameters
    ----------
    name : {"AND", "OR", "NAND", "XOR"}

    Returns
    -------
    X : numpy.ndarray, shape (4, 2), float64
        The points (0, 0), (0, 1), (1, 0), (1, 1).
    y : numpy.ndarray, shape (4,), int64
        0 or 1.

    Raises
    ------
    ValueError
        If `name` is none of the four.
    """
    check_choice("name", name, tuple(GATES))
    X = np.array([(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)])
    return X, np.array(GATES[name], dtype=np.int64)


def moons(n, noise, *, rng):
    """Draw two half circles that reach into each other: no straight line separates them.

    Class 0 is the upper one, (cos t, sin t); class 1 the lower one, (1 − cos t, ½ − sin t); t is
    uniform on [0, π]. Normal noise of standard deviation `noise` is added to both coordinates.
    Source: the shape is that of scikit-learn's ``make_moons``. Chapters 2, 6 and 7.

    Parameters
    ----------
    n : int
        How many points, 2 or more. The classes are of equal size (±1 if `n` is odd).
    noise : float
        0 or more, in the unit of the radius, which is 1.
    rng : numpy.random.Generator

    Returns
    -------
    X : numpy.ndarray, shape (n, 2), float64
    y : numpy.ndarray, shape (n,), int64

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """
    y = _balanced_labels(n, 2, rng)
    noise = check_number("noise", noise, low=0)
    t = rng.uniform(0, np.pi, size=n)
    sign = 1 - 2 * y
    return _with_noise(sign * np.cos(t) + y, sign * np.sin(t) + y / 2, noise, rng), y


def circles(n, noise, *, rng):
    """Draw a ring around a smaller one: the class is in the distance, in neither coordinate alone.

    Both are centred on 0; class 0 has radius 1, class 1 radius ½; the angle is uniform. Normal
    noise of standard deviation `noise` is added to both coordinates. Source: the shape is that of
    scikit-learn's ``make_circles``. Chapters 2 and 6.

    Parameters
    ----------
    n : int
        How many points, 2 or more. The classes are of equal size (±1 if `n` is odd).
    noise : float
        0 or more, in the unit of the outer radius, which is 1.
    rng : numpy.random.Generator

    Returns
    -------
    X : numpy.ndarray, shape (n, 2), float64
    y : numpy.ndarray, shape (n,), int64

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """
    y = _balanced_labels(n, 2, rng)
    noise = check_number("noise", noise, low=0)
    angle = rng.uniform(0, 2 * np.pi, size=n)
    radius = 1 - y / 2
    return _with_noise(radius * np.cos(angle), radius * np.sin(angle), noise, rng), y


def spirals(n, noise, classes=2, turns=1.5, *, rng):
    """Draw arms wound around each other, one a class: hard for small networks.

    A point at distance r from the centre lies at the angle 2π (turns · r + class / classes); r is
    uniform on [0.1, 1], so that the arms do not touch at the centre. Normal noise of standard
    deviation `noise` is added to both coordinates. Source: Lang & Witbrock (1988), "Learning to
    tell two spirals apart". Chapters 6 and 7.

    Parameters
    ----------
    n : int
        How many points, `classes` or more. The classes are of equal size (±1 if `classes` does not
        divide `n`).
    noise : float
        0 or more, in the unit of the arms' outer radius, which is 1.
    classes : int
        How many arms, 2 or more.
    turns : float
        How often an arm would go round between the centre and radius 1; more than 0, and at most
        1000 (arms closer than that cannot be told apart).
    rng : numpy.random.Generator

    Returns
    -------
    X : numpy.ndarray, shape (n, 2), float64
    y : numpy.ndarray, shape (n,), int64

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """
    classes = check_integer("classes", classes, low=2)
    y = _balanced_labels(n, classes, rng)
    noise = check_number("noise", noise, low=0)
    turns = check_number("turns", turns, low=0, high=1000, include_low=False)
    r = rng.uniform(0.1, 1, size=n)
    angle = 2 * np.pi * (turns * r + y / classes)
    return _with_noise(r * np.cos(angle), r * np.sin(angle), noise, rng), y


def blobs(n, centres, spread, *, rng):
    """Draw round clouds of points, one a class.

    A point is its class's centre plus normal noise of standard deviation `spread` in both
    coordinates. Chapters 1 and 7.

    Parameters
    ----------
    n : int
        How many points, at least one a centre. The classes are of equal size (±1 if their number
        does not divide `n`).
    centres : array_like, shape (classes, 2)
        Row k is the centre of class k.
    spread : float
        0 or more, in the unit of the centres.
    rng : numpy.random.Generator

    Returns
    -------
    X : numpy.ndarray, shape (n, 2), float64
    y : numpy.ndarray, shape (n,), int64

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """
    centres = check_array("centres", centres, shape=(None, 2))
    y = _balanced_labels(n, len(centres), rng)
    spread = check_number("spread", spread, low=0)
    return _with_noise(centres[y, 0], centres[y, 1], spread, rng), y


def _balanced_labels(n, classes, rng):
    """Return `n` shuffled labels 0 … `classes` − 1, equally many of each (±1)."""
    n = check_integer("n", n, low=classes)
    rng = check_rng("rng", rng)
    return rng.permutation(n).astype(np.int64) % classes


def _with_noise(x1, x2, noise, rng):
    """Join two coordinates, shape (n,), into points, shape (n, 2), and add normal noise."""
    X = np.column_stack([x1, x2])
    return X + noise * rng.normal(size=X.shape)
