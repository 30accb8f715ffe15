"""backtrace.cli as a user meets it: exit codes, streams, and what each bad input is answered."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import ROOT, environment, run, shell
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backtrace.cli import main
from backtrace.cli.help import EXAMPLES
from backtrace.cli.options import SUBCOMMANDS

LOSS = ("yhat = w*x; s = yhat - y; loss = s**2", "w=2", "x=-3", "y=1")

# words | exit code | what standard error says
BAD_INPUT = [
    (["(w*x"], 2, "("),
    (["w*x)"], 2, ")"),
    ([""], 2, "error: "),
    (["   "], 2, "error: "),
    (["2 +"], 2, "2 +"),
    (["rleu(x)", "x=1"], 2, "relu"),
    (["w*x", "w=1"], 2, "no value for x"),
    (["w*x", "w=1", "x=2", "z=3"], 2, "z is not in the program"),
    (["w*x", "--w", "1", "--x"], 2, "--x needs a value"),
    (["w*x", "--w", "--x", "1"], 2, "--w needs a value"),
    (["w*x", "--w", "abc", "--x", "1"], 2, "--w abc"),
    (["w*x", "w=abc", "x=1"], 2, "w=abc"),
    (["w*x", "w=1", "--w", "2", "x=1"], 2, 'w has two values: "w=1" and "--w 2"'),
    (["ŷ", "ŷ=1", "yhat=2"], 2, "two values"),
    (["x", "x=1", "--chek"], 2, "did you mean --check?"),
    (["x", "x=1", "--chek", "1"], 2, "did you mean --check?"),
    (["x", "x=1", "--no-chek"], 2, "did you mean --no-check?"),
    (["lambda x: x"], 2, "lambda"),
    (["import os"], 2, "import"),
    (["x.real", "x=1"], 2, "x.real"),
    (["'text'"], 2, "'text'"),
    (["__import__('os').system('id')"], 2, "__import__"),
    (["x", "x=__import__('os').system('id')"], 2, "__import__"),
    (["9**9**9"], 3, "error: undefined here: 9**9**9 is too large"),
    (["x", "--x", "9**9**9"], 2, "9**9**9"),
    (["1e999"], 2, "1e999"),
    (["10**400"], 3, "error: undefined here: 10**400 is too large"),
    (["x", "x=1e999"], 2, "1e999"),
    (["(" * 400 + "x" + ")" * 400, "x=1"], 2, "100"),
    (["^".join(["x"] * 1000), "x=1"], 2, "100"),
    (["-" * 400 + "x", "x=1"], 2, "100"),
    (["x\x01y", "x=1"], 2, "error: "),
    (["x + \x1b[31m", "x=1"], 2, "error: "),
    (["a" * 10_000], 2, "255"),
    (["x", "x=1", "--" + "a" * 10_000, "1"], 2, "aaa"),
    ([b"x + \xff\xfe", "x=1"], 2, "error: "),
    (["x", "y", "x=1"], 2, 'two programs: "x" and "y"'),
    (["x", "x=1", "--wrt", "z"], 2, "z"),
    (["x", "x=1", "--node", "z"], 2, "z"),
    (["x", "x=1", "--digits", "0"], 2, "--digits"),
    (["-f", "no/such/file"], 2, "cannot read no/such/file"),
    (["-f", "."], 2, "cannot read ."),
    (["-f", "/dev/null"], 2, "error: "),
    (["--no-formulas", "x"], 2, "--json"),
    (["ops", "rleu"], 2, "did you mean"),
    (["ops", "--no-such-option"], 2, "--no-such-option"),
    (["log(x)", "x=-1"], 3, "error: undefined here: log needs a number above 0"),
]


@pytest.mark.parametrize(("words", "code", "message"), BAD_INPUT)
def test_bad_input_is_answered(words: list[str], code: int, message: str) -> None:
    """A bad input has its exit code, a message on stderr and no traceback; none hangs."""
    done = run(*words, *([] if words[:1] == ["ops"] or "--no-check" in words else ["--no-check"]))
    assert "Traceback" not in done.stderr
    assert done.returncode == code, done.stderr
    assert message in done.stderr
    if code == 2:
        assert done.stdout == ""
        assert done.stderr.strip()
        assert max(map(len, done.stderr.splitlines())) < 200


def test_an_error_points_into_the_users_own_text() -> None:
    """The caret stands under the very columns that were typed, unicode and all."""
    done = run("σ(x) × rleu(x)", "x=1")
    head, text, carets = done.stderr.splitlines()
    assert head.startswith("error: ")
    assert text[carets.index("^") : carets.rindex("^") + 1] == "rleu"


def test_nothing_typed_is_run(tmp_path: Path) -> None:
    """Code in a program, a value, a name or an option is refused and never executed."""
    code = f"open({str(tmp_path / 'made')!r}, 'w')"
    for words in ([code], ["x", f"x={code}"], ["x", "--x", code], ["x", "x=1", "--wrt", code]):
        assert run(*words, "--no-check").returncode == 2
    assert not list(tmp_path.iterdir())


def test_done_and_agreed_is_0() -> None:
    """The main job prints the tree and the verdict on stdout, nothing on stderr, and exits 0."""
    done = run(*LOSS)
    assert (done.returncode, done.stderr) == (0, "")
    assert "loss = s**2 = 49" in done.stdout
    assert "agree" in done.stdout.splitlines()[-1]


def test_undefined_is_3_and_the_trace_is_printed() -> None:
    """A result that is not a finite number is traced all the same, and exits 3."""
    done = run("log(x) + 1", "x=-1", "--no-check")
    assert done.returncode == 3
    assert "log(x) = nan" in done.stdout


REASON = "undefined here: log needs a number above 0, but x is -1"


@pytest.mark.parametrize("view", [[], ["-q"], ["--json"], ["--view", "table"], ["--node", "L"]])
def test_the_reason_for_the_exit_code_is_one_line_on_stderr(view: list[str]) -> None:
    """Whatever the view, who keeps stdout elsewhere reads on stderr why the exit code is not 0."""
    done = run("log(x) + 1", "x=-1", "--no-check", *view)
    assert (done.returncode, done.stderr) == (3, f"error: {REASON}\n")


def test_the_reason_is_not_told_twice_in_one_place() -> None:
    """Where both streams go to one place, the verdict below the view is the reason."""
    done = shell("backtrace 'log(x) + 1' x=-1 --no-check 2>&1")
    assert (done.returncode, done.stdout.count(REASON)) == (3, 1)
    alone = shell("backtrace 'log(x) + 1' x=-1 --no-check -q 2>&1")
    assert alone.stdout == f"-1\nerror: {REASON}\n"


def test_a_difference_is_1_and_told_on_stderr(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where torch computes something else the exit code is 1, and the node stands on stderr."""
    monkeypatch.setattr("backtrace.crosscheck.engine.torch_function", lambda op, torch: torch.cos)
    for view in ([], ["-q"]):
        assert main(["sin(x)", "x=1", *view]) == 1
        told = capsys.readouterr().err
        assert re.fullmatch(
            r"error: differs from torch .* at L = sin\(x\): its value is .*\n", told
        )


@pytest.mark.parametrize("view", [[], ["-q"], ["--json"], ["--view", "table"], ["--node", "L"]])
def test_without_torch_the_result_is_printed_and_the_exit_code_is_4(
    tmp_path: Path, view: list[str]
) -> None:
    """Where torch cannot be imported the result stands on stdout and a message on stderr."""
    (tmp_path / "torch.py").write_text("raise ImportError('no torch here')")
    hidden = {"PYTHONPATH": f"{tmp_path}:{environment()['PYTHONPATH']}"}
    done = run("x**2", "x=3", *view, env=hidden)
    assert done.returncode == 4
    assert "6" in done.stdout
    assert "torch" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_view_is_printed_before_torch_is_imported(tmp_path: Path) -> None:
    """The tree is flushed first: it can be read while torch is imported."""
    (tmp_path / "torch.py").write_text("import os; os._exit(9)")
    hidden = {"PYTHONPATH": f"{tmp_path}:{environment()['PYTHONPATH']}"}
    done = run("x**2", "x=3", env=hidden)
    assert done.returncode == 9
    assert "x**2 = 9" in done.stdout


def test_quiet_is_the_number_alone() -> None:
    """-q prints one number with all its digits, or a line for each of several names."""
    assert run("x/3", "x=1", "-q", "--no-check").stdout == "0.3333333333333333\n"
    assert run("x/3", "x=1", "-q", "--no-check", "--digits", "3").stdout == "0.333\n"
    assert run("w*x", "w=2", "x=-3", "-q", "--no-check").stdout == "w\t-3\nx\t2\n"
    assert run("w*x", "w=2", "x=-3", "-q", "--wrt", "x", "--no-check").stdout == "2\n"


def test_quiet_checks_all_the_same() -> None:
    """-q leaves stdout to the number; a kink is told on stderr, and torch agrees."""
    done = run("relu(x)", "x=0", "-q")
    assert (done.returncode, done.stdout) == (0, "0\n")
    assert done.stderr.startswith("note: ")


def test_json_is_one_document_on_stdout() -> None:
    """--json prints a document that parses, with or without formulas."""
    full = json.loads(run(*LOSS, "--json").stdout)
    bare = json.loads(run(*LOSS, "--json", "--no-formulas", "--no-check").stdout)
    assert full["schema"] == bare["schema"] == "backtrace.trace/1"
    assert full["gradients"] == bare["gradients"] == {"w": 42.0, "x": -28.0, "y": 14.0}
    assert (full["check"]["status"], bare["check"]["status"]) == ("agrees", "not-checked")


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_of_the_help_runs(example: str) -> None:
    """What --help shows works and exits 0; here without the check, which imports torch."""
    command = example.split()[1]
    done = shell(example if command in SUBCOMMANDS else f"{example} --no-check", cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert all(line.startswith("note: ") for line in done.stderr.splitlines())
    assert done.stdout


def test_program_from_a_file_and_from_standard_input(tmp_path: Path) -> None:
    """-f FILE, -f - and a lone - read the same program."""
    (tmp_path / "model.bt").write_bytes("\ufeffyhat = w*x  # ŷ\r\nloss = yhat**2\r\n".encode())
    text = (tmp_path / "model.bt").read_bytes()
    values = ("w=1", "x=2", "-q", "--no-check")
    by_file = run("-f", "model.bt", *values, cwd=tmp_path)
    assert (by_file.returncode, by_file.stdout) == (0, "w\t8\nx\t4\n"), by_file.stderr
    assert run("-f", "-", *values, stdin=text).stdout == by_file.stdout
    assert run("-", *values, stdin=text).stdout == by_file.stdout
    substituted = shell(f"backtrace -f <(cat model.bt) {' '.join(values)}", cwd=tmp_path)
    assert substituted.stdout == by_file.stdout


def test_a_program_that_is_no_text_is_refused(tmp_path: Path) -> None:
    """A NUL in a file or on standard input is answered, with nothing on stdout."""
    (tmp_path / "model.bt").write_bytes(b"x\0y")
    for words in (("-f", "model.bt"), ("-",)):
        done = run(*words, "x=1", stdin=b"x\0y", cwd=tmp_path)
        assert (done.returncode, done.stdout) == (2, "")
        assert "is not a text file" in done.stderr


def test_without_arguments_the_usage_is_shown() -> None:
    """`backtrace` alone shows two examples and exits 2: nothing was traced."""
    done = run()
    assert (done.returncode, done.stderr) == (2, "")
    assert EXAMPLES[0] in done.stdout


def test_without_a_program_there_is_an_error_with_an_example() -> None:
    """Values alone are an error that says what they were read as."""
    done = run("y=2")
    assert done.returncode == 2
    assert '"y=2" is a value for y' in done.stderr
    assert "for example: backtrace" in done.stderr


def test_version() -> None:
    """--version prints the name and the version."""
    done = run("--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"backtrace \d+\.\d+\.\d+\n", done.stdout)


@pytest.mark.parametrize(
    "words",
    [
        '"x**2" x=3 --no-check',
        '"x**2" x=3',
        '"x**2 + y" x=3 y=2 -q --no-check',
        '"x**2" x=3 --json --no-check',
        "--help",
        "ops",
        "ops --json",
    ],
)
def test_a_closed_pipe_is_silent(words: str) -> None:
    """A reader that stops early, or at once, is no error."""
    for reader in ("head -1", "true"):
        done = shell(f"backtrace {words} | {reader}")
        assert (done.returncode, done.stderr) == (0, "")


def test_closed_and_full_outputs_have_no_traceback() -> None:
    """Standard output may be closed (`>&-`); a full disk is told."""
    assert shell("backtrace x x=1 --no-check >&-").returncode == 0
    full = shell("backtrace x x=1 --no-check > /dev/full")
    assert full.returncode == 2
    assert "No space left" in full.stderr
    assert "Traceback" not in full.stderr


def test_interrupted_is_130(tmp_path: Path) -> None:
    """Ctrl-C ends a run with 130 and no traceback."""
    program = tmp_path / "program"
    os.mkfifo(program)
    # a shell starts what runs in the background deaf to Ctrl-C, and the tests may run there
    command = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
        "from backtrace.__main__ import main; main()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", command, "-f", str(program)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
        text=True,
    )
    with program.open("wb"):  # opens when the command does, to read the program
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in stderr


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(words=st.lists(st.text(max_size=12), min_size=1, max_size=3))
def test_no_words_give_a_traceback(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever is typed, the answer is a result or a message."""
    code = main([*words, "--no-check"])
    captured = capsys.readouterr()
    assert code in (0, 2, 3)
    assert "Traceback" not in captured.err
