"""Widgets on a page without Python: alive by JavaScript, a still picture before and without it.

A notebook stores a widget as a picture, and as JSON of a type that `nnwidgets` alone knows. Here
both come into one box, and ``widgets.js`` (site/theme) brings the box to life, with scripts that
are bundled while the book is built.
"""

import json
from pathlib import Path

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

from nnwidgets.base import MIME
from tools.build.scripts import bundle

HTML = "text/html"
PICTURE = "image/png"
OPENING = f'<script type="{MIME}">'


class widget(nodes.General, nodes.Element):
    """The box of a widget: its JSON, and its picture."""


def write_script(app, docname, source):
    """Put the JSON into a script element: myst_nb passes HTML on, but no type that it never saw."""
    if app.env.doc2path(docname).endswith(".ipynb"):
        notebook = json.loads(source[0])
        for cell in notebook["cells"]:
            for output in cell.get("outputs", ()):
                data = output.get("data", {})
                if MIME in data:
                    text = json.dumps(data.pop(MIME), separators=(",", ":")).replace("<", "\\u003c")
                    data[HTML] = f"{OPENING}{text}</script>"
        source[0] = json.dumps(notebook)


class KeepPicture(SphinxPostTransform):
    """Put a widget's JSON and its picture into one box, before myst_nb chooses one of them."""

    default_priority = 3  # myst_nb's choice has 4

    def run(self, **keywords):
        """Replace each bundle of outputs that holds a widget."""
        bundles = [
            node
            for node in self.document.findall(nodes.container)
            if node.get("nb_element") == "mime_bundle"
        ]
        for found in bundles:
            outputs = {output["mime_type"]: output for output in found.children}
            if HTML not in outputs or not outputs[HTML].astext().startswith(OPENING):
                continue
            if PICTURE not in outputs:
                raise ValueError(f"{self.env.docname}: a widget without a still picture")
            (script,) = outputs[HTML].findall(nodes.raw)
            script["classes"].clear()  # which would give it a <div> of its own
            stored = json.loads(script.astext()[len(OPENING) :].removesuffix("</script>"))
            box = widget("", *outputs[PICTURE].children, script)
            box["space"] = stored["space"]
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
    app.add_node(widget, html=(visit_widget, depart_widget))
    app.add_post_transform(KeepPicture)
    app.connect("source-read", write_script)
    app.connect("build-finished", write_scripts)
