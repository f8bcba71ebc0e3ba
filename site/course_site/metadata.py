"""The site's addresses, and what every page must say of itself and of its pictures."""

import tomllib
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

from docutils import nodes
from sphinx.util import logging

from tools.build.first_cell import install

logger = logging.getLogger(__name__)

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"

# Pages that Sphinx makes by itself, without a source that could carry a description.
GENERATED = {
    "search": "Search every chapter of {title}.",
    "404": "This page does not exist; here is the way back to the course.",
}


def derive_addresses(app, config):
    """Derive what follows from the repository's address, which stands in _config.yml alone."""
    repository = config.html_theme_options["repository_url"].rstrip("/")
    if not config.html_baseurl:  # then GitHub Pages' (html.baseurl names a domain of your own)
        owner, name = urlsplit(repository).path.strip("/").split("/")
        host = f"{owner}.github.io"
        config.html_baseurl = f"https://{host}/" if name == host else f"https://{host}/{name}/"
    # The 404 page is shown at any depth, so its links must begin at the root of the host.
    config.notfound_urls_prefix = urlsplit(config.html_baseurl).path
    config.myst_substitutions["repository"] = f"<{repository}>"


def tell_version(app, config):
    """Let a page name the version, which stands in pyproject.toml, as `{{ version }}`."""
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    config.myst_substitutions["version"] = project["version"]


def tell_install(app, config):
    """Let a page say how to get nnlib, as the first cells of the notebooks do: `{{ install }}`."""
    config.myst_substitutions["install"] = f"```python\n{install()}\n```"


def require_alt_text(app, doctree):
    """Refuse a picture without words for those who cannot see it: a warning fails the build."""
    for image in doctree.findall(nodes.image):
        if not image.get("alt", "").strip():
            logger.warning("this picture has no alt text", location=image)


def require_description(app, pagename, templatename, context, doctree):
    """Refuse a page that search engines and link previews could not describe."""
    if pagename in GENERATED:
        description = GENERATED[pagename].format(title=app.config.html_title)
        # MyST says both of its own pages, but not of these.
        context["metatags"] = context.get("metatags", "") + (
            '<meta name="viewport" content="width=device-width, initial-scale=1" />'
            f'<meta name="description" content="{escape(description)}" />'
        )
    elif 'name="description"' not in context["metatags"]:
        logger.warning("this page has no description (html_meta)", location=pagename)


def setup(app):
    """Connect the functions above to Sphinx's events."""
    app.connect("config-inited", derive_addresses, priority=100)
    app.connect("config-inited", tell_version, priority=100)
    app.connect("config-inited", tell_install, priority=100)
    app.connect("doctree-read", require_alt_text)
    app.connect("html-page-context", require_description)
