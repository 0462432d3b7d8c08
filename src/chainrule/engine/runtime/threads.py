"""Threads that run the phases of a step together, and wait for one another without going to sleep.

Each thread first takes the tasks of its own share of a phase, the same ones in every step, so that what they read and
write is still in its cache; then what the others have left of theirs. Between phases all threads meet at a barrier;
while they wait they spin, and after a while hand the processor to others, so that more threads than processors are slow
but not stuck. From one run to the next they stay in compiled code, and leave the interpreter's lock to the caller.
"""

import threading
import time
from contextlib import suppress

import numpy as np

from chainrule.base.errors import ChainruleError
from chainrule.base.forking import TEAM, held_at_forks, in_forked_children
from chainrule.engine.runtime.counters import COUNTER
from chainrule.engine.runtime.denormals import restore
from chainrule.engine.runtime.members import (
    CONTROL_WORD,
    DESK_SIZE,
    DONE,
    FAILED,
    PHASE,
    PYTHON_PHASE,
    RUN,
    RUNNING,
    RUNS,
    TICKETS,
    arrive,
    call_members,
    go_on,
    new_state,
)
from chainrule.engine.runtime.program import Program, run_alone

SPINS = 4000  # looks at a counter before a thread that waits lets others run
AWAKE = 200  # times it does so, between steps, before it sleeps


def run(program: Program, threads: int = 1) -> None:
    """Run a program by so many threads, or by the caller alone if these are at work for another: an exception in it is
    raised here. Who runs it changes no bit of the result."""
    teams = tuple(_teams.values())  # at once: another thread may add one meanwhile
    team = team_of(threads) if threads > 1 and not any(each.busy for each in teams) else None
    if team is None:
        run_alone(program)
    else:
        team.run(program)


_teams: dict[int, "Team"] = {}
_assembling = threading.RLock()
held_at_forks(_assembling)


def team_of(size: int) -> "Team | None":
    """The one team of that size in this process; None where the system lets no more threads begin."""
    team = _teams.get(size)
    if team is None:
        with _assembling, suppress(RuntimeError):
            team = _teams.get(size) or _teams.setdefault(size, Team(size))
    return team


@in_forked_children
def _disband() -> None:
    """A forked process has none of its parent's threads."""
    for team in _teams.values():
        team.forked = True
    _teams.clear()


class Team:
    """The calling thread and `size` - 1 others. One run at a time: another caller waits for its turn."""

    def __init__(self, size: int) -> None:
        self.size, self.forked = size, False
        self._counters = np.zeros(3 * COUNTER, np.int64)
        self._state = new_state()  # of member 0, the caller
        self._desk = np.zeros(DESK_SIZE, np.int64)  # where the tables of the program in hand are, and the tickets
        self._tickets = np.zeros(0, np.int64)  # how many tasks of each share of each phase have been taken
        self._program: Program | None = None  # on the desk
        self._errors: list[BaseException] = []
        self._turn = threading.Lock()
        self._asleep = [threading.Semaphore(0) for _ in range(size)]
        self._sleeps = [False] * size
        for member in range(1, size):
            threading.Thread(target=self._serve, args=(member,), daemon=True, name=f"{TEAM}{member}").start()

    @property
    def busy(self) -> bool:
        """Whether someone has its turn."""
        return self._turn.locked()

    def run(self, program: Program) -> None:
        """Run the program; an exception in a task is raised here."""
        if not program.phases:
            return  # no barrier would keep the next run from beginning before all members have seen this one
        with self._turn:
            self._end_run()  # one that interrupts broke off twice
            self._lay_out(program)
            self._errors.clear()
            try:
                call_members(self._desk, self._counters, self._state)
                self._wake()
                while self._state[RUNNING]:
                    self._take_part(self._state, 0)
            finally:
                self._end_run()
            if self._errors:
                raise self._errors.pop(0)

    def _end_run(self) -> None:
        """Also one that an interrupt of the caller broke off, anywhere: the others must not wait for it."""
        while self._state[RUNNING]:
            self._counters[FAILED] = 1
            self._wake()
            self._take_part(self._state, 0)

    def _lay_out(self, program: Program) -> None:
        """Put on the desk where all members find it; known to be there only when all of it is."""
        if program is self._program:
            return
        self._program = None
        room = len(program.phases) * self.size * COUNTER
        if len(self._tickets) < room:
            self._tickets = np.zeros(room, np.int64)
        self._desk[:TICKETS] = program.tables
        self._desk[TICKETS:] = self._tickets.ctypes.data, room
        self._program = program

    def _wake(self) -> None:
        """Those who have gone to sleep. Each notes itself that it has woken: who is interrupted here calls again."""
        for member in range(1, self.size):
            if self._sleeps[member]:
                self._asleep[member].release()

    def _take_part(self, state: np.ndarray, member: int) -> None:
        """Go on from a member's state for as long as compiled code can, then do what only the interpreter can."""
        try:
            reason = self._go_on(state, member)
            if reason == PYTHON_PHASE and self._program is not None:
                for function in self._program.phases[state[PHASE]].functions[member :: self.size]:
                    function()
                arrive(self._counters, state, self.size)
            elif reason != DONE:
                time.sleep(0)
            if self.forked:
                state[RUNNING] = 0
                raise ChainruleError("a process that was forked within a step cannot finish it; expected a fork before")
        except BaseException as error:
            self._errors.append(error)
            self._counters[FAILED] = 1

    def _go_on(self, state: np.ndarray, member: int) -> int:
        try:
            return go_on(self._desk, self._counters, state, self.size, member, SPINS, member > 0)
        except BaseException:
            restore(state[CONTROL_WORD])
            raise

    def _serve(self, member: int) -> None:
        state, last, idle = new_state(), 0, 0
        while True:
            self._take_part(state, member)
            idle = 0 if state[RUNNING] or state[RUN] > last else idle + 1
            last = state[RUN]
            if idle == AWAKE:
                self._sleep(member, last + 1)
                idle = 0

    def _sleep(self, member: int, run: int) -> None:
        """Until that run begins."""
        while self._counters[RUNS] < run:
            self._sleeps[member] = True
            if self._counters[RUNS] < run:
                self._asleep[member].acquire()
            self._sleeps[member] = False
