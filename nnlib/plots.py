"""The course's pictures: data in, axes in, axes out. Nothing here trains or calls ``plt.show``.

One visual language (explained in the book's page on notation): networks run left to right; an edge
is as wide as its weight is large, blue if positive, orange and dashed if negative; a unit is the
darker, the larger its activation. Colours are those of Okabe & Ito (2008), and none is needed to
understand a figure. The style sheet that goes with them is set by
``plt.style.use("nnlib.course")``.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import LinearSegmentedColormap, ListedColormap

from nnlib.checks import check_array, check_labels
from nnlib.layers import Dense

BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY, BLACK = (
    "#0072b2",
    "#e69f00",
    "#009e73",
    "#d55e00",
    "#cc79a7",
    "#56b4e9",
    "#1a1a1a",
)
CLASS_COLOURS = (BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY, BLACK)
CLASS_MARKERS = ("o", "^", "s", "D", "v", "P", "X")
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
        One network, without a grid.
    ax : matplotlib Axes
    inputs, hidden, outputs : str
        The letter of each kind of unit; units are numbered from 1.
    values : list of array_like, optional
        For each column of units, from the inputs on, a number a unit: it is written into the unit
        and sets its fill (white at 0, dark at the largest size of all values).
    edge_labels : dict, optional
        From (dense layer, from unit, to unit), counted from 0, to the text on that edge.
    highlight : iterable
        Edges, in the same form, that stand out while the others step back.
    most_units : int
        A column of more units shows the first and last ones with dots between.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If the network has a grid or no Dense layer, or `values` do not fit its columns.
    """
    dense = [layer for layer in network.layers if isinstance(layer, Dense)]
    if network.grid or not dense:
        raise ValueError(
            f"network must be one network with at least one Dense layer; got {network!r}"
        )
    widths = [dense[0].n_in, *(layer.n_out for layer in dense)]
    shown = [_shown_units(width, most_units) for width in widths]
    if values is not None:
        values = _check_values(values, widths)
    highlight = set(highlight)

    largest = max(np.abs(layer.W).max() for layer in dense) or 1
    for column, layer in enumerate(dense):
        for i, y_from in shown[column].items():
            for j, y_to in shown[column + 1].items():
                edge = (column, i, j)
                _draw_edge(ax, column, y_from, y_to, layer.W[i, j] / largest, edge, highlight)
                if edge_labels and edge in edge_labels:
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
            ax.text(column, -1.32, f"{width}", ha="center", va="top", color="#4d4d4d")
        ax.text(-0.32, -1.32, "units:", ha="right", va="top", color="#4d4d4d")
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
    ValueError
        If the images are not square, or their number is not that of the axes or the captions.
    """
    images = check_array("images", images, shape=(None, None))
    side = round(images.shape[1] ** 0.5)
    if side * side != images.shape[1]:
        raise ValueError(f"images must hold side² pixels each; got {images.shape[1]} a row")
    axes = np.atleast_1d(axes).ravel()
    captions = [""] * len(images) if captions is None else list(captions)
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
    ax : matplotlib Axes
    names : sequence of str, optional
        What to call the classes; "class 0", "class 1", … otherwise.

    Returns
    -------
    matplotlib Axes
    """
    X = check_array("X", X, shape=(None, 2))
    y = check_labels("y", y, n_classes=len(CLASS_COLOURS), n=len(X))
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
        Maps points, shape (n, 2), to class labels, shape (n,).
    ax : matplotlib Axes
    xlim, ylim : (float, float)
    resolution : int
        Points a side.

    Returns
    -------
    matplotlib Axes
    """
    xs, ys = np.linspace(*xlim, resolution), np.linspace(*ylim, resolution)
    grid = np.stack(np.meshgrid(xs, ys), axis=-1)
    labels = check_labels("classify(points)", classify(grid.reshape(-1, 2)), n=resolution**2)
    labels = labels.reshape(resolution, resolution)
    n_classes = max(2, int(labels.max()) + 1)
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

    Parameters
    ----------
    history : History
        Of one network.
    ax : matplotlib Axes
    name : str
        What the vertical axis is called.

    Returns
    -------
    matplotlib Axes
    """
    epochs = np.arange(1, len(history.loss) + 1)
    ax.plot(epochs, history.loss, color=BLUE, label="training")
    if history.validation_loss:
        ax.plot(epochs, history.validation_loss, "--", color=VERMILION, label="validation")
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
    """
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
        Names of columns.
    by : str, optional
        One line for each value of this column, labelled and with its own colour and marker.
    label : str
        How to write the label, with ``{}`` for the value.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If a column is missing.
    """
    for name in (x, y, *([by] if by else [])):
        if not rows or name not in rows[0]:
            known = ", ".join(rows[0]) if rows else "no rows at all"
            raise ValueError(f"x, y and by must name columns of rows ({known}); got {name!r}")
    values = list(dict.fromkeys(row[by] for row in rows)) if by else [None]
    for k, value in enumerate(values):
        of_value = [row for row in rows if by is None or row[by] == value]
        of_value = [row for row in of_value if not row.get("diverged")]
        xs = sorted({row[x] for row in of_value})
        ys = [[row[y] for row in of_value if row[x] == place] for place in xs]
        colour, marker = CLASS_COLOURS[k % 7], CLASS_MARKERS[k % 7]
        name = None if by is None else label.format(value)
        ax.plot(xs, [np.median(part) for part in ys], color=colour, marker=marker, label=name)
        low, high = [min(part) for part in ys], [max(part) for part in ys]
        ax.fill_between(xs, low, high, color=colour, alpha=0.2, linewidth=0)
    ax.set(xlabel=x.replace("_", " "), ylabel=y.replace("_", " "))
    return ax


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
    return [
        check_array(f"values[{i}]", np.ravel(v), shape=(width,))
        for i, (v, width) in enumerate(zip(values, widths, strict=True))
    ]


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
        fontsize=9,
        bbox={"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none"},
        zorder=4,
    )


def _draw_unit(ax, column, y, name, value, darkest, area):
    shade = 0 if value is None else abs(value) / darkest
    ax.scatter(
        column, y, s=area, color=plt.get_cmap("Greys")(0.65 * shade), edgecolor=BLACK, zorder=2
    )
    text = name if value is None else f"{name}\n{value:.3g}".replace("-", "−")  # a true minus
    ax.text(
        column,
        y,
        text,
        ha="center",
        va="center",
        fontsize=9 if value is None else 8,
        color="white" if shade > 0.8 else BLACK,
        zorder=5,
    )
