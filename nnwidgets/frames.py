"""Frames: any figure of one to three settings, with a slider for each of them."""

import math
from io import BytesIO
from itertools import product
from numbers import Integral, Real

import matplotlib.style
import numpy as np
import traitlets
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image
from tqdm import tqdm

from nnlib.checks import check_array, check_callable, check_integer, check_number
from nnwidgets.base import Widget, known_to_both

DPI, EXACT_DPI = 120, 240  # dots an inch: of the stored frames, and of a figure drawn on demand
COLOURS = 32  # of all frames together: enough for lines, letters and a few shaded areas
MOST_SETTINGS, MOST_FRAMES, MOST_BYTES = 3, 120, 1_000_000
SIZES = known_to_both("frames")  # rem of a narrow figure's height, and where a figure is wide
LONGEST = 16_383  # pixels a side: WebP can do no more


class Frames(Widget):
    """A figure to explore: `draw` is called for every combination of the settings.

    The pictures are drawn once, here, and travel with the page, so that its sliders work without
    Python too. Where Python does answer, it draws the figure anew and sharper whenever a slider
    rests, with whatever `draw` computes by then. Chapters 6 and 7.

    Parameters
    ----------
    draw : callable
        Called as ``draw(ax, **setting)``: draws into the matplotlib Axes `ax`. What takes long
        (training) is best done before, so that `draw` only looks it up.
    alt : callable, optional
        Called as ``alt(**setting)``: says in words what is to be seen, for readers who do not see
        it. The values of the settings are said anyway.
    start : dict, optional
        The setting that is shown first; the first value of each that it does not name.
    panels : int
        How many Axes side by side; with more than one, `ax` is an array of them.
    figsize : (float, float)
        Width and height in inches, as in matplotlib. Letters of a figure that is 4 inches wide can
        be read on a phone.
    **settings : list of numbers or strings
        One to three settings, each with its values, such as ``learning_rate=[0.01, 0.1, 1]``.

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit, there are more than 120 frames, or they take more than 1 MB.

    Examples
    --------
    >>> def wave(ax, frequency, phase):
    ...     t = np.linspace(0, 1, 200)
    ...     ax.plot(t, np.sin(2 * np.pi * frequency * t + phase))
    >>> Frames(wave, frequency=[1, 2, 4], phase=[0, 1.5])
    """

    # What is shared with the script, and no business of the caller: see __init__ for that.
    settings = ("at", "first", "names", "labels", "alts", "size", "columns", "sheet")

    at = traitlets.List(traitlets.Int()).tag(sync=True)  # the place of each slider, from 0
    first = traitlets.List(traitlets.Int()).tag(sync=True)  # where Reset goes
    names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    labels = traitlets.List(traitlets.List(traitlets.Unicode())).tag(sync=True)
    alts = traitlets.List(traitlets.Unicode()).tag(sync=True)  # a frame each, or none at all
    size = traitlets.List(traitlets.Int()).tag(sync=True)  # of a frame, in pixels
    columns = traitlets.Int().tag(sync=True)  # frames in a row of the sheet
    # All frames in one picture: they have most of their pixels in common, and so take less than
    # half of what they would take one by one.
    sheet = traitlets.Bytes().tag(sync=True)

    def __init__(self, draw, *, alt=None, start=None, panels=1, figsize=(4, 3), **settings):
        check_callable("draw", draw)
        self._function = draw
        if alt is not None:
            check_callable("alt", alt)
        self._panels = check_integer("panels", panels, low=1)
        self._figsize = check_array("figsize", figsize, shape=(2,)).tolist()
        for i, inches in enumerate(self._figsize):
            check_number(f"figsize[{i}]", inches, low=1, high=12)
        self._values = _check_settings(settings)
        first = _check_start(start or {}, self._values)
        places = list(product(*(range(len(values)) for values in self._values.values())))

        self._layout = None  # the start frame's: all others have it too, so that nothing jumps
        self._draw(first)
        frames = [self._pixels(at) for at in tqdm(places, desc="frames", delay=2)]
        height, width, _ = frames[0].shape
        columns = max(1, min(len(frames), LONGEST // width))
        sheet = _pack(frames, columns)
        if len(sheet) > MOST_BYTES:
            raise ValueError(
                f"the {len(frames)} frames must take at most {MOST_BYTES / 1e6:.0f} MB together; "
                f"got {len(sheet) / 1e6:.1f} MB. Draw fewer frames, a smaller figsize, or less "
                "detail in each"
            )
        labels = [[_label(value) for value in values] for values in self._values.values()]
        self.space = _space(height / width, len(labels))
        super().__init__(
            at=list(first),
            first=list(first),
            names=[name.replace("_", " ") for name in self._values],
            labels=labels,
            alts=[str(alt(**self._setting(at))) for at in places] if alt else [],
            size=[width, height],
            columns=columns,
            sheet=sheet,
        )
        self.on_msg(self._answer)

    @property
    def setting(self):
        """The setting that is shown: a dict from names to values."""
        return self._setting(self.at)

    @traitlets.validate("at")
    def _check_at(self, proposal):
        at, counts = proposal["value"], [len(values) for values in self._values.values()]
        if len(at) != len(counts) or any(not 0 <= i < n for i, n in zip(at, counts, strict=True)):
            limits = ", ".join(f"0 to {n - 1}" for n in counts)
            raise ValueError(f"at must hold {len(counts)} places, {limits}; got {at}")
        return at

    def exact(self, dpi=EXACT_DPI):
        """Draw the figure of the setting that is shown, anew and in all its colours.

        Parameters
        ----------
        dpi : int

        Returns
        -------
        bytes
            A PNG.
        """
        file = BytesIO()
        with matplotlib.style.context("nnlib.course"):
            self._draw(self.at).savefig(file, format="png", dpi=dpi, metadata={"Software": None})
        return file.getvalue()

    def still(self):
        """Return the picture: the figure of the setting that is shown."""
        return self._draw(self.at)

    def __repr__(self):
        name = getattr(self._function, "__name__", "draw")
        settings = (f"{setting}={values!r}" for setting, values in self._values.items())
        return f"Frames({', '.join([name, *settings])})"

    def _setting(self, at):
        return {name: values[i] for i, (name, values) in zip(at, self._values.items(), strict=True)}

    def _draw(self, at):
        with matplotlib.style.context("nnlib.course"):
            figure = self.figure(*self._figsize)
            self._function(figure.subplots(1, self._panels), **self._setting(at))
            if self._layout is None:
                figure.draw_without_rendering()
                self._layout = [ax.get_position(original=True) for ax in figure.axes]
            if len(figure.axes) == len(self._layout):
                figure.set_layout_engine("none")
                for ax, place in zip(figure.axes, self._layout, strict=True):
                    ax.set_position(place, which="original")
        return figure

    def _pixels(self, at):
        """Return a frame as an array (height, width, 3) of bytes."""
        figure = self._draw(at)
        figure.set_dpi(DPI)
        canvas = FigureCanvasAgg(figure)
        with matplotlib.style.context("nnlib.course"):
            canvas.draw()
        return np.asarray(canvas.buffer_rgba())[..., :3].copy()

    def _answer(self, _, content, buffers):
        """Send the script the exact figure of the setting at which its sliders rest."""
        self.at = content["at"]
        self.send({"at": self.at}, buffers=[self.exact()])


def _check_settings(settings):
    """Return the settings, each with a list of numbers or strings."""
    if not 1 <= len(settings) <= MOST_SETTINGS:
        example = "Frames(draw, width=[2, 8, 32])"
        given = ", ".join(settings) or "none"
        raise TypeError(
            f"settings must be one to {MOST_SETTINGS} lists of values, as in {example}; got {given}"
        )
    checked = {}
    for name, values in settings.items():
        if isinstance(values, str | dict) or not hasattr(values, "__iter__"):
            raise TypeError(f"{name} must be a list of numbers or strings; got {values!r}")
        checked[name] = values.tolist() if isinstance(values, np.ndarray) else list(values)
        if not checked[name]:
            raise ValueError(f"{name} must hold at least one value; got {values!r}")
        for i, value in enumerate(checked[name]):
            if not isinstance(value, str | Real):
                raise TypeError(f"{name}[{i}] must be a number or a string; got {value!r}")
    counts = [len(values) for values in checked.values()]
    if (frames := int(np.prod(counts))) > MOST_FRAMES:
        product = " · ".join(map(str, counts))
        raise ValueError(
            f"settings must have at most {MOST_FRAMES} combinations; got {product} = {frames}"
        )
    return checked


def _check_start(start, settings):
    """Return the place of each setting's first value to show."""
    if unknown := [name for name in start if name not in settings]:
        raise ValueError(f"start must name some of {', '.join(settings)}; got {unknown[0]}")
    for name, value in start.items():
        if value not in settings[name]:
            raise ValueError(f"start[{name!r}] must be one of {settings[name]}; got {value!r}")
    return [values.index(start.get(name, values[0])) for name, values in settings.items()]


def _label(value):
    """Write a value as a reader expects it."""
    if isinstance(value, str | bool):
        return str(value)
    return (f"{value:,}" if isinstance(value, Integral) else f"{value:g}").replace("-", "−")


def _pack(frames, columns):
    """Return all frames in one WebP, row by row, without loss but with few colours."""
    height, width, _ = frames[0].shape
    sheet = np.full((-(-len(frames) // columns) * height, columns * width, 3), 255, np.uint8)
    for k, frame in enumerate(frames):
        top, left = k // columns * height, k % columns * width
        sheet[top : top + height, left : left + width] = frame
    few = Image.fromarray(sheet).quantize(COLOURS, dither=Image.Dither.NONE)
    file = BytesIO()
    few.convert("RGB").save(file, format="WEBP", lossless=True, quality=75, method=4)
    return file.getvalue()


def _space(ratio, n):
    """Return the height in rem, narrow and wide; frames.js and .css say how wide things are."""
    sliders = 4.75 * n + 3.25  # and Reset, with the gaps between them
    width = SIZES["narrow"] + SIZES["play"] / ratio

    def card(width):
        return (width - 0.7) * ratio + 0.7  # the figure with its edge

    narrow = card(width) + 1 + sliders
    wide = card(40) + 9.25 if ratio < SIZES["broad"] else max(card(26), sliders)
    return (math.ceil(narrow), math.ceil(wide))
