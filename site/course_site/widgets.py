"""Widgets on a page without Python: alive by JavaScript, a still picture before and without it.

A notebook stores a widget as a picture and as JSON (see ``outputs``). Here both come into one box,
and ``widgets.js`` (site/theme) brings the box to life, with scripts that are bundled while the book
is built.
"""

from pathlib import Path

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

from course_site.outputs import TYPES, bundles
from nnwidgets.base import MIME
from tools.build.scripts import bundle


class widget(nodes.General, nodes.Element):
    """The box of a widget: its JSON, and its picture."""


class KeepPicture(SphinxPostTransform):
    """Put a widget's JSON and its picture into one box, before myst_nb chooses one of them."""

    default_priority = 3  # myst_nb's choice has 4

    def run(self, **keywords):
        """Replace each bundle of outputs that holds a widget."""
        for found, picture, script, stored in bundles(self.document, MIME):
            script["classes"].clear()  # which would give it a <div> of its own
            box = widget("", *picture.children, script)
            box["name"], box["space"] = stored["name"], stored["space"]
            found.replace_self(box)


def visit_widget(self, node):
    """Open the box, which is as high as the widget in it will be."""
    narrow, wide = node["space"]
    self.body.append('<div class="widget"><div class="stage"')
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
