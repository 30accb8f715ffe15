"""What a claim is about, and what it says."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backtrace.errors import BacktraceError, ReadError, ShapeError
from backtrace.graph import Apply, Graph
from backtrace.homework.answers.claims import (
    LONGEST,
    NotLatex,
    TooLong,
    is_number,
    read_answer,
    read_claim,
    split,
)
from backtrace.homework.answers.targets import Target, UnknownName, label, read_left, spoken
from backtrace.reading import read

LOSS = read("yhat = w*x; s = yhat - y; L = s**2")
PLAIN = read("tanh(w*x)*3 + 2")  # v1 = w*x, v2 = tanh(v1), v3 = v2*3
MATRIX = read("loss = sum((X @ W - Y)**2)", {"X", "W", "Y"})
AGAIN = read("c = w*x; c = c*c; c = sin(c); c + 1")
GREEK = read("θ = ρ*x₁; (θ - ŷ)**2")
CALLED_SO = read("L = w**2; y = L + 1")
LIKE_SIGNS = read("dw = 2*w; d = dw**2; grad = d + 1; grad*w")

LEFTS = [
    (LOSS, "dL/dw", "dL/dw"),
    (LOSS, "∂L/∂w", "dL/dw"),
    (LOSS, "δL/δw", "dL/dw"),
    (LOSS, " d L /  d w ", "dL/dw"),
    (LOSS, "d(L)/dw", "dL/dw"),
    (LOSS, "∂( L )/∂( w )", "dL/dw"),
    (LOSS, "dL/ds", "dL/ds"),
    (LOSS, "ds/dyhat", "ds/dyhat"),
    (LOSS, "∂s/∂ŷ", "ds/dyhat"),
    (LOSS, "dŷ/dw", "dyhat/dw"),
    (LOSS, "grad w", "dL/dw"),
    (LOSS, "grad(w)", "dL/dw"),
    (LOSS, "gradient s", "dL/ds"),
    (LOSS, "∇w", "dL/dw"),
    (LOSS, "∇_w", "dL/dw"),
    (LOSS, "∇_w L", "dL/dw"),
    (LOSS, "w.grad", "dL/dw"),
    (LOSS, "dw", "dL/dw"),
    (LOSS, "w", "dL/dw"),
    (LOSS, "s", "s"),
    (LOSS, "ŷ", "yhat"),
    (LOSS, "L", "L"),
    (PLAIN, "v1", "v1"),
    (PLAIN, "dv2/dv1", "dv2/dv1"),
    (PLAIN, "dL/dv3", "dL/dv3"),
    (PLAIN, "L", "L"),
    (MATRIX, "L", "loss"),
    (MATRIX, "dL/dW", "dloss/dW"),
    (MATRIX, "d(loss)/dW", "dloss/dW"),
    (MATRIX, "dL/dW[0,1]", "dloss/dW[0, 1]"),
    (MATRIX, "∂L/∂W [ 0 , -1 ]", "dloss/dW[0, -1]"),
    (MATRIX, "grad W", "dloss/dW"),
    (AGAIN, "c", "c"),
    (AGAIN, "dc/dw", "dc/dw"),
    (AGAIN, "dL/dc·1", "dL/dc·1"),
    (AGAIN, "dc·2/dc·1", "dc·2/dc·1"),
    (GREEK, "∂L/∂θ", "dL/dtheta"),
    (GREEK, "dL/dtheta", "dL/dtheta"),
    (GREEK, "∇_θ", "dL/dtheta"),
    (GREEK, "dθ/dx1", "dtheta/dx1"),
    (GREEK, "yhat", "dL/dyhat"),
    (CALLED_SO, "L", "L"),
    (CALLED_SO, "dL/dw", "dL/dw"),
    (CALLED_SO, "grad w", "dy/dw"),
    (CALLED_SO, "dy/dL", "dy/dL"),
    (LIKE_SIGNS, "dw", "dw"),
    (LIKE_SIGNS, "dd/ddw", "dd/ddw"),
    (LIKE_SIGNS, "ddw/dw", "ddw/dw"),
    (LIKE_SIGNS, "grad", "grad"),
    (LIKE_SIGNS, "grad w", "dL/dw"),
    (LIKE_SIGNS, "grad grad", "dL/dgrad"),
]


@pytest.mark.parametrize(("graph", "left", "expected"), LEFTS)
def test_left_sides(graph: Graph, left: str, expected: str) -> None:
    """Every accepted form of a left side says what it is about, in the one way it is shown."""
    assert label(read_left(left, graph), graph) == expected


@pytest.mark.parametrize("graph", [LOSS, PLAIN, MATRIX, AGAIN, GREEK, CALLED_SO, LIKE_SIGNS])
def test_a_label_reads_back(graph: Graph) -> None:
    """What is shown for any value and any derivative can be typed again."""
    nodes = [i for i, node in enumerate(graph.nodes) if isinstance(node, Apply)]
    targets = [*map(Target, nodes)]
    targets += [Target(of, by) for of in nodes for by in [*nodes, *graph.variables.values()]]
    targets.append(Target(graph.output, nodes[0], (1, -2)))
    for target in targets:
        assert read_left(label(target, graph), graph) == target, label(target, graph)
        if target.by is not None:
            assert read_left(spoken(target, graph), graph) == target, spoken(target, graph)


def test_a_name_that_is_assigned_again() -> None:
    """Below the stroke x is the variable; above it, and in an answer, what x means last."""
    graph = read("x = 2*x; x**2")
    for left in ("dL/dx", "grad x", "∇x", "x", "x.grad"):
        assert read_left(left, graph) == Target(graph.output, graph.variables["x"])
    assert read_left("dx/dx", graph) == Target(graph.names["x"], graph.variables["x"])
    assert read_left("dx/dx", graph).of != graph.variables["x"]


GRADIENTS = [
    ("∇_w s", "ds/dw"),
    ("grad w s", "ds/dw"),
    ("grad W[0,1]", "dloss/dW[0, 1]"),
    ("grad w nonsense", None),
    ("∇_w 2*x", None),
]


@pytest.mark.parametrize(("left", "expected"), GRADIENTS)
def test_nothing_of_a_left_side_is_overlooked(left: str, expected: str | None) -> None:
    """What stands after `grad w` is the node it is of, or an entry; else it is refused."""
    graph = MATRIX if "W" in left else LOSS
    if expected is None:
        with pytest.raises(ReadError):
            read_left(left, graph)
    else:
        assert label(read_left(left, graph), graph) == expected


LATEX = [
    (r"\frac{\partial L}{\partial w}", "dL/dw"),
    (r"\frac{dL}{dw}", "dL/dw"),
    (r"$\dfrac{\partial L}{\partial \hat{y}}$", "dL/dyhat"),
    (r"\frac{\partial}{\partial w} L", "dL/dw"),
    (r"\frac{\mathrm{d}s}{\mathrm{d}w}", "ds/dw"),
    (r"\partial L/\partial w", "dL/dw"),
    (r"\nabla_w L", "dL/dw"),
    (r"\nabla_{w} \hat{y}", "dyhat/dw"),
    (r"\hat{y}", "yhat"),
]


@pytest.mark.parametrize(("left", "expected"), LATEX)
def test_latex_left_sides(left: str, expected: str) -> None:
    """A derivative is read in LaTeX too, and how it was read is said."""
    claim = read_claim(f"{left} = 2", LOSS)
    assert label(claim.target, LOSS) == expected
    assert claim.read_as


@pytest.mark.parametrize(
    "left", ["", " ", "1", "w + x", "d/dw", "dL/d", "s[0]", "dL", "dL/dw dx", "dL/dw[x]", "dL/dw[]"]
)
def test_other_left_sides(left: str) -> None:
    """What is no left side is refused with its place, or is a gradient that is written short."""
    if left == "dL":
        assert read_left(left, LOSS) == Target(LOSS.output, LOSS.output)
        return
    with pytest.raises(ReadError) as caught:
        read_left(left, LOSS)
    assert caught.value.span is not None


ERRORS = [
    ("dL/dW = 1", UnknownName, "the problem has no W: did you mean w?", "dL/dW"),
    ("  dL/dq = 1", UnknownName, "no q; it has w, x, yhat, y, s and L", "dL/dq"),
    ("dq/dw = 1", UnknownName, "no q; it has", "dq/dw"),
    ("qqq = 1", UnknownName, "no qqq", "qqq"),
    ("dL/dw = 2*yhta", UnknownName, "no yhta: did you mean yhat?", "yhta"),
    ("dL/dw = 2*s*q + 1", UnknownName, "no q", "q"),
    ("dL/dw[1.5] = 1", ReadError, "whole numbers", "dL/dw[1.5]"),
    ("dL/dw", ReadError, "there is no =", "dL/dw"),
    ("dL/dw == 3", ReadError, "there is no =", "dL/dw == 3"),
    ("dL/dw <= 3", ReadError, "there is no =", "dL/dw <= 3"),
    ("dL/dw = ", ReadError, "nothing stands after the =", " "),
    ("dL/dw = 2*s*x = -28", ReadError, "a claim has one =", "="),
    ("dL/dw = a = 2; a", ReadError, "", "="),
    ("dL/dw = 2*(s", ReadError, "", "("),
    ("dL/dw = s; x", ReadError, "", "s"),
    ("dL/dw = s\nx", ReadError, "", "s"),
    (r"dL/dw = \foo{x}", NotLatex, r"\foo", r"\foo"),
    (r"\frac{\partial^2 L}{\partial w^2} = 2", NotLatex, "first derivatives", "^"),
]


@pytest.mark.parametrize(("text", "kind", "message", "place"), ERRORS)
def test_errors_have_a_place(text: str, kind: type[ReadError], message: str, place: str) -> None:
    """What cannot be read says what is wrong, and where in the text as it was typed."""
    with pytest.raises(kind) as caught:
        read_claim(text, LOSS)
    error = caught.value
    assert message in error.message
    assert error.source == text
    assert error.span is not None
    assert text[slice(*error.span)] == place


RIGHTS = [
    ("2*s*x", "", ["s", "x"]),
    ("2 s x", "2*s*x", ["s", "x"]),
    ("2sx", "2*s*x", ["s", "x"]),
    ("2x(wx - y)", "2*x*(w*x - y)", ["x", "w", "y"]),
    ("1/2x", "1/2*x, that is (1/2)*x", ["x"]),
    ("2·s×x − ŷ", "", ["s", "x", "yhat"]),
    ("s²", "s**2", ["s"]),
    ("L*x", "", ["L", "x"]),
    ("x == 0", "", ["x"]),
    ("where(x >= 0, s, -s)", "", ["x", "s"]),
    ("−28", "", []),
]


@pytest.mark.parametrize(("right", "read_as", "names"), RIGHTS)
def test_right_sides(right: str, read_as: str, names: list[str]) -> None:
    """An answer is one expression in variables and nodes; what is not literal is echoed."""
    claim = read_claim(f"dL/dw = {right}", LOSS)
    assert (claim.read_as, list(claim.right.variables)) == (read_as, names)
    assert read_answer(right, claim.target, LOSS).right.nodes == claim.right.nodes
    assert is_number(claim.right) == (not names)


def test_automatic_names_in_an_answer() -> None:
    """v1 and L are nodes where the program gives no names; a literal is no name."""
    assert list(read_claim("dL/dw = 3*(1 - v2**2)*x + v1*0", PLAIN).right.variables) == [
        *("v2", "x", "v1")
    ]
    with pytest.raises(UnknownName):
        read_claim("dL/dw = v9", PLAIN)


def test_what_was_asked_may_be_repeated() -> None:
    """An answer alone may have its own left side in any form, and not that of another claim."""
    target = read_left("dL/dw", LOSS)
    for text in ("2*s*x", "dL/dw = 2*s*x", "grad w = 2*s*x", r"\frac{dL}{dw} = 2 s x"):
        assert read_answer(text, target, LOSS).target == target
    with pytest.raises(ReadError, match="about dL/dx, and dL/dw was asked for"):
        read_answer("dL/dx = 2*s*w", target, LOSS)


def test_a_keyword_is_no_left_side() -> None:
    """The = of sum(x, axis=0) belongs to the formula, with and without a left side."""
    target = read_left("dL/dW", MATRIX)
    alone = read_answer("sum(X, axis=0)", target, MATRIX)
    whole = read_claim("dL/dW = sum(X, axis=0)", MATRIX)
    assert alone.right.nodes == whole.right.nodes
    assert split("sum(X, axis=0)") is None
    assert split("dL/dW = sum(X, axis=0)") == ("dL/dW ", " sum(X, axis=0)")


def test_what_is_read_otherwise_is_said() -> None:
    """The left side is echoed where it was written in another way."""
    assert read_claim("w = 2*s*x", LOSS).read_as == "∂L/∂w for w"
    assert read_claim("grad w = 2sx", LOSS).read_as == "∂L/∂w for grad w; 2*s*x"
    assert read_claim("∂(L)/∂w = 2*s*x", LOSS).read_as == ""
    assert read_claim("s = w*x - y", LOSS).read_as == ""
    assert read_claim("L = sum((X @ W - Y)**2)", MATRIX).read_as == "the value of loss for L"


def test_decimals() -> None:
    """A number with a decimal point may be rounded; a whole number is not."""
    decimals = {r: read_claim(f"dL/dw = {r}", LOSS).has_decimals for r in ("0.5*x", "x/2", "1.0")}
    assert decimals == {"0.5*x": True, "x/2": False, "1.0": True}


def test_a_program_without_names() -> None:
    """Of a program that is one number there is nothing to name but the output."""
    graph = read("3")
    assert read_left("L", graph) == Target(graph.output)
    with pytest.raises(UnknownName) as caught:
        read_left("x", graph)
    assert caught.value.message == "the problem has no x"


# -- hostile texts

EVIL = [
    *("9**9**9", "__import__('os')", "open('/etc/passwd')", "=cmd|' /C calc'!A0", "@SUM(A1)"),
    *("\x1b[31mx", "x\x00", "\u202ex", "\ud800", "🙂", "lambda: 0", "x.__class__", "load('a')"),
    *("arange(10**9)", "1e400", "1e-400", "'x'", '"""', "{}", "[]", "[[", "$", "\\", "%", "x!"),
]
LONG = [
    *("(" * 4000, "[" * 4000, "-" * 9000, "x^" * 4000 + "2", "x[" * 3000, "sin " * 2000),
    *("q" * 9000, "1" * 9000, "1e" + "9" * 9000, "0e" + "9" * 9000, "x;" * 4000, "=" * 9000),
    *("a b c" * 1500, r"\frac{" * 1500, "{" * 9000, "\u0301" * 9000, "x(" * 4000, "🙂" * 9000),
]


def read_or_refused(text: str) -> BacktraceError | None:
    """The error of a text that is not read."""
    try:
        read_claim(text, LOSS)
    except BacktraceError as error:
        return error
    return None


@pytest.mark.parametrize("text", [*EVIL, *LONG], ids=lambda text: ascii(text[:12]))
@pytest.mark.parametrize("form", ["dL/dw = {}", "{}", "{} = 1", "dL/d{} = 1", "grad {} = 1"])
def test_a_hostile_claim(text: str, form: str) -> None:
    """Whatever stands on either side is read or refused, and what is said of it can be shown."""
    error = read_or_refused(form.replace("{}", text))
    if error is not None:
        assert len(str(error)) < 1000
        assert all(character.isprintable() or character == "\n" for character in str(error))


@pytest.mark.parametrize("start", ["grad ", "gradient (", "∇", "∇_", "d", "d(", "dL/d", "dL/dw["])
@pytest.mark.parametrize("filling", ["a", " ", "(", ".grad", "1,", "d/"])
def test_no_left_side_takes_the_square_of_its_length(start: str, filling: str) -> None:
    """Thrice what is read takes milliseconds: with the square it would be many seconds."""
    text = start + filling * (30_000 // len(filling)) + " b c"
    before = time.process_time()
    with pytest.raises(ReadError):
        read_left(text, LOSS)
    assert time.process_time() - before < 2


def test_an_answer_that_is_too_long() -> None:
    """Of 10^5 characters nothing is read; at the limit everything still is."""
    target = read_left("dL/dw", LOSS)
    for too_long in ("x+" * 50_000 + "x", "(" * 10**5, "x" * (LONGEST + 1)):
        with pytest.raises(TooLong, match="10,000 characters"):
            read_answer(too_long, target, LOSS)
        with pytest.raises(TooLong):
            read_claim(f"dL/dw = {too_long}", LOSS)
    at_limit = "x + w" + " " * (LONGEST - 5)
    assert len(at_limit) == LONGEST
    assert len(read_answer(at_limit, target, LOSS).right.nodes) == 3


@given(st.text(max_size=40))
def test_any_text(text: str) -> None:
    """Any text is read or refused as an answer, a claim and a left side; nothing else is raised."""
    read_or_refused(text)
    read_or_refused(f"dL/dw = {text}")
    read_or_refused(f"{text} = 1")


PIECES = st.sampled_from(
    ["d", "∂", "L", "w", "s", "/", " ", "(", ")", "[0]", "grad", "=", "∇_", "2"]
)


@given(st.lists(PIECES, max_size=12).map("".join))
def test_pieces_of_claims(text: str) -> None:
    """What is read from the signs of claims has a target whose label is a claim again."""
    try:
        target = read_claim(text, LOSS).target
    except (ReadError, ShapeError):
        return
    assert read_left(label(target, LOSS), LOSS) == target
