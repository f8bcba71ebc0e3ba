"""The layers of a network, each with its forward and its backward pass side by side.

A sample has the shape (…places, features); layers with parameters act on the last axis, the same at
every place. A row of numbers has no places and the shape (features,); a sequence has its steps as
places, (steps, features); a picture its rows and columns, (rows, columns, features). In front of
that stand the batch and, for a grid of networks, the axes of the grid: a batch has the shape
(*grid, batch, …places, features).

A layer says which parameters it needs (`parameter_shapes`) and what comes out (`output_shape`).
The network then gives it views of its share of the one parameter vector. `forward` computes the
output and remembers what `backward` will need. `backward` receives the gradient of the loss with
respect to the layer's output, writes the gradients of its own parameters, and returns the gradient
with respect to its input. It never changes a parameter: that is the optimizer's work.
"""

from copy import copy

import numpy as np

from nnlib import functional
from nnlib.checks import (
    as_array,
    as_floats,
    check_array,
    check_callable,
    check_integer,
    check_number,
    check_rng,
    check_rngs,
)
from nnlib.initializers import glorot_uniform

# NumPy compares a small batch in less time than it takes to make an array of a Python 0.
ZEROS = {np.dtype(kind): np.zeros((), kind) for kind in (np.float64, np.float32)}
SMALL = 4096  # numbers: up to so many, `dot` has a product sooner than `matmul`


def fold(x, places):
    """Lay the places of all samples under one another, as rows.

    Parameters
    ----------
    x : numpy.ndarray, shape (*grid, batch, …places, features)
    places : tuple of int
        How many places there are along each of their axes.

    Returns
    -------
    numpy.ndarray, shape (*grid, batch · places, features)
    """
    if not places:
        return x
    return x.reshape(*x.shape[: -2 - len(places)], -1, x.shape[-1])


def unfold(rows, places):
    """Undo `fold`."""
    return rows.reshape(*rows.shape[:-2], -1, *places, rows.shape[-1]) if places else rows


def product(a, b, out=None):
    """Return a @ b, a small one by `dot`: it begins sooner, but first fills its result with zeros.

    Parameters
    ----------
    a, b, out : numpy.ndarray
        As `numpy.matmul` takes them.

    Returns
    -------
    numpy.ndarray
        The same to the last bit as from `numpy.matmul`.
    """
    if a.ndim == b.ndim == 2 and len(a) * b.shape[1] <= SMALL:
        if out is None or a.dtype is b.dtype is out.dtype:
            return a.dot(b, out)
    return np.matmul(a, b, out=out)


class Layer:
    """What all layers share. One without parameters writes `forward` and `backward` only.

    Both leave the arrays that they are given as they are. An array that a layer keeps besides its
    parameters, such as a running mean, is to be changed in place: networks that share the
    parameters then share it too. Layers inside a layer are attributes of it, or stand in a list
    that is one; its `bind` calls `attach` for each.

    Attributes
    ----------
    in_shape : tuple of int
        The shape of one sample that comes in: (…places, features). The network sets it.
    W, dW, … : numpy.ndarray, shape (*grid, *shape)
        For each name in `parameter_shapes`, a view of the parameters and one of their gradients,
        from when a network takes the layer. Assigning to them copies: ``layer.W = v`` changes the
        network's own numbers. They stay behind when a layer is copied by itself: copy the network,
        or take ``network[i:j].copy()``.
    """

    settings = ()  # the constructor's arguments, by name: what `repr` shows
    remembers = ()  # what `forward` leaves for `backward`, by name: a copy does without it
    n_in = None  # how many features come in, where the layer knows
    takes_integers = False  # whether whole numbers come in, such as the words of a sentence
    in_shape = None
    _frozen = False  # see `Network.freeze`; a layer may then leave its gradients unwritten
    in_network = False  # a layer remembers its last input, so it can belong to one network only

    def parameter_shapes(self):
        """Return a dict from the name of each parameter to its shape."""
        return {}

    def decaying_parameters(self):
        """Return the names of the parameters that weight decay shrinks: those that are no vector.

        So weights decay; biases and gains do not, since they bend no boundary. Chapter 7.
        """
        return tuple(name for name, shape in self.parameter_shapes().items() if len(shape) > 1)

    def output_shape(self, shape):
        """Return the shape of the sample that comes out where one of `shape` comes in.

        Raises
        ------
        ValueError
            If a sample of this shape does not fit.
        """
        return shape

    def bind(self, parameters, gradients):
        """Take further views of the parameters. Called when the layer's own, by name, are there.

        Parameters
        ----------
        parameters, gradients : dict
            From each name in `parameter_shapes` to an array of shape (*grid, *shape).
        """

    def initialize(self, rng, grid):
        """Draw the first values of the parameters with the generator `rng`."""

    def check_input(self, name, x, shape, dtype, finite=True):
        """Return the checked input of a network that begins with this layer.

        Parameters
        ----------
        name : str
            The parameter's name, for the error.
        x : array_like
        shape : tuple
            The expected shape, as `nnlib.checks.check_array` takes it.
        dtype : numpy dtype
            That of the network.
        finite : bool
            Whether NaN and infinity are refused.

        Returns
        -------
        numpy.ndarray
            Of `dtype`, or of integers where the layer `takes_integers`.

        Raises
        ------
        TypeError, ValueError
            If `x` has the wrong shape, is empty, holds NaN or infinity, or no integers where some
            are wanted.
        """
        if not self.takes_integers:
            return check_array(name, x, shape=shape, dtype=dtype, finite=finite)
        kind = as_array(name, x).dtype.kind
        if kind not in "iu":
            raise TypeError(f"{name} must hold integers, which {self!r} takes; got kind {kind!r}")
        return check_array(name, x, shape=shape, dtype=np.intp)

    def forward(self, x, training=False):
        """Map the input, shape (*grid, batch, *in_shape), to the output of `output_shape`."""
        raise NotImplementedError

    def backward(self, grad, input_grad=True):
        """Map ∂L/∂output to ∂L/∂input and overwrite the layer's own gradients.

        With ``input_grad=False`` the caller does not want ∂L/∂input; a layer may then return None.
        """
        raise NotImplementedError

    def __repr__(self):
        values = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.settings)
        return f"{type(self).__name__}({values})"

    # A copy keeps all attributes but the views, which would become arrays of their own: `Network`
    # gives the copy views of its own vectors. What was remembered stays behind.
    def __getstate__(self):
        without = {"in_network", "views", *self.remembers, *self.__dict__.get("views", ())}
        return {name: value for name, value in self.__dict__.items() if name not in without}

    def __copy__(self):
        """Return a layer that shares this one's attributes, and remembers and is bound by itself.

        Layers inside this one are copied too.
        """
        twin = type(self).__new__(type(self))
        twin.__dict__.update(self.__getstate__(), _frozen=False)
        for name, value in vars(twin).items():
            if isinstance(value, Layer):
                twin.__dict__[name] = copy(value)
            elif isinstance(value, list | tuple) and any(isinstance(v, Layer) for v in value):
                twin.__dict__[name] = [copy(v) if isinstance(v, Layer) else v for v in value]
        return twin

    def inner_layers(self):
        """Return pairs (name, layer) of the layers inside this one, such as ``layers[0]``."""
        found = []
        for name, value in vars(self).items():
            if isinstance(value, list | tuple):
                found += [(f"{name}[{i}]", v) for i, v in enumerate(value)]
            else:
                found.append((name, value))
        return [(name, layer) for name, layer in found if isinstance(layer, Layer)]


class Parameter:
    """What makes ``layer.W = v`` copy into the network's vector: a layer's attribute of a name.

    Reading finds the view itself, in the layer's ``__dict__``, since there is no ``__get__``.
    """

    def __init__(self, name):
        self.name = name

    def __set__(self, layer, value):
        view = layer.__dict__.get(self.name)
        if self.name not in layer.__dict__.get("views", ()):
            layer.__dict__[self.name] = value  # the layer belongs to no network yet
        elif value is not view:  # after `layer.W -= …`, which has changed the view itself
            view[...] = check_array(
                self.name, value, shape=view.shape, dtype=view.dtype, finite=False
            )

    def __getattr__(self, attribute):
        raise AttributeError(f"{self!r}; it has no {attribute} yet")

    def __repr__(self):
        return f"{self.name} comes with the network that a layer belongs to"


def attach(layer, parameters, gradients):
    """Give a layer its views, as attributes that cannot be lost by assigning to them.

    Parameters
    ----------
    layer : Layer
    parameters, gradients : dict
        From each name in the layer's `parameter_shapes` to an array of shape (*grid, *shape).

    Raises
    ------
    ValueError
        If a name is taken: by an attribute of the class, by a value that the layer has already, or
        by the gradient of another parameter.
    """
    views = {**parameters, **{f"d{name}": array for name, array in gradients.items()}}
    taken = [name for name in parameters if name in {f"d{other}" for other in gradients}]
    for name in views:
        inherited = getattr(type(layer), name, None)
        if inherited is not None and not isinstance(inherited, Parameter):
            taken.append(name)
        if name in layer.__dict__ and name not in layer.__dict__.get("views", ()):
            taken.append(name)
    if taken:
        raise ValueError(
            f"{type(layer).__name__} must leave the name {taken[0]} to its parameter, whose first "
            "values `initialize` writes; the name is in use"
        )
    layer.views = [name for name in views if name.isidentifier()]  # others belong to inner layers
    for name in layer.views:
        setattr(type(layer), name, Parameter(name))
        layer.__dict__[name] = views[name]
    layer.bind(parameters, gradients)


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
    remembers = ("x", "b_row")

    def __init__(self, n_in, n_out, *, initializer=glorot_uniform):
        self.n_in = check_integer("n_in", n_in, low=1)
        self.n_out = check_integer("n_out", n_out, low=1)
        self.initializer = check_callable("initializer", initializer)

    def parameter_shapes(self):
        """Return the shapes of `W` and `b`."""
        return {"W": (self.n_in, self.n_out), "b": (self.n_out,)}

    def output_shape(self, shape):
        """Return (…places, n_out); ValueError unless `n_in` features come in."""
        if shape[-1] != self.n_in:
            raise ValueError(f"{self!r} takes n_in = {self.n_in} numbers; got {shape[-1]}")
        return (*shape[:-1], self.n_out)

    def bind(self, parameters, gradients):
        """Take a view of `b` as a row, for each row of a batch in every network of the grid."""
        self.b_row = parameters["b"][..., None, :]
        self.places = self.in_shape[:-1]

    def initialize(self, rng, grid):
        """Draw `W` from the initializer and set `b` to zero."""
        self.W = check_array(
            "the initializer's weights", self.initializer(rng, self.n_in, self.n_out, grid)
        )
        self.b[...] = 0

    def forward(self, x, training=False):
        """Return x W + b."""
        if self.places:
            x = fold(x, self.places)
        self.x = x
        y = product(x, self.W)
        y += self.b_row
        return unfold(y, self.places) if self.places else y

    def backward(self, grad, input_grad=True):
        """Write `dW` and `db`; return ∂L/∂x."""
        if self.places:
            grad = fold(grad, self.places)
        if not self._frozen:
            product(self.x.mT, grad, out=self.dW)
            if self.places:  # many rows: NumPy multiplies them faster than it adds them up
                np.matmul(np.ones(grad.shape[-2], grad.dtype), grad, out=self.db)
            else:
                np.add.reduce(grad, axis=-2, out=self.db)
        if not input_grad:
            return None
        grad_x = product(grad, self.W.mT)
        return unfold(grad_x, self.places) if self.places else grad_x


class Sigmoid(Layer):
    """y = σ(x), elementwise; backward multiplies by σ′ = y (1 − y). Slides 6 and 16; chapter 2."""

    remembers = ("y", "slope")

    def forward(self, x, training=False):
        """Return σ(x)."""
        self.y = y = functional.sigmoid(x)
        self.slope = y * (1 - y)  # backward needs no y, which may be changed
        return y

    def backward(self, grad, input_grad=True):
        """Return g · y (1 − y)."""
        return grad * self.slope


class Tanh(Layer):
    """y = tanh(x), elementwise; backward multiplies by 1 − y². Slide 6; chapter 2."""

    remembers = ("y", "slope")

    def forward(self, x, training=False):
        """Return tanh(x)."""
        self.y = y = functional.tanh(x)
        self.slope = 1 - y * y  # backward needs no y, which may be changed
        return y

    def backward(self, grad, input_grad=True):
        """Return g · (1 − y²)."""
        return grad * self.slope


class ReLU(Layer):
    """y = max(0, x), elementwise; backward passes the gradient where x > 0. Slide 6; chapter 2."""

    remembers = ("y", "active")

    def forward(self, x, training=False):
        """Return max(0, x)."""
        zero = ZEROS.get(x.dtype, 0)
        self.y = y = np.maximum(x, zero)
        self.active = y > zero  # backward needs no y, which may be changed
        return y

    def backward(self, grad, input_grad=True):
        """Return g where x > 0, and 0 elsewhere."""
        # Numbers multiply faster by numbers than by booleans, and in place where the shapes agree:
        # a grid's first layer may have seen one batch for all networks.
        mask = self.active.astype(grad.dtype)
        return np.multiply(grad, mask, out=mask if mask.ndim == grad.ndim else None)


class Dropout(Layer):
    """While training, silence each number with probability `rate` and enlarge the others.

    Training:   y = x · m / (1 − rate), each m is 1 with probability 1 − rate and 0 otherwise
    Otherwise:  y = x

    The enlargement keeps the expected value of y equal to x, so that nothing needs rescaling
    afterwards ("inverted dropout"). Slide 32; chapter 7. Source: Srivastava et al. (2014).

    Parameters
    ----------
    rate : float in [0, 1)
    rng : numpy.random.Generator, or list of one for each network of a grid ``(K,)``
        Draws the masks. With a list each network has its own, as if it were trained by itself.
    """

    settings = ("rate",)
    remembers = ("mask",)

    def __init__(self, rate, *, rng):
        self.rate = check_number("rate", rate, low=0, high=1, include_high=False)
        if isinstance(rng, list | tuple):
            self.rng = check_rngs("rng", rng)
        else:
            self.rng = check_rng("rng", rng)

    def initialize(self, rng, grid):
        """Draw nothing; ValueError unless a list of generators has one for each network."""
        if isinstance(self.rng, list) and (len(self.rng),) != grid:
            raise ValueError(
                "rng must be one generator, or a list of one for each network of a grid (K,); "
                f"got {len(self.rng)} for a network with grid={grid}"
            )

    def forward(self, x, training=False):
        """Return x · mask while training, else x."""
        if not training:
            self.mask = None
            return x
        keep = 1 - self.rate
        self.mask = (self._draw(x) < keep).astype(x.dtype)
        self.mask /= keep
        return x * self.mask

    def _draw(self, x):
        """Draw a number in [0, 1) for each one of the input, in every network of the grid."""
        if not isinstance(self.rng, list):
            return self.rng.random(x.shape)
        of_one = x.shape[-1 - len(self.in_shape) :]
        return np.stack([generator.random(of_one) for generator in self.rng])

    def backward(self, grad, input_grad=True):
        """Return g · mask: what was silenced receives no gradient."""
        return grad if self.mask is None else grad * self.mask


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
        for i, layer in enumerate(self.layers):
            if not isinstance(layer, Layer):
                raise TypeError(f"layers[{i}] must be a layer such as Dense(2, 2); got {layer!r}")
        self.n_in = next((la.n_in for la in self.layers if la.n_in is not None), None)

    def parameter_shapes(self):
        """Return the shapes of the inner layers' parameters, named such as ``layers[0].W``."""
        return {
            f"layers[{i}].{name}": shape
            for i, layer in enumerate(self.layers)
            for name, shape in layer.parameter_shapes().items()
        }

    def decaying_parameters(self):
        """Return the names of the inner layers' parameters that weight decay shrinks."""
        return tuple(
            f"layers[{i}].{name}"
            for i, layer in enumerate(self.layers)
            for name in layer.decaying_parameters()
        )

    def bind(self, parameters, gradients):
        """Hand the views on to the inner layers."""
        shape = self.in_shape
        for i, layer in enumerate(self.layers):
            layer.in_shape, shape = shape, layer.output_shape(shape)
            names = layer.parameter_shapes()
            attach(
                layer,
                {name: parameters[f"layers[{i}].{name}"] for name in names},
                {name: gradients[f"layers[{i}].{name}"] for name in names},
            )

    def initialize(self, rng, grid):
        """Initialize the inner layers."""
        for layer in self.layers:
            layer.initialize(rng, grid)

    def output_shape(self, shape):
        """Return `shape`; ValueError unless the inner layers keep it."""
        inner = shape
        for layer in self.layers:
            inner = layer.output_shape(inner)
        if inner != shape:
            raise ValueError(
                f"{self!r} must give as many numbers as it takes, {show(shape)}; got {show(inner)}"
            )
        return shape

    def forward(self, x, training=False):
        """Return x + f(x)."""
        y = x = as_floats("x", x)
        for layer in self.layers:
            y = layer.forward(y, training)
        return x + y

    def backward(self, grad, input_grad=True):
        """Return g + f's own ∂L/∂x."""
        inner = grad
        for layer in reversed(self.layers):
            inner = layer.backward(inner)
        return grad + inner


class Flatten(Layer):
    """Lay all numbers of a sample in one row: a picture of 16 × 16 × 3 becomes 768 numbers.

    Backward gives the gradient its old shape back.
    """

    def output_shape(self, shape):
        """Return (numbers in a sample,)."""
        return (int(np.prod(shape)),)

    def forward(self, x, training=False):
        """Return x as rows, shape (*grid, batch, numbers)."""
        return x.reshape(*x.shape[: -len(self.in_shape)], -1)

    def backward(self, grad, input_grad=True):
        """Return g in the shape of x."""
        return grad.reshape(*grad.shape[:-1], *self.in_shape)


class Embedding(Layer):
    """Give each of `n_tokens` symbols a vector of its own, to be learnt: y = W[x].

    Backward: row k of ∂L/∂W is the sum of g over all places where x is k; whole numbers have no
    gradient, so that for x is None. A sample of shape (steps,) leaves as (steps, n_out), and a
    network that begins so needs ``input_shape=(steps,)``. Weight decay leaves the vectors alone:
    it would shrink those of symbols that a batch does not hold. Source: Bengio et al. (2003),
    section 2.

    Parameters
    ----------
    n_tokens, n_out : int
        How many symbols there are, 0 … `n_tokens` − 1, and how long a vector is. `W` has shape
        (n_tokens, n_out).
    initializer : callable, optional
        Draws the first vectors; see `nnlib.initializers`.
    """

    settings = ("n_tokens", "n_out")
    remembers = ("x", "of_network")
    takes_integers = True

    def __init__(self, n_tokens, n_out, *, initializer=glorot_uniform):
        self.n_tokens = check_integer("n_tokens", n_tokens, low=1)
        self.n_out = check_integer("n_out", n_out, low=1)
        self.initializer = check_callable("initializer", initializer)

    def parameter_shapes(self):
        """Return the shape of `W`."""
        return {"W": (self.n_tokens, self.n_out)}

    def decaying_parameters(self):
        """Return no name."""
        return ()

    def output_shape(self, shape):
        """Return (*shape, n_out): a vector at each place."""
        return (*shape, self.n_out)

    def bind(self, parameters, gradients):
        """Number the networks of the grid, along axes of their own before batch and places."""
        grid = parameters["W"].shape[:-2]
        numbers = np.indices(grid, sparse=True) if grid else ()
        self.of_network = tuple(
            n.reshape(*n.shape, *[1] * (1 + len(self.in_shape))) for n in numbers
        )

    def initialize(self, rng, grid):
        """Draw `W` from the initializer."""
        self.W = check_array(
            "the initializer's vectors", self.initializer(rng, self.n_tokens, self.n_out, grid)
        )

    def check_input(self, name, x, shape, dtype, finite=True):
        """Return the symbols; TypeError or ValueError if some are none."""
        x = super().check_input(name, x, shape, dtype)
        if x.min() < 0 or x.max() >= self.n_tokens:
            unknown = x[(x < 0) | (x >= self.n_tokens)][0]
            raise ValueError(f"{name} must hold symbols 0 to {self.n_tokens - 1}; got {unknown}")
        return x

    def forward(self, x, training=False):
        """Return W[x]: for each symbol its vector."""
        self.x = x
        return self.W[(*self.of_network, x)]

    def backward(self, grad, input_grad=True):
        """Write `dW`; return None."""
        if not self._frozen:
            self.dW[...] = 0
            np.add.at(self.dW, (*self.of_network, self.x), grad)


class LayerNorm(Layer):
    """Give the features at each place mean 0 and variance 1, then a gain and a bias to be learnt.

    Forward:   y = γ x̂ + β,   x̂ = (x − μ) / √(s² + ε),   with mean μ and variance s² over the
               features of one place of one sample
    Backward:  ∂L/∂γ = Σ g x̂,   ∂L/∂β = Σ g   (over batch and places),
               ∂L/∂x = (h − mean(h) − x̂ mean(h x̂)) / √(s² + ε),   where h = g γ

    Source: Ba, Kiros & Hinton (2016), section 3.

    Parameters
    ----------
    n_in : int
        How many features come in, and go out. `gamma` and `beta` have shape (n_in,).
    epsilon : float > 0
        ε: keeps the division safe where all features are equal.
    """

    settings = ("n_in", "epsilon")
    remembers = ("x_hat", "size")

    def __init__(self, n_in, epsilon=1e-5):
        self.n_in = check_integer("n_in", n_in, low=1)
        self.epsilon = check_number("epsilon", epsilon, low=0, include_low=False)

    def parameter_shapes(self):
        """Return the shapes of `gamma` and `beta`."""
        return {"gamma": (self.n_in,), "beta": (self.n_in,)}

    def output_shape(self, shape):
        """Return `shape`; ValueError unless `n_in` features come in."""
        if shape[-1] != self.n_in:
            raise ValueError(f"{self!r} takes n_in = {self.n_in} numbers; got {shape[-1]}")
        return shape

    def initialize(self, rng, grid):
        """Set γ to one and β to zero."""
        self.gamma[...] = 1
        self.beta[...] = 0

    def forward(self, x, training=False):
        """Return γ x̂ + β."""
        rows = fold(x, self.in_shape[:-1])
        centred = rows - rows.mean(axis=-1, keepdims=True)
        deviation = functional.norm(centred, axis=-1) / np.sqrt(self.n_in)
        self.size = np.hypot(deviation, np.sqrt(self.epsilon)).astype(rows.dtype, copy=False)
        self.x_hat = centred / self.size
        y = self.x_hat * self.gamma[..., None, :] + self.beta[..., None, :]
        return unfold(y, self.in_shape[:-1])

    def backward(self, grad, input_grad=True):
        """Write `dgamma` and `dbeta`; return ∂L/∂x."""
        grad = fold(grad, self.in_shape[:-1])
        if not self._frozen:
            np.add.reduce(grad * self.x_hat, axis=-2, out=self.dgamma)
            np.add.reduce(grad, axis=-2, out=self.dbeta)
        if not input_grad:
            return None
        h = grad * self.gamma[..., None, :]
        along = (h * self.x_hat).mean(axis=-1, keepdims=True)
        grad_x = (h - h.mean(axis=-1, keepdims=True) - self.x_hat * along) / self.size
        return unfold(grad_x, self.in_shape[:-1])


def show(shape):
    """Write the shape of a sample for a reader: `3` for a row of numbers, else `(16, 16, 3)`."""
    return str(shape[0]) if len(shape) == 1 else str(shape)
