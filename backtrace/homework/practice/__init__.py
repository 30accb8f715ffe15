"""Questions on a program, one after another.

questions.py    what is asked; hints.py what helps
session.py      an answer in, what to say out; scores.py counts
"""
