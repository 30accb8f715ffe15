"""What a descent leaves in files: its plot, and the last parameters for another run.

Both are written beside their places and moved there when they are whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from backtrace.cli.exits import tell
from backtrace.render.saving import require_suffix, suffix_of
from backtrace.replacing import replacing, require_replaceable

if TYPE_CHECKING:
    from backtrace.cli.descend_options import DescendOptions
    from backtrace.descent.records import Descent, Step

SAVED = (".json", ".npz")


def require_outcomes(options: DescendOptions) -> None:
    """Raise UsageError for a path that cannot be written, before anything is run."""
    if options.save is not None:
        require_suffix(options.save, "--save", SAVED)
        require_replaceable(options.save)
    if options.plot is not None:
        from backtrace.render.descents.plot import FORMATS

        require_suffix(options.plot, "--plot", [f".{name}" for name in FORMATS])
        require_replaceable(options.plot)


def write_outcomes(descent: Descent, options: DescendOptions) -> None:
    """Write what was asked for. Raises UsageError with the system's reason."""
    if options.save is not None:
        _save(descent, options.save)
    if options.plot is not None:
        from backtrace.render.descents.plot import plot

        image = plot(descent, suffix_of(options.plot)[1:])
        with replacing(options.plot) as file:
            file.write(image)


def _save(descent: Descent, path: str) -> None:
    """The last parameters by name; of a divergence the last that are numbers."""
    step = descent.last_finite
    if step is None:
        tell(f"{path} is not written: there are no finite parameters", "note")
        return
    if step.index < descent.updates:
        tell(f"{path} has the parameters of step {step.index:,}, the last finite ones", "note")
    with replacing(path) as file:
        file.write(_npz(step) if suffix_of(path) == ".npz" else _json(step).encode())


def _npz(step: Step) -> bytes:
    import numpy as np

    from backtrace.render.files.npz import archive

    return archive({name: np.asarray(value) for name, value in step.values.items()})


def _json(step: Step) -> str:
    import json

    import numpy as np

    values = {name: np.asarray(value).tolist() for name, value in step.values.items()}
    return json.dumps(values, ensure_ascii=False, allow_nan=False) + "\n"
