"""What the reader says when it cannot go on: what was met, and what would be right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from backtrace.errors import did_you_mean, shortened
from backtrace.ops import FUNCTIONS

EMPTY = 'there is no expression to trace; try "(w*x - y)**2" with w=1 x=1 y=2'
UNUSED_VALUE = "this value is not used: give it a name, as in `name = …`, or make it the last line"
CHAINED_COMPARISON = "compare two values at a time: write (a < b)*(b < c)"
NUMBER_AFTER_VALUE = (
    "a sign is missing before this number: write a*2 for the product, a**2 for the power"
)
TOO_DEEP = "nested more than {} levels deep: give the inner parts names of their own"
LONG_NAME = "a name has at most {} characters"
NEVER_CLOSED = "this parenthesis is never closed"
POSITIONAL_LAST = "an argument without a name stands before those with one"
GIVEN_TWICE = "{} is given twice"
KEYWORD = "{!r} is a word of Python; a program here has formulas and assignments only"
METHOD = "methods and attributes are not in the language; write a function, as in log(x)"
INDEXING = "indexing is not in the language of this version, which traces scalars"

OF_VECTORS = frozenset(
    {
        "sum",
        "mean",
        "prod",
        "var",
        "std",
        "norm",
        "dot",
        "matmul",
        "softmax",
        "log_softmax",
        "logsumexp",
        "mse",
        "mse_loss",
        "cross_entropy",
        "nll",
        "bce",
        "linspace",
        "array",
    }
)
MEANT: Mapping[str, str] = MappingProxyType(
    {
        "//": "floor division is written floor(a/b)",
        "@": "the matrix product is not in the language of this version, which traces scalars",
        "[": INDEXING,
        ".": METHOD,
        "=": "one = a statement; equality is written ==",
        ":=": "an assignment is written with =",
        "!": "there is no factorial; its smooth form is exp(lgamma(n + 1))",
        "|": "an absolute value is written abs(x)",
        "&": "conditions are combined by *: (a < b)*(b < c)",
        "~": "not c is written 1 - c",
        "'": "text in quotes is not in the language",
        '"': "text in quotes is not in the language",
        "\\": "LaTeX is not read here; write exp(x), sqrt(x), a/b",
        "{": "write parentheses ( ) for grouping",
        "}": "write parentheses ( ) for grouping",
        "]": INDEXING,
        ":": "a colon has no meaning here; a choice is written where(x > 0, a, b)",
        "?": "a choice is written where(x > 0, a, b)",
        "$": "LaTeX is not read here; write exp(x), sqrt(x), a/b",
    }
)


def unexpected(text: str, before: str) -> str:
    """What to say of a token that cannot stand after `before`."""
    if text == "":
        return f"the expression ends after {before!r}; something must follow" if before else EMPTY
    if text in ("\n", ";"):
        return f"the statement ends after {before!r}; something must follow"
    if text == ")":
        missing = before in ("(", ",")
        return "a value is missing here" if missing else "this parenthesis closes none"
    if text == ",":
        return "a comma separates the arguments of a function only"
    meant = MEANT.get(text) or MEANT.get(text[:1])
    if meant:
        return meant
    if not text.isprintable():
        return f"the character U+{ord(text[0]):04X} has no place in a program"
    return f"{text!r} is not expected here"


def unknown_function(name: str) -> str:
    """A call of something that is neither in the table nor a variable."""
    if name in OF_VECTORS:
        return f"{name} is of vectors, and this version traces scalars: write its terms out"
    meant = did_you_mean(name, FUNCTIONS) or "; `backtrace ops` lists the functions"
    variable = f"; a variable needs a value, as in {name}=1" if len(name) < 3 else ""
    return f"unknown function {shortened(name)!r}{meant}{variable}"


def ambiguous(name: str, ways: Iterable[Iterable[str]]) -> str:
    """A name that is several products of known names."""
    readings = " or ".join("*".join(way) for way in ways)
    return f"{shortened(name)!r} could be {readings}: write the product"


def no_parentheses(name: str, following: str) -> str:
    """`sin x`, or a function's name as a value."""
    argument = following if following.isidentifier() else "x"
    return f"{name} is a function: write {name}({argument})"


def raised_function(name: str) -> str:
    """`sin^-1(x)`, which means two things, or `sin^n(x)`."""
    arc = f"a{name}" if f"a{name}" in FUNCTIONS else ""
    inverse = f"{arc}(x) for the inverse function, " if arc else ""
    return f"write {inverse}{name}(x)**n for a power, 1/{name}(x) for the reciprocal"
