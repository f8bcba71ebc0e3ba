"""Plant wrong numbers in the text of the chapters and say how many are noticed: `make faults`.

One fault at a time: the last digit of a number with a decimal point or a per cent sign becomes
another one, in prose, a caption or an alternative text. It is noticed if `tools.check.numbers` then
says of its cell what it did not say before. Numbers in code, in maths written as code, in addresses
and in names (of exercises, versions, licences) are left alone.
"""

import random
import re
import sys

from tools.build.notebooks import BOOK
from tools.check.anatomy import load
from tools.check.numbers import cell_problems, context
from tools.check.prose import NAMED

PLANTED = 200
NUMBER = re.compile(r"(?<![\w.,])(?:\d+(?:,\d{3})*\.\d+(?!\w|[.,]\d)|\d+(?:\.\d+)?(?=\s?\\?%))")
NO_PROSE = re.compile(  # code, roles, addresses, options of boxes, comments
    r"```.*?```|\{[\w:-]+\}`[^`]*`|(?<!`)`(?!\d[\d.]*`)[^`\n]+`|\]\([^)]*\)|https?://\S+"
    r"|^:[\w-]+:.*$|<[^>]*>",
    re.S | re.M,
)


def places(text):
    """Return where the last digits stand of the numbers that a reader of a text sees."""
    blank = NO_PROSE.sub(lambda match: " " * len(match[0]), text)
    return [
        match.end() - 1
        for match in NUMBER.finditer(blank)
        if not NAMED.search(blank, 0, match.start())
    ]


def fields(cell):
    """Yield (name, text, set) for each text of a cell: a reader sees it, and `set` replaces it."""
    if cell.cell_type == "markdown":
        yield "prose", cell.source, lambda text: cell.update(source=text)
    mystnb = cell.metadata.get("mystnb", {})
    for kind, (outer, inner) in {"caption": ("figure", "caption"), "alt": ("image", "alt")}.items():
        if text := mystnb.get(outer, {}).get(inner, ""):
            yield kind, text, lambda text, o=outer, i=inner: mystnb[o].update({i: text})


def candidates(notebooks):
    """Return every place where a fault can be planted: (notebook, cell, text, set, place)."""
    return [
        (name, cell, kind, text, put, place)
        for name, nb in notebooks.items()
        for cell in nb.cells
        for kind, text, put in fields(cell)
        for place in places(text)
    ]


def plant(notebooks, count, rng):
    """Plant faults one at a time; return those that were planted, and those that nobody noticed."""
    contexts = {name: context(nb) for name, nb in notebooks.items()}
    everywhere = candidates(notebooks)
    chosen = rng.sample(everywhere, min(count, len(everywhere)))
    missed = []
    for name, cell, kind, text, put, place in chosen:
        before = cell_problems(cell, *contexts[name])
        digit = rng.choice([d for d in "0123456789" if d != text[place]])
        put(text[:place] + digit + text[place + 1 :])
        if cell_problems(cell, *contexts[name]) == before:
            words = (
                text[max(0, place - 40) : place] + f"[{text[place]}→{digit}]" + text[place + 1 :]
            )
            missed.append(f"{name}, {kind}: … {' '.join(words[:100].split())} …")
        put(text)
    return chosen, missed


def main():
    """Plant the faults, print those that nobody noticed and the share of the others."""
    notebooks = {path.stem: load(path) for path in sorted(BOOK.glob("*.ipynb"))}
    chosen, missed = plant(notebooks, PLANTED, random.Random(0))
    print(*missed, sep="\n")
    share = 1 - len(missed) / len(chosen)
    print(f"{len(chosen) - len(missed)} of {len(chosen)} wrong numbers noticed: {share:.1%}")
    return int(share < 0.95)


if __name__ == "__main__":
    sys.exit(main())
