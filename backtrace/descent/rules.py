"""The update rules: one row each, a program in the language that makes new parameters of old ones.

A row is all there is of a rule. Its program is what is run, what is shown with its numbers, and, as
`formulas`, what sympy has; the tests hold it equal to torch.optim. The names in it:

    theta   the parameter, before the update and after it
    g       the gradient of the loss by the parameter
    eta     the learning rate of this update
    t       the number of this update, from 1 on
    others  the row's `settings`, and its `memory`: what is kept from one update to the next

Going up instead of down is the same program with the other sign of eta and of what is added to the
gradient (`{down}` and `{up}`): -g in the place of g comes to that, as every rule is odd in g.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from backtrace.graph import Graph

DECAY = "weight_decay"  # the setting that every torch optimizer has
L2 = f"g = g {{up}} {DECAY}*theta"  # the gradient of weight_decay/2 × theta**2, added
DECOUPLED = f"theta = theta - eta*{DECAY}*theta"  # in both directions towards 0
DOWN, UP = {"down": "-", "up": "+"}, {"down": "+", "up": "-"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One update rule.

    `program` has a statement a line, the last one for theta. `decay` is the statement that comes
    first where there is weight decay. `settings` have torch's defaults, `lr` for eta among them;
    `torch` is the optimizer as an expression in the settings' names, params and maximize.
    """

    name: str
    says: str
    program: str
    settings: Mapping[str, float]
    memory: tuple[str, ...] = ()  # 0 before the first update
    decay: str = L2
    torch: str

    @property
    def decays_gradient(self) -> bool:
        """Whether weight decay is added to the gradient, and not taken off the parameter."""
        return self.decay == L2

    def written(self, *, decays: bool, ascend: bool) -> str:
        """The program for going down or up, with weight decay or without."""
        lines = [self.decay, self.program] if decays else [self.program]
        return "\n".join(lines).format(**(UP if ascend else DOWN))

    def graph(self, *, decays: bool = False, ascend: bool = False) -> Graph:
        """The same as a graph."""
        return _read(self.written(decays=decays, ascend=ascend))

    def formulas(self, *, decays: bool = False, ascend: bool = False) -> dict[str, Any]:
        """Every quantity as a sympy expression in the names of the program, in order."""
        from backtrace.symbolic import expressions

        graph = self.graph(decays=decays, ascend=ascend)
        found = expressions(graph)
        return {name: found[index] for name, index in graph.assigned}


@lru_cache(maxsize=64)
def _read(text: str) -> Graph:
    from backtrace.reading import read  # imports numpy, which help does without

    return read(text)


ADAM = """\
m = beta1*m + (1 - beta1)*g
v = beta2*v + (1 - beta2)*g**2
mhat = m/(1 - beta1**t)
vhat = v/(1 - beta2**t)
theta = theta {down} eta*mhat/(sqrt(vhat) + eps)"""

ROWS = (
    Rule(
        name="sgd",
        says="a step along the gradient",
        program="theta = theta {down} eta*g",
        settings={"lr": 1e-3, DECAY: 0.0},
        torch="torch.optim.SGD(params, lr, weight_decay=weight_decay, maximize=maximize)",
    ),
    Rule(
        name="momentum",
        says="a step along a velocity, which gradients add up to and momentum keeps",
        program="v = momentum*v + g\ntheta = theta {down} eta*v",
        settings={"lr": 1e-3, "momentum": 0.9, DECAY: 0.0},
        memory=("v",),
        torch="torch.optim.SGD(params, lr, momentum, weight_decay=weight_decay, maximize=maximize)",
    ),
    Rule(
        name="nesterov",
        says="momentum that looks one step ahead",
        program="v = momentum*v + g\ntheta = theta {down} eta*(g + momentum*v)",
        settings={"lr": 1e-3, "momentum": 0.9, DECAY: 0.0},
        memory=("v",),
        torch="torch.optim.SGD(params, lr, momentum, weight_decay=weight_decay,"
        " nesterov=momentum > 0, maximize=maximize)",
    ),
    Rule(
        name="adagrad",
        says="a rate for every entry, which falls with the squares of its gradients so far",
        program="s = s + g**2\ntheta = theta {down} eta*g/(sqrt(s) + eps)",
        settings={"lr": 1e-2, "eps": 1e-10, DECAY: 0.0},
        memory=("s",),
        torch="torch.optim.Adagrad(params, lr, weight_decay=weight_decay, eps=eps,"
        " maximize=maximize)",
    ),
    Rule(
        name="rmsprop",
        says="the same with a mean of the squares that forgets",
        program="s = alpha*s + (1 - alpha)*g**2\ntheta = theta {down} eta*g/(sqrt(s) + eps)",
        settings={"lr": 1e-2, "alpha": 0.99, "eps": 1e-8, DECAY: 0.0},
        memory=("s",),
        torch="torch.optim.RMSprop(params, lr, alpha, eps, weight_decay, maximize=maximize)",
    ),
    Rule(
        name="adam",
        says="means of the gradients and of their squares, corrected for their start at 0",
        program=ADAM,
        settings={"lr": 1e-3, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, DECAY: 0.0},
        memory=("m", "v"),
        torch="torch.optim.Adam(params, lr, (beta1, beta2), eps, weight_decay, maximize=maximize)",
    ),
    Rule(
        name="adamw",
        says="adam, with a weight decay that its means know nothing of",
        program=ADAM,
        settings={"lr": 1e-3, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, DECAY: 1e-2},
        memory=("m", "v"),
        decay=DECOUPLED,
        torch="torch.optim.AdamW(params, lr, (beta1, beta2), eps, weight_decay, maximize=maximize)",
    ),
)
RULES: Mapping[str, Rule] = MappingProxyType({row.name: row for row in ROWS})
