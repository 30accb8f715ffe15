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
NEVER_CLOSED = "this {} is never closed"
EMPTY_LIST = "a list in a program has at least one value"
MASK = "a condition is no index here: write where(x > 2, x, 0), or x*(x > 2)"
EMPTY_INDEX = "an index is missing here, as in x[0] or x[1:3]"
POSITIONAL_LAST = "an argument without a name stands before those with one"
GIVEN_TWICE = "{} is given twice"
KEYWORD = "{!r} is a word of Python; a program here has formulas and assignments only"
METHOD = "{} is not in the language; write a function, as in log(x) or x.sum()"
BRACKET = "this bracket closes none"

RANGES = frozenset({"linspace", "arange", "array", "tensor", "zeros", "ones", "eye", "range"})
# Members of arrays and tensors that people paste, and what to do about them here.
MEMBERS: Mapping[str, str] = MappingProxyType(
    {
        "backward": "leave .backward() out: gradients are always computed",
        "detach": "a value that no gradient goes to is a variable of its own: bind it to a name",
        "grad": "leave .grad out: gradients are always shown",
        "item": "leave .item() out: a value of one entry is a number",
        "numpy": "leave .numpy() out",
        "shape": "write the sizes as numbers",
        "size": "write the size as a number",
        "values": "leave .values out: max(x, axis=0) is the values",
        "requires_grad_": "leave it out: every variable gets a gradient, or those of wrt",
    }
)
MEANT: Mapping[str, str] = MappingProxyType(
    {
        "//": "floor division is written floor(a/b)",
        ".": METHOD.format("this point"),
        "=": "only a name stands left of =, and once in a statement; equality is written ==",
        ":=": "an assignment is written with =",
        "!": "there is no factorial; its smooth form is exp(lgamma(n + 1))",
        "|": "an absolute value is written abs(x)",
        "&": "conditions are combined by *: (a < b)*(b < c)",
        "~": "not c is written 1 - c",
        "‖": "a norm is written norm(x)",
        "'": "text in quotes is not in the language",
        '"': "text in quotes is not in the language",
        "\\": "LaTeX is not read here; write exp(x), sqrt(x), a/b",
        "{": "write parentheses ( ) for grouping",
        "}": "write parentheses ( ) for grouping",
        "]": BRACKET,
        ":": "a colon stands in an index only, as in x[1:3]; a choice is where(x > 0, a, b)",
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
        return "a comma separates the arguments of a function, or the values of a list in brackets"
    meant = MEANT.get(text) or MEANT.get(text[:1])
    if meant:
        return meant
    if not text.isprintable():
        return f"the character U+{ord(text[0]):04X} has no place in a program"
    return f"{text!r} is not expected here"


def unknown_function(name: str) -> str:
    """A call of something that is neither in the table nor a variable."""
    if name in RANGES:
        advice = "bind its numbers to a name: x=linspace(0, 1, 5), x=[1, 2]"
        return f"{name} is not in a program; {advice}"
    meant = did_you_mean(name, FUNCTIONS) or "; `backtrace ops` lists the functions"
    variable = f"; a variable needs a value, as in {name}=1" if len(name) < 3 else ""
    return f"unknown function {shortened(name)!r}{meant}{variable}"


def member(name: str) -> str:
    """An attribute or method that the language has not."""
    if name in MEMBERS:
        return MEMBERS[name]
    if name in FUNCTIONS:
        return f"{name} is a function: write x.{name}() with its parentheses"
    meant = did_you_mean(name, FUNCTIONS)
    if not name.isidentifier():
        return METHOD.format("this point")
    return f"{METHOD.format(f'.{shortened(name)}')}{meant}"


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
