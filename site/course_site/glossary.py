"""The glossary: each term with the sentence that defines it, collected from the chapters.

A chapter defines a term in bold where it first appears, in a sentence that begins with it, such as
"A **kink** is a point where …"; nothing is written twice. The page that holds `{defined-terms}`
lists them all. In later chapters, and on other pages, the first mention leads there, and shows the
sentence at once to who points at it (``course.js``). More would be dots under every line, and a
stop of the Tab key at each.
"""

import re
from html import escape

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from course_site.search import Page, defines, line

PAGE = "glossary"
CHAPTER = re.compile(r"\d\d-")
# Listed, but never marked: everyday words, which mostly stand for something else elsewhere.
EVERYDAY = {"code", "generator", "head", "state", "value"}
# Where a word stands for itself, or leads somewhere else.
APART = (
    nodes.reference,
    nodes.strong,
    nodes.literal,
    nodes.title,
    nodes.caption,
    nodes.raw,
    nodes.math,
)


class place(nodes.General, nodes.Element):  # small, as docutils names its nodes
    """Where the glossary stands."""


class DefinedTerms(SphinxDirective):
    """All terms that the chapters define."""

    def run(self):
        """Return a place for them: they are known when all pages have been read."""
        return [place()]


def definitions(app):
    """Return {term in small letters: (term, sentence, page, anchor)}, in the order of reading."""
    if app.defined is None:
        app.defined = {}
        for docname in app.env.collect_relations():
            if not CHAPTER.match(docname):
                continue
            page = Page(app.env.get_doctree(docname), {})
            for strong in page.doctree.findall(nodes.strong):
                page.term(strong)
            for entry in page.entries:
                name = entry["title"]
                for sentence in entry["lines"]:
                    if defines(sentence, name):
                        # without the places of citations, and of a formula that follows
                        whole = re.sub(r" +(?=[.,;:])", "", sentence).rstrip(": ").rstrip(".") + "."
                        found = (name, whole, docname, entry["anchor"])
                        app.defined.setdefault(name.lower(), found)
    return app.defined


def fill_in(app, doctree, docname):
    """List the terms on the glossary's page; mark them on the others."""
    if docname == PAGE:
        for node in list(doctree.findall(place)):
            node.replace_self(table(app))
    elif docname != app.config.root_doc:
        mark(app, doctree, docname)


def table(app):
    """Return the list of all terms, by the alphabet."""
    titles = app.env.titles
    found = nodes.definition_list(classes=["terms"])
    for key, (name, sentence, docname, anchor) in sorted(definitions(app).items()):
        uri = app.builder.get_relative_uri(PAGE, docname)
        term = nodes.term(ids=[nodes.make_id(f"defined-{key}")])
        term += nodes.Text(name)
        where = nodes.reference("", line(titles[docname]), refuri=f"{uri}#{anchor}", internal=True)
        says = nodes.paragraph("", "", nodes.Text(f"{sentence} "), where)
        found += nodes.definition_list_item("", term, nodes.definition("", says))
    return found


def mark(app, doctree, docname):
    """Mark the first mention on a page of each term that an earlier chapter defines."""
    known = {
        key: value
        for key, value in definitions(app).items()
        if key not in EVERYDAY and (not CHAPTER.match(docname) or value[2] < docname)
    }
    if not known:
        return
    longest_first = sorted(known, key=len, reverse=True)
    words = re.compile(rf"(?<![\w-])({'|'.join(map(re.escape, longest_first))})s?(?![\w-])", re.I)
    uri = app.builder.get_relative_uri(docname, PAGE)
    met = set()
    for block in doctree.findall(nodes.paragraph):
        if isinstance(block.parent, nodes.entry | nodes.footnote | nodes.citation):
            continue
        for text in list(block.findall(nodes.Text)):
            if not within(text, block, APART):
                text.parent.replace(text, marked(text, words, known, met, uri))


def within(node, block, kinds):
    """Tell whether a node stands in one of the kinds, below a block."""
    node = node.parent
    while node is not block:
        if isinstance(node, kinds):
            return True
        node = node.parent
    return False


def marked(text, words, known, met, uri):
    """Return a text cut into pieces, the terms that it mentions first as links."""
    pieces, end = [], 0
    for match in words.finditer(text):
        key = match[1].lower()
        if key in met:
            continue
        met.add(key)
        pieces.append(nodes.Text(text[end : match.start()]))
        link = (
            f'<a class="term" href="{uri}#{nodes.make_id(f"defined-{key}")}" '
            f'data-says="{escape(known[key][1])}">{escape(match[0])}</a>'
        )
        pieces.append(nodes.raw("", link, format="html"))
        end = match.end()
    return [*pieces, nodes.Text(text[end:])]


def setup(app):
    """Register the directive; list and mark the terms after search has read the pages."""
    app.defined = None
    app.add_directive("defined-terms", DefinedTerms)
    app.add_node(place)
    app.connect("doctree-resolved", fill_in, priority=950)
