"""Recurrence: layers that read a sequence step by step and carry a state from one to the next.

A sequence has the shape (steps, features). At each step the same weights take in what comes and
what was; so a recurrent layer is one `Dense` layer after another, as many as there are steps, that
share their parameters. The loop over time is the only loop.
"""

import numpy as np

from nnlib.checks import check_array, check_callable, check_integer, check_number
from nnlib.initializers import glorot_uniform, orthogonal
from nnlib.layers import Layer


class Recurrence(Layer):
    """What `RNN` and `LSTM` share: x W for all steps at once, the loop over time, and the way back.

    Each writes `_step`, which turns the weighted sums of one step and the state before it into the
    state after it, and `_step_back`. A state has the shape (n_states, *grid, batch, n_out); its
    first part is the layer's output. Before the first step it is 0.

    Parameters
    ----------
    n_in, n_out : int
        How many features come in at each step, and how many numbers a state holds.
    last : bool, optional
        Whether the last state alone comes out, shape (n_out,), or all, shape (steps, n_out).
    truncation : int, optional
        The gradient goes no further back than to the beginning of a piece of so many steps; the
        states do. Without, it goes all the way. Source: Williams & Peng (1990).
    initializer : callable, optional
        Draws `W`, as for ``Dense(n_in, n_out)``.
    recurrent_initializer : callable, optional
        Draws `V`, as for ``Dense(n_out, n_out)``: by default orthogonal.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described, or no sequences with `n_in` features come in.
    """

    settings = ("n_in", "n_out", "last", "truncation")
    remembers = ("x", "z", "states")
    parts = 1  # how many weighted sums there are for each number of the state
    n_states = 1

    def __init__(
        self,
        n_in,
        n_out,
        *,
        last=False,
        truncation=None,
        initializer=glorot_uniform,
        recurrent_initializer=orthogonal,
    ):
        self.n_in = check_integer("n_in", n_in, low=1)
        self.n_out = check_integer("n_out", n_out, low=1)
        if not isinstance(last, bool):
            raise TypeError(f"last must be True or False; got {last!r}")
        self.last = last
        self.truncation = truncation
        if truncation is not None:
            self.truncation = check_integer("truncation", truncation, low=1)
        self.initializer = check_callable("initializer", initializer)
        self.recurrent_initializer = check_callable("recurrent_initializer", recurrent_initializer)

    def parameter_shapes(self):
        """Return the shapes of `W`, for what comes in, `V`, for what was, and `b`."""
        sums = self.parts * self.n_out
        return {"W": (self.n_in, sums), "V": (self.n_out, sums), "b": (sums,)}

    def output_shape(self, shape):
        """Return (n_out,) or (steps, n_out); ValueError unless sequences of `n_in` come in."""
        if len(shape) != 2 or shape[-1] != self.n_in:
            raise ValueError(f"{self!r} takes sequences of shape (steps, {self.n_in}); got {shape}")
        return (self.n_out,) if self.last else (shape[0], self.n_out)

    def initialize(self, rng, grid):
        """Draw each part of `W` and `V` from its initializer, and set `b` to zero."""
        n = self.n_out
        for k in range(self.parts):
            part = slice(k * n, (k + 1) * n)
            for name, draw, n_in in (
                ("W", self.initializer, self.n_in),
                ("V", self.recurrent_initializer, n),
            ):
                weights = check_array(
                    "the initializer's weights",
                    draw(rng, n_in, n, grid),
                    shape=(*grid, n_in, n),
                    dtype=self.W.dtype,
                )
                getattr(self, name)[..., part] = weights
        self.b[...] = 0

    def forward(self, x, training=False):
        """Return the states of all steps, or the last."""
        self.x = _rows(np.moveaxis(x, -2, 0))
        z = np.matmul(self.x, self._scaled(self.W))
        z += self._scaled(self.b)[..., None, :]
        self.z, V = _steps(z, x.shape[-2]), self._scaled(self.V)
        n_steps, *leading, _ = self.z.shape
        # states[t] is what step t finds, states[t + 1] what it leaves.
        self.states = np.zeros((n_steps + 1, self.n_states, *leading, self.n_out), z.dtype)
        for t, sums in enumerate(self.z):
            if t:
                sums += np.matmul(self.states[t, 0], V)
            self._step(sums, self.states[t], self.states[t + 1])
        return self.states[-1, 0] if self.last else np.moveaxis(self.states[1:, 0], 0, -2)

    def backward(self, grad, input_grad=True):
        """Write `dW`, `dV` and `db`, going back through time; return ∂L/∂x."""
        n_steps, V = len(self.z), self.V.mT
        delta = np.empty_like(self.z)  # ∂L/∂z
        later = np.zeros_like(self.states[0])  # ∂L/∂state
        for t in reversed(range(n_steps)):
            if not self.last:
                later[0] += grad[..., t, :]
            elif t == n_steps - 1:
                later[0] = grad
            self._step_back(later, self.z[t], self.states[t], self.states[t + 1], delta[t])
            if self.truncation and t % self.truncation == 0:
                later[...] = 0
            elif t:
                np.matmul(delta[t], V, out=later[0])
        delta = _rows(delta)
        if not self._frozen:
            np.matmul(self.x.mT, delta, out=self.dW)
            np.matmul(_rows(self.states[:-1, 0]).mT, delta, out=self.dV)
            np.matmul(np.ones(delta.shape[-2], delta.dtype), delta, out=self.db)
        if not input_grad:
            return None
        return np.moveaxis(_steps(np.matmul(delta, self.W.mT), n_steps), 0, -2)

    def _scaled(self, weights):
        """Return weights as the sums need them; see `LSTM`."""
        return weights

    def step(self, x, state=None):
        """Take one more step, outside training: to write on where a sequence ends.

        Parameters
        ----------
        x : array_like, shape (batch, n_in) or (*grid, batch, n_in)
        state : numpy.ndarray, shape (n_states, *grid, batch, n_out), optional
            What the last call returned; without, 0 as before the first step.

        Returns
        -------
        output : numpy.ndarray, shape (*grid, batch, n_out)
        state : numpy.ndarray, shape (n_states, *grid, batch, n_out)
            For the next call.

        Raises
        ------
        TypeError, ValueError
            If `x` or `state` has the wrong shape, or holds NaN or infinity.
        """
        x = check_array("x", x, shape=(..., None, self.n_in), dtype=self.W.dtype)
        sums = np.matmul(x, self._scaled(self.W)) + self._scaled(self.b)[..., None, :]
        shape = (self.n_states, *sums.shape[:-1], self.n_out)
        before = np.zeros(shape, sums.dtype)
        if state is not None:
            before = check_array("state", state, shape=shape, dtype=sums.dtype)
        sums += np.matmul(before[0], self._scaled(self.V))
        after = np.empty_like(before)
        self._step(sums, before, after)
        return after[0].copy(), after


class RNN(Recurrence):
    """A plain recurrent layer: the new state is a squashed sum of what comes and what was.

    Forward:   h_t = tanh(x_t W + h_(t−1) V + b),   h_0 = 0
    Backward:  δ_t = (g_t + δ_(t+1) Vᵀ) (1 − h_t²),   ∂L/∂W = Σ over t of x_tᵀ δ_t,
               ∂L/∂V = Σ of h_(t−1)ᵀ δ_t,   ∂L/∂b = Σ of δ_t,   ∂L/∂x_t = δ_t Wᵀ

    Each factor Vᵀ (1 − h²) shrinks the gradient or makes it larger, once a step: chapter 5 again.
    Slide 39; chapter 12. Source: Elman (1990). Parameters and errors as for `Recurrence`.
    """

    def _step(self, sums, before, after):
        np.tanh(sums, out=after[0])

    def _step_back(self, later, sums, before, after, delta):
        np.multiply(later[0], 1 - after[0] * after[0], out=delta)


class LSTM(Recurrence):
    """Long short-term memory: a cell that gates let in, keep and let out.

    Forward:   i = σ(x W_i + h V_i + b_i), and so f and o;   u = tanh(x W_u + h V_u + b_u), with the
               h of the step before;   c ← f c + i u,   h ← o tanh(c);   both begin at 0
    Backward:  through h and c; along the cell ∂L/∂c_(t−1) = ∂L/∂c_t · f: only the gate is there

    `W`, `V` and `b` hold the parts for i, f, u and o side by side, `n_out` columns each:
    ``layer.part("f")`` is the slice for the forget gate, ``layer.b[layer.part("f")]`` its biases.
    Slide 39; chapter 12. Source: Hochreiter & Schmidhuber (1997), without the forget gate; Gers,
    Schmidhuber & Cummins (2000), with it.

    Parameters
    ----------
    forget_bias : float, optional
        The first bias of the forget gates: by default 1, so that the cell keeps about 0.73 of its
        content a step. Source: Jozefowicz, Zaremba & Sutskever (2015).
    n_in, n_out, last, truncation, initializer, recurrent_initializer
        As for `Recurrence`.

    Raises
    ------
    TypeError, ValueError
        As for `Recurrence`.
    """

    settings = (*Recurrence.settings, "forget_bias")
    parts = 4
    n_states = 2

    def __init__(self, n_in, n_out, *, forget_bias=1.0, **settings):
        super().__init__(n_in, n_out, **settings)
        self.forget_bias = check_number("forget_bias", forget_bias)

    def part(self, gate):
        """Return the slice of `gate`, one of "i", "f", "u" and "o", in the last axis of W, V, b."""
        if gate not in ("i", "f", "u", "o"):
            raise ValueError(f'gate must be "i", "f", "u" or "o"; got {gate!r}')
        k = "ifuo".index(gate)
        return slice(k * self.n_out, (k + 1) * self.n_out)

    def bind(self, parameters, gradients):
        """Take note of which sums go through a sigmoid: all but those of u."""
        # σ(z) = ½ tanh(½ z) + ½: with a factor before and after, one tanh serves all four.
        self.factor = np.full(self.parts * self.n_out, 0.5, parameters["b"].dtype)
        self.factor[self.part("u")] = 1
        self.shift = 1 - self.factor

    def _scaled(self, weights):
        return weights * self.factor

    def initialize(self, rng, grid):
        """Draw `W` and `V`; set `b` to zero, but for the forget gates."""
        super().initialize(rng, grid)
        self.b[..., self.part("f")] = self.forget_bias

    def _step(self, sums, before, after):
        np.tanh(sums, out=sums)
        sums *= self.factor
        sums += self.shift  # now these are the gates, and stay so for the way back
        i, f, u, o = self._split(sums)
        np.multiply(f, before[1], out=after[1])
        after[1] += i * u
        np.multiply(o, np.tanh(after[1]), out=after[0])

    def _step_back(self, later, gates, before, after, delta):
        i, f, u, o = self._split(gates)
        squashed = np.tanh(after[1])
        later[1] += later[0] * o * (1 - squashed * squashed)
        of_i, of_f, of_u, of_o = self._split(delta)
        np.multiply(later[1], u, out=of_i)
        np.multiply(later[1], before[1], out=of_f)
        np.multiply(later[1], i, out=of_u)
        np.multiply(later[0], squashed, out=of_o)
        slope = gates * (1 - gates)
        np.subtract(1, u * u, out=slope[..., self.part("u")])
        delta *= slope
        later[1] *= f

    def _split(self, sums):
        n = self.n_out
        return sums[..., :n], sums[..., n : 2 * n], sums[..., 2 * n : 3 * n], sums[..., 3 * n :]


def _rows(steps):
    """Lay steps, (steps, *grid, batch, n), under one another: (*grid, steps · batch, n)."""
    return np.moveaxis(steps, 0, -3).reshape(*steps.shape[1:-2], -1, steps.shape[-1])


def _steps(rows, n_steps):
    """Undo `_rows`."""
    rows = rows.reshape(*rows.shape[:-2], n_steps, -1, rows.shape[-1])
    return np.moveaxis(rows, -3, 0)
