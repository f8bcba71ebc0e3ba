"""What this book's site needs beyond Jupyter Book. Each part sets itself up and stands alone.

- ``metadata``: the site's addresses; refuses pictures without words, pages without a description.
  It can go when Sphinx itself warns of them.
- ``maths``: KaTeX sets every formula while the book is built, so that no reader's browser must.
  It can go when all browsers set MathML as well as KaTeX does.
- ``figures``: pictures and tables that never break a page: sized, lazy, light; scrolling. It can
  go when Sphinx writes the sizes of pictures, and myst_nb stores figures as WebP.
- ``widgets``: widgets that live without Python, and keep their picture for paper. It can go when
  myst_nb passes on outputs of a type of our own, and a page can import modules from disk.
- ``page``: the theme in ``site/theme``, and the policy that keeps every page closed. It can go when
  a stock theme is as light, works without JavaScript and lives under such a policy.
"""

from importlib import import_module

PARTS = ("metadata", "maths", "figures", "widgets", "page")


def setup(app):
    """Let Sphinx set up each part."""
    for part in PARTS:
        import_module(f"{__name__}.{part}").setup(app)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
