"""Ctrl-C, SIGTERM and SIGHUP: what they do to the command line, from its first moment to its last.

    while it starts           it leaves at once: there is nothing to be kept
    while a command runs      KeyboardInterrupt, so that what is being written is finished or taken back; not every
                              library lets it through, and where it gets lost, the process leaves a little later
    while a network learns    the step is finished and saved, and then the command ends (`cli/reporting.py`)
    a second time             it leaves at once
    when all has been told    nothing, it is leaving

It ends with 128 and the signal's number: 130, 143 or 129. A signal that is ignored (`nohup`, a job in the background)
stays so. A program of Python that imports chainrule has its own ways: it is left alone. MPI's `mpiexec` may kill its
processes a moment after it has told them to end: under a launcher SIGUSR1, which it only hands on, does the same.

`chainrule/__init__.py` imports this first of all, and this imports next to nothing: half a second passes until the
command line is there, and whoever changes his mind in it is to see a word, no traceback.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn

from chainrule.base.launcher import several

Handler = Callable[[int, Any], None]
BESIDE = several()  # None: this process is alone
NAMES = "SIGINT", "SIGTERM", "SIGHUP", *(("SIGUSR1",) if BESIDE else ())
SIGNALS = [getattr(signal, name) for name in NAMES if hasattr(signal, name)]
WORD, SHOW_CURSOR = "interrupted", b"\x1b[?25h"  # which a progress bar hides
ENOUGH = 3.0  # seconds for a KeyboardInterrupt to end a command


class Caught:
    """What has come of signals so far."""

    signum = 0  # the one that ends this command; 0: none
    last: threading.Timer | None = None  # a KeyboardInterrupt is on its way, and has so long to arrive


CAUGHT = Caught()


def exit_code() -> int:
    """Of a command that a signal ends; Ctrl-C's, if it was none."""
    return 128 + (CAUGHT.signum or signal.SIGINT)


def leave(signum: int, frame: Any = None) -> NoReturn:
    """End the process here and now, with a word; of several ranks the first says it."""
    with suppress(OSError):  # nobody listens
        if BESIDE is None or BESIDE.rank == 0:
            os.write(2, SHOW_CURSOR * os.isatty(2) + f"chainrule: {WORD}\n".encode())
    os._exit(128 + signum)


def interrupt(signum: int, frame: Any = None) -> None:
    """Raise KeyboardInterrupt; if that is on its way already, leave."""
    if CAUGHT.last:
        leave(signum)
    CAUGHT.signum, CAUGHT.last = signum, threading.Timer(ENOUGH, leave, [signum])
    CAUGHT.last.daemon = True
    CAUGHT.last.start()
    raise KeyboardInterrupt


def handle(handler: Handler) -> dict[int, Any]:
    """Let `handler` have the signals that are not ignored; by number, who had them."""
    if threading.current_thread() is not threading.main_thread():  # only there can they be handled
        return {}
    heeded = [each for each in SIGNALS if signal.getsignal(each) not in (signal.SIG_IGN, None)]
    return {each: signal.signal(each, handler) for each in heeded}


def ignore() -> None:
    """From now on nothing is left that `interrupt` could interrupt, and whatever it raised has arrived."""
    if CAUGHT.last:
        CAUGHT.last.cancel()
    for each in SIGNALS:
        if signal.getsignal(each) is interrupt:
            signal.signal(each, signal.SIG_IGN)


def pass_over(lost: Any) -> None:
    """For `sys.unraisablehook`: no word of an interrupt where no exception gets out; it leaves all the same. Nor of one
    that came in the very moment from which on it is ignored, which to Python is an error."""
    too_late = isinstance(lost.exc_value, OSError) and "ignored due to race condition" in str(lost.exc_value)
    if not (too_late or isinstance(lost.exc_value, KeyboardInterrupt)):
        sys.__unraisablehook__(lost)


def open_streams() -> None:
    """Where a stream was closed (`>&-`) open the null device, so that no file which is opened later is taken for it."""
    for stream in range(3):
        try:
            os.fstat(stream)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free, which is this one


def is_command() -> bool:
    """Whether this process is `chainrule ...` or `python -m chainrule ...`."""
    called = sys.argv[0] if sys.argv else ""
    if called == "-m":  # until the module is found; then it is the module's path
        return ["-m", "chainrule"] in [sys.orig_argv[k : k + 2] for k in range(len(sys.orig_argv))]
    return os.path.splitext(os.path.basename(called))[0] == "chainrule"


if is_command():
    open_streams()
    handle(leave)
