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
from chainrule.base.forking import held_at_forks, in_forked_children
from chainrule.engine.runtime.counters import COUNTER, counter, counter_add, reached, table
from chainrule.engine.runtime.denormals import UNCHANGED, flush_denormals, restore
from chainrule.engine.runtime.jit import inlined, kernel
from chainrule.engine.runtime.program import Program, run_alone, run_task

SPINS = 4000  # looks at a counter before a thread that waits lets others run
AWAKE = 200  # times it does so, between steps, before it sleeps
RUNS, ARRIVALS, FAILED = 0, COUNTER, 2 * COUNTER  # counters
DONE, WAITS, PYTHON_PHASE, IDLE = 0, 1, 2, 3
PHASE, DUE, ARRIVED, RUN, RUNNING, CONTROL_WORD, DESK = range(7)
"""A member's state: the phase; arrivals that were due at barriers so far; whether it has arrived at the one behind this
phase; the run; whether that is still going on; the thread's control word outside of compiled code; then a copy of the
desk, on which the next run's program may lie before a late member is done with this one's."""
STARTS, PYTHON, TASKS, CALLS, TICKETS, DESK_SIZE = range(0, 12, 2)
"""Where on the desk the address and the length of each table are."""
STATE_SIZE = DESK + DESK_SIZE


def new_state() -> np.ndarray:
    """Of a member who has taken part in no run."""
    state = np.zeros(STATE_SIZE, np.int64)
    state[CONTROL_WORD] = UNCHANGED
    return state


@inlined
def _take_tasks(state, counters, members, worker):
    """Run tasks of a phase: the member's own share, then what is left of the others' shares."""
    starts, tasks = table(state, DESK + STARTS), table(state, DESK + TASKS)
    calls, tickets = table(state, DESK + CALLS), table(state, DESK + TICKETS)
    begin, count = starts[state[PHASE]], starts[state[PHASE] + 1] - starts[state[PHASE]]
    for turn in range(members):
        share = (worker + turn) % members
        first, last = begin + share * count // members, begin + (share + 1) * count // members
        ticket = (state[PHASE] * members + share) * COUNTER
        while first + counter(tickets, ticket) < last and not counter(counters, FAILED):
            k = first + counter_add(tickets, ticket, 1)
            if k < last:
                run_task(tasks, calls, k, worker)


@inlined
def _begin_run(desk, state):
    """The next one, of the program on the desk."""
    for k in range(DESK_SIZE):  # an assignment of slices would compile a check of shapes, and its message
        state[DESK + k] = desk[k]
    state[RUN] += 1
    state[PHASE] = state[ARRIVED] = 0
    state[RUNNING] = 1


@kernel
def _arrive(counters, state, members):
    """Tell the others that this one's share of a phase is done."""
    state[DUE] += members
    state[ARRIVED] = 1
    counter_add(counters, ARRIVALS, 1)


@kernel
def _advance(desk, counters, state, members, worker, spins, serves):
    """Take part in a run from where `state` is, which moves on, and then, if this one `serves`, in the next ones; why
    it stops: DONE, WAITS (for the others, for long), PYTHON_PHASE, or IDLE: for long there was no run. After a failure
    phases pass without work."""
    while True:
        if not state[RUNNING]:
            if not serves:
                return DONE
            if not reached(counters, RUNS, state[RUN] + 1, spins):
                return IDLE
            _begin_run(desk, state)
        python = table(state, DESK + PYTHON)
        while state[PHASE] < len(python):
            if not state[ARRIVED]:
                if python[state[PHASE]] and not counter(counters, FAILED):
                    return PYTHON_PHASE
                _take_tasks(state, counters, members, worker)
                _arrive(counters, state, members)
            if not reached(counters, ARRIVALS, state[DUE], spins):
                return WAITS
            state[PHASE] += 1
            state[ARRIVED] = 0
        state[RUNNING] = 0


@kernel
def _go_on(desk, counters, state, members, worker, spins, serves):
    """`_advance`; subnormals are zero meanwhile."""
    state[CONTROL_WORD] = flush_denormals()
    reason = _advance(desk, counters, state, members, worker, spins, serves)
    restore(state[CONTROL_WORD])
    return reason


@kernel
def _call_members(desk, counters, state):
    """Let a run begin."""
    counters[FAILED] = 0
    _begin_run(desk, state)
    tickets = table(state, DESK + TICKETS)
    for k in range(0, len(tickets), COUNTER):
        tickets[k] = 0
    counter_add(counters, RUNS, 1)


def run(program: Program, threads: int = 1) -> None:
    """Run a program by so many threads, or by the caller alone if these are at work for another: an exception in it is
    raised here. Who runs it changes no bit of the result."""
    team = team_of(threads) if threads > 1 and not any(team.busy for team in _teams.values()) else None
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
            threading.Thread(target=self._serve, args=(member,), daemon=True, name=f"chainrule-{member}").start()

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
                _call_members(self._desk, self._counters, self._state)
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
        """Those who have gone to sleep."""
        for member in range(1, self.size):
            if self._sleeps[member]:
                self._sleeps[member] = False
                self._asleep[member].release()

    def _take_part(self, state: np.ndarray, member: int) -> None:
        """Go on from a member's state for as long as compiled code can, then do what only the interpreter can."""
        try:
            reason = self._go_on(state, member)
            if reason == PYTHON_PHASE and self._program is not None:
                for function in self._program.phases[state[PHASE]].functions[member :: self.size]:
                    function()
                _arrive(self._counters, state, self.size)
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
            return _go_on(self._desk, self._counters, state, self.size, member, SPINS, member > 0)
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
