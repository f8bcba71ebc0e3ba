"""What all widgets share: their JavaScript, checked values, and a picture where none of it runs.

A widget is a Python class, and a script and a style sheet in ``js/`` with the name of the class's
module. The script does the computing in the browser, so the widget works in JupyterLab and on a
page without Python alike. Scripts are plain modules that import one another; `compose` makes one
text of them.
"""

import re
from base64 import b64encode
from io import BytesIO
from pathlib import Path

import anywidget
import matplotlib.style
import traitlets
from matplotlib.figure import Figure
from PIL import Image

from nnlib.checks import check_array, check_choice, check_integer, check_number

JS = Path(__file__).parent / "js"

# All that a file in js/ may say about other files: each at the beginning of a line.
IMPORT = re.compile(r'^import \{([\w\s,]+)\} from "\./(\w+)\.js";\n', re.M)
EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const|let)\b)", re.M)
DEFAULT = re.compile(r"^export default \{ render \};\n", re.M)
COMMENT = re.compile(r"^ *(?://[^\n]*|/\*\*.*?\*/)\n", re.M | re.S)  # on lines of its own
TOP_LEVEL = re.compile(r"^(export )?(?:async )?(?:function\*?|class|const|let|var) (\S+?)\b", re.M)
FORBIDDEN = re.compile(r"^(?:import|export)\b.*|^(?:const|let|var) [\[{].*|\bimport\(.*", re.M)


def compose(name, folder=JS):
    """Return the text of one module: ``name.js`` after all that it imports, each file once.

    The files come to share one scope. So they may import with ``import { a, b } from "./file.js";``
    and export declarations only, no top-level name may occur twice, and no name be changed.
    Comments on lines of their own stay behind: the text is stored in every notebook that shows it.

    Parameters
    ----------
    name : str
        The widget's file, without ``.js``; it ends with ``export default { render };``.
    folder : pathlib.Path, optional

    Raises
    ------
    FileNotFoundError
        If the file, or one that it imports, does not exist.
    ValueError
        If a file says something that this simple way of joining files cannot handle.
    """
    texts, owners = {}, {}
    _collect(name, folder, texts, owners, ())
    parts = [f"// ---- {file}.js\n{text}" for file, text in texts.items()]
    return "\n".join([*parts, "export default { render };\n"])


def _collect(name, folder, texts, owners, waiting):
    """Put the text of a file into `texts` after those it imports; return what it exports."""
    if name in waiting:
        raise ValueError(
            f"js files must not import in a circle; got {' → '.join(waiting)} → {name}"
        )
    text = (folder / f"{name}.js").read_text(encoding="utf-8")
    exports = {found[2] for found in TOP_LEVEL.finditer(text) if found[1]}
    if name in texts:
        return exports
    for names, file in IMPORT.findall(text):
        wanted = {word.strip() for word in names.split(",") if word.strip()}
        offered = _collect(file, folder, texts, owners, (*waiting, name))
        if unknown := sorted(wanted - offered):
            raise ValueError(f"{name}.js imports {', '.join(unknown)}, not exported by {file}.js")
    if not waiting and not DEFAULT.search(text):
        raise ValueError(f"{name}.js must end with `export default {{ render }};`")
    if waiting and DEFAULT.search(text):
        raise ValueError(f"{name}.js is a widget, which {waiting[-1]}.js cannot import")
    text = EXPORT.sub("", DEFAULT.sub("", IMPORT.sub("", text)))
    if found := FORBIDDEN.search(text):
        raise ValueError(f"{name}.js: cannot join files that say `{found[0].strip()}`")
    for declared in TOP_LEVEL.finditer(text):
        other = owners.setdefault(declared[2], name)
        if other != name:
            raise ValueError(f"{name}.js declares {declared[2]}, which {other}.js has already")
    texts[name] = COMMENT.sub("", text).strip() + "\n"
    return exports


def stylesheet(name):
    """Return the style sheet of a widget: what all share, then ``name.css``."""
    return "\n".join((JS / f"{file}.css").read_text(encoding="utf-8") for file in ("widgets", name))


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
    high it is, and draws itself in `still`.

    Raises
    ------
    TypeError, ValueError
        If a value does not fit, or a keyword is none of `settings`.
    """

    settings = ()  # what a caller may pass, in the order of `repr`
    space = ()  # its height in rem: in less than 42 rem of width, and in more

    _space = traitlets.List().tag(sync=True)  # the page keeps it free until the widget is there

    def __init_subclass__(cls, **keywords):
        """Find the class's JavaScript and style: the files with the name of its module."""
        if Widget in cls.__bases__:  # not the classes that traitlets derives from it
            name = cls.__module__.rpartition(".")[2]
            cls._esm = compose(name)
            cls._css = stylesheet(name)
        super().__init_subclass__(**keywords)

    def __init__(self, **values):
        if unknown := sorted(set(values) - set(self.settings)):
            known = ", ".join(self.settings)
            raise TypeError(f"{type(self).__name__} takes {known}; got {', '.join(unknown)}")
        super().__init__(_space=list(self.space), **values)

    def still(self):
        """Return a picture of the widget as it stands: a matplotlib Figure."""
        raise NotImplementedError

    def figure(self, width, height):
        """Return an empty figure, in inches, that pyplot does not know of."""
        return Figure(figsize=(width, height), layout="constrained")

    def __repr__(self):
        values = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.settings)
        return f"{type(self).__name__}({values})"

    def _repr_mimebundle_(self, **keywords):
        """Add the still picture: what GitHub, a PDF and a page without JavaScript show."""
        data, metadata = super()._repr_mimebundle_(**keywords)
        drawn, file = BytesIO(), BytesIO()
        with matplotlib.style.context("nnlib.course"):
            self.still().savefig(drawn, format="png", dpi=144)
        # 128 colours are enough for lines and letters, and a third of the bytes.
        few = Image.open(drawn).convert("RGB").quantize(128, dither=Image.Dither.NONE)
        few.save(file, format="png", optimize=True)
        return {**data, "image/png": b64encode(file.getvalue()).decode()}, metadata
