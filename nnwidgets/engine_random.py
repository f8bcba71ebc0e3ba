"""The random numbers of the widgets' JavaScript engine, for a run in Python that repeats theirs."""

import numpy as np

from nnlib.checks import check_integer

MASK = 0xFFFFFFFF


class EngineRandom(np.random.Generator):
    """A generator that draws the very numbers of `Random` in ``scripts/shared/engine.js`` (sfc32).

    It offers what the engine and nnlib draw: `random`, `uniform`, `normal`, `standard_normal` and
    `permutation`. All other methods of a NumPy generator raise `NotImplementedError`. It is slow;
    for all else use `numpy.random.default_rng`. A copy goes on where the original stands.

    Parameters
    ----------
    seed : int from 0 to 2³² − 1

    Raises
    ------
    TypeError, ValueError
        If the seed does not fit.
    """

    def __init__(self, seed):
        super().__init__(np.random.PCG64(0))  # never asked: the methods below draw by themselves
        seed = check_integer("seed", seed, low=0, high=MASK)
        self._state = [0x9E3779B9, 0x243F6A88, seed, 1]
        for _ in range(16):
            self._bits()

    def __reduce__(self):
        return EngineRandom, (0,), self._state

    def __getstate__(self):
        return self._state

    def __setstate__(self, state):
        self._state = list(state)

    def __repr__(self):
        return f"<EngineRandom at state {self._state}>"

    __str__ = __repr__

    def _bits(self):
        """Draw 32 bits."""
        a, b, c, count = self._state
        total = (a + b + count) & MASK
        turned = ((c << 21) | (c >> 11)) & MASK
        self._state = [
            b ^ (b >> 9),
            (c + (c << 3)) & MASK,
            (turned + total) & MASK,
            (count + 1) & MASK,
        ]
        return total

    def _uniform(self):
        """Draw a number in [0, 1) with 53 random bits."""
        high, low = self._bits() >> 5, self._bits() >> 6
        return (high * 67108864 + low) / 9007199254740992

    def _fill(self, draw, size):
        if size is None:
            return draw()
        shape = (size,) if np.ndim(size) == 0 else tuple(size)
        return np.array([draw() for _ in range(int(np.prod(shape)))]).reshape(shape)

    def random(self, size=None):
        """Draw from U[0, 1)."""
        return self._fill(self._uniform, size)

    def uniform(self, low=0.0, high=1.0, size=None):
        """Draw from U[low, high)."""
        middle, half = (low + high) / 2, (high - low) / 2
        return self._fill(lambda: middle + half * (2 * self._uniform() - 1), size)

    def normal(self, loc=0.0, scale=1.0, size=None):
        """Draw from a normal distribution (Box & Muller, 1958)."""

        def draw():
            radius = np.sqrt(-2 * np.log(1 - self._uniform()))
            return loc + scale * (radius * np.cos(2 * np.pi * self._uniform()))

        return self._fill(draw, size)

    def standard_normal(self, size=None):
        """Draw from the normal distribution with mean 0 and standard deviation 1."""
        return self.normal(size=size)

    def permutation(self, n):
        """Return 0 … n − 1 in a random order (Fisher & Yates)."""
        order = np.arange(check_integer("n", n, low=0))
        for i in range(n - 1, 0, -1):
            j = int(self._uniform() * (i + 1))
            order[i], order[j] = order[j], order[i]
        return order


def _undefined(name):
    """Return a method that says that there is no such draw."""

    def refuse(self, *arguments, **keywords):
        raise NotImplementedError(
            f"EngineRandom has no {name}: the widgets' engine draws none. Use random, uniform, "
            "normal, standard_normal or permutation, or numpy.random.default_rng"
        )

    return refuse


# What NumPy's own methods would give comes from another generator, the same for every seed.
for _name in dir(np.random.Generator):
    if not _name.startswith("_") and _name not in vars(EngineRandom):
        _refuse = _undefined(_name)
        _is_method = callable(getattr(np.random.Generator, _name))
        setattr(EngineRandom, _name, _refuse if _is_method else property(_refuse))
