"""Threads that run the phases of a step together, and wait for one another without going to sleep.

Each thread takes the next task of a phase that nobody has taken, without the interpreter's lock, until none is left.
Between phases all threads meet at a barrier; while they wait they spin, and after a while hand the processor to others,
so that more threads than processors are slow but not stuck.
"""

import os
import platform
import threading
import time
from functools import cache

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils

from chainrule.engine.denormals import denormals_flushed, flush_denormals, restore
from chainrule.engine.jit import intrinsic, kernel
from chainrule.engine.program import LINE, Program, run_task

SPINS = 4000  # looks at a counter before a thread that waits lets others run
AWAKE = 200  # times it does so, between steps, before it sleeps
RUNS, ARRIVALS, FAILED = 0, LINE, 2 * LINE  # counters, each in a cache line of its own
DONE, WAITS, PYTHON_PHASE = 0, 1, 2


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
def _begin(counters, tickets):
    """Let the others begin a run; subnormals are zero from now on in this thread, too: what `restore` needs."""
    tickets[:] = 0
    counters[FAILED] = 0
    _counter_add(counters, RUNS, 1)
    return flush_denormals()


@kernel
def _reached(counters, at, value, spins):
    """Whether the counter gets to `value` within so many looks."""
    for _ in range(spins):
        if _counter(counters, at) >= value:
            return True
        _pause()
    return False


@kernel
def _arrive(counters, place, members):
    """Tell the others that this one's share of a phase is done."""
    place[1] += members
    place[2] = 1
    _counter_add(counters, ARRIVALS, 1)


@kernel
def _advance(starts, python, tasks, calls, tickets, counters, place, members, worker, spins):
    """Take part in the program's phases from where `place` is, which moves on, and say why it stops: DONE, WAITS (for
    the others, for long) or PYTHON_PHASE. After a failure phases pass without work.

    place = (phase, arrivals that were due at barriers so far, whether it has arrived at the one behind this phase).
    """
    while place[0] < len(python):
        phase = place[0]
        if not place[2]:
            if python[phase] and not _counter(counters, FAILED):
                return PYTHON_PHASE
            while not _counter(counters, FAILED):
                k = starts[phase] + _counter_add(tickets, phase * LINE, 1)
                if k >= starts[phase + 1]:
                    break
                run_task(tasks, calls, k, worker)
            _arrive(counters, place, members)
        if not _reached(counters, ARRIVALS, place[1], spins):
            return WAITS
        place[0] += 1
        place[2] = 0
    return DONE


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
        self._counters = np.zeros(3 * LINE, np.int64)
        self._arrivals = 0
        self._program = Program([])
        self._errors: list[BaseException] = []
        self._turn = threading.Lock()
        self._asleep = [threading.Semaphore(0) for _ in range(size)]
        self._sleeps = [False] * size
        for member in range(1, size):
            threading.Thread(target=self._serve, args=(member,), daemon=True, name=f"chainrule-{member}").start()

    def run(self, program: Program) -> None:
        """Run the program; an exception in a task is raised here."""
        with self._turn:
            self._program, arrivals = program, self._arrivals
            control_word = _begin(self._counters, program.tickets)
            try:
                self._wake()
                self._arrivals = self._take_part(0, arrivals)
            finally:
                restore(control_word)
            if self._errors:
                error, self._errors = self._errors[0], []
                raise error

    def _wake(self) -> None:
        """Those who have gone to sleep."""
        for member in range(1, self.size):
            if self._sleeps[member]:
                self._sleeps[member] = False
                self._asleep[member].release()

    def _take_part(self, member: int, arrivals: int) -> int:
        """One member's part in the program; the arrivals at its last barrier."""
        program, counters = self._program, self._counters
        tables = program.starts, program.python, program.tasks, program.calls, program.tickets
        place = np.array([0, arrivals, 0])
        while True:
            try:
                state = _advance(*tables, counters, place, self.size, member, SPINS)
                if state == DONE:
                    return int(place[1])
                if state == WAITS:
                    time.sleep(0)
                    continue
                for function in program.phases[place[0]].functions[member :: self.size]:
                    function()
                _arrive(counters, place, self.size)
            except BaseException as error:
                self._errors.append(error)
                counters[FAILED] = 1

    def _serve(self, member: int) -> None:
        runs = arrivals = 0
        with denormals_flushed():  # this thread's own state, as long as it lives
            while True:
                self._wait_for_run(member, runs + 1)
                runs += 1
                arrivals = self._take_part(member, arrivals)

    def _wait_for_run(self, member: int, run: int) -> None:
        for _ in range(AWAKE):
            if _reached(self._counters, RUNS, run, SPINS):
                return
            time.sleep(0)
        while not _reached(self._counters, RUNS, run, 1):
            self._sleeps[member] = True
            if not _reached(self._counters, RUNS, run, 1):
                self._asleep[member].acquire()
