"""A practice session: takes what was typed, and says what is to be answered; no input or output.

What is skipped, or shown after three tries or as the last hint, is not right.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, TypeAlias

from backtrace.homework.answers.targets import known_names
from backtrace.homework.judging.judge import Judge
from backtrace.homework.judging.terms import Terms
from backtrace.homework.practice.hints import Hints
from backtrace.homework.practice.questions import Question, Questions
from backtrace.homework.practice.scores import Progress, Score, score_of
from backtrace.homework.problems.problem import Problem
from backtrace.homework.reports.facts import Facts
from backtrace.homework.reports.wording import lines, marks
from backtrace.homework.verdicts import State, Verdict, meaning

Command: TypeAlias = Literal["hint", "skip", "quit", "help"]
WORDS: Mapping[str, Command] = {
    "h": "hint",
    "hint": "hint",
    "s": "skip",
    "skip": "skip",
    "q": "quit",
    "quit": "quit",
    "exit": "quit",
    "?": "help",
    "help": "help",
}
FORCED = ":"  # before a command that is also a name of the program: `:s`
SHORT = ("h", "s", "q", "?")

MOST_TRIES = 3
MOST_NAMED = 3  # mistakes that give the same wrong answer
NUMBER = Terms(form="number")  # the formula of a value is what the question says
EITHER = Terms()
WITHHELD = Facts()  # as a report shows verdicts that may not give the answer away


@dataclass(frozen=True, slots=True)
class Reply:
    """What is said to one line.

    `state` is that of the verdict, None where nothing was judged. `is_over` says that the question
    has been dealt with.
    """

    lines: tuple[str, ...]
    state: State | None = None
    is_over: bool = False


class Session:
    """The questions about one problem, one after the other.

    Raises ShapeError, Undefined or UsageError where there is nothing to ask about.
    """

    def __init__(self, problem: Problem) -> None:
        self.questions = Questions(problem)
        self.hints = Hints(self.questions)
        self.progress = [Progress(question) for question in self.questions.asked]
        self.place = 0
        self.has_quit = False
        self._judge_of_all = Judge(problem)
        self._names = known_names(problem.graph)

    # -- the question

    @property
    def is_over(self) -> bool:
        """Whether there is nothing more to ask."""
        return self.has_quit or self.place == len(self.progress)

    @property
    def current(self) -> Progress:
        """The question that is to be answered, and what happened with it."""
        return self.progress[self.place]

    @property
    def asked(self) -> str:
        """What it asks for, as the left side of an answer: `∂v1/∂w`."""
        return self.hints.name(self.current.question)

    @property
    def title(self) -> str:
        """The question in words."""
        return self.hints.title(self.current.question)

    @cached_property
    def commands(self) -> Mapping[Command, str]:
        """How each command is given here: `s`, or `:s` where the program has a step s."""
        given = {WORDS[word]: word for word in SHORT}
        return {c: FORCED + word if word in self._names else word for c, word in given.items()}

    # -- what is typed

    def take(self, text: str) -> Reply:
        """The reply to a line: an answer, or a command."""
        match self._command(text.strip()):
            case "hint":
                return self._hint()
            case "skip":
                return self._shown()
            case "quit":
                self.has_quit = True
                return Reply((), is_over=True)
            case "help":
                return Reply(self._help())
        return self._answer(text)

    def _command(self, word: str) -> Command | None:
        """The command that a line is, unless it is a name of the program, which is an answer."""
        if word.startswith(FORCED):
            return WORDS.get(word[len(FORCED) :].strip().lower())
        return None if word in self._names else WORDS.get(word.lower())

    def _help(self) -> tuple[str, ...]:
        c = self.commands
        return (
            "an answer is a number, to three digits, or a formula in the variables and the steps",
            f"a wrong one may be given {MOST_TRIES} times; only the first try counts fully",
            f"{c['hint']} gives a hint, then a better one, then the answer; it then counts half",
            f"{c['skip']} shows the answer and goes on; {c['quit']} ends",
        )

    # -- answers

    def _answer(self, text: str) -> Reply:
        if not text.strip():
            return Reply((f"a number or a formula; {self.commands['hint']} is a hint",))
        now = self.current
        terms = NUMBER if now.question.kind == "value" else EITHER
        judged = self._judge(now.question).answer(text, now.question.target, terms)
        verdict = judged.verdict
        if verdict.state == "correct":
            return self._right(verdict)
        if verdict.code == "form":
            return Reply(("right as a formula; its number is asked for",), "precision")
        if verdict.state != "wrong":
            advice = "a number can be judged; " if verdict.state == "undecided" else ""
            return Reply((*lines(verdict), f"{advice}this does not count as a try"), verdict.state)
        if judged.typed is not None:  # the point is known, and so is the answer
            verdict = replace(verdict, counterexample=None)
        return self._wrong(verdict)

    def _judge(self, question: Question) -> Judge:
        problem = self.questions.judged_by(question)
        if problem is self.questions.problem:
            return self._judge_of_all
        return Judge(problem)

    def _right(self, verdict: Verdict) -> Reply:
        now = self.current
        now.tries += 1
        now.is_right = True
        said = [self.hints.right(now.question)]
        if now.points < 1:
            said[0] += f" ({marks(now.points)} points)"
        if verdict.read_as:
            said.append(f"read as {verdict.read_as}")
        self.place += 1
        return Reply(tuple(said), "correct", is_over=True)

    def _wrong(self, verdict: Verdict) -> Reply:
        now = self.current
        now.tries += 1
        now.mistakes.append(verdict.code)
        if now.question.kind == "local":  # whose formula may stand in the message
            verdict = replace(verdict, message="\n".join(map(_named, verdict.codes[:MOST_NAMED])))
        said = tuple(lines(WITHHELD.shown(verdict)))
        left = MOST_TRIES - now.tries
        if not left:
            return Reply((*said, *self._shown().lines), "wrong", is_over=True)
        more = "once more" if left == 1 else "twice more"
        return Reply((*said, f"try {more}; {self.commands['hint']} is a hint"), "wrong")

    # -- help with one question

    def _hint(self) -> Reply:
        now = self.current
        now.hints += 1
        stages = (self.hints.rule, self.hints.formula)
        if now.hints > len(stages):
            return self._shown()
        return Reply((stages[now.hints - 1](now.question),))

    def _shown(self) -> Reply:
        """The answer, after which the next question comes."""
        solution = self.hints.solution(self.current.question)
        self.place += 1
        return Reply((solution,), "skipped", is_over=True)

    # -- the end

    def score(self) -> Score:
        """How it went so far; what was not reached counts as not answered."""
        return score_of(self.progress)


def _named(code: str) -> str:
    return f"{code}: {meaning(code)}"
