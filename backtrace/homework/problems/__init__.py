"""One program with its sample points, the values and the right answers at each.

problem.py      the program, evaluated at all points; everything else here serves it
points.py       which points there are; usable.py which of them serve
sampled.py      values of several points, in one pass or in one pass each
references.py   the right answers: derivatives of one node by another
comparing.py    two arrays of numbers, an answer's and the right ones
room.py         how much an answer would compute, before anything is allocated
"""
