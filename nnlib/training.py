"""Training: forward, loss, backward, step, again and again, and a record of how it went."""

from dataclasses import dataclass, field

import numpy as np
from tqdm import tqdm

from nnlib.checks import (
    check_array,
    check_choice,
    check_integer,
    check_labels,
    check_number,
    check_rng,
)
from nnlib.losses import Loss
from nnlib.network import Network
from nnlib.optimizers import Optimizer


@dataclass
class History:
    """What `fit` saw, one entry an epoch; with a grid, each entry has the grid's shape.

    Attributes
    ----------
    loss : list
        The mean loss over the training samples, each taken just before its batch's step. So it
        averages over the epoch, while the network changes, and includes Dropout.
    validation_loss : list
        The mean loss over the validation samples after the epoch, without Dropout.
    validation_accuracy : list
        The share of validation samples classified right, where the targets are labels.
    best_epoch : int or numpy.ndarray of int
        With early stopping: the epoch, counted from 1, whose parameters were kept; 0, the first
        values, if no epoch had a finite validation loss.
    """

    loss: list = field(default_factory=list)
    validation_loss: list = field(default_factory=list)
    validation_accuracy: list = field(default_factory=list)
    best_epoch: int | np.ndarray | None = None


def minibatches(n, batch_size, *, rng):
    """Cut a fresh random order of the indices 0 … n − 1 into batches; the last may be smaller.

    Slides 34–36; chapter 6.

    Parameters
    ----------
    n, batch_size : int
    rng : numpy.random.Generator or list of K of them
        Draws the order. With a list, there are K orders, one for each network of a grid.

    Yields
    ------
    numpy.ndarray of int, shape (batch,) or (K, batch)
    """
    n = check_integer("n", n, low=1)
    batch_size = check_integer("batch_size", batch_size, low=1)
    if isinstance(rng, list | tuple):
        order = np.stack([check_rng(f"rng[{k}]", g).permutation(n) for k, g in enumerate(rng)])
    else:
        order = check_rng("rng", rng).permutation(n)
    for start in range(0, n, batch_size):
        yield order[..., start : start + batch_size]


def fit(
    network,
    x,
    target,
    *,
    loss,
    optimizer,
    epochs,
    rng,
    batch_size=32,
    validation=None,
    weight_decay=0.0,
    clip_norm=None,
    patience=None,
    on_divergence="raise",
    progress=True,
):
    """Train a network, or a grid of networks, and return the history.

    Each epoch passes all samples once, in a new random order, `batch_size` at a time:
    forward, loss, backward, step.

    Parameters
    ----------
    network : Network
        Changed in place.
    x : array_like, shape (n, n_in)
        Rows are samples.
    target : array_like
        Class labels, shape (n,), or rows, shape (n, n_out), as the loss takes them.
    loss : Loss
    optimizer : Optimizer
        Keeps its memory, so a second `fit` with the same optimizer goes on where the first ended.
    epochs, batch_size : int
    rng : numpy.random.Generator, or list of one for each network of a grid ``(K,)``
        Draws the order of the samples. One generator gives all networks of a grid the same order,
        so that they differ by their first weights alone; with a list each has its own, as if it
        were trained by itself.
    validation : (x, target), optional
        Samples to measure after each epoch, never to train on.
    weight_decay : float, or array_like of shape (*grid,)
        α ≥ 0: adds α W to the gradient of each weight, which is the gradient of ½ α ‖W‖². Biases
        are left alone, and the losses of the history do not include this term. Chapter 7.
    clip_norm : float > 0, optional
        Shortens the gradient g of a network to this length, if it is longer. Chapter 5.
    patience : int, optional
        Stops early: when the validation loss has not improved for so many epochs. Each network
        ends with the parameters of its best epoch. Chapter 7.
    on_divergence : "raise" or "record"
        What to do when the loss or a parameter is no longer finite: stop with an error, or write
        it into the history and go on (in a grid, the other networks train on unharmed).
    progress : bool
        Whether to show a progress bar when the run takes longer than two seconds.

    Returns
    -------
    History

    Raises
    ------
    FloatingPointError
        If training diverges and `on_divergence` is "raise". The error names the epoch.
    TypeError, ValueError
        If an argument does not fit. Nothing has been trained then.
    """
    x, target = _check_samples("x", "target", x, target, network, loss)
    if validation is not None:
        validation = _check_validation(validation, network, loss)
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"optimizer must be an Optimizer such as SGD(0.1); got {optimizer!r}")
    optimizer.check_fits(network.theta)
    epochs = check_integer("epochs", epochs, low=1)
    batch_size = check_integer("batch_size", batch_size, low=1)
    _check_orders(rng, network)
    check_choice("on_divergence", on_divergence, ("raise", "record"))
    decay = _check_weight_decay(weight_decay, network)
    if clip_norm is not None:
        clip_norm = check_number("clip_norm", clip_norm, low=0, include_low=False)
    best = _Best(network, patience, validation) if patience is not None else None

    n = len(x)
    history = History()
    # Unset, the environment's TQDM_DISABLE decides. A bar that counts to one would tell nothing.
    bar = {} if progress and epochs > 1 else {"disable": True}
    # A diverging run overflows on its way to NaN. It is reported below, once and clearly, so
    # numpy's warnings from inside the loop would only add noise.
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for epoch in tqdm(range(1, epochs + 1), desc="epochs", delay=2, **bar):
            total = 0.0
            for batch in minibatches(n, batch_size, rng=rng):
                prediction = network.forward(x.take(batch, axis=0), training=True)
                batch_loss, grad = loss.compute(prediction, target.take(batch, axis=0))
                network.backward(grad, input_grad=False)
                if decay is not None:
                    np.add(network.grad, decay * network.theta, out=network.grad)
                if clip_norm is not None:
                    clip_gradient(network.grad, clip_norm)
                optimizer.step(network.theta, network.grad)
                total += batch_loss * batch.shape[-1]
            history.loss.append(_plain(total / n))
            if on_divergence == "raise":
                _check_finite(history.loss[-1], network, optimizer, epoch)
            if validation is not None:
                _validate(history, network, loss, *validation)
            if best and best.exhausted(history.validation_loss[-1]):
                break
    if best:
        history.best_epoch = best.restore()
    return history


def clip_gradient(grad, norm):
    """Shorten each gradient that is longer than `norm` to that length, in place.

    g ← g · min(1, norm / ‖g‖). The direction stays. Chapter 5. Source: Pascanu, Mikolov & Bengio
    (2013), algorithm 1.

    Parameters
    ----------
    grad : numpy.ndarray, shape (*grid, n_parameters)
    norm : float > 0
    """
    length = np.linalg.norm(grad, axis=-1, keepdims=True)
    grad *= np.minimum(1, norm / np.maximum(length, np.finfo(grad.dtype).tiny))


def accuracy(network, x, labels):
    """Return the share of samples whose largest output is that of the right class.

    Parameters
    ----------
    network : Network
    x : array_like, shape (n, n_in)
    labels : array_like of int, shape (n,)

    Returns
    -------
    float in [0, 1], or numpy.ndarray of shape (*grid,)

    Raises
    ------
    TypeError, ValueError
        If `x` or `labels` do not fit the network.
    """
    outputs = network.predict(x)
    labels = check_labels("labels", labels, n_classes=network.n_out, n=outputs.shape[-2])
    return _plain((outputs.argmax(axis=-1) == labels).mean(axis=-1))


class _Best:
    """Keeps each network's best parameters until `patience` epochs bring nothing better."""

    def __init__(self, network, patience, validation):
        if validation is None:
            raise ValueError(f"validation must be given with patience={patience!r}; got None")
        self.patience = check_integer("patience", patience, low=1)
        self.network = network
        self.theta = network.theta.copy()
        self.loss = np.full(network.grid, np.inf)
        self.epoch = np.zeros(network.grid, dtype=int)
        self.seen = 0

    def exhausted(self, validation_loss):
        """Take note of an epoch; return whether every network has run out of patience."""
        waiting = self.seen - self.epoch < self.patience
        self.seen += 1
        better = np.asarray(waiting & (validation_loss < self.loss))
        self.theta[better] = self.network.theta[better]
        self.loss = np.where(better, validation_loss, self.loss)
        self.epoch = np.where(better, self.seen, self.epoch)
        return bool(np.all(self.seen - self.epoch >= self.patience))

    def restore(self):
        """Give each network its best parameters back; return the epochs they are from."""
        self.network.theta[...] = self.theta
        return int(self.epoch) if self.epoch.ndim == 0 else self.epoch


def _check_weight_decay(weight_decay, network):
    """Return α for each entry of theta, 0 for biases; None if there is no decay at all."""
    if np.ndim(weight_decay) == 0:
        decay = np.array(check_number("weight_decay", weight_decay, low=0))
    else:
        decay = check_array("weight_decay", weight_decay, shape=network.grid)
        if (decay < 0).any():
            raise ValueError(f"weight_decay must be 0 or more; got {decay.min()} among the values")
    if not decay.any():
        return None
    return (decay[..., None] * network.weight_mask).astype(network.dtype)


def _check_orders(rng, network):
    if not isinstance(rng, list | tuple):
        check_rng("rng", rng)
    elif (len(rng),) != network.grid:
        raise ValueError(
            f"rng must be one generator, or a list of one for each network of a grid (K,); "
            f"got {len(rng)} for a network with grid={network.grid}"
        )


def _check_samples(x_name, target_name, x, target, network, loss):
    if not isinstance(network, Network):
        raise TypeError(f"network must be a Network; got {type(network).__name__}")
    if not isinstance(loss, Loss):
        raise TypeError(f"loss must be a loss such as HalfSquaredError(); got {loss!r}")
    loss.check_network(network)
    x = check_array(x_name, x, shape=(None, network.n_in), dtype=network.dtype)
    try:
        return x, loss.target_rows(target, len(x), network.n_out, network.dtype)
    except (TypeError, ValueError) as error:
        if target_name == "target":
            raise
        raise type(error)(f"{target_name}: {error}") from error


def _check_validation(validation, network, loss):
    if not isinstance(validation, tuple | list) or len(validation) != 2:
        raise ValueError(f"validation must be a pair (x, target); got {type(validation).__name__}")
    x, rows = _check_samples("validation[0]", "validation[1]", *validation, network, loss)
    labels = np.asarray(validation[1])
    return x, rows, labels if labels.ndim == 1 else None


def _validate(history, network, loss, x, rows, labels):
    outputs = network.forward(x)
    history.validation_loss.append(_plain(loss.compute(outputs, rows)[0]))
    if labels is not None:
        right = outputs.argmax(axis=-1) == labels
        history.validation_accuracy.append(_plain(right.mean(axis=-1)))


def _check_finite(loss, network, optimizer, epoch):
    if np.isfinite(loss).all() and np.isfinite(network.theta).all():
        return
    which = ""
    if network.grid:
        bad = ~(np.isfinite(loss) & np.isfinite(network.theta).all(axis=-1))
        which = f" in network {tuple(int(i) for i in np.argwhere(bad)[0])} of the grid"
    raise FloatingPointError(
        f"training diverged in epoch {epoch}{which}: the loss or a parameter is no longer finite; "
        f"a smaller learning_rate usually helps (optimizer: {optimizer!r})"
    )


def _plain(value):
    """A float for one network, an array for a grid."""
    return float(value) if np.ndim(value) == 0 else value
