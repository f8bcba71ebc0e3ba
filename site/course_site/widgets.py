"""Widgets on a page without Python: alive by JavaScript, a still picture before and without it.

A notebook stores a widget as a picture and as JSON (see ``outputs``). Here both come into one box,
and ``widgets.js`` (site/theme) brings the box to life, with scripts that are bundled while the book
is built.
"""

import hashlib
import json
from pathlib import Path

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

from course_site.outputs import TYPES, bundles
from nnwidgets.base import MIME
from tools.build.scripts import bundle

LONG = 10_000  # letters; a network's weights are longer


class widget(nodes.General, nodes.Element):
    """The box of a widget: its JSON, and its picture."""


def element(app, stored):
    """Return a widget's script element; what is long stands in a file of its own, loaded later."""
    for name, value in stored["state"].items():
        text = value.get("base64", "") if isinstance(value, dict) else ""
        if len(text) > LONG:
            file = f"{hashlib.sha256(text.encode()).hexdigest()[:12]}.js"
            folder = Path(app.outdir, "_static", "widgets")
            folder.mkdir(parents=True, exist_ok=True)
            (folder / file).write_text(f'nnwidgets["{file}"]="{text}";\n', encoding="utf-8")
            stored["state"][name] = {"file": file}
    text = json.dumps(stored, separators=(",", ":")).replace("<", "\\u003c")
    return nodes.raw("", f'<script type="{MIME}">{text}</script>', format="html")


class KeepPicture(SphinxPostTransform):
    """Put a widget's JSON and its picture into one box, before myst_nb chooses one of them."""

    default_priority = 3  # myst_nb's choice has 4

    def run(self, **keywords):
        """Replace each bundle of outputs that holds a widget."""
        for found, picture, _, stored in bundles(self.document, MIME):
            box = widget("", *picture.children, element(self.app, stored))
            box["name"], box["space"] = stored["name"], stored["space"]
            found.replace_self(box)


def visit_widget(self, node):
    """Open the box, which is as high as the widget in it will be."""
    narrow, wide = node["space"]
    classes = " ".join(["widget", *node["classes"]])
    self.body.append(f'<div class="{classes}"><div class="stage"')
    self.body.append(f' style="--narrow: {narrow}rem; --wide: {wide}rem">\n')


def depart_widget(self, node):
    """Close the box."""
    self.body.append("</div></div>\n")


def write_scripts(app, error):
    """Bundle what the pages load."""
    if not error:
        bundle("pages", Path(app.outdir, "_static", "widgets"))


def setup(app):
    """Register box and transform."""
    TYPES.add(MIME)
    app.add_node(widget, html=(visit_widget, depart_widget))
    app.add_post_transform(KeepPicture)
    app.connect("build-finished", write_scripts)
