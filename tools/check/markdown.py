"""Read MyST Markdown as the site does: headings and their anchors, links, boxes and tables.

Everything goes through MyST's own parser, with the extensions that _config.yml turns on.
"""

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

import yaml
from markdown_it.renderer import RendererHTML
from markdown_it.tree import SyntaxTreeNode
from myst_parser.config.main import MdParserConfig
from myst_parser.mdit_to_docutils.base import compute_unique_slug
from myst_parser.parsers.mdit import create_md_parser

CONFIG = yaml.safe_load((Path(__file__).parents[2] / "_config.yml").read_text(encoding="utf-8"))
ANCHORED = CONFIG["sphinx"]["config"]["myst_heading_anchors"]  # headings down to this level
EXTENSIONS = set(CONFIG["parse"]["myst_enable_extensions"])
PARSER = create_md_parser(MdParserConfig(enable_extensions=EXTENSIONS), RendererHTML)

CODE = {"code", "code-block", "code-cell", "literalinclude"}  # directives that hold no prose
TITLED = {"admonition", "dropdown", "card", "tab-item"}  # directives whose argument is prose


class Directive(NamedTuple):
    """A box such as `:::{admonition} Exercise 1.1`, or a fenced block (its name is empty)."""

    name: str
    title: str
    options: dict
    body: str
    line: int  # in the text that holds it, from 0

    @classmethod
    def of(cls, token):
        """Read the token of a fence."""
        name, title = re.fullmatch(r"(?:\{(\S+)\})?\s*(.*)", token.info.strip()).groups()
        head = re.match(r"(?::[\w-]+:.*\n?)*", token.content)[0] if name else ""
        options = dict(re.findall(r"^:([\w-]+):\s*(.*?)\s*$", head, re.M))
        return cls(name or "", title, options, token.content[len(head) :], token.map[0])


def fences(text):
    """Return the directives and fenced blocks of a text; those inside others are not listed."""
    return [
        Directive.of(token)
        for token in PARSER.parse(text)
        if token.type in ("fence", "colon_fence")
    ]


def headings(text):
    """Return (level, words, anchor) of every heading; the anchor is None below level ANCHORED."""
    slugs, found = set(), []
    for node in SyntaxTreeNode(PARSER.parse(text)).walk():
        if node.type == "heading":
            level, words = int(node.tag[1]), plain(node.children[0].children)
            slug = compute_unique_slug(node, slugs) if level <= ANCHORED else None
            slugs.add(slug)
            found.append((level, words, slug))
    return found


@cache  # a hundred links of the slide map lead to ten pages
def anchors(text):
    """Return all that a link `page.md#…` can reach: anchors of headings and `(label)=` targets."""
    labels = {token.content for token in PARSER.parse(text) if token.type == "myst_target"}
    return frozenset(labels | {slug for _, _, slug in headings(text) if slug})


def links(text):
    """Return the target of every link, those in directives included."""
    found = []
    for token in PARSER.parse(text):
        inline = token.children or []
        found += [unquote(child.attrs["href"]) for child in inline if child.type == "link_open"]
        if token.type in ("fence", "colon_fence"):
            inner = Directive.of(token)
            found += links(inner.body) if inner.name and inner.name not in CODE else []
    return found


def rows(text):
    """Return the cells of every table row as lists of Markdown, without the row of titles."""
    tree = SyntaxTreeNode(PARSER.parse(text))
    bodies = [node for node in tree.walk() if node.type == "tbody"]
    return [
        [cell.children[0].content for cell in row.children] for b in bodies for row in b.children
    ]


def plain(nodes):
    """Return the words of inline nodes, without markup."""
    return "".join(n.content if n.type in ("text", "code_inline") else "" for n in nodes)
