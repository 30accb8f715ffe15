"""Assignments and marks.

assignment.py   problems, claims and points; assignment_file.py reads them from TOML
grades.py       what grading works on and what comes of it
matching.py     which claim an answer is for
grading.py      marks for one sheet
linting.py      what a teacher should know before students do
"""
