"""backtrace.reading.prefixes: what is pasted from a library means here what it means there."""

from __future__ import annotations

import math
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import sympy
from table import close

from backtrace.errors import ReadError
from backtrace.ops import FUNCTIONS, Elementwise
from backtrace.reading import read
from backtrace.reading.prefixes import ELSEWHERE, LIBRARIES
from backtrace.tracing import trace

torch = pytest.importorskip("torch")

MODULES: dict[str, ModuleType] = {
    "math": math,
    "np": np,
    "torch": torch,
    "torch.special": torch.special,
    "F": torch.nn.functional,
    "sp": sympy,
}
HONOURED = [
    pytest.param(
        *(prefix, name),
        id=f"{prefix}.{name}",
    )
    for prefix, module in MODULES.items()
    for name in FUNCTIONS
    if hasattr(module, name) and name not in ELSEWHERE[LIBRARIES[prefix]]
]


def theirs(prefix: str, name: str, row: Elementwise, point: tuple[float, ...]) -> float | None:
    """The library's own value; None where it does not take such arguments or answers otherwise."""
    makers: dict[str, Any] = {"math": float, "np": np.float64, "sp": sympy.Float}
    make = makers.get(prefix, lambda x: torch.tensor(x, dtype=torch.float64))
    arguments = [make(x) for x in point]
    if name == "where":
        arguments[0] = arguments[0] != 0
    options = {**row.params, **row.chosen_by}
    try:
        with np.errstate(all="ignore"):
            return float(getattr(MODULES[prefix], name)(*arguments, **options))
    except (TypeError, ValueError, DeprecationWarning, sympy.polys.polyerrors.ComputationFailed):
        return None  # sympy's cbrt(-8) is a complex number


def compared(prefix: str, name: str) -> Iterator[tuple[float, float]]:
    """Our value and the library's at the samples of every row of that name."""
    for row in FUNCTIONS[name]:
        options = {**row.params, **{k: f'"{v}"' for k, v in row.chosen_by.items()}}
        keywords = [f"{k}={v}" for k, v in options.items()]
        for point in row.domain.samples:
            bound = {f"x{i}": x for i, x in enumerate(point)}
            expected = theirs(prefix, name, row, point)
            if expected is not None:
                program = f"{prefix}.{name}({', '.join([*bound, *keywords])})"
                yield trace(program, bound).value, expected


@pytest.mark.parametrize(("prefix", "name"), HONOURED)
def test_a_function_of_a_library_has_its_value(prefix: str, name: str) -> None:
    """Every name that a library shares with the table is read, and has the library's value."""
    found = list(compared(prefix, name))
    assert found
    for ours, expected in found:
        assert close(ours, expected)


@pytest.mark.parametrize(
    ("program", "value"),
    [
        ("math.pi + np.e", math.pi + math.e),
        ("np.inf", math.inf),
        ("torch.pi*sp.pi", math.pi**2),
        ("math.log(8, 2)", 3),
        ("numpy.log(e)", 1),
        ("torch.nn.functional.leaky_relu(-1, 0.5)", -0.5),
        ("nn.functional.elu(0)", 0),
        ("sympy.Max(1, 2, 3)", 3),
        ("np.where(1 > 0, np.exp(0), 5)", 1),
    ],
)
def test_spellings(program: str, value: float) -> None:
    """Long and short names of libraries, their constants, and params by position."""
    assert trace(program).value == pytest.approx(value)


REFUSED = {
    "np.max(x, 0)": r"its 2nd argument may be an axis; write max\(a, b\), or np.maximum\(a, b\)",
    "np.min(x, 0)": r"write min\(a, b\), or np.minimum\(a, b\)",
    "torch.max(x, 0)": r"write max\(a, b\), or torch.maximum\(a, b\)",
    "F.min(x, 0)": r"write min\(a, b\)",
    "np.heaviside(x, 0)": r"write where\(x > 0, 1, 0\)",
    "torch.heaviside(x, 0)": r"write where\(x > 0, 1, 0\)",
    "sp.Heaviside(x)": r"write where\(x > 0, 1, 0\)",
    "np.array(x)": "write the number alone, or bind it to a name",
    "torch.tensor(x)": "write the number alone, or bind it to a name",
    "math.remainder(x, 3)": r"write x % y, or fmod\(x, y\)",
    "sp.sinc(x)": r"write sinc\(x/pi\)",
    "np.log(x, 2)": "log takes 1 argument there",
    "torch.log(x, 2)": "log takes 1 argument there",
    "np.maximum(x, 1, 2)": "maximum takes 2 arguments there",
    "np.sqtr(x)": "did you mean sqrt",
    "os.system(x)": r"\w",
    "os.exp(x)": r"os.exp is not known; write exp\(x\)",
    "x.exp()": "methods and attributes are not in the language",
    "np.std(x)": r"\w",
}


@pytest.mark.parametrize("program", REFUSED)
def test_refused(program: str) -> None:
    """What means something else there is refused, with the spelling to use."""
    with pytest.raises(ReadError, match=REFUSED[program]):
        read(program, {"x"})


def test_what_is_refused_is_there() -> None:
    """Each name that has advice is one of the library, which somebody may paste."""
    for library, names in ELSEWHERE.items():
        modules = [MODULES[prefix] for prefix in MODULES if LIBRARIES[prefix] == library]
        for name in names:
            assert any(hasattr(module, name) for module in modules), name
    assert set(ELSEWHERE) == set(LIBRARIES.values())


def test_a_name_before_a_point_may_be_a_library_only() -> None:
    """A variable called np is a variable, and has no functions."""
    assert trace("np*2", np=3).value == 6
    with pytest.raises(ReadError, match=r"\w"):
        read("y.log(x)", {"x", "y"})
