"""Programs, which a team of threads runs: phases of tasks, bound once, run many times.

A *task* runs some calls, one after the other, over a range of samples (or of whatever they take), a block at a time, so
that what one call hands on is still in cache when the next one reads it. The tasks of a *phase* are independent: any
thread takes any of them, and what it computes does not depend on who does. Phases follow one another.

What has no kernel is a Python function: a phase of these runs by the interpreter.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from chainrule.engine.runtime.calls import Call, run_call
from chainrule.engine.runtime.counters import table
from chainrule.engine.runtime.denormals import UNCHANGED, flush_denormals, restore
from chainrule.engine.runtime.jit import inlined, kernel
from chainrule.engine.runtime.side_by_side import compile_together

TASKS = 32  # in a phase: so many that no thread waits long for another


class Task(NamedTuple):
    """The calls, for each block of first .. last-1."""

    calls: Sequence[Call]
    slot: int = 0
    first: int = 0
    last: int = 1
    block: int = 1


@dataclass(frozen=True)
class Phase:
    """Independent tasks; or functions of the interpreter."""

    tasks: Sequence[Task] = ()
    functions: Sequence[Callable[[], None]] = ()


Unit = Call | Callable[[], None]  # what runs as one


class Owner(NamedTuple):
    """The stage that a unit works for."""

    stage: int | str  # its number; or a name, of what is no stage
    again: bool = False  # whether it computes once more what was not kept


INPUT, LOSS, OTHER_WEIGHTS = "input", "loss", "other weights"  # owners that are no stage


@dataclass(eq=False)
class Program:
    """Phases as compiled code reads them: tables of whole numbers. Only whoever measures asks for the owners."""

    phases: Sequence[Phase]
    owners: Mapping[Unit, Owner] = field(default_factory=dict)
    starts: np.ndarray = field(init=False)  # (phases + 1,) each phase's first task, and where the last ends
    python: np.ndarray = field(init=False)  # (phases,) 1 for a phase of the interpreter
    tasks: np.ndarray = field(init=False)  # (6 tasks,) first call, call behind the last, slot, first, last, block; ...
    calls: np.ndarray = field(init=False)  # (2 calls,) entry, words; ...
    tables: np.ndarray = field(init=False)  # (8,) address and length of each of these

    def __post_init__(self) -> None:
        starts, tasks, calls = [0], [], []
        compile_together(call.entry for phase in self.phases for task in phase.tasks for call in task.calls)
        for phase in self.phases:
            for task in phase.tasks:
                begin = len(calls)
                calls += [(call.entry.address, call.words.ctypes.data) for call in task.calls]
                tasks.append((begin, len(calls), task.slot, task.first, task.last, task.block))
            starts.append(len(tasks))
        self.starts = np.array(starts, np.int64)
        self.python = np.array([bool(phase.functions) for phase in self.phases], np.int64)
        self.tasks, self.calls = (np.array(table, np.int64).reshape(-1) for table in (tasks, calls))
        tables = self.starts, self.python, self.tasks, self.calls
        self.tables = np.array([(table.ctypes.data, len(table)) for table in tables], np.int64).reshape(-1)


def cut(n: int, block: int, most: int) -> list[tuple[int, int]]:
    """0 .. n-1 in at most so many ranges of about one length, which begin at multiples of `block`."""
    blocks = -(-n // block)
    count = min(blocks, most)
    return list(pairwise(min(k * blocks // count * block, n) for k in range(count + 1))) if n else []


def each(work: Iterable[Call | Task]) -> Phase:
    """A phase in which every call is a task of its own."""
    return Phase([Task([item]) if isinstance(item, Call) else item for item in work])


def units_of(work: Call | Task | Phase) -> Iterator[Unit]:
    """The calls and functions of a call, a task or a phase."""
    if isinstance(work, Call):
        yield work
    elif isinstance(work, Task):
        yield from work.calls
    else:
        yield from work.functions
        for task in work.tasks:
            yield from task.calls


@inlined
def run_task(tasks, calls, k, worker):
    """Task k, block by block."""
    begin, end, slot = tasks[6 * k], tasks[6 * k + 1], tasks[6 * k + 2]
    first, last, block = tasks[6 * k + 3], tasks[6 * k + 4], tasks[6 * k + 5]
    while first < last:
        until = min(first + block, last)
        for call in range(begin, end):
            run_call(calls[2 * call], calls[2 * call + 1], worker, slot, first, until)
        first = until


@kernel
def _run_phases(tables, first, old):
    """Run the phases from the first to the next one of the interpreter, or to the end: its number. Subnormals are zero
    meanwhile; old[0] is the control word from before."""
    starts, python, tasks, calls = table(tables, 0), table(tables, 2), table(tables, 4), table(tables, 6)
    old[0] = flush_denormals()
    phase = first
    while phase < len(python) and not python[phase]:
        for k in range(starts[phase], starts[phase + 1]):
            run_task(tasks, calls, k, 0)
        phase += 1
    restore(old[0])
    return phase


def run_alone(program: Program) -> None:
    """Run a program in the calling thread, as worker 0: an exception in it is raised here."""
    phase, old = 0, np.empty(1, np.int64)
    old[0] = UNCHANGED
    while phase < len(program.phases):
        try:
            phase = _run_phases(program.tables, phase, old)
        except BaseException:
            restore(old[0])
            raise
        if phase < len(program.phases):
            for function in program.phases[phase].functions:
                function()
            phase += 1
