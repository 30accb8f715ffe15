r"""Formulas as mathematics: text in the language to terms, and terms to LaTeX, MathML and runs.

>>> from backtrace.render.notation.latex import latex
>>> latex(typeset("a*(1 - a)/2"))
'\\frac{a\\cdot (1-a)}{2}'
"""

from backtrace.render.notation.reading import typeset

__all__ = ["typeset"]
