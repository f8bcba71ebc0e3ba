"""Pictures and tables that never break a page.

A picture says its size before it is loaded, so that nothing jumps; is loaded when the reader comes
near; and is stored as WebP, the very same pixels in less than half the bytes. A wide table
scrolls in a box of its own.
"""

from concurrent.futures import ThreadPoolExecutor
from html import escape
from pathlib import Path, PurePosixPath

from docutils import nodes
from PIL import Image
from sphinx.writers.html5 import HTML5Translator


def visit_image(self, node):
    """Write a picture with its size, its words and its WebP address."""
    uri = node["uri"]
    name = self.builder.images.get(uri)
    if name is None:  # a picture from elsewhere; the policy of the page refuses it
        raise nodes.SkipNode
    size = ""
    if name.endswith(".png"):
        with Image.open(Path(self.builder.srcdir, uri)) as picture:
            size = ' width="{}" height="{}"'.format(*picture.size)
        name = str(PurePosixPath(name).with_suffix(".webp"))
    source = f"{self.builder.imgpath}/{name}"
    alt = escape(node.get("alt", ""))
    self.body.append(
        f'<img src="{escape(source)}" alt="{alt}"{size} loading="lazy" decoding="async">\n'
    )
    raise nodes.SkipNode


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
    app.add_node(nodes.image, override=True, html=(visit_image, None))
    app.add_node(nodes.table, override=True, html=(visit_table, depart_table))
    app.converting = []
    app.connect("env-updated", start_converting)
    app.connect("build-finished", finish_converting)
