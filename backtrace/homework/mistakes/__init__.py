"""Which mistake a wrong answer is.

paths.py        the edges of one derivative, and sweeps over them with other rules (rules.py)
simulating.py   every mistake that students are known to make, made on purpose
probes.py       what else an answer may have in common with the right one
wording.py      mistakes in the names of the user's own steps; findings.py lists them
diagnosis.py    all that can go wrong with one derivative, and what went wrong in one answer
"""
