"""The three passes as equations, as one writes them by hand.

What is written is found once, from the trace alone (`derived`), as equations made of styled
pieces. The terminal, Markdown and LaTeX are three ways to set them.
"""

from backtrace.render.derivations.deriving import derived

__all__ = ["derived"]
