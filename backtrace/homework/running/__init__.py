"""Grading many sheets: on processes or a cluster, and to be resumed where it was broken off.

execution.py    sheets out in chunks (chunks.py), grades back in order
processes.py    workers of this machine; cluster.py those of Dask
journal.py      the grades so far, on disk; encoding.py writes and reads them
"""
