"""Are the numbers in the text true? Markdown in, a list of problems out.

A number with a decimal point or a per cent sign, and one of four or more significant digits, must

1. have an entry in its cell's metadata, which is evaluated in the kernel (`tools.check.numbers`);
   or
2. take part in true arithmetic, as in `0.04 · 0.1 + 0.12 · 0.5 + 0.40 = 0.464` (in plain text or
   in LaTeX), or repeat a number of such arithmetic in the same cell; or
3. if it has four digits or more, stand in an output that the notebook stores or among the values
   that the lecture deck prints (`nnlib.worked_example.PRINTED`), exactly or as a correct rounding.

On a page, which has no kernel, a `{cite}` role that follows in the same sentence takes the place of
an entry. Arithmetic must be true however few digits it has. Not checked: years, versions, the
numbers of exercises, the zeros of a round number (5000 has one significant digit), code, page
numbers, links and names. A code span that holds a number alone is prose; so are captions and
alternative texts.
"""

import html
import re

from tools.check.arithmetic import NAMES, NUMBER, Number, check, numbers
from tools.check.markdown import CODE, PARSER, TITLED, Directive

CITE = "⟦cite⟧"
STOP = " ; "  # ends a calculation
NAMED = re.compile(  # what stands before a number that is a name: of an exercise, of a version
    r"\b(?:exercises?|sections?|Python|NumPy|PyTorch|nnlib|version|CC BY|CC BY-SA|Apache)\s"
    r"(?:[\d.]+(?:, | and |–))*\Z",
    re.I,
)
SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789−")

# LaTeX to plain arithmetic, in order; `@` stands for a symbol whose value is not known
LATEX = [
    (r"\\(?:begin|end)\{(?:aligned|align\*?|split|gathered|equation\*?)\}", " "),
    (r"\\(?:begin|end)\{\w+\*?\}(?:\{[^{}]*\})?", f"@{STOP}"),  # matrices, cases
    # a row that begins with = or an operator goes on with the one before
    (r"\\\\(?:\[[^]]*\])?[\s&]*(?:\\q?quad[\s&]*)?(?=[-=+≈]|\\approx|\\cdot|\\times)", " "),
    (r"\\\\|\\q?quad|\\(?:Rightarrow|to|le|ge|leq|geq|ne|neq|dots|ldots)\b|[<>]", STOP),
    (r"(?<=\d)\\[,;!](?=\d{3}(?!\d))|(?<=\d)\{(?=,\})|(?<=,)\}(?=\d)", ""),  # 10\,100 and 10{,}100
    (r"\\(?:left|right|[bB]igg?[lr]?|displaystyle|limits)(?![a-zA-Z])|\\[,;:!{} ]|[~&]", " "),
    (r"\\(?:cdot|times|ast)(?![a-zA-Z])|\*", "·"),
    (r"\\(?:approx|simeq)(?![a-zA-Z])", "≈"),
    (r"\\%", "%"),
    (r"-", "−"),
    (r"\\[dt]?frac\s*(\d)\s*(\d)", r"((\1)/(\2))"),
    (r"\^\s*([−\w+·])", r"^{\1}"),
]
NESTED = [  # repeated from the innermost braces outwards
    (r"_\s*(?:\{[^{}]*\}|[\w·+])", ""),
    (r"\\text\s*\{([^{}]*)\}", rf"{STOP}\1{STOP}"),
    (r"\\(?:operatorname|math\w+|bar|hat)\s*\{[^{}]*\}['′]*", " @ "),
    (r"\\underbrace\s*\{\s*\([^{}()]*\)\s*\}", " @ "),  # a shape, (4 × 3), above its matrix
    (r"\\(?:underbrace|overbrace|boxed)\s*\{([^{}]*)\}", r"(\1)"),
    (r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}", r"((\1)/(\2))"),
    (r"\\sqrt\s*\{([^{}]*)\}", r" sqrt(\1)"),
    (r"(?<![a-zA-Z\\])e\s*\^\s*\{([^{}]*)\}", r" exp(\1)"),
    (r"\^\s*\{([^{}]*)\}", r"^(\1)"),
    (r"(?<![_^a-zA-Z}])\{([^{}]*)\}", r"(\1)"),
]
SYMBOLS = [
    (r"\\sigma\s*(?=\()", " σ"),
    (r"\\(exp|tanh|ln|log)\s*(?=\()", r" \1"),
    (r"\\[a-zA-Z]+['′]*", " @ "),
    (rf"(?!(?:{NAMES})\()(?<![^\W\d_])[^\W\d_]+['′]*", " @ "),
    (rf"(?<=[\d)])\s*(?=\(|(?:{NAMES})\()|(?<=\))\s*(?=\.?\d)", "·"),  # 0.66 (1 − 0.66), 2 σ(1)
]
TEXT = [
    (r"https?://\S+|\b(?:doi|arXiv|ISBN)[:\s]\s?\S+", ""),
    (r"\bpp?\.\s*\d+(?:\s*[–-]\s*\d+)?", ""),  # pages of a source
    (r"(?<=\s)-(?=\s)|(?<![\w)-])-(?=[.\d])", "−"),  # other hyphens join words: 256-64-10
    (r"[×⋅∗]|(?<=\s)\*(?=\s)", "·"),
    (r"(?<=\d)\s?\*\*\s?(?=\d)", "^"),
    (r"½", "(1/2)"),
    (r"(?<=[\d)])([⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)", lambda match: f"^({match[1].translate(SUPERSCRIPTS)})"),
]
POWER_OF_TEN = (r"(?<=\d)\s*·\s*10\s*\^\s*\(?\s*(−?\d+)\s*\)?", r"e\1")  # 1.2 · 10^(−5)
CUSTOM = re.compile(r"95\s?% (?:t-)?intervals?\b")  # a name as well: what `nnlib.interval` gives


def rewrite(text, rules):
    """Apply (pattern, replacement) rules in order."""
    for pattern, replacement in rules:
        text = re.sub(pattern, replacement, text)
    return text


def latex_to_text(tex):
    """Write LaTeX as plain arithmetic, on one line."""
    text, before = rewrite(tex, LATEX), None
    while text != before:
        text, before = rewrite(text, NESTED), text
    return " " + rewrite(text, SYMBOLS).replace("\n", " ") + " "


def readable(markdown):
    """Return what a reader reads of MyST Markdown: no code, no links' targets, maths as text."""
    parts = []
    for token in PARSER.parse(markdown):
        if token.type == "inline":
            parts.append("".join(inline_text(child) for child in token.children))
        elif token.type.startswith("math_block") or token.type == "amsmath":
            parts.append(latex_to_text(token.content) + STOP)
        elif token.type == "html_block":
            parts.append(html_text(token.content))
        elif token.type in ("fence", "colon_fence"):
            box = Directive.of(token)
            if box.name == "math":
                parts.append(latex_to_text(box.body) + STOP)
            elif box.name not in CODE and (box.name or box.title in ("", "text")):
                title = box.title if box.name in TITLED else ""
                parts.append(f"{readable(title)}\n\n{readable(box.body)}" if box.name else box.body)
        if token.type in ("td_close", "th_close"):
            parts.append(" | ")
        elif token.block and token.nesting <= 0 and token.type != "inline":
            parts.append("\n\n")
    return rewrite("".join(parts), [*TEXT, POWER_OF_TEN])


def inline_text(token):
    """Return the readable text of an inline token."""
    role = token.meta.get("name", "") if token.type == "myst_role" else ""
    if token.type.startswith("math_inline") or role == "math":
        return latex_to_text(token.content)
    if role:
        return CITE if role.startswith("cite") else ""
    if token.type == "code_inline":
        return token.content if re.fullmatch(rf"[-+−]?{NUMBER}\s?%?", token.content) else STOP
    if token.type in ("text", "image"):
        return token.content
    return " " if token.type in ("softbreak", "hardbreak", "html_inline") else ""


def html_text(source):
    """Return what a reader sees of HTML."""
    return html.unescape(re.sub(r"<style.*?</style>|<!--.*?-->|<[^>]+>", " ", source, flags=re.S))


def output_numbers(nb):
    """Return the numbers in a notebook's stored text outputs."""
    texts = []
    for cell in nb.cells:
        for output in cell.get("outputs", []):
            texts.append(output.get("text", ""))
            for mime, text in output.get("data", {}).items():
                if mime.startswith("text/"):
                    texts.append(html_text(text) if mime == "text/html" else text)
    pattern = rf"(?<![\w.])[-−]?{NUMBER}(?:\s?%)?(?!\w)"
    return [Number.parse(found) for text in texts for found in re.findall(pattern, text)]


def loose_numbers(markdown, known):
    """Check the arithmetic of one piece of Markdown; find the numbers that nothing in it holds.

    Parameters
    ----------
    markdown : str
    known : list of Number
        Values of four digits or more that outputs of the same notebook, or the deck, print.

    Returns
    -------
    text : str
        What a reader reads.
    problems : list of str
        Equations that are false.
    loose : list of Number
        Numbers that need an entry or a citation, in the order of the text.
    """
    text = readable(markdown)
    problems, supported = check(text)
    found = numbers(text)
    beside = [number for number in found if number.start in supported]
    loose = []
    for number in found:
        year = re.fullmatch(r"(?:19|20)\d\d", number.text)
        exact = number.digits >= 4 and not year
        named = NAMED.search(text, 0, number.start) or CUSTOM.match(text, number.start)
        if named or not (exact or number.unit < 1) or number.start in supported:
            continue
        values = beside + known if exact else beside
        if not any(is_value(number, value) for value in values):
            loose.append(number)
    return text, problems, loose


def around(text, number):
    """Return a number with some of the text on both sides of it."""
    return " ".join(text[max(0, number.start - 40) : number.start + 40].split())


def is_value(number, value):
    """Tell whether a number is a known value, or a rounding; without a sign it may be its size."""
    values = [value] if number.value < 0 else [value, value._replace(value=abs(value.value))]
    if "%" in number.text:  # 93.75 % of an output 93.75
        values += [v._replace(value=v.value / 100, unit=v.unit / 100) for v in values]
    return any(number.rounds(v) for v in values)


def is_quoted(text, number):
    """Tell whether a citation follows in the same sentence."""
    after = text[number.start + len(number.text) :]
    return CITE in re.split(r"[.!?]\s|\n\s*\n|\s\|\s", after, maxsplit=1)[0]


def page_problems(text, printed):
    """List the problems of a Markdown page, which has no outputs of its own.

    Parameters
    ----------
    text : str
    printed : iterable of str
        Values that the deck prints.
    """
    text, problems, loose = loose_numbers(text, [Number.parse(value) for value in printed])
    return problems + [
        f"{number.text} stands in no true arithmetic or quotation: “… {around(text, number)} …”"
        for number in loose
        if not is_quoted(text, number)
    ]
