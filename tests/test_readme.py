"""The README: every command in it is run and prints what the README shows.

`BACKTRACE_RECORD=1 pytest tests/test_readme.py` writes the outputs and the table of options into
the README anew; read the difference before it is kept.
"""

from __future__ import annotations

import doctest
import os
import re
import shutil
import subprocess
from collections.abc import Iterable
from typing import NamedTuple

import pytest
from command_line import ROOT, run, shell

from backtrace.cli.descend_options import DescendOptions
from backtrace.cli.options import COMPLETION, SUBCOMMANDS, TABLE, Option, rows_of
from backtrace.homework.reports import REPORTS
from backtrace.homework.reports.wording import SIGNS
from backtrace.homework.verdicts import MISTAKES, REASONS, STATES, State
from backtrace.render import FILES, VIEWS

README = ROOT / "README.md"
TEXT = README.read_text(encoding="utf-8")
RECORD = bool(os.environ.get("BACKTRACE_RECORD"))
MARK = "\x1e"  # between the outputs of a block's commands
WIDTH = {"COLUMNS": "120"}  # of the terminal that views are laid out for


class Shown(NamedTuple):
    """A command of the README, and the output shown below it."""

    command: str
    output: str


def blocks(language: str) -> list[str]:
    """The code blocks of a language, in order."""
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```$", TEXT)


def session(block: str) -> list[Shown]:
    """The commands of a console block: lines that begin with `$ `, continued after a backslash."""
    parts = re.split(r"(?m)^\$ ", block)[1:]
    found = (re.fullmatch(r"(?s)((?:[^\n]*\\\n)*[^\n]*)\n(.*)", part) for part in parts)
    return [Shown(match[1], match[2].strip("\n")) for match in found if match]


def outputs(commands: list[str]) -> list[str]:
    """What the commands print, one after the other in one shell; `$?` is that of the one before."""
    script = "exec 2>&1\n" + "".join(
        f"{command}\ncode=$?; printf '{MARK}'; (exit $code)\n" for command in commands
    )
    printed = shell(script, WIDTH, cwd=ROOT).stdout.split(MARK)
    return [output.strip("\n") for output in printed[:-1]]


def normal(output: str) -> str:
    """Output without what other versions of torch and jq would change: jq 1.7 prints -2.0."""
    output = re.sub(r"(torch |\"version\": \")\d+\.\d+\.\d+", r"\g<1>VERSION", output)
    return re.sub(r"^(-?\d+)\.0$", r"\1", output)


def record(before: str, old: str, new: str) -> None:
    """Replace what follows `before` in the README, once."""
    text = README.read_text(encoding="utf-8")
    assert before + old in text
    README.write_text(text.replace(before + old, before + new, 1), encoding="utf-8")


@pytest.mark.parametrize("block", blocks("console"), ids=lambda block: block.split("\n")[0][2:])
def test_console(block: str) -> None:
    """Every command works and prints exactly what the README shows."""
    shown = session(block)
    commands = [item.command for item in shown]
    if any("| jq" in command for command in commands) and shutil.which("jq") is None:
        pytest.skip("jq is not installed")
    printed = outputs(commands)
    if RECORD:
        pairs = zip(commands, printed, strict=True)
        record(
            "```console\n", block, "\n".join(f"$ {c}\n{o}\n" if o else f"$ {c}\n" for c, o in pairs)
        )
    else:
        assert list(map(normal, printed)) == [normal(item.output) for item in shown]


@pytest.mark.parametrize("number", range(len(blocks("python"))))
def test_python(number: int) -> None:
    """The examples in Python do what they show; later ones may use the names of earlier ones."""
    names: dict[str, object] = {}
    for block in blocks("python")[: number + 1]:
        test = doctest.DocTestParser().get_doctest(block, names, "README", str(README), 0)
        runner = doctest.DocTestRunner()
        said: list[str] = []
        runner.run(test, out=said.append, clear_globs=False)
        names = test.globs
        assert not runner.failures, "".join(said)


def between(name: str) -> str:
    """What stands between <!-- name --> and <!-- /name -->."""
    match = re.search(rf"(?s)<!-- {name} -->\n(.*?)<!-- /{name} -->", TEXT)
    assert match
    return match[1]


def option_table(options: Iterable[Option]) -> str:
    """Options as Markdown, from the table that the command line reads."""

    def spelled(option: Option) -> str:
        value = option.metavar.replace("|", r"\|")
        return ", ".join(f"`{name}`" for name in option.names) + (f" `{value}`" if value else "")

    rows = [f"| {spelled(option)} | {option.help.replace('<', '&lt;')} |\n" for option in options]
    return "| option | |\n| --- | --- |\n" + "".join(rows)


def require(name: str, table: str) -> None:
    """The README has this table between the marks of this name; or else, it gets it."""
    if RECORD:
        record(f"<!-- {name} -->\n", between(name), table)
    else:
        assert between(name) == table


def test_every_option() -> None:
    """The README's table of options is the command line's own; the other commands are there."""
    require("options", option_table(TABLE.values()))
    assert all(f"backtrace {command}" in TEXT for command in SUBCOMMANDS)
    assert all(option in TEXT for option in COMPLETION)


def test_every_option_of_descend() -> None:
    """The README's table has what `backtrace descend` takes besides what a trace does."""
    rows = [row for row in rows_of(DescendOptions).values() if row not in TABLE.values()]
    require("descend options", option_table(rows))


@pytest.mark.parametrize("kind", FILES)
def test_every_kind_of_file(kind: str) -> None:
    """What -o writes stands in the help of the option and in the README's table."""
    table = TEXT.partition("## Look at it")[2].partition("### A picture")[0]
    assert f".{kind}" in TABLE["output"].help
    assert re.search(rf"`-o \w+\.{kind}`|`\.{kind}`", table)


@pytest.mark.parametrize("view", VIEWS)
def test_every_view(view: str) -> None:
    """What --view shows stands in the help of the option."""
    assert f"{view}: " in TABLE["view"].help


def test_every_code() -> None:
    """The README's table of codes has every mistake and every other reason, in their order."""
    rows: list[tuple[str, State, str]] = [(code, "wrong", says) for code, says in MISTAKES.items()]
    rows += [(code, state, says) for code, (state, says) in REASONS.items()]
    lines = [f"| `{code}` | {SIGNS[state]} {state} | {says} |\n" for code, state, says in rows]
    require("codes", "| code | state | |\n| --- | --- | --- |\n" + "".join(lines))


def test_every_state() -> None:
    """The README's table of states has each with its sign, in their order."""
    told = re.findall(r"(?m)^\| (\S) \| (\S+) \| \S.* \|$", between("states"))
    assert told == [(SIGNS[state], state) for state in STATES]


def test_every_report() -> None:
    """The README's table of formats is the command line's own."""
    ends = {name: f"`-o results{r.suffix}`" if r.suffix else "" for name, r in REPORTS.items()}
    lines = [f"| `{name}` | {ends[name]} | {r.says} |\n" for name, r in REPORTS.items()]
    table = "| `--format` | or | |\n| --- | --- | --- |\n" + "".join(lines)
    require("reports", table)


def test_set_up_commands() -> None:
    """The README opens with one command for the main job and one for the tests; CI runs these."""
    first, second = blocks("bash")[:2]
    assert first.startswith("pip install ")
    assert second.startswith("pip install ")
    assert first.count("\n") == second.count("\n") == 1
    assert '&& backtrace "(w*x-y)**2" --w 1 --x 1 --y 2' in first
    assert "&& pytest" in second
    assert TEXT.index(first) < TEXT.index(second) < TEXT.index("```console")


@pytest.mark.parametrize("number", [1, 2])
def test_ci_takes_its_commands_from_here(number: int) -> None:
    """The function of .ci/run finds the very two commands."""
    source = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    function = re.search(r"(?ms)^readme_command\(\) \{.*?^\}$", source)
    assert function
    found = subprocess.run(
        ["bash", "-c", f"{function[0]}\nreadme_command {number}"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    assert found.stdout == blocks("bash")[number - 1]


def test_a_changed_output_is_noticed() -> None:
    """The commands are really run: a wrong number in the README would fail."""
    (shown,) = session('$ backtrace "x**2" x=3 -q --no-check\n7\n')
    assert outputs([shown.command]) == ["6"] != [shown.output]
    assert outputs(["false", "echo $?"]) == ["", "1"]


def test_every_example_is_mentioned() -> None:
    """Each file of examples/ is in the README; test_examples runs the programs."""
    for path in sorted((ROOT / "examples").iterdir()):
        assert f"examples/{path.name}" in TEXT


def test_what_the_readme_writes_of_arrays_is_read() -> None:
    """Each piece of the table of the language for vectors and matrices is in the language."""
    import backtrace

    table = TEXT.partition("And of vectors and matrices")[2].partition("Every other name")[0]
    written = re.findall(r"`([^`]+)`", "".join(re.findall(r"(?m)^\| (`.*?) \|", table)))
    assert len(written) > 20
    for text in written:
        backtrace.read(text)


def test_what_the_readme_writes_of_claims_is_read() -> None:
    """Each left side of the table of claims is one, and each right side is an answer."""
    import backtrace

    program, at = "s = w*x; L = s**2 + sum(W)", {"w": 2, "x": -3, "W": [[1, 2], [3, 4]]}
    table = TEXT.partition("| left side | is about |")[2].partition("* A **formula**")[0]
    left = re.findall(r"`([^`]+)`", "".join(re.findall(r"(?m)^\| (`.*?) \|", table)))
    right = re.findall(r"`([^`]+)`", table.partition("The right side")[2])
    assert (len(left), len(right)) == (10, 4)
    for claim in [*(f"{one} = 1" for one in left), *(f"L = {one}" for one in right)]:
        assert backtrace.check(program, at, claim).state != "unreadable", claim


def test_versions() -> None:
    """The changelog speaks of the version that the command prints."""
    version = run("--version").stdout.split()[-1]
    assert f"## [{version}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
