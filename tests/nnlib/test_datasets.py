"""The data: what shape it has, that it is the same everywhere, and that bad input is refused."""

from importlib import resources

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlib import datasets


def rng(seed=0):
    return np.random.default_rng(seed)


def test_digits():
    X_train, y_train, X_validation, y_validation, X_test, y_test = datasets.digits()
    assert X_train.shape == (3000, 256) and X_validation.shape == X_test.shape == (1000, 256)
    assert X_train.dtype == np.float64 and y_train.dtype == np.int64
    assert (X_train.min(), X_train.max()) == (0, 1)
    assert np.bincount(y_train).tolist() == [300] * 10
    assert np.bincount(y_validation).tolist() == np.bincount(y_test).tolist() == [100] * 10
    # No digit stands in two parts.
    assert len(np.unique(np.vstack([X_train, X_validation, X_test]), axis=0)) == 5000
    assert datasets.digits(np.float32).X_test.dtype == np.float32


def test_the_constants_are_those_of_the_file():
    with np.load(resources.files("nnlib.data") / "digits.npz") as stored:
        assert stored["X"].max() == datasets.INK
        assert np.bincount(stored["y"][-datasets.N_TEST :]).tolist() == [100] * 10
        # The pictures keep their labels, and the parts the order of the file.
        pictures = {
            x.tobytes(): (i, y) for i, (x, y) in enumerate(zip(*stored.values(), strict=True))
        }
    split = datasets.digits()
    for X, y in zip(split[::2], split[1::2], strict=True):
        raw = np.rint(X * datasets.INK).astype(np.uint8)
        places, labels = zip(*(pictures[x.tobytes()] for x in raw), strict=True)
        assert list(places) == sorted(places) and np.array_equal(labels, y)


def test_what_a_caller_changes_is_the_callers_own():
    first = datasets.digits()
    X, y = datasets.logic_gate("AND")
    for array in (*first, X, y):
        array[...] = 7
    assert datasets.digits().X_train.max() == 1 and datasets.digits().y_test.max() == 9
    assert datasets.logic_gate("AND")[0].max() == datasets.logic_gate("AND")[1].max() == 1
    with pytest.raises(TypeError, match="does not support item assignment"):
        datasets.GATES["AND"] = (1, 1, 1, 1)


@pytest.mark.parametrize("dtype", ["float64", float, np.dtype("f8"), ">f8"])
def test_digits_in_any_name_of_a_dtype(dtype):
    assert datasets.digits(dtype).X_test.dtype == np.float64
    assert datasets.digits(dtype).X_test.dtype.isnative


def test_the_first_digits_are_a_mixture():
    # A chapter that trains on the first hundred must not get two classes only.
    assert np.bincount(datasets.digits().y_train[:100], minlength=10).min() >= 4


def test_digits_look_like_their_labels():
    # Nearest class mean: about 80 % on real digits, 10 % if labels and images had come apart.
    X_train, y_train, _, _, X_test, y_test = datasets.digits()
    means = np.array([X_train[y_train == k].mean(axis=0) for k in range(10)])
    distance = ((X_test[:, None] - means) ** 2).sum(axis=-1)
    assert (distance.argmin(axis=1) == y_test).mean() > 0.75


def test_every_data_file_states_source_and_licence():
    folder = resources.files("nnlib.data")
    readme = (folder / "README.md").read_text(encoding="utf-8")
    texts = ("README.md", "__init__.py")
    files = [f.name for f in folder.iterdir() if f.is_file() and f.name not in texts]
    told = {
        "digits.npz": (400_000, "MNIST", "CC BY-SA 3.0"),
        "other_writers.npz": (130_000, "UCI Machine Learning Repository", "CC BY 4.0"),
    }
    assert sorted(files) == sorted(told)
    for name, (size, source, licence) in told.items():
        assert (folder / name).stat().st_size <= size
        row = next(line for line in readme.splitlines() if line.startswith(f"| `{name}`"))
        assert source in row and licence in row


def test_other_writers():
    X, y, X_validation, y_validation = datasets.other_writers()
    assert X.shape == (797, 256) and X_validation.shape == (1000, 256)
    assert X.dtype == np.float64 and y.dtype == np.int64
    assert (X.min(), X.max()) == (0, 1)
    assert (np.bincount(y).min(), np.bincount(y).max()) == (74, 83)  # as its docstring says
    assert np.bincount(y_validation).tolist() == [100] * 10
    both = np.vstack([X, X_validation])
    assert len(np.unique(both, axis=0)) == 1797  # no digit stands in both parts
    paper = np.ones((16, 16), bool)
    paper[2:-2, 2:-2] = False
    assert not both[:, paper.ravel()].any()
    assert datasets.other_writers(np.float32)[0].dtype == np.float32
    X[...] = 7
    assert datasets.other_writers()[0].max() == 1


def test_other_writers_are_as_large_as_mnist_s_and_look_like_their_labels():
    digits, (*_, X, y) = datasets.digits(), datasets.other_writers()
    means = np.array([digits.X_train[digits.y_train == k].mean(axis=0) for k in range(10)])
    distance = ((X[:, None] - means) ** 2).sum(axis=-1)
    assert (distance.argmin(axis=1) == y).mean() > 0.3  # 10 % if labels had come apart
    rows = [
        (images.reshape(-1, 16, 16).max(axis=2) > 0.2).sum(axis=1).mean()
        for images in (digits.X_train, X)
    ]
    assert abs(rows[0] - rows[1]) < 1


MAKERS = {
    "moons": lambda n, g: datasets.moons(n, 0.1, rng=g),
    "circles": lambda n, g: datasets.circles(n, 0.1, rng=g),
    "spirals": lambda n, g: datasets.spirals(n, 0.01, 3, rng=g),
    "blobs": lambda n, g: datasets.blobs(n, [(0, 0), (5, 5)], 0.5, rng=g),
}


@given(st.sampled_from(sorted(MAKERS)), st.integers(3, 60))
def test_point_sets_are_balanced_and_repeatable(name, n):
    X, y = MAKERS[name](n, rng(1))
    again, _ = MAKERS[name](n, rng(1))
    counts = np.bincount(y)
    assert X.shape == (n, 2) and y.shape == (n,)
    assert X.dtype == np.float64 and y.dtype == np.int64
    assert np.ptp(counts) <= 1
    assert np.array_equal(X, again)


class Engine(np.random.Generator):
    """A generator with numbers of its own: of the methods below, and of no others."""

    def __init__(self, seed):
        super().__init__(np.random.PCG64(0))  # what other methods would draw from, at each seed
        self.source = np.random.default_rng(seed)

    def uniform(self, low=0.0, high=1.0, size=None):
        return self.source.uniform(low, high, size)

    def normal(self, loc=0.0, scale=1.0, size=None):
        return self.source.normal(loc, scale, size)

    def permutation(self, n):
        return self.source.permutation(int(n))


@pytest.mark.parametrize("name", MAKERS)
def test_a_generator_of_another_class_is_asked_for_all_numbers(name):
    X, y = MAKERS[name](30, Engine(5))
    same_X, same_y = MAKERS[name](30, rng(5))
    assert np.array_equal(X, same_X) and np.array_equal(y, same_y)


@pytest.mark.parametrize("name", MAKERS)
def test_classes_come_in_random_order(name):
    _, y = MAKERS[name](300, rng())
    # A label follows an equal one in a half or a third of the places: not always as in a sorted
    # list, nor never as where the classes take turns.
    assert 0.2 < (y[1:] == y[:-1]).mean() < 0.65


@pytest.mark.parametrize(
    "make",
    [
        lambda noise: datasets.moons(20_000, noise, rng=rng()),
        lambda noise: datasets.circles(20_000, noise, rng=rng()),
        lambda noise: datasets.spirals(20_000, noise, rng=rng()),
        lambda noise: datasets.blobs(20_000, [(0, 0), (5, 5)], noise, rng=rng()),
    ],
    ids=list(MAKERS),
)
def test_noise_is_normal_and_independent_in_both_coordinates(make):
    noise = make(0.3)[0] - make(0.0)[0]
    assert noise.mean(axis=0) == pytest.approx([0, 0], abs=0.01)
    assert np.cov(noise.T) == pytest.approx(np.diag([0.09, 0.09]), abs=0.003)
    assert (np.abs(noise) < 0.3).mean() == pytest.approx(0.683, abs=0.01)  # within 1 σ


@pytest.mark.parametrize(("classes", "turns"), [(2, 1.5), (3, 0.5), (5, 2.25)])
def test_spirals_without_noise_lie_on_their_arms(classes, turns):
    X, y = datasets.spirals(500, 0.0, classes, turns, rng=rng())
    r = np.hypot(*X.T)
    assert 0.1 <= r.min() < 0.15 and 0.95 < r.max() <= 1
    angle = 2 * np.pi * (turns * r + y / classes)
    assert X == pytest.approx(np.column_stack([r * np.cos(angle), r * np.sin(angle)]))


def test_shapes_without_noise():
    X, y = datasets.circles(500, 0.0, rng=rng())
    assert np.linalg.norm(X, axis=1) == pytest.approx(np.where(y == 0, 1, 0.5))
    for ring in (X[y == 0], 2 * X[y == 1]):  # all the way round
        assert ring.min(axis=0).max() < -0.95 and ring.max(axis=0).min() > 0.95
    X, y = datasets.moons(500, 0.0, rng=rng())
    upper, lower = X[y == 0], X[y == 1]
    assert np.linalg.norm(upper, axis=1) == pytest.approx(np.ones(250))
    assert np.linalg.norm(lower - [1, 0.5], axis=1) == pytest.approx(np.ones(250))
    assert (upper[:, 1] >= 0).all() and (lower[:, 1] <= 0.5).all()
    for half in (upper[:, 0], lower[:, 0] - 1):  # from one end to the other
        assert half.min() < -0.95 and half.max() > 0.95


def test_blobs_lie_around_their_centres():
    X, y = datasets.blobs(4000, [(2, 2), (4, -1)], 0.5, rng=rng())
    assert X[y == 1].mean(axis=0) == pytest.approx([4, -1], abs=0.05)
    assert X[y == 0].std(axis=0) == pytest.approx([0.5, 0.5], abs=0.03)


@pytest.mark.parametrize(
    ("name", "outputs"),
    [("AND", [0, 0, 0, 1]), ("OR", [0, 1, 1, 1]), ("NAND", [1, 1, 1, 0]), ("XOR", [0, 1, 1, 0])],
)
def test_logic_gates(name, outputs):
    X, y = datasets.logic_gate(name)
    assert X.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert y.tolist() == outputs


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (
            lambda: datasets.digits(np.int64),
            ValueError,
            "dtype must be one of 'float64', 'float32'; got 'int64'",
        ),
        (
            lambda: datasets.digits(None),
            TypeError,
            "dtype must be a dtype such as numpy.float64; got None",
        ),
        (
            lambda: datasets.digits("real"),
            TypeError,
            "dtype must be a dtype such as numpy.float64; got 'real'",
        ),
        (
            lambda: datasets.logic_gate(np.array(["AND", "OR"])),
            ValueError,
            "name must be one of 'AND', 'OR', 'NAND', 'XOR'; got array",
        ),
        (
            lambda: datasets.moons(10**400, 0.1, rng=rng()),
            ValueError,
            "n must be an integer in [2, inf); got more than 64 bits can hold",
        ),
        (
            lambda: datasets.circles(9, np.inf, rng=rng()),
            ValueError,
            "noise must be a number in [0, inf); got inf",
        ),
        (
            lambda: datasets.circles(9.0, 0.1, rng=rng()),
            TypeError,
            "n must be an integer in [2, inf); got 9.0",
        ),
        (
            lambda: datasets.spirals(9, 0.1, turns=1e17, rng=rng()),
            ValueError,
            "turns must be a number in (0, 1000]; got 1e+17",
        ),
        (
            lambda: datasets.blobs(1, [(0, 0), (1, 1)], 0.1, rng=rng()),
            ValueError,
            "n must be an integer in [2, inf); got 1",
        ),
        (
            lambda: datasets.blobs(9, np.ma.masked_equal([(0, 1)], 1), 0.1, rng=rng()),
            TypeError,
            "centres must be a plain array or a list of numbers; got a MaskedArray",
        ),
        (
            lambda: datasets.blobs(9, [(0, 0)], 0.1, rng=np.random.RandomState(0)),
            TypeError,
            "rng must be a numpy.random.Generator",
        ),
        (
            lambda: datasets.logic_gate("NOR"),
            ValueError,
            "name must be one of 'AND', 'OR', 'NAND', 'XOR'; got 'NOR'",
        ),
        (
            lambda: datasets.moons(1, 0.1, rng=rng()),
            ValueError,
            "n must be an integer in [2, inf); got 1",
        ),
        (
            lambda: datasets.moons(9, -1, rng=rng()),
            ValueError,
            "noise must be a number in [0, inf); got -1",
        ),
        (
            lambda: datasets.spirals(9, 0.1, turns=0, rng=rng()),
            ValueError,
            "turns must be a number in (0, 1000]; got 0",
        ),
        (
            lambda: datasets.spirals(9, 0.1, classes=1, rng=rng()),
            ValueError,
            "classes must be an integer in [2, inf); got 1",
        ),
        (
            lambda: datasets.spirals(2, 0.1, classes=3, rng=rng()),
            ValueError,
            "n must be an integer in [3, inf); got 2",
        ),
        (
            lambda: datasets.blobs(9, [(0, 0)], -0.5, rng=rng()),
            ValueError,
            "spread must be a number in [0, inf); got -0.5",
        ),
        (
            lambda: datasets.blobs(9, [(0, np.nan)], 0.1, rng=rng()),
            ValueError,
            "centres must be finite; got nan at index (0, 1)",
        ),
        (
            lambda: datasets.circles(9, 0.1, rng=None),
            TypeError,
            "rng must be a numpy.random.Generator",
        ),
        (
            lambda: datasets.blobs(9, [1, 2], 0.1, rng=rng()),
            ValueError,
            "centres must have shape (any, 2)",
        ),
    ],
)
def test_bad_input(call, kind, message):
    with pytest.raises(kind) as error:
        call()
    assert str(error.value).startswith(message)
