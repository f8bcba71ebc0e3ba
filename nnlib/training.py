"""Training: forward, loss, backward, step, again and again, and a record of how it went."""

from dataclasses import dataclass, field

import numpy as np
from tqdm import tqdm

from nnlib.checks import (
    as_array,
    check_array,
    check_callable,
    check_choice,
    check_integer,
    check_labels,
    check_number,
    check_rng,
    check_rngs,
)
from nnlib.functional import scaled_norm
from nnlib.layers import Sigmoid
from nnlib.losses import Loss, are_labels
from nnlib.network import Network
from nnlib.optimizers import Optimizer

# A diverging run overflows on its way to NaN. It is reported once and clearly, so numpy's warnings
# from inside the loop would only add noise.
QUIET = {"over": "ignore", "invalid": "ignore", "divide": "ignore"}


@dataclass
class History:
    """What `fit` saw, one entry an epoch; with a grid, each entry has the grid's shape.

    Attributes
    ----------
    loss : list
        The mean loss over the training samples, each taken just before its batch's step. So it
        averages over the epoch, while the network changes, and includes Dropout.
    accuracy : list
        The share of training samples classified right, at the same moments; empty unless the
        targets are labels.
    validation_loss : list
        The mean loss over the validation samples after the epoch, without Dropout.
    validation_accuracy : list
        The share of validation samples classified right, where the targets are labels.
    best_epoch : int or numpy.ndarray of int
        With early stopping: the epoch, counted from 1, whose parameters were kept; 0, the first
        values, if no epoch had a finite validation loss.
    interrupted : bool
        Whether the run was stopped from the keyboard. The epoch that was under way is left out.
    """

    loss: list = field(default_factory=list)
    accuracy: list = field(default_factory=list)
    validation_loss: list = field(default_factory=list)
    validation_accuracy: list = field(default_factory=list)
    best_epoch: int | np.ndarray | None = None
    interrupted: bool = False

    def note(self, loss, accuracy, validation):
        """Write an epoch down.

        Parameters
        ----------
        loss : float, or numpy.ndarray of shape (*grid,)
        accuracy : the same, or None
        validation : (loss, accuracy) of the validation samples, or None
        """
        self.loss.append(_plain(loss))
        if accuracy is not None:
            self.accuracy.append(_plain(accuracy))
        if validation is not None:
            self.validation_loss.append(_plain(validation[0]))
            if validation[1] is not None:
                self.validation_accuracy.append(_plain(validation[1]))

    def cut(self, epochs):
        """Leave out what was written down after so many epochs, of one that was interrupted."""
        for entries in (
            self.loss,
            self.accuracy,
            self.validation_loss,
            self.validation_accuracy,
        ):
            del entries[epochs:]


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

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit, or a generator stands in the list twice.
    """
    n = check_integer("n", n, low=1)
    batch_size = check_integer("batch_size", batch_size, low=1)
    if isinstance(rng, list | tuple):
        order = np.stack([generator.permutation(n) for generator in check_rngs("rng", rng)])
    else:
        order = check_rng("rng", rng).permutation(n)
    for start in range(0, n, batch_size):
        yield order[..., start : start + batch_size]


def train_step(
    network, x, target, loss, optimizer, *, weight_decay=0.0, clip_norm=None, training=True
):
    """Take one step: forward, loss, backward, step, as chapter 4 does by hand.

    Parameters
    ----------
    network : Network
        Changed in place.
    x, target, loss, optimizer, weight_decay, clip_norm
        As for `fit`, which takes such a step for each of its batches; here all samples are one.
        With a grid, `x` may have its axes too, a batch for each network; then so has `target`.
    training : bool
        Whether layers such as Dropout act.

    Returns
    -------
    float, or numpy.ndarray of shape (*grid,)
        The mean loss before the step.

    Raises
    ------
    FloatingPointError
        If the loss, a parameter or what the optimizer remembers is no longer finite after the step.
    TypeError, ValueError
        If an argument does not fit. Nothing has been changed then.
    """
    x, target, _ = check_data("x", "target", x, target, network, loss, own_batches=True)
    _check_optimizer(optimizer, network, "raise")
    network.check_output(network.run(x[..., :1, *[slice(None)] * len(network.in_shape)]))
    decay = _decay(_check_weight_decay(weight_decay, network), network)
    clip_norm = _check_clip_norm(clip_norm)
    with np.errstate(**QUIET):
        value, _ = _step(network, x, target, loss, optimizer, decay, clip_norm, training)
    _check_finite(value, network, optimizer)
    return _plain(value)


def _step(network, x, target, loss, optimizer, decay, clip_norm, training=True):
    """Do what `train_step` does, without its checks; return the loss and the outputs."""
    outputs = prediction = network.run(x, training)
    if network.places:
        prediction, target = network.rows(outputs), network.rows(target)
    value, grad = loss.compute(prediction, target)
    network.run_backward(grad, input_grad=False)
    if decay is not None:
        np.add(network.grad, decay * network.theta, out=network.grad)
    if clip_norm is not None:
        _clip(network.grad, clip_norm)
    optimizer.step(network.theta, network.grad, network.trainable, network.decaying)
    return value, outputs


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
    callback=None,
    on_divergence="raise",
    progress=True,
):
    """Train a network, or a grid of networks, and return the history.

    Each epoch passes all samples once, in a new random order, `batch_size` at a time:
    forward, loss, backward, step. Stopping from the keyboard loses nothing: the history so far is
    returned, and with `patience` the best parameters stay.

    Parameters
    ----------
    network : Network
        Changed in place.
    x : array_like, shape (n, *in_shape)
        n samples: rows of numbers, shape (n, n_in), say.
    target : array_like
        Class labels, shape (n,), or rows, shape (n, n_out), as the loss takes them. For samples
        with places, each place has its own: (n, …places) or (n, …places, n_out).
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
    callback : callable, optional
        Called after each epoch as ``callback(epoch, network, history)``, with the epoch counted
        from 1. If it returns True, the run stops.
    on_divergence : "raise" or "record"
        What to do when the loss, a parameter or what the optimizer remembers is no longer finite:
        stop with an error, or write it into the history and go on (in a grid, the other networks
        train on unharmed).
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
    x, target, labels = check_data("x", "target", x, target, network, loss)
    if validation is not None:
        validation = _check_validation(validation, network, loss)
    check_choice("on_divergence", on_divergence, ("raise", "record"))
    _check_optimizer(optimizer, network, on_divergence)
    network.check_output(network.run(x[:1]))
    epochs = check_integer("epochs", epochs, low=1)
    batch_size = check_integer("batch_size", batch_size, low=1)
    _check_orders(rng, network)
    alpha, clip_norm = _check_weight_decay(weight_decay, network), _check_clip_norm(clip_norm)
    best = _Best(network, patience, validation) if patience is not None else None
    if callback is not None:
        check_callable("callback", callback)

    history, whole = History(), 0
    # Unset, the environment's TQDM_DISABLE decides. A bar that counts to one would tell nothing.
    bar = {} if progress and epochs > 1 else {"disable": True}
    try:
        for epoch in tqdm(range(1, epochs + 1), desc="epochs", delay=2, **bar):
            with np.errstate(**QUIET):
                total, answers, decay = 0.0, _Answers(network, labels), _decay(alpha, network)
                for batch in minibatches(len(x), batch_size, rng=rng):
                    xs, rows = x.take(batch, axis=0), target.take(batch, axis=0)
                    value, outputs = _step(network, xs, rows, loss, optimizer, decay, clip_norm)
                    total += value * batch.shape[-1]
                    if labels is not None:
                        answers.note(batch, loss.classes(outputs))
                if on_divergence == "raise":
                    _check_finite(total, network, optimizer, epoch)
                measured = _measure(network, loss, *validation) if validation else None
            history.note(total / len(x), answers.accuracy(np.isfinite(total)), measured)
            whole = epoch
            done = best is not None and best.exhausted(history.validation_loss[-1])
            if (callback is not None and _is_true(callback(epoch, network, history))) or done:
                break
    except KeyboardInterrupt:
        history.interrupted = True
        history.cut(best.kept[-1] if best else whole)
    if best:
        history.best_epoch = best.restore()
    return history


def _is_true(answer):
    return isinstance(answer, bool | np.bool_) and bool(answer)


def _measure(network, loss, x, target, labels):
    """Return the mean loss on samples and, where they have labels, the share of them met."""
    outputs = network.run(x)
    value = loss.compute(network.rows(outputs), network.rows(target))[0]
    if labels is None:
        return value, None
    return value, _share(loss.classes(outputs) == labels, _finite(outputs, network), network.grid)


def _share(met, sound, grid):
    """Return the share of what is true, for each network; NaN for one that is not sound."""
    share = met.mean(axis=tuple(range(len(grid), met.ndim)))
    return np.where(sound, share, np.nan)


def _finite(outputs, network):
    """Return whether all outputs are finite, for each network."""
    return np.isfinite(outputs).all(axis=tuple(range(len(network.grid), outputs.ndim)))


def clip_gradient(grad, norm):
    """Shorten each gradient that is longer than `norm` to that length, in place.

    g ← g · min(1, norm / ‖g‖). The direction stays. Chapter 5. Source: Pascanu, Mikolov & Bengio
    (2013), algorithm 1.

    Parameters
    ----------
    grad : numpy.ndarray, shape (*grid, n_parameters)
    norm : float > 0

    Raises
    ------
    TypeError, ValueError
        If `grad` is not an array of floating-point numbers, or `norm` not a number above 0.
    """
    if not isinstance(grad, np.ndarray) or as_array("grad", grad).dtype.kind != "f":
        raise TypeError(f"grad must be an array of floating-point numbers; got {grad!r}")
    _clip(grad, check_number("norm", norm, low=0, include_low=False))


def _clip(grad, norm):
    root, exponent = scaled_norm(grad, axis=-1)  # the length is root · 2^exponent
    grad *= np.minimum(1, np.ldexp(norm / np.where(root > 0, root, 1), -exponent))


def input_gradient(network, x, target, loss):
    """Return ∂L/∂x: how the loss changes with each number of the input. Chapter 4.

    Layers act as outside training. The network is left as it was, `grad` included.

    Parameters
    ----------
    network : Network
    x, target, loss
        As for `train_step`. L is the mean over the samples: multiply by their number for each
        one's own.

    Returns
    -------
    numpy.ndarray, shape (*grid, n, *in_shape)

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit, or the input is whole numbers, which have no gradient.
    """
    x, target, _ = check_data("x", "target", x, target, network, loss, own_batches=True)
    if network.layers[0].takes_integers:
        raise ValueError(
            f"network must take numbers that can change a little; got {network.layers[0]!r} first"
        )
    twin = network.copy()
    twin.freeze()  # its parameters need no gradients
    _, grad = loss.compute(network.rows(twin.run(x)), network.rows(target))
    return twin.backward(grad)


def accuracy(network, x, labels, *, threshold=None):
    """Return the share of samples whose largest output is that of the right class.

    A network with a single output says class 1 where it is above `threshold`, and else class 0.

    Parameters
    ----------
    network : Network
    x : array_like, shape (n, *in_shape)
    labels : array_like of int, shape (n,) or, for samples with places, (n, …places)
    threshold : float, optional
        For a single output: ½ where outputs were trained towards 0 and 1, and 0 for logits, as
        `BinaryCrossEntropy` takes them. Not needed after a `Sigmoid`, where it is ½.

    Returns
    -------
    float in [0, 1], or numpy.ndarray of shape (*grid,)
        In a grid, NaN for a network that has diverged.

    Raises
    ------
    TypeError, ValueError
        If `x` or `labels` do not fit the network, or its outputs are not finite: then it has no
        accuracy.
    """
    check_network(network)
    with np.errstate(**QUIET):
        outputs = network.predict(x)
    lengths = (outputs.shape[len(network.grid)], *network.out_shape[:-1])
    n_classes = max(2, network.n_out)
    labels = as_array("labels", labels)
    if labels.shape != lengths:
        raise ValueError(f"labels must have shape {lengths}; got {labels.shape}")
    labels = check_labels("labels", labels.ravel(), n_classes=n_classes).reshape(lengths)
    if network.n_out == 1:
        classes = outputs[..., 0] > _check_threshold(threshold, network)
    elif threshold is not None:
        raise ValueError(f"threshold is for a single output; got n_out = {network.n_out}")
    else:
        classes = outputs.argmax(axis=-1)
    sound = _finite(outputs, network)
    if not network.grid and not sound:
        raise ValueError("network must have finite outputs; got NaN or infinity: it has diverged")
    return _plain(_share(classes == labels, sound, network.grid))


def _check_threshold(threshold, network):
    if threshold is not None:
        return check_number("threshold", threshold)
    if isinstance(network.layers[-1], Sigmoid):
        return 0.5
    raise ValueError(
        "threshold must be given for a single output without a Sigmoid: 0 for logits, 0.5 for "
        "outputs trained towards 0 and 1"
    )


class _Answers:
    """The classes that a network gave the samples of an epoch, in the order of its batches.

    They lie in one array: many small ones, kept among a step's large ones, would slow the step.
    """

    def __init__(self, network, labels):
        self.grid, self.labels, self.order, self.seen = network.grid, labels, [], 0
        self.all_networks = (slice(None),) * len(network.grid)
        if labels is not None:
            self.classes = np.empty((*network.grid, *labels.shape), np.intp)

    def note(self, batch, classes):
        """Take down the classes of a batch, given by its indices."""
        first = self.seen
        self.seen = first + batch.shape[-1]
        part = slice(first, self.seen)
        self.classes[(*self.all_networks, part) if self.grid else part] = classes
        self.order.append(batch)

    def accuracy(self, sound):
        """Return the share of labels met, for each sound network; None without labels."""
        if self.labels is None:
            return None
        met = self.classes == self.labels[np.concatenate(self.order, axis=-1)]
        return _share(met, sound, self.grid)


class _Best:
    """Keeps each network's best parameters until `patience` epochs bring nothing better."""

    def __init__(self, network, patience, validation):
        if validation is None:
            raise ValueError(f"validation must be given with patience={patience!r}; got None")
        self.patience = check_integer("patience", patience, low=1)
        self.network = network
        epoch, loss = np.zeros(network.grid, dtype=int), np.full(network.grid, np.inf)
        self.kept = network.theta.copy(), loss, epoch, 0  # parameters, loss, epoch; epochs seen

    def exhausted(self, validation_loss):
        """Take note of an epoch; return whether every network has run out of patience."""
        theta, loss, epoch, seen = self.kept
        better = np.asarray((seen - epoch < self.patience) & (validation_loss < loss))
        seen += 1
        epoch = np.where(better, seen, epoch)
        # All at once: an interrupt comes before or after.
        self.kept = (
            np.where(better[..., None], self.network.theta, theta),
            np.where(better, validation_loss, loss),
            epoch,
            seen,
        )
        return bool(np.all(seen - epoch >= self.patience))

    def restore(self):
        """Give each network its best parameters back; return the epochs they are from."""
        self.network.theta[...], _, epoch, _ = self.kept
        return int(epoch) if epoch.ndim == 0 else epoch


def _check_optimizer(optimizer, network, on_divergence):
    """Raise an error unless the optimizer fits, and there is something to train from here."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"optimizer must be an Optimizer such as SGD(0.1); got {optimizer!r}")
    optimizer.check_fits(network.theta)
    if network.trainable == ():
        raise ValueError("network must have a parameter to train; all of its layers are frozen")
    if on_divergence == "record":  # then lost networks of a grid may go on with the others
        return
    if not np.isfinite(network.theta).all():
        where = int(np.argwhere(~np.isfinite(network.theta))[0][-1])
        name = next(n for n, part in network.parameter_slices.items() if where < part.stop)
        raise ValueError(
            f"network must begin with finite parameters; got NaN or infinity in {name}: "
            "it has diverged before, so make it anew"
        )
    if not np.all(optimizer.finite_memory()):
        raise ValueError(
            f"optimizer must remember finite numbers; got NaN or infinity in {optimizer!r}: "
            "it comes from a run that diverged, so make a new one"
        )


def _check_clip_norm(clip_norm):
    if clip_norm is None:
        return None
    return check_number("clip_norm", clip_norm, low=0, include_low=False)


def _check_weight_decay(weight_decay, network):
    """Return α, a number or one for each network; None if there is no decay at all."""
    if np.ndim(weight_decay) == 0:
        decay = np.array(check_number("weight_decay", weight_decay, low=0))
    else:
        decay = check_array("weight_decay", weight_decay, shape=network.grid)
        if (decay < 0).any():
            raise ValueError(f"weight_decay must be 0 or more; got {decay.min()} among the values")
    if not decay.any():
        return None
    return decay


def _decay(alpha, network):
    """Return α for each entry of theta that decays and is not frozen, 0 for the others."""
    if alpha is None:
        return None
    mask = np.zeros(network.n_parameters, dtype=bool)
    for part in network.decaying:
        mask[part] = True
    return (alpha[..., None] * mask).astype(network.dtype)


def _check_orders(rng, network):
    if not isinstance(rng, list | tuple):
        check_rng("rng", rng)
    elif (len(rng),) != network.grid:
        raise ValueError(
            f"rng must be one generator, or a list of one for each network of a grid (K,); "
            f"got {len(rng)} for a network with grid={network.grid}"
        )
    else:
        check_rngs("rng", rng)


def check_network(network):
    """Raise TypeError unless `network` is a Network."""
    if not isinstance(network, Network):
        raise TypeError(f"network must be a Network; got {type(network).__name__}")


def check_data(x_name, target_name, x, target, network, loss, own_batches=False):
    """Return checked samples, their targets as rows, and their labels or None.

    Parameters
    ----------
    x_name, target_name : str
        What the caller calls them, for the errors.
    x, target, network, loss
        As for `fit`.
    own_batches : bool
        Whether `x` may have the axes of the grid, a batch for each network.

    Returns
    -------
    x : numpy.ndarray
        Read-only: no layer may change the caller's samples.
    rows : numpy.ndarray, shape (n, …places, n_out)
        Read-only: no loss may change the caller's targets.
    labels : numpy.ndarray of int, shape (n, …places), or None
        None too for a single output, unless the loss knows classes for it.
    """
    check_network(network)
    if not isinstance(loss, Loss):
        raise TypeError(f"loss must be a loss such as HalfSquaredError(); got {loss!r}")
    loss.check_network(network)
    x = network.check_samples(x_name, x)
    n, places = x.shape[-1 - len(network.in_shape)], network.places
    if x.ndim > 1 + len(network.in_shape) and not own_batches:
        raise ValueError(
            f"{x_name} must be the same samples for all networks, (n, …) with in_shape "
            f"{network.in_shape}; got {x.shape}"
        )
    own = x.shape[: x.ndim - len(network.in_shape)] if x.ndim > 1 + len(network.in_shape) else ()
    if own:  # then the targets too, and they are checked as one long batch
        target = as_array(target_name, target)
        if target.shape[: len(own)] != own:
            raise ValueError(
                f"{target_name} must have a batch for each network, as {x_name} has, with shape "
                f"({', '.join(map(str, own))}, …); got {target.shape}"
            )
        target = target.reshape(-1, *target.shape[len(own) :])
        n = len(target)
    try:
        batch = (n, *places) if places else n
        rows = loss.target_rows(target, batch, network.n_out, network.dtype)
    except (TypeError, ValueError) as error:
        if target_name == "target":
            raise
        raise type(error)(f"{target_name}: {error}") from error
    rows = rows.reshape(*own, *rows.shape[1:]) if own else rows
    x, rows = x.view(), rows.view()
    for array in (x, rows):
        array.setflags(write=False)
    has_classes = network.n_out > 1 or type(loss).classes is not Loss.classes
    labels = has_classes and are_labels(target, (n, *places))
    return x, rows, np.asarray(target) if labels else None


def _check_validation(validation, network, loss):
    if not isinstance(validation, tuple | list) or len(validation) != 2:
        raise ValueError(f"validation must be a pair (x, target); got {type(validation).__name__}")
    return check_data("validation[0]", "validation[1]", *validation, network, loss)


def _check_finite(loss, network, optimizer, epoch=None):
    sound = np.isfinite(loss) & np.isfinite(network.theta).all(axis=-1) & optimizer.finite_memory()
    if np.all(sound):
        return
    which = ""
    if network.grid:
        first = tuple(int(i) for i in np.argwhere(~sound)[0])
        which = f" in network {first} of the grid"
    when = "this step" if epoch is None else f"epoch {epoch}"
    early = "" if epoch and epoch > 1 else ", or samples and targets of a smaller size"
    raise FloatingPointError(
        f"training diverged in {when}{which}: the loss, a parameter or what the optimizer "
        f"remembers is no longer finite; a smaller learning_rate usually helps{early} "
        f"(optimizer: {optimizer!r})"
    )


def _plain(value):
    """A float for one network, an array for a grid."""
    return float(value) if np.ndim(value) == 0 else value
