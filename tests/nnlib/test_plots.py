"""The plot functions draw what they are given, and refuse what they cannot draw."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgba

from nnlib import Dense, History, Network, ReLU, Tanh, plots, worked_example
from nnlib.layers import Layer, Residual


@pytest.fixture
def ax():
    figure, ax = plt.subplots()
    yield ax
    plt.close(figure)


@pytest.fixture
def network():
    return Network([Dense(3, 4), ReLU(), Dense(4, 2)], rng=np.random.default_rng(0))


def refused(kind, call, *args, **kwargs):
    """Return the words with which a call is refused."""
    with pytest.raises(kind) as error:
        call(*args, **kwargs)
    return str(error.value)


def network_of(*layers):
    return Network(list(layers), rng=np.random.default_rng(0))


def test_style_sheet_and_plots_have_the_same_colours():
    with plt.style.context("nnlib.course"):
        cycle = [to_hex(entry["color"]) for entry in plt.rcParams["axes.prop_cycle"]]
        assert cycle == list(plots.COLOURS)
        assert to_hex(plt.rcParams["axes.labelcolor"]) == plots.BLACK
        for name in ("axes.edgecolor", "xtick.color", "ytick.color"):
            assert to_hex(plt.rcParams[name]) == plots.GREY


def test_no_two_classes_look_the_same():
    assert len(set(plots.CLASS_COLOURS)) == len(plots.CLASS_COLOURS) == 7
    assert plots.CLASS_COLOURS[:2] == (plots.ORANGE, plots.BLUE)  # no and yes, as everywhere
    assert len(set(plots.CLASS_MARKERS)) == len(plots.CLASS_MARKERS) == 7


def test_network_diagram_draws_one_line_for_each_weight(network, ax):
    assert plots.network_diagram(network, ax) is ax
    assert len(ax.lines) == 3 * 4 + 4 * 2


def test_an_edge_tells_its_weights_size_and_sign(network, ax):
    network.layers[0].W[...] = 1.0
    network.layers[0].W[0, 0] = -2.0
    network.layers[2].W[...] = 0.5
    plots.network_diagram(network, ax)
    negative, positive, weak = ax.lines[0], ax.lines[1], ax.lines[-1]
    assert negative.get_color() == plots.ORANGE and negative.get_linestyle() == "--"
    assert positive.get_color() == plots.BLUE and positive.get_linestyle() == "-"
    assert negative.get_linewidth() > positive.get_linewidth() > weak.get_linewidth()


def test_a_wide_layer_is_shortened_and_says_its_width(ax):
    wide = Network([Dense(256, 64), Dense(64, 10)], rng=np.random.default_rng(0))
    plots.network_diagram(wide, ax, most_units=6)
    texts = [text.get_text() for text in ax.texts]
    assert texts.count("⋮") == 3
    assert {"256", "64", "10"} <= set(texts)
    assert "$x_{256}$" in texts and "$x_{100}$" not in texts


def test_values_and_labels_stand_in_the_picture(ax):
    net = worked_example.network()
    signals = [worked_example.INPUT]
    for layer in net.layers:
        signals.append(layer.forward(signals[-1]))
    values = signals[::2]  # after each activation
    plots.network_diagram(net, ax, inputs="i", values=values, edge_labels={(0, 0, 0): "w1"})
    texts = [text.get_text() for text in ax.texts]
    assert "w1" in texts
    assert texts[texts.index("$h_{1}$") - 1] == "0.614"  # the number within, the name above


def test_highlighted_edges_stand_out(network, ax):
    plots.network_diagram(network, ax, highlight=[(0, 0, 0)])
    first, *others = (line.get_alpha() for line in ax.lines)
    assert all(first > alpha for alpha in others)


def test_network_diagram_refuses_a_grid_and_values_that_do_not_fit(network, ax):
    grid = Network([Dense(2, 2)], rng=np.random.default_rng(0), grid=(3,))
    with pytest.raises(ValueError, match="network must be one network"):
        plots.network_diagram(grid, ax)
    with pytest.raises(ValueError, match="one array for each of the 3 columns"):
        plots.network_diagram(network, ax, values=[[1, 2, 3]])
    with pytest.raises(ValueError, match=r"values\[1\] must have shape \(4,\)"):
        plots.network_diagram(network, ax, values=[[1, 2, 3], [1], [1, 2]])
    # Two samples of two numbers are not one of four.
    words = refused(
        ValueError, plots.network_diagram, network, ax, values=[[1, 2, 3], np.eye(2), [1, 2]]
    )
    assert words == "values[1] must have shape (4,); got (2, 2)"
    masked = np.ma.array([1, 2, 3], mask=[0, 0, 1])
    for value in (masked, [masked]):
        words = refused(
            TypeError, plots.network_diagram, network, ax, values=[value, [1] * 4, [1, 2]]
        )
        assert words.startswith("values[0] must be a plain array")
    words = refused(
        ValueError, plots.network_diagram, network, ax, values=[[1, 2, np.nan], [1] * 4, [1, 2]]
    )
    assert words == "values[0] must be finite; got nan at index (2,)"


class Scale(Layer):
    """A layer with parameters that is no Dense."""

    def parameter_shapes(self):
        return {"s": (2,)}


@pytest.mark.parametrize(
    "layers",
    [
        lambda: [Dense(2, 2), Residual([Tanh(), Dense(2, 2)])],
        lambda: [Residual([Dense(2, 2)]), Dense(2, 1)],
        lambda: [Dense(2, 2), Scale(), Dense(2, 2)],
        lambda: [Dense(2, 2), Residual([Residual([Dense(2, 2)])]), Dense(2, 2)],
    ],
)
def test_network_diagram_leaves_out_no_parameters(ax, layers):
    words = refused(ValueError, plots.network_diagram, network_of(*layers()), ax)
    assert words.startswith(
        "network must have all its parameters in Dense layers, none of them inside another layer, "
        "to be drawn whole; got "
    )
    assert not ax.lines


def test_network_diagram_draws_layers_without_parameters_as_nothing(ax):
    plots.network_diagram(network_of(Dense(2, 3), Residual([Tanh()]), Dense(3, 2)), ax)
    assert len(ax.lines) == 2 * 3 + 3 * 2


class Halve(Layer):
    """A layer without parameters that gives fewer numbers than it takes."""

    def output_shape(self, shape):
        return (*shape[:-1], shape[-1] // 2)


def test_network_diagram_refuses_columns_that_do_not_meet(ax):
    words = refused(
        ValueError, plots.network_diagram, network_of(Dense(2, 4), Halve(), Dense(2, 2)), ax
    )
    assert words == (
        "network must have Dense layers that follow one another, to be drawn as columns of units; "
        "got Dense(n_in=2, n_out=4) before Dense(n_in=2, n_out=2)"
    )


def test_network_diagram_refuses_what_is_no_picture(network, ax):
    assert refused(TypeError, plots.network_diagram, [Dense(2, 2)], ax).startswith(
        "network must be a Network; got [Dense("
    )
    for most_units in (1, 0, -3):
        words = refused(ValueError, plots.network_diagram, network, ax, most_units=most_units)
        assert words == f"most_units must be an integer in [2, inf); got {most_units}"
    network.theta[3] = np.nan
    words = refused(ValueError, plots.network_diagram, network, ax)
    assert words == "network must have finite parameters; got NaN or infinity in theta"
    assert not ax.lines


def test_an_edge_that_is_not_in_the_picture_is_refused(network, ax):
    wide = network_of(Dense(9, 2))
    plots.network_diagram(wide, ax, most_units=4, edge_labels={(0, 8, 1): "last"})
    hidden = (0, 3, 0)  # by the dots: of nine units, the first two and the last two are shown
    words = refused(ValueError, plots.network_diagram, network, ax, highlight=[[0, 0, 0]])
    assert words.startswith("highlight must hold edges of the picture") and "[0, 0, 0]" in words
    for one, edge in [(wide, hidden), (network, (2, 0, 0)), (network, (0, 0, 5)), (network, 0)]:
        for name, value in (("edge_labels", {edge: "w"}), ("highlight", [edge])):
            words = refused(
                ValueError, plots.network_diagram, one, ax, most_units=4, **{name: value}
            )
            assert words == (
                f"{name} must hold edges of the picture, as (dense layer, from unit, to unit); "
                f"got {edge!r}"
            )


def test_image_row_shares_one_scale_around_zero():
    figure, axes = plt.subplots(1, 2)
    plots.image_row(np.array([[0, 1, 2, 3], [0, 0, 0, -6]]), axes, signed=True)
    assert {image.get_clim() for ax in axes for image in ax.images} == {(-6, 6)}
    plt.close(figure)


def test_image_row_refuses_what_is_not_square_or_not_as_many(ax):
    with pytest.raises(ValueError, match="side² pixels each; got 5"):
        plots.image_row(np.zeros((1, 5)), ax)
    with pytest.raises(ValueError, match="as many as images, 2; got 1 axes and 2 captions"):
        plots.image_row(np.zeros((2, 4)), ax)


def test_image_row_refuses_what_one_scale_would_hide(ax):
    words = refused(ValueError, plots.image_row, [[0.5, -0.25, 0, 1]], ax)
    assert words == "images must be 0 or more, or signed=True; got -0.25"
    words = refused(ValueError, plots.image_row, [[0.5, np.nan, 0, 1]], ax)
    assert words == "images must be finite; got nan at index (0, 1)"
    words = refused(TypeError, plots.image_row, [[0, 1, 0, 1]], ax, captions="a")
    assert words == "captions must be a list of texts; got the text 'a'"
    assert not ax.images


def test_image_row_draws_each_image_with_its_caption(ax):
    plots.image_row([[0, 1, 2, 3]], ax, captions=["one"])
    assert ax.images[0].get_array().tolist() == [[0, 1], [2, 3]]
    assert ax.images[0].get_clim() == (0, 3)
    assert ax.get_title() == "one"


def test_scatter_gives_each_class_its_own_marker(ax):
    plots.scatter([[0, 0], [1, 1], [2, 2]], [0, 1, 1], ax, names=["left", "right"])
    left, right = ax.collections
    assert len(left.get_offsets()) == 1 and len(right.get_offsets()) == 2
    assert not np.array_equal(left.get_paths()[0].vertices, right.get_paths()[0].vertices)
    assert [left.get_label(), right.get_label()] == ["left", "right"]


def test_scatter_shows_as_many_classes_as_look_different(ax):
    X = np.arange(16).reshape(8, 2)
    plots.scatter(X[:7], range(7), ax)
    colours = {tuple(points.get_facecolor()[0]) for points in ax.collections}
    shapes = {points.get_paths()[0].vertices.tobytes() for points in ax.collections}
    assert len(colours) == len(shapes) == 7
    assert [points.get_label() for points in ax.collections][::6] == ["class 0", "class 6"]
    words = refused(ValueError, plots.scatter, X, range(8), ax)
    assert words == "y must have at most 7 classes, as there are colours and markers; got 8"


def test_scatter_refuses_what_does_not_fit(ax):
    X = [[0, 0], [1, 1]]
    words = refused(ValueError, plots.scatter, X, [0, 2], ax, names=["a", "b"])
    assert words == "names must name each of the 3 classes; got ['a', 'b']"
    words = refused(TypeError, plots.scatter, X, [0, 1], ax, names="ab")
    assert words == "names must be a list of texts; got the text 'ab'"
    words = refused(ValueError, plots.scatter, [[0, 0], [1, np.inf]], [0, 1], ax)
    assert words == "X must be finite; got inf at index (1, 1)"
    assert refused(ValueError, plots.scatter, X, [0], ax) == "y must have shape (2,); got (1,)"
    assert not ax.collections


def test_decision_regions_follow_the_classifier(ax):
    plots.decision_regions(
        lambda points: (points[:, 0] > 0).astype(int), ax, xlim=(-1, 1), ylim=(-1, 1), resolution=50
    )
    shading = ax.collections[0].get_array().reshape(50, 50)
    assert (shading[:, :25] == 0).all() and (shading[:, 25:] == 1).all()
    with pytest.raises(TypeError, match="integer class labels"):
        plots.decision_regions(lambda p: p[:, 0], ax, xlim=(-1, 1), ylim=(-1, 1), resolution=9)


@pytest.mark.parametrize("n_classes", [1, 2, 7])
def test_decision_regions_have_a_colour_for_each_class(ax, n_classes):
    plots.decision_regions(
        lambda p: np.floor(p[:, 0]).astype(int).clip(0, n_classes - 1),
        ax,
        xlim=(0, n_classes),
        ylim=(0, 1),
        resolution=50,
    )
    shading = ax.collections[0]
    colours = shading.to_rgba(np.arange(n_classes), alpha=1)
    expected = [to_rgba(c) for c in plots.CLASS_COLOURS[:n_classes]]
    assert colours == pytest.approx(np.array(expected))


def test_decision_regions_refuse_more_classes_than_colours(ax):
    def classify(points):
        return np.arange(len(points)) % 10

    words = refused(
        ValueError, plots.decision_regions, classify, ax, xlim=(0, 1), ylim=(0, 1), resolution=9
    )
    assert words == (
        "classify(points) must have at most 7 classes, as there are colours and markers; got 10"
    )


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        ({"classify": 3}, TypeError, "classify must be callable; got 3"),
        ({"resolution": 1}, ValueError, "resolution must be an integer in [2, inf); got 1"),
        ({"xlim": (1, 1)}, ValueError, "xlim must be a lower and a higher number; got (1, 1)"),
        ({"ylim": (2, 1)}, ValueError, "ylim must be a lower and a higher number; got (2, 1)"),
        ({"xlim": (0, np.inf)}, ValueError, "xlim must be finite; got inf at index (1,)"),
        ({"ylim": (0, 1, 2)}, ValueError, "ylim must have shape (2,); got (3,)"),
        ({"classify": lambda p: np.full(len(p), np.nan)}, TypeError, "classify(points) must hold"),
        ({"classify": lambda p: np.zeros(3, int)}, ValueError, "classify(points) must have shape"),
        ({"classify": lambda p: np.full(len(p), -1)}, ValueError, "classify(points) must hold"),
    ],
)
def test_decision_regions_refuse_what_is_no_picture(ax, arguments, kind, message):
    def classify(points):
        return np.zeros(len(points), dtype=int)

    good = {"classify": classify, "xlim": (0, 1), "ylim": (0, 1), "resolution": 5}
    assert refused(kind, plots.decision_regions, ax=ax, **{**good, **arguments}).startswith(message)
    assert not ax.collections


def test_learning_curves_draw_training_solid_and_validation_dashed(ax):
    plots.learning_curves(History(loss=[3.0, 2.0], validation_loss=[3.5, 2.5]), ax)
    training, validation = ax.lines
    assert training.get_linestyle() == "-" and validation.get_linestyle() == "--"
    assert training.get_ydata().tolist() == [3.0, 2.0]
    assert training.get_xdata().tolist() == [1, 2]


def test_learning_curves_without_validation_are_one_line(ax):
    plots.learning_curves(History(loss=[3.0, np.inf, np.nan]), ax, name="error")
    (training,) = ax.lines
    assert training.get_ydata()[:2].tolist() == [3.0, np.inf]
    assert ax.get_ylabel() == "error"


@pytest.mark.parametrize(
    ("history", "shapes"),
    [
        (History(), "(0,)"),
        (History(loss=[np.ones(3), np.ones(3)]), "(2, 3)"),
        (History(loss=[1.0, 2.0], validation_loss=[1.0]), "(2,), (1,)"),
        (History(loss=[1.0], validation_loss=[np.ones(2)]), "(1,), (1, 2)"),
    ],
)
def test_learning_curves_are_of_one_network(ax, history, shapes):
    words = refused(ValueError, plots.learning_curves, history, ax)
    assert words == (
        f"history must hold one number a loss and epoch, of one network; got shapes {shapes}"
    )
    words = refused(TypeError, plots.learning_curves, [1.0, 0.5], ax)
    assert words == "history must be a History, as fit returns it; got [1.0, 0.5]"
    assert not ax.lines


def test_confusion_matrix_counts(ax):
    plots.confusion_matrix([0, 0, 1], [0, 1, 1], ax, n_classes=2)
    counts = {text.get_position(): text.get_text() for text in ax.texts}
    assert counts == {(0, 0): "1", (1, 0): "1", (1, 1): "1"}
    with pytest.raises(ValueError, match="predicted must hold labels 0 to 1; got 2"):
        plots.confusion_matrix([0, 1], [0, 2], ax, n_classes=2)
    words = refused(ValueError, plots.confusion_matrix, [0, 2], [0, 1], ax, n_classes=2)
    assert words == "truth must hold labels 0 to 1; got 2 at index 1"
    words = refused(ValueError, plots.confusion_matrix, [0, 1], [0], ax, n_classes=2)
    assert words == "predicted must have shape (2,); got (1,)"
    words = refused(TypeError, plots.confusion_matrix, [0, 1], [0.0, 1.0], ax, n_classes=2)
    assert words == "predicted must hold integer class labels; got dtype float64"
    for n_classes, kind in ((0, ValueError), (2.5, TypeError), (None, TypeError)):
        words = refused(kind, plots.confusion_matrix, [0], [0], ax, n_classes=n_classes)
        assert words.startswith(f"n_classes must be an integer in [1, inf); got {n_classes}")


def test_spread_draws_the_median_and_the_range(ax):
    rows = [
        {"width": width, "kind": kind, "error": error, "diverged": error is None}
        for width, kind, error in [
            (1, "p", 3.0),
            (1, "p", 1.0),
            (1, "p", 2.0),
            (2, "p", 5.0),
            (2, "p", None),
            (1, "q", 9.0),
        ]
    ]
    plots.spread(rows, ax, x="width", y="error", by="kind", label="kind {}")
    p, q = ax.lines
    assert list(p.get_xdata()) == [1, 2] and list(p.get_ydata()) == [2.0, 5.0]
    assert q.get_label() == "kind q"
    heights = ax.collections[0].get_paths()[0].vertices[:, 1]
    assert (heights.min(), heights.max()) == (1.0, 5.0)
    with pytest.raises(ValueError, match="got 'depth'"):
        plots.spread(rows, ax, x="depth", y="error")


def rows_of(n, **more):
    return [{"x": 1.0, "y": 2.0, "kind": k, "diverged": False, **more} for k in range(n)]


def test_spread_draws_as_many_lines_as_look_different(ax):
    plots.spread(rows_of(7), ax, x="x", y="y", by="kind")
    looks = {(line.get_color(), line.get_marker()) for line in ax.lines}
    assert len(looks) == 7
    words = refused(ValueError, plots.spread, rows_of(8), ax, x="x", y="y", by="kind")
    assert words == "by must have at most 7 lines, as there are colours and markers; got 8"


def test_spread_without_by_is_one_line(ax):
    rows = [{"x": x, "y": y} for x, y in [(2, 5), (1, 1), (2, 7), (1, 2)]]
    plots.spread(rows, ax, x="x", y="y")
    (line,) = ax.lines
    assert line.get_xdata().tolist() == [1, 2]
    assert list(line.get_ydata()) == [1.5, 6]


@pytest.mark.parametrize(
    ("rows", "kind", "message"),
    [
        ([], ValueError, "x, y and by must name columns of rows (no rows at all); got 'x'"),
        ([*rows_of(1), {"x": 1.0}], ValueError, "x, y and by must name columns of rows (x); got"),
        (rows_of(2, y=np.nan), ValueError, "y must be finite; got nan at index (0,)"),
        (rows_of(2, x=np.inf), ValueError, "x must be finite; got inf at index (0,)"),
        (rows_of(2, y="high"), TypeError, "y must hold real numbers; got dtype <U4"),
        (rows_of(2, y=None), TypeError, "y must hold real numbers; got dtype object"),
        (rows_of(2, x="SGD"), TypeError, "x must hold real numbers; got dtype <U3"),
        (rows_of(2, y=np.nan, diverged=True), ValueError, "x must not be empty; got shape (0,)"),
    ],
)
def test_spread_refuses_what_it_cannot_draw(ax, rows, kind, message):
    assert refused(kind, plots.spread, rows, ax, x="x", y="y").startswith(message)
    assert not ax.lines
