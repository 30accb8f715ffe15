"""Claims as they are written, and the assignment's."""

from __future__ import annotations

import pytest
from handing_in import PROBLEMS, match

from backtrace.homework.submissions.keys import LONGEST, REMEMBERED, UNKNOWN, Keys, student_key


def test_a_claim_that_there_is() -> None:
    """However it is written it is the assignment's claim, with one number."""
    keys = Keys(PROBLEMS, match)
    found = keys.claim("p2", "∂L / ∂w")
    assert (found.number, found.problem, found.claim) == (1, "p2", "dL/dw")
    assert found == keys.claim("p2", "dL/dw")
    assert found.key < UNKNOWN
    assert found.key != keys.claim("p2", "s").key


@pytest.mark.parametrize(
    ("problem", "claim", "number", "identified"),
    [("p1", "foo", 0, "p1"), ("P2", "foo", 1, "p2"), ("p9", "s", None, "p9"), ("", "s", None, "")],
)
def test_a_claim_that_there_is_not(
    problem: str, claim: str, number: int | None, identified: str
) -> None:
    """It stays as it is written, under its problem if that is known."""
    found = Keys(PROBLEMS, match).claim(problem, claim)
    assert (found.problem, found.claim) == (identified, claim)
    assert found.number == number if number is not None else found.number >= UNKNOWN
    assert found.key >= UNKNOWN


def test_capitals_that_tell_problems_apart() -> None:
    """Where ids differ in capitals only, a problem is not guessed."""
    keys = Keys(("Ab", "aB", "c"), lambda *_: None)
    assert [keys.claim(text, "s").problem for text in ("Ab", "aB", "AB", "C")] == [
        "Ab", "aB", "AB", "c",
    ]  # fmt: skip


def test_a_match_that_is_none_of_the_problems() -> None:
    """What is matched to a problem that is not asked for is unknown."""
    assert Keys(("p1",), lambda *_: ("p9", "s")).claim("p1", "s").key >= UNKNOWN


def test_what_is_remembered() -> None:
    """A claim is matched once, a long text never; and no more is remembered than is useful."""
    seen: list[str] = []
    keys = Keys(("p1",), lambda _, claim: seen.append(claim))
    for claim in ("a", "a", "b" * LONGEST, "b"):
        keys.claim("p1", claim)
    assert seen == ["a", "b"]
    for number in range(REMEMBERED):
        keys.claim("p1", str(number))
    keys.claim("p1", "a")
    assert seen[-1] == "a"


def test_students() -> None:
    """Every student has another number, whether or not the name is remembered."""
    names = ["ann", "bob", "", "a" * LONGEST, "a" * (LONGEST + 1), "\ud800", "é"]
    assert len({student_key(name) for name in names}) == len(names)
    assert [student_key(name) for name in names] == [student_key(name) for name in names]
