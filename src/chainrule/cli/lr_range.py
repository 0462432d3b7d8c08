"""What `chainrule train --find-lr` tells, and what it cannot take."""

from typing import Any

from rich.table import Table

from chainrule.base.errors import UsageError
from chainrule.cli.console import grid, table
from chainrule.cli.settings import leaves
from chainrule.cli.train_settings import RunOptions, TrainSettings
from chainrule.tasks.lr_range import LrRange

OF_A_RUN = "resume", "out", "checkpoint_every", "log_interval", "tensorboard"
LINES, BAR = 20, 40  # of the table of losses; characters of its longest bar


def refuse_beside_find_lr(settings: TrainSettings) -> None:
    """UsageError for an option that says something of a run: there is none."""
    for leaf in leaves(RunOptions):
        if leaf.path in OF_A_RUN and getattr(settings.run, leaf.path) not in (None, False):
            raise UsageError(f"{leaf.flags[0]} is given with --find-lr, which trains nothing; expected one of them")


def told_lr(found: LrRange, optimizer: str) -> tuple[dict[str, Any], Table, Table]:
    """The values, and what is shown: the suggestion, and the loss at some of the learning rates."""
    chosen, smooth = found.suggestion, found.smooth
    values = {
        "suggestion": chosen,
        "lowest_loss_at": found.lowest,
        "lr": found.lr.tolist(),
        "loss": found.loss.tolist(),
    }
    rows = {
        "suggestion": "none: the loss falls nowhere" if chosen is None else f"--lr {chosen:.2g}, for {optimizer}",
        "too large": f"above {found.lowest:.2g}, where the loss is lowest",
    }
    some = range(0, len(smooth), -(-len(smooth) // LINES))
    bars = ["#" * round(BAR * smooth[k] / smooth.max()) for k in some]
    lines = [(f"{found.lr[k]:.2g}", f"{smooth[k]:.4g}", bar) for k, bar in zip(some, bars, strict=True)]
    return (
        values,
        table("Learning rate", rows),
        grid("The loss by the learning rate", ("lr", "loss", ""), lines, words=3),
    )
