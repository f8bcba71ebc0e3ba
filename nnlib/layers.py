"""The layers of a network, each with its forward and its backward pass side by side.

A layer says which parameters it needs (`parameter_shapes`) and is then bound to its share of the
network's one parameter vector. `forward` computes the output and remembers what `backward` will
need. `backward` receives the gradient of the loss with respect to the layer's output, writes the
gradients of its own parameters, and returns the gradient with respect to its input. It never
changes a parameter: that is the optimizer's work.
"""

import numpy as np

from nnlib import functional
from nnlib.checks import check_callable, check_integer, check_number, check_rng
from nnlib.initializers import glorot_uniform


class Layer:
    """What all layers share. One without parameters writes `forward` and `backward` only."""

    settings = ()  # the constructor's arguments, by name: what `repr` shows and a copy keeps
    in_network = False  # a layer remembers its last input, so it can belong to one network only

    def parameter_shapes(self):
        """Return a dict from the name of each parameter to its shape."""
        return {}

    def bind(self, parameters, gradients):
        """Take views of the network's vectors: dicts from name to array, shape (*grid, *shape)."""

    def initialize(self, rng, grid):
        """Draw the first values of the parameters with the generator `rng`."""

    def output_width(self, n_in):
        """Return how many numbers come out where `n_in` come in; ValueError if they do not fit."""
        return n_in

    def forward(self, x, training=False):
        """Map the input, shape (*grid, batch, n_in), to the output, shape (*grid, batch, n_out)."""
        raise NotImplementedError

    def backward(self, grad, input_grad=True):
        """Map ∂L/∂output to ∂L/∂input and overwrite the layer's own gradients.

        With ``input_grad=False`` the caller does not want ∂L/∂input; a layer may then return None.
        """
        raise NotImplementedError

    def __repr__(self):
        values = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.settings)
        return f"{type(self).__name__}({values})"

    def __getstate__(self):
        # Views and remembered inputs stay behind: `Network` binds the copy to its own vectors.
        # Initializers stay behind too: their work is done.
        return {name: getattr(self, name) for name in self.settings}


class Dense(Layer):
    """A fully connected layer: every output is a weighted sum of all inputs plus a bias.

    Forward:   y = x W + b
    Backward:  ∂L/∂W = xᵀ g,   ∂L/∂b = Σ over the batch of g,   ∂L/∂x = g Wᵀ,   where g = ∂L/∂y

    Slides 5, 12 and 15–25; chapters 1, 3 and 4.

    Parameters
    ----------
    n_in, n_out : int
        How many numbers come in and go out. `W` has shape (n_in, n_out), `b` has shape (n_out,).
    initializer : callable, optional
        Draws the first values of `W`; see `nnlib.initializers`.
    """

    settings = ("n_in", "n_out")

    def __init__(self, n_in, n_out, *, initializer=glorot_uniform):
        self.n_in = check_integer("n_in", n_in, low=1)
        self.n_out = check_integer("n_out", n_out, low=1)
        self.initializer = check_callable("initializer", initializer)

    def parameter_shapes(self):
        """Return the shapes of `W` and `b`."""
        return {"W": (self.n_in, self.n_out), "b": (self.n_out,)}

    def bind(self, parameters, gradients):
        """Take the views `W`, `b` and their gradients `dW`, `db`."""
        self.W, self.b = parameters["W"], parameters["b"]
        self.dW, self.db = gradients["W"], gradients["b"]
        self.b_row = self.b[..., None, :]  # b for each row of a batch, in every network of the grid

    def initialize(self, rng, grid):
        """Draw `W` from the initializer and set `b` to zero."""
        self.W[...] = self.initializer(rng, self.n_in, self.n_out, grid)
        self.b[...] = 0

    def output_width(self, n_in):
        """Return `n_out`; ValueError unless `n_in` numbers come in."""
        if n_in != self.n_in:
            raise ValueError(f"{self!r} takes n_in = {self.n_in} numbers; got {n_in}")
        return self.n_out

    def forward(self, x, training=False):
        """Return x W + b."""
        self.x = x
        y = np.matmul(x, self.W)
        y += self.b_row
        return y

    def backward(self, grad, input_grad=True):
        """Write `dW` and `db`; return ∂L/∂x."""
        np.matmul(self.x.mT, grad, out=self.dW)
        np.add.reduce(grad, axis=-2, out=self.db)
        return np.matmul(grad, self.W.mT) if input_grad else None


class Sigmoid(Layer):
    """y = σ(x), elementwise; backward multiplies by σ′ = y (1 − y). Slides 6 and 16; chapter 2."""

    def forward(self, x, training=False):
        """Return σ(x)."""
        self.y = functional.sigmoid(x)
        return self.y

    def backward(self, grad, input_grad=True):
        """Return g · y (1 − y)."""
        return grad * self.y * (1 - self.y)


class Tanh(Layer):
    """y = tanh(x), elementwise; backward multiplies by 1 − y². Slide 6; chapter 2."""

    def forward(self, x, training=False):
        """Return tanh(x)."""
        self.y = functional.tanh(x)
        return self.y

    def backward(self, grad, input_grad=True):
        """Return g · (1 − y²)."""
        return grad * (1 - self.y * self.y)


class ReLU(Layer):
    """y = max(0, x), elementwise; backward passes the gradient where x > 0. Slide 6; chapter 2."""

    def forward(self, x, training=False):
        """Return max(0, x)."""
        self.y = functional.relu(x)
        return self.y

    def backward(self, grad, input_grad=True):
        """Return g where x > 0, and 0 elsewhere."""
        return grad * (self.y > 0)


class Dropout(Layer):
    """While training, silence each number with probability `rate` and enlarge the others.

    Training:   y = x · m / (1 − rate), each m is 1 with probability 1 − rate and 0 otherwise
    Otherwise:  y = x

    The enlargement keeps the expected value of y equal to x, so that nothing needs rescaling
    afterwards ("inverted dropout"). Slide 32; chapter 7. Source: Srivastava et al. (2014).

    Parameters
    ----------
    rate : float in [0, 1)
    rng : numpy.random.Generator
        Draws the masks.
    """

    settings = ("rate",)

    def __init__(self, rate, *, rng):
        self.rate = check_number("rate", rate, low=0, high=1, include_high=False)
        self.rng = check_rng("rng", rng)

    def forward(self, x, training=False):
        """Return x · mask while training, else x."""
        if not training:
            self.mask = None
            return x
        keep = 1 - self.rate
        self.mask = (self.rng.random(x.shape) < keep).astype(x.dtype)
        self.mask /= keep
        return x * self.mask

    def backward(self, grad, input_grad=True):
        """Return g · mask: what was silenced receives no gradient."""
        return grad if self.mask is None else grad * self.mask

    def __getstate__(self):
        return {"rate": self.rate, "rng": self.rng}


class Residual(Layer):
    """Add what a few layers compute to their own input: y = x + f(x).

    Backward: ∂L/∂x = g + f's own ∂L/∂x. The first term brings the gradient back undiminished,
    however small the second is. Slide 27; chapter 5. Source: He et al. (2016), equation 1.

    Parameters
    ----------
    layers : list of Layer
        They compute f; as many numbers must come out as go in.
    """

    settings = ("layers",)

    def __init__(self, layers):
        if not isinstance(layers, list | tuple) or not layers:
            raise TypeError(f"layers must be a list of at least one layer; got {layers!r}")
        self.layers = list(layers)
        self.n_in = getattr(self.layers[0], "n_in", None)

    def parameter_shapes(self):
        """Return the shapes of the inner layers' parameters, named such as ``layers[0].W``."""
        return {
            f"layers[{i}].{name}": shape
            for i, layer in enumerate(self.layers)
            for name, shape in layer.parameter_shapes().items()
        }

    def bind(self, parameters, gradients):
        """Hand the views on to the inner layers."""
        for i, layer in enumerate(self.layers):
            names = layer.parameter_shapes()
            layer.bind(
                {name: parameters[f"layers[{i}].{name}"] for name in names},
                {name: gradients[f"layers[{i}].{name}"] for name in names},
            )

    def initialize(self, rng, grid):
        """Initialize the inner layers."""
        for layer in self.layers:
            layer.initialize(rng, grid)

    def output_width(self, n_in):
        """Return `n_in`; ValueError unless the inner layers turn `n_in` numbers into as many."""
        width = n_in
        for layer in self.layers:
            width = layer.output_width(width)
        if width != n_in:
            raise ValueError(f"{self!r} must give as many numbers as it takes, {n_in}; got {width}")
        return n_in

    def forward(self, x, training=False):
        """Return x + f(x)."""
        y = x
        for layer in self.layers:
            y = layer.forward(y, training)
        return x + y

    def backward(self, grad, input_grad=True):
        """Return g + f's own ∂L/∂x."""
        inner = grad
        for layer in reversed(self.layers):
            inner = layer.backward(inner)
        return grad + inner
