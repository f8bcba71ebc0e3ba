"""Losses: how wrong a prediction is, as one number, and in which direction it should move.

``loss(prediction, target)`` returns the mean loss over the batch and its gradient with respect to
the prediction, which is where the backward pass begins.
"""

import numpy as np

from nnlib.checks import as_array, as_floats, check_array, check_labels, check_number
from nnlib.functional import sigmoid, softmax
from nnlib.layers import Dropout, ReLU, Sigmoid, Tanh


class Loss:
    """What all losses share: a checked call around the formula, which each writes as `compute`.

    A loss takes rows. Outputs with places, such as those of a sequence, are laid under one another
    first: ``loss(network.rows(output), network.rows(target))``, labels by ``labels.ravel()``.
    `train_step` and `fit` do so.
    """

    def __call__(self, prediction, target):
        """Return the mean loss over the batch and its gradient.

        Parameters
        ----------
        prediction : array_like, shape (*grid, batch, n_out)
        target : array_like
            As `target_rows` of the loss at hand describes.

        Returns
        -------
        loss : float or numpy.ndarray, shape (*grid,)
        grad : numpy.ndarray, the shape of `prediction`

        Raises
        ------
        ValueError
            If the two do not fit, are empty, or hold NaN or infinity.
        TypeError
            If they do not hold numbers of the right kind.
        """
        prediction = as_floats("prediction", prediction)
        # A sum over a batch soon leaves float16, which ends at 65,504.
        dtype = np.float32 if prediction.dtype == np.float16 else prediction.dtype
        prediction = check_array("prediction", prediction, shape=(..., None, None), dtype=dtype)
        batch, n_out = prediction.shape[-2:]
        return self.compute(prediction, self.target_rows(target, batch, n_out, dtype))

    def classes(self, prediction):
        """Return the class that each row of outputs speaks for: that of the largest one.

        Parameters
        ----------
        prediction : numpy.ndarray, shape (..., n_out)

        Returns
        -------
        numpy.ndarray of int, shape (...)
        """
        return prediction.argmax(-1)

    def compute(self, prediction, target):
        """Return (loss, gradient), without any checks."""
        raise NotImplementedError

    def target_rows(self, target, batch, n_out, dtype):
        """Return the checked targets as rows of `dtype`.

        Parameters
        ----------
        target : array_like
            Rows, shape (batch, n_out), or what else the loss takes.
        batch : int or tuple of int
            How many rows there are; for samples with places, (samples, …places).
        n_out : int
        dtype : numpy dtype

        Returns
        -------
        numpy.ndarray, shape (batch, n_out) or (samples, …places, n_out)
        """
        raise NotImplementedError

    def check_network(self, network):
        """Raise ValueError if this loss does not fit the network's last layer."""

    def __repr__(self):
        return f"{type(self).__name__}()"


class HalfSquaredError(Loss):
    """The deck's error: E = Σ over the outputs of ½ (target − output)², averaged over the batch.

    Gradient: ∂E/∂output = (output − target) / batch. The ½ cancels the 2 that the square brings.
    Targets are rows of numbers, shape (batch, n_out). Slide 13; chapter 3.
    """

    def compute(self, prediction, target):
        """Return (loss, gradient), without any checks."""
        difference = prediction - target
        batch = prediction.shape[-2]
        loss = 0.5 / batch * np.add.reduce(difference * difference, axis=(-2, -1))
        difference /= batch
        return loss, difference

    def target_rows(self, target, batch, n_out, dtype):
        """Return the targets, shape (*batch, n_out), as an array of `dtype`."""
        return check_array("target", target, shape=(*_lengths(batch), n_out), dtype=dtype)


class SoftmaxCrossEntropy(Loss):
    """How surprised the softmax of the logits is by the right class: L = −log p(right class).

    The prediction is the logits z, the raw outputs of a last `Dense` layer: softmax and logarithm
    are taken here in one stable step. Gradient: ∂L/∂z = (softmax(z) − target) / batch. Targets are
    class labels, shape (batch,), or rows of probabilities, shape (batch, n_classes). Chapter 2;
    source: Goodfellow, Bengio & Courville (2016), section 6.2.2.3.
    """

    def compute(self, prediction, target):
        """Return (loss, gradient), without any checks."""
        batch = prediction.shape[-2]
        shifted = prediction - _largest(prediction)
        p = np.exp(shifted)
        total = np.add.reduce(p, axis=-1, keepdims=True)
        # −log p = log(total) − shifted, and each row of targets sums to 1.
        logarithm = np.log(total[..., 0])
        loss = np.add.reduce(logarithm - np.vecdot(shifted, target), axis=-1) / batch
        wrong = loss != loss  # NaN: a difference overflowed, and −∞ · 0 is NaN
        if wrong.any() if loss.ndim else wrong:  # a call of any() on one number would take long
            np.maximum(shifted, np.finfo(shifted.dtype).min, out=shifted)
            loss = np.add.reduce(logarithm - np.vecdot(shifted, target), axis=-1) / batch
        p /= total
        p -= target
        p /= batch
        return loss, p

    def target_rows(self, target, batch, n_out, dtype):
        """Return labels or probabilities as rows of probabilities of `dtype`."""
        lengths = _lengths(batch)
        if are_labels(target, lengths):
            return np.eye(n_out, dtype=dtype)[_check_labels(target, lengths, n_classes=n_out)]
        rows = check_array("target", target, shape=(*lengths, n_out), dtype=dtype)
        wrong = (rows < 0).any(axis=-1) | ~np.isclose(rows.sum(axis=-1), 1, atol=1e-4)
        if wrong.any():
            worst = tuple(int(i) for i in np.argwhere(wrong)[0])
            raise ValueError(
                "target must hold class labels or rows of probabilities that sum to 1; "
                f"row {worst[0] if len(worst) == 1 else worst} is {rows[worst]}"
            )
        return rows

    def check_network(self, network):
        """Raise ValueError unless the network ends with logits of at least two classes."""
        if network.n_out < 2:
            raise ValueError(
                f"loss {type(self).__name__} needs n_out of 2 or more, one logit a class; "
                f"got n_out = {network.n_out}"
            )
        _check_logits(self, network)


class TeacherCrossEntropy(SoftmaxCrossEntropy):
    """How surprised a student is by its teacher: T² times the cross-entropy at the temperature T.

    L = −T² Σ over the classes of q log p, averaged over the batch, where q = softmax(teacher / T)
    and p = softmax(z / T). The targets are the teacher's logits, shape (batch, n_classes); the
    temperature is applied here, to both. Gradient: ∂L/∂z = T (p − q) / batch: without the T² it
    would shrink as 1 / T² where T is large. Chapter 10; source: Hinton, Vinyals & Dean (2015),
    sections 2 and 2.1, with p and q the other way round.

    Parameters
    ----------
    temperature : float
        T, more than 0; 1 leaves the teacher's probabilities as they are.

    Raises
    ------
    TypeError, ValueError
        If the temperature is not a number above 0.
    """

    def __init__(self, temperature):
        self.temperature = check_number("temperature", temperature, low=0, include_low=False)

    def compute(self, prediction, target):
        """Return (loss, gradient), without any checks."""
        loss, grad = super().compute(prediction / self.temperature, target)
        grad *= self.temperature
        return self.temperature**2 * loss, grad

    def target_rows(self, target, batch, n_out, dtype):
        """Return the teacher's probabilities, shape (*batch, n_out), for its logits."""
        logits = check_array("target", target, shape=(*_lengths(batch), n_out), dtype=dtype)
        return softmax(logits / self.temperature)

    def __repr__(self):
        return f"TeacherCrossEntropy({self.temperature:g})"


class BinaryCrossEntropy(Loss):
    """How surprised the sigmoid of each logit is by its answer, yes or no.

    L = Σ over the outputs of −(t log σ(z) + (1 − t) log(1 − σ(z))), averaged over the batch

    The prediction is the logits z, the raw outputs of a last `Dense` layer; z > 0 means yes.
    Gradient: ∂L/∂z = (σ(z) − t) / batch. Targets are rows of numbers t from 0 (no) to 1 (yes),
    shape (batch, n_out), or for one output labels 0 and 1, shape (batch,). Unlike the classes of
    `SoftmaxCrossEntropy`, several outputs may say yes. Source: Goodfellow,
    Bengio & Courville (2016), section 6.2.2.2.
    """

    def compute(self, prediction, target):
        """Return (loss, gradient), without any checks."""
        batch = prediction.shape[-2]
        # −t log σ(z) − (1 − t) log σ(−z) = max(z, 0) − t z + log(1 + e^−|z|): nothing overflows.
        surprise = np.maximum(prediction, 0) - target * prediction
        surprise += np.log1p(np.exp(-np.abs(prediction)))
        grad = sigmoid(prediction) - target
        grad /= batch
        return np.add.reduce(surprise, axis=(-2, -1)) / batch, grad

    def classes(self, prediction):
        """Return 1 where the logit of a single output is above 0, else 0."""
        if prediction.shape[-1] > 1:
            raise ValueError(
                "loss BinaryCrossEntropy knows classes for one output only, yes or no; "
                f"got n_out = {prediction.shape[-1]}"
            )
        return (prediction[..., 0] > 0).astype(np.intp)

    def target_rows(self, target, batch, n_out, dtype):
        """Return labels or numbers from 0 to 1 as rows of `dtype`."""
        lengths = _lengths(batch)
        if n_out == 1 and are_labels(target, lengths):
            return _check_labels(target, lengths, n_classes=2)[..., None].astype(dtype)
        rows = check_array("target", target, shape=(*lengths, n_out), dtype=dtype)
        if rows.min() < 0 or rows.max() > 1:
            outside = rows[(rows < 0) | (rows > 1)][0]
            raise ValueError(f"target must hold numbers from 0 to 1; got {outside}")
        return rows

    def check_network(self, network):
        """Raise ValueError unless the network ends with logits."""
        _check_logits(self, network)


def _largest(rows):
    """Return the largest number of each row, shape (..., 1)."""
    if rows.shape[-1] < 32:  # NumPy goes down long columns faster than along many short rows
        return np.maximum.reduce(rows.mT.copy(), axis=-2)[..., None]
    return np.maximum.reduce(rows, axis=-1, keepdims=True)


def are_labels(target, lengths):
    """Tell whether targets are class labels, one for each row, and not rows themselves.

    Parameters
    ----------
    target : array_like
    lengths : tuple of int
        (batch,), or for samples with places (samples, …places).

    Returns
    -------
    bool
    """
    return as_array("target", target).ndim == len(lengths)


def _lengths(batch):
    return batch if isinstance(batch, tuple) else (batch,)


def _check_labels(target, lengths, n_classes):
    """Return class labels, shape `lengths`, as integers."""
    target = as_array("target", target)
    if target.shape != lengths:
        expected = f"({', '.join(map(str, lengths))}{',' if len(lengths) == 1 else ''})"
        raise ValueError(f"target must have shape {expected}; got {target.shape}")
    labels = check_labels("target", target.ravel(), n_classes=n_classes, n=target.size)
    return labels.reshape(lengths)


def _check_logits(loss, network):
    last = network.layers[-1]
    if isinstance(last, Sigmoid | Tanh | ReLU | Dropout):
        raise ValueError(
            f"loss {type(loss).__name__} needs raw logits, so the network must end with a layer "
            f"such as Dense; got {last!r} as the last layer"
        )
