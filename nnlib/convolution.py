"""Convolution and pooling: layers for images, which look at a small window of one at a time.

An image has the shape (rows, columns, channels): a grey one has one channel. A convolution is a
`Dense` layer that sees one window of the image, and is applied at every place: the same weights
everywhere. Pooling keeps one number of each window. Both turn images into images, called feature
maps, one per channel.
"""

import numpy as np

from nnlib.checks import as_floats, check_integer
from nnlib.initializers import glorot_uniform
from nnlib.layers import Dense, Layer, attach, fold, unfold


class Conv2D(Layer):
    """A convolution: a `Dense` layer that is applied to every window of an image.

    Forward:   y[i, j] = b + Σ over u, v of x[i·stride + u − padding, j·stride + v − padding] W[u,v]
               for u, v = 0 … size − 1; x is 0 outside the image
    Backward:  ∂L/∂W[u, v] = Σ over batch, i, j of xᵀ g[i, j],   ∂L/∂b = Σ over batch, i, j of g,
               and ∂L/∂x adds up g[i, j] Wᵀ[u, v], where x is the number that met W[u, v] for i, j

    It is a cross-correlation: the kernel is not turned round, as everywhere in the field. From n
    rows come ⌊(n + 2 padding − size) / stride⌋ + 1, and so from the columns. Slide 39; chapter 9.
    Source: LeCun et al. (1989); Dumoulin & Visin (2016), chapter 2, for the sizes.

    Parameters
    ----------
    n_in, n_out : int
        How many channels come in and go out. `W` has the shape (size, size, n_in, n_out), so that
        ``W[:, :, 0, 3]`` is the kernel that channel 3 applies to channel 0; `b` has (n_out,).
    size : int
        The side of the square window.
    stride : int, optional
        How far apart the windows are.
    padding : int, optional
        How many rows and columns of zeros are laid around the image, at each side.
    initializer : callable, optional
        Draws the first values of `W` as for ``Dense(size · size · n_in, n_out)``; see
        `nnlib.initializers`.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described, or images come in that no window fits into.
    """

    settings = ("n_in", "n_out", "size", "stride", "padding")

    def __init__(self, n_in, n_out, size, *, stride=1, padding=0, initializer=glorot_uniform):
        self.n_in = check_integer("n_in", n_in, low=1)
        self.n_out = check_integer("n_out", n_out, low=1)
        self.size = check_integer("size", size, low=1)
        self.stride = check_integer("stride", stride, low=1)
        self.padding = check_integer("padding", padding, low=0)
        self.dense = Dense(self.size**2 * self.n_in, self.n_out, initializer=initializer)

    def parameter_shapes(self):
        """Return the shapes of `W` and `b`."""
        return {"W": (self.size, self.size, self.n_in, self.n_out), "b": (self.n_out,)}

    def output_shape(self, shape):
        """Return (rows, columns, n_out); ValueError unless images with `n_in` channels come in."""
        if len(shape) != 3 or shape[-1] != self.n_in:
            raise ValueError(
                f"{self!r} takes images of shape (rows, columns, {self.n_in}); got {shape}"
            )
        return (*_places(self, shape, self.padding), self.n_out)

    def bind(self, parameters, gradients):
        """Give the Dense layer the same numbers, each kernel's in one column."""
        self.dense.in_shape = (*self.output_shape(self.in_shape)[:2], self.dense.n_in)
        attach(self.dense, self._columns(parameters), self._columns(gradients))

    def _columns(self, views):
        W, b = views["W"], views["b"]
        return {"W": W.reshape(*W.shape[:-4], self.dense.n_in, self.n_out), "b": b}

    def initialize(self, rng, grid):
        """Draw `W` from the initializer and set `b` to zero."""
        self.dense.initialize(rng, grid)

    def forward(self, x, training=False):
        """Return the Dense layer's output for each window."""
        return self.dense.forward(self._windows(x))

    def backward(self, grad, input_grad=True):
        """Write `dW` and `db`; return ∂L/∂x."""
        self.dense.backward(grad, input_grad=False)
        if not input_grad:
            return None
        p, (rows, columns, channels) = self.padding, self.in_shape
        size = (rows + 2 * p, columns + 2 * p, channels)
        grad_x = np.zeros((*grad.shape[:-3], *size), grad.dtype)
        grad = fold(grad, self.dense.places)
        for u, v, part in _offsets(self, grad_x):  # what lies at u, v in each window met W[u, v]
            part += unfold(np.matmul(grad, self.W[..., u, v, :, :].mT), self.dense.places)
        return grad_x[..., p : rows + p, p : columns + p, :]

    def _windows(self, x):
        """Lay the numbers of each window in a row: (…, rows, columns, size · size · n_in)."""
        p, k, channels = self.padding, self.size, self.n_in
        if p:
            rows, columns, _ = self.in_shape
            padded = np.zeros((*x.shape[:-3], rows + 2 * p, columns + 2 * p, channels), x.dtype)
            padded[..., p:-p, p:-p, :] = x
            x = padded
        # The channels of neighbouring columns lie side by side, so a row of a window is one piece.
        x = x.reshape(*x.shape[:-2], -1)
        windows = np.lib.stride_tricks.sliding_window_view(x, (k, k * channels), axis=(-2, -1))
        windows = windows[..., :: self.stride, :: self.stride * channels, :, :]
        return windows.reshape(*windows.shape[:-2], -1)


class Pooling(Layer):
    """What max and average pooling share: windows without parameters, each channel by itself.

    Parameters
    ----------
    size : int, optional
        The side of the square window.
    stride : int, optional
        How far apart the windows are: by default `size`, so that they lie side by side. Rows and
        columns that fill no window are left out.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described, or images come in that no window fits into.
    """

    settings = ("size", "stride")

    def __init__(self, size=2, stride=None):
        self.size = check_integer("size", size, low=1)
        self.stride = self.size if stride is None else check_integer("stride", stride, low=1)

    def output_shape(self, shape):
        """Return (rows, columns, channels); ValueError unless images come in."""
        if len(shape) != 3:
            raise ValueError(
                f"{self!r} takes images of shape (rows, columns, channels); got {shape}"
            )
        return (*_places(self, shape), shape[-1])


class MaxPool2D(Pooling):
    """Keep the largest number of each window: y = max over u, v of x[i·stride + u, …].

    Backward: g goes to the largest number alone; to the first, if several are. Chapter 9. Source:
    Riesenhuber & Poggio (1999). Parameters and errors as for `Pooling`.
    """

    remembers = ("largest",)

    def forward(self, x, training=False):
        """Return the largest number of each window."""
        parts = [part for _, _, part in _offsets(self, x)]
        y, small = parts[0].copy(), np.min_scalar_type(len(parts)).type
        self.largest = np.zeros(y.shape, small)  # the number n of the part that it is in
        for n, part in enumerate(parts[1:], start=1):
            np.maximum(self.largest, (part > y) * small(n), out=self.largest)
            np.maximum(y, part, out=y)
        return y

    def backward(self, grad, input_grad=True):
        """Return g at the largest number of each window, and 0 elsewhere."""
        grad_x = np.zeros((*grad.shape[:-3], *self.in_shape), grad.dtype)
        for n, (_, _, part) in enumerate(_offsets(self, grad_x)):
            if self.stride < self.size:  # a number may be the largest of several windows
                part += grad * (self.largest == n)
            else:
                np.multiply(grad, self.largest == n, out=part)
        return grad_x


class AveragePool2D(Pooling):
    """Keep the average of each window: y = Σ over u, v of x[i·stride + u, …] / size².

    Backward: each number of a window receives g / size². Chapter 9. Source: LeCun et al. (1998),
    section II.B, "subsampling" but for its gain and bias. Parameters and errors as for `Pooling`.
    """

    def forward(self, x, training=False):
        """Return the average of each window."""
        return sum(part for _, _, part in _offsets(self, as_floats("x", x))) / self.size**2

    def backward(self, grad, input_grad=True):
        """Return g / size² at each number of a window."""
        grad_x = np.zeros((*grad.shape[:-3], *self.in_shape), grad.dtype)
        share = grad / self.size**2
        for _, _, part in _offsets(self, grad_x):
            part += share
        return grad_x


class GlobalAveragePool(Layer):
    """Keep the average of each channel over the whole image, as a row: where a thing is, is lost.

    y = Σ over all places of x / number of places; backward, each place receives g / that number.
    Chapter 9. Source: Lin, Chen & Yan (2014), section 3.2.
    """

    def output_shape(self, shape):
        """Return (channels,); ValueError unless there are places to average over."""
        if len(shape) < 2:
            raise ValueError(f"{self!r} takes samples of shape (…places, channels); got {shape}")
        return shape[-1:]

    def forward(self, x, training=False):
        """Return the average of each channel."""
        return x.mean(axis=tuple(range(-len(self.in_shape), -1)))

    def backward(self, grad, input_grad=True):
        """Return g / places at each place."""
        *places, channels = self.in_shape
        share = grad / int(np.prod(places))
        share = share.reshape(*share.shape[:-1], *[1] * len(places), channels)
        return np.broadcast_to(share, (*grad.shape[:-1], *self.in_shape))


def _places(layer, shape, padding=0):
    """Return how many windows there are along rows and columns; ValueError if none fits."""
    places = tuple((n + 2 * padding - layer.size) // layer.stride + 1 for n in shape[:2])
    if min(places) < 1:
        raise ValueError(
            f"{layer!r} needs images of {layer.size - 2 * padding} rows and columns or more; "
            f"got {shape}"
        )
    return places


def _offsets(layer, image):
    """Yield (u, v, a view of the numbers that lie at u, v in their windows), for all u and v."""
    k, s = layer.size, layer.stride
    rows, columns = ((n - k) // s * s + 1 for n in image.shape[-3:-1])  # to the last window's first
    for u in range(k):
        for v in range(k):
            yield u, v, image[..., u : u + rows : s, v : v + columns : s, :]
