"""Which argument is an option, which a binding, which the program.

typer cannot do this: it reads the program `-log(x)` as `-l "og(x)"` and `--x -inf` as two options.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from backtrace.cli.options import (
    SUBCOMMANDS,
    Option,
    Options,
    long_spellings,
    rows_of,
    spellings_of,
)
from backtrace.errors import BindingError, UsageError, did_you_mean, near

BINDING = re.compile(r"\s*([^\s=]+)\s*=(?!=)(.*)", re.DOTALL)
LONG = re.compile(r"--([^\W\d][^\s=]*)(=.*)?", re.DOTALL)  # --w, --w=1, --no-chek
WHOLE = re.compile(r"[+-]?[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Typed:
    """A value that was typed for a name: `prefix` is what stands before it, `--w ` or `w=`."""

    name: str
    text: str
    prefix: str

    @property
    def word(self) -> str:
        """How it was typed: `--w 1/3`."""
        return self.prefix + self.text


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments of the trace command, told apart but not yet read."""

    options: Options
    typed: tuple[Typed, ...] = ()
    programs: tuple[str, ...] = ()

    @property
    def program(self) -> str | None:
        """The one program, or None where it comes from a file. Raises UsageError."""
        match self.programs, self.options.file:
            case ((), None):
                raise UsageError(_no_program(self.typed, type(self.options)))
            case ((), _):
                return None
            case ((program,), None):
                return program
            case ((program, *_), str(file)):
                raise UsageError(f"two programs: {quoted(program)} and the file {quoted(file)}")
            case _:
                raise UsageError(_several_programs(self.programs, type(self.options)))


def split(words: Sequence[str]) -> Arguments:
    """Known options exactly, then `--NAME VALUE`, then `NAME=VALUE`; what remains is the program.

    `--` ends the options. Reading stops at --help and --version. Raises UsageError for an option
    that is not used as it should be, BindingError for a name without a value.
    """
    return Splitter(words).split()


class Splitter:
    """One pass over the words, which are taken from the left."""

    kind: type = Options

    def __init__(self, words: Iterable[str]) -> None:
        self.table, self.spellings = rows_of(self.kind), spellings_of(self.kind)
        self.words = deque(words)
        self.given: dict[str, Any] = {}
        self.typed: list[Typed] = []
        self.programs: list[str] = []

    def split(self) -> Arguments:
        """All words, told apart."""
        self.take_all()
        programs = tuple(self.the_programs())
        return Arguments(self.options(), tuple(self.typed), programs)

    def take_all(self) -> None:
        """Tell the words apart, up to --help and --version."""
        while self.words and not self.given.keys() & {"help", "version"}:
            word = self.words.popleft()
            if word == "--":
                while self.words:
                    self.operand(self.words.popleft())
            elif not (self.known_option(word) or self.named_value(word)):
                self.operand(word)

    def known_option(self, word: str) -> bool:
        """option = NAME | NAME '=' VALUE | NAME VALUE, where NAME is in the table"""
        name, equals, text = word.partition("=")
        key = self.spellings.get(name)
        if key is None:
            return False
        row = self.table[key]
        if key in self.given and row.once:
            raise UsageError(f"{name} is given twice: {row.once}")
        if row.is_flag:
            if equals:
                raise UsageError(f"{name} takes no value")
            self.given[key] = True
        elif equals:
            self.take(key, name, text)
        elif row.alone is not None:
            has_value = bool(self.words) and row.takes(self.words[0])
            self.given[key] = self.words.popleft() if has_value else row.alone
        else:
            if self.value_is_missing():
                raise UsageError(f"{name} needs a value: {name} {row.metavar}")
            self.take(key, name, self.words.popleft())
        return True

    def take(self, key: str, name: str, text: str) -> None:
        """Keep the value of an option; of one that may be repeated every value."""
        row = self.table[key]
        value = _read_option(name, row, text)
        self.given[key] = (*self.given.get(key, ()), value) if row.many else value

    def named_value(self, word: str) -> bool:
        """binding = '--' NAME '=' VALUE | '--' NAME VALUE, whatever VALUE looks like"""
        match = LONG.fullmatch(word)
        if match is None:
            return False
        name, text = match[1], match[2]
        if not is_name(name):
            if not re.fullmatch(r"[\w-]+", name):
                return False  # the program --x*y
            raise UsageError(
                f"there is no option --{name}{nearest_option(name, self.kind)}\n"
                "(a program that begins with -- goes after --)"
            )
        if text is not None:
            self.typed.append(Typed(name, text[1:], f"--{name}="))
        elif self.value_is_missing():
            example = nearest_option(name, self.kind) or f": --{name} 1"
            raise BindingError(f"--{name} needs a value{example}")
        else:
            value = self.words.popleft()
            self.typed.append(Typed(name, value, f"--{name} "))
        return True

    def operand(self, word: str) -> None:
        """operand = NAME '=' VALUE, where VALUE reads as one | PROGRAM"""
        match = _binding(word)
        if match and _reads_as_value(match[2]):
            self.typed.append(Typed(match[1], match[2], f"{match[1]}="))
        else:
            self.programs.append(word)

    def value_is_missing(self) -> bool:
        """Whether the next word cannot be the value of the one before."""
        if not self.words:
            return True
        following = self.words[0]
        if following == "--" or following.partition("=")[0] in self.spellings:
            return True
        return bool(LONG.fullmatch(following))

    def the_programs(self) -> list[str]:
        """What remains; of several, `w=abc` is a value that cannot be read and not a program."""
        rest = [word for word in self.programs if not _binding(word)]
        if len(rest) + ("file" in self.given) != 1:
            return self.programs
        self.typed += [
            Typed(match[1], match[2], f"{match[1]}=")
            for word in self.programs
            if (match := _binding(word))
        ]
        return rest

    def options(self) -> Any:
        """What was asked for, of the splitter's kind. Raises UsageError."""
        first: dict[str, str] = {}
        for key in self.given:
            row = self.table[key]
            other = first.setdefault(row.group or key, key)
            if other != key:
                names = f"{self.table[other].names[-1]} and {row.names[-1]}"
                raise UsageError(f"{names} exclude each other; choose one")
            if row.goes_with and row.goes_with not in self.given:
                raise UsageError(f"{row.names[-1]} goes with {self.table[row.goes_with].names[-1]}")
        if "no_formulas" in self.given and not self.writes_json():
            raise UsageError("--no-formulas goes with --json")
        return self.kind(**self.given)

    def writes_json(self) -> bool:
        """Whether JSON is printed, or written to a file."""
        return "json" in self.given or self.given.get("output", "").endswith(".json")


def is_name(text: str) -> bool:
    """Whether a text is a name in the language, such as w, yhat, ŷ or lambda."""
    from backtrace.reading.tokens import Tokens, starts_name

    return starts_name(text) and Tokens(text).texts == [text, ""]


def quoted(text: str) -> str:
    """A word of the command line as it may be shown: in double quotes, and not too long."""
    return f'"{text}"' if len(text) <= 80 else f'"{text[:79]}…"'


def nearest_option(name: str, kind: type = Options) -> str:
    """`": did you mean --check?"`, where a name is near an option, else nothing."""
    return nearest_of(name, long_spellings(kind))


def nearest_of(name: str, spellings: Iterable[str]) -> str:
    """The same for these options."""
    bare = {spelling.lstrip("-"): spelling for spelling in spellings}
    close = [bare[other] for other in near(name, bare)]
    return f": did you mean {' or '.join(close)}?" if close else ""


def _read_option(name: str, row: Option, text: str) -> str | int | float:
    if row.choices and text not in row.choices:
        close = did_you_mean(text, row.choices)
        raise UsageError(f"{name} is {' or '.join(row.choices)}, not {quoted(text)}{close}")
    if row.number:
        return _number(name, text)
    if row.constant:
        return _constant(name, text)
    if row.bounds is None:
        if not text:
            raise UsageError(f"{name} needs a value: {name} {row.metavar}")
        return text
    least, most = row.bounds
    if not WHOLE.fullmatch(text) or not least <= int(text) <= most:
        upper = f" to {most}" if most < 10**9 else " or more"
        raise UsageError(f"{name} is a whole number, {least}{upper}, not {quoted(text)}")
    return int(text)


def _number(name: str, text: str) -> float:
    if re.fullmatch(r"(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?", text, re.IGNORECASE | re.ASCII):
        return float(text)
    raise UsageError(f"{name} is a number of at least 0, as 1e-3, not {quoted(text)}")


def _constant(name: str, text: str) -> float:
    from backtrace.reading.values import read_value  # imports numpy, which help does without

    value = read_value(text, f"{name} ")
    if value.shape:
        raise UsageError(f"{name} is one number, not {quoted(text)}")
    return float(value)


def _binding(word: str) -> re.Match[str] | None:
    match = BINDING.fullmatch(word)
    return match if match and is_name(match[1]) else None


def _reads_as_value(text: str) -> bool:
    from backtrace.reading.values import read_value  # imports numpy, which help does without

    if text.lstrip()[:1] == "@":  # a file, whether or not it is there
        return True
    try:
        read_value(text)
    except BindingError:
        return False
    return True


def _no_program(typed: Sequence[Typed], kind: Any) -> str:
    read_as = f" ({quoted(typed[0].word)} is a value for {typed[0].name})" if typed else ""
    advice = "".join(
        nearest_option(item.name, kind) for item in typed if item.prefix.startswith("--")
    )
    return f"no program{read_as}{advice}\nfor example: {kind.EXAMPLE}"


def _several_programs(programs: Sequence[str], kind: Any) -> str:
    short = next((word for word in programs if re.fullmatch(r"-[A-Za-z]", word)), None)
    if short:
        return f'there is no option {short} (--help lists them; {short} as a program: "({short})")'
    if "=" in programs:
        return "a value is typed without spaces: w=1, or --w 1"
    choices = [choice for row in rows_of(kind).values() for choice in row.choices]
    advice = "".join(did_you_mean(word, choices) for word in programs if word.isalpha())
    command = did_you_mean(programs[0], SUBCOMMANDS).replace("mean ", "mean the command ")
    advice = advice or (command if kind is Options else "")
    shown = " and ".join(quoted(word) for word in programs[:2])
    whole = quoted(" ".join(programs))
    return f"two programs: {shown}{advice}\nif they are one, put quotes around it: {whole}"
