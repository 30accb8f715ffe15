"""Is an answer right, and if not, which step went wrong?

    verdicts.py    what is said of an answer: states, codes, counterexamples
    answers/       what somebody claims, read
    problems/      one program with its sample points, and the right answers there
    mistakes/      which mistake a wrong answer is
    judging/       a claim against a problem
    courses/       assignments, marks, lint
    submissions/   what was handed in, read
    reports/       what is written of grades
    running/       many sheets, on many workers
    practice/      questions, hints, a score
    checking.py, course.py    the functions of Python users: backtrace.check and backtrace.grade

Each part imports from those above it only.
"""
