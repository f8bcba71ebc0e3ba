"""Sweeps: train a network for every combination of settings and seeds, and tabulate the results.

Chapters 5 to 8 ask what a setting changes. One run cannot answer that: seeds differ too. A sweep
trains all learning rates, weight decays and seeds of one architecture at once, along the grid axis
of one `Network`.
"""

import inspect
import warnings
from itertools import product

import numpy as np
from tqdm import tqdm

from nnlib.checks import check_array, check_callable, check_integer
from nnlib.network import Network
from nnlib.optimizers import Momentum
from nnlib.schedules import side_by_side
from nnlib.training import QUIET, check_data, fit

RESULTS = ("loss", "accuracy", "validation_loss", "validation_accuracy", "best_epoch")
COLUMNS = ("rng", "seed", "n_parameters", "diverged", *RESULTS)  # no names for a setting


def sweep(
    layers,
    data,
    *,
    loss,
    seeds,
    epochs,
    learning_rate,
    optimizer=Momentum,
    batch_size=32,
    weight_decay=0.0,
    patience=None,
    initial_seed=0,
    dtype=np.float64,
    **architecture,
):
    """Train every combination of the settings, each with several seeds.

    A setting given as a list, a range or an array takes each of its values in turn; any other
    value, a tuple such as ``widths=(64, 32)`` included, is the same for all runs.

    A run's generator, ``np.random.default_rng(initial_seed + seed)``, draws its first weights and
    then the order of its samples; its first child, from ``spawn(1)``, draws the masks of `Dropout`.
    So all settings are compared on the same starts and orders, and a row is what training that
    network by itself gives. Stopped from the keyboard, the sweep warns and returns the rows of the
    settings that are done.

    Parameters
    ----------
    layers : callable
        Called with the settings of `architecture` as keywords; returns the layers of a network. A
        callable that takes ``rng`` by name gets what `Dropout` takes: a list of
        generators, one for each network that is trained at once.
    data : (x, target, x_validation, target_validation)
        Class labels, or rows of numbers, as the loss takes them.
    loss : Loss
    seeds, epochs : int
    learning_rate : number, schedule (see `nnlib.schedules`), or list of them
    batch_size, weight_decay : number or list of numbers
    optimizer : callable or list of callables
        Called with the learning rate, such as `Momentum` or ``lambda rate: Momentum(rate, 0.5)``.
    patience, dtype
        As for `fit` and `Network`.
    initial_seed : int
        Another one repeats the sweep with fresh starts and orders.
    **architecture : value or list of values
        Keywords for `layers`, such as ``width=[16, 64]``.

    Returns
    -------
    list of dict
        One row for each combination and seed: the settings, ``seed``, ``n_parameters``; measured
        after training, without Dropout, ``loss``, ``validation_loss`` and, where targets are
        labels, ``accuracy``, ``validation_accuracy``; ``best_epoch`` with patience; and
        ``diverged``, whether a loss or a parameter is no longer finite. Then the results are NaN,
        since the digits of a diverged run do not reproduce.

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit.
    """
    check_callable("layers", layers)
    if not isinstance(data, tuple | list) or len(data) != 4:
        raise ValueError(
            "data must be (x, target, x_validation, target_validation); "
            f"got {type(data).__name__}{f' of {len(data)}' if hasattr(data, '__len__') else ''}"
        )
    seeds = check_integer("seeds", seeds, low=1)
    initial_seed = check_integer("initial_seed", initial_seed, low=0)
    rates, decays = _as_list("learning_rate", learning_rate), _as_list("weight_decay", weight_decay)
    taken = [name for name in architecture if name in COLUMNS]
    if taken:
        raise ValueError(f"architecture must not use the names of results; got {', '.join(taken)}")
    outer = {"optimizer": optimizer, "batch_size": batch_size, **architecture}
    outer = {name: _as_list(name, values) for name, values in outer.items()}
    for each in outer["optimizer"]:
        check_callable("optimizer", each)
    names = [_name(each) for each in outer["optimizer"]]
    if len(set(names)) < len(names):
        raise ValueError(f"optimizer must hold callables of different names; got {names}")
    combinations = [dict(zip(outer, values, strict=True)) for values in product(*outer.values())]

    rows = []
    each = len(rates) * len(decays) * seeds
    same = (epochs, patience, initial_seed, dtype)
    try:
        for setting in tqdm(combinations, desc="settings", delay=2):
            rows += _train_grid(layers, data, loss, setting, rates, decays, seeds, *same)
    except KeyboardInterrupt:
        done = f"{len(rows) // each} of {len(combinations)}"
        warnings.warn(f"sweep interrupted: rows of {done} settings", stacklevel=2)
    return rows


def select(rows, **settings):
    """Return the rows whose settings equal those given: ``select(rows, width=64)``.

    Parameters
    ----------
    rows : list of dict
        As `sweep` returns them.
    **settings
        Columns and the values that they must have.

    Returns
    -------
    list of dict

    Raises
    ------
    ValueError
        If the rows have no such column.
    """
    for name in settings:
        _check_column(rows, name)
    return [row for row in rows if all(row[name] == value for name, value in settings.items())]


def column(rows, name):
    """Return one column of the rows as an array: ``column(rows, "validation_accuracy")``.

    Parameters
    ----------
    rows : list of dict
        As `sweep` returns them.
    name : str

    Returns
    -------
    numpy.ndarray, shape (len(rows),)

    Raises
    ------
    ValueError
        If the rows have no such column.
    """
    _check_column(rows, name)
    return np.array([row[name] for row in rows])


def inside(values, best):
    """Return `best` if it lies inside the range of values tried; refuse one at its edge.

    The best of several values says where the optimum is only if there are worse ones on both sides:
    at the edge of a grid the true optimum may lie beyond. Chapter 6.

    Parameters
    ----------
    values : sequence of numbers
        All values tried, in any order.
    best : number
        The one that did best.

    Returns
    -------
    number
        `best`

    Raises
    ------
    ValueError
        If `best` is the smallest or the largest of the values, or none of them.
    """
    values = sorted(check_array("values", values, shape=(None,)).tolist())
    if best not in values:
        raise ValueError(f"best must be one of the values tried, {values}; got {best!r}")
    if best in (values[0], values[-1]):
        raise ValueError(
            f"best is at the edge of the values tried, {values}: widen them; got {best!r}"
        )
    return best


def interval(values):
    """Return the ends of the 95 % interval for the mean of values, one value for each seed.

    mean ± t · SD / √n, where t is Student's quantile .975 for n − 1 degrees of freedom, by the
    expansion of Fisher and Cornish (1960; off by less than .3 % from four values on). Give it the
    differences of two rivals, seed by seed: an interval that holds zero does not show that they
    differ. Chapter 6.

    Parameters
    ----------
    values : array_like, shape (n,)
        At least four.

    Returns
    -------
    low, high : float

    Raises
    ------
    ValueError
        If there are fewer than four values.
    """
    values = check_array("values", values, shape=(None,))
    if (n := len(values)) < 4:
        raise ValueError(f"values must hold at least 4 numbers; got {n}")
    z, v = 1.959964, n - 1
    t = z + (z**3 + z) / (4 * v) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * v**2)
    t += (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * v**3)
    t += (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / (92160 * v**4)
    # A power of two, taken out, changes no digit, and no square can overflow or underflow.
    _, exponent = np.frexp(np.abs(values).max())
    values = np.ldexp(values, -exponent)
    mean, half = values.mean(), t * values.std(ddof=1) / np.sqrt(n)
    return float(np.ldexp(mean - half, exponent)), float(np.ldexp(mean + half, exponent))


def _check_column(rows, name):
    for row in rows:
        if name not in row:
            raise ValueError(f"rows must have a column {name!r}; they have {', '.join(row)}")


def _train_grid(
    layers, data, loss, setting, rates, decays, seeds, epochs, patience, initial_seed, dtype
):
    """Train all rates, decays and seeds of one setting as one grid; return their rows."""
    x, target, x_validation, target_validation = data
    inner = list(product(rates, decays, range(seeds)))
    architecture = {k: v for k, v in setting.items() if k not in ("optimizer", "batch_size")}
    rngs = [np.random.default_rng(initial_seed + seed) for _, _, seed in inner]
    masks = {}
    if "rng" in inspect.signature(layers).parameters:
        masks["rng"] = [rng.spawn(1)[0] for rng in rngs]
    network = Network(
        layers(**architecture, **masks),
        rng=np.random.default_rng(initial_seed),
        grid=(len(inner),),
        dtype=dtype,
    )
    for k, (theta, rng) in enumerate(zip(network.theta, rngs, strict=True)):
        mask = {"rng": masks["rng"][k]} if masks else {}
        theta[...] = Network(layers(**architecture, **mask), rng=rng, dtype=dtype).theta

    history = fit(
        network,
        x,
        target,
        loss=loss,
        optimizer=(optimizer := setting["optimizer"](side_by_side([row[0] for row in inner]))),
        epochs=epochs,
        batch_size=setting["batch_size"],
        weight_decay=np.array([decay for _, decay, _ in inner]),
        patience=patience,
        validation=None if patience is None else (x_validation, target_validation),
        rng=rngs,
        on_divergence="record",
        progress=False,
    )
    if history.interrupted:
        raise KeyboardInterrupt
    results = {
        **_measure(network, loss, x, target, ""),
        **_measure(network, loss, x_validation, target_validation, "validation_"),
    }
    if patience is not None:
        results["best_epoch"] = history.best_epoch
    finite = np.isfinite(network.theta).all(axis=-1) & optimizer.finite_memory()
    for values in results.values():
        finite &= np.isfinite(values)
    named = {**setting, "optimizer": _name(setting["optimizer"])}
    return [
        {
            **named,
            "learning_rate": rate,
            "weight_decay": decay,
            "seed": seed,
            "n_parameters": network.n_parameters,
            "diverged": bool(~finite[k]),
            **{name: v[k].item() if finite[k] else np.nan for name, v in results.items()},
        }
        for k, (rate, decay, seed) in enumerate(inner)
    ]


def _measure(network, loss, x, target, prefix, chunk=500):
    """Return each network's mean loss and, where targets are labels, its accuracy on samples."""
    x, rows, labels = check_data(f"{prefix}x", f"{prefix}target", x, target, network, loss)
    total, right = np.zeros(network.grid), np.zeros(network.grid)
    # In chunks, since a grid of outputs for all samples at once can be large; a diverged network
    # overflows here, which its row reports.
    with np.errstate(**QUIET):
        for start in range(0, len(x), chunk):
            part = slice(start, start + chunk)
            outputs = network.run(x[part])
            value, _ = loss.compute(network.rows(outputs), network.rows(rows[part]))
            total += value * len(x[part])
            if labels is not None:
                met = loss.classes(outputs) == labels[part]
                right += met.sum(axis=tuple(range(len(network.grid), met.ndim)))
    results = {f"{prefix}loss": total / len(x)}
    if labels is not None:
        results[f"{prefix}accuracy"] = right / labels.size
    return results


def _as_list(name, values):
    if isinstance(values, list | range) or (isinstance(values, np.ndarray) and values.ndim):
        values = list(values)
    else:
        values = [values]
    if not values:
        raise ValueError(f"{name} must hold a value at least; got an empty list")
    return values


def _name(optimizer):
    return getattr(optimizer, "__name__", repr(optimizer))
