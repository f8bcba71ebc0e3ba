"""Learning-rate schedules: η as a function of the step, given to an optimizer in place of a number.

``SGD(cosine(0.1, steps=1000))`` begins at 0.1 and ends at 0. Chapter 8.
"""

import math

from nnlib.checks import check_integer, check_number


def step_decay(learning_rate, factor, every):
    """Return a schedule that multiplies η by `factor` after each `every` steps.

    η(t) = η₁ · factor^⌊(t − 1) / every⌋

    Parameters
    ----------
    learning_rate : float > 0
        η₁, the rate of the first step.
    factor : float in (0, 1]
    every : int

    Returns
    -------
    callable
        From the step, counted from 1, to η.
    """
    learning_rate = check_number("learning_rate", learning_rate, low=0, include_low=False)
    factor = check_number("factor", factor, low=0, high=1, include_low=False)
    every = check_integer("every", every, low=1)
    return lambda step: learning_rate * factor ** ((step - 1) // every)


def inverse_time(learning_rate, half_after):
    """Return a schedule that falls as 1 / t: to a half after `half_after` steps.

    η(t) = η₁ / (1 + (t − 1) / half_after)

    Steps that shrink so, but sum to infinity, reach the minimum in spite of noise. Source: Robbins
    & Monro (1951).

    Parameters
    ----------
    learning_rate : float > 0
    half_after : int

    Returns
    -------
    callable
    """
    learning_rate = check_number("learning_rate", learning_rate, low=0, include_low=False)
    half_after = check_integer("half_after", half_after, low=1)
    return lambda step: learning_rate / (1 + (step - 1) / half_after)


def cosine(learning_rate, steps, warmup=0):
    """Return a schedule that rises over `warmup` steps and then falls to 0 along half a cosine.

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

    Returns
    -------
    callable
    """
    learning_rate = check_number("learning_rate", learning_rate, low=0, include_low=False)
    steps = check_integer("steps", steps, low=1)
    warmup = check_integer("warmup", warmup, low=0, high=steps - 1)

    def rate(step):
        if step <= warmup:
            return learning_rate * step / warmup
        done = min(1, (step - 1 - warmup) / (steps - warmup))
        return learning_rate * 0.5 * (1 + math.cos(math.pi * done))

    return rate
