"""What somebody claims, read.

targets.py      what it is about: `dL/dw`, `s`
claims.py       a whole claim, or an answer alone: `dL/dw = 2*s*x`
latex/          the same as it is pasted from LaTeX
"""
