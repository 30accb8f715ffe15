"""What `-o` writes, a file for each kind, called by the end of the path: a new one is a new kind.

The function of the file's name makes the content: `(trace, check, sheet) -> bytes`. It depends on
nothing else, so that the same trace makes the same bytes.
"""
