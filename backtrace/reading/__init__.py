"""Text to graph, and what a user gives for a variable to a value."""

from backtrace.reading.parser import read
from backtrace.reading.values import Bindings, bind

__all__ = ["Bindings", "bind", "read"]
