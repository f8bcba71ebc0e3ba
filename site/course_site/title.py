"""What only the title page has: a digit to draw first of all, and the chapters as cards."""

import os
from base64 import b64decode
from pathlib import Path

import nbformat
import numpy as np
from docutils import nodes
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective

from course_site.outputs import PICTURE
from course_site.widgets import element, widget
from nnwidgets.draw import PIXELS, DrawDigit
from tools.build.notebooks import code_cells, widgets

SHOWN = 2  # of the reader's samples, on the picture: one of which it is not quite sure


class FirstDigit(SphinxDirective):
    """The digit reader that a chapter stores, named by the argument: its paper and its answer."""

    required_arguments = 1

    def run(self):
        """Return the widget's box. Its network is the chapter's own; only the picture is new."""
        name, path = self.env.relfn2path(self.arguments[0])
        self.env.note_dependency(name)
        notebook = nbformat.read(path, as_version=4)
        stored = [found for cell in code_cells(notebook) for found in widgets(cell.outputs)]
        (state,) = (found["state"] for found in stored if found["name"] == "draw")
        reader = DrawDigit.restored(state, part="answer", image=np.zeros(PIXELS))
        alive = element(self.env.app, reader.stored())  # before the picture changes what it reads
        box = widget("", self.picture(reader), alive)
        box["space"] = reader.space
        box["classes"] = ["first-digit"]
        return [box]

    def picture(self, reader):
        """Return what shows without JavaScript: a test picture, and the answer to it."""
        reader.image = reader.samples[SHOWN]
        p = reader.predict(reader.image)
        data, _ = reader._repr_mimebundle_()
        path = Path(self.env.doctreedir, "first-digit.png")
        path.write_bytes(b64decode(data[PICTURE]))
        alt = (
            f"A handwritten {reader._labels[SHOWN]} of 16 by 16 pixels, and beside it ten bars, "
            f"one for each digit: the network gives the {p.argmax()} {p.max():.0%}."
        )
        uri = Path(os.path.relpath(path, self.env.srcdir)).as_posix()
        return nodes.image(uri=uri, alt=alt)


class Cards(SphinxDirective):
    """Lists of links to pages, each a card with the picture ``cards/PAGE.svg``."""

    has_content = True

    def run(self):
        """Put the pictures before the links: into the page, so that they take its colours."""
        cards = nodes.container(classes=["cards"])
        cards += self.parse_content_to_nodes()
        for item in cards.findall(nodes.list_item):
            (link,) = item.findall(addnodes.pending_xref)
            path = Path(self.env.srcdir, "cards", f"{Path(link['reftarget']).stem}.svg")
            self.env.note_dependency(str(path))
            item.insert(0, nodes.raw("", path.read_text(encoding="utf-8"), format="html"))
        return [cards]


def setup(app):
    """Register both directives."""
    app.add_directive("first-digit", FirstDigit)
    app.add_directive("cards", Cards)
