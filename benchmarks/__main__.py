"""python -m benchmarks: print the table of ratios."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from benchmarks import __doc__ as about
from benchmarks import table
from benchmarks.chain import against_peers, growth, reading
from benchmarks.descent import descents
from benchmarks.homework import against_sympy, memory_of_claims, rates
from benchmarks.measure import ROOT, Ratio
from benchmarks.networks import memory, networks, regression
from benchmarks.pictures import pictures
from benchmarks.startup import startup


def lines(*, quick: bool) -> Iterator[Ratio]:
    """Every line of the table, as it is measured."""
    rounds = 3 if quick else 9
    largest = 5 if quick else 6
    yield from startup(rounds)
    yield from against_peers((2 * 10**4, 10**5), rounds)
    yield from networks(rounds)
    yield memory()
    yield regression(rounds)
    yield from descents(rounds)
    yield from pictures(rounds)
    yield growth([10**k for k in range(3, largest + 1)], 3 if quick else 5)
    yield from reading([10**k for k in range(4, largest + 1)], 2 if quick else 4)
    yield from rates(rounds)
    yield against_sympy(1 if quick else 3)
    yield memory_of_claims([10**4, 5 * 10**4 if quick else 10**5])


def main() -> None:
    """Measure and print; the exit code says nothing about the targets."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=about,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="fewer rounds, smaller graphs")
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    parser.add_argument("--readme", action="store_true", help="write the table into README.md")
    options = parser.parse_args()
    measured = []
    for line in lines(quick=options.quick):
        print(f"{line.what}: {line.ratio:.2f} × {line.peer}", file=sys.stderr, flush=True)
        measured.append(line)
    print(table.markdown(measured) if options.markdown else table.text(measured))
    if options.readme:
        table.into_readme(measured, ROOT / "README.md")


if __name__ == "__main__":
    main()
