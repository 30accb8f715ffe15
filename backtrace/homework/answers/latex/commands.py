r"""The commands that are read, and what is said of those that are not."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from backtrace.errors import did_you_mean, shortened

_LETTERS = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma"
    " tau upsilon phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"
)
# Commands that are a name or a number by themselves; of letters in two forms both.
NAMES: Mapping[str, str] = MappingProxyType(
    {
        **{name: name for name in _LETTERS.split()},
        **{f"var{name}": name for name in ("epsilon", "theta", "rho", "sigma", "phi")},
        "ell": "l",  # as ℓ is in the language
        "infty": "inf",
    }
)
_FUNCTIONS = (
    "exp log ln sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh coth max min det"
)
FUNCTIONS = frozenset(_FUNCTIONS.split())
FRACTIONS = frozenset({"frac", "dfrac", "tfrac", "cfrac"})
# Signs between two values, and how the language writes them.
OPERATORS: Mapping[str, str] = MappingProxyType(
    {
        "cdot": "*",
        "times": "*",
        "odot": "*",
        "ast": "*",
        "div": "/",
        "bmod": "%",
        "le": "<=",
        "leq": "<=",
        "ge": ">=",
        "geq": ">=",
        "lt": "<",
        "gt": ">",
        "ne": "!=",
        "neq": "!=",
    }
)
# Marks over a letter, and what they are called in a name.
MARKS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("hat", "widehat"), "hat"),
        **dict.fromkeys(("bar", "overline"), "bar"),
        **dict.fromkeys(("tilde", "widetilde"), "tilde"),
        "dot": "dot",
    }
)
# Commands that change how something looks: what is in them is read as if it stood alone.
_FONTS = "mathbf boldsymbol bm mathcal mathbb mathscr mathfrak vec boxed"
FONTS = frozenset(_FONTS.split())
# Commands whose inside is one word: a name, whatever its letters.
WORDS = frozenset({"mathrm", "mathsf", "mathtt", "mathit", "text", "textrm", "textbf", "textit"})
OPERATOR_NAMES = frozenset({"operatorname", "operatorname*"})
SPACES = frozenset({*"!,:;> ", "quad", "qquad", "displaystyle", "textstyle", "limits", "\n"})
TRANSPOSES = frozenset({"top", "intercal"})
DIFFERENTIALS = frozenset({"partial", "nabla"})
# Brackets: what opens, with what closes it.
BRACKETS: Mapping[str, str] = MappingProxyType(
    {
        "(": ")",
        "[": "]",
        r"\{": r"\}",
        "|": "|",
        r"\vert": r"\vert",
        r"\lvert": r"\rvert",
        r"\|": r"\|",
        r"\Vert": r"\Vert",
        r"\lVert": r"\rVert",
    }
)
CLOSERS = frozenset(BRACKETS.values()) - BRACKETS.keys() | {"}", ""}
BARS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("|", r"\vert", r"\lvert"), "abs"),
        **dict.fromkeys((r"\|", r"\Vert", r"\lVert"), "norm"),
    }
)
# Sizes of brackets; those that say which side a bar is of, and those that do not.
LEFTS = frozenset({"left", "bigl", "Bigl", "biggl", "Biggl"})
RIGHTS = frozenset({"right", "bigr", "Bigr", "biggr", "Biggr"})
SIZES = frozenset({"big", "Big", "bigg", "Bigg"})

_INDEX = "write the terms, or a function of a vector"
_CLAIM = "paste one formula alone"
# What to write instead of commands that are not read.
INSTEAD: Mapping[str, str] = MappingProxyType(
    {
        "sum": "write sum(…), or the terms",
        "prod": "write prod(…), or the factors",
        "int": "write what it is",
        "lim": "write what it is",
        "partial": r"a derivative stands left of =, as in \frac{\partial L}{\partial w} = 2x",
        "nabla": r"a gradient stands left of =, as in \nabla_w L = 2x",
        "begin": _CLAIM,
        "end": _CLAIM,
        "\\": _CLAIM,
        "over": r"write \frac{a}{b}",
        "binom": "write the quotient",
        "pm": "write one sign",
        "mp": "write one sign",
        "circ": r"the elementwise product is \odot",
        "otimes": r"write \operatorname{outer}(a, b)",
        "star": r"a product is \cdot",
        "approx": "write =",
        "equiv": "write =",
        "langle": r"write a^{\top} b",
        "prime": "write a derivative as dL/dw",
        "dagger": r"a transpose is x^{\top}",
        "lfloor": r"write \operatorname{floor}(x)",
        "lceil": r"write \operatorname{ceil}(x)",
        "lg": r"write \log_{2}(x) or \log_{10}(x)",
        "%": r"write it as a number; the remainder is \bmod",
        "_": "an index is x_1",
        "underbrace": "leave it out",
        "overbrace": "leave it out",
        "cancel": "leave it out",
        "dots": _INDEX,
        "cdots": _INDEX,
        "ldots": _INDEX,
    }
)
# The same of single characters.
SIGNS: Mapping[str, str] = MappingProxyType(
    {
        "%": r"% begins a comment in LaTeX; the remainder is \bmod",
        "'": "a prime is not read: write the derivative as dL/dw",
        "&": f"& is not read: {_CLAIM}",
        "!": "there is no factorial; its smooth form is exp(lgamma(n + 1))",
        ".": "a point stands in a number only",
        ",": "a comma stands between the arguments of a function only",
        "=": "a claim has one =: leave the steps between out",
        "$": "this $ is one too many",
        "_": "a subscript belongs to a name",
    }
)
COMMANDS = frozenset(
    {*NAMES, *FUNCTIONS, *FRACTIONS, *OPERATORS, *MARKS, *FONTS, *WORDS, *OPERATOR_NAMES, "sqrt"}
    | SPACES
    | TRANSPOSES
    | DIFFERENTIALS
    | LEFTS
    | RIGHTS
    | SIZES
    | {bracket.removeprefix("\\") for pair in BRACKETS.items() for bracket in pair}
)


def refused(text: str) -> str:
    """What is said of a token that cannot stand where a value should."""
    if not text:
        return "the formula ends here; a value must follow"
    if text[0] != "\\":
        return SIGNS.get(text) or _stray(text)
    name = text[1:]
    if name in INSTEAD:
        return f"{text} is not read: {INSTEAD[name]}"
    if text in CLOSERS:
        return _stray(text)
    if name in COMMANDS:
        return f"{text} is not expected here"
    if not name.isprintable() or not name:
        return "a command must follow the backslash"
    meant = did_you_mean(name, COMMANDS) if name.isalpha() else ""
    return f"{shortened(text)} is not read{meant.replace('mean ', 'mean ' + chr(92))}"


def _stray(text: str) -> str:
    if text in CLOSERS:
        return f"a value is missing before this {text}, or it closes nothing"
    if not text.isprintable():
        return f"the character U+{ord(text[0]):04X} has no place in a formula"
    return f"{text!r} is not expected here"
