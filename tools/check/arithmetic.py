"""Numbers and arithmetic in running text: `100 × 100 + 100 = 10,100` is true, `2 · 3 = 7` is not.

The text is plain, as `tools.check.prose.readable` makes it of Markdown and LaTeX: products are `·`,
powers `^`, minus signs `−`, and `@` stands for a symbol whose value is not known.
"""

import ast
import math
import operator
import re
from decimal import Decimal
from typing import NamedTuple

FUNCTIONS = {
    "exp": math.exp,
    "ln": math.log,
    "log": math.log,
    "sqrt": math.sqrt,
    "tanh": math.tanh,
    "σ": lambda x: 1 / (1 + math.exp(-x)),
}
OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}
NAMES = "|".join(FUNCTIONS)
NUMBER = r"(?:(?:[1-9]\d{0,2}(?:,\d{3})+(?!,?\d)|\d+)(?:\.\d+)?|\.\d+)(?:[eE][-+−]?\d+)?"
TOKEN = re.compile(
    rf"(?P<space>[ \t]+|\n(?!\s*\n))|(?P<word>\d+(?:[.-]\d+){{2,}}|(?!(?:{NAMES})\()[^\W\d][\w'′]*)"
    rf"|(?P<number>{NUMBER}(?:\s?%)?)|(?P<function>{NAMES})|(?P<symbol>@)"
    r"|(?P<relation>[=≈])|(?P<operator>[+−·/^()])|(?P<other>.|\n)"
)


class Number(NamedTuple):
    """A number as written: its value, the place of its last digit, and how much it tells."""

    text: str
    value: Decimal
    unit: Decimal  # one in the last place written
    digits: int  # significant digits
    start: int = 0  # where it stands in the text

    @classmethod
    def parse(cls, text, start=0):
        """Read `10,100`, `.25`, `−6.1e−05` or `93.7 %`."""
        plain = re.sub(r"[,%\s]", "", text).replace("−", "-").lower()
        value = Decimal(plain)
        unit = Decimal(1).scaleb(value.as_tuple().exponent)
        digits = re.sub(r"\D", "", plain.split("e")[0]).lstrip("0")
        if unit == 1 and len(digits.rstrip("0")) <= 2:
            digits = digits.rstrip("0")  # 5000 is a round number, 10,100 is not
        percent = 100 if "%" in text else 1
        return cls(text, value / percent, unit / percent, len(digits), start)

    def rounds(self, other):
        """Tell whether this is the other number, or a correct rounding of it."""
        if self.value == other.value:
            return other.unit <= self.unit or self.unit == 1
        return other.unit < self.unit and abs(self.value - other.value) <= self.unit / 2


class Token(NamedTuple):
    """A piece of text: its kind (a group of TOKEN), its place and, if it is one, its number."""

    kind: str
    text: str
    start: int
    number: Number | None = None


def tokens(text):
    """Cut text into tokens without the spaces between them. Signs are tokens of their own."""
    return [
        Token(
            match.lastgroup,
            match[0],
            match.start(),
            Number.parse(match[0], match.start()) if match.lastgroup == "number" else None,
        )
        for match in TOKEN.finditer(text)
        if match.lastgroup != "space"
    ]


def numbers(text):
    """Return all numbers in text; one with a sign of its own, `(−2.5)`, is negative."""
    found, before = [], [Token("other", "", -1)] * 2
    for token in tokens(text):
        if token.number:
            binary = before[0].kind in ("number", "symbol") or before[0].text == ")"
            signed = before[1].text == "−" and before[1].start == token.start - 1 and not binary
            found.append(Number.parse("−" + token.text, token.start) if signed else token.number)
        before = [before[1], token]
    return found


class Side(NamedTuple):
    """One side of an equation: its value, what rounded operands may change it by, its numbers."""

    text: str
    value: float
    slack: float
    literals: list
    plain: bool  # a number and no arithmetic


def side(parts, loose):
    """Evaluate the tokens between two relations; None if they are not pure arithmetic."""
    parts = list(parts)
    opened, closed = (sum(part.text == bracket for part in parts) for bracket in "()")
    if opened > closed and parts[0].text == "(":
        parts.pop(0)  # the equation stands in parentheses
    elif opened > closed and parts[-1].text == "(":
        parts.pop()  # a remark in parentheses follows
    elif closed > opened and parts[-1].text == ")":
        parts.pop()
    literals = [part.number for part in parts if part.number]
    names = iter(f"n{i}" for i in range(len(literals)))
    python = {"·": "*", "−": "-", "^": "**"}
    code = "".join(next(names) if p.number else python.get(p.text, p.text) for p in parts)
    values = {f"n{i}": float(literal.value) for i, literal in enumerate(literals)}
    try:
        tree = ast.parse(code, mode="eval").body
        value = evaluate(tree, values)
        slack = 0.0
        for name, literal in zip(values, literals, strict=True):
            if literal.digits >= 4 or (loose and literal.unit < 1):  # rounded, for all we know
                moved = {**values, name: values[name] + float(literal.unit) / 2}
                slack += abs(evaluate(tree, moved) - value)
    except (SyntaxError, ValueError, ArithmeticError):
        return None
    plain = isinstance(tree, ast.Name) or (
        isinstance(tree, ast.UnaryOp) and isinstance(tree.operand, ast.Name)
    )
    return Side(" ".join(part.text for part in parts), value, slack, literals, plain)


def evaluate(node, values):
    """Evaluate a Python expression of numbers; ValueError if it holds anything else."""
    match node:
        case ast.Name(id=name) if name in values:
            return values[name]
        case ast.BinOp(op=ast.Pow(), right=right) if abs(evaluate(right, values)) > 100:
            raise ValueError("power too large to evaluate")
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            result = OPERATORS[type(op)](evaluate(left, values), evaluate(right, values))
        case ast.UnaryOp(op=op, operand=operand) if type(op) in OPERATORS:
            result = OPERATORS[type(op)](evaluate(operand, values))
        case ast.Call(func=ast.Name(id=name), args=[argument]) if name in FUNCTIONS:
            result = FUNCTIONS[name](evaluate(argument, values))
        case _:
            raise ValueError(f"not arithmetic: {ast.unparse(node)}")
    if isinstance(result, complex) or not math.isfinite(result):
        raise ValueError(f"no real number: {ast.unparse(node)}")
    return result


def chains(text):
    """Yield each run of arithmetic with a relation as [tokens, relation, tokens, …]."""
    run, previous = [], Token("other", "", -1)
    for token in [*tokens(text), Token("other", "", len(text))]:
        if token.kind not in ("word", "other"):
            # `w5 − 0.5 = 3` and `f(0) = 3`: the run begins inside an expression
            word = previous.kind == "word"
            beside = token.start == previous.start + len(previous.text)
            called = word and beside and token.text == "("
            if not run and (called or token.text == "+" or (word and token.text == "−")):
                run.append(Token("symbol", "@", token.start))
            run.append(token)
        elif run:
            parts = [[]]
            for part in run:
                if part.kind == "relation":
                    parts += [part.text, []]
                else:
                    parts[-1].append(part)
            if len(parts) > 1:
                yield parts
            run = []
        previous = token


def check(text):
    """Check all arithmetic in text.

    Returns
    -------
    problems : list of str
        Equations that are false.
    supported : set of int
        Where the numbers stand that take part in true arithmetic.
    """
    problems, supported = [], set()
    for parts in chains(text):
        last, loose = None, False
        for relation, part in zip(["=", *parts[1::2]], parts[::2], strict=True):
            loose |= relation == "≈"
            new = side(part, loose) if part else None
            if new is None:
                continue
            if last is not None:
                if not agree(last, new, loose):
                    problems.append(
                        f"{last.text} {'≈' if loose else '='} {new.text} is false: "
                        f"{last.value:.10g} against {new.value:.10g}"
                    )
                elif not (last.plain and new.plain):
                    supported |= {literal.start for literal in last.literals + new.literals}
            last, loose = new, False
    return problems, supported


def agree(a, b, loose):
    """Tell whether two sides are equal, as far as the digits written tell."""

    def rounding(s):
        if not s.plain:
            return s.slack
        literal = s.literals[0]
        if literal.unit < 1:
            return float(literal.unit) / 2
        round_to = len(str(int(literal.value))) - len(str(int(literal.value)).rstrip("0"))
        return 10**round_to / 2 if loose else 0  # an integer behind = is exact

    both = rounding(a), rounding(b)
    tolerance = max(both) if a.plain and b.plain else sum(both)
    return abs(a.value - b.value) <= tolerance + 1e-9 * max(abs(a.value), abs(b.value))
