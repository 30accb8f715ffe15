"""What a descent leaves in files: its plot, and the last parameters for another run.

Both are written beside their places and moved there when they are whole.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from backtrace.cli.exits import tell
from backtrace.cli.export import write_npz
from backtrace.cli.replacing import replacing, require_replaceable
from backtrace.errors import UsageError, listed

if TYPE_CHECKING:
    from backtrace.cli.descend_options import DescendOptions
    from backtrace.descent.records import Descent, Step

SAVED = (".json", ".npz")
PLOTTED = (".svg", ".png", ".pdf")


def require_outcomes(options: DescendOptions) -> None:
    """Raise UsageError for a path that cannot be written, before anything is run."""
    for name, path, suffixes in (
        ("--save", options.save, SAVED),
        ("--plot", options.plot, PLOTTED),
    ):
        if path is None:
            continue
        if _suffix(path) not in suffixes:
            kinds = listed(suffixes).replace(" and ", " or ")
            raise UsageError(f"cannot write {path}: the file of {name} ends in {kinds}")
        require_replaceable(path)


def write_outcomes(descent: Descent, options: DescendOptions) -> None:
    """Write what was asked for. Raises UsageError with the system's reason."""
    if options.save is not None:
        _save(descent, options.save)
    if options.plot is not None:
        from backtrace.render.descents.plot import plot

        image = plot(descent, _suffix(options.plot)[1:])
        with replacing(options.plot) as file:
            file.write(image)


def _suffix(path: str) -> str:
    return os.path.splitext(path)[1].lower()


def _save(descent: Descent, path: str) -> None:
    """The last parameters by name; of a divergence the last that are numbers."""
    step = descent.last_finite
    if step is None:
        tell(f"{path} is not written: there are no finite parameters", "note")
        return
    if step.index < descent.updates:
        tell(f"{path} has the parameters of step {step.index:,}, the last finite ones", "note")
    with replacing(path) as file:
        if _suffix(path) == ".npz":
            import numpy as np

            write_npz(file, {name: np.asarray(v) for name, v in step.values.items()})
        else:
            file.write(_json(step).encode())


def _json(step: Step) -> str:
    import json

    import numpy as np

    values = {name: np.asarray(value).tolist() for name, value in step.values.items()}
    return json.dumps(values, ensure_ascii=False, allow_nan=False) + "\n"
