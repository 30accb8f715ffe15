"""benchmarks: every line of the table can be measured. What is measured is not looked at."""

from __future__ import annotations

import re
from itertools import islice
from pathlib import Path

import pytest

from backtrace import Trace
from benchmarks import chain, descent, homework, measure, networks, pictures, startup, table
from benchmarks.measure import Ratio, compared, in_turns, process
from benchmarks.networks import Answer, Sizes

LINE = Ratio("what we do", 0.5, "what they do", 1.0, 0.4, (0.4, 0.6))


def test_a_chain_against_the_peers(monkeypatch: pytest.MonkeyPatch) -> None:
    """All contenders trace the same chain, and find the same gradient; here in one process."""
    monkeypatch.setattr(chain, "apart", lambda name, nodes: chain.CONTENDERS[name](nodes))
    lines = chain.against_peers([10], rounds=1)
    assert [line.peer for line in lines] == ["micrograd", "torch, eager"]
    assert all(line.ours > 0 < line.theirs for line in lines)


def test_pictures() -> None:
    """A small chain and a small sum are drawn."""
    assert [line.peer for line in pictures.pictures(rounds=1, nodes=12)] == ["2 s", "2 s"]
    assert len(pictures.chain(pictures.NODES).graph.nodes) in range(480, 520)


def test_a_contender_in_a_process_of_its_own() -> None:
    """Its seconds and its gradient come back: ∂v/∂a of five rounds of v = v*a + b."""
    seconds, gradient = chain.apart("backtrace_chain", 10)
    assert (seconds > 0, gradient) == (True, chain.backtrace_chain(10)[1])


@pytest.fixture
def _without_collections(monkeypatch: pytest.MonkeyPatch) -> None:
    """Garbage is not collected before every measurement, which costs more than what is measured."""
    monkeypatch.setattr("gc.collect", lambda: 0)


@pytest.mark.usefixtures("_without_collections")
def test_growth_and_reading() -> None:
    """Sizes take turns; the dearest is set against the cheapest, and is never below it."""
    assert chain.growth([10, 100], rounds=1).ratio >= 1
    line, seconds = chain.reading([10, 100], rounds=1)
    assert line.ratio >= 1
    assert (seconds.ours > 0, seconds.target) == (True, chain.READ_LIMIT)


TINY = Sizes(5, 4, 3, 2)


@pytest.mark.usefixtures("_without_collections")
def test_networks() -> None:
    """All contenders go through the same networks; the line of each peer is there."""
    lines = networks.networks(rounds=1, large=TINY, small=TINY, calls=2)
    peers = ["numpy, by hand", "HIPS autograd", "HIPS autograd"]
    assert [line.peer for line in lines] == peers
    assert [line.target for line in lines] == [1.15, 1.1, 0.4]
    assert all(line.ours > 0 < line.theirs for line in lines)
    assert lines[0].what == "network 5 × 4 → 3 → 2"


@pytest.mark.usefixtures("_without_collections")
def test_regression() -> None:
    """A line through a few points, against numpy by hand."""
    line = networks.regression(rounds=1, rows=7)
    assert (line.peer, line.ours > 0 < line.theirs) == ("numpy, by hand", True)


def test_memory() -> None:
    """The peak is of what the arrays take: of 2,000 hidden numbers four arrays at the least."""
    line = networks.memory(Sizes(200, 4, 10, 2))
    assert min(line.ours, line.theirs) > 4 * 8 * 2000
    assert (line.unit, line.rounds) == ("B", ())


def test_contenders_that_disagree() -> None:
    """A contender with another gradient, or one gradient less, is no peer."""
    right, wrong = Answer(1.0, (2.0, 3.0)), Answer(1.0, (2.0, 3.1))
    networks.agree({"a": lambda: right, "b": lambda: right})
    with pytest.raises(RuntimeError, match="disagree: a, b"):
        networks.agree({"a": lambda: right, "b": lambda: wrong})
    with pytest.raises(ValueError, match="zip"):
        networks.agree({"a": lambda: right, "b": lambda: Answer(1.0, (2.0,))})


@pytest.mark.usefixtures("_without_collections")
def test_descents() -> None:
    """All contenders make the same steps on the line and on both networks."""
    lines = list(descent.descents(rounds=1, large=TINY, small=TINY, steps=3, few=2))
    assert [line.peer for line in lines] == ["torch, by hand", "torch.optim.SGD"] * 3
    assert [line.target for line in lines] == [1 / 5, 1 / 8, 1, 1, 1, 1]
    assert all(line.ours > 0 < line.theirs for line in lines)
    assert lines[0].what == "step on `mean((w*x + b - y)**2)`, 4 points"
    assert lines[2].what == "step on network 5 × 4 → 3 → 2"


@pytest.mark.usefixtures("_without_collections")
def test_descents_that_end_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """A contender that makes one step less, or has one parameter less, is no peer."""
    slope = descent.line()
    short = descent.ours(slope, descent.STEPS - 1)
    monkeypatch.setitem(descent.PEERS, "torch, by hand", lambda *_: short)
    monkeypatch.setitem(descent.PEERS, "torch.optim.SGD", descent.ours)
    with pytest.raises(RuntimeError, match="end at the same: ours, torch, by hand"):
        descent.against_torch("a step", slope, descent.STEPS, rounds=1)
    monkeypatch.setitem(descent.PEERS, "torch, by hand", lambda *_: descent.ours(slope, 3)[:1])
    with pytest.raises(ValueError, match="zip"):
        descent.against_torch("a step", slope, steps=3, rounds=1)


def test_nothing_is_copied() -> None:
    """The arrays are bound as they are, as those of the peers."""
    data = networks.network_data(TINY)
    kept = networks.traced(networks.LAYERS, networks.WEIGHTS, data)().kept
    assert isinstance(kept, Trace)
    assert kept.variables["x"] is data["x"]


@pytest.mark.usefixtures("_without_collections")
def test_claims() -> None:
    """Claims are judged before diagnosis and with it; no two answers are the same."""
    lines = homework.rates(rounds=1, claims=20)
    assert [line.peer for line in lines] == ["5,000 a second", "1,500 a second"]
    assert all(line.ours > 0 and line.target == 1 for line in lines)
    answers = list(islice(homework.mixed(homework.pairs()), 1000))
    assert len({(pair.program, text) for pair, text in answers}) == 1000
    assert sum(pair.equal for pair, _ in answers) == 600


def test_pairs() -> None:
    """Every pair of the cases is judged as it should be, however it is rewritten."""
    for pair in homework.pairs():
        for number in range(2, 2 + len(homework.HARMLESS)):
            assert homework.judged(pair, pair.rewritten(number)) is pair.equal


@pytest.mark.usefixtures("_without_collections")
def test_verdicts_that_are_wrong() -> None:
    """A judge that is quick and wrong is no contender."""
    answers = list(islice(homework.mixed(homework.pairs()), 5))
    with pytest.raises(RuntimeError, match="is called wrong"):
        homework.seconds_of(lambda *_: False, answers)
    with pytest.raises(RuntimeError, match="is called equal"):
        homework.seconds_of(lambda *_: True, answers)


@pytest.mark.usefixtures("_without_collections")
def test_against_sympy() -> None:
    """The same pairs are simplified, one after the other; what takes too long is tried once."""
    few = [pair for pair in homework.pairs() if "398" in pair.program or pair.by == "a"]
    line = homework.against_sympy(rounds=2, found=few, limit=0.2)
    assert line.what == f"{len(few)} pairs of formulas, with diagnosis"
    assert re.fullmatch(r"sympy simplify\(a - b\) == 0, [1-5] stopped after 0.2 s", line.peer)
    assert line.theirs >= 0.2
    assert (len(line.rounds), line.target) == (2, 0.01)


def test_what_sympy_gives_up() -> None:
    """A pair on which the limit was reached counts as the limit from then on."""
    slow = next(pair for pair in homework.pairs() if "398" in pair.program)
    peer = homework.Sympy(0.1)
    assert peer.seconds(slow) == 0.1
    assert peer.given_up == {slow}
    assert peer.seconds(slow) == 0.1


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux counts it there")
def test_memory_of_claims() -> None:
    """A course of each size is graded in a process of its own."""
    line = homework.memory_of_claims([10, 60])
    assert line.what == "`grade`, memory for a claim more, 10^1 to 6·10^1 claims"
    assert (line.theirs, line.target, line.unit) == (200, 1, "B")


@pytest.mark.parametrize("name", startup.OURS)
def test_commands(name: str) -> None:
    """Every command of ours runs; a view is seen before its process ends."""
    times = startup.OURS[name]()
    assert times.get(" until", 0) < times[""]


def test_every_line_has_its_times() -> None:
    """The lines speak of commands and imports that are measured, at the moments that are taken."""
    for _, name, peer, _ in startup.LINES:
        key, _, moment = name.partition(" ")
        assert peer in startup.PEERS
        assert bool(startup.OURS[key].keywords.get("until")) >= bool(moment)


def test_processes_that_fail() -> None:
    """A command that fails, or never prints what is waited for, is no measurement."""
    with pytest.raises(RuntimeError, match="ended with 3"):
        process("-c", "raise SystemExit(3)")
    with pytest.raises(RuntimeError, match="never"):
        process("-c", "print('never')", until=b"something else")


def test_turns() -> None:
    """A B A B, the first round not counted."""
    order: list[str] = []

    def contender(name: str) -> dict[str, float]:
        order.append(name)
        return {"": len(order)}

    times = in_turns({"a": lambda: contender("a"), "b": lambda: contender("b")}, rounds=2)
    assert order == ["a", "b"] * 3
    assert times == {"a": [3, 5], "b": [4, 6]}


def test_ratio_of_medians() -> None:
    """One slow round does not move the ratio."""
    line = compared("x", [1.0, 1.0, 50.0], "y", [2.0, 2.0, 2.0], 0.5)
    assert (line.ratio, line.met, max(line.rounds)) == (0.5, True, 25)


def test_table(tmp_path: Path) -> None:
    """The table shows ratio and target, as text and between the marks of a README."""
    assert "0.50   0.40–0.60  0.4      MISSED" in table.text([LINE])
    assert "52.2 MB" in table.text([Ratio("what", 52.2e6, "they", 52e6, 1.3, unit="B")])
    readme = tmp_path / "README.md"
    readme.write_text(f"a\n{table.BEGIN}\nold\n{table.END}\nb\n", encoding="utf-8")
    table.into_readme([LINE], readme)
    content = readme.read_text(encoding="utf-8")
    assert "| what we do | 500 ms | what they do | 1 s | 0.50 | 0.40–0.60 | 0.4 |" in content
    assert "old" not in content
    assert content.startswith("a\n")
    assert content.endswith("b\n")
    readme.write_text("no marks", encoding="utf-8")
    with pytest.raises(ValueError, match="benchmarks"):
        table.into_readme([LINE], readme)


def test_the_readme_has_the_marks() -> None:
    """There is a place for the table."""
    content = (measure.ROOT / "README.md").read_text(encoding="utf-8")
    assert table.BEGIN in content
    assert table.END in content


@pytest.mark.parametrize(("count", "written"), [(10, "10^1"), (10**5, "10^5"), (20_000, "2·10^4")])
def test_counts(count: int, written: str) -> None:
    """Round counts are written as powers of ten."""
    assert chain.power(count) == written
