"""How outputs that two runs of a notebook gave differ: pictures, drawings and widgets.

Each function returns a list of problems in words; an empty list means that the outputs agree.
book/conftest.py calls them while pytest runs the notebooks.
"""

import base64
import io
import math
import re

import numpy as np
from PIL import Image

NUMBER = re.compile(r"-?\d*\.?\d+")
WORDS = re.compile(r">([^<]+)<")
TILE = 32  # pixels: a few letters, so that one of them counts
MAX_TILE_RMS = 2.0  # grey levels, 0 to 255: a repeated run gives 0, `i` for `l` in 8-point type 6
MAX_MOVE = 0.25  # points in a drawing, whose numbers have one decimal
MAX_RELATIVE = 1e-6  # of a number in a widget's state: sums differ in the last bits between CPUs


def pictures(outputs):
    """Return (MIME type, base64 text) of every raster picture in a cell's outputs."""
    return [
        (mime, data[mime])
        for data in (output.get("data", {}) for output in outputs)
        for mime in sorted(data)
        if mime in ("image/png", "image/jpeg")
    ]


def compare_pictures(stored, new):
    """List how new pictures differ from the stored ones, both as `pictures` returns them."""
    if (before := [mime for mime, _ in stored]) != (after := [mime for mime, _ in new]):
        return [f"pictures: {before} stored, {after} drawn"]
    problems = []
    for number, ((_, before), (_, after)) in enumerate(zip(stored, new, strict=True), start=1):
        if before == after:
            continue
        before, after = pixels(before), pixels(after)
        if before.shape != after.shape:
            sizes = [f"{a.shape[1]} × {a.shape[0]} pixels" for a in (before, after)]
            problems.append(f"picture {number}: {sizes[0]} stored, {sizes[1]} drawn")
            continue
        rms = tile_rms(before, after)
        row, column = np.unravel_index(rms.argmax(), rms.shape)
        if rms[row, column] > MAX_TILE_RMS:
            problems.append(
                f"picture {number} differs: {(rms > MAX_TILE_RMS).sum()} of {rms.size} tiles, most "
                f"at x = {column * TILE}, y = {row * TILE}: RMS {rms[row, column]:.1f} grey levels "
                f"in {TILE} × {TILE} pixels, at most {MAX_TILE_RMS}"
            )
    return problems


def pixels(picture):
    """Decode base64 into an array of shape (height, width, 4), float64, 0 to 255."""
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(picture))).convert("RGBA"), float)


def tile_rms(a, b):
    """Return the root mean square difference in each tile; those at the edge may be smaller."""
    rows, columns = np.arange(0, a.shape[0], TILE), np.arange(0, a.shape[1], TILE)

    def sums(x):
        return np.add.reduceat(np.add.reduceat(x, rows, axis=0), columns, axis=1)

    square = ((a - b) ** 2).mean(axis=-1)
    return np.sqrt(sums(square) / sums(np.ones_like(square)))


def compare_widgets(stored, new):
    """List how new widgets differ from the stored ones, both as `tools.build.notebooks.widgets`."""
    if (before := [w["name"] for w in stored]) != (after := [w["name"] for w in new]):
        return [f"widgets: {before} stored, {after} shown"]
    return [
        f"widget {number} ({a['name']}): {problem}"
        for number, (a, b) in enumerate(zip(stored, new, strict=True), start=1)
        for problem in differences(a, b, "widget")
    ]


def compare_figures(stored, new):
    """List how the pages' drawings differ, as `tools.build.figures.describe` returns them."""
    before, after = (
        [panel["svg"] for f in figures for panel in f["panels"]] for figures in (stored, new)
    )
    if len(before) != len(after):
        return [f"drawings: {len(before)} panels stored, {len(after)} drawn"]
    problems = []
    for number, (a, b) in enumerate(zip(before, after, strict=True), start=1):
        if a == b:
            continue
        (a, numbers), (b, others) = ((NUMBER.sub("0", svg), NUMBER.findall(svg)) for svg in (a, b))
        if WORDS.findall(before[number - 1]) != WORDS.findall(after[number - 1]):
            problems.append(f"drawing {number}: its words differ")
        elif a != b:
            problems.append(f"drawing {number}: its marks differ")
        elif (
            moved := max(abs(float(x) - float(y)) for x, y in zip(numbers, others, strict=True))
        ) > MAX_MOVE:
            problems.append(f"drawing {number}: a mark has moved by {moved:.1f} points")
    return problems


def differences(a, b, where):
    """List where two JSON values differ; numbers may differ by the relative MAX_RELATIVE."""
    if isinstance(a, dict) and isinstance(b, dict):
        keys = sorted(a.keys() | b.keys())
        pairs = [(a.get(key), b.get(key), f"{where}.{key}") for key in keys]
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        pairs = [(x, y, f"{where}[{i}]") for i, (x, y) in enumerate(zip(a, b, strict=True))]
    elif isinstance(a, float) and isinstance(b, float):
        same = math.isclose(a, b, rel_tol=MAX_RELATIVE) or (math.isnan(a) and math.isnan(b))
        return [] if same else [f"{where} is {b}, stored {a}"]
    else:
        return [] if a == b else [f"{where} is {str(b)[:60]!r}, stored {str(a)[:60]!r}"]
    return [problem for pair in pairs for problem in differences(*pair)]
