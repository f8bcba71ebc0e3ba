"""Widgets on a page without Python: alive by JavaScript, a still picture before and without it.

myst_nb would show a widget's view *or* its picture, and load the widgets' stock scripts, nearly a
megabyte. Here the picture stands in a box with the view's JSON, and ``widgets.js`` (site/theme)
brings the widgets of the page to life.
"""

import json

from docutils import nodes
from myst_nb.sphinx_ import NbMetadataCollector
from sphinx.transforms.post_transforms import SphinxPostTransform

VIEW = "application/vnd.jupyter.widget-view+json"
PICTURE = "image/png"


class widget(nodes.General, nodes.Element):
    """The box of a widget: its view, and its picture."""


def stored_state(env, docname):
    """Return the JSON with the state of a page's widgets; None if it has none."""
    files = NbMetadataCollector.get_js_files(env, docname)
    return files["ipywidgets_state"][1]["body"] if "ipywidgets_state" in files else None


class KeepPicture(SphinxPostTransform):
    """Put a widget's view and its picture into one box, before myst_nb chooses one of them."""

    default_priority = 3  # myst_nb's choice has 4

    def run(self, **keywords):
        """Replace each bundle of outputs that holds a view."""
        bundles = [
            node
            for node in self.document.findall(nodes.container)
            if node.get("nb_element") == "mime_bundle"
        ]
        for bundle in bundles:
            outputs = {output["mime_type"]: output for output in bundle.children}
            if VIEW not in outputs:
                continue
            if PICTURE not in outputs:
                raise ValueError(f"{self.env.docname}: a widget without a still picture")
            state = json.loads(stored_state(self.env, self.env.docname))["state"]
            view = outputs[VIEW].children[0]  # <script type="…widget-view+json">{…}</script>
            model = json.loads(view.astext().partition(">")[2].rpartition("</")[0])["model_id"]
            box = widget("", *outputs[PICTURE].children, view)
            box["space"] = state[model]["state"]["_space"]
            bundle.replace_self(box)


def visit_widget(self, node):
    """Open the box, which is as high as the widget in it will be."""
    narrow, wide = node["space"]
    self.body.append('<div class="widget"><div class="stage"')
    self.body.append(f' style="--narrow: {narrow}rem; --wide: {wide}rem">\n')


def depart_widget(self, node):
    """Close the box."""
    self.body.append("</div></div>\n")


def fill_in(app, pagename, templatename, context, doctree):
    """Give the layout the state of the page's widgets, if there are any."""
    context["widget_state"] = doctree and stored_state(app.env, pagename)


def setup(app):
    """Register box and transform."""
    app.add_node(widget, html=(visit_widget, depart_widget))
    app.add_post_transform(KeepPicture)
    app.connect("html-page-context", fill_in, priority=400)  # before the page's policy is written
