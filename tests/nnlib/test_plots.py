"""The plot functions draw what they are given, and refuse what they cannot draw."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from nnlib import Dense, History, Network, ReLU, plots, worked_example


@pytest.fixture
def ax():
    figure, ax = plt.subplots()
    yield ax
    plt.close(figure)


@pytest.fixture
def network():
    return Network([Dense(3, 4), ReLU(), Dense(4, 2)], rng=np.random.default_rng(0))


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
    net.forward(worked_example.INPUT)
    values = [worked_example.INPUT, net.layers[1].y, net.layers[3].y]
    plots.network_diagram(net, ax, inputs="i", values=values, edge_labels={(0, 0, 0): "w1"})
    texts = [text.get_text() for text in ax.texts]
    assert "w1" in texts
    assert "$h_{1}$\n0.614" in texts


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


def test_scatter_gives_each_class_its_own_marker(ax):
    plots.scatter([[0, 0], [1, 1], [2, 2]], [0, 1, 1], ax, names=["left", "right"])
    left, right = ax.collections
    assert len(left.get_offsets()) == 1 and len(right.get_offsets()) == 2
    assert not np.array_equal(left.get_paths()[0].vertices, right.get_paths()[0].vertices)
    assert [left.get_label(), right.get_label()] == ["left", "right"]


def test_decision_regions_follow_the_classifier(ax):
    plots.decision_regions(
        lambda points: (points[:, 0] > 0).astype(int), ax, xlim=(-1, 1), ylim=(-1, 1), resolution=50
    )
    shading = ax.collections[0].get_array().reshape(50, 50)
    assert (shading[:, :25] == 0).all() and (shading[:, 25:] == 1).all()
    with pytest.raises(TypeError, match="integer class labels"):
        plots.decision_regions(lambda p: p[:, 0], ax, xlim=(-1, 1), ylim=(-1, 1), resolution=9)


def test_learning_curves_draw_training_solid_and_validation_dashed(ax):
    plots.learning_curves(History(loss=[3.0, 2.0], validation_loss=[3.5, 2.5]), ax)
    training, validation = ax.lines
    assert training.get_linestyle() == "-" and validation.get_linestyle() == "--"
    assert training.get_ydata().tolist() == [3.0, 2.0]
    assert training.get_xdata().tolist() == [1, 2]


def test_confusion_matrix_counts(ax):
    plots.confusion_matrix([0, 0, 1], [0, 1, 1], ax, n_classes=2)
    counts = {text.get_position(): text.get_text() for text in ax.texts}
    assert counts == {(0, 0): "1", (1, 0): "1", (1, 1): "1"}
    with pytest.raises(ValueError, match="predicted must hold labels 0 to 1; got 2"):
        plots.confusion_matrix([0, 1], [0, 2], ax, n_classes=2)


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
