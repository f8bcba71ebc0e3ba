"""The course's pictures: data in, axes in, axes out. Nothing here trains or calls ``plt.show``.

One visual language (explained in the book's page on notation): networks run left to right; an edge
is as wide as its weight is large, blue if positive, orange and dashed if negative; a unit is filled
the more, the larger its activation. Colours are those of Okabe & Ito (2008), and none is needed to
understand a figure. There are seven of them, each with a marker of its own: more classes or lines
are refused, since two would look the same. The style sheet that goes with them is set by
``plt.style.use("nnlib.course")``.
"""

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import LinearSegmentedColormap, ListedColormap

from nnlib.checks import check_array, check_callable, check_integer, check_labels
from nnlib.layers import Dense
from nnlib.network import Network
from nnlib.training import History

BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY, BLACK = (
    "#0072b2",
    "#e69f00",
    "#009e73",
    "#d55e00",
    "#cc79a7",
    "#56b4e9",
    "#1a1a1a",
)
COLOURS = (BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY, BLACK)  # of lines, one after another
CLASS_COLOURS = (ORANGE, BLUE, *COLOURS[2:])  # of classes: 0 is no, 1 is yes
CLASS_MARKERS = ("o", "^", "s", "D", "v", "P", "X")
GREY = "#4d4d4d"
LEGIBLE = 11.5  # points: then an index, 0.7 times as large, is legible on a phone
# Weights: orange for negative, white for zero, blue for positive.
SIGNED = LinearSegmentedColormap.from_list("signed", [ORANGE, "#ffffff", BLUE])


def network_diagram(
    network,
    ax,
    *,
    inputs="x",
    hidden="h",
    outputs="o",
    values=None,
    edge_labels=None,
    highlight=(),
    most_units=6,
):
    """Draw the `Dense` layers of a network from its own weights.

    Parameters
    ----------
    network : Network
        One network, without a grid, whose parameters are all in `Dense` layers, one after another.
    ax : matplotlib Axes
    inputs, hidden, outputs : str
        The letter of each kind of unit; units are numbered from 1.
    values : list of array_like, optional
        For each column of units, from the inputs on, a number a unit, shape (width,) or (1, width):
        it is written into the unit, under its name, and sets its fill (none at 0, strongest at the
        largest size of all values).
    edge_labels : dict, optional
        From (dense layer, from unit, to unit), counted from 0, to the text on that edge.
    highlight : iterable
        Edges, in the same form, that stand out while the others step back.
    most_units : int
        A column of more units shows the first and last ones with dots between; 2 or more.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    TypeError
        If `network` is not a Network.
    ValueError
        If the picture would leave out some of the network (a grid, parameters that are not in
        Dense layers, or are no longer finite), `values` do not fit its columns, or an edge is not
        in the picture.
    """
    dense = _check_drawable(network)
    widths = [dense[0].n_in, *(layer.n_out for layer in dense)]
    most_units = check_integer("most_units", most_units, low=2)
    shown = [_shown_units(width, most_units) for width in widths]
    if values is not None:
        values = _check_values(values, widths)
    edge_labels, highlight = dict(edge_labels or {}), list(highlight)
    _check_edges("edge_labels", edge_labels, shown)
    _check_edges("highlight", highlight, shown)

    largest = max(np.abs(layer.W).max() for layer in dense) or 1
    for column, layer in enumerate(dense):
        for i, y_from in shown[column].items():
            for j, y_to in shown[column + 1].items():
                edge = (column, i, j)
                _draw_edge(ax, column, y_from, y_to, layer.W[i, j] / largest, edge, highlight)
                if edge in edge_labels:
                    _label_edge(ax, column, y_from, y_to, edge_labels[edge])

    tallest = max(len(units) for units in shown)
    area = 900 if tallest <= 5 else 600
    names = [inputs, *[hidden] * (len(widths) - 2), outputs]
    darkest = 1 if values is None else max(np.abs(v).max() for v in values) or 1
    for column, (units, name) in enumerate(zip(shown, names, strict=True)):
        for i, y in units.items():
            value = None if values is None else values[column][i]
            _draw_unit(ax, column, y, f"${name}_{{{i + 1}}}$", value, darkest, area)
        if len(units) < widths[column]:
            ax.text(column, 0, "⋮", ha="center", va="center", fontsize=16)
    if max(widths) > most_units:  # where not every unit is drawn, say how many there are
        for column, width in enumerate(widths):
            ax.text(column, -1.32, f"{width}", ha="center", va="top", color=GREY)
        ax.text(-0.32, -1.32, "units:", ha="right", va="top", color=GREY)
    low = -1.55 if max(widths) > most_units else -1.3
    ax.set(xlim=(-0.75, len(widths) - 0.55), ylim=(low, 1.3))
    ax.axis("off")
    return ax


def image_row(images, axes, *, captions=None, signed=False):
    """Show one square image in each of `axes`: digits, or the weights of a unit.

    Parameters
    ----------
    images : array_like, shape (n, side²)
        Each row is an image, its rows of pixels one after another.
    axes : sequence of n matplotlib Axes
    captions : sequence of n str, optional
        Written above each image.
    signed : bool
        Whether to use one scale around zero for all: orange below, white at, blue above zero.

    Returns
    -------
    sequence of matplotlib Axes

    Raises
    ------
    TypeError, ValueError
        If the images are not square, hold a negative number without `signed`, or their number is
        not that of the axes or the captions.
    """
    images = check_array("images", images, shape=(None, None))
    if not signed and (images < 0).any():
        raise ValueError(f"images must be 0 or more, or signed=True; got {images.min()}")
    side = round(images.shape[1] ** 0.5)
    if side * side != images.shape[1]:
        raise ValueError(f"images must hold side² pixels each; got {images.shape[1]} a row")
    axes = np.atleast_1d(axes).ravel()
    captions = [""] * len(images) if captions is None else _texts("captions", captions)
    if not len(axes) == len(images) == len(captions):
        raise ValueError(
            f"axes and captions must be as many as images, {len(images)}; "
            f"got {len(axes)} axes and {len(captions)} captions"
        )
    reach = np.abs(images).max() or 1
    scale = (
        {"cmap": SIGNED, "vmin": -reach, "vmax": reach} if signed else {"vmin": 0, "vmax": reach}
    )
    for image, ax, caption in zip(images, axes, captions, strict=True):
        ax.imshow(image.reshape(side, side), **scale)
        ax.set_title(caption)
        ax.set(xticks=[], yticks=[])
        ax.grid(False)
        ax.spines[:].set_visible(True)
    return axes


def scatter(X, y, ax, *, names=None):
    """Draw points in the plane; each class has its own colour and its own marker.

    Parameters
    ----------
    X : array_like, shape (n, 2)
    y : array_like of int, shape (n,)
        Classes 0 … 6.
    ax : matplotlib Axes
    names : sequence of str, optional
        What to call the classes, from class 0 on; "class 0", "class 1", … otherwise.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described, or a class has no name.
    """
    X = check_array("X", X, shape=(None, 2))
    y = check_labels("y", y, n=len(X))
    n_classes = int(y.max()) + 1
    _check_told_apart("y", n_classes, "classes")
    names = None if names is None else _texts("names", names)
    if names is not None and len(names) < n_classes:
        raise ValueError(f"names must name each of the {n_classes} classes; got {names!r}")
    for k in np.unique(y):
        ax.scatter(
            *X[y == k].T,
            color=CLASS_COLOURS[k],
            marker=CLASS_MARKERS[k],
            edgecolor="white",
            linewidth=0.6,
            label=f"class {k}" if names is None else names[k],
            zorder=3,
        )
    return ax


def decision_regions(classify, ax, *, xlim, ylim, resolution=200):
    """Shade the plane by the class that a function gives each point, with a line where it changes.

    Parameters
    ----------
    classify : callable
        Maps points, shape (n, 2), to class labels 0 … 6, shape (n,).
    ax : matplotlib Axes
    xlim, ylim : (float, float)
        From where to where, the lower number first.
    resolution : int
        Points a side, 2 or more.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    TypeError, ValueError
        If an argument, or what `classify` returns, is not as described.
    """
    check_callable("classify", classify)
    resolution = check_integer("resolution", resolution, low=2)
    for name, ends in (("xlim", xlim), ("ylim", ylim)):
        low, high = check_array(name, ends, shape=(2,))
        if low >= high:
            raise ValueError(f"{name} must be a lower and a higher number; got {ends!r}")
    xs, ys = np.linspace(*xlim, resolution), np.linspace(*ylim, resolution)
    grid = np.stack(np.meshgrid(xs, ys), axis=-1)
    labels = check_labels("classify(points)", classify(grid.reshape(-1, 2)), n=resolution**2)
    labels = labels.reshape(resolution, resolution)
    n_classes = max(2, int(labels.max()) + 1)
    _check_told_apart("classify(points)", n_classes, "classes")
    colours = ListedColormap(CLASS_COLOURS[:n_classes])
    ax.pcolormesh(
        xs, ys, labels, cmap=colours, vmin=-0.5, vmax=n_classes - 0.5, alpha=0.22, rasterized=True
    )
    for k in range(1, n_classes):
        if (labels < k).any() and (labels >= k).any():
            ax.contour(xs, ys, labels, levels=[k - 0.5], colors=BLACK, linewidths=1.2)
    ax.set(xlim=xlim, ylim=ylim)
    ax.grid(False)
    return ax


def learning_curves(history, ax, *, name="loss"):
    """Draw the training loss solid and the validation loss dashed, against the epoch.

    The curve of a run that diverged ends where its loss is no longer finite.

    Parameters
    ----------
    history : History
        Of one network, not of a grid.
    ax : matplotlib Axes
    name : str
        What the vertical axis is called.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    TypeError
        If `history` is not a History.
    ValueError
        If it is of a grid, or has no epochs, or fewer of one loss than of the other.
    """
    if not isinstance(history, History):
        raise TypeError(f"history must be a History, as fit returns it; got {history!r}")
    curves = [np.asarray(history.loss)]
    if len(history.validation_loss):
        curves.append(np.asarray(history.validation_loss))
    epochs = np.arange(1, len(history.loss) + 1)
    if not len(epochs) or any(curve.shape != epochs.shape for curve in curves):
        raise ValueError(
            "history must hold one number a loss and epoch, of one network; got shapes "
            + ", ".join(str(curve.shape) for curve in curves)
        )
    ax.plot(epochs, curves[0], color=BLUE, label="training")
    if len(curves) > 1:
        ax.plot(epochs, curves[1], "--", color=VERMILION, label="validation")
    ax.set(xlabel="epoch", ylabel=name)
    ax.legend()
    return ax


def confusion_matrix(truth, predicted, ax, *, n_classes):
    """Count how often each true class (row) was taken for each class (column).

    Parameters
    ----------
    truth, predicted : array_like of int, shape (n,)
    ax : matplotlib Axes
    n_classes : int

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """
    n_classes = check_integer("n_classes", n_classes, low=1)
    truth = check_labels("truth", truth, n_classes=n_classes)
    predicted = check_labels("predicted", predicted, n_classes=n_classes, n=len(truth))
    counts = np.zeros((n_classes, n_classes), dtype=int)
    np.add.at(counts, (truth, predicted), 1)
    mistakes = counts - np.diag(np.diag(counts))
    ax.imshow(mistakes, vmax=mistakes.max() * 1.6 or 1)  # shade the mistakes, not the many hits
    for (row, column), count in np.ndenumerate(counts):
        if count:
            weight = "bold" if row == column else "normal"
            ax.text(column, row, count, ha="center", va="center", fontsize=9, weight=weight)
    ax.set(xlabel="predicted", ylabel="true", xticks=range(n_classes), yticks=range(n_classes))
    ax.grid(False)
    return ax


def spread(rows, ax, *, x, y, by=None, label="{}"):
    """Draw a column of a sweep against another: the median over seeds, their range as a band.

    Parameters
    ----------
    rows : list of dict
        As `nnlib.sweeps.sweep` returns them; diverged runs, which have no number, are left out.
    ax : matplotlib Axes
    x, y : str
        Names of columns of numbers.
    by : str, optional
        One line for each value of this column, seven at most, labelled and with its own colour and
        marker.
    label : str
        How to write the label, with ``{}`` for the value.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    TypeError, ValueError
        If a row lacks a column, what is to be drawn is not a finite number, all runs diverged, or
        there are too many lines.
    """
    for row in rows or [{}]:
        for name in (x, y, *([by] if by else [])):
            if name not in row:
                known = ", ".join(map(str, row)) if row else "no rows at all"
                raise ValueError(f"x, y and by must name columns of rows ({known}); got {name!r}")
    values = list(dict.fromkeys(row[by] for row in rows)) if by else [None]
    _check_told_apart("by", len(values), "lines")
    drawn = [row for row in rows if not row.get("diverged")]
    places = check_array("x", [row[x] for row in drawn])
    numbers = check_array("y", [row[y] for row in drawn])
    for k, value in enumerate(values):
        of_value = np.array([by is None or row[by] == value for row in drawn])
        xs = np.unique(places[of_value])
        ys = [numbers[of_value & (places == place)] for place in xs]
        name = None if by is None else label.format(value)
        look = {"color": COLOURS[k], "marker": CLASS_MARKERS[k], "label": name}
        ax.plot(xs, [np.median(part) for part in ys], **look)
        low, high = [min(part) for part in ys], [max(part) for part in ys]
        ax.fill_between(xs, low, high, color=COLOURS[k], alpha=0.2, linewidth=0)
    ax.set(xlabel=x.replace("_", " "), ylabel=y.replace("_", " "))
    return ax


def _check_told_apart(name, n, what):
    """Raise ValueError if there are more classes or lines than colours and markers."""
    most = len(CLASS_COLOURS)
    if n > most:
        raise ValueError(
            f"{name} must have at most {most} {what}, as there are colours and markers; got {n}"
        )


def _texts(name, value):
    """Return a list of texts; raise TypeError for a single one, whose letters it would be."""
    if isinstance(value, str):
        raise TypeError(f"{name} must be a list of texts; got the text {value!r}")
    return list(value)


def _check_drawable(network):
    """Return the Dense layers of a network of which they show all; raise an error otherwise."""
    if not isinstance(network, Network):
        raise TypeError(f"network must be a Network; got {network!r}")
    dense = [layer for layer in network.layers if isinstance(layer, Dense)]
    if network.grid or not dense:
        raise ValueError(
            f"network must be one network with at least one Dense layer; got {network!r}"
        )
    for layer in network.layers:
        if layer.parameter_shapes() and layer not in dense:
            raise ValueError(
                "network must have all its parameters in Dense layers, none of them inside another "
                f"layer, to be drawn whole; got {layer!r}"
            )
    for before, after in pairwise(dense):
        if before.n_out != after.n_in:
            raise ValueError(
                "network must have Dense layers that follow one another, to be drawn as columns of "
                f"units; got {before!r} before {after!r}"
            )
    if not np.isfinite(network.theta).all():
        raise ValueError("network must have finite parameters; got NaN or infinity in theta")
    return dense


def _check_edges(name, edges, shown):
    """Raise ValueError unless all edges are among those between units that are shown."""
    drawn = [
        (column, i, j)
        for column, (left, right) in enumerate(pairwise(shown))
        for i in left
        for j in right
    ]
    for edge in edges:
        if edge not in drawn:
            raise ValueError(
                f"{name} must hold edges of the picture, as (dense layer, from unit, to unit); "
                f"got {edge!r}"
            )


def _shown_units(width, most):
    """Map the units that are drawn to their heights, spread over [−1, 1]; top first."""
    if width <= most:
        heights = np.linspace(1, -1, width) * min(1, (width - 1) / 3 + 0.2) if width > 1 else [0]
        return dict(zip(range(width), map(float, heights), strict=True))
    half = most // 2
    heights = np.linspace(1, 0.25, half)
    top = dict(zip(range(half), map(float, heights), strict=True))
    bottom = {width - 1 - i: -y for i, y in top.items()}
    return {**top, **dict(sorted(bottom.items()))}


def _check_values(values, widths):
    if len(values) != len(widths):
        raise ValueError(
            f"values must hold one array for each of the {len(widths)} columns; got {len(values)}"
        )
    checked = []
    for i, (value, width) in enumerate(zip(values, widths, strict=True)):
        array = check_array(f"values[{i}]", value)
        row = array[0] if array.ndim == 2 and len(array) == 1 else array  # a batch of one sample
        checked.append(check_array(f"values[{i}]", row, shape=(width,)))
    return checked


def _draw_edge(ax, column, y_from, y_to, size, edge, highlight):
    faint = highlight and edge not in highlight
    ax.plot(
        [column, column + 1],
        [y_from, y_to],
        color=BLUE if size >= 0 else ORANGE,
        linestyle="-" if size >= 0 else (0, (4, 2)),
        linewidth=0.4 + 3.2 * abs(size),
        alpha=0.15 if faint else 0.9,
        zorder=1,
    )


def _label_edge(ax, column, y_from, y_to, text):
    at = 0.3  # near the unit it comes from, where edges have not crossed yet
    ax.text(
        column + at,
        y_from + at * (y_to - y_from),
        text,
        ha="center",
        va="center",
        fontsize=LEGIBLE,
        bbox={"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none"},
        zorder=4,
    )


def _draw_unit(ax, column, y, name, value, darkest, area):
    shade = 0 if value is None else abs(value) / darkest
    ax.scatter(
        column, y, s=area, color=plt.get_cmap("Greys")(0.65 * shade), edgecolor=BLACK, zorder=2
    )
    if value is not None:
        number = f"{value:.3g}".replace("-", "−")  # a true minus
        ink = "white" if shade > 0.8 else BLACK
        ax.text(column, y, number, ha="center", va="center", fontsize=9, color=ink, zorder=5)
    inside = value is None  # else the name stands above the unit
    ax.annotate(
        name,
        (column, y),
        (0, 0 if inside else area**0.5 / 2 + 1),
        textcoords="offset points",
        ha="center",
        va="center" if inside else "bottom",
        fontsize=LEGIBLE,
        color=BLACK,
        zorder=5,
    )
