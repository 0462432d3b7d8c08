"""Kernels that are on no disk yet, compiled by several processes at once: one of a program takes seconds, and Numba
compiles one at a time in a process.

The others are forked off, so that they know all that is known here, and leave what they compile in the folder of
kernels, where this process finds it. Each takes what nobody has taken; nobody depends on another: what one that died
has taken, this process compiles itself.
"""

import mmap
import os
import signal
import sys
import time
import warnings
from collections.abc import Iterable, Sequence
from contextlib import suppress

from chainrule.engine.runtime.jit import Native
from chainrule.engine.runtime.kernel_cache import say_once
from chainrule.engine.runtime.kernel_folder import kernel_folder
from chainrule.engine.runtime.processors import default_threads

SHARE = 4  # kernels for which another process is worth its while
MOST = 4  # processes
PATIENCE = 60.0  # seconds for a kernel that another process has in hand


def compile_together(functions: Iterable[Native]) -> None:
    """Leave them on disk, where several processes can and are worth it; what is left is compiled when it is used."""
    missing = [each for each in dict.fromkeys(functions) if each.is_missing]
    processes = min(default_threads(), MOST, len(missing) // SHARE)
    if processes < 2 or not _can_help():
        return
    say_once()
    taken = mmap.mmap(-1, len(missing))  # a byte for each, which all of them see
    helpers = [helper for _ in range(processes - 1) if (helper := Helper.forked(missing, taken))]
    try:
        _compile(missing, taken)
        for helper in helpers:
            helper.wait()
    finally:
        for helper in helpers:
            helper.end()


def _can_help() -> bool:
    """Whether other processes can be forked off safely, and leave something here."""
    folder = kernel_folder()
    return sys.platform == "linux" and folder is not None and os.access(folder, os.W_OK)


def _compile(missing: Sequence[Native], taken: mmap.mmap, parent: int | None = None) -> None:
    """One after the other that nobody else has taken, as long as the parent lives. (Two may take the same one in one
    instant: both compile it.)"""
    for k, function in enumerate(missing):
        if parent not in (None, os.getppid()):
            return
        if not taken[k]:
            taken[k] = 1
            _ = function.address


class Helper:
    """Another process that compiles."""

    def __init__(self, pid: int) -> None:
        self.pid, self.has_ended = pid, False

    @classmethod
    def forked(cls, missing: Sequence[Native], taken: mmap.mmap) -> "Helper | None":
        """One that takes some of them; None if the system has no more processes."""
        parent = os.getpid()
        with warnings.catch_warnings(), suppress(OSError):
            warnings.simplefilter("ignore", DeprecationWarning)  # of other threads: it needs none of them
            pid = os.fork()
            if pid:
                return cls(pid)
            try:
                for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                    signal.signal(number, signal.SIG_DFL)
                _compile(missing, taken, parent)
            finally:
                os._exit(0)
        return None

    def wait(self) -> None:
        """Let it finish what it has in hand; not for ever, as it might hang."""
        end = time.monotonic() + PATIENCE
        while not self._is_gone(os.WNOHANG) and time.monotonic() < end:
            time.sleep(0.01)

    def end(self) -> None:
        """It is no more, whatever it does."""
        if not self._is_gone(os.WNOHANG):
            os.kill(self.pid, signal.SIGKILL)
            self._is_gone(0)

    def _is_gone(self, options: int) -> bool:
        if not self.has_ended:
            try:
                self.has_ended = os.waitpid(self.pid, options) != (0, 0)
            except ChildProcessError:  # the program that uses us waits for all its processes
                self.has_ended = True
        return self.has_ended
