"""What search finds: every section and its sentences, exercises, widgets, errata, terms, symbols.

All of it is collected from the pages as they are written, and stored as one script, which a page
loads when its reader first opens search: a script can be loaded from disk, data cannot. The browser
makes the index itself, with MiniSearch (``site/theme/search.js``).
"""

import json
import re
from html import unescape
from pathlib import Path
from xml.etree import ElementTree

from docutils import nodes
from sphinx import addnodes

from course_site.maths import formula
from course_site.widgets import widget
from tools.build.scripts import bundle

KINDS = ("section", "page", "exercise", "misconception", "widget", "erratum", "term", "symbol")
BOXES = ("exercise", "misconception")  # with a title of their own

# A full stop, but not that of an initial.
SENTENCE_END = re.compile(r"(?<=[.!?])(?<!\b[A-Z]\.)([”’)]*) +(?=[“‘(]*[A-ZΑ-Ω0-9])")
# After a term: its abbreviation; and what tells a definition from the heading of an item in a list.
SHORT = re.compile(r"(?: \(|, or (?:an? )?)([A-Z]{2,5})\b")
SAYS_WHAT = re.compile(r" (?:\([A-Z]+\) )?(?:is|are) (?:an?|the) ")
RAISED = dict(zip("0123456789+−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", strict=True))
LOWERED = dict(zip("0123456789", "₀₁₂₃₄₅₆₇₈₉", strict=True))


def small(base, script, letters, mark):
    """Return a base with an index or a power, as small letters where Unicode has them."""
    script = script.strip()
    if script and set(script) <= set(letters):
        return base + "".join(letters[letter] for letter in script)
    return base + mark + (script if len(script) < 2 or script.isalnum() else f"({script})")


def plain(element):
    """Return a formula's MathML as a line of text: x₁² + y⁄2 becomes what one would type."""
    tag = element.tag.rpartition("}")[2]
    if tag == "mspace":
        return " "
    parts = [plain(child) for child in element]
    if tag in ("mi", "mn", "mtext"):
        return element.text or ""
    if tag == "mo":
        sign = (element.text or "").strip("\u2061\u200b")  # "function application", nothing seen
        if sign == ",":
            return ", "
        return f" {sign} " if sign in tuple("=+−<>≤≥≈≠→←·⋅×∈") else sign
    if tag in ("msub", "munder"):
        return small(*parts, LOWERED, "_")
    if tag == "msup":
        return small(*parts, RAISED, "^")
    if tag in ("msubsup", "munderover"):
        return small(small(parts[0], parts[1], LOWERED, "_"), parts[2], RAISED, "^")
    if tag == "mfrac":
        top, bottom = (p if " " not in p else f"({p})" for p in map(str.strip, parts))
        return f" {top}/{bottom} "
    if tag == "msqrt":
        return f"√({''.join(parts)})"
    return (" " if tag in ("mtr", "mtd", "mtable") else "").join(parts)


def readable(node):
    """Return a formula as text; KaTeX has understood it already."""
    found = re.search("<math.*?</math>", formula(node), re.S)
    return plain(ElementTree.fromstring(found[0])) if found else ""


def text(node):
    """Return the words of a node in one line, its formulas as text."""
    if isinstance(node, nodes.math | nodes.math_block):
        words = readable(node)
    elif isinstance(node, nodes.Text):
        return str(node)
    elif isinstance(node, addnodes.pending_xref) and node["refdomain"] == "cite":
        return ""  # a key, as long as it is not resolved
    else:
        words = "".join(map(text, node.children))
    return (
        re.sub(r"\s+", " ", words) if isinstance(node, nodes.math) else " ".join(words.split(" "))
    )


def line(node):
    """Return the words of a block, without breaks and double spaces."""
    return " ".join(text(node).split())


def sentences(node):
    """Yield the sentences of a block of text, the rows of a table, the lines that code prints.

    The code itself is half of all bytes, and what it is about stands in the text beside it.
    """
    if isinstance(node, widget | nodes.label) or node.get("nb_element") == "cell_code_source":
        return
    if isinstance(node, nodes.row):
        yield " · ".join(filter(None, map(line, node.children)))
    elif isinstance(node, nodes.literal_block):
        yield from (" ".join(row.split()) for row in node.astext().splitlines())
    elif isinstance(node, nodes.raw):  # a table that code has made
        for row in re.split("</tr>|</p>", node.astext()):
            cells = re.sub(r"</t[dh]>\s*<t[dh]", " · <i", re.sub(r"<script.*?</script>", "", row))
            yield " ".join(unescape(re.sub("<[^>]+>", "", cells)).split())
    elif isinstance(node, nodes.TextElement):
        yield from SENTENCE_END.sub("\\1\n", line(node)).split("\n")
    else:
        for child in node.children:
            yield from sentences(child)


def defines(sentence, name):
    """Tell whether a sentence begins with a term that it defines, or with its other name."""
    word = re.escape(name)
    return re.match(rf"(?:(?:An?|The) )?(?:[\w -]+, or (?:an? |the )?)?{word}\b", sentence, re.I)


class Page:
    """Collects the entries of one page, and gives an address to what has none."""

    def __init__(self, doctree, numbers):
        self.doctree, self.numbers = doctree, numbers
        self.entries = []
        self.terms = set()

    def add(self, kind, anchor, title, lines=(), number="", short=""):
        """Add an entry; return its list of lines, which may grow."""
        entry = {"kind": kind, "anchor": anchor, "number": number, "title": title, "short": short}
        entry["lines"] = list(lines)
        self.entries.append(entry)
        return entry["lines"]

    def address(self, node, name):
        """Return where a node is, under the name given if it has no address yet."""
        if not node["ids"]:
            name = nodes.make_id(name)
            if name in self.doctree.ids:
                return ""
            self.doctree.ids[name] = node
            node["ids"].append(name)
        return node["ids"][0]

    def section(self, node):
        """Add a section, with what belongs to it and not to a section in it."""
        heading = node.next_node(nodes.title)
        anchor, title = node["ids"][0], line(heading)
        top = isinstance(node.parent, nodes.document)
        kind = "page" if top else "erratum" if re.match(r"E\d+\b", title) else "section"
        number = self.numbers.get("" if top else f"#{anchor}", ())
        own = here = self.add(kind, anchor, title, number=".".join(map(str, number)))
        for child in node.children:
            if isinstance(child, nodes.section):
                self.section(child)
            elif isinstance(child, nodes.admonition) and set(BOXES) & set(child["classes"]):
                box = self.box(child)
                if "exercise" in child["classes"]:
                    here = box  # and so its solution, which follows
                else:
                    here.extend(box)
            elif child is not heading:
                here.extend(filter(None, sentences(child)))
            self.single_out(child)
        return own

    def box(self, node):
        """Add a box that has a title."""
        (kind,) = set(BOXES) & set(node["classes"])
        title, *rest = node.children
        name = line(title)
        found = re.match(r"Exercise [\d.]+", name)
        lines = [words for child in rest for words in sentences(child) if words]
        return self.add(kind, self.address(node, found[0] if found else name), name, lines)

    def single_out(self, node):
        """Add the widgets, terms and symbols in a part of a section."""
        if isinstance(node, nodes.section):
            return
        for figure in node.findall(nodes.figure):
            for box in figure.findall(widget):
                words = list(sentences(figure.next_node(nodes.caption)))
                name = box["name"].replace("_", " ").capitalize()
                self.add("widget", self.address(figure, box["name"]), name, words)
        for strong in node.findall(nodes.strong):
            self.term(strong)
        for table in node.findall(nodes.table):
            head = table.next_node(nodes.thead)
            if head is not None and "meaning" in line(head):
                for row in table.next_node(nodes.tbody).children:
                    self.symbol(row)

    def term(self, strong):
        """Add a word that is bold because it is defined here: not a heading, not a stress."""
        name, block = line(strong), strong.parent
        place = block.index(strong)
        parts = block.children[:place], block.children[place + 1 :]
        before, after = ("".join(map(text, part)) for part in parts)
        heads = isinstance(block.parent, nodes.list_item) and not before.strip()
        if (
            name.lower() in self.terms
            or not re.fullmatch(r"[\w’-]{4,}( [\w’-]+){0,2}", name)
            or " and " in name
            or list(strong.findall(nodes.math))
            or isinstance(block.parent, nodes.admonition)
            or (heads and not SAYS_WHAT.match(after))
        ):
            return
        self.terms.add(name.lower())
        whole = block.parent.parent if isinstance(block.parent, nodes.entry) else block
        around = [words for words in sentences(whole) if name in words]
        around.sort(key=lambda words: not defines(words, name))
        short = SHORT.match(after)
        anchor = self.address(strong, f"term-{name}")
        self.add("term", anchor, name, around, short=short[1] if short else "")

    def symbol(self, row):
        """Add a row of a table of symbols: a symbol, its name in the code, its meaning."""
        cells = list(filter(None, map(line, row.children)))
        self.add(
            "symbol", self.address(row, f"symbol-{cells[0]}-{cells[-1]}"), cells[0], sentences(row)
        )


def collect(app, doctree, docname):
    """Collect what can be found on a page that is about to be written."""
    numbers = app.env.toc_secnumbers.get(docname, {})
    page = Page(doctree, numbers)
    for child in doctree.children:
        if isinstance(child, nodes.section):
            page.section(child)
    app.found[docname] = page.entries


def write(app, error):
    """Write the entries, in the order of reading, and the script that searches them."""
    if error:
        return
    pages, entries, terms = [], [], set()
    for docname in app.env.collect_relations():
        for entry in app.found[docname]:
            if entry["kind"] == "page":
                pages.append([app.builder.get_target_uri(docname), entry["number"], entry["title"]])
            if entry["kind"] == "term":
                if entry["title"].lower() in terms:
                    continue  # it was defined on an earlier page
                terms.add(entry["title"].lower())
            kind = KINDS.index(entry["kind"])
            lines = "\n".join(dict.fromkeys(entry["lines"]))
            title = f"{entry['title']} ({entry['short']})" if entry["short"] else entry["title"]
            entries.append([kind, len(pages) - 1, entry["anchor"], entry["number"], title, lines])
    data = json.dumps([pages, entries], ensure_ascii=False, separators=(",", ":"))
    static = Path(app.outdir, "_static")
    (static / "search-entries.js").write_text(f"searchEntries={data};\n", encoding="utf-8")
    bundle("search", static)


def leave_out_sphinx_search(app):
    """Let Sphinx write no index of its own; its page for searching is ours."""
    app.builder.search = False


def add_page(app):
    """Write the page for searching."""
    yield "search", {}, "search.html"


def setup(app):
    """Collect while pages are written, and write what was found."""
    app.found = {}
    app.connect("builder-inited", leave_out_sphinx_search)
    app.connect("doctree-resolved", collect, priority=900)
    app.connect("html-collect-pages", add_page)
    app.connect("build-finished", write)
