"""Figures for the device, and pictures and tables that never break a page.

A figure comes as SVG, a drawing for each of its panels (see ``tools/build/figures.py``): they stand
side by side where their letters stay legible, and one below another elsewhere; their colours follow
the theme. The page holds empty panels of the right size, and one script beside it all drawings,
which ``course.js`` fetches when the reader comes near; without JavaScript and on paper the picture
stands in. What is made of pixels says its size before it is loaded, so that nothing jumps; is
loaded when the reader comes near; and is stored as WebP, the very same pixels in less than half the
bytes. A wide table scrolls in a box of its own.
"""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from html import escape
from pathlib import Path, PurePosixPath

from docutils import nodes
from PIL import Image
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.writers.html5 import HTML5Translator

from course_site.colours import in_the_dark
from course_site.outputs import TYPES, bundles
from tools.build.figures import MIME

LEGIBLE = 8.2  # CSS pixels: the least height of a letter, with a little to spare
TEXT = 11  # points of a figure's text, which a wide page shows as large as its own
COLOUR = re.compile(r"#[0-9a-f]{6}\b")
INSIDE = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)
ID = re.compile(r'(\bid="|href="#|url\(#)(i\d)')


class UsePanels(SphinxPostTransform):
    """Give a figure's image what the notebook stored for the pages, before myst_nb chooses."""

    default_priority = 3  # myst_nb's choice has 4

    def run(self, **keywords):
        """Take each such bundle apart; the picture stays in it."""
        for found, picture, script, stored in bundles(self.document, MIME):
            for image in picture.findall(nodes.image):
                image["figure"] = stored
            found.remove(script.parent)


def visit_image(self, node):
    """Write a picture with its size, its words and its address; before it a figure's panels."""
    uri = node["uri"]
    name = self.builder.images.get(uri)
    if name is None:  # a picture from elsewhere; the policy of the page refuses it
        raise nodes.SkipNode
    size = ""
    if name.endswith(".png"):
        with Image.open(Path(self.builder.srcdir, uri)) as picture:
            size = ' width="{}" height="{}"'.format(*picture.size)
        name = str(PurePosixPath(name).with_suffix(".webp"))
    figure = node.get("figure", {"panels": (), "lettering": None})
    if figure["lettering"] and not figure["panels"]:
        size += f' data-lettering="{figure["lettering"]}"'  # a test asks whether it is legible
    source, alt = escape(f"{self.builder.imgpath}/{name}"), escape(node.get("alt", ""))
    image = f'<img src="{source}" alt="{alt}"{size} loading="lazy" decoding="async">\n'
    if figure["panels"]:
        page = self.builder.current_docname
        drawings = self.builder.app.drawings.setdefault(page, {})
        name = f"d{len(drawings) + 1}"
        drawings[name] = drawing(figure, name)
        address = f"{'../' * page.count('/')}_static/drawings/{page}.js"
        image = (
            f'<div class="panels" id="{name}" data-from="{address}">{places(figure)}{image}</div>\n'
        )
    self.body.append(image)
    raise nodes.SkipNode


def places(figure):
    """Return the empty panels of a figure, each as wide as it may be, and as high in proportion."""
    legible = LEGIBLE / (figure["lettering"] or TEXT)  # pixels a point, at least

    def width(*panels):
        points = sum(panel["width"] for panel in panels)
        return f"flex:{points} 1 {points * legible:.0f}px;max-width:{points / TEXT:.1f}rem"

    panels = figure["panels"]
    places = [
        # The view box's own ratio; stated as a style, it holds while nothing inside is laid out.
        '<svg style="{};aspect-ratio:{w}/{h}" viewBox="0 0 {w} {h}"></svg>'.format(
            width(panel), w=panel["width"], h=panel["height"]
        )
        for panel in panels
    ]
    if len(panels) > 3 and len(panels) % 2 == 0:  # on a narrow page half of them stand together
        half = len(panels) // 2
        places = [
            f'<div style="{width(*panels[part])}">{"".join(places[part])}</div>'
            for part in (slice(half), slice(half, None))
        ]
    return "".join(places)


def drawing(figure, name):
    """Return what fills the panels: the colours, in the light and in the dark, and the marks."""
    marks = [
        INSIDE.search(ID.sub(rf"\1{name}-{number}\2", panel["svg"]))[1]
        for number, panel in enumerate(figure["panels"])
    ]
    colours = {
        f"--{colour[1:]}": f"light-dark({colour},{in_the_dark(colour)})"
        for colour in sorted({colour for svg in marks for colour in COLOUR.findall(svg)})
    }
    marks = [COLOUR.sub(lambda found: f"var(--{found[0][1:]})", svg) for svg in marks]
    return {"colours": colours, "panels": marks}


def write_drawings(app, error):
    """Write a script for each page with its drawings; a script, since pages work from disk, too."""
    for page, drawings in app.drawings.items():
        path = Path(app.outdir, "_static", "drawings", f"{page}.js")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"fillPanels({json.dumps(drawings, ensure_ascii=False)});\n", "utf-8")


def convert(source, target):
    """Write a picture as lossless WebP."""
    with Image.open(source) as picture:
        picture.save(target, "webp", lossless=True, quality=50, method=1, exact=True)


def start_converting(app, env):
    """Convert all pictures of the book, while Sphinx writes the pages."""
    folder = Path(app.outdir, "_images")
    folder.mkdir(parents=True, exist_ok=True)
    pool = ThreadPoolExecutor(1)
    app.converting = [
        pool.submit(convert, Path(app.srcdir, uri), (folder / name).with_suffix(".webp"))
        for uri, (_, name) in sorted(env.images.items())
        if name.endswith(".png")
    ]
    pool.shutdown(wait=False)


def finish_converting(app, error):
    """Wait for the pictures, and remove those that Sphinx has copied."""
    for picture in app.converting:
        picture.result()
    for copy in Path(app.outdir, "_images").glob("*.png"):
        copy.unlink()


def visit_table(self, node):
    """Put a box around a table, which scrolls where the table is too wide."""
    self.body.append('<div class="table">\n')
    HTML5Translator.visit_table(self, node)


def depart_table(self, node):
    """Close the box."""
    HTML5Translator.depart_table(self, node)
    self.body.append("</div>\n")


def setup(app):
    """Take over pictures and tables."""
    TYPES.add(MIME)
    app.add_post_transform(UsePanels)
    app.add_node(nodes.image, override=True, html=(visit_image, None))
    app.add_node(nodes.table, override=True, html=(visit_table, depart_table))
    app.converting, app.drawings = [], {}
    app.connect("env-updated", start_converting)
    app.connect("build-finished", finish_converting)
    app.connect("build-finished", write_drawings)
