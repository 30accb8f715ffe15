"""Is a claim right?

judge.py        a claim against the backward pass, at all points
terms.py        how strictly an answer is taken
typed.py        a number as it was typed: how far its last digit reaches
deciding.py     what float64 cannot decide, with more digits: precisely.py (and precise_*.py)
proving.py      sympy's word on what agrees
juxtaposed.py   matrices side by side, where matrix products may be meant
witness.py      the point that shows that an answer is wrong; finite.py: differences there
saying.py       verdicts as they are made
following.py    several claims: the first wrong step, and what follows from it
weakness.py     numbers that are right for the wrong reason, and better points
"""
