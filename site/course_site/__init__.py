"""What this book's site needs beyond Jupyter Book. Each part sets itself up and stands alone.

- ``metadata``: the site's addresses; refuses pictures without words, pages without a description.
  It can go when Sphinx itself warns of them.
- ``maths``: KaTeX sets every formula while the book is built, so that no reader's browser must.
  It can go when all browsers set MathML as well as KaTeX does.
- ``code``: code with a span for each colour and no more. It can go when Pygments leaves out the
  spans of tokens without a style.
- ``outputs``: carries the notebooks' widgets and figures through myst_nb. It can go when myst_nb
  passes on outputs of a type of our own.
- ``figures``: figures that fit the device and the theme (``colours``), and pictures and tables that
  never break a page. It can go when matplotlib draws such figures and Sphinx writes sizes.
- ``widgets``: widgets that live without Python, and keep their picture for paper. It can go when
  a page can import modules from disk.
- ``title``: what only the title page has: a digit to draw, and the chapters as cards. It can go
  when the title page is a plain one.
- ``search``: every sentence with its section, and entries for exercises, widgets, errata and terms,
  which MiniSearch finds in the browser. It can go when Sphinx's own search answers with sentences.
- ``glossary``: the terms that the chapters define, in one list, and shown where they are mentioned.
  It can go when Sphinx's own glossary needs no second writing of a definition.
- ``page``: the theme in ``site/theme``, and the policy that keeps every page closed. It can go when
  a stock theme is as light, works without JavaScript and lives under such a policy.
"""

from importlib import import_module

PARTS = (
    "metadata",
    "maths",
    "code",
    "outputs",
    "figures",
    "widgets",
    "title",
    "search",
    "glossary",
    "page",
)


def setup(app):
    """Let Sphinx set up each part."""
    for part in PARTS:
        import_module(f"{__name__}.{part}").setup(app)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
