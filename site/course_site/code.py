"""Code in as few spans as it has colours.

Pygments gives each name, bracket and operator a span of its own, coloured or not: six thousand
elements in a chapter, and an eighth of what it weighs. Numbers are plain: half of what is coloured,
and they stand out by themselves.
"""

from pygments.formatters import HtmlFormatter
from pygments.token import Comment, Generic, Keyword, Name, Operator, String, Text
from sphinx.highlighting import PygmentsBridge

# The kinds that course.css colours, by the one whose class they get.
COLOURED = {
    Keyword: (Keyword, Operator.Word),
    String: (String,),
    Comment: (Comment,),
    Name.Function: (Name.Function, Name.Class, Name.Decorator),
    Generic.Error: (Generic.Error, Generic.Traceback, Name.Exception),
}


def coloured(kind):
    """Return the kind whose class a token gets; plain text if it has no colour."""
    return next((of for of, kinds in COLOURED.items() if any(kind in one for one in kinds)), Text)


class Coloured(HtmlFormatter):
    """Writes the classes of coloured tokens alone."""

    def format(self, tokensource, outfile):
        """Write the tokens."""
        super().format(((coloured(kind), text) for kind, text in tokensource), outfile)


def setup(app):
    """Let Sphinx write all code so."""
    PygmentsBridge.html_formatter = Coloured
