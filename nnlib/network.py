"""A network: layers in a row, and the only owner of their parameters.

All parameters lie in one flat vector `theta`, all gradients in one flat vector `grad`. Each layer
works on views of its share of both, so that a change in one place is seen in the other, and an
optimizer updates the whole network with a few vector operations. A leading `grid` axis holds many
networks at once: they share the architecture and the data, and differ in their parameters.
"""

from copy import copy, deepcopy
from io import BytesIO
from operator import attrgetter
from pathlib import Path

import numpy as np

from nnlib.checks import as_floats, check_array, check_dtype, check_integer, check_rng
from nnlib.layers import Layer, attach, fold, show, unfold


class Network:
    """Layers in a row: each one's output is the next one's input. Chapters 1, 3 and 4.

    ``network(x)`` predicts. ``network[i:j]`` is a network of these layers alone, on the same
    parameters: what one learns the other knows. Each remembers its own last input, has its own
    gradients, and freezes its own layers.

    Parameters
    ----------
    layers : list of Layer
        From input to output.
    rng : numpy.random.Generator
        Draws the first values of the parameters.
    grid : tuple of int, optional
        ``(K,)`` makes K networks that are trained at once; ``()`` makes one.
    dtype : numpy.float64 or numpy.float32, optional
    input_shape : tuple of int, optional
        The shape of one sample, (…places, features): ``(16, 16, 3)`` for a picture, say. Not needed
        where samples are rows of numbers and a layer says how many, as ``Dense(256, 64)`` does.

    Attributes
    ----------
    theta, grad : numpy.ndarray, shape (*grid, n_parameters)
        All parameters, and the gradient of the loss with respect to them, which `backward` writes.
        Assigning to them copies, so the layers see every change.
    in_shape, out_shape : tuple of int
        The shape of one sample that comes in, and of what comes out for it.
    places : tuple of int
        `out_shape` without its last entry: empty where rows of numbers come out.
    n_parameters, n_in, n_out : int
        The two last are the last entries of the shapes.
    trainable : tuple of slice, or None
        The parts of `theta` that training may move; None for all, if no layer is frozen.
    decaying : tuple of slice
        The parts of `theta` that weight decay shrinks, without those of frozen layers.

    Raises
    ------
    TypeError
        If `layers` holds something else than layers, or `rng` is not a Generator.
    ValueError
        If there is no layer, or the output of one does not fit the next.

    Examples
    --------
    >>> network = Network([Dense(2, 3), Sigmoid(), Dense(3, 1)], rng=np.random.default_rng(0))
    >>> network.n_parameters
    13
    """

    _ran = None  # the shape of the last output

    def __init__(self, layers, *, rng, grid=(), dtype=np.float64, input_shape=None):
        self.layers = _check_layers(layers)
        in_shape = _check_input_shape(input_shape, self.layers)
        _check_shapes(self.layers, in_shape)
        check_rng("rng", rng)
        self.grid = _check_sizes("grid", grid)
        self.dtype = check_dtype("dtype", dtype)
        n_parameters = sum(
            int(np.prod(shape))
            for layer in self.layers
            for shape in layer.parameter_shapes().values()
        )
        self._lay_out(in_shape, np.zeros((*self.grid, n_parameters), self.dtype), 0)
        for layer in self.layers:
            layer.initialize(rng, self.grid)
        self._claim()  # last, so that layers that were refused can be used again

    def _claim(self):
        for _, layer in _named_layers(self.layers):
            layer.in_network = True

    def _lay_out(self, in_shape, whole, start):
        """Give every layer its views: of `whole` from `start` on, and of a new `grad`."""
        self.in_shape, self._whole, self._start = in_shape, whole, start
        self._theta_slices, decaying, stop, shape = {}, [], 0, in_shape
        for i, layer in enumerate(self.layers):
            layer.in_shape, shape = shape, tuple(layer.output_shape(shape))
            for name, of_one in layer.parameter_shapes().items():
                part = slice(stop, stop := stop + int(np.prod(of_one)))
                self._theta_slices[f"layers[{i}].{name}"] = part
                if name in layer.decaying_parameters():
                    decaying.append(part)
        self.out_shape, self.n_parameters = shape, stop
        self.n_in, self.n_out, self.places = in_shape[-1], shape[-1], shape[:-1]
        self._most_axes = len(self.grid) + 1 + len(shape)
        self._theta = whole[..., start : start + stop]
        self._grad = np.zeros_like(self._theta)
        self._weight_mask = np.zeros(stop, dtype=bool)
        for part in decaying:
            self._weight_mask[part] = True
        self._weight_mask.setflags(write=False)
        for i, layer in enumerate(self.layers):
            attach(layer, self._views(i, self._theta), self._views(i, self._grad))
        self._note_frozen()

    def _views(self, i, vector):
        """Return a dict from each parameter's name in layer `i` to its share of a flat vector."""
        return {
            name: vector[..., self._theta_slices[f"layers[{i}].{name}"]].reshape(*self.grid, *shape)
            for name, shape in self.layers[i].parameter_shapes().items()
        }

    def _set_theta(self, value):
        if value is not self._theta:  # after `theta -= …`, which has changed the vector itself
            _copy("theta", value, self._theta)

    def _set_grad(self, value):
        if value is not self._grad:
            _copy("grad", value, self._grad)

    # attrgetter is written in C: reading costs next to nothing.
    theta = property(attrgetter("_theta"), _set_theta, doc="All parameters as one vector.")
    grad = property(attrgetter("_grad"), _set_grad, doc="∂L/∂theta, written by `backward`.")

    @property
    def parameter_slices(self):
        """A dict from names such as ``layers[0].W`` to the slice of `theta` that holds them."""
        return dict(self._theta_slices)

    @property
    def weight_mask(self):
        """A vector as long as `theta`'s last axis, True for what weight decay shrinks."""
        return self._weight_mask

    def freeze(self, *indices):
        """Keep the parameters of some layers as they are when this network is trained.

        Training skips them: their gradient is zero, and they take no step. A network that shares
        the parameters (see ``network[i:j]``) is not bound by it. For a step by hand, hand on what
        may move: ``optimizer.step(network.theta, network.grad, network.trainable,
        network.decaying)``.

        Parameters
        ----------
        *indices : int
            Which of `layers`; all of them if none is given.

        Raises
        ------
        ValueError
            If there is no such layer.
        """
        self._set_frozen(indices, True)

    def unfreeze(self, *indices):
        """Let the parameters of some layers, or of all, be trained again; as for `freeze`."""
        self._set_frozen(indices, False)

    def _set_frozen(self, indices, frozen):
        last = len(self.layers) - 1
        indices = [check_integer("indices", i, low=0, high=last) for i in indices]
        for i in indices or range(last + 1):
            for _, layer in _named_layers([self.layers[i]]):
                layer._frozen = frozen
        self._note_frozen()

    def _note_frozen(self):
        """Note which parts of `theta` may move, and how far back the gradient has to go."""
        free, parts, decaying, frozen = [], [], [], []
        for i, layer in enumerate(self.layers):
            for name in layer.parameter_shapes():
                part = self._theta_slices[f"layers[{i}].{name}"]
                if layer._frozen:
                    frozen.append(part)
                    continue
                free.append(i)
                parts.append(part)
                if name in layer.decaying_parameters():
                    decaying.append(part)
        first = min(free, default=None)  # what comes before it needs no gradient
        self._wanted = ([], None) if first is None else (self.layers[:first:-1], self.layers[first])
        self._frozen_parts = _join(frozen)
        for part in self._frozen_parts:
            self._grad[..., part] = 0
        self.trainable = _join(parts) if frozen else None
        self.decaying = _join(decaying)

    def forward(self, x, training=False):
        """Send a batch through all layers.

        Parameters
        ----------
        x : array_like, shape (batch, *in_shape) or (*grid, batch, *in_shape)
            All networks of a grid see the same batch unless `x` has the grid's axes.
        training : bool
            Whether layers such as Dropout act.

        Returns
        -------
        numpy.ndarray, shape (*grid, batch, *out_shape)
            It is the caller's: changing it, or `x`, does not disturb the backward pass.

        Raises
        ------
        TypeError, ValueError
            If `x` has another shape, or is empty, or the output has another shape than the layers
            say. NaN and infinity are let through; `predict` refuses them.
        """
        x = self.check_samples("x", x, finite=False)
        out = self.run(x.copy(), training)
        if self.grid and out.ndim <= len(self.out_shape) + 1:  # no layer here has parameters
            out = np.broadcast_to(out, (*self.grid, *out.shape))
        self.check_output(out)
        return out.copy()

    def check_output(self, out):
        """Raise ValueError unless each layer's `output_shape` told the truth about its output."""
        if out.shape[-len(self.out_shape) :] != self.out_shape or out.ndim > self._most_axes:
            raise ValueError(
                f"layers must give what their output_shape says, {self.out_shape} for a sample; "
                f"got an output of shape {out.shape}"
            )

    def run(self, x, training=False):
        """Do what `forward` does without any checks or copies: what training calls.

        Parameters
        ----------
        x, training
            As for `forward`; `x` is an array of the network's dtype.

        Returns
        -------
        numpy.ndarray, shape (*grid, batch, *out_shape)
            A layer may remember it: it is to be read only.
        """
        for layer in self.layers:
            x = layer.forward(x, training)
        self._ran = x.shape
        return x

    def rows(self, values):
        """Lay the places of all samples under one another, as a loss takes outputs and targets.

        Parameters
        ----------
        values : numpy.ndarray, shape (*grid, batch, *out_shape)

        Returns
        -------
        numpy.ndarray, shape (*grid, rows, n_out)
            For samples that leave as rows of numbers, the very same array.
        """
        return fold(values, self.places)

    def backward(self, grad, input_grad=True):
        """Send the gradient of the loss back through all layers, writing `self.grad` on the way.

        Parameters
        ----------
        grad : array_like, shape (*grid, batch, *out_shape) or (*grid, rows, n_out)
            ∂L/∂output, as a loss returns it for the output of the last `forward`.
        input_grad : bool
            Whether ∂L/∂x is wanted: training does without, and saves the work.

        Returns
        -------
        numpy.ndarray, shape (*grid, batch, *in_shape), or None
            ∂L/∂x. None where it was not wanted, or where whole numbers came in.

        Raises
        ------
        TypeError, ValueError
            If `grad` does not hold real numbers, or has not the shape of that output.
        """
        grad_x = self.run_backward(self._check_grad(grad), input_grad)
        return None if grad_x is None else grad_x.copy()  # a layer may return what it was given

    def _check_grad(self, grad):
        grad = as_floats("grad", grad)
        if self._ran is None:
            raise ValueError("network must have gone forward before it can go backward")
        batch = self._ran[: len(self._ran) - len(self.out_shape)]
        expected = [(*batch, *self.out_shape)]
        if self.grid and len(batch) == 1:  # no layer has parameters: all networks gave the same
            expected.append((*self.grid, *expected[0]))
        if self.places:
            rows = int(np.prod((batch[-1], *self.places)))
            expected += [
                (*shape[: -1 - len(self.out_shape)], rows, self.n_out) for shape in expected
            ]
        if grad.shape not in expected:
            raise ValueError(
                f"grad must have the shape of the network's last output, {expected[0]}; "
                f"got {grad.shape}"
            )
        return grad

    def run_backward(self, grad, input_grad=True):
        """Do what `backward` does without any checks or copies: what training calls.

        Parameters
        ----------
        grad, input_grad
            As for `backward`; `grad` is an array of the network's dtype.

        Returns
        -------
        numpy.ndarray or None
            A view of `grad` where the layers only lay it out anew: it is to be read only.
        """
        if self.places and grad.ndim < self._most_axes:
            grad = unfold(grad, self.places)
        later, first = (self.layers[:0:-1], self.layers[0]) if input_grad else self._wanted
        for layer in later:
            grad = layer.backward(grad)
        grad = None if first is None else first.backward(grad, input_grad)
        for part in self._frozen_parts:  # a layer may have written there all the same
            self._grad[..., part] = 0
        return grad

    def predict(self, x):
        """Return the outputs for `x` after checking it; no layer behaves as in training.

        ``network(x)`` is the same.

        Parameters
        ----------
        x : array_like, shape (batch, *in_shape) or (*grid, batch, *in_shape)

        Returns
        -------
        numpy.ndarray, shape (*grid, batch, *out_shape)

        Raises
        ------
        TypeError, ValueError
            If `x` has the wrong shape, is empty, or holds NaN or infinity.
        """
        self.check_samples("x", x)
        return self.forward(x)

    __call__ = predict

    def check_samples(self, name, x, finite=True):
        """Return samples as an array that the first layer takes.

        Parameters
        ----------
        name : str
            What the caller calls them, for the error.
        x : array_like, shape (batch, *in_shape) or (*grid, batch, *in_shape)
        finite : bool
            Whether NaN and infinity are refused.

        Returns
        -------
        numpy.ndarray
            The shape of `x`.

        Raises
        ------
        TypeError, ValueError
            If `x` has the wrong shape, is empty, or holds NaN or infinity.
        """
        shape = (..., None, *self.in_shape) if self.grid else (None, *self.in_shape)
        x = self.layers[0].check_input(name, x, shape, self.dtype, finite)
        leading = x.shape[: -1 - len(self.in_shape)]
        if leading and leading != self.grid:
            raise ValueError(
                f"{name} must have the leading axes of the grid, {self.grid}, or none; "
                f"got {x.shape}"
            )
        return x

    def summary(self):
        """Print each layer, the shape of its output for one sample, and its parameters."""
        print(f"{'layer':12} {'output':14}{'parameters':>11}")
        print(f"{'input':12} {show(self.in_shape):14}".rstrip())
        for layer in self.layers:
            shapes = layer.parameter_shapes().values()
            n = sum(int(np.prod(shape)) for shape in shapes)
            shape = show(layer.output_shape(layer.in_shape))
            mark = " *" if layer._frozen and n else ""
            print(f"{type(layer).__name__:12} {shape:14}{n:>11,}{mark}")
        print(f"{'all':27}{self.n_parameters:>11,}")
        if self._frozen_parts:
            print("* frozen")

    def save(self, path):
        """Write the parameters to `path`, an .npz file, with the kinds and shapes of all layers.

        What a layer keeps besides its parameters is not in it: ``pickle`` keeps all.

        Parameters
        ----------
        path : str or path-like
        """
        file = BytesIO()
        np.savez(file, theta=self.theta, architecture=self._architecture())
        Path(path).write_bytes(file.getvalue())

    def load(self, path):
        """Read the parameters that `save` wrote for a network of the same layers.

        The kinds of the layers must be the same, and the names and shapes of their parameters;
        other settings, such as the rate of Dropout, may differ.

        Parameters
        ----------
        path : str or path-like

        Raises
        ------
        OSError
            If the file cannot be read.
        ValueError
            If the file is damaged, or holds other layers or another grid; this network is left as
            it was.
        """
        data = Path(path).read_bytes()
        try:
            with np.load(BytesIO(data), allow_pickle=False) as file:
                theta, architecture = file["theta"], str(file["architecture"])
            if theta.dtype.kind != "f":
                raise TypeError(f"theta holds {theta.dtype}")
        # A damaged archive can fail in a dozen ways, all one to the caller.
        except Exception as error:
            raise ValueError(f"path must be a file that Network.save wrote; got {path}") from error
        if architecture != self._architecture() or theta.shape != self.theta.shape:
            raise ValueError(
                f"path must hold parameters of shape {self.theta.shape} for\n"
                f"  {self._architecture()}\n"
                f"got shape {theta.shape} for\n  {architecture}\nin {path}"
            )
        self.theta = theta

    def _architecture(self):
        """Write the kind of each layer, those inside others too, with names and shapes."""
        return ", ".join(
            f"{name} {type(layer).__name__}({', '.join(f'{n} {s}' for n, s in shapes.items())})"
            for name, layer in _named_layers(self.layers)
            for shapes in [layer.parameter_shapes()]
        )

    def copy(self):
        """Return an independent copy: same layers, same parameters, its own vectors."""
        return deepcopy(self)

    __copy__ = copy  # a shallow copy would share the layers, and they can look at one vector only

    def __getitem__(self, which):
        if not isinstance(which, slice) or which.step not in (None, 1):
            raise TypeError(
                f"network takes a slice of layers, such as network[0:2]; got network[{which!r}] "
                "(network.layers has them one by one)"
            )
        first, stop, _ = which.indices(len(self.layers))
        if first >= stop:
            raise ValueError(f"network[i:j] must hold a layer; got [{first}:{stop}]")
        part = type(self).__new__(type(self))
        part.layers = tuple(copy(layer) for layer in self.layers[first:stop])
        part.grid, part.dtype = self.grid, self.dtype
        before = sum(
            int(np.prod(shape))
            for layer in self.layers[:first]
            for shape in layer.parameter_shapes().values()
        )
        part._lay_out(self.layers[first].in_shape, self._whole, self._start + before)
        part._claim()
        return part

    def __len__(self):
        return len(self.layers)

    def __repr__(self):
        grid = f", grid={self.grid}" if self.grid else ""
        layers = ", ".join(map(repr, self.layers))
        return f"Network([{layers}]{grid})  # {self.n_parameters:,} parameters"

    # A view that is pickled or copied by itself becomes an array of its own. So only the whole
    # vectors travel, and the layers of the copy are bound to them anew. Networks that share their
    # parameters still do if they are copied together.
    def __getstate__(self):
        without = ("_theta", "_weight_mask", "_ran")
        return {name: value for name, value in self.__dict__.items() if name not in without}

    def __setstate__(self, state):
        self.__dict__.update(state)
        grad = self._grad
        self._lay_out(self.in_shape, self._whole, self._start)
        self._grad[...] = grad
        self._claim()


def _named_layers(layers):
    """Yield every layer with its name, those inside others too."""
    waiting = [(f"layers[{i}]", layer) for i, layer in enumerate(layers)]
    while waiting:
        name, layer = waiting.pop(0)
        yield name, layer
        inner = layer.inner_layers() if isinstance(layer, Layer) else []
        waiting = [(f"{name}.{inside}", of_it) for inside, of_it in inner] + waiting


def _copy(name, value, vector):
    """Copy a value into a vector; a network that has diverged may hold NaN and infinity."""
    vector[...] = check_array(name, value, shape=vector.shape, dtype=vector.dtype, finite=False)


def _join(parts):
    """Join slices that follow one another: fewer steps for an optimizer."""
    joined = []
    for part in parts:
        if joined and joined[-1].stop == part.start:
            part = slice(joined.pop().start, part.stop)
        joined.append(part)
    return tuple(joined)


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
    return tuple(layers)  # which cannot be changed: their views are laid out once


def _check_sizes(name, sizes):
    if not isinstance(sizes, tuple | list):
        raise TypeError(f"{name} must be a tuple of integers such as (3,); got {sizes!r}")
    return tuple(check_integer(name, size, low=1) for size in sizes)


def _check_input_shape(input_shape, layers):
    """Return the shape of a sample: as given, or a row as long as the first layer that knows."""
    if input_shape is not None:
        shape = _check_sizes("input_shape", input_shape)
        if not shape:
            raise ValueError("input_shape must have an axis at least, (features,); got ()")
        return shape
    n_in = next((layer.n_in for layer in layers if layer.n_in is not None), None)
    if n_in is None or layers[0].takes_integers:
        raise ValueError(
            "layers[0] must say how many numbers come in, as Dense(n_in, n_out) does, or "
            f"input_shape must give the shape of a sample; got {layers[0]!r}"
        )
    return (n_in,)


def _check_shapes(layers, shape):
    for name, layer in list(_named_layers(layers))[1:]:
        if layer.takes_integers:
            raise ValueError(f"{name} must come first, where whole numbers come in; got {layer!r}")
    for i, layer in enumerate(layers):
        given = f"that layers[{i - 1}] gives" if i else "of input_shape"
        numbers = f"{shape[0]} numbers" if len(shape) == 1 else f"samples of shape {shape}"
        try:
            shape = layer.output_shape(shape)
        except ValueError as error:
            raise ValueError(
                f"layers[{i}] must take the {numbers} {given}; got {layer!r}"
            ) from error
