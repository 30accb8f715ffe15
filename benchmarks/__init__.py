"""How fast backtrace is, as ratios to peers that are measured in the same run.

    python -m benchmarks             every line, about ten minutes
    python -m benchmarks --quick     fewer rounds and smaller graphs, about two minutes
    python -m benchmarks --readme    every line, written into the README's table

A time alone says little on a machine that does other work too, so the contenders take turns
(A B A B …) and what is judged is the ratio of their medians. The peers come with the extra
`bench`: pip install -c constraints.txt ".[bench]".
"""
