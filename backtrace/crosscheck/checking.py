"""check(trace): replay, compare, judge, and say it in one line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, get_args

import numpy as np

from backtrace.crosscheck import Engine
from backtrace.crosscheck.differences import Differences, central_differences
from backtrace.crosscheck.engine import Replay, Torch
from backtrace.crosscheck.judging import Finding, Judge
from backtrace.crosscheck.report import Check, NodeCheck, Status
from backtrace.crosscheck.tolerance import compare
from backtrace.errors import EngineMissing, UsageError, listed
from backtrace.graph import Apply, Constant
from backtrace.ops.rows import Value
from backtrace.records import Notice, Trace, plain
from backtrace.tracing import collector_off

AGREES = Finding("agrees", "")


class Witnesses(NamedTuple):
    """What stands against a trace: torch's nodes, and the differences if they were asked for."""

    engine: Torch
    nodes: tuple[NodeCheck, ...]
    differences: Differences | None


def check(trace: Trace, engine: Engine = "torch") -> Check:
    """Compare every value and every gradient of a trace with torch autograd in float64.

    `engine="differences"` adds central differences of the output, away from kinks. Raises
    EngineMissing where torch cannot be imported.
    """
    if engine not in get_args(Engine):
        raise UsageError(f"no engine {engine!r} to check with: {' or '.join(get_args(Engine))}")
    torch = Torch()
    with collector_off():
        replay = torch.replay(trace)
        nodes = _nodes(trace, replay, torch)
        third = central_differences(trace, _why_not(trace)) if engine == "differences" else None
    return _verdict(trace, replay, Witnesses(torch, nodes, third))


def checked(trace: Trace, engine: Engine = "torch") -> Check:
    """The check, or why it could not be had."""
    try:
        return check(trace, engine)
    except EngineMissing as error:
        return not_checked(trace, str(error))


def not_checked(trace: Trace, why: str = "") -> Check:
    """The verdict without a second engine: undefined where that is plain, else not-checked.

    `why` says what came in the way of a check that was wanted.
    """
    status: Status = "undefined" if undefined(trace) else "not-checked"
    reason = "; ".join(filter(None, [_undefined_text(trace) if undefined(trace) else "", why]))
    summary, asked = reason or "not checked", bool(why)
    return Check(status, None, None, None, (), {}, None, (), summary, reason, asked)


def undefined(trace: Trace) -> bool:
    """Whether the output or a gradient asked for is not a finite number."""
    numbers = [trace.value, *trace.gradients.values()]
    return trace.undefined is not None or not all(np.all(np.isfinite(n)) for n in numbers)


def _nodes(trace: Trace, replay: Replay, engine: Torch) -> tuple[NodeCheck, ...]:
    """One record for every operation and variable."""
    values = [_number(v) for v in trace.values]
    gradients = [None if a is None else _number(a) for a in trace.adjoints]
    by_value, by_gradient = compare(values, replay.values), compare(gradients, replay.gradients)
    found: dict[int, Finding] = {}
    if by_value.beyond or by_gradient.beyond:
        found = Judge(trace, engine).judge(by_value.beyond, by_gradient.beyond, replay)
    errors = np.maximum(by_value.errors, by_gradient.errors).tolist()
    labels = trace.graph.labels
    theirs = zip(replay.values, replay.gradients, errors, strict=True)
    columns = enumerate(zip(trace.graph.nodes, values, gradients, theirs, strict=True))
    return tuple(
        NodeCheck(i, labels[i], value, gradient, *numbers, *found.get(i, AGREES))
        for i, (node, value, gradient, numbers) in columns
        if type(node) is not Constant
    )


def _number(value: Value) -> Value:
    return value.item() if type(value) is np.float64 else value


def _verdict(trace: Trace, replay: Replay, found: Witnesses) -> Check:
    contradicted = found.differences is not None and found.differences.wrong
    verdicts = {node.verdict for node in found.nodes}
    status: Status = "agrees"
    if "differs" in verdicts or contradicted:
        status = "differs"
    elif undefined(trace):
        status = "undefined"
    elif "convention" in verdicts or _kinks(trace):
        status = "convention"
    return Check(
        status=status,
        engine=found.engine.name,
        version=found.engine.version,
        max_error=max((node.error for node in found.nodes), default=0.0),
        nodes=found.nodes,
        gradients=_gradients(trace, replay),
        differences=found.differences and found.differences.values,
        notices=(*_notices(found), *_third(found.differences)),
        summary=_summary(trace, status, found),
        reason=_reason(trace, status, found),
    )


def _gradients(trace: Trace, replay: Replay) -> Mapping[str, Value]:
    """torch's gradients by name; a name that is not in the program has 0, as in the trace."""
    gradients = {}
    for name in trace.wrt:
        index = trace.graph.asked(name)
        unused = trace.gradients[name] if index is None else replay.gradients[index]
        gradients[name] = plain(unused)
    return gradients


def _kinks(trace: Trace) -> list[str]:
    """The operations that are at a kink and that a gradient passes: `relu (v1)`."""
    labels = trace.graph.labels
    indices = [notice.index for notice in trace.notices if notice.code == "kink"]
    nodes = [(i, trace.graph.nodes[i]) for i in indices if i is not None]
    return [f"{node.op.written} ({labels[i]})" for i, node in nodes if isinstance(node, Apply)]


def _why_not(trace: Trace) -> str | None:
    """Why central differences would say nothing about this trace."""
    if undefined(trace):
        return "the result is undefined here"
    kinks = _kinks(trace)
    return f"there is a kink here ({listed(kinks)})" if kinks else None


def _notices(found: Witnesses) -> list[Notice]:
    """One notice for all nodes that differ by rounding, one for every convention."""
    notices = [
        Notice(node.index, "kink", f"{node.name}: {node.text}")
        for node in found.nodes
        if node.verdict == "convention"
    ]
    rounded = [node for node in found.nodes if node.verdict == "rounding"]
    if rounded:
        worst = max(rounded, key=lambda node: node.error)
        text = (
            f"rounding sets {listed(node.name for node in rounded)} apart from {found.engine}, "
            f"by {worst.error:.2g} at most; every operation agrees on the same inputs"
        )
        notices.append(Notice(worst.index, "rounding", text))
    return notices


def _third(differences: Differences | None) -> tuple[Notice, ...]:
    return () if differences is None else (*differences.wrong, *differences.notices)


def _reason(trace: Trace, status: Status, found: Witnesses) -> str:
    """Why the exit code is not 0; empty where it is."""
    guilty = [node for node in found.nodes if node.verdict == "differs"]
    if guilty:
        node = guilty[0]
        also = f"; also {listed(n.name for n in guilty[1:])}" if guilty[1:] else ""
        return f"differs from {found.engine} at {_operation(trace, node)}: {node.text}{also}"
    if found.differences and found.differences.wrong:
        return found.differences.wrong[0].text
    return _undefined_text(trace) if status == "undefined" else ""


def _summary(trace: Trace, status: Status, found: Witnesses) -> str:
    """The verdict in one line."""
    reason = _reason(trace, status, found)
    if any(node.verdict == "differs" for node in found.nodes):
        return reason
    agreement = f"checked against {found.engine} autograd: {_agreement(trace, found)}"
    if status == "differs":
        return f"{agreement}; but {reason}"
    if status == "undefined":
        return f"{reason}; {agreement}"
    if found.differences and any(v is not None for v in found.differences.values.values()):
        skipped = " (not all could be had)" if found.differences.notices else ""
        return f"{agreement}; so do central differences{skipped}"
    return agreement


def _agreement(trace: Trace, found: Witnesses) -> str:
    count = len(found.nodes)
    if not count:
        return "a constant has nothing to compare"
    text = "the one node agrees" if count == 1 else f"all {count} nodes agree"
    rounded = sum(node.verdict == "rounding" for node in found.nodes)
    if rounded:
        text += f", {rounded} of them but for rounding"
    chosen = [node for node in found.nodes if node.verdict == "convention"]
    if chosen:
        where = listed(node.name for node in chosen)
        return f"all but {where} agree, where torch chose another convention at a kink"
    kinks = _kinks(trace)
    return f"{text}, by convention at the kink of {listed(kinks)}" if kinks else text


def _undefined_text(trace: Trace) -> str:
    notice = trace.undefined
    if notice is not None:
        return f"undefined here: {notice.text}"
    return "undefined here: the output or a gradient asked for is not a finite number"


def _operation(trace: Trace, node: NodeCheck) -> str:
    expression = trace.graph.expression(node.index)
    return node.name if expression == node.name else f"{node.name} = {expression}"
