"""A network: layers in a row, and the only owner of their parameters.

All parameters lie in one flat vector `theta`, all gradients in one flat vector `grad`. Each layer
works on views of its share of both, so that a change in one place is seen in the other, and an
optimizer updates the whole network with a few vector operations. A leading `grid` axis holds many
networks at once: they share the architecture and the data, and differ in their parameters.
"""

from copy import deepcopy

import numpy as np

from nnlib.checks import check_array, check_choice, check_integer, check_rng
from nnlib.layers import Layer


class Network:
    """Layers in a row: each one's output is the next one's input. Chapters 1, 3 and 4.

    Parameters
    ----------
    layers : list of Layer
        From input to output. The first layer states how many numbers come in, such as ``Dense(256,
        64)``.
    rng : numpy.random.Generator
        Draws the first values of the parameters.
    grid : tuple of int, optional
        ``(K,)`` makes K networks that are trained at once; ``()`` makes one.
    dtype : numpy.float64 or numpy.float32, optional

    Attributes
    ----------
    theta, grad : numpy.ndarray, shape (*grid, n_parameters)
        All parameters, and the gradient of the loss with respect to them. Change them in place
        (``network.theta[...] = 0``); the layers see it at once.
    n_parameters, n_in, n_out : int

    Raises
    ------
    TypeError
        If `layers` holds something else than layers, or `rng` is not a Generator.
    ValueError
        If there is no layer, or the width of one does not fit the next.

    Examples
    --------
    >>> network = Network([Dense(2, 3), Sigmoid(), Dense(3, 1)], rng=np.random.default_rng(0))
    >>> network.n_parameters
    13
    """

    def __init__(self, layers, *, rng, grid=(), dtype=np.float64):
        self.layers = _check_layers(layers)
        self.n_in, self.n_out = _check_widths(self.layers)
        check_rng("rng", rng)
        if not isinstance(grid, tuple | list):
            raise TypeError(f"grid must be a tuple of integers such as (3,); got {grid!r}")
        self.grid = tuple(check_integer("grid", length, low=1) for length in grid)
        self.dtype = np.dtype(check_choice("dtype", np.dtype(dtype), ("float64", "float32")))
        self._allocate()
        for layer in self.layers:
            layer.initialize(rng, self.grid)

    def _allocate(self):
        """Lay out `theta` and `grad`, and bind every layer to its views."""
        shapes = [layer.parameter_shapes() for layer in self.layers]
        self.n_parameters = sum(int(np.prod(s)) for layer in shapes for s in layer.values())
        self._theta = np.zeros((*self.grid, self.n_parameters), self.dtype)
        self._grad = np.zeros_like(self._theta)
        self._weight_mask = np.zeros(self.n_parameters, dtype=bool)
        self._names = {}
        start = 0
        for i, (layer, layer_shapes) in enumerate(zip(self.layers, shapes, strict=True)):
            parameters, gradients = {}, {}
            for name, shape in layer_shapes.items():
                stop = start + int(np.prod(shape))
                parameters[name] = self._theta[..., start:stop].reshape(*self.grid, *shape)
                gradients[name] = self._grad[..., start:stop].reshape(*self.grid, *shape)
                self._names[f"layers[{i}].{name}"] = slice(start, stop)
                self._weight_mask[start:stop] = len(shape) > 1
                start = stop
            layer.bind(parameters, gradients)
        for _, layer in _named_layers(self.layers):
            layer.in_network = True

    # `theta` and `grad` can be changed but not replaced: a new array would have no layer looking at
    # it.
    @property
    def theta(self):
        """All parameters as one vector, shape (*grid, n_parameters)."""
        return self._theta

    @property
    def grad(self):
        """The gradient of the loss with respect to `theta`, written by `backward`."""
        return self._grad

    @property
    def parameter_slices(self):
        """A dict from names such as ``layers[0].W`` to the slice of `theta` that holds them."""
        return dict(self._names)

    @property
    def weight_mask(self):
        """A vector as long as `theta`'s last axis, True for weights and False for biases."""
        return self._weight_mask

    def forward(self, x, training=False):
        """Send a batch through all layers.

        Parameters
        ----------
        x : numpy.ndarray, shape (batch, n_in) or (*grid, batch, n_in)
            Rows are samples. All networks of a grid see the same batch unless `x` has the grid's
            axes.
        training : bool
            Whether layers such as Dropout act.

        Returns
        -------
        numpy.ndarray, shape (*grid, batch, n_out)
        """
        for layer in self.layers:
            x = layer.forward(x, training)
        return x

    def backward(self, grad, input_grad=True):
        """Send the gradient of the loss back through all layers, writing `self.grad` on the way.

        Parameters
        ----------
        grad : numpy.ndarray, shape (*grid, batch, n_out)
            ∂L/∂output, as a loss returns it for the output of the last `forward`.
        input_grad : bool
            Whether ∂L/∂x is wanted: training does without, and saves the work.

        Returns
        -------
        numpy.ndarray, shape (*grid, batch, n_in), or None
            ∂L/∂x.
        """
        for layer in reversed(self.layers[1:]):
            grad = layer.backward(grad)
        return self.layers[0].backward(grad, input_grad)

    def predict(self, x):
        """Return the outputs for `x` after checking it; no layer behaves as in training.

        Parameters
        ----------
        x : array_like, shape (batch, n_in) or (*grid, batch, n_in)

        Returns
        -------
        numpy.ndarray, shape (*grid, batch, n_out)

        Raises
        ------
        ValueError
            If `x` has the wrong shape, is empty, or holds NaN or infinity.
        """
        x = check_array("x", x, shape=(..., None, self.n_in), dtype=self.dtype)
        if x.ndim > 2 and x.shape[:-2] != self.grid:
            raise ValueError(
                f"x must have the leading axes of the grid, {self.grid}, or none; got {x.shape}"
            )
        return self.forward(x)

    def save(self, path):
        """Write the parameters and the architecture to `path`, an .npz file."""
        with open(
            path, "wb"
        ) as file:  # given a name, numpy would add .npz behind the caller's back
            np.savez(file, theta=self.theta, architecture=self._architecture())

    def load(self, path):
        """Read the parameters that `save` wrote for a network of the same architecture.

        Raises
        ------
        ValueError
            If the file holds another architecture or another grid; this network is left as it was.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                theta, architecture = file["theta"], str(file["architecture"])
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"path must be a file that Network.save wrote; got {path}") from error
        if architecture != self._architecture() or theta.shape != self.theta.shape:
            raise ValueError(
                f"path must hold parameters of shape {self.theta.shape} for\n"
                f"  {self._architecture()}\n"
                f"got shape {theta.shape} for\n  {architecture}"
            )
        self.theta[...] = theta

    def copy(self):
        """Return an independent copy: same layers, same parameters, its own vectors."""
        return deepcopy(self)

    __copy__ = copy  # a shallow copy would share the layers, and they can look at one vector only

    def _architecture(self):
        return ", ".join(map(repr, self.layers))

    def __repr__(self):
        grid = f", grid={self.grid}" if self.grid else ""
        return f"Network([{self._architecture()}]{grid})  # {self.n_parameters:,} parameters"

    # A view that is pickled or copied by itself becomes an array of its own. So only the vectors
    # travel, and the layers of the copy are bound to them anew.
    def __getstate__(self):
        return {
            "layers": self.layers,
            "widths": (self.n_in, self.n_out),
            "grid": self.grid,
            "dtype": self.dtype,
            "vectors": (self._theta, self._grad),
        }

    def __setstate__(self, state):
        self.layers, self.grid, self.dtype = state["layers"], state["grid"], state["dtype"]
        self.n_in, self.n_out = state["widths"]
        self._allocate()
        self._theta[...], self._grad[...] = state["vectors"]


def _named_layers(layers, prefix=""):
    """Yield every layer with its name, those inside a Residual too."""
    for i, layer in enumerate(layers):
        name = f"{prefix}layers[{i}]"
        yield name, layer
        yield from _named_layers(getattr(layer, "layers", ()), f"{name}.")


def _check_layers(layers):
    if not isinstance(layers, list | tuple):
        raise TypeError(f"layers must be a list of layers; got {layers!r}")
    if not layers:
        raise ValueError("layers must hold at least one layer; got an empty list")
    seen = []
    for name, layer in _named_layers(layers):
        if not isinstance(layer, Layer):
            raise TypeError(
                f"{name} must be a layer such as Dense(2, 3); "
                f"got {layer!r} of type {type(layer).__name__}"
            )
        if any(layer is other for other in seen):
            raise ValueError(f"{name} must be a layer of its own; got {layer!r} a second time")
        if layer.in_network:
            raise ValueError(
                f"{name} must be a new layer; got {layer!r}, which belongs to another network "
                "already (make new layers for each, or use network.copy())"
            )
        seen.append(layer)
    return list(layers)


def _check_widths(layers):
    first = getattr(layers[0], "n_in", None)
    if first is None:
        raise ValueError(
            "layers[0] must say how many numbers come in, as Dense(n_in, n_out) does; "
            f"got {layers[0]!r}"
        )
    width = first
    for i, layer in enumerate(layers):
        try:
            width = layer.output_width(width)
        except ValueError as error:
            raise ValueError(
                f"layers[{i}] must take the {width} numbers that layers[{i - 1}] gives; "
                f"got {layer!r}"
            ) from error
    return first, width
