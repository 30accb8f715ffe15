"""backtrace.cli.help, .app and .options: the help says what the splitter reads."""

from __future__ import annotations

import re
from dataclasses import fields

import pytest
from command_line import ROOT, run

from backtrace.cli.help import EXAMPLES, USAGE
from backtrace.cli.options import COMPLETION, SPELLINGS, SUBCOMMANDS, TABLE, Options

README = ROOT / "README.md"


@pytest.fixture(scope="module")
def page() -> str:
    """The help on a wide terminal, its boxes taken off and its lines joined."""
    done = run("--help", env={"COLUMNS": "200"})
    assert (done.returncode, done.stderr) == (0, "")
    return re.sub(r"[│\s]+", " ", done.stdout)


@pytest.mark.parametrize("name", TABLE)
def test_every_option_is_in_the_help(name: str, page: str) -> None:
    """Each row's spellings, value and sentence are printed."""
    row = TABLE[name]
    assert all(spelling in page for spelling in row.names)
    assert row.metavar in page
    if name != "help":
        assert row.help in page


def test_examples_and_subcommands_are_in_the_help(page: str) -> None:
    """The help shows real examples (run in test_cli) and the subcommands."""
    for text in (*EXAMPLES, *SUBCOMMANDS, *COMPLETION):
        assert text in page
    assert EXAMPLES[0] in USAGE


@pytest.mark.parametrize("words", [["-h"], ["x", "--help"], ["--w", "1", "--help", "--oops"]])
def test_help_wherever_it_is_asked_for(words: list[str]) -> None:
    """--help anywhere, or -h alone, is the page; -h with a value is a program."""
    assert run(*words).stdout == run("--help").stdout
    assert run("-h", "h=1", "-q", "--no-check").stdout == "-1\n"


def test_help_fits_80_columns_and_ascii() -> None:
    """The page has no line over 80 columns, and is drawn with ASCII where need be."""
    assert max(map(len, run("--help").stdout.splitlines())) <= 80
    done = run("--help", env={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0
    assert done.stdout.isascii()
    assert "\\u" not in done.stdout


def test_every_row_has_its_type() -> None:
    """Flags are false by default, choices have their default among them, names are unique."""
    assert len(SPELLINGS) == sum(len(row.names) for row in TABLE.values())
    for field in fields(Options):
        row = TABLE[field.name]
        assert row.is_flag == (field.default is False)
        assert not row.choices or field.default in row.choices
        assert row.help.endswith(".")


@pytest.mark.skipif(not README.exists(), reason="there is no README yet")
def test_the_readme_names_every_option_and_command() -> None:
    """What the command can do is in the README."""
    text = README.read_text(encoding="utf-8")
    for row in TABLE.values():
        assert any(re.search(rf"(?<![\w-]){name}(?![\w-])", text) for name in row.names), row.names
    assert all(f"backtrace {command}" in text for command in SUBCOMMANDS)


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("backtrace --n", {"--node", "--no-check", "--no-formulas"}),
        ("backtrace --view t", {"tree", "table"}),
        ("backtrace o", {"ops"}),
        ("backtrace ops arcs", {"arcsin"}),
        ("backtrace x --js", {"--json"}),
        ("backtrace x x=1 --w 1 --dig", {"--digits"}),
    ],
)
def test_shell_completion(typed: str, offered: set[str]) -> None:
    """bash is offered options, their choices, subcommands and operations."""
    words = typed.split(" ")
    asked = {
        "_BACKTRACE_COMPLETE": "complete_bash",
        "COMP_WORDS": typed,
        "COMP_CWORD": str(len(words) - 1),
    }
    done = run(env=asked)
    assert done.returncode == 0, done.stderr
    assert offered <= set(done.stdout.split())


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_completion_script_is_shown(name: str) -> None:
    """--show-completion prints the script for the shell."""
    done = run("--show-completion", name, env={"SHELL": f"/bin/{name}"})
    assert done.returncode == 0, done.stderr
    assert "_BACKTRACE_COMPLETE" in done.stdout
