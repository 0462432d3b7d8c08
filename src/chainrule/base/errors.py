"""The errors, each a single line: what was given; expected what.

The command line prints that line and leaves with the error's `exit_code`:
1 error, 2 usage, 3 diverged, 4 bad data or model, 130 interrupted (by SIGTERM 143, by SIGHUP 129). What is doubtful,
and used all the same, is a `DataWarning`, a single line too.
"""

import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from chainrule.base.printable import in_a_line
from chainrule.base.ranks import current

PACKAGE = str(Path(__file__).parents[1])


class ChainruleError(Exception):
    """The base of every error that chainrule raises on purpose."""

    exit_code = 1

    def __str__(self) -> str:
        return in_a_line(super().__str__())


class WriteError(ChainruleError):
    """A file cannot be written: the disk is full, or broken, or it is not allowed."""


class UsageError(ChainruleError, ValueError):
    """An argument is out of its range or contradicts another one."""

    exit_code = 2


class NetworkError(ChainruleError, ValueError):
    """A network cannot be built: a layer does not fit its input, or its description is wrong."""

    exit_code = 2


class Interrupted(ChainruleError):
    """Somebody ended the command: by Ctrl-C (130), SIGTERM (143) or SIGHUP (129)."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class DivergedError(ChainruleError, ArithmeticError):
    """Training met a loss, a gradient or a weight that is not finite, or a loss far above what knowing nothing gives.

    epoch, step : where, both from 1: the step is an update's number since the run's start; None: not known
    layer : whose output or gradient was the first that is not finite, as in "fc2"; None: not known
    lr : the learning rate
    """

    exit_code = 3

    def __init__(
        self,
        message: str,
        *,
        epoch: int | None = None,
        step: int | None = None,
        layer: str | None = None,
        lr: float | None = None,
    ) -> None:
        super().__init__(message)
        self.epoch, self.step, self.layer, self.lr = epoch, step, layer, lr


class DataError(ChainruleError, ValueError):
    """Data cannot be used: missing, truncated, corrupt, out of range, of different lengths, or not a number."""

    exit_code = 4


class ModelError(ChainruleError, ValueError):
    """A model file is missing, damaged, or not one of ours."""

    exit_code = 4


class DataWarning(UserWarning):
    """Data may not be what the user thinks they are; what was made of them."""


def warn(message: str, category: type[Warning] | None = None) -> None:
    """Say in a line what is doubtful, with the line of the user's that led to it: as a `DataWarning`, or so. Of several
    ranks the first says it."""
    if not current().first:
        return
    depth = next((k for k, frame in enumerate(stack_of(sys._getframe())) if not in_package(frame)), 0)
    warnings.warn(in_a_line(message), category or DataWarning, stacklevel=depth + 1)


def stack_of(frame: FrameType | None) -> Iterator[FrameType]:
    """The frame, its caller, and so on."""
    while frame is not None:
        yield frame
        frame = frame.f_back


def in_package(frame: FrameType) -> bool:
    return frame.f_code.co_filename.startswith(PACKAGE)


def reason(error: Exception) -> str:
    """An exception's message in a line, without the path and number that an OSError adds."""
    lines = str(getattr(error, "strerror", None) or error).splitlines()
    return lines[0] if lines else type(error).__name__
