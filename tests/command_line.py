"""Run the command as a user does: another process, its exit code and its two streams."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parent.parent
OURS = (
    *("COLUMNS", "NO_COLOR", "FORCE_COLOR", "TERM", "LC_ALL"),
    *("PYTHONIOENCODING", "PYTHONUTF8", "PYTHONUNBUFFERED"),
)


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment without what decides how output looks."""
    kept = {name: value for name, value in os.environ.items() if name not in OURS}
    path = os.pathsep.join([str(ROOT), *filter(None, [kept.get("PYTHONPATH")])])
    return {**kept, "PYTHONPATH": path, "TERM": "xterm", "PYTHONUTF8": "1", **(extra or {})}


def run(
    *words: str | bytes,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> subprocess.CompletedProcess[str]:
    """`backtrace WORDS…`; standard input is empty unless given."""
    done = subprocess.run(
        [sys.executable, "-m", "backtrace", *words],
        input=stdin,
        capture_output=True,
        env=environment(env),
        cwd=cwd,
        timeout=60,
        check=False,
    )
    streams = (s.decode("utf-8", "surrogateescape") for s in (done.stdout, done.stderr))
    return subprocess.CompletedProcess(done.args, done.returncode, *streams)


def shell(
    line: str, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """A line of bash in which `backtrace` is the command; a pipeline fails where a part does."""
    command = f'backtrace() {{ "{sys.executable}" -m backtrace "$@"; }}; set -o pipefail\n{line}'
    return subprocess.run(
        ["bash", "-c", command],
        capture_output=True,
        text=True,
        env=environment(env),
        cwd=cwd,
        timeout=60,
        check=False,
    )
