"""What a figure becomes on the pages: its panels, its words, its least letter."""

import base64
import copy
import io
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import numpy as np
import pytest
from IPython.core.pylabtools import print_figure

from tools.build.figures import describe
from tools.check.outputs import compare_figures


@pytest.fixture
def figure():
    """Return two panels: a curve with a formula, and four points."""
    with plt.style.context("nnlib.course"):
        figure, (left, right) = plt.subplots(1, 2, figsize=(6, 3))
        left.plot([0, 1], [0, 1])
        left.set(xlabel="$x_1$ & more", yscale="log")
        right.plot([1, 2, 3, 4], "o")
        right.text(1, 2, "four points")
        yield figure
        plt.close(figure)


def words(panel):
    return ["".join(text.itertext()) for text in ElementTree.fromstring(panel["svg"]).iter("text")]


def test_each_panel_has_its_own_words(figure):
    left, right = describe(figure)["panels"]
    assert "x1 & more" in words(left) and "four points" in words(right)
    assert "four points" not in words(left)
    assert left["height"] == right["height"]
    assert left["width"] + right["width"] == pytest.approx(6 * 72, abs=24)


def test_the_least_letter_is_an_exponent_or_an_index(figure):
    assert describe(figure)["lettering"] == 7  # a tick's 10 points times 0.7
    figure.axes[0].set(yscale="linear", xlabel="x")
    assert describe(figure)["lettering"] == 10


def test_what_belongs_to_two_panels_keeps_them_together(figure):
    figure.supxlabel("of both")
    (whole,) = describe(figure)["panels"]
    assert {"of both", "four points", "x1 & more"} <= set(words(whole))


@pytest.mark.parametrize("constrained", [False, True])
def test_a_colour_bar_stays_with_its_panel(constrained):
    figure, ax = plt.subplots(layout="constrained" if constrained else None)
    figure.colorbar(ax.imshow(np.eye(3)), ax=ax)
    assert len(describe(figure)["panels"]) == 1
    plt.close(figure)


def test_the_picture_beside_it_is_not_changed(figure):
    before = print_figure(figure, fmt="png")
    describe(figure)
    assert print_figure(figure, fmt="png") == before


@pytest.mark.parametrize(("side", "drawn"), [(16, True), (200, False)])
def test_pixels_are_stored_one_by_one_if_they_are_few(side, drawn):
    figure, ax = plt.subplots()
    pixels = np.random.default_rng(0).integers(0, 256, (side, side))
    ax.imshow(pixels, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    panels = describe(figure)["panels"]
    plt.close(figure)
    assert bool(panels) is drawn
    if drawn:
        (image,) = ElementTree.fromstring(panels[0]["svg"]).iter("image")
        stored = plt.imread(io.BytesIO(base64.b64decode(image.get("href").split(",")[1])))
        # matplotlib's colour maps have 256 steps, of which the last takes in the upper end
        assert np.abs(255 * stored[..., 0] - pixels).max() <= 1


def test_no_reference_leads_nowhere(figure):
    figure.axes[1].bar([1, 2], [1, 2], hatch="//")
    for panel in describe(figure)["panels"]:
        root = ElementTree.fromstring(panel["svg"])
        ids = {node.get("id") for node in root.iter()} - {None}
        values = [value for node in root.iter() for value in node.attrib.values()]
        used = {v.split("#i")[1].rstrip(")").split(")")[0] for v in values if "#i" in v}
        assert used and {f"i{name}" for name in used} == ids


def test_a_changed_word_a_changed_mark_and_a_moved_mark_are_noticed(figure):
    stored = [describe(figure)]
    assert compare_figures(stored, copy.deepcopy(stored)) == []
    for old, new, said in (
        ("four", "five", "words differ"),
        ("stroke:#0072b2", "stroke:#d55e00", "marks differ"),
        ('height="', 'width="', "marks differ"),
    ):
        changed = copy.deepcopy(stored)
        for panel in changed[0]["panels"]:
            panel["svg"] = panel["svg"].replace(old, new)
        assert said in compare_figures(stored, changed)[0], old
    figure.axes[1].lines[0].set_ydata([1, 2, 3, 3.9])
    assert "has moved" in compare_figures(stored, [describe(figure)])[0]
    assert "panels" in compare_figures(stored, [])[0]
