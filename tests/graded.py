"""Grades by hand: every state, and texts that a report must survive."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from backtrace.homework.courses.grades import Grade
from backtrace.homework.reports import Facts
from backtrace.homework.verdicts import Counterexample, State, Verdict

RIGHT = "1.834"  # the right value in the counterexample
AT = {"w": 1.3, "x": -0.7, "y": 0.4}
CARETS = """an operator is missing here
    2*s + * x
          ^"""

WRONG = Verdict(
    "dL/dw = 2*s",
    "wrong",
    "missing-local: the factor ∂s/∂w = x is left out (or upstream-only)",
    ("missing-local", "upstream-only"),
    Counterexample(AT, -2.62, 1.834, 1.8340004),
    notes=("at the problem's own point 1.834 is right",),
)
UNDEFINED = Verdict(
    "dL/dx = log(-s**2)",
    "wrong",
    "domain: undefined where the derivative is defined",
    ("domain",),
    Counterexample({"w": math.inf}, None, -math.inf, math.nan),
)
ARRAY = Verdict(
    "dL/dW = W",
    "wrong",
    "transposed: the answer is transposed",
    ("transposed",),
    Counterexample(
        {"W": np.array([[1.0, 2.0], [3.0, 4.0]])}, np.arange(3.0), np.array([-0.0, math.nan]), None
    ),
)
VALUE = Verdict(
    "s = 3",
    "wrong",
    "wrong-value: the forward value is another one",
    ("wrong-value",),
    Counterexample({}, 3.0, -1.0, None, "value"),
)
VERDICTS: dict[str, Verdict] = {
    "correct": Verdict("dL/ds = 2*s", "correct", "agrees at 24 of 24 points"),
    "follow-through": Verdict("dL/dw = -6", "follow-through", "right, given your dL/ds"),
    "precision": Verdict("x = 0.3", "precision", "right, with too few digits", ("too-few-digits",)),
    "wrong": WRONG,
    "missing": Verdict("dL/dy", "missing", "there is no answer", ("no-answer",)),
    "unreadable": Verdict("dL/dw = 2*s + * x", "unreadable", CARETS, ("syntax",)),
    "undecided": Verdict("w = x", "undecided", "defined at 2 of 24 points", ("too-few-points",)),
    "skipped": Verdict("dQ/dw", "skipped", "the assignment has no dQ/dw", ("unknown-claim",)),
    "undefined": UNDEFINED,
    "array": ARRAY,
    "value": VALUE,
    "read": Verdict("dL/dw = 1/2x", "correct", "agrees", read_as="(1/2)*x", notes=("1/2x is x/2",)),
}
SCORES: dict[State, float] = {"correct": 2.0, "follow-through": 2.0, "precision": 1.0}
HOSTILE = (
    "=HYPERLINK(1)",
    "+1-1",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "-1.5e3",
    "../../etc/passwd",
    "a|b`c``d\\",
    "<script>alert(1)</script> &amp; ]]>",
    "*bold* _x_ [l](u) ![i](u) # h",
    "new\nline\r\nand\rmore\u2028end",
    '"quoted", comma; semicolon',
    "\x00\x1b[31mred\x07\x85\ufffe\u202e",
    "\ud800 alone",
    "名前の長い学生" * 9,
    "x" * 100_000,
    " ",
    "- item",
    "1. first",
    "~~gone~~ $x$ https://example.org",
)


def grade(student: str, problem: str, verdict: Verdict, *warnings: str) -> Grade:
    """A grade of 2 points, or of none where nothing was asked."""
    claim, _, answer = verdict.claim.partition(" = ")
    points = 0.0 if verdict.state == "skipped" else 2.0
    score = SCORES.get(verdict.state, 0.0)
    return Grade(student, problem, claim, answer, verdict, score, points, warnings)


ALICE = [grade("alice", "p1" if k % 2 else "p0", v) for k, v in enumerate(VERDICTS.values())]
ALICE.sort(key=lambda g: g.problem)
BOB = [grade("bob", "p1", WRONG, "answered twice; the last one counts")]


def hostile(text: str) -> Grade:
    """A grade in which the text stands wherever a student, or a file, can put it."""
    verdict = replace(
        WRONG, claim=f"dL/dw = {text}", message=f"{WRONG.message} in {text}", read_as=text
    )
    return Grade(text, text, text, text, verdict, 0.0, 1.0, (text,))


EVIL = [hostile(text) for text in HOSTILE]
GRADES = [*ALICE, *BOB, *EVIL]
FACTS = Facts("HW 3: chain rule", 22.0, reveal=True, warnings=("carol.txt: no such student",))
