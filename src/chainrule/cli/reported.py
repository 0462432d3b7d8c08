"""What a report tells of a run."""

import math
from typing import Any

from chainrule.cli.run_folder import RunFolder, measured_on
from chainrule.views.report import Run


def reported(
    folder: RunFolder, configuration: dict[str, Any], title: str, data: str, *, until: tuple[float, float] | None = None
) -> Run:
    """Of the run in that folder, if there is one; `until`: of its first so many epochs and updates."""
    epochs, updates = until or (math.inf, math.inf)
    return Run(
        title,
        folder.epochs(epochs),
        configuration,
        measured_on(configuration),
        steps=folder.step_losses(updates),
        name=folder.name if folder.config.exists() else "",
        data=data,
    )
