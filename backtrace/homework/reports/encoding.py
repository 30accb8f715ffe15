"""Verdicts and grades as JSON has them: the one definition of their keys.

A verdict is

    claim           as it was typed
    state           correct, follow-through, precision, wrong, missing, unreadable, undecided or
                    skipped
    code, codes     the likeliest mistake, or ""; all of them
    message         what is said of it
    read_as         how it was understood, where that is not literal
    notes           warnings
    counterexample  null, or point (values by name), yours (null: undefined there), right,
                    differences (null: there are none), quantity ("derivative" or "value") and
                        entry (of an array, the one that the numbers are of);
                    right and differences are null where the answer is withheld

and a grade has besides `answer`, `score`, `points` and `warnings`; its `claim` is the assignment's.
Arrays are nested lists. nan and the infinities are the strings "nan", "inf" and "-inf", since JSON
has no such numbers; -0.0 is 0.0.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, TypeAlias

import numpy as np

from backtrace.homework.courses.grades import Grade
from backtrace.homework.verdicts import Counterexample, Verdict
from backtrace.ops.rows import Value

SURROGATES = re.compile("[\ud800-\udfff]")

Json: TypeAlias = Any
encode = json.JSONEncoder(allow_nan=False).encode


def verdict_record(verdict: Verdict) -> dict[str, Json]:
    """One verdict; the keys stand in the module's docstring."""
    found = verdict.counterexample
    return {
        "claim": text(verdict.claim),
        "state": verdict.state,
        "code": verdict.code,
        "codes": list(verdict.codes),
        "message": text(verdict.message),
        "read_as": text(verdict.read_as),
        "notes": list(map(text, verdict.notes)),
        "counterexample": None if found is None else _counterexample(found),
    }


def grade_record(grade: Grade, shown: Verdict) -> dict[str, Json]:
    """One grade with what may be shown of its verdict."""
    return {
        "claim": text(grade.claim),
        "answer": text(grade.answer),
        **{key: value for key, value in verdict_record(shown).items() if key != "claim"},
        "score": number(grade.score),
        "points": number(grade.points),
        "warnings": list(map(text, grade.warnings)),
    }


def _counterexample(found: Counterexample) -> dict[str, Json]:
    return {
        "point": {text(name): number(value) for name, value in found.point.items()},
        "yours": number(found.yours),
        "right": number(found.right),
        "differences": number(found.differences),
        "quantity": found.quantity,
        "entry": list(found.entry),
    }


def text(given: str) -> str:
    """A text without lone surrogates, for which strict readers refuse the whole document."""
    return given if given.isascii() else SURROGATES.sub("�", given)


def number(value: Value | None) -> Json:
    """A float that JSON can hold, or its name; an array as nested lists; None as null."""
    if value is None:
        return None
    if np.ndim(value):
        return [number(part) for part in value]
    value = float(value)
    if math.isfinite(value):
        return value + 0.0  # -0.0 is 0.0
    return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
