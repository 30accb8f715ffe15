"""backtrace.reading.prefixes: what is pasted from a library means here what it means there."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import sympy
from table import close

from backtrace.errors import ReadError
from backtrace.ops import FUNCTIONS, Composite, Elementwise, Structural
from backtrace.ops.params import written
from backtrace.ops.structural import At
from backtrace.reading import read
from backtrace.reading.prefixes import CALLED, ELSEWHERE, LIBRARIES, SHORTER
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
    for name, rows in FUNCTIONS.items()
    if hasattr(module, name) and name not in ELSEWHERE[LIBRARIES[prefix]]
    if any(isinstance(row, Elementwise) for row in rows)
    if (LIBRARIES[prefix], name) not in SHORTER and name not in CALLED.get(LIBRARIES[prefix], {})
]
# what torch has beside its documented functions, with other defaults or removed
INTERNAL = {("torch", "solve"), ("torch", "kl_div"), ("torch", "binary_cross_entropy_with_logits")}
# what our params are called there
OTHER_NAMES = {"axis": "dim", "keepdims": "keepdim", "ord": "p"}
# functions of whole arrays, by the libraries that have arrays
OF_ARRAYS = [
    pytest.param(prefix, name, id=f"{prefix}.{name}")
    for prefix, module in {**MODULES, "np.linalg": np.linalg, "torch.linalg": torch.linalg}.items()
    for name, rows in FUNCTIONS.items()
    if LIBRARIES[prefix] in ("np", "torch") and hasattr(module, name)
    if any(isinstance(row, Structural) for row in rows)
    if name not in ELSEWHERE[LIBRARIES[prefix]] and (prefix, name) not in INTERNAL
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
        if not isinstance(row, Elementwise):
            continue
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
    "torch.max(x, 0)": r"write max\(x, axis=0\), or max\(a, b\)",
    "torch.max(x, dim=0)": r"write max\(x, axis=0\), or max\(a, b\)",
    "F.min(x, 0)": r"write min\(x, axis=0\)",
    "math.prod(x)": r"write prod\(x\), without the prefix",
    "sp.transpose(x)": "without the prefix",
    "np.heaviside(x, 0)": r"write where\(x > 0, 1, 0\)",
    "torch.heaviside(x, 0)": r"write where\(x > 0, 1, 0\)",
    "sp.Heaviside(x)": r"write where\(x > 0, 1, 0\)",
    "np.array(x)": "write the number or the list alone, or bind it to a name",
    "torch.tensor(x)": "write the number or the list alone, or bind it to a name",
    "math.remainder(x, 3)": r"write x % y, or fmod\(x, y\)",
    "sp.sinc(x)": r"write sinc\(x/pi\)",
    "np.log(x, 2)": "log takes 1 argument there",
    "torch.log(x, 2)": "log takes 1 argument there",
    "np.maximum(x, 1, 2)": "maximum takes 2 arguments there",
    "np.sqtr(x)": "did you mean sqrt",
    "os.system(x)": r"\w",
    "os.exp(x)": r"exp is written exp\(x\)",
    "np.exp2x(x)": "unknown function",
    "x.numpy()": "leave .numpy",
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
    """A variable called np is a variable; a function after it is a method, as of any other."""
    assert trace("np*2", np=3).value == 6
    assert trace("np.square()", np=3).value == 9


def theirs_of_arrays(prefix: str, name: str, row: Structural, point: At) -> Any:
    """The library's own value; None where it does not take such arguments."""
    home = {"np.linalg": np.linalg, "torch.linalg": torch.linalg}.get(prefix) or MODULES[prefix]
    arrays: list[Any] = [np.asarray(x, dtype=np.float64) for x in point.inputs]
    if LIBRARIES[prefix] == "torch":
        arrays = [torch.tensor(a) for a in arrays]
        arrays = [a.long() if row.is_index(k) else a for k, a in enumerate(arrays)]
    given = [arrays] if row.variadic else arrays
    other = {OTHER_NAMES.get(k, k): v for k, v in point.params.items()}
    for positional, named in (((), point.params), ((), other), (other.values(), {})):
        try:
            with warnings.catch_warnings(category=UserWarning, action="ignore"):
                return np.asarray(
                    getattr(home, name)(*given, *positional, **named), dtype=np.float64
                )
        except (TypeError, ValueError, RuntimeError, IndexError, np.exceptions.AxisError):
            continue
    return None


@pytest.mark.parametrize(("prefix", "name"), OF_ARRAYS)
def test_a_function_of_arrays_has_its_value(prefix: str, name: str) -> None:
    """A function of whole arrays has its library's value, with that library's own defaults."""
    compared = 0
    rows = [row for row in FUNCTIONS[name] if isinstance(row, Structural)]
    for row in rows:
        for point in row.domain.samples:
            expected = theirs_of_arrays(prefix, name, row, point)
            if expected is None or _is_refused(prefix, name, row, point):
                continue
            bound = {f"x{k}": x for k, x in enumerate(point.inputs)}
            keywords = [f"{k}={written(v)}" for k, v in point.params.items()]
            inputs = f"[{', '.join(bound)}]" if row.variadic else ", ".join(bound)
            program = f"{prefix}.{name}({', '.join([inputs, *keywords])})"
            found = trace(program, bound, wrt=[], seed=1)
            assert np.shape(found.value) == expected.shape, program
            assert close(found.value, expected), program
            compared += 1
    assert compared or name == "einsum"  # which takes its text first


def _is_refused(prefix: str, name: str, row: Structural, point: At) -> bool:
    """Whether a call has too many arguments there, a text first, or classes on another axis."""
    shorter = SHORTER.get((LIBRARIES[prefix], name)) or SHORTER.get((prefix, name))
    more = shorter is not None and len(point.inputs) + len(point.params) > shorter[0]
    # numpy and torch read stacks of vectors and of matrices differently in solve
    deep = len(np.shape(point.inputs[0])) > 2 and (isinstance(row, Composite) or name == "solve")
    return more or deep or row.show is not None
