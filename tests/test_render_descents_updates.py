"""backtrace.render.descents.updates: the statements of a rule, in symbols and in numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import sqrt
from typing import Any

import numpy as np
import pytest
from rich.cells import cell_len

from backtrace import Descent, descend
from backtrace.descent.rules import RULES
from backtrace.render import Look
from backtrace.render.cells import assembled
from backtrace.render.descents.updates import MOST_PARAMETERS, explained, first_update, rule_line

SQUARE, AT = "(w*x - y)**2", {"w": 1, "x": 1, "y": 2}
BOWL = "sum((W - 2)**2)"
MADE = [0, 1, 2, 19, 24]  # updates before the one that is shown
NAME = r"[^\W\d²](?:[^\W²]|\u0302)*['′]?"
TOKENS = re.compile(rf"√?{NAME}|√?[\d.]+(?:e[+-]?\d+)?|\*\*|\s+|.")
SIGNS = {"×": "*", "−": "-", "²": "**2", "^": "**", "√": "sqrt"}
FORMS = [False, True]

in_both_forms = pytest.mark.parametrize("ascii", FORMS, ids=["unicode", "ascii"])
both_ways = pytest.mark.parametrize("ascend", [False, True], ids=["down", "up"])
with_or_without = pytest.mark.parametrize("decay", [0, 0.1], ids=["without decay", "with decay"])
every_rule = pytest.mark.parametrize("rule", RULES)


def square(rule: str = "sgd", **options: Any) -> Descent:
    """Updates of one number."""
    return descend(SQUARE, AT, wrt="w", lr=0.1, optimizer=rule, **{"steps": 25, **options})


def rule_of(found: Descent, look: Look) -> str:
    return assembled([rule_line(found, look)]).plain


def first_of(found: Descent, look: Look) -> list[str]:
    return assembled(first_update(found, look)).plain.splitlines()


def arithmetic(text: str, names: Mapping[str, Any]) -> Any:
    """What a formula comes to that is written as for a reader."""
    parts = []
    for token in TOKENS.findall(text):
        root, bare = token.startswith("√") and len(token) > 1, token.removeprefix("√")
        told = f"names[{bare!r}]" if bare in names else SIGNS.get(token, bare)
        parts.append(f"sqrt({told})" if root else told)
    numbers = re.sub(r"(?<!names)(\[[\d., e+-]+\])", r"np.array(\1)", "".join(parts))
    return eval(numbers, {"names": names, "sqrt": np.sqrt, "np": np, "__builtins__": {}})


def test_arithmetic_as_a_reader_does_it() -> None:
    """The signs of the views are those of arithmetic."""
    names = {"m̂": 3.0, "β₁": 0.5, "v'": 4.0}
    assert arithmetic("1 − 0.5 × (−2)/(√4 + 1e-8)", {}) == 1 + 1 / (2 + 1e-8)
    assert arithmetic("(−2)² + 0.5^3 + 2**3", {}) == 12.125
    assert arithmetic("√(m̂ + 1) − β₁ × v' + √m̂", names) == sqrt(3)
    assert arithmetic("[-1, 2] − 2 × [1, 1e-8]", {}).tolist() == [-3, 2 - 2e-8]


def statements(found: Descent, updates: int, look: Look) -> list[tuple[str, str, str, str]]:
    """Of every statement its name, the formula, the numbers and the value; no numbers of g."""
    text = explained(found, updates, look).plain
    for gradient in ("∂L/∂w", "dL/dw"):
        text = text.replace(gradient, "g")
    text = re.sub(r"\n {5,}", " ", text)  # what does not fit beside stands below
    _, _, first, *others = text.splitlines()
    parts = [("g", "", "", first.split(" = ")[-1].strip())]
    for line in others:
        name, formula, numbers, value = re.split(r"\s+(?:=|←|<-)\s+", line.strip())
        parts.append((name, formula, numbers, value))
    return parts


@every_rule
@both_ways
@with_or_without
@in_both_forms
def test_numbers_give_the_value_beside_them(
    rule: str, decay: float, *, ascend: bool, ascii: bool
) -> None:
    """Both the numbers and the symbols of a statement come to the value that it shows."""
    found = square(rule, weight_decay=decay, ascend=ascend)
    for digits, close in ((17, 1e-12), (6, 1e-4)):
        look = Look(digits=digits, ascii=ascii)
        told = rule_of(found, look).split("   ")[2]
        settings = {n: float(x) for n, x in (part.split(" = ") for part in told.split(", "))}
        for made in MADE:
            memory = dict.fromkeys("mvs", 0.0) if made == 0 else memory_of(found, made)
            names = {**settings, **memory, "t": made + 1, "w": found.state(made).values["w"]}
            for name, formula, numbers, shown in statements(found, made, look):
                value = arithmetic(shown, {})
                if numbers:
                    assert arithmetic(numbers, {}) == pytest.approx(value, rel=close, abs=close)
                    assert arithmetic(formula, names) == pytest.approx(value, rel=close, abs=close)
                else:
                    gradient = found.state(made).gradients["w"]
                    assert value == pytest.approx(gradient, rel=close)
                names[name] = value
            after = found.state(made + 1).values["w"]
            assert names["w"] == pytest.approx(after, rel=close, abs=close)


def memory_of(found: Descent, made: int) -> dict[str, float]:
    """What the rule remembers after so many updates."""
    return {q.name: float(q.value) for q in found.explained(made - 1)["w"]}


@every_rule
@in_both_forms
def test_numbers_of_arrays(rule: str, *, ascii: bool) -> None:
    """So do those of arrays that are shown in full, entry by entry."""
    found = descend(BOWL, W=[-1, 3], lr=0.25, optimizer=rule, weight_decay=0.5, steps=3)
    for made in (0, 2):
        for _, _, numbers, shown in statements(found, made, Look(digits=4, ascii=ascii)):
            value = arithmetic(shown, {})
            assert value.shape == (2,)
            if numbers:
                assert arithmetic(numbers, {}) == pytest.approx(value, rel=0.01, abs=0.01)


# -- lines

LINES = [
    ("sgd", {}, "w ← w − η × ∂L/∂w   η = 0.1", "w ← w − 0.1 × (−2) = 1.2"),
    ("sgd", {"ascend": True}, "w ← w + η × ∂L/∂w   η = 0.1", "w ← w + 0.1 × (−2) = 0.8"),
    ("sgd", {"weight_decay": 0.5}, "w ← w − η × g   η = 0.1, λ = 0.5",
     "w ← w − 0.1 × (−1.5) = 1.15"),
    ("momentum", {}, "w ← w − η × v   η = 0.1, μ = 0.9", "w ← w − 0.1 × (−2) = 1.2"),
    ("nesterov", {}, "w ← w − η × (g + μ × v)   η = 0.1, μ = 0.9",
     "w ← w − 0.1 × ((−2) + 0.9 × (−2)) = 1.38"),
    ("adagrad", {}, "w ← w − η × g/(√s + ε)   η = 0.1, ε = 1e-10",
     "w ← w − 0.1 × (−2)/(√4 + 1e-10) = 1.1"),
    ("rmsprop", {}, "w ← w − η × g/(√s + ε)   η = 0.1, α = 0.99, ε = 1e-8",
     "w ← w − 0.1 × (−2)/(√0.04 + 1e-8) = 2"),
    ("adam", {}, "w ← w − η × m̂/(√v̂ + ε)   η = 0.1, β₁ = 0.9, β₂ = 0.999, ε = 1e-8",
     "w ← w − 0.1 × (−2)/(√4 + 1e-8) = 1.1"),
    ("adamw", {}, "w ← w − η × m̂/(√v̂ + ε)   η = 0.1, β₁ = 0.9, β₂ = 0.999, ε = 1e-8, λ = 0.01",
     "w ← 0.999 − 0.1 × (−2)/(√4 + 1e-8) = 1.099"),
    ("sgd", {"schedule": "exponential", "gamma": 0.5},
     "w ← w − η × ∂L/∂w   η0 = 0.1, γ = 0.5, η = η0 × γ^k", "w ← w − 0.1 × (−2) = 1.2"),
    ("sgd", {"schedule": "step", "every": 9},
     "w ← w − η × ∂L/∂w   η0 = 0.1, γ = 0.1, every = 9, η = η0 × γ^floor(k/every)",
     "w ← w − 0.1 × (−2) = 1.2"),
]  # fmt: skip
ASCII = {"←": "<-", " × ": "*", "−": "-", "∂": "d", "η": "lr", "μ": "momentum", "ε": "eps",
         "α": "alpha", "β₁": "beta1", "β₂": "beta2", "λ": "weight_decay", "γ": "gamma", "^": "**",
         "m̂": "mhat", "√v̂": "sqrt(vhat)", "√s": "sqrt(s)"}  # fmt: skip


@pytest.mark.parametrize(("rule", "options", "line", "update"), LINES)
def test_the_rule_and_its_first_update(
    rule: str, options: dict[str, Any], line: str, update: str
) -> None:
    """The rule stands there in symbols with its numbers, and the first update with all of them."""
    found = square(rule, **options)
    assert rule_of(found, Look()) == f"{rule}   {line}"
    assert first_of(found, Look()) == [f"update 1   {update}"]
    told = re.sub(r"√([\d.]+)", r"sqrt(\1)", f"{rule}   {line}|update 1   {update}")
    for old, new in ASCII.items():
        told = told.replace(old, new)
    look = Look(ascii=True)
    assert "|".join([rule_of(found, look), *first_of(found, look)]) == told


def test_the_exact_line() -> None:
    """An update is one line of arithmetic; a negative number in it stands in parentheses."""
    lines = explained(square(), 0).plain.splitlines()
    assert lines == [
        "",
        "update 1 of w",
        "  ∂L/∂w                              = −2",
        "  w ← w − η × ∂L/∂w = 1 − 0.1 × (−2) = 1.2",
    ]


@pytest.mark.parametrize(
    ("made", "shown"),
    [(0, "0.9^1)"), (1, "0.9^2)"), (2, "0.9^3)"), (19, "0.9^20)"), (21, "0.9^22)")],
)
def test_powers(made: int, shown: str) -> None:
    """A square of the rule has its own sign, a power of t has not, whatever t is."""
    (line,) = (line for _, _, line, _ in statements(square("adam"), made, Look())[3:4])
    assert line.endswith(f"/(1 − {shown}")


def test_numbers_that_are_negative() -> None:
    """The first number of a formula needs no parentheses, a square needs them."""
    found = descend("w**2", w=-1, lr=0.1, optimizer="rmsprop", weight_decay=0.1, steps=1)
    lines = [numbers for _, _, numbers, _ in statements(found, 0, Look(digits=3))]
    assert lines == [
        "",
        "−2 + 0.1 × (−1)",
        "0.99 × 0 + (1 − 0.99) × (−2.1)²",
        "−1 − 0.1 × (−2.1)/(√0.0441 + 1e-8)",
    ]


@pytest.mark.parametrize(
    ("count", "more"), [(8, ""), (9, "1 more parameter"), (20, "12 more parameters")]
)
def test_many_parameters(count: int, more: str) -> None:
    """Up to eight parameters have their line, of others there is the number."""
    names = [f"p{k}" for k in range(count)]
    found = descend("+".join(names), dict.fromkeys(names, 1), lr=0.5, steps=1)
    lines = first_of(found, Look())
    assert lines[:MOST_PARAMETERS] == [f"update 1   {n} ← {n} − 0.5 × 1 = 0.5" for n in names[:8]]
    assert len(lines) == MOST_PARAMETERS + bool(more)
    assert not more or lines[-1] == f"… and {more}"
    assert rule_of(found, Look()).startswith("sgd   θ ← θ − η × ∂L/∂θ   ")
    assert explained(found, 0).plain.count("update 1 of p") == count


def test_no_update() -> None:
    """Where none was made there is no line of one."""
    assert first_of(square(until_loss=5), Look()) == []


# parameters | rule | the statement of its memory, or of the parameter, in Unicode and in ASCII
CLASHES = [
    ("v", "momentum", "v′ ← μ × v′ + g", "v' <- momentum*v' + g"),
    ("v", "adam", "v̂ = v′/(1 − β₂^t)", "vhat = v'/(1 - beta2**t)"),
    ("m", "adam", "m̂ = m′/(1 − β₁^t)", "mhat = m'/(1 - beta1**t)"),
    ("s", "rmsprop", "s ← s − η × g/(√s′ + ε)", "s <- s - lr*g/(sqrt(s') + eps)"),
    ("g", "momentum", "v ← μ × v + g′", "v <- momentum*v + g'"),
    ("g", "sgd", "g ← g − η × ∂L/∂g", "g <- g - lr*dL/dg"),
    ("t", "adam", "m̂ = m/(1 − β₁^t′)", "mhat = m/(1 - beta1**t')"),
    ("theta", "sgd", "theta ← theta − η × ∂L/∂theta", "theta <- theta - lr*dL/dtheta"),
    ("eta", "sgd", "eta ← eta − η × ∂L/∂eta", "eta <- eta - lr*dL/deta"),
    ("lr", "sgd", "lr ← lr − η × ∂L/∂lr", "lr <- lr - lr'*dL/dlr"),
    ("momentum", "momentum", "v ← μ × v + g", "v <- momentum'*v + g"),
    ("sqrt", "adagrad", "sqrt ← sqrt − η × g/(√s + ε)", "sqrt <- sqrt - lr*g/(sqrt(s) + eps)"),
    ("mhat", "adam", "m̂ = m/(1 − β₁^t)", "mhat' = m/(1 - beta1**t)"),
    ("w,v", "momentum", "w ← w − η × v′", "w <- w - lr*v'"),
]


@pytest.mark.parametrize(("names", "rule", "unicode", "ascii"), CLASHES)
def test_names_that_clash_are_told_apart(names: str, rule: str, unicode: str, ascii: str) -> None:
    """What a rule calls as a parameter is called has a prime, in every line alike."""
    parameters = names.split(",")
    program = "+".join(f"{name}**2" for name in parameters)
    found = descend(program, dict.fromkeys(parameters, 1), optimizer=rule, lr=0.1, steps=1)
    for look, statement in ((Look(), unicode), (Look(ascii=True), ascii)):
        text = explained(found, 0, look).plain
        assert any(line.strip().startswith(f"{statement} ") for line in text.splitlines())
        head = rule_of(found, look)
        primed = set(re.findall(r"[\w\u0302]+['′]", head.split("   ")[1]))
        assert primed <= set(re.findall(r"[\w\u0302]+['′]", text))
        numbers = [part.split(" = ")[0] for part in head.split("   ")[2].split(", ")]
        assert not {*numbers} & {*parameters}
        assert all(re.search(rf"(?<!\w){re.escape(name)}(?!['′\w])", text) for name in numbers)


# -- width


@pytest.mark.parametrize("rule", ["sgd", "nesterov", "adamw"])
@in_both_forms
def test_no_line_is_too_long(rule: str, *, ascii: bool) -> None:
    """Aligned where that fits, else part by part below, no line is wider than the screen."""
    scalar = square(rule, weight_decay=0.3)
    matrix = descend(BOWL, W=np.arange(12.0).reshape(3, 4) / 7, optimizer=rule, steps=2)
    for found in (scalar, matrix):
        whole = explained(found, 1, Look(ascii=ascii)).plain
        aligned = 0
        for width in range(40, 140):
            text = explained(found, 1, Look(width=width, ascii=ascii)).plain
            assert max(map(cell_len, text.splitlines())) <= width
            assert "".join(text.split()) == "".join(whole.split())
            aligned += text == whole
        assert aligned or max(map(cell_len, whole.splitlines())) >= 140
