"""The page around the text: its theme, and what the browser is told to refuse."""

import hashlib
from base64 import b64encode
from pathlib import Path

from course_site.maths import write_style

THEME = Path(__file__).parents[1] / "theme"

# What Sphinx and its extensions write that screen readers stumble over.
MENDED = {
    ' aria-label="Toggle hidden content"': "",  # hides the words seen: "Show the solution"
    '<th class="head"><p></p></th>': "<td></td>",  # an empty corner of a table is no heading
    ' role="doc-biblioentry"': "",  # deprecated
    '<div role="list" class="citation-list">': '<div class="citation-list">',  # not of list items
}


def content_security_policy(script):
    """Return the policy of a page: all comes from this site, and nothing else runs."""
    digest = b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return "; ".join(
        [
            "default-src 'none'",
            # the one inline script is before-paint.js
            f"script-src 'self' 'sha256-{digest}'",
            "style-src 'self'",
            "style-src-attr 'unsafe-inline'",  # KaTeX places symbols by `style` attributes
            "img-src 'self' data:",  # a drawing brings its few pixels along
            "font-src 'self'",
            "connect-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
        ]
    )


def fill_in(app, pagename, templatename, context, doctree):
    """Give the layout what it cannot know by itself."""
    script = (THEME / "before-paint.js").read_text(encoding="utf-8").strip()
    context["author"] = app.config.author
    context["theme_script"] = script
    context["content_security_policy"] = content_security_policy(script)
    body = context.get("body", "")
    context["has_widgets"] = 'class="stage"' in body
    context["maths_fonts"] = " ".join(write_style(app, pagename, body))
    context["kind"] = "wide-page" if "tag_full-width" in body else ""
    if pagename == app.config.root_doc:
        context["kind"] = "title-page"
        context["display_toc"] = False  # a way in, not a text to move about in
    context["long"] = len(body) > 200_000
    for faulty, mended in MENDED.items():
        body = body.replace(faulty, mended)
    context["body"] = body


def setup(app):
    """Name the theme and fill in its pages."""
    app.add_html_theme("course", THEME)
    app.connect("html-page-context", fill_in)
