"""With its questions and hints: a session without a terminal."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from programs import Program, programs

from backtrace import trace
from backtrace.errors import BacktraceError, ShapeError, UsageError
from backtrace.homework.answers.claims import LONGEST
from backtrace.homework.practice.hints import Hints
from backtrace.homework.practice.questions import MOST_QUESTIONS, Question, Questions, Undefined
from backtrace.homework.practice.session import MOST_TRIES, Reply, Session
from backtrace.homework.problems.problem import Problem
from backtrace.homework.verdicts import MISTAKES, REASONS
from backtrace.ops import OPS
from backtrace.records import Trace

NEURON = ("sigmoid(w*x + b)", {"w": 2, "x": -1, "b": 1})
LOSS = ("s = w*x - y; L = s**2", {"w": 2, "x": -3, "y": 1})
HELD = ("s = w*x; L = s*w", {"w": 2, "x": 3})
SQUARE = ("x*x", {"x": 3})
VECTOR = ("mean((w*x)**2)", {"w": 3, "x": [1, 2, 3]})
LETTERS = ("s = h*q; s", {"h": 2, "q": 3})

Given = tuple[str, dict[str, Any]]


def session(given: Given) -> Session:
    """A session about a program at its point."""
    return Session(Problem(*given))


def at(given: Given, asked: str) -> Session:
    """A session that has come to the question for `asked`."""
    found = session(given)
    while found.asked != asked:
        found.take("skip")
    return found


def replies(found: Session, *answers: str) -> list[Reply]:
    """What is said to the answers, one after the other."""
    return [found.take(answer) for answer in answers]


def right_answer(found: Trace, question: Question) -> str:
    """The number that a trace has for a question, with all its digits."""
    of, by = question.target.of, question.target.by
    if by is None:
        value = found.values[of]
    elif question.kind == "gradient":
        value = found.adjoints[by]
    else:
        edges = [(via, slot) for via, slot in found.edges(by) if via == of]
        value = sum(found.contribution(*edge).local_value for edge in edges)
    return repr(np.asarray(value).tolist())


# -- the questions

ASKED: list[tuple[Given, list[str]]] = [
    (
        NEURON,
        [
            *("v1", "v2", "L"),
            *("∂v1/∂w", "∂v1/∂x", "∂v2/∂v1", "∂v2/∂b", "∂L/∂v2"),
            *("∂L/∂L", "∂L/∂v2", "∂L/∂b", "∂L/∂v1", "∂L/∂x", "∂L/∂w"),
        ],
    ),
    (SQUARE, ["L", "∂L/∂x", "∂L/∂L", "∂L/∂x"]),
    (
        VECTOR,
        ["v1", "v2", "L", "∂L/∂L", "∂L/∂v2", "∂L/∂v1", "∂L/∂x", "∂L/∂w"],
    ),
    (("1/2 * x", {"x": 1}), ["L", "∂L/∂x", "∂L/∂L", "∂L/∂x"]),
    (("2*3", {}), ["L"]),
    (("x > 0", {"x": 1}), ["L"]),
    (("x[i]", {"x": [1, 2], "i": 1}), ["L", "∂L/∂L", "∂L/∂x"]),
    (("y = x; z = x + 1; 2*y", {"x": 1}), ["L", "∂L/∂x", "∂L/∂L", "∂L/∂x"]),
    (
        ("where(x > 0, x, log(x))", {"x": 2}),
        ["v1", "v2", "L", "∂v2/∂x", "∂L/∂x", "∂L/∂v2", "∂L/∂L", "∂L/∂v2", "∂L/∂x"],
    ),
]


@pytest.mark.parametrize(("given", "asked"), ASKED)
def test_what_is_asked(given: Given, asked: list[str]) -> None:
    """The values going up, the local derivatives, the gradients going back; of literals nothing."""
    found = Questions(Problem(*given))
    assert [Hints(found).name(question) for question in found.asked] == asked


@pytest.mark.parametrize(
    ("given", "error", "text"),
    [
        (("x", {"x": 1}), UsageError, "nothing to practise"),
        (("3", {}), UsageError, "nothing to practise"),
        (("x**2", {"x": [1, 2]}), ShapeError, "shape (2,)"),
        (("x**2", {"x": np.nan}), Undefined, "nan"),
        (("log(x)", {"x": -1}), Undefined, "log needs a number above 0"),
        (("sqrt(x)", {"x": 0}), Undefined, "inf"),
    ],
)
def test_what_cannot_be_practised(given: Given, error: type[BacktraceError], text: str) -> None:
    """What has no step, is no number or is undefined is refused with the reason."""
    with pytest.raises(error, match=re.escape(text)) as raised:
        session(given)
    assert raised.value.exit_code == (3 if error is Undefined else 2)


def chain(steps: int) -> Given:
    """A program of so many statements with two steps each."""
    lines = [f"a{k + 1} = sin(a{k}) + w" for k in range(steps)]
    return "; ".join(["a0 = 2*w", *lines]), {"w": 0.5}


def test_of_a_long_program_the_last_steps() -> None:
    """The backward pass over the last steps is whole, and what goes into them is given."""
    found = session(chain(1000))
    assert MOST_QUESTIONS - 8 < len(found.progress) <= MOST_QUESTIONS
    graph = found.questions.graph
    steps, given = found.questions.chosen, found.questions.given
    assert graph.output in steps
    assert given == (min(steps) - 1,)
    assert steps == set(range(min(steps), graph.output + 1))
    gradients = [p.question.target.by for p in found.progress if p.question.kind == "gradient"]
    assert graph.variables["w"] not in gradients  # it is used before these steps, too
    assert len(gradients) == len(steps) + 1


def test_one_step_of_many_inputs() -> None:
    """Of a single step with too many inputs the first questions are asked."""
    names = [f"x{k}" for k in range(60)]
    found = session((f"max({', '.join(names)})", dict.fromkeys(names, 1.0)))
    assert len(found.progress) == MOST_QUESTIONS


def test_a_long_array_has_no_value_to_work_out() -> None:
    """Of an array of many entries only the gradients are asked, for which there is a formula."""
    found = session(("sum(x**2)", {"x": list(range(50))}))
    assert [p.question.kind for p in found.progress] == ["value", *["gradient"] * 3]
    found = at(("sum(x**2)", {"x": list(range(50))}), "∂L/∂x")
    assert found.take("2*x").state == "correct"


# -- all right


@settings(max_examples=60, deadline=None)
@given(program=programs(["ordinary", "ties", "far"]))
def test_the_numbers_of_the_trace_are_all_right(program: Program) -> None:
    """Whatever the program, whoever answers with the numbers of its trace has all points."""
    assume(program.shape == ())
    try:
        found = Session(Problem(program.text, program.values))
    except (Undefined, UsageError):
        assume(False)
    known = trace(program.text, program.values)
    for progress in found.progress:
        answer = right_answer(known, progress.question)
        assume(len(answer) < LONGEST)
        said = found.take(answer)
        assert (said.state, said.is_over) == ("correct", True), (found.asked, answer, said)
    score = found.score()
    assert found.is_over
    assert score.all_right
    assert score.points == score.questions == len(found.progress)
    assert not score.mistakes


@pytest.mark.parametrize("given", [NEURON, LOSS, HELD, SQUARE, VECTOR, LETTERS])
def test_another_number_is_wrong(given: Given) -> None:
    """A number that is off by a hundredth of itself, or by one, is never taken."""
    found, known = session(given), trace(*given)
    for progress in list(found.progress):
        right = np.asarray(ast.literal_eval(right_answer(known, progress.question)))
        for wrong in (right * 1.01 + 1e-3, right + 1, right - 1):
            said = found.take(repr(wrong.tolist()))
            assert said.state == "wrong", (progress.question, wrong)
    score = found.score()
    assert (score.points, score.all_right) == (0, False)
    assert sum(score.mistakes.values()) == MOST_TRIES * score.questions


# what is asked | an answer | its state
ANSWERS: list[tuple[Given, str, str, str]] = [
    (LOSS, "L", "49", "correct"),
    (LOSS, "L", "L = 49", "correct"),
    (LOSS, "L", "(-7)^2", "correct"),
    (LOSS, "L", "s**2", "precision"),
    (LOSS, "∂L/∂s", "2s", "correct"),
    (LOSS, "∂L/∂s", "2*(w*x - y)", "correct"),
    (LOSS, "∂L/∂s", r"\frac{\partial L}{\partial s} = 2 \cdot s", "correct"),
    (LOSS, "∂L/∂s", "dL/ds = -14", "correct"),
    (LOSS, "∂L/∂s", "dL/dw = -14", "unreadable"),
    (LOSS, "∂L/∂s", "2*zz", "unreadable"),
    (LOSS, "∂L/∂s", "2*", "unreadable"),
    (LOSS, "∂L/∂s", "nan", "wrong"),
    (LOSS, "∂L/∂s", "inf", "wrong"),
    (LOSS, "∂L/∂s", "[1, 2]", "wrong"),
    (LOSS, "∂L/∂s", "9**9**9", "wrong"),
    (LOSS, "∂L/∂s", "__import__('os')", "unreadable"),
    (NEURON, "L", "0.27", "precision"),
    (NEURON, "L", "0.269", "correct"),
    (NEURON, "∂L/∂v2", "L(1-L)", "correct"),
    (NEURON, "∂L/∂v2", "L*(1-L)*1.0000001", "wrong"),
    (HELD, "∂L/∂w", "s", "correct"),
    (HELD, "∂L/∂w", "w*x", "correct"),
    (HELD, "∂L/∂w", "6", "correct"),
    (HELD, "∂L/∂w", "2*w*x", "wrong"),
    (HELD, "∂L/∂w", "12", "wrong"),
    (SQUARE, "∂L/∂x", "x + x", "correct"),
    (SQUARE, "∂L/∂x", "x", "wrong"),
    (VECTOR, "v1", "[3, 6, 9]", "correct"),
    (VECTOR, "v1", "[3, 6, 8]", "wrong"),
    (VECTOR, "v1", "3*[1, 2, 3]", "correct"),
    (VECTOR, "∂L/∂v2", "1/3", "correct"),
    (VECTOR, "∂L/∂x", "2*w**2*x/3", "correct"),
    (LETTERS, "∂s/∂h", "q", "correct"),
    (("sqrt(x - 50)*asin(x - 100)", {"x": 100.5}), "v1", "x - 50", "undecided"),
    (("sqrt(x - 50)*asin(x - 100)", {"x": 100.5}), "v1", "50.5", "correct"),
]


@pytest.mark.parametrize(("given", "asked", "answer", "state"), ANSWERS)
def test_how_an_answer_is_taken(given: Given, asked: str, answer: str, state: str) -> None:
    """A number or a formula, in the language or LaTeX; only what is wrong costs a try."""
    found = at(given, asked)
    now = found.current
    said = found.take(answer)
    assert (said.state, said.is_over) == (state, state == "correct"), said
    assert now.tries == (state in ("correct", "wrong"))
    assert now.is_right == (state == "correct")
    assert said.lines


def test_a_local_derivative_is_not_the_gradient() -> None:
    """In L = s*w with s = w*x, ∂L/∂w is first s and then, over both uses, 2*w*x."""
    found = at(HELD, "∂L/∂w")
    assert found.title == "L = s*w, by w alone with s held"
    found.take("s")
    while found.asked != "∂L/∂w":
        found.take("skip")
    assert found.title == "w is used twice, in s = w*x and L = s*w: the sum"
    assert [r.state for r in replies(found, "s", "2*s")] == ["wrong", "correct"]


@pytest.mark.parametrize(
    "answer", ["1+" * 50_000 + "1", "9" * 100_000, "(" * 100_000, "x" * 100_000]
)
def test_answers_without_end(answer: str) -> None:
    """An answer of 10^5 characters is refused for its length and costs no try."""
    found = at(LOSS, "∂L/∂s")
    said = found.take(answer)
    assert said.state == "unreadable"
    assert "at most 10,000 characters" in said.lines[0]
    assert found.current.tries == 0
    assert max(map(len, said.lines)) < 1200


# -- mistakes

WRONG: list[tuple[Given, str, str, str]] = [
    (LOSS, "∂L/∂w", "2*s", "missing-local"),
    (LOSS, "∂L/∂w", "-2*s*x", "sign"),
    (LOSS, "∂L/∂s", "s**2*2", "kept-exponent"),
    (LOSS, "s", "7", "sign"),
    (LOSS, "s", "1000", "wrong-value"),
    (LOSS, "∂L/∂s", "exp(s) + 1", "unexplained"),
    (NEURON, "∂L/∂w", "L*(1 - L)*w", "wrong-variable"),
    (NEURON, "∂L/∂v2", "sigmoid(v2)*(1 + sigmoid(v2))", "wrong-local"),
]


@pytest.mark.parametrize(("given", "asked", "answer", "code"), WRONG)
def test_a_mistake_is_named_and_counted(given: Given, asked: str, answer: str, code: str) -> None:
    """The reply to a wrong answer has the code of the mistake, and so has the score."""
    found = at(given, asked)
    said = found.take(answer)
    assert said.state == "wrong"
    assert any(line.removeprefix("or ").startswith(f"{code}:") for line in said.lines), said
    assert said.lines[-1] == f"try twice more; {found.commands['hint']} is a hint"
    (counted,) = found.score().mistakes.items()
    assert counted[0] in MISTAKES or counted[0] in REASONS
    assert counted[1] == 1


def test_a_wrong_answer_does_not_show_the_right_one() -> None:
    """Neither the number nor, of a local derivative, the formula is given away before the end."""
    found = at(LOSS, "∂L/∂s")
    for answer in ("s", "3", "s**3"):
        assert found.current.tries < MOST_TRIES
        said = found.take(answer)
        shown = "\n".join(said.lines[:-1])
        assert "= 2*s" not in shown
        assert "-14" not in shown
    assert said.lines[-1] == "∂L/∂s = 2*s = -14"
    assert said.is_over


# -- tries, hints and commands


@pytest.mark.parametrize(
    ("answers", "points", "is_right"),
    [
        (["-14"], 1.0, True),
        (["2*s"], 1.0, True),
        (["", "2*", "zz", "-14"], 1.0, True),
        (["?", "help", "-14"], 1.0, True),
        (["3", "-14"], 0.5, True),
        (["3", "4", "-14"], 0.5, True),
        (["3", "4", "5"], 0.0, False),
        (["h", "-14"], 0.5, True),
        (["h", "hint", "-14"], 0.5, True),
        (["h", "h", "h"], 0.0, False),
        (["h", "3", "H", "4", "-14"], 0.5, True),
        ([":s"], 0.0, False),
        (["skip"], 0.0, False),
        (["3", ":skip"], 0.0, False),
    ],
)
def test_what_a_question_counts(answers: Sequence[str], points: float, is_right: bool) -> None:
    """The first try is a point, later or after a hint a half; what was shown counts nothing."""
    found = at(LOSS, "∂L/∂s")
    now = found.current
    *before, last = replies(found, *answers)
    assert not any(said.is_over for said in before)
    assert last.is_over
    assert (now.points, now.is_right) == (points, is_right)
    assert found.current is not now
    assert not found.score().all_right


SUMMED = "(summed over axis 0 to one number)"
RELU = OPS["relu"].convention

# what is asked | the three hints
HINTS: list[tuple[Given, str, list[str]]] = [
    (NEURON, "v1", ["put w and x into w*x", "v1 = 2*(-1)", "v1 = w*x = 2*(-1) = -2"]),
    (
        NEURON,
        "L",
        [
            "put v2 into sigmoid(v2); sigmoid(v2) = 1/(1 + exp(-v2))",
            "L = sigmoid(-1)",
            "L = sigmoid(v2) = sigmoid(-1) = 0.268941",
        ],
    ),
    (
        NEURON,
        "∂L/∂v2",
        [
            "the derivative of sigmoid(a) by a is sigmoid(a)*(1 - sigmoid(a))",
            "∂L/∂v2 = L*(1 - L)",
            "∂L/∂v2 = L*(1 - L) = 0.196612",
        ],
    ),
    (
        NEURON,
        "∂L/∂w",
        [
            "what arrives (∂L/∂v1) times the local derivative: ∂L/∂v1 × ∂v1/∂w",
            "∂L/∂w = ∂L/∂v1 × x",
            "∂L/∂w = ∂L/∂v1 × ∂v1/∂w = 0.196612 × (-1) = -0.196612",
        ],
    ),
    (
        NEURON,
        "∂L/∂L",
        [
            "L changes exactly as much as itself",
            "∂L/∂L is the same number in every program",
            "∂L/∂L = 1",
        ],
    ),
    (
        VECTOR,
        "∂L/∂v2",
        [
            "what arrives (∂L/∂L), taken back through the step: (∂L/∂L back through L = mean(v2))",
            "∂L/∂v2 = Ḡ/3, where Ḡ is ∂L/∂L",
            "∂L/∂v2 = Ḡ/3 = [0.333333, 0.333333, 0.333333], where Ḡ is ∂L/∂L",
        ],
    ),
    (
        VECTOR,
        "∂L/∂w",
        [
            "what arrives (∂L/∂v1) times the local derivative, entry by entry: ∂L/∂v1 × ∂v1/∂w",
            f"∂L/∂w = ∂L/∂v1 × x {SUMMED}",
            f"∂L/∂w = ∂L/∂v1 × ∂v1/∂w = [2, 4, 6] × [1, 2, 3] {SUMMED} = 28",
        ],
    ),
    (
        SQUARE,
        "∂L/∂x",
        [
            "the derivative of a*b by a is b; x stands in it 2 times: add up what each gives",
            "∂L/∂x = x + x",
            "∂L/∂x = x + x = 6",
        ],
    ),
    (
        ("relu(x)", {"x": 0}),
        "∂L/∂x",
        [
            f"the derivative of relu(a) by a is where(a > 0, 1, 0); here is a kink: {RELU}",
            "∂L/∂x = where(x > 0, 1, 0)",
            "∂L/∂x = where(x > 0, 1, 0) = 0",
        ],
    ),
]


@pytest.mark.parametrize(("given", "asked", "hints"), HINTS)
def test_hints_come_in_stages(given: Given, asked: str, hints: list[str]) -> None:
    """First the rule, then the formula, then the answer with which the question ends."""
    found = at(given, asked)
    place = found.place
    said = replies(found, *["hint"] * 3)
    assert [reply.lines for reply in said] == [(hint,) for hint in hints]
    assert [reply.is_over for reply in said] == [False, False, True]
    assert found.place == place + 1


def test_the_sum_over_the_uses_is_explained() -> None:
    """Of a node that is used twice the hint is the sum of both paths."""
    found = at(HELD, "∂L/∂x")
    found.take("skip")
    assert found.title.startswith("w is used twice")
    said = replies(found, "h", "h")
    assert (
        said[0].lines[0].endswith("one for each of 2 uses, added up: ∂L/∂s × ∂s/∂w + ∂L/∂L × ∂L/∂w")
    )
    assert said[1].lines == ("∂L/∂w = ∂L/∂s × x + ∂L/∂L × s",)
    square = session(SQUARE)
    title = square.hints.title(square.progress[-1].question)
    assert title == "x is used twice, in L = x*x: the sum"


@settings(max_examples=40, deadline=None)
@given(program=programs(["ordinary", "ties"]))
def test_every_question_has_hints(program: Program) -> None:
    """Whatever the program, titles and hints of every question are one line that says something."""
    assume(program.shape == ())
    try:
        found = Session(Problem(program.text, program.values))
    except (Undefined, UsageError):
        assume(False)
    for progress in found.progress:
        hints, question = found.hints, progress.question
        for said in (hints.title, hints.rule, hints.formula, hints.solution, hints.right):
            text = said(question)
            assert text.strip() == text != ""
            assert "\n" not in text
        assert hints.solution(question).startswith(f"{hints.name(question)} = ")


@pytest.mark.parametrize(
    ("given", "word", "is_command"),
    [
        (NEURON, "s", True),
        (NEURON, "S", True),
        (NEURON, " skip ", True),
        (LETTERS, "s", False),
        (LETTERS, "h", False),
        (LETTERS, "q", False),
        (LETTERS, ":s", True),
        (LETTERS, ":h", True),
        (LETTERS, "quit", True),
        (LETTERS, ": q", True),
        (LETTERS, "?", True),
        (LETTERS, ":zz", False),
        (("hint = skip**2; hint*h", {"skip": 2, "h": 1}), "hint", False),
        (("hint = skip**2; hint*h", {"skip": 2, "h": 1}), ":hint", True),
    ],
)
def test_a_name_of_the_program_is_an_answer(given: Given, word: str, is_command: bool) -> None:
    """`s` skips, unless the program has an s: then it is an answer, and `:s` skips."""
    found = at(given, session(given).asked)
    said = found.take(word)
    judged = said.state not in (None, "skipped")
    assert judged != is_command, said


def test_how_commands_are_given() -> None:
    """The commands are told as they work here."""
    assert list(session(NEURON).commands.values()) == ["h", "s", "q", "?"]
    assert list(session(LETTERS).commands.values()) == [":h", ":s", ":q", "?"]
    assert any(":h gives a hint" in line for line in session(LETTERS).take("?").lines)


def test_to_quit_ends_it() -> None:
    """After q nothing is asked, and what was not reached is not right."""
    found = session(NEURON)
    replies(found, "-2", "q")
    assert found.is_over
    score = found.score()
    assert (score.points, score.questions, score.all_right) == (1, 14, False)
    assert [(t.kind, t.right, t.questions) for t in score.tallies] == [
        ("value", 1, 3),
        ("local", 0, 5),
        ("gradient", 0, 6),
    ]


def test_right_in_the_end_is_all_right() -> None:
    """Second tries and hints cost points, and yet everything is right in the end."""
    found = session(SQUARE)
    replies(found, "3", "9", "h", "2*x", "1", "6")
    score = found.score()
    assert (score.points, score.all_right) == (3, True)
    assert found.is_over
