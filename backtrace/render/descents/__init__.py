"""The views of a descent, one file each: for the terminal, for other programs, as a plot."""
