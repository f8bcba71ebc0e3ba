"""Losses: how wrong a prediction is, as one number, and in which direction it should move.

``loss(prediction, target)`` returns the mean loss over the batch and its gradient with respect to
the prediction, which is where the backward pass begins.
"""

import numpy as np

from nnlib.checks import as_array, check_array, check_labels
from nnlib.functional import one_hot


class Loss:
    """What all losses share: a checked call around the formula, which each writes as `compute`."""

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
        prediction = np.asarray(prediction)
        dtype = prediction.dtype if prediction.dtype.kind == "f" else np.float64
        prediction = check_array("prediction", prediction, shape=(..., None, None), dtype=dtype)
        batch, n_out = prediction.shape[-2:]
        return self.compute(prediction, self.target_rows(target, batch, n_out, dtype))

    def compute(self, prediction, target):
        """Return (loss, gradient), without any checks."""
        raise NotImplementedError

    def target_rows(self, target, batch, n_out, dtype):
        """Return the checked targets as rows, shape (batch, n_out), of `dtype`."""
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
        """Return the targets, shape (batch, n_out), as an array of `dtype`."""
        return check_array("target", target, shape=(batch, n_out), dtype=dtype)


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
        shifted = prediction - np.maximum.reduce(prediction, axis=-1, keepdims=True)
        p = np.exp(shifted)
        total = np.add.reduce(p, axis=-1, keepdims=True)
        # −log p = log(total) − shifted, and each row of targets sums to 1.
        surprise = np.log(total[..., 0]) - np.vecdot(shifted, target)
        p /= total
        p -= target
        p /= batch
        return np.add.reduce(surprise, axis=-1) / batch, p

    def target_rows(self, target, batch, n_out, dtype):
        """Return labels or probabilities as rows of probabilities of `dtype`."""
        if as_array("target", target).ndim == 1:
            labels = check_labels("target", target, n_classes=n_out, n=batch)
            return one_hot(labels, n_out).astype(dtype, copy=False)
        rows = check_array("target", target, shape=(batch, n_out), dtype=dtype)
        wrong = (rows < 0).any(axis=-1) | ~np.isclose(rows.sum(axis=-1), 1, atol=1e-4)
        if wrong.any():
            worst = int(np.argmax(wrong))
            raise ValueError(
                "target must hold class labels or rows of probabilities that sum to 1; "
                f"row {worst} is {rows[worst]}"
            )
        return rows

    def check_network(self, network):
        """Raise ValueError unless the network ends with logits of at least two classes."""
        last = network.layers[-1]
        if network.n_out < 2:
            raise ValueError(
                "loss SoftmaxCrossEntropy needs n_out of 2 or more, one logit a class; "
                f"got n_out = {network.n_out}"
            )
        if not last.parameter_shapes():
            raise ValueError(
                "loss SoftmaxCrossEntropy needs raw logits, so the network must end with a layer "
                f"such as Dense; got {last!r} as the last layer"
            )
