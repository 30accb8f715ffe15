"""What a teacher should know of an assignment before students do."""

from __future__ import annotations

from pathlib import Path

import pytest

import backtrace
from backtrace.homework.courses.assignment_file import load_assignment, read_assignment
from backtrace.homework.courses.linting import CODES, Concern, errors, lint

GOOD = """
points = 4
[[problem]]
id = "p1"
program = "s = w*x - y; L = s**2"
at = { w = 2, x = -3, y = 1 }
points = 3
  [[problem.claim]]
  of = "dL/dw"
  points = 2
  answer = "2*x*(w*x - y)"
  [[problem.claim]]
  of = "s"
[[problem]]
id = "p2"
program = "L = log(x - 20)"
at = { x = 25 }
domain = { x = [21, 30] }
  [[problem.claim]]
  of = "dL/dx"
  answer = "1/(x - 20)"
"""


def concerns(text: str) -> list[Concern]:
    """What is found in an assignment."""
    return list(lint(read_assignment(text, "hw.toml")))


def of_problem(program: str, at: str, *claims: str, more: str = "") -> list[tuple[str, str]]:
    """Places and codes of what is found in a problem with these claims, each as TOML."""
    lines = [f'[[problem]]\nid = "p"\nprogram = "{program}"\nat = {{ {at} }}\n{more}']
    lines += [f"[[problem.claim]]\n{claim}" for claim in claims]
    return [(c.place, c.code) for c in concerns("\n".join(lines))]


SQUARE = ("s = w*x - y; L = s**2", "w = 2, x = -3, y = 1")


def test_a_good_assignment() -> None:
    """Nothing is said of one that is good."""
    assert concerns(GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "place", "code"),
    [
        ('"s = w*x - y; L = s**2"', '"s = w*; L = s**2"', "p1", "program"),
        ("x = -3,", "", "p1", "program"),
        ("x = 25", 'x = "q"', "p2", "program"),
        ("{ x = [21, 30] }", "{ z = [21, 30] }", "p2", "program"),
        ('of = "dL/dx"', 'of = "dL/dq"', "p2, dL/dq", "claim"),
        ('of = "dL/dx"', 'of = "dL/dx[0]"', "p2, dL/dx[0]", "claim"),
        ('of = "dL/dx"', 'of = "(("', "p2, ((", "claim"),
        ('of = "s"', 'of = "grad w"', "p1, grad w", "twice"),
        ('of = "s"', 'of = "∂L/∂w"', "p1, ∂L/∂w", "twice"),
        ('of = "s"', 'of = "w.grad"', "p1, w.grad", "twice"),
        ("2*x*(w*x - y)", "2*w*(w*x - y)", "p1, dL/dw", "answer"),
        ("2*x*(w*x - y)", "41", "p1, dL/dw", "answer"),
        ("2*x*(w*x - y)", "2*(", "p1, dL/dw", "answer"),
        ("2*x*(w*x - y)", "4e1", "p1, dL/dw", "answer"),
        ("x = 25", "x = 20", "p2, dL/dx", "undefined"),
        ("x = 25", "x = 10", "p2, dL/dx", "undefined"),
        ("points = 4", "points = 5", "hw", "total"),
        ("points = 3", "points = 3.5", "p1", "total"),
        ('of = "s"', 'of = "x"', "p1, x", "ambiguous"),
        ("w = 2, x = -3, y = 1", "w = 1, x = 1, y = 2", "p1, dL/dw", "weak-point"),
        ("w = 2, x = -3, y = 1", "w = 2, x = -3, y = 1, q = 3", "p1", "unused"),
    ],
)
def test_each_code(old: str, new: str, place: str, code: str) -> None:
    """Each thing that can be wrong is found, at its place, and said to be an error or not."""
    assert GOOD.count(old) == 1
    found = [c for c in concerns(GOOD.replace(old, new)) if (c.place, c.code) == (place, code)]
    assert found, concerns(GOOD.replace(old, new))
    assert found[0].is_error == CODES[code][0]
    assert found[0].text
    assert (found[0] in errors(found)) == CODES[code][0]


def test_every_code_is_reached() -> None:
    """No code of the table is left out above."""
    marks = test_each_code.pytestmark[0].args[1]  # type: ignore[attr-defined]
    assert {code for *_, code in marks} == set(CODES)


def test_points_that_no_formula_gets() -> None:
    """Where the program is defined nowhere, a domain has to be declared."""
    found = of_problem("L = log(x - 200)", "x = 201", 'of = "dL/dx"\nform = "number"')
    assert ("p, dL/dx", "undefined") not in found
    problem = 'program = "L = sqrt(-1 - x**2)"\nat = { x = 1 }'
    text = f'[[problem]]\nid = "p"\n{problem}\n[[problem.claim]]\nof = "dL/dx"\nform = "formula"'
    (concern,) = [c for c in concerns(text) if c.code == "undefined"]
    assert "declare a domain" in concern.text


def test_weak_points_have_a_better_one() -> None:
    """The point that is proposed hides nothing, and is said with each weak claim."""
    weak = GOOD.replace("w = 2, x = -3, y = 1", "w = 1, x = 1, y = 2")
    (found,) = [c for c in concerns(weak) if c.code == "weak-point"]
    better = found.text.partition("; better: at = ")[2]
    assert better.startswith("{ w = ")
    mended = weak.replace("{ w = 1, x = 1, y = 2 }", better)
    assert not [c for c in concerns(mended) if c.code == "weak-point"]


@pytest.mark.parametrize(
    "claim", ['of = "dL/dw"\nform = "formula"', 'of = "s"', 'of = "ds/dy"\nform = "formula"']
)
def test_only_numbers_have_weak_points(claim: str) -> None:
    """Where a formula is asked for, or a value, no point is weak."""
    found = of_problem(SQUARE[0], "w = 1, x = 1, y = 2", claim)
    assert all(code != "weak-point" for _, code in found)


def test_names_assigned_twice() -> None:
    """A name that is assigned again is ambiguous."""
    found = of_problem("s = w*x; s = s + 1; L = s**2", "w = 2, x = -3", 'of = "dL/ds"')
    assert found == [("p, dL/ds", "ambiguous")]


def test_without_anything() -> None:
    """The smallest assignment: one problem without values and declarations."""
    found = of_problem("L = w*w", "w = 3", 'of = "dL/dw"')
    assert all(not CODES[code][0] for _, code in found)


@pytest.mark.parametrize("entry", ["[7]", "[0, 0]", "[-9]"])
def test_entries_that_there_are_not(entry: str) -> None:
    """An entry that the array does not have is an error of the claim, and ends no lint."""
    claims = (f'of = "dL/dx{entry}"', 'of = "dL/dx"', 'of = "dL/dx[1]"')
    found = of_problem("L = sum(x**2)", "x = [3, 4]", *claims)
    assert found[0] == (f"p, dL/dx{entry}", "claim")
    assert not any(code == "claim" for _, code in found[1:])


def test_the_examples() -> None:
    """The sample course has nothing to mend; of the draft everything is found."""
    folder = Path(__file__).parent.parent / "examples" / "homework"
    assert errors(lint(load_assignment(str(folder / "hw3.toml")))) == []
    found = {c.code for c in lint(load_assignment(str(folder / "weak.toml")))}
    assert found >= {"answer", "weak-point", "ambiguous", "total", "undefined"}


def test_arrays() -> None:
    """A matrix problem is linted like any other."""
    found = of_problem(
        "s = W@x; L = sum(s**2)",
        "W = [[1, 2], [3, 5]], x = [2, -3]",
        'of = "dL/dW"\nanswer = "2*outer(s, x)"',
        'of = "dL/dx"\nanswer = "2*W@s"',
        'of = "ds/dx"',
    )
    assert ("p, dL/dx", "answer") in found
    assert ("p, dL/dW", "answer") not in found
    assert backtrace.check("L = sum(x)", {"x": [1, 2]}, "dL/dx = 1")
