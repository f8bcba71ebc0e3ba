"""The gradient check finds wrong gradients, and leaves everything as it was."""

import warnings

import numpy as np
import pytest

from nnlib import (
    Adam,
    Dense,
    HalfSquaredError,
    Network,
    Sigmoid,
    SoftmaxCrossEntropy,
    Tanh,
    check_gradients,
    fit,
    numerical_gradient,
)
from nnlib.gradcheck import relative_error


def rng(seed=0):
    return np.random.default_rng(seed)


class MissingTranspose(Dense):
    def backward(self, grad, input_grad=True):
        super().backward(grad)
        return grad @ self.W


class Adding(Dense):
    def backward(self, grad, input_grad=True):
        self.dW += self.x.T @ grad
        self.db += grad.sum(axis=0)
        return grad @ self.W.T


class Unwritten(Dense):
    def backward(self, grad, input_grad=True):
        self.dW[...] = self.x.T @ grad
        return grad @ self.W.T


class ForgottenBias(Dense):
    def backward(self, grad, input_grad=True):
        result = super().backward(grad, input_grad)
        self.db[...] = 0
        return result


class FactorTwo(Sigmoid):
    def backward(self, grad, input_grad=True):
        return 2 * super().backward(grad)


class ForgottenSum(HalfSquaredError):
    def compute(self, prediction, target):
        loss, grad = super().compute(prediction, target)
        return loss, grad * len(prediction)  # as if the loss were the sum over the batch


def errors(middle, loss=None):
    network = Network([Dense(3, 3), *middle, Dense(3, 2)], rng=rng())
    network.theta[...] += 0.1
    x, target = rng(1).normal(size=(4, 3)), rng(2).normal(size=(4, 2))
    return check_gradients(network, loss or HalfSquaredError(), x, target)


def test_a_right_gradient_passes():
    assert max(errors([Sigmoid(), Dense(3, 3)]).values()) < 1e-8


@pytest.mark.parametrize(
    ("middle", "loss", "wrong"),
    [
        ([MissingTranspose(3, 3)], None, {"layers[0].W", "layers[0].b", "x"}),
        ([ForgottenBias(3, 3)], None, {"layers[1].b"}),
        ([FactorTwo()], None, {"layers[0].W", "layers[0].b", "x"}),
        ([], ForgottenSum(), {"layers[0].W", "layers[0].b", "layers[1].W", "layers[1].b", "x"}),
    ],
    ids=["missing transpose", "forgotten bias", "factor 2", "sum for mean"],
)
def test_a_planted_wrong_gradient_is_caught_where_it_is(middle, loss, wrong):
    found = errors(middle, loss)
    assert {name for name, error in found.items() if error > 1e-2} == wrong
    assert all(error < 1e-7 for name, error in found.items() if name not in wrong)


def test_the_network_and_the_data_are_left_as_they_were():
    network = Network([Dense(3, 2)], rng=rng())
    x, target = rng(1).normal(size=(4, 3)), [0, 1, 1, 0]
    network.grad = rng(2).normal(size=8)
    theta, grad, samples = network.theta.copy(), network.grad.copy(), x.copy()
    check_gradients(network, SoftmaxCrossEntropy(), x, target)
    assert np.array_equal(network.theta, theta)
    assert np.array_equal(network.grad, grad)
    assert np.array_equal(x, samples)


def test_frozen_layers_are_checked_too():
    network = Network([ForgottenBias(3, 2), Sigmoid(), Dense(2, 2)], rng=rng())
    network.freeze()
    found = check_gradients(network, HalfSquaredError(), np.ones((2, 3)), np.zeros((2, 2)))
    assert {name for name, error in found.items() if error > 1e-2} == {"layers[0].b"}
    assert network.trainable == ()


def deep_sigmoids(wrong=Sigmoid, depth=10):
    """Return the errors of a network whose first gradients all but vanish."""
    layers = [Dense(4, 4)]
    for _ in range(depth - 1):
        layers += [Sigmoid(), Dense(4, 4)]
    layers[1] = wrong()
    network = Network(layers, rng=rng())
    x, target = rng(1).normal(size=(5, 4)), rng(2).normal(size=(5, 4))
    return check_gradients(network, HalfSquaredError(), x, target)


@pytest.mark.filterwarnings("error")
def test_a_right_gradient_that_is_small_passes_on_an_absolute_scale():
    assert max(deep_sigmoids(depth=8).values()) < 1e-7


@pytest.mark.filterwarnings("error")
def test_a_wrong_gradient_that_is_small_is_still_caught():
    found = deep_sigmoids(FactorTwo, depth=5)
    assert {name for name, error in found.items() if error > 1e-4} == {
        "layers[0].W",
        "layers[0].b",
        "x",
    }


@pytest.mark.parametrize("depth", [10, 20])
def test_a_gradient_that_drowns_in_rounding_has_no_verdict(depth):
    with pytest.warns(RuntimeWarning, match=r"no verdict on layers\[0\]\.W, layers\[0\]\.b, "):
        found = deep_sigmoids(depth=depth)
    assert max(found.values()) < 1e-7  # and it is not called wrong


class Forgotten(Dense):
    def backward(self, grad, input_grad=True):
        result = super().backward(grad)
        self.dW[...] = self.db[...] = 0
        return result


def test_a_forgotten_gradient_does_not_pass_because_it_is_zero():
    assert min(errors([Forgotten(3, 3)])[f"layers[1].{name}"] for name in "Wb") > 1e-2
    layers = [Forgotten(4, 4)]
    for _ in range(13):
        layers += [Sigmoid(), Dense(4, 4)]
    x, target = rng(1).normal(size=(5, 4)), rng(2).normal(size=(5, 4))
    with pytest.warns(RuntimeWarning, match=r"no verdict on layers\[0\]\.W, "):
        check_gradients(Network(layers, rng=rng()), HalfSquaredError(), x, target)


@pytest.mark.parametrize("epochs", [1, 200, 2000])
def test_a_right_network_is_not_called_wrong_once_it_is_trained(epochs):
    x, labels = rng(1).normal(size=(20, 3)), rng(2).integers(2, size=20)
    network = Network([Dense(3, 16), Tanh(), Dense(16, 2)], rng=rng())
    settings = {"loss": SoftmaxCrossEntropy(), "optimizer": Adam(0.05), "rng": rng()}
    fit(network, x, labels, epochs=epochs, **settings)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # there may be no verdict
        found = check_gradients(network, SoftmaxCrossEntropy(), x, labels)
    assert max(found.values()) < 1e-6


def test_a_network_that_diverged_is_refused():
    network = Network([Dense(2, 2)], rng=rng())
    network.theta[0] = np.nan
    with pytest.raises(ValueError, match="must have finite parameters; got NaN"):
        check_gradients(network, HalfSquaredError(), np.ones((1, 2)), np.ones((1, 2)))


def test_a_function_may_return_its_input_or_keep_it():
    assert np.array_equal(numerical_gradient(lambda x: x, np.ones(3)).round(9), np.eye(3))
    assert numerical_gradient(lambda x: x[:2], np.ones(3)).shape == (2, 3)
    seen = []
    numerical_gradient(lambda x: seen.append(x) or x.sum(), np.ones(1))
    assert [x[0] for x in seen] == [1 + 1e-5, 1 - 1e-5]


@pytest.mark.parametrize("scale", [1e-200, 1.0, 1e200])
def test_relative_errors_squares_neither_overflow_nor_underflow(scale):
    assert relative_error([3.0 * scale, 0], [0, 4.0 * scale]) == pytest.approx(5 / 7)


def test_relative_error_has_a_floor():
    assert relative_error([1e-12], [2e-12], floor=1e-5) == pytest.approx(1e-7)
    assert relative_error([1.0], [2.0], floor=1e-5) == pytest.approx(1 / 3)


def test_numerical_gradient_of_numbers_vectors_and_matrices():
    assert numerical_gradient(lambda x: x**2, 3.0) == pytest.approx(6)
    assert numerical_gradient(lambda x: (x**3).sum(), [1.0, 2.0]) == pytest.approx([3, 12])
    A = rng().normal(size=(2, 3))
    assert numerical_gradient(lambda x: (A * x).sum(), np.ones((2, 3))) == pytest.approx(A)
    # a function with several values, as the losses of a grid: one gradient for each
    slopes = numerical_gradient(lambda x: np.array([x.sum(), 2 * x.sum()]), np.ones(3))
    assert slopes == pytest.approx(np.array([[1, 1, 1], [2, 2, 2]]))


def test_the_error_of_central_differences_falls_with_epsilon_squared():
    coarse, fine = (abs(numerical_gradient(np.exp, 1.0, e) - np.e) for e in (1e-2, 1e-3))
    assert coarse / fine == pytest.approx(100, rel=1e-3)


def test_relative_error():
    assert relative_error([0, 0], [0, 0]) == 0
    assert relative_error([3.0, 4.0], [3.0, 4.0]) == 0
    assert relative_error([1.0], [-1.0]) == 1
    assert relative_error([1.0], [2.0]) == pytest.approx(1 / 3)


def test_a_network_and_a_loss_are_asked_for():
    with pytest.raises(TypeError, match="network must be a Network; got int"):
        check_gradients(5, HalfSquaredError(), [[1.0]], [[1.0]])
    with pytest.raises(TypeError, match="loss must be a loss such as"):
        check_gradients(Network([Dense(1, 1)], rng=rng()), HalfSquaredError, [[1.0]], [[1.0]])


def test_bad_input():
    with pytest.raises(ValueError, match=r"epsilon must be a number in \(0, inf\); got 0"):
        numerical_gradient(np.sum, [1.0], epsilon=0)
    for settings in ({"grid": (2,)}, {"dtype": np.float32}):
        network = Network([Dense(2, 2)], rng=rng(), **settings)
        with pytest.raises(ValueError, match="must be a single network in float64"):
            check_gradients(network, HalfSquaredError(), np.ones((1, 2)), np.ones((1, 2)))
    network = Network([Dense(2, 2)], rng=rng())
    with pytest.raises(ValueError, match=r"x must have shape \(any, 2\); got \(1, 5\)"):
        check_gradients(network, HalfSquaredError(), np.ones((1, 5)), np.ones((1, 2)))


@pytest.mark.parametrize("x", [1e6, 1e9])
def test_the_step_is_the_one_that_was_really_taken(x):
    assert numerical_gradient(lambda x: x, x) == 1


def test_a_step_that_is_lost_is_refused():
    with pytest.raises(ValueError, match="epsilon must change x; got 1e-05, lost beside"):
        numerical_gradient(np.sum, [1.0, 1e12])


def test_relative_error_of_integers_and_shapes():
    assert relative_error(np.int8([-128]), np.int8([0])) == 1
    with pytest.raises(ValueError, match=r"b must have the shape of a, \(3, 1\); got \(3,\)"):
        relative_error(np.ones((3, 1)), np.ones(3))


def test_unsigned_values_do_not_wrap():
    slope = numerical_gradient(lambda x: np.uint8(x[0] < 1), np.ones(1))
    assert slope == pytest.approx(-0.5e5)


def test_a_gradient_that_is_exactly_zero_is_right_without_a_word():
    network = Network([Dense(2, 2)], rng=rng())
    x = np.zeros((3, 2))  # no weight has an effect
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = check_gradients(network, HalfSquaredError(), x, np.ones((3, 2)))
    assert found["layers[0].W"] == 0


def test_the_warning_says_why_there_is_no_verdict():
    with pytest.warns(RuntimeWarning) as said:
        deep_sigmoids(depth=20)
    assert str(said[0].message).endswith(
        ": these gradients are too small beside the errors of the numerical ones"
    )


@pytest.mark.parametrize("epsilon", [1e-4, 1e-6])
def test_the_nudge_is_the_callers(epsilon):
    seen = []

    class Seen(HalfSquaredError):
        def compute(self, prediction, target):
            seen.append(prediction[0, 0])
            return super().compute(prediction, target)

    network = Network([Dense(1, 1)], rng=rng())
    network.theta = [1, 0]
    check_gradients(network, Seen(), [[1.0]], [[0.0]], epsilon)
    nudges = {round(abs(value - 1) / epsilon, 3) for value in seen}
    assert nudges == {0.0, 1.0, 2.0}


@pytest.mark.parametrize(("a", "b"), [(1e300, 1e-300), (1e-300, 1e300), (1e300, -1e300)])
def test_relative_error_of_numbers_of_very_different_sizes(a, b):
    assert relative_error([a], [b]) == pytest.approx(1)


def test_relative_error_of_nothing_and_of_a_floor_alone():
    assert relative_error([], []) == 0
    assert relative_error([1e-300], [0.0], floor=1e300) == 0


@pytest.mark.parametrize(("kind", "name"), [(Adding, "W"), (Unwritten, "b")])
def test_gradients_that_are_added_or_left_out_are_refused(kind, name):
    network = Network([kind(2, 2)], rng=rng())
    x, target = rng(1).normal(size=(4, 2)), np.array([0, 1, 1, 0])
    right = Network([Dense(2, 2)], rng=rng())
    right.backward(SoftmaxCrossEntropy()(right.forward(x), target)[1])
    network.grad = right.grad  # what is there already must not count
    message = rf"backward must write .* for layers\[0\]\.{name}"
    with pytest.raises(ValueError, match=message):
        check_gradients(network, SoftmaxCrossEntropy(), x, target)
