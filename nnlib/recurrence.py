"""Recurrence: layers that read a sequence step by step and carry a state from one to the next.

A sequence has the shape (steps, features). At each step the same weights take in what comes and
what was; so a recurrent layer is one `Dense` layer after another, as many as there are steps, that
share their parameters. The loop over time is the only loop.
"""

import numpy as np

from nnlib.checks import check_array, check_callable, check_integer, check_number
from nnlib.initializers import glorot_uniform, orthogonal
from nnlib.layers import Layer, fold


class Recurrence(Layer):
    """What `RNN` and `LSTM` share: x W for all steps at once, the loop over time, and the way back.

    Each writes `_step`, which takes the weighted sums of one step and the state before it, and
    `_step_back`. A state is a tuple of arrays, shape (*grid, batch, n_out); its first one is the
    layer's output. Before the first step all are 0.

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
    remembers = ("x", "steps")
    parts = 1  # how many weighted sums there are for each number of the state

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
                weights = check_array("the initializer's weights", draw(rng, n_in, n, grid))
                getattr(self, name)[..., part] = weights
        self.b[...] = 0

    def forward(self, x, training=False):
        """Return the states of all steps, or the last."""
        self.x, state, self.steps = x, None, []
        z = np.matmul(fold(x, x.shape[-2:-1]), self.W)
        z += self.b[..., None, :]
        z = z.reshape(*z.shape[:-2], -1, *x.shape[-2:-1], z.shape[-1])
        z = np.moveaxis(z, -2, 0).copy()  # what belongs to one step lies together
        for sums in z:
            if state is not None:
                sums += np.matmul(state[0], self.V)
            state, remembered = self._step(sums, state)
            self.steps.append((state, remembered))
        if self.last:
            return state[0]
        return np.stack([of_step[0] for of_step, _ in self.steps], axis=-2)

    def backward(self, grad, input_grad=True):
        """Write `dW`, `dV` and `db`, going back through time; return ∂L/∂x."""
        n_steps, V = len(self.steps), self.V.mT
        delta = np.empty((n_steps, *self.steps[0][0][0].shape[:-1], self.V.shape[-1]), grad.dtype)
        later = None  # ∂L/∂state, from what comes after
        for t in reversed(range(n_steps)):
            of_output = grad[..., t, :] if not self.last else grad if t == n_steps - 1 else 0
            state, remembered = self.steps[t]
            before = self.steps[t - 1][0] if t else None
            later = self._step_back(of_output, later, state, before, remembered, delta[t])
            if self.truncation and t % self.truncation == 0:
                later = None
            elif t:
                later = (np.matmul(delta[t], V), *later)
        delta = np.moveaxis(delta, 0, -2)
        rows = fold(np.ascontiguousarray(delta), (n_steps,))
        if not self._frozen:
            self._write_gradients(delta, rows, n_steps)
        if not input_grad:
            return None
        grad_x = np.matmul(rows, self.W.mT)
        return grad_x.reshape(*delta.shape[:-1], self.n_in)

    def _write_gradients(self, delta, rows, n_steps):
        np.matmul(fold(self.x, (n_steps,)).mT, rows, out=self.dW)
        np.matmul(np.ones(rows.shape[-2], rows.dtype), rows, out=self.db)
        if n_steps == 1:
            self.dV[...] = 0
            return
        before = np.stack([state[0] for state, _ in self.steps[:-1]], axis=-2)
        after = np.ascontiguousarray(delta[..., 1:, :])
        steps = (n_steps - 1,)
        np.matmul(fold(before, steps).mT, fold(after, steps), out=self.dV)

    def step(self, x, state=None):
        """Take one more step, outside training: to write on where a sequence ends.

        Parameters
        ----------
        x : array_like, shape (batch, n_in) or (*grid, batch, n_in)
        state : tuple of numpy.ndarray, optional
            What the last call returned; without, 0 as before the first step.

        Returns
        -------
        output : numpy.ndarray, shape (*grid, batch, n_out)
        state : tuple of numpy.ndarray
            For the next call.

        Raises
        ------
        TypeError, ValueError
            If `x` or `state` has the wrong shape, or holds NaN or infinity.
        """
        dtype, size = self.W.dtype, (..., None, self.n_in)
        sums = np.matmul(check_array("x", x, shape=size, dtype=dtype), self.W)
        sums += self.b[..., None, :]
        if state is not None:
            state = self._check_state(state, sums.shape[:-1], dtype)
            sums += np.matmul(state[0], self.V)
        state, _ = self._step(sums, state)
        return state[0], state

    def _check_state(self, state, leading, dtype):
        if not isinstance(state, tuple) or len(state) != self.n_states:
            raise TypeError(f"state must be what `step` returned, a tuple; got {state!r}")
        shape = (*leading, self.n_out)
        return tuple(check_array("state", part, shape=shape, dtype=dtype) for part in state)


class RNN(Recurrence):
    """A plain recurrent layer: the new state is a squashed sum of what comes and what was.

    Forward:   h_t = tanh(x_t W + h_(t−1) V + b),   h_0 = 0
    Backward:  δ_t = (g_t + δ_(t+1) Vᵀ) (1 − h_t²),   ∂L/∂W = Σ over t of x_tᵀ δ_t,
               ∂L/∂V = Σ of h_(t−1)ᵀ δ_t,   ∂L/∂b = Σ of δ_t,   ∂L/∂x_t = δ_t Wᵀ

    Each factor Vᵀ (1 − h²) shrinks the gradient or makes it larger, once a step: chapter 5 again.
    Slide 39; chapter 12. Source: Elman (1990). Parameters and errors as for `Recurrence`.
    """

    n_states = 1

    def _step(self, sums, state):
        h = np.tanh(sums)
        return (h,), None

    def _step_back(self, grad, later, state, before, remembered, delta):
        (h,) = state
        if later is not None:
            grad = grad + later[0]
        np.multiply(grad, 1 - h * h, out=delta)
        return ()


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
    parts, n_states = 4, 2

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
        # σ(z) = ½ tanh(½ z) + ½: with a factor before and one after, one tanh does for all gates.
        self.factor = np.full(self.parts * self.n_out, 0.5, parameters["b"].dtype)
        self.factor[self.part("u")] = 1
        self.shift = 1 - self.factor

    def initialize(self, rng, grid):
        """Draw `W` and `V`; set `b` to zero, but for the forget gates."""
        super().initialize(rng, grid)
        self.b[..., self.part("f")] = self.forget_bias

    def _step(self, sums, state):
        gates = np.tanh(sums * self.factor)
        slope = 1 - gates * gates  # of tanh; a sigmoid's is a quarter of it: ½ before and ½ after
        slope *= self.factor * self.factor
        gates *= self.factor
        gates += self.shift
        i, f, u, o = np.split(gates, 4, axis=-1)
        c = i * u
        if state is not None:
            c += f * state[1]
        squashed = np.tanh(c)
        return (o * squashed, c), (gates, slope, squashed)

    def _step_back(self, grad, later, state, before, remembered, delta):
        gates, slope, squashed = remembered
        i, f, u, o = np.split(gates, 4, axis=-1)
        of_h, of_c = (grad, None) if later is None else (grad + later[0], later[1])
        of_cell = of_h * o * (1 - squashed * squashed)
        if of_c is not None:
            of_cell += of_c
        n = self.n_out
        np.multiply(of_cell, u, out=delta[..., :n])
        np.multiply(of_cell, 0 if before is None else before[1], out=delta[..., n : 2 * n])
        np.multiply(of_cell, i, out=delta[..., 2 * n : 3 * n])
        np.multiply(of_h, squashed, out=delta[..., 3 * n :])
        delta *= slope
        return (of_cell * f,)
