"""backtrace.cli.arguments: which word is an option, which a binding, which the program."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backtrace.cli.arguments import Arguments, is_name, split
from backtrace.cli.options import SPELLINGS, TABLE, Options
from backtrace.errors import BacktraceError

# words | program | values that were typed | options that differ from their defaults
SPLIT = [
    (["x"], "x", {}, {}),
    (["(w*x-y)**2", "--w", "1", "--x", "1"], "(w*x-y)**2", {"w": "1", "x": "1"}, {}),
    (["--w=1", "w*x", "x=2"], "w*x", {"w": "1", "x": "2"}, {}),
    (["--x", "-inf", "-log(x)"], "-log(x)", {"x": "-inf"}, {}),
    (["-x", "--x", "-1"], "-x", {"x": "-1"}, {}),
    (["-x", "--x=-1"], "-x", {"x": "-1"}, {}),
    (["y = w*x", "w=1", "x=2"], "y = w*x", {"w": "1", "x": "2"}, {}),
    (["y=w*x", "w=1", "x=2"], "y=w*x", {"w": "1", "x": "2"}, {}),
    (["c += 2", "c=1"], "c += 2", {"c": "1"}, {}),
    (["x == 2", "x=2"], "x == 2", {"x": "2"}, {}),
    (["x <= 2", "x=2"], "x <= 2", {"x": "2"}, {}),
    (["x", "x=1/3"], "x", {"x": "1/3"}, {}),
    (["x", "x = 2"], "x", {"x": " 2"}, {}),
    (["x", "x=sqrt(2)/2"], "x", {"x": "sqrt(2)/2"}, {}),
    (["x", "--x", "nan"], "x", {"x": "nan"}, {}),
    (["x", "--x", "abc"], "x", {"x": "abc"}, {}),
    (["w*x", "w=abc", "x=1"], "w*x", {"w": "abc", "x": "1"}, {}),
    (["σ(x)", "--ŷ", "1", "σ=2"], "σ(x)", {"ŷ": "1", "σ": "2"}, {}),
    (["x", "--y\u0302", "1"], "x", {"y\u0302": "1"}, {}),
    (["depth*x", "depth=3", "x=1"], "depth*x", {"depth": "3", "x": "1"}, {}),
    (["x", "lambda=1", "E=2"], "x", {"lambda": "1", "E": "2"}, {}),
    (["--", "--x", "x=1"], "--x", {"x": "1"}, {}),
    (["x=1", "--", "-q"], "-q", {"x": "1"}, {}),
    (["--x*y", "x=1"], "--x*y", {"x": "1"}, {}),
    (["--x + 1", "x=1"], "--x + 1", {"x": "1"}, {}),
    (["-2.5"], "-2.5", {}, {}),
    (["-"], "-", {}, {}),
    ([""], "", {}, {}),
    (["(ops)"], "(ops)", {}, {}),
    (["x", "-q"], "x", {}, {"quiet": True}),
    (["--quiet", "x"], "x", {}, {"quiet": True}),
    (["x", "--wrt", "w,b"], "x", {}, {"wrt": "w,b"}),
    (["x", "--wrt=w"], "x", {}, {"wrt": "w"}),
    (["--check", "x"], "x", {}, {}),
    (["--check", "differences", "x"], "x", {}, {"check": "differences"}),
    (["--check", "torch", "x"], "x", {}, {}),
    (["x", "--check=differences"], "x", {}, {"check": "differences"}),
    (["x", "--no-check"], "x", {}, {"no_check": True}),
    (["x", "--view", "table", "--digits", "3"], "x", {}, {"view": "table", "digits": 3}),
    (["x", "--view", "table", "--view=tree"], "x", {}, {}),
    (["x", "--depth=2", "--color", "never"], "x", {}, {"depth": 2, "color": "never"}),
    (["x", "--json", "--no-formulas"], "x", {}, {"json": True, "no_formulas": True}),
    (["x", "--node", "s"], "x", {}, {"node": "s"}),
    (["x", "--x", "[1, -2]"], "x", {"x": "[1, -2]"}, {}),
    (["x", "x=[[1,1],[1,1]]"], "x", {"x": "[[1,1],[1,1]]"}, {}),
    (["x=[1,2]", "x**2"], "x**2", {"x": "[1,2]"}, {}),
    (["x", "x=(1, 2)"], "x", {"x": "(1, 2)"}, {}),
    (["x", "x=linspace(0, 1, 5)"], "x", {"x": "linspace(0, 1, 5)"}, {}),
    (["x", "x=array([1., 2.])"], "x", {"x": "array([1., 2.])"}, {}),
    (["x", "x=@x.npy"], "x", {"x": "@x.npy"}, {}),
    (["x", "x = @a=b.csv:x"], "x", {"x": " @a=b.csv:x"}, {}),
    (["x", "--x", "@x.npz:x"], "x", {"x": "@x.npz:x"}, {}),
    (["x=[1, a]", "a=1"], "x=[1, a]", {"a": "1"}, {}),
    (["y = [w, 1][0]", "w=1"], "y = [w, 1][0]", {"w": "1"}, {}),
    (["y=w @ x", "w=[1]", "x=[2]"], "y=w @ x", {"w": "[1]", "x": "[2]"}, {}),
    (["x", "x=[1, a]"], "x", {"x": "[1, a]"}, {}),
    (["x", "--seed", "-1"], "x", {}, {"seed": "-1"}),
    (["x", "--seed=[1, 2]"], "x", {}, {"seed": "[1, 2]"}),
    (["seed*x", "seed=1", "x=2"], "seed*x", {"seed": "1", "x": "2"}, {}),
    (
        ["x", "--data", "p.csv", "--bindings=n.json"],
        "x",
        {},
        {"data": "p.csv", "bindings": "n.json"},
    ),
    (["data*o", "data=1", "--o", "2"], "data*o", {"data": "1", "o": "2"}, {}),
    (["x", "--data", "-"], "x", {}, {"data": "-"}),
    (["x", "-o", "g.npz"], "x", {}, {"output": "g.npz"}),
    (["x", "-o", "g.json", "--no-formulas"], "x", {}, {"output": "g.json", "no_formulas": True}),
    (["x", "--full"], "x", {}, {"full": True}),
    (["x", "--expand"], "x", {}, {"expand": "all"}),
    (["--expand", "softmax(x)"], "softmax(x)", {}, {"expand": "all"}),
    (["--expand", "softmax", "softmax(x)"], "softmax(x)", {}, {"expand": "softmax"}),
    (["softmax(x)", "--expand", "x=[1]"], "softmax(x)", {"x": "[1]"}, {"expand": "all"}),
    (["--expand", "--full", "x"], "x", {}, {"expand": "all", "full": True}),
    (["--expand=p", "p = softmax(x)"], "p = softmax(x)", {}, {"expand": "p"}),
    (["-f", "model.bt", "w=1"], None, {"w": "1"}, {"file": "model.bt"}),
    (["--file=model.bt", "w=abc"], None, {"w": "abc"}, {"file": "model.bt"}),
    (["-f", "-"], None, {}, {"file": "-"}),
]

# words | what the message says
REFUSED = [
    (["x", "--w"], "--w needs a value: --w 1"),
    (["x", "--w", "--x", "1"], "--w needs a value"),
    (["x", "--w", "--json"], "--w needs a value"),
    (["x", "--w", "-q"], "--w needs a value"),
    (["x", "--w", "--"], "--w needs a value"),
    (["x", "--chek"], "--chek needs a value: did you mean --check"),
    (["x", "--no-chek"], "there is no option --no-chek: did you mean --no-check"),
    (["--quite", "x"], "did you mean --quiet?"),
    (["x", "--wtr", "w"], "did you mean --wrt?"),
    (["x", "--digits"], "--digits needs a value: --digits N"),
    (["x", "--digits", "0"], '--digits is a whole number, 1 to 17, not "0"'),
    (["x", "--digits=18"], '--digits is a whole number, 1 to 17, not "18"'),
    (["x", "--digits", "1e3"], "whole number"),
    (["x", "--digits", "9" * 5000], "whole number"),
    (["x", "--depth", "-1"], "--depth is a whole number, 1 or more"),
    (["x", "--view", "tabel"], '--view is equations or table or tree, not "tabel": did you mean'),
    (["x", "--view", "--json"], "--view needs a value"),
    (["x", "--check=diferences"], "did you mean differences?"),
    (["x", "--check", "diferences"], "did you mean differences?"),
    (["x", "--json=1"], "--json takes no value"),
    (["x", "--wrt="], "--wrt needs a value"),
    (["x", "--seed"], "--seed needs a value: --seed VALUE"),
    (["x", "--seed", "--full"], "--seed needs a value"),
    (["x", "--expand="], "--expand needs a value"),
    (["x", "--full=1"], "--full takes no value"),
    (["x", "--data", "a.csv", "--data", "b.csv"], "--data is given twice: a column of another"),
    (["x", "--bindings=a.json", "--bindings=b.json"], "--bindings is given twice"),
    (["x", "-o", "g.csv", "--no-formulas"], "--no-formulas goes with --json"),
    (["x", "--theme", "dark"], "--theme goes with --output"),
    (["x", "--direction", "TB", "--json"], "--direction goes with --output"),
    (["x", "-o", "g.svg", "--direction", "BT"], '--direction is LR or TB, not "BT"'),
    (["x", "x=[1, a]"], "a value cannot use names (a)"),
    (["x", "--x", "[1, 2"], "never closed"),
    (["x", "x=@none.npy"], "cannot read none.npy: no such file"),
    (["x", "--json", "-q"], "--json and --quiet exclude each other"),
    (["x", "--check", "--no-check"], "--check and --no-check exclude each other"),
    (["x", "--no-formulas"], "--no-formulas goes with --json"),
    (["w*x", "+", "b"], 'two programs: "w*x" and "+"\nif they are one, put quotes around it'),
    (["w*x", "+", "b"], ': "w*x + b"'),
    (["y=w*x", "z=w*y"], 'two programs: "y=w*x" and "z=w*y"'),
    (["x", "-f", "model.bt"], 'two programs: "x" and the file "model.bt"'),
    (["w=1"], 'no program ("w=1" is a value for w)'),
    (["--no-check"], "no program"),
]


def parts(arguments: Arguments) -> tuple[object, ...]:
    """The parts in the form of the table above."""
    default = Options()
    given = {key: getattr(arguments.options, key) for key in TABLE}
    changed = {key: value for key, value in given.items() if value != getattr(default, key)}
    return arguments.program, {t.name: t.text for t in arguments.typed}, changed


@pytest.mark.parametrize(("words", "program", "typed", "options"), SPLIT)
def test_words_are_told_apart(
    words: list[str], program: str | None, typed: dict[str, str], options: dict[str, object]
) -> None:
    """Every word is an option, a value or the program, wherever it stands."""
    assert parts(split(words)) == (program, typed, options)


@pytest.mark.parametrize(("words", "message"), REFUSED)
def test_what_cannot_be_meant_is_refused(words: list[str], message: str) -> None:
    """An error says which word is wrong and what would be right."""
    from backtrace.cli.values import bindings_of

    with pytest.raises(BacktraceError) as caught:
        arguments = split(words)
        _ = arguments.program
        bindings_of(arguments.typed)
    assert message in str(caught.value)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_option_is_read(spelling: str) -> None:
    """Each spelling of the table sets its own field."""
    row = TABLE[SPELLINGS[spelling]]
    value = row.choices[-1:] or (("5",) if row.bounds else ("s",))
    words = [spelling, *(() if row.is_flag else value)]
    extra = ["--json"] if spelling == "--no-formulas" else []
    company = [TABLE[row.goes_with].names[0], "g.svg"] if row.goes_with else []
    assert getattr(split([*words, *extra, *company]).options, SPELLINGS[spelling])


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_options_are_not_abbreviated(spelling: str) -> None:
    """A part of an option's name is not that option: it may be a variable's."""
    short = spelling[:-1]
    if short.startswith("--") and is_name(short[2:]) and short not in SPELLINGS:
        assert [t.name for t in split([short, "1", "x"]).typed] == [short[2:]]


@pytest.mark.parametrize("spelling", [s for s in SPELLINGS if is_name(s.lstrip("-"))])
def test_a_variable_may_be_called_as_an_option_is(spelling: str) -> None:
    """NAME=VALUE is a binding whatever the name."""
    name = spelling.lstrip("-")
    assert parts(split([f"{name}=3", "x"])) == ("x", {name: "3"}, {})


def test_help_and_version_end_the_reading() -> None:
    """What stands after --help is not complained of."""
    assert split(["x", "y", "--help", "--digits"]).options.help
    assert split(["--version", "--w"]).options.version


WORDS = st.one_of(
    st.text(max_size=20),
    st.sampled_from([*SPELLINGS, "--", "-", "x=1", "w=", "=", "--=", "--w", "--w=", "x", "y = x"]),
    st.builds("--{}={}".format, st.text(max_size=5), st.text(max_size=5)),
    st.builds("{}={}".format, st.text(max_size=5), st.text(max_size=5)),
)


@given(st.lists(WORDS, max_size=6))
def test_any_words_are_read_or_refused(words: list[str]) -> None:
    """No words raise anything but an error with a message, and none is lost."""
    from backtrace.cli.values import bindings_of

    try:
        arguments = split(words)
        assert isinstance(arguments.program, str | None)
        bindings_of(arguments.typed)
    except BacktraceError as error:
        assert str(error)


@given(st.sampled_from(["w", "yhat", "ŷ", "λ", "x1"]), st.text(max_size=20))
def test_a_named_value_is_taken_as_it_stands(name: str, value: str) -> None:
    """--NAME=VALUE gives the value whatever it looks like."""
    assert parts(split([f"--{name}={value}", "x"])) == ("x", {name: value}, {})
