"""A figure for every page width: each of its panels as an SVG of its own, with real text.

Beside the PNG that a notebook stores (GitHub, JupyterLab and paper show it), the project's kernels
store what the pages show: the panels that stand side by side, so that they can stack on a phone.
Nobody who writes or runs a notebook need think of it: `tools/build/kernel.py` registers it.
"""

import io
import re
from xml.etree import ElementTree

import matplotlib
from matplotlib.transforms import Bbox

MIME = "application/vnd.neural-network-basics.figure+json"
MOST_LETTERS = 6000  # of base64, for pictures in an SVG; with more, the page loads the PNG instead
PAD = 3  # points around a panel
POINTS = 72  # an inch; the unit of all sizes here
SVG, XLINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}"
SETTINGS = {"svg.fonttype": "none", "svg.hashsalt": "nnlib", "svg.image_inline": True}
NUMBER = re.compile(r"-?\d*\.?\d+(?:e-?\d+)?")
PICTURE = re.compile(r"base64,([^\"]+)")
REFERENCE = re.compile(r"#([a-z]\w{9,})")  # matplotlib's ids: a letter and ten digits of a hash
UNTURNED = re.compile(r"rotate\(-?0(?:\.0*)? [^)]*\)")
DROPPED = {"font-family"}  # the page's own
LENGTHS = {"d", "x", "y", "width", "height", "points", "transform", "r", "cx", "cy"}


def describe(figure):
    """Return what the pages need of a figure.

    Returns
    -------
    dict
        ``panels``: for each panel its width and height in points, and its SVG; none where the
        figure is made of pictures, which load faster as a PNG. ``lettering``: the size of the
        smallest letter in points.
    """
    figure.canvas.draw()  # lays the figure out
    engine = figure.get_layout_engine()
    figure.set_layout_engine("none")  # and nothing moves from here on
    smooth = [image for axes in figure.axes for image in axes.images]
    smooth = [image for image in smooth if image.get_interpolation() == "nearest"]
    for image in smooth:
        image.set_interpolation("none")  # stored pixel by pixel, enlarged by the browser
    try:
        with matplotlib.rc_context(SETTINGS):
            panels = [draw(figure, *panel) for panel in split(figure)]
    finally:
        for image in smooth:
            image.set_interpolation("nearest")
        figure.set_layout_engine(engine)
    lettering = min((size for panel in panels for size in panel.pop("sizes")), default=None)
    if sum(len(data) for p in panels for data in PICTURE.findall(p["svg"])) > MOST_LETTERS:
        panels = []
    return {"panels": panels, "lettering": lettering}


def split(figure):
    """Return the panels of a figure, from left to right: (its axes, its box in inches)."""
    renderer = figure.canvas.get_renderer()
    whole = figure.get_tightbbox(renderer)
    axes = [ax for ax in figure.axes if ax.get_visible()]
    columns = {}
    for ax in axes:
        place = ax.get_subplotspec()
        # What belongs to the figure or to several panels, as a colour bar may, cannot be cut.
        bar = ax.get_label() == "<colorbar>"
        if place is None or len(place.colspan) > 1 or bar or figure.texts or figure.legends:
            return [(axes, whole)]
        columns.setdefault(place.colspan.start, []).append(ax)
    if len({ax.get_subplotspec().get_gridspec() for ax in axes}) > 1:
        return [(axes, whole)]
    panels = []
    for _, group in sorted(columns.items()):
        box = Bbox.union([ax.get_tightbbox(renderer) for ax in group])
        panels.append((group, Bbox.from_extents(
            box.x0 / figure.dpi, whole.y0, box.x1 / figure.dpi, whole.y1
        )))  # fmt: skip
    return panels


def draw(figure, axes, box):
    """Draw only some axes of a figure, and of its plane only a box in inches."""
    hidden = [ax for ax in figure.axes if ax.get_visible() and ax not in axes]
    for ax in hidden:
        ax.set_visible(False)
    try:
        text = io.StringIO()
        figure.savefig(text, format="svg", bbox_inches=box.padded(PAD / POINTS), dpi=2 * POINTS)
    finally:
        for ax in hidden:
            ax.set_visible(True)
    root = ElementTree.fromstring(text.getvalue())
    width, height = (round(float(v)) for v in root.get("viewBox").split()[2:])
    writer = Writer(root)
    inside = writer.children(root)
    return {
        "width": width,
        "height": height,
        "svg": f'<svg viewBox="0 0 {width} {height}">{inside}</svg>',
        "sizes": writer.sizes,
    }


class Writer:
    """Writes matplotlib's SVG anew, in a fifth of the letters: the same marks, one digit less."""

    def __init__(self, root):
        self.sizes = []  # of all letters, in points
        self.ids = {}
        used = (v for node in root.iter() for v in node.attrib.values())
        self.used = {name for value in used for name in REFERENCE.findall(value)}

    def children(self, node):
        """Write what is in an element."""
        return "".join(self.element(child) for child in node)

    def element(self, node):
        """Write an element; nothing for what does not show."""
        tag = node.tag.removeprefix(SVG)
        if tag in ("metadata", "style") or not isinstance(node.tag, str):
            return ""
        if tag == "text":
            return self.text(node)
        if tag == "g" and node.get("id") == "figure_1":
            node.remove(node[0])  # the white ground: the page has its own
        inside = self.children(node)
        attributes = self.attributes(node, tag)
        if tag in ("g", "defs") and not (inside and (attributes or tag == "defs")):
            return inside
        return f"<{tag}{attributes}>{inside}</{tag}>" if inside else f"<{tag}{attributes}/>"

    def attributes(self, node, tag):
        """Write the attributes that matter."""
        found = {}
        for name, value in node.attrib.items():
            name = name.removeprefix(XLINK)
            if name == "id":
                if value in self.used:
                    found["id"] = self.identity(value)
            elif name == "style":
                found["style"] = self.style(value)
            elif name == "href" and value.startswith("data:"):
                found["href"] = re.sub(r"\s", "", value)
            elif name in ("href", "clip-path"):
                found[name] = REFERENCE.sub(lambda m: "#" + self.identity(m[1]), value)
            elif name in LENGTHS:
                digits = 4 if tag == "image" or "scale" in value or "matrix" in value else 1
                found[name] = short(value, digits)
            elif name in ("preserveAspectRatio", "opacity", "patternUnits", "fill"):
                found[name] = value
        return "".join(f' {name}="{value}"' for name, value in found.items() if value)

    def identity(self, name):
        """Return a short id for a long one."""
        return self.ids.setdefault(name, f"i{len(self.ids)}")

    def style(self, value):
        """Write a style without blanks and without what the page decides."""
        pairs = (pair.split(":", 1) for pair in value.split(";") if ":" in pair)
        pairs = [(name.strip(), v.strip()) for name, v in pairs]
        value = ";".join(f"{name}:{v}" for name, v in pairs if name not in DROPPED)
        return REFERENCE.sub(lambda m: "#" + self.identity(m[1]), value)

    def text(self, node):
        """Write a text; of a formula, the letters that stand together become one piece."""
        pieces = list(node) or [node]
        runs = []
        for piece in sorted(pieces, key=lambda p: float(p.get("x", "0").split()[0])):
            style = self.style(piece.get("style", ""))
            words = escape((piece.text or "").strip() or " ")
            size = float(re.search(r"font-size:([\d.]+)", style)[1])
            if words.strip():
                self.sizes.append(size)
            if piece is node:
                return f"<text{self.attributes(node, 'text')}>{words}</text>"
            place = float(piece.get("x", "0").split()[0]), float(piece.get("y", "0").split()[0])
            if runs and runs[-1][1] == style and abs(runs[-1][2][1] - place[1]) < 0.5:
                runs[-1][0] += words
            else:
                runs.append([words, style, place])
        return "<text>{}</text>".format(
            "".join(
                f'<tspan x="{x:.1f}" y="{y:.1f}" style="{style}">{words}</tspan>'
                for words, style, (x, y) in runs
            )
        )


def short(value, digits):
    """Write the numbers in a text with so many decimals, and no blank that is not needed."""
    value = UNTURNED.sub("", value)
    value = NUMBER.sub(lambda m: f"{round(float(m[0]), digits) + 0:g}", " ".join(value.split()))
    return value if "(" in value else re.sub(r" ?([A-Za-z,]) ?", r"\1", value)


def escape(text):
    """Escape a text for XML."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def register(shell):
    """Let a shell's figures be stored for the pages, too."""
    shell.display_formatter.mimebundle_formatter.for_type_by_name(
        "matplotlib.figure", "Figure", lambda figure, **_: {MIME: describe(figure)}
    )
