"""What all widgets share: their JavaScript, checked values, and a picture where none of it runs.

A widget is a Python class and, in ``scripts/``, a script and a style sheet with the name of the
class's module. The script does the computing in the browser, so the widget works in JupyterLab and
on a page without Python alike. What both languages must know stands in a JSON file beside the
script. ``static/`` holds all scripts in one, made by ``python -m tools.build.scripts``.
"""

import json
from base64 import b64encode
from io import BytesIO
from pathlib import Path

import anywidget
import matplotlib.style
import traitlets
from matplotlib.figure import Figure
from PIL import Image

from nnlib.checks import check_array, check_choice, check_integer, check_number

SCRIPTS = Path(__file__).parent / "scripts"
STATIC = Path(__file__).parent / "static"
# A widget as an output holds it: its name, its height, and its state, from which the site makes it
# live. Jupyter knows nothing of this type, and shows the picture.
MIME = "application/vnd.neural-network-basics.widget+json"


def known_to_both(name):
    """Return what ``scripts/name.json`` says to Python and JavaScript alike."""
    return json.loads((SCRIPTS / f"{name}.json").read_text(encoding="utf-8"))


CHOICES = known_to_both("shared/choices")
ACTIVATIONS = tuple(CHOICES["activations"])
OPTIMIZERS = tuple(CHOICES["optimizers"])


def number(low, high):
    """Return a check for a number from `low` to `high`."""
    return lambda name, value: check_number(name, value, low=low, high=high)


def integer(low, high):
    """Return a check for a whole number from `low` to `high`."""
    return lambda name, value: check_integer(name, value, low=low, high=high)


def numbers(n, low, high):
    """Return a check for `n` numbers from `low` to `high`: a tuple."""

    def check(name, value):
        values = check_array(name, value, shape=(n,)).tolist()
        return tuple(
            check_number(f"{name}[{i}]", x, low=low, high=high) for i, x in enumerate(values)
        )

    return check


def one_of(choices):
    """Return a check for one of some choices."""
    return lambda name, value: check_choice(name, value, choices)


class Checked(traitlets.TraitType):
    """A value of a widget that one of `nnlib.checks` guards, in Python and from the browser.

    Parameters
    ----------
    default
        The first value.
    check : callable
        Takes the name and the new value; returns the value to keep or raises an error that names
        both.
    """

    def __init__(self, default, check):
        super().__init__(default)
        self.check = check
        self.tag(sync=True)

    def validate(self, obj, value):
        """Return the value as the check leaves it."""
        return self.check(self.name, value)


class Widget(anywidget.AnyWidget):
    """A widget whose computing is done in the browser.

    A subclass states its values as `Checked` traits, names them in `settings`, says in `space` how
    high it is, and draws itself in `still`. Its script has the name of its module.

    Raises
    ------
    TypeError, ValueError
        If a value does not fit, or a keyword is none of `settings`.
    """

    settings = ()  # what a caller may pass, in the order of `repr`
    space = ()  # its height in rem: in less than 42 rem of width, and in more

    _esm = STATIC / "widgets.js"
    _css = STATIC / "widgets.css"
    _name = traitlets.Unicode().tag(sync=True)  # of its script

    @traitlets.default("_name")
    def _name_of_module(self):
        return type(self).__module__.rpartition(".")[2]

    def __init__(self, **values):
        self.refuse_unknown(values, self.settings)
        super().__init__(**values)

    @classmethod
    def refuse_unknown(cls, values, known):
        """Raise TypeError if `values` has a keyword that is none of those known."""
        if unknown := sorted(set(values) - set(known)):
            raise TypeError(f"{cls.__name__} takes {', '.join(known)}; got {', '.join(unknown)}")

    @classmethod
    def public(cls):
        """Return the settings that are a caller's to choose, and not data on their way."""
        return [name for name in cls.settings if not name.startswith("_")]

    def still(self):
        """Return a picture of the widget as it stands: a matplotlib Figure."""
        raise NotImplementedError

    def figure(self, width, height):
        """Return an empty figure, in inches, that pyplot does not know of."""
        return Figure(figsize=(width, height), layout="constrained")

    def __repr__(self):
        values = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.settings)
        return f"{type(self).__name__}({values})"

    def stored(self):
        """Return what a page needs to show the widget alive: a dict that JSON can hold."""
        own = set(self.traits(sync=True)) - set(anywidget.AnyWidget.class_traits(sync=True))
        state = self.get_state(sorted(own - {"_esm", "_css", "_anywidget_id", "_name"}))
        for name, value in state.items():
            if isinstance(value, bytes):
                state[name] = {"base64": b64encode(value).decode()}
        return {"name": self._name, "space": list(self.space), "state": state}

    def _repr_mimebundle_(self, **keywords):
        """Add the still picture, for all that runs no JavaScript, and the state for the site."""
        data, metadata = super()._repr_mimebundle_(**keywords)
        drawn, file = BytesIO(), BytesIO()
        with matplotlib.style.context("nnlib.course"):
            self.still().savefig(drawn, format="png", dpi=144)
        # 128 colours are enough for lines and letters, and a third of the bytes.
        few = Image.open(drawn).convert("RGB").quantize(128, dither=Image.Dither.NONE)
        few.save(file, format="png", optimize=True)
        picture = b64encode(file.getvalue()).decode()
        return {**data, "image/png": picture, MIME: self.stored()}, metadata
