"""Learning-rate schedules: η as a function of the step, given to an optimizer in place of a number.

``SGD(cosine(0.1, steps=1000))`` begins at 0.1 and ends at 0. A schedule is a value like a number:
it can be printed, compared and swept. Chapter 8.
"""

import math
from dataclasses import dataclass

import numpy as np

from nnlib.checks import check_integer, check_number


@dataclass(frozen=True)
class step_decay:
    """Multiply η by `factor` after each `every` steps.

    η(t) = η₁ · factor^⌊(t − 1) / every⌋

    Parameters
    ----------
    learning_rate : float > 0
        η₁, the rate of the first step.
    factor : float in (0, 1]
    every : int

    Raises
    ------
    TypeError, ValueError
        If a setting is not a number or out of its range.
    """

    learning_rate: float
    factor: float
    every: int

    def __post_init__(self):
        check_number("learning_rate", self.learning_rate, low=0, include_low=False)
        check_number("factor", self.factor, low=0, high=1, include_low=False)
        check_integer("every", self.every, low=1)

    def __call__(self, step):
        """Return η of a step, counted from 1."""
        return self.learning_rate * self.factor ** ((step - 1) // self.every)


@dataclass(frozen=True)
class inverse_time:
    """Let η fall as 1 / t: to a half after `half_after` steps.

    η(t) = η₁ / (1 + (t − 1) / half_after)

    Steps that shrink so, but sum to infinity, reach the minimum in spite of noise. Source: Robbins
    & Monro (1951).

    Parameters
    ----------
    learning_rate : float > 0
    half_after : int

    Raises
    ------
    TypeError, ValueError
        If a setting is not a number or out of its range.
    """

    learning_rate: float
    half_after: int

    def __post_init__(self):
        check_number("learning_rate", self.learning_rate, low=0, include_low=False)
        check_integer("half_after", self.half_after, low=1)

    def __call__(self, step):
        """Return η of a step, counted from 1."""
        return self.learning_rate / (1 + (step - 1) / self.half_after)


@dataclass(frozen=True)
class cosine:
    """Let η rise over `warmup` steps and then fall to 0 along half a cosine.

    η(t) = η₁ · t / warmup                                           for t ≤ warmup
    η(t) = η₁ · ½ (1 + cos(π (t − 1 − warmup) / (steps − warmup)))   after that

    and 0 beyond `steps`.

    Source: Loshchilov & Hutter (2017); the warm-up: Goyal et al. (2017).

    Parameters
    ----------
    learning_rate : float > 0
        The highest rate.
    steps : int
        How many steps the run will have.
    warmup : int
        How many of them rise.

    Raises
    ------
    TypeError, ValueError
        If a setting is not a number or out of its range.
    """

    learning_rate: float
    steps: int
    warmup: int = 0

    def __post_init__(self):
        check_number("learning_rate", self.learning_rate, low=0, include_low=False)
        check_integer("steps", self.steps, low=1)
        check_integer("warmup", self.warmup, low=0, high=self.steps - 1)

    def __call__(self, step):
        """Return η of a step, counted from 1."""
        if step <= self.warmup:
            return self.learning_rate * step / self.warmup
        done = min(1, (step - 1 - self.warmup) / (self.steps - self.warmup))
        return self.learning_rate * 0.5 * (1 + math.cos(math.pi * done))


def side_by_side(rates):
    """Return the rates of a grid's networks as one learning rate for an optimizer.

    Parameters
    ----------
    rates : sequence of K numbers and schedules
        One for each network of a grid ``(K,)``.

    Returns
    -------
    numpy.ndarray of shape (K,), or callable
        A schedule, from the step to such an array, if there is a schedule among them.
    """
    if not any(callable(rate) for rate in rates):
        return np.array(rates)
    return lambda step: np.array([rate(step) if callable(rate) else rate for rate in rates])
