"""Measure one epoch of nnlib beside its peers, and a grid of networks beside one after another.

    python benchmarks/run.py [--quick] [--out benchmarks/results.json]

Every peer's epochs are interleaved with nnlib's, round by round, on one thread, in CPU time. The
ratio of the minimums is reported, and the spread of the ratios within the rounds; below 1, nnlib is
the faster one. The peers are optional (pip install -r benchmarks/requirements.txt); one that is
missing is named as such.
"""

import one_thread  # noqa: F401, I001 (first of all)

import argparse
import json
import platform
import time
import warnings
from functools import partial
from pathlib import Path

import numpy as np
from peers import CASES, PEERS, build, nnlib

HERE = Path(__file__).parent


def cpu_time(run):
    """Return the CPU seconds that `run` takes."""
    start = time.process_time()
    run()
    return time.process_time() - start


def interleave(makers, rounds):
    """Build all runs anew in each round, and time each once; return the times by name.

    Where in memory a network comes to lie can change its speed by a tenth, for as long as it lives.
    Building anew gives every peer the same chances.
    """
    times = {name: [] for name in makers}
    for _ in range(rounds):
        runs = {name: make() for name, make in makers.items()}
        for run in runs.values():
            run()  # warm up
        for name, run in runs.items():
            times[name].append(cpu_time(run))
    return times


def ratios(times, of="nnlib"):
    """Return, for each peer, the ratio of the minimums and the quartiles of the rounds' ratios."""
    mine = np.array(times[of])
    table = {}
    for name, peer in times.items():
        if name != of:
            low, high = np.quantile(mine / np.array(peer), [0.25, 0.75])
            table[name] = {
                "ratio": float(mine.min() / min(peer)),
                "quartiles": [float(low), float(high)],
            }
    return table


def measure(case, optimizer, dtype, rounds):
    """Return the ratios of one case to every peer that can do it, and who is missing."""
    setting = (case, optimizer, dtype)
    makers, missing = {"nnlib": partial(nnlib, *setting)}, []
    for name, make in PEERS.items():
        try:
            run = make(*setting)
        except ImportError as error:
            missing.append(f"{name} ({error.name} is not installed)")
            continue
        if run is not None:
            makers[name] = partial(make, *setting)
    return ratios(interleave(makers, rounds)), missing


def measure_grid(rounds, networks=64):
    """Return how much faster 64 networks of case (b) train as one grid than one after another."""
    case = CASES[1]

    def one_after_another():
        run = nnlib(case, "sgd", np.float64)
        return lambda: [run() for _ in range(networks)]

    grid = partial(nnlib, case, "sgd", np.float64, grid=(networks,))
    times = interleave({"one after another": one_after_another, "grid": grid}, rounds)
    return {"networks": networks, "speedup": min(times["one after another"]) / min(times["grid"])}


def measure_layers(rounds=200):
    """Return what share of a step of case (g) each layer's forward and backward pass takes."""
    from nnlib import SoftmaxCrossEntropy

    case = next(case for case in CASES if case.channels)
    network = build(case)
    x, labels = case.data(np.float64)
    x, labels = x[: case.batch].reshape(-1, *case.image), labels[: case.batch]
    times = np.full((rounds, 2, len(network.layers)), np.inf)
    for row in times:
        a = x
        for i, layer in enumerate(network.layers):
            start = time.perf_counter()
            a = layer.forward(a, True)
            row[0, i] = time.perf_counter() - start
        _, grad = SoftmaxCrossEntropy()(a, labels)
        for i, layer in reversed(list(enumerate(network.layers))):
            start = time.perf_counter()
            grad = layer.backward(grad, i > 0)
            row[1, i] = time.perf_counter() - start
    least = times.min(axis=0)
    forward, backward = (least / least.sum()).tolist()
    return {
        "case": str(case),
        "layers": [type(layer).__name__ for layer in network.layers],
        "forward": forward,
        "backward": backward,
    }


def main():
    """Measure everything, print a table, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few rounds, float64 only")
    parser.add_argument("--out", type=Path, default=HERE / "results.json")
    args = parser.parse_args()
    warnings.filterwarnings("ignore", message=".*Maximum iterations.*")  # scikit-learn, one epoch
    dtypes = ["float64"] if args.quick else ["float64", "float32"]

    rows, missing = [], set()
    for dtype in dtypes:
        for optimizer in ("sgd", "adam"):
            for case in CASES:
                # An epoch of (f) takes longer than one of all others together.
                rounds = 3 if args.quick else 12 if case.name == "f" else 30
                table, absent = measure(case, optimizer, np.dtype(dtype), rounds)
                missing.update(absent)
                setting = {"case": str(case), "optimizer": optimizer, "dtype": dtype}
                rows.append({**setting, "rounds": rounds, "ratios": table})
                cells = "  ".join(f"{name} {value['ratio']:.2f}" for name, value in table.items())
                print(f"{dtype} {optimizer:5}{case!s:36}{cells}", flush=True)
    grid = measure_grid(3 if args.quick else 12)
    print(f"{grid['networks']} networks of (b) as one grid: {grid['speedup']:.1f} times as fast")
    layers = measure_layers()
    for name, *shares in zip(
        *(layers[key] for key in ("layers", "forward", "backward")), strict=True
    ):
        print(f"(g) {name:12}" + "".join(f"{share:8.1%}" for share in shares))
    for name in sorted(missing):
        print(f"not measured: {name}")
    machine = {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "cpu": platform.machine(),
    }
    result = {"machine": machine, "rows": rows, "grid": grid, "layers": layers}
    args.out.write_text(json.dumps(result, indent=1) + "\n")
    print(f"written to {args.out}")


if __name__ == "__main__":
    main()
