"""The options of `backtrace descend`, in a table as those of the trace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar

from backtrace.cli.consoles import Color
from backtrace.cli.options import (
    CHECKED,
    PROGRAM,
    SHOWN,
    bindings_option,
    color_option,
    data_option,
    digits_option,
    file_option,
    help_option,
    no_check_option,
    option,
)
from backtrace.descent.asked import SETTINGS, STEPS_WITH_A_GOAL, USUAL_STEPS, Asked, shown
from backtrace.descent.rules import DECAY, RULES, Rule
from backtrace.descent.schedules import SCHEDULES, Schedule
from backtrace.render import DIGITS

RULE, ROWS, END = "How to go", "Which rows of the data", "When to stop"
MOST_CHECKED = 10_000  # updates that are compared with torch.optim unless --check asks for all
WHOLE = (1, 10**15)
DEFAULTS = {row.name: row.default for row in fields(Asked)}


def setting_option(name: str) -> Any:
    """The row of a number that rules or schedules have; the help says which, and their defaults."""
    takers: dict[str, list[str]] = {}
    rows: list[Rule | Schedule] = [*RULES.values(), *SCHEDULES.values()]
    for row in rows:
        settings: Mapping[str, float | None] = row.settings
        if name in settings and not (name == DECAY and settings[name] == 0):
            default = settings[name]
            takers.setdefault("" if default is None else f" {shown(default)}", []).append(row.name)
    told = "; ".join(f"{', '.join(names)}{default}" for default, names in takers.items())
    others = "; others 0" if name == DECAY else ""
    says = SETTINGS[name].says
    return option(
        f"--{name.replace('_', '-')}",
        *(["--learning-rate"] if name == "lr" else []),
        metavar="X",
        constant=True,
        panel=RULE,
        help=f"{says[0].upper()}{says[1:]}: {told}{others}.",
    )


def limit_option(name: str, help: str) -> Any:
    """The row of a number at which a descent ends."""
    spelling = f"--{name.replace('_', '-')}"
    return option(spelling, metavar="X", constant=True, panel=END, help=help)


@dataclass(frozen=True, kw_only=True)
class DescendOptions:
    """What was asked of `backtrace descend`."""

    EXAMPLE: ClassVar[str] = 'backtrace descend "(w*x - y)**2" w=1 x=1 y=2 --wrt w --lr 0.1'

    file: str | None = file_option()
    wrt: str | None = option(
        "--wrt",
        metavar="NAMES",
        once="several names go together, as in --wrt w,b",
        panel=PROGRAM,
        help="The parameters, as w or w,b; default all variables but those of --data and --rows.",
    )
    data: str | None = data_option()
    bindings: str | None = bindings_option()
    optimizer: str = option(
        "--optimizer",
        default=DEFAULTS["optimizer"],
        choices=tuple(RULES),
        metavar="RULE",
        panel=RULE,
        help=f"The update rule: {', '.join(RULES)}; default {DEFAULTS['optimizer']}.",
    )
    lr: float | None = setting_option("lr")
    ascend: bool = option(
        "--ascend", default=False, panel=RULE, help="Go up instead of down: gradient ascent."
    )
    momentum: float | None = setting_option("momentum")
    alpha: float | None = setting_option("alpha")
    beta1: float | None = setting_option("beta1")
    beta2: float | None = setting_option("beta2")
    eps: float | None = setting_option("eps")
    weight_decay: float | None = setting_option("weight_decay")
    schedule: str = option(
        "--schedule",
        default=DEFAULTS["schedule"],
        choices=tuple(SCHEDULES),
        panel=RULE,
        help="How the rate goes on: step, times gamma after --every updates; exponential, after "
        "each.",
    )
    gamma: float | None = setting_option("gamma")
    every: float | None = setting_option("every")
    batch_size: int | None = option(
        "--batch-size",
        metavar="N",
        bounds=WHOLE,
        panel=ROWS,
        help="The rows that an update sees; default all of them.",
    )
    rows: str | None = option(
        "--rows",
        metavar="NAMES",
        panel=ROWS,
        help="The variables that have the rows; default the columns of --data, or every array.",
    )
    epochs: int | None = option(
        "--epochs",
        metavar="N",
        bounds=WHOLE,
        panel=ROWS,
        group="end",
        help="Go so many times through all rows, in the place of --steps.",
    )
    shuffle: bool = option(
        "--shuffle", default=False, panel=ROWS, help="Take the rows of every epoch in a new order."
    )
    seed: int | None = option(
        "--seed",
        metavar="N",
        bounds=(0, 10**15),
        panel=ROWS,
        help="The seed of --shuffle; default 0.",
    )
    steps: int | None = option(
        "--steps",
        metavar="N",
        bounds=WHOLE,
        panel=END,
        group="end",
        help=f"The most updates: {USUAL_STEPS}, or {STEPS_WITH_A_GOAL:,} where an --until option "
        "ends it sooner.",
    )
    until_loss: float | None = limit_option(
        "until_loss",
        "Stop at a loss (of a batch) of at most this, --ascend: at least.",
    )
    until_gradient: float | None = limit_option(
        "until_gradient", "Stop where no entry of the gradient is larger."
    )
    until_change: float | None = limit_option(
        "until_change", "Stop before an update that changes no entry by more."
    )
    max_loss: float | None = limit_option("max_loss", "Treat a loss above this as divergence.")
    show: int | None = option(
        "--show",
        metavar="K",
        bounds=(0, 10**15),
        panel=SHOWN,
        group="view",
        help="Show the whole trace after K updates, and the update that follows.",
    )
    explain: bool = option(
        "--explain",
        default=False,
        panel=SHOWN,
        help="Show every quantity of the rule in the first two updates, with numbers.",
    )
    full: bool = option(
        "--full",
        default=False,
        panel=SHOWN,
        help="Show every step, not only the first, the last, and after 1, 10, 100, …; of arrays "
        "in --explain every entry.",
    )
    json: bool = option(
        "--json",
        default=False,
        panel=SHOWN,
        group="view",
        help="Print every step, and how it ended, as JSON, schema backtrace.descent/1.",
    )
    jsonl: bool = option(
        "--jsonl", default=False, panel=SHOWN, group="view", help="Print a line of JSON every step."
    )
    csv: bool = option(
        "--csv", default=False, panel=SHOWN, group="view", help="Print a row of CSV every step."
    )
    quiet: bool = option(
        "-q",
        "--quiet",
        default=False,
        panel=SHOWN,
        group="view",
        help="Print the last parameters alone; of several a line NAME<tab>VALUE each.",
    )
    digits: int | None = digits_option(f"{DIGITS}, with -q all of them")
    plot: str | None = option(
        "--plot",
        metavar="PATH",
        panel=SHOWN,
        help="Draw the loss, and of two numbers a contour map with the path: .svg, .png or .pdf.",
    )
    save: str | None = option(
        "--save",
        metavar="PATH",
        panel=SHOWN,
        help="Write the last parameters to a .json or .npz file, which --bindings reads.",
    )
    color: Color = color_option()
    check: bool = option(
        "--check",
        default=False,
        panel=CHECKED,
        group="check",
        help=f"Compare every update with torch.optim; default {MOST_CHECKED:,}, or fewer.",
    )
    no_check: bool = no_check_option()
    help: bool = help_option()

    @property
    def asked(self) -> Asked:
        """The options of the descent itself, which have the same names in Python."""
        return Asked(**{row.name: getattr(self, row.name) for row in fields(Asked)})
