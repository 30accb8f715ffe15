"""The views of --view, a file each: a new file here is a new view.

The function of the file's name is the view: `(trace, look, *, depth) -> rich.text.Text`.
"""
