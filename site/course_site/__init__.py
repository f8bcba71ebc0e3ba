"""What this book's site needs beyond Jupyter Book. Sphinx calls `setup` here and in each part.

- ``metadata``: the site's addresses; refuses pictures without words, pages without a description.
- ``maths``: KaTeX sets every formula while the book is built, so that no reader's browser must.
- ``figures``: pictures and tables that never break a page: sized, lazy, light; scrolling.
- ``page``: the theme in ``site/theme``, and the policy that keeps every page closed.
"""

from importlib import import_module


def setup(app):
    """Connect the parts."""
    for part in ("metadata", "maths", "figures", "page"):
        import_module(f"{__name__}.{part}").setup(app)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
