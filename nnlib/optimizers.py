"""Optimizers: how the parameters move, given the gradient.

``optimizer.step(theta, grad)`` changes `theta` in place. The vectors hold the parameters of a whole
network, or of a grid of networks; an optimizer need not know which. What it remembers between steps
begins at zero. Chapter 8.
"""

import math

import numpy as np

from nnlib.checks import check_array, check_number

PIECE = 262_144  # about so many numbers of a vector are updated at a time


class Optimizer:
    """What all optimizers share: the learning rate and the memory between steps.

    Parameters
    ----------
    learning_rate : float, array_like of shape (*grid,), or callable
        η > 0, the size of a step. With an array, each network of a grid has its own. A callable
        is a schedule: a function from the number of the step, from 1, to η ≥ 0 (see
        `nnlib.schedules`).

    Raises
    ------
    TypeError, ValueError
        If a setting is not a number or out of its range.
    """

    settings = ()  # the settings besides the learning rate, for `repr`
    memory = ()  # the vectors kept between the steps, by name; all begin at zero
    shrink = None  # what `AdamW` does to the weights before each step

    def __init__(self, learning_rate):
        self.schedule = learning_rate if callable(learning_rate) else None
        if self.schedule:
            learning_rate = self.schedule(1)
        if np.ndim(learning_rate) == 0:
            self.learning_rate = check_number(
                "learning_rate", learning_rate, low=0, include_low=self.schedule is not None
            )
        else:
            rates = check_array("learning_rate", learning_rate)
            if (rates < 0).any() or (not self.schedule and (rates == 0).any()):
                raise ValueError(
                    f"learning_rate must be above 0; got {rates.min()} among the rates"
                )
            # One row of theta for each network of the grid; the caller's array stays the caller's.
            self.learning_rate = rates[..., None].copy()
        self.steps = 0

    def step(self, theta, grad, trainable=None, decaying=None):
        """Move `theta` one step, in place.

        Parameters
        ----------
        theta, grad : numpy.ndarray, shape (*grid, n_parameters)
        trainable : sequence of slice, optional
            Which parts of the last axis may move, as `Network.trainable` tells; all by default.
        decaying : sequence of slice, optional
            Which parts `AdamW` shrinks, as `Network.decaying` tells; all by default.
        """
        if self.steps == 0:
            self.check_fits(theta)
            check_array("grad", grad, shape=theta.shape, finite=False)
            self.shape, self.dtype = theta.shape, theta.dtype
            for name in self.memory:
                setattr(self, name, np.zeros_like(theta))
        if type(grad) is not np.ndarray or grad.dtype is not theta.dtype:  # by hand
            grad = check_array("grad", grad, shape=theta.shape, dtype=theta.dtype, finite=False)
        self.steps += 1
        if self.schedule:
            self._follow_schedule()
        if self.shrink:
            self.shrink(theta, trainable if decaying is None else decaying)
        memory = [getattr(self, name) for name in self.memory]
        if trainable is None and theta.size <= PIECE:
            self.update(self.learning_rate, theta, grad, *memory)
        else:
            for part in (slice(None),) if trainable is None else trainable:
                self._update_in_pieces(*(vector[..., part] for vector in (theta, grad, *memory)))

    def _follow_schedule(self):
        """Take the rate of this step; ValueError if it is negative or not a number."""
        rate = np.asarray(self.schedule(self.steps))
        if (
            rate.shape != np.shape(self.learning_rate)[:-1]
            or not (np.isfinite(rate) & (rate >= 0)).all()
        ):
            raise ValueError(
                f"learning_rate must be 0 or more in each step, of one shape; the schedule gave "
                f"{rate} in step {self.steps}"
            )
        self.learning_rate = rate[..., None] if rate.ndim else float(rate)

    def _update_in_pieces(self, theta, *vectors):
        # Piece by piece, of one network or of the grid: a piece stays in the processor's cache from
        # one line of the formula to the next, which makes a step of Adam about twice as fast.
        length = max(1, PIECE * len(theta) // theta.size)
        for first in range(0, len(theta), length):
            piece = slice(first, first + length)
            rate = self.learning_rate[piece] if np.ndim(self.learning_rate) else self.learning_rate
            self.update(rate, theta[piece], *(vector[piece] for vector in vectors))

    def check_fits(self, theta):
        """Raise an error unless the learning rates and the memory, if any, fit `theta`.

        Raises
        ------
        TypeError
            If `theta` is not an array of floating-point numbers.
        ValueError
            If a shape differs.
        """
        if not isinstance(theta, np.ndarray) or theta.dtype.char not in "dfg":
            raise TypeError(
                "theta must be an array of floating-point numbers, of 32 bits or more, which a "
                "step can change; "
                f"got {theta!r}"
            )
        grid = np.shape(self.learning_rate)[:-1]
        if grid and grid != theta.shape[:-1]:
            raise ValueError(
                f"learning_rate must have the shape of the grid, {theta.shape[:-1]}; got {grid}"
            )
        if self.steps and (self.shape, self.dtype) != (theta.shape, theta.dtype):
            raise ValueError(
                f"optimizer must be a new one for parameters of shape {theta.shape} in "
                f"{theta.dtype}; got {self!r}, used with {self.shape} in {self.dtype} before"
            )

    def finite_memory(self):
        """Return whether what is remembered is finite, for each network of a grid.

        A gradient whose square overflows leaves an infinity behind, and its parameter stands still.
        """
        if not self.steps:
            return np.True_
        vectors = [getattr(self, name) for name in self.memory]
        return np.all([np.isfinite(vector).all(axis=-1) for vector in vectors], axis=0)

    def update(self, rate, theta, grad, *memory):
        """Change `theta` and the `memory` in place: the formula of the optimizer, with η = `rate`.

        The vectors may be whole or a piece of them, as long as each other.
        """
        raise NotImplementedError

    def __repr__(self):
        values = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.settings)
        rate = self.schedule or np.squeeze(self.learning_rate).tolist()
        return f"{type(self).__name__}(learning_rate={rate!r}{', ' + values if values else ''})"


class SGD(Optimizer):
    """Gradient descent: θ ← θ − η g. Stochastic when g comes from a minibatch. Slides 18 and 37."""

    def update(self, rate, theta, grad):
        """θ ← θ − η g."""
        theta -= rate * grad


class Momentum(Optimizer):
    """Gradient descent along a running average of the gradients, in the deck's form.

    v ← λ v − (1 − λ) g
    θ ← θ + η v

    The classical "heavy ball" leaves out the (1 − λ): its rate η′ moves θ as the deck's
    η = η′ / (1 − λ) does. The code keeps v / (1 − λ), which spares it one pass over the parameters.
    Slide 37; chapter 8. Source: Polyak (1964).

    Parameters
    ----------
    learning_rate : float, array_like of shape (*grid,), or callable
    momentum : float in [0, 1)
        λ: how much of the previous velocity stays.

    Attributes
    ----------
    velocity : numpy.ndarray, the shape of theta
        v, after the first step.
    """

    settings = ("momentum",)
    memory = ("buffer",)

    def __init__(self, learning_rate, momentum=0.9):
        super().__init__(learning_rate)
        self.momentum = check_number("momentum", momentum, low=0, high=1, include_high=False)

    @property
    def velocity(self):
        """The running average v, from what the code keeps of it."""
        return (1 - self.momentum) * self.buffer

    def update(self, rate, theta, grad, buffer):
        """With u = v / (1 − λ):  u ← λ u − g;  θ ← θ + η (1 − λ) u."""
        buffer *= self.momentum
        buffer -= grad
        theta += rate * (1 - self.momentum) * buffer


class Nesterov(Optimizer):
    """Momentum that looks ahead: the gradient counts where the velocity is about to lead.

    u ← λ u − η g
    θ ← θ + λ u − η g

    This is the classical form, without the deck's (1 − λ), and `theta` is the point ahead, so that
    the gradient is taken there. Chapter 8. Source: Sutskever et al. (2013), section 2; Bengio,
    Boulanger-Lewandowski & Pascanu (2013), equation 7.

    Parameters
    ----------
    learning_rate : float, array_like of shape (*grid,), or callable
    momentum : float in [0, 1)
        λ: how much of the previous velocity u stays.
    """

    settings = ("momentum",)
    memory = ("velocity",)

    def __init__(self, learning_rate, momentum=0.9):
        super().__init__(learning_rate)
        self.momentum = check_number("momentum", momentum, low=0, high=1, include_high=False)

    def update(self, rate, theta, grad, velocity):
        """u ← λ u − η g;  θ ← θ + λ u − η g."""
        step = rate * grad
        velocity *= self.momentum
        velocity -= step
        theta += self.momentum * velocity
        theta -= step


class RMSProp(Optimizer):
    """Divide each gradient by its own recent size, so that all parameters move at a similar pace.

    s ← β₂ s + (1 − β₂) g²
    θ ← θ − η g / (√s + ε)

    Chapter 8. Source: Tieleman & Hinton (2012), lecture 6.5.

    Parameters
    ----------
    learning_rate : float, array_like of shape (*grid,), or callable
    decay : float in [0, 1)
        β₂: how much of the previous average stays.
    epsilon : float > 0
        ε: keeps the division safe where the gradient is zero.
    """

    settings = ("decay", "epsilon")
    memory = ("square",)

    def __init__(self, learning_rate, decay=0.9, epsilon=1e-8):
        super().__init__(learning_rate)
        self.decay = check_number("decay", decay, low=0, high=1, include_high=False)
        self.epsilon = check_number("epsilon", epsilon, low=0, include_low=False)

    def update(self, rate, theta, grad, square):
        """s ← β₂ s + (1 − β₂) g²;  θ ← θ − η g / (√s + ε)."""
        square *= self.decay
        square += (1 - self.decay) * grad**2
        theta -= rate * grad / (np.sqrt(square) + self.epsilon)


class Adam(Optimizer):
    """Momentum and RMSProp together, both corrected for their start at zero.

    m ← β₁ m + (1 − β₁) g,     m̂ = m / (1 − β₁ᵗ)
    s ← β₂ s + (1 − β₂) g²,    ŝ = s / (1 − β₂ᵗ)
    θ ← θ − η m̂ / (√ŝ + ε)

    Chapter 8. Source: Kingma & Ba (2015), algorithm 1.

    Parameters
    ----------
    learning_rate : float, array_like of shape (*grid,), or callable
    beta1, beta2 : float in [0, 1)
        How much of the previous averages of g and g² stays.
    epsilon : float > 0
        ε: keeps the division safe where the gradient is zero.
    """

    settings = ("beta1", "beta2", "epsilon")
    memory = ("mean", "square")

    def __init__(self, learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8):
        super().__init__(learning_rate)
        self.beta1 = check_number("beta1", beta1, low=0, high=1, include_high=False)
        self.beta2 = check_number("beta2", beta2, low=0, high=1, include_high=False)
        self.epsilon = check_number("epsilon", epsilon, low=0, include_low=False)

    def update(self, rate, theta, grad, mean, square):
        """Apply the three lines above; √ŝ = √s / √(1 − β₂ᵗ), so no corrected vector is needed."""
        # Term by term in the same two vectors: fresh memory for each can take as long as the sums.
        term = (1 - self.beta1) * grad
        mean *= self.beta1
        mean += term
        np.square(grad, out=term)
        term *= 1 - self.beta2
        square *= self.beta2
        square += term
        correct1 = 1 - self.beta1**self.steps
        correct2 = math.sqrt(1 - self.beta2**self.steps)
        root = np.sqrt(square, out=term)
        root += self.epsilon * correct2
        step = rate * (correct2 / correct1) * mean
        step /= root
        theta -= step


class AdamW(Adam):
    """Adam, and before each step all weights shrink by the same share: decoupled weight decay.

    θ ← (1 − η α) θ   for weights, not for biases; then as `Adam`

    In Adam itself a decay that is added to the gradient, as `fit` adds it, is divided by √ŝ too, so
    that weights with large gradients hardly decay. Each layer says which of its parameters decay
    (`Layer.decaying_parameters`). Chapter 8. Source: Loshchilov & Hutter (2019), algorithm 2, with
    α scaled by η as in PyTorch.

    Parameters
    ----------
    learning_rate, beta1, beta2, epsilon
        As for `Adam`.
    weight_decay : float ≥ 0
        α.
    """

    settings = (*Adam.settings, "weight_decay")

    def __init__(
        self, learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8, weight_decay=0.01
    ):
        super().__init__(learning_rate, beta1, beta2, epsilon)
        self.weight_decay = check_number("weight_decay", weight_decay, low=0)

    def shrink(self, theta, decaying):
        """θ ← (1 − η α) θ, for the slices that decay."""
        for part in [slice(None)] if decaying is None else decaying:
            theta[..., part] *= 1 - self.learning_rate * self.weight_decay
