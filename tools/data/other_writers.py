"""Make nnlib/data/other_writers.npz: 1797 digits of 13 other people, from scikit-learn's wheel.

scikit-learn is not a dependency of this project, and it need not be installed. Download its wheel
(a zip file that holds the digits as a CSV) and hand it to this script:

    python -m pip download scikit-learn==1.5.2 --no-deps --dest build
    python -m tools.data.other_writers build/scikit_learn-1.5.2-….whl

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
from tools.data.digits import NEW_SIDE, SEED, resample, stratified_order

CSV_IN_WHEEL = "sklearn/datasets/data/digits.csv.gz"  # 64 pixels and the label in each row
TARGET = Path(__file__).parents[2] / "nnlib" / "data" / "other_writers.npz"
SIDE = 8  # of an image of the source
FULL = 16  # its full ink
BODY = 12  # the digit in the new image: MNIST's stand in 20 of 28 rows, 11.4 of 16
VALIDATION_PER_CLASS = 100


def enlarge(images):
    """Enlarge images of 8×8 to 12×12 by area, and lay two pixels of paper around.

    Parameters
    ----------
    images : numpy.ndarray, shape (n, 8, 8), integers from 0 to 16

    Returns
    -------
    numpy.ndarray, shape (n, 16, 16), uint8
        From 0 to 63.
    """
    border = (NEW_SIDE - BODY) // 2
    body = np.rint(resample(images, BODY) * INK / FULL).astype(np.uint8)
    return np.pad(body, ((0, 0), (border, border), (border, border)))


def read_wheel(path):
    """Read the images (1797, 8, 8) and labels (1797,) out of scikit-learn's wheel."""
    with zipfile.ZipFile(path) as wheel:
        text = gzip.decompress(wheel.read(CSV_IN_WHEEL)).decode()
    table = np.loadtxt(io.StringIO(text), delimiter=",").astype(np.uint8)
    return table[:, :-1].reshape(-1, SIDE, SIDE), table[:, -1]


def main():
    """Read the wheel named on the command line and write nnlib/data/other_writers.npz."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("wheel", type=Path, help="scikit-learn's wheel, as pip downloads it")
    images, y = read_wheel(parser.parse_args().wheel)
    order = stratified_order(y, VALIDATION_PER_CLASS, np.random.default_rng(SEED))
    X = enlarge(images).reshape(len(y), -1)
    np.savez_compressed(TARGET, X=X[order], y=y[order])
    print(f"{TARGET.name}: {len(y)} digits, {TARGET.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
