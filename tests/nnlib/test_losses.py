"""The losses: worked values, gradients, and what does not fit them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nnlib import (
    SGD,
    BinaryCrossEntropy,
    Dense,
    Dropout,
    Flatten,
    HalfSquaredError,
    Network,
    ReLU,
    Sigmoid,
    SoftmaxCrossEntropy,
    Tanh,
    TeacherCrossEntropy,
    fit,
    numerical_gradient,
    one_hot,
    softmax,
)
from nnlib.gradcheck import relative_error
from nnlib.losses import _largest


def test_half_squared_error_by_hand():
    loss, grad = HalfSquaredError()([[1.0, 2.0], [3.0, 4.0]], [[1.0, 0.0], [0.0, 4.0]])
    assert loss == (0.5 * 2**2 + 0.5 * 3**2) / 2
    assert grad.tolist() == [[0, 1], [1.5, 0]]


def test_cross_entropy_by_hand():
    # Odds of 1 : 1 : 2, so the classes have the probabilities ¼, ¼, ½.
    loss, grad = SoftmaxCrossEntropy()([[0.0, 0.0, np.log(2)]], [2])
    assert loss == pytest.approx(np.log(2))
    assert grad == pytest.approx(np.array([[0.25, 0.25, -0.5]]))


def test_an_undecided_network_is_as_surprised_as_guessing():
    assert SoftmaxCrossEntropy()(np.zeros((5, 10)), np.arange(5))[0] == pytest.approx(np.log(10))


@given(arrays(float, (3, 4), elements=st.floats(-5, 5)))
def test_gradients_agree_with_numerical_ones(prediction):
    rows = np.random.default_rng(0).dirichlet(np.ones(4), size=3)
    for loss, target in [
        (HalfSquaredError(), rows),
        (SoftmaxCrossEntropy(), rows),
        (SoftmaxCrossEntropy(), np.array([3, 0, 2])),
        (BinaryCrossEntropy(), rows),
        (TeacherCrossEntropy(4), 9 * rows),
        (TeacherCrossEntropy(0.5), 9 * rows),
    ]:
        numerical = numerical_gradient(lambda p, f=loss, t=target: f(p, t)[0], prediction)
        assert relative_error(loss(prediction, target)[1], numerical) < 1e-6


def test_labels_and_their_one_hot_rows_are_the_same_target():
    z = np.random.default_rng(0).normal(size=(5, 3))
    labels = np.array([0, 2, 1, 1, 0])
    by_label, by_row = (SoftmaxCrossEntropy()(z, t) for t in (labels, one_hot(labels, 3)))
    assert by_label[0] == by_row[0]
    assert np.array_equal(by_label[1], by_row[1])


@pytest.mark.filterwarnings("error")
def test_cross_entropy_of_huge_logits_is_finite():
    loss, grad = SoftmaxCrossEntropy()([[0.0, 1000.0]], [0])
    assert loss == 1000
    assert grad.tolist() == [[-1, 1]]


@pytest.mark.filterwarnings("error")
def test_cross_entropy_takes_each_row_by_itself():
    z = np.array([[1000.0, 1001.0], [-1000.0, -1001.0]])  # one common maximum would lose the second
    loss, grad = SoftmaxCrossEntropy()(z, [0, 0])
    small, small_grad = SoftmaxCrossEntropy()([[0.0, 1.0], [0.0, -1.0]], [0, 0])
    assert loss == pytest.approx(small, rel=1e-12)
    assert grad == pytest.approx(small_grad, rel=1e-12)


def test_binary_cross_entropy_by_hand():
    # odds of 3 : 1 for yes, so yes has the probability ¾
    z = np.log(3)
    loss, grad = BinaryCrossEntropy()([[z], [z]], [1, 0])
    assert loss == pytest.approx((np.log(4 / 3) + np.log(4)) / 2)
    assert grad == pytest.approx(np.array([[-0.25], [0.75]]) / 2)
    loss, grad = BinaryCrossEntropy()([[z, 0.0]], [[0.75, 0.5]])  # targets may lie between
    assert grad == pytest.approx(np.zeros((1, 2)), abs=1e-15)
    assert loss == pytest.approx(-0.75 * np.log(0.75) - 0.25 * np.log(0.25) + np.log(2))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_binary_cross_entropy_of_huge_logits_is_finite(dtype):
    z = np.array([[1000.0], [-1000.0]], dtype)
    loss, grad = BinaryCrossEntropy()(z, [0, 1])
    assert loss == 1000
    assert grad.tolist() == [[0.5], [-0.5]]
    assert BinaryCrossEntropy()(z, [1, 0])[0] == 0


def test_two_classes_or_yes_and_no_are_the_same():
    z = np.random.default_rng(0).normal(size=(6, 1))
    labels = np.array([0, 1, 1, 0, 1, 0])
    binary, grad = BinaryCrossEntropy()(z, labels)
    softmax, grads = SoftmaxCrossEntropy()(np.hstack([np.zeros((6, 1)), z]), labels)
    assert binary == pytest.approx(softmax, rel=1e-14)
    assert grad[:, 0] == pytest.approx(grads[:, 1], rel=1e-12)


def test_a_teacher_by_hand():
    # At T = 2 the logits 2 ln 3 and 0 have odds of 3 : 1, and the student's are 1 : 1.
    loss, grad = TeacherCrossEntropy(2)([[5.0, 5.0]], [[2 * np.log(3), 0.0]])
    assert loss == pytest.approx(2**2 * np.log(2))
    assert grad == pytest.approx(np.array([[2 * (0.5 - 0.75), 2 * (0.5 - 0.25)]]))


def test_a_teacher_at_temperature_1_is_a_row_of_probabilities():
    z, teacher = np.random.default_rng(0).normal(size=(2, 6, 3))
    value, grad = TeacherCrossEntropy(1)(z, teacher)
    same, same_grad = SoftmaxCrossEntropy()(z, softmax(teacher))
    assert value == pytest.approx(same, rel=1e-14) and grad == pytest.approx(same_grad, rel=1e-12)


def test_a_teacher_s_gradient_keeps_its_size_at_high_temperatures():
    z, teacher = np.random.default_rng(0).normal(size=(2, 6, 3))
    # Where T is large, T (p − q) tends to the difference of the centred logits over the classes.
    centred = (z - teacher) - (z - teacher).mean(axis=1, keepdims=True)
    grads = [TeacherCrossEntropy(T)(z, teacher)[1] for T in (1e3, 1e4)]
    for grad in grads:
        assert grad == pytest.approx(centred / 3 / 6, rel=0.02)


def test_a_student_who_agrees_with_its_teacher_has_nothing_to_learn():
    teacher = np.random.default_rng(0).normal(size=(6, 3))
    assert TeacherCrossEntropy(3)(teacher + 7, teacher)[1] == pytest.approx(np.zeros((6, 3)))


def test_fit_learns_from_a_teacher():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(50, 2))
    teacher = x @ [[1.0, -2.0, 0.5], [0.0, 3.0, -1.0]]
    student = Network([Dense(2, 3)], rng=rng)
    settings = {"optimizer": SGD(0.5), "epochs": 200, "rng": rng, "progress": False}
    fit(student, x, teacher, loss=TeacherCrossEntropy(2), **settings)
    away = student(x) - teacher
    assert np.abs(away - away.mean(axis=1, keepdims=True)).max() < 0.01  # up to a constant per row
    assert repr(TeacherCrossEntropy(2)) == "TeacherCrossEntropy(2)"


@pytest.mark.parametrize(
    ("temperature", "kind"),
    [(0, ValueError), (-1, ValueError), (np.inf, ValueError), (None, TypeError)],
)
def test_a_temperature_is_a_number_above_0(temperature, kind):
    with pytest.raises(kind, match="temperature must be a number"):
        TeacherCrossEntropy(temperature)


def test_classes():
    assert SoftmaxCrossEntropy().classes(np.array([[1.0, 3, 2]])).tolist() == [1]
    assert BinaryCrossEntropy().classes(np.array([[-0.1], [0.0], [0.1]])).tolist() == [0, 0, 1]
    with pytest.raises(ValueError, match="for one output only, yes or no; got n_out = 2"):
        BinaryCrossEntropy().classes(np.zeros((1, 2)))


def test_targets_at_each_place():
    labels = np.array([[0, 2], [1, 1], [2, 0]])
    rows = SoftmaxCrossEntropy().target_rows(labels, (3, 2), 3, np.float32)
    assert rows.shape == (3, 2, 3) and rows.dtype == np.float32
    assert np.array_equal(rows.argmax(axis=-1), labels)
    assert BinaryCrossEntropy().target_rows(labels // 2, (3, 2), 1, float).shape == (3, 2, 1)
    with pytest.raises(ValueError, match=r"target must have shape \(3, 2\); got \(2, 3\)"):
        SoftmaxCrossEntropy().target_rows(labels.T, (3, 2), 3, float)
    with pytest.raises(ValueError, match=r"target must have shape \(3, 2, 3\); got \(3, 2, 1\)"):
        HalfSquaredError().target_rows(np.ones((3, 2, 1)), (3, 2), 3, float)
    wrong = np.full((3, 2, 2), 0.5)
    wrong[1, 0] = 1
    with pytest.raises(ValueError, match=r"row \(1, 0\) is"):
        SoftmaxCrossEntropy().target_rows(wrong, (3, 2), 2, float)


@pytest.mark.parametrize(
    "loss",
    [HalfSquaredError(), SoftmaxCrossEntropy(), BinaryCrossEntropy(), TeacherCrossEntropy(3)],
    ids=repr,
)
def test_targets_have_the_dtype_that_is_asked_for(loss):
    assert loss.target_rows([[0.0, 1.0], [1.0, 0.0]], 2, 2, np.float32).dtype == np.float32
    if type(loss) is SoftmaxCrossEntropy:
        assert loss.target_rows([0, 1], 2, 2, np.float32).dtype == np.float32
    if isinstance(loss, BinaryCrossEntropy):
        assert loss.target_rows([0, 1], 2, 1, np.float32).dtype == np.float32


@pytest.mark.parametrize(
    "loss",
    [HalfSquaredError(), SoftmaxCrossEntropy(), BinaryCrossEntropy(), TeacherCrossEntropy(3)],
    ids=repr,
)
def test_a_grid_gives_each_network_its_own_loss(loss):
    rng = np.random.default_rng(0)
    z, target = rng.normal(size=(4, 6, 3)), rng.dirichlet(np.ones(3), size=6)
    values, grads = loss(z, target)
    assert values.shape == (4,)
    for k in range(4):
        value, grad = loss(z[k], target)
        assert values[k] == pytest.approx(value, rel=1e-14)
        assert grads[k] == pytest.approx(grad, rel=1e-14)


@pytest.mark.parametrize(
    "loss",
    [HalfSquaredError(), SoftmaxCrossEntropy(), BinaryCrossEntropy(), TeacherCrossEntropy(3)],
    ids=repr,
)
def test_float32_stays_float32(loss):
    value, grad = loss(np.zeros((2, 2), np.float32), np.eye(2))
    assert grad.dtype == np.float32 and np.asarray(value).dtype == np.float32


def test_the_wrong_row_of_probabilities_is_named():
    with pytest.raises(ValueError, match=r"row 1 is \[-0\.5  1\.5\]"):
        SoftmaxCrossEntropy()(np.zeros((2, 2)), [[0.5, 0.5], [-0.5, 1.5]])


def test_ragged_targets_are_named():
    for loss in (HalfSquaredError(), SoftmaxCrossEntropy()):
        with pytest.raises(ValueError, match="target must be a rectangular array of numbers"):
            loss(np.zeros((2, 2)), [[1.0, 0.0], [1.0]])


BAD_CALLS = [
    (
        BinaryCrossEntropy(),
        [[1.0, 2.0]],
        [[0.5, 1.5]],
        ValueError,
        "target must hold numbers from 0 to 1; got 1.5",
    ),
    (
        BinaryCrossEntropy(),
        [[1.0]],
        [2],
        ValueError,
        "target must hold labels 0 to 1; got 2 at index 0",
    ),
    (
        BinaryCrossEntropy(),
        [[1.0, 2.0]],
        [1],
        ValueError,
        "target must have shape (1, 2); got (1,)",
    ),
    (
        HalfSquaredError(),
        [[1.0, 2.0]],
        [[1.0]],
        ValueError,
        "target must have shape (1, 2); got (1, 1)",
    ),
    (
        HalfSquaredError(),
        [1.0, 2.0],
        [1.0, 2.0],
        ValueError,
        "prediction must have shape (…, any, any); got (2,)",
    ),
    (
        HalfSquaredError(),
        [[np.nan]],
        [[1.0]],
        ValueError,
        "prediction must be finite; got nan at index (0, 0)",
    ),
    (
        HalfSquaredError(),
        [[1.0]],
        [[np.inf]],
        ValueError,
        "target must be finite; got inf at index (0, 0)",
    ),
    (
        HalfSquaredError(),
        np.zeros((0, 2)),
        np.zeros((0, 2)),
        ValueError,
        "prediction must not be empty; got shape (0, 2)",
    ),
    (
        HalfSquaredError(),
        [["a"]],
        [[1.0]],
        TypeError,
        "prediction must hold real numbers; got dtype <U1",
    ),
    (
        SoftmaxCrossEntropy(),
        [[0.0, 0.0]],
        [2],
        ValueError,
        "target must hold labels 0 to 1; got 2 at index 0",
    ),
    (
        SoftmaxCrossEntropy(),
        [[0.0, 0.0]],
        [0, 1],
        ValueError,
        "target must have shape (1,); got (2,)",
    ),
    (
        SoftmaxCrossEntropy(),
        [[0.0, 0.0]],
        [0.0],
        TypeError,
        "target must hold integer class labels; got dtype float64",
    ),
    (
        SoftmaxCrossEntropy(),
        [[0.0, 0.0]],
        [[0.5, 0.6]],
        ValueError,
        "target must hold class labels or rows of probabilities that sum to 1; row 0 is [0.5 0.6]",
    ),
    (
        SoftmaxCrossEntropy(),
        [[0.0, 0.0]],
        [[-1.0, 2.0]],
        ValueError,
        "target must hold class labels or rows of probabilities that sum to 1; row 0 is [-1.  2.]",
    ),
    (
        TeacherCrossEntropy(2),
        [[0.0, 0.0]],
        [1],
        ValueError,
        "target must have shape (1, 2); got (1,)",
    ),
    (
        TeacherCrossEntropy(2),
        [[0.0, 0.0]],
        [[0.0, np.inf]],
        ValueError,
        "target must be finite; got inf at index (0, 1)",
    ),
]


@pytest.mark.parametrize(("loss", "prediction", "target", "kind", "message"), BAD_CALLS)
def test_bad_input(loss, prediction, target, kind, message):
    with pytest.raises(kind) as error:
        loss(prediction, target)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([Dense(2, 1)], "needs n_out of 2 or more, one logit a class; got n_out = 1"),
        ([Dense(2, 2), Sigmoid()], "must end with a layer such as Dense; got Sigmoid()"),
    ],
)
def test_cross_entropy_refuses_a_network_that_does_not_end_in_logits(layers, message):
    network = Network(layers, rng=np.random.default_rng(0))
    before = network.theta.copy()
    with pytest.raises(ValueError, match="SoftmaxCrossEntropy") as error:
        fit(
            network,
            np.zeros((3, 2)),
            [0, 0, 0],
            loss=SoftmaxCrossEntropy(),
            optimizer=SGD(1.0),
            epochs=1,
            rng=np.random.default_rng(0),
        )
    assert message in str(error.value)
    assert np.array_equal(network.theta, before)


def test_logits_may_be_flattened_or_averaged_last():
    network = Network([Dense(2, 3), Flatten()], rng=np.random.default_rng(0), input_shape=(4, 2))
    x, settings = np.ones((3, 4, 2)), {"optimizer": SGD(0.1), "epochs": 1}
    rng = np.random.default_rng(0)
    fit(network, x, [0, 5, 11], loss=SoftmaxCrossEntropy(), rng=rng, **settings)
    for last in (Sigmoid(), Tanh(), ReLU(), Dropout(0.5, rng=rng)):
        network = Network([Dense(2, 3), last], rng=rng)
        with pytest.raises(ValueError, match="needs raw logits"):
            fit(network, np.ones((2, 2)), [0, 1], loss=SoftmaxCrossEntropy(), rng=rng, **settings)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_cross_entropy_of_the_largest_logits_is_no_nan(dtype):
    largest = np.finfo(dtype).max
    with np.errstate(over="ignore"):
        loss, grad = SoftmaxCrossEntropy()(np.array([[largest, -largest]], dtype), [0])
    assert loss == 0 and grad.tolist() == [[0, 0]]


def test_classes_are_integers():
    assert BinaryCrossEntropy().classes(np.array([[1.0]])).dtype == np.intp
    assert BinaryCrossEntropy().classes(np.ones((4, 3, 1))).shape == (4, 3)


@pytest.mark.parametrize("n", [1, 31, 32, 100])
@pytest.mark.parametrize("grid", [(), (3,)])
def test_the_largest_of_each_row(n, grid):
    rows = np.random.default_rng(0).normal(size=(*grid, 5, n))
    assert np.array_equal(_largest(rows), rows.max(axis=-1, keepdims=True))


def test_one_overflow_spoils_no_mean():
    largest = np.finfo(float).max
    z = np.array([[largest, -largest], [0.0, 0.0], [0.0, 1.0]])
    with np.errstate(over="ignore"):
        loss, _ = SoftmaxCrossEntropy()(z, [0, 0, 0])
        inverse, _ = SoftmaxCrossEntropy()(z[:2], [[0.0, 1.0], [1.0, 0.0]])
    assert loss == pytest.approx((0 + np.log(2) + np.log(1 + np.e)) / 3)
    assert inverse == np.inf or inverse > 1e307  # and the wrong answer is as dear as can be


def test_the_prediction_keeps_its_dtype_and_integers_become_floats():
    for loss in (HalfSquaredError(), SoftmaxCrossEntropy(), BinaryCrossEntropy()):
        assert loss(np.array([[0, 1]]), [[0.0, 1.0]])[1].dtype == np.float64
        assert loss(np.array([[0, 1]], np.float32), [[0.0, 1.0]])[1].dtype == np.float32


@pytest.mark.parametrize("outside", [-0.5, 1.5])
def test_the_first_number_outside_is_named(outside):
    with pytest.raises(ValueError, match=f"target must hold numbers from 0 to 1; got {outside}"):
        BinaryCrossEntropy()([[0.0, 0.0, 0.0]], [[0.0, 1.0, outside]])


def test_rows_may_miss_one_by_a_little():
    SoftmaxCrossEntropy()([[0.0, 0.0]], [[0.5, 0.50005]])
    with pytest.raises(ValueError, match="rows of probabilities that sum to 1"):
        SoftmaxCrossEntropy()([[0.0, 0.0]], [[0.5, 0.5005]])


def test_half_precision_does_not_overflow():
    rows = np.ones((70_000, 2), np.float16)
    loss, grad = HalfSquaredError()(2 * rows, rows)
    assert loss == 1 and grad.dtype == np.float32
    loss, _ = SoftmaxCrossEntropy()(rows, np.zeros(70_000, int))
    assert loss == pytest.approx(np.log(2))


def test_a_masked_prediction_is_refused():
    with pytest.raises(TypeError, match="prediction must be a plain array"):
        HalfSquaredError()(np.ma.masked_array([[1.0, 5.0]], mask=[[0, 1]]), [[1.0, 1.0]])
