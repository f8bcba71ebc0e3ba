"""The frames widget from Python: what it draws, stores and refuses, and what it answers."""

import io

import numpy as np
import pytest
from PIL import Image

from nnwidgets import Frames, frames

SETTINGS = {"rate": [0.1, 1, -2], "kind": ["line", "dots"], "n": [3]}


def draw(ax, rate, kind, n):
    ax.plot(rate * np.arange(n + 1), "-" if kind == "line" else "o")
    ax.set(ylim=(-8, 8), xlabel=f"{kind} at {rate}")


def pixels(data):
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), float)


def stored(widget, at):
    """Cut the frame of a place out of the sheet."""
    k = np.ravel_multi_index(at, [len(values) for values in widget.labels])
    (width, height), sheet = widget.size, pixels(widget.sheet)
    row, column = divmod(int(k), widget.columns)
    return sheet[row * height : (row + 1) * height, column * width : (column + 1) * width]


@pytest.fixture(scope="module")
def widget():
    return Frames(draw, **SETTINGS, alt="{rate} and {kind}, {n}".format)


@pytest.fixture(autouse=True)
def back_to_the_start(request):
    yield
    if "widget" in request.fixturenames:
        widget = request.getfixturevalue("widget")
        widget.at = widget.first


def test_every_stored_frame_is_the_exact_figure_in_fewer_colours(widget):
    seen = []
    for at in np.ndindex(3, 2, 1):
        widget.at = list(at)
        exact = pixels(widget.exact(dpi=frames.DPI))
        frame = stored(widget, at)
        assert frame.shape == exact.shape == (360, 480, 3)
        assert np.abs(frame - exact).max() < 80 and np.abs(frame - exact).mean() < 0.5
        assert len(np.unique(frame.reshape(-1, 3), axis=0)) <= frames.COLOURS
        seen.append(frame)
    for i, frame in enumerate(seen):  # and no other setting's
        assert all(np.abs(frame - other).mean() > 0.5 for other in seen[:i])


def test_names_labels_and_words_are_what_a_reader_expects(widget):
    assert widget.names == ["rate", "kind", "n"]
    assert widget.labels == [["0.1", "1", "−2"], ["line", "dots"], ["3"]]
    assert widget.alts[3] == "1 and dots, 3"
    assert repr(widget) == "Frames(draw, rate=[0.1, 1, -2], kind=['line', 'dots'], n=[3])"
    widget.at = [2, 1, 0]
    assert widget.setting == {"rate": -2, "kind": "dots", "n": 3}
    other = Frames(lambda ax, weight_decay: None, weight_decay=np.array([1e-5, 12_000]))
    assert other.names == ["weight decay"] and other.labels == [["1e−05", "12000"]]
    assert other.alts == [] and other.setting == {"weight_decay": 1e-5}


def test_a_message_is_answered_with_the_exact_figure(widget, monkeypatch):
    answers = []
    monkeypatch.setattr(widget, "send", lambda content, buffers: answers.append((content, buffers)))
    message = {"method": "custom", "content": {"at": [1, 1, 0]}}
    widget._handle_msg({"content": {"data": message}, "buffers": []})
    [(content, [picture])] = answers
    assert content == {"at": [1, 1, 0]} == {"at": widget.at}
    assert picture == widget.exact()
    sharp = Image.open(io.BytesIO(picture))
    assert sharp.size == (960, 720)
    small = np.asarray(sharp.convert("RGB").resize((480, 360), Image.Resampling.BOX), float)
    assert np.abs(small - stored(widget, (1, 1, 0))).mean() < 3


def test_an_answer_shows_what_draw_computes_by_now():
    heights = [1]
    widget = Frames(lambda ax, k: ax.bar(0, heights[0]), k=[1, 2])
    before = widget.exact()
    assert widget.exact() == before
    heights[0] = 2
    assert widget.exact() != before


def test_the_same_figure_gives_the_same_bytes_and_the_still_is_the_start():
    one, two = (Frames(draw, **SETTINGS, start={"rate": 1}) for _ in range(2))
    assert one.sheet == two.sheet and one.first == one.at == [1, 0, 0]
    file = io.BytesIO()
    one.still().savefig(file, dpi=frames.DPI)
    assert np.abs(pixels(file.getvalue()) - stored(one, (1, 0, 0))).mean() < 0.5


def test_axes_stand_where_those_of_the_start_stand():
    def label(ax, name):
        ax.set_yticks([0.5], [name])

    widget = Frames(label, name=["a long name", "b"])
    places = []
    for k in range(2):
        widget.at = [k]
        places.append(widget.still().axes[0].get_position().bounds)
    assert places[0] == pytest.approx(places[1])


def test_panels_and_figsize_are_those_of_matplotlib():
    def two(axes, k):
        assert len(axes) == 2
        axes[k].plot([1, 2])

    widget = Frames(two, panels=2, figsize=(6, 2), k=[0, 1])
    assert widget.size == [720, 240] and len(widget.still().axes) == 2
    assert widget.space != Frames(draw, **SETTINGS).space


def test_many_frames_need_more_than_one_row_of_the_sheet():
    widget = Frames(lambda ax, k: ax.axvline(k), k=range(36), figsize=(4, 1))
    assert widget.columns == 34 and pixels(widget.sheet).shape == (240, 34 * 480, 3)
    widget.at = [35]
    assert np.abs(stored(widget, (35,)) - pixels(widget.exact(frames.DPI))).mean() < 1


@pytest.mark.parametrize(
    "arguments, settings, error, message",
    [
        (["draw"], {"k": [1]}, TypeError, "draw must be callable; got 'draw'"),
        ([draw], {}, TypeError, "one to 3 lists of values, .*; got none"),
        ([draw], {key: [1] for key in "abcd"}, TypeError, "one to 3 lists .*; got a, b, c, d"),
        ([draw], {"k": []}, ValueError, r"k must hold at least one value; got \[\]"),
        ([draw], {"k": 3}, TypeError, "k must be a list of numbers or strings; got 3"),
        ([draw], {"k": "abc"}, TypeError, "k must be a list of numbers or strings; got 'abc'"),
        ([draw], {"k": [1, None]}, TypeError, r"k\[1\] must be a number or a string; got None"),
        ([draw], {"k": range(11), "n": range(11)}, ValueError, "at most 120 .*; got 11 · 11 = 121"),
        ([draw], {"k": [1], "start": {"n": 1}}, ValueError, "start must name some of k; got n"),
        ([draw], {"k": [1], "start": {"k": 2}}, ValueError, r"start\['k'\] must be .*; got 2"),
        ([draw], {"k": [1], "alt": "words"}, TypeError, "alt must be callable; got 'words'"),
        ([draw], {"k": [1], "figsize": (4, 90)}, ValueError, r"figsize\[1\] must be .*; got 90"),
        ([draw], {"k": [1], "panels": 0}, ValueError, "panels must be .*; got 0"),
    ],
)
def test_what_does_not_fit_is_refused(arguments, settings, error, message):
    with pytest.raises(error, match=message):
        Frames(*arguments, **settings)


@pytest.mark.parametrize("at", [[0, 0], [3, 0, 0], [0, -1, 0]])
def test_places_that_do_not_exist_are_refused(widget, at):
    with pytest.raises(ValueError, match="at must hold 3 places, 0 to 2, 0 to 1, 0 to 0; got"):
        widget.at = at
    assert widget.at == widget.first


def test_frames_that_are_too_heavy_are_refused_with_a_way_out(monkeypatch):
    monkeypatch.setattr(frames, "MOST_BYTES", 2000)
    with pytest.raises(ValueError, match=r"the 2 frames must take at most .* Draw fewer frames"):
        Frames(lambda ax, k: ax.plot([k]), k=[1, 2])
