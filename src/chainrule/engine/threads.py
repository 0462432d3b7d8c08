"""Threads that run the phases of a step together, and wait for one another without going to sleep.

A *phase* is a list of tasks; thread t of T takes tasks t, t + T, t + 2 T, ... What a task computes does not depend on
who runs it, so neither does the result. Between phases all threads meet at a barrier; while they wait they spin
without the interpreter's lock, and after a while hand the processor to others, so that more threads than processors
are slow but not stuck.
"""

import os
import platform
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils

from chainrule.engine.denormals import denormals_flushed
from chainrule.engine.jit import intrinsic, kernel

SPINS = 4000  # looks at a counter before a thread that waits lets others run
AWAKE = 200  # times it does so, between steps, before it sleeps
LINE = 8  # int64 in a cache line: counters of their own do not disturb each other


@intrinsic
def _counter_add(typingctx, counters, at, amount):
    """counters[at] += amount, atomically; what it was before."""

    def emit(context, builder, signature, arguments):
        data = context.make_array(counters)(context, builder, value=arguments[0]).data
        return builder.atomic_rmw("add", builder.gep(data, [arguments[1]]), arguments[2], "seq_cst")

    return types.int64(counters, types.intp, types.int64), emit


@intrinsic
def _counter(typingctx, counters, at):
    """counters[at], as the other threads last left it."""

    def emit(context, builder, signature, arguments):
        data = context.make_array(counters)(context, builder, value=arguments[0]).data
        return builder.load_atomic(builder.gep(data, [arguments[1]]), "acquire", 8)

    return types.int64(counters, types.intp), emit


@intrinsic
def _pause(typingctx):
    """Tell the processor that this is a waiting loop, where it has a word for that."""

    def emit(context, builder, signature, arguments):
        if platform.machine() in ("x86_64", "AMD64"):
            function = ir.FunctionType(ir.VoidType(), [])
            builder.call(cgutils.get_or_insert_function(builder.module, function, "llvm.x86.sse2.pause"), [])
        return context.get_dummy_value()

    return types.void(), emit


@kernel
def _raise(counters, at):
    _counter_add(counters, at, 1)


@kernel
def _reached(counters, at, value, spins):
    """Whether the counter gets to `value` within so many looks."""
    for _ in range(spins):
        if _counter(counters, at) >= value:
            return True
        _pause()
    return False


@dataclass(frozen=True)
class Phase:
    """`tasks` tasks, run by any thread in any order."""

    tasks: int
    run: Callable[[int], None]


def default_threads() -> int:
    """As many as this process may use: its processors, or fewer by OMP_NUM_THREADS or NUMBA_NUM_THREADS."""
    here = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    limits = (os.environ.get(name, "") for name in ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS"))
    return max(1, min([here, *(int(limit) for limit in limits if limit.isdigit() and int(limit) > 0)]))


@cache
def team_of(size: int) -> "Team":
    """The one team of that size in this process."""
    return Team(size)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=team_of.cache_clear)  # a forked process has none of its parent's threads


class Team:
    """The calling thread and `size` - 1 others. One run at a time: another caller waits for its turn."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._counters = np.zeros(2 * LINE, np.int64)  # runs begun; arrivals at barriers
        self._runs = self._arrivals = 0
        self._phases: Sequence[Phase] = ()
        self._errors: list[BaseException] = []
        self._turn = threading.Lock()
        self._asleep = [threading.Semaphore(0) for _ in range(size)]
        self._sleeps = [False] * size
        for member in range(1, size):
            threading.Thread(target=self._serve, args=(member,), daemon=True, name=f"chainrule-{member}").start()

    def run(self, phases: Sequence[Phase]) -> None:
        """Run the phases one after the other; an exception in a task is raised here."""
        if self.size == 1:
            with denormals_flushed():
                for phase in phases:
                    for task in range(phase.tasks):
                        phase.run(task)
            return
        with self._turn:
            self._run(phases)

    def _run(self, phases: Sequence[Phase]) -> None:
        self._phases, arrivals = phases, self._arrivals
        self._runs += 1
        _raise(self._counters, 0)
        for member in range(1, self.size):
            if self._sleeps[member]:
                self._sleeps[member] = False
                self._asleep[member].release()
        with denormals_flushed():
            self._take_part(0, arrivals)
        self._arrivals = arrivals + self.size * len(phases)
        if self._errors:
            error, self._errors = self._errors[0], []
            raise error

    def _take_part(self, member: int, arrivals: int) -> None:
        for phase in self._phases:
            if not self._errors:
                try:
                    for task in range(member, phase.tasks, self.size):
                        phase.run(task)
                except BaseException as error:
                    self._errors.append(error)
            arrivals += self.size
            _raise(self._counters, LINE)
            while not _reached(self._counters, LINE, arrivals, SPINS):
                time.sleep(0)

    def _serve(self, member: int) -> None:
        runs = arrivals = 0
        with denormals_flushed():  # this thread's own state, as long as it lives
            while True:
                self._wait_for_run(member, runs + 1)
                runs += 1
                phases = len(self._phases)
                self._take_part(member, arrivals)
                arrivals += self.size * phases

    def _wait_for_run(self, member: int, run: int) -> None:
        for _ in range(AWAKE):
            if _reached(self._counters, 0, run, SPINS):
                return
            time.sleep(0)
        while not _reached(self._counters, 0, run, 1):
            self._sleeps[member] = True
            if not _reached(self._counters, 0, run, 1):
                self._asleep[member].acquire()
