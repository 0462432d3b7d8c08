"""What a member of a team does in compiled code: it takes tasks, and meets the others at the barriers between phases.

Desk, counters and states are arrays of whole numbers, which compiled code reads and writes: a team has one desk and one
set of counters, each of its members a state.
"""

import numpy as np

from chainrule.engine.runtime.counters import COUNTER, counter, counter_add, reached, table
from chainrule.engine.runtime.denormals import UNCHANGED, flush_denormals, restore
from chainrule.engine.runtime.jit import inlined, kernel
from chainrule.engine.runtime.program import run_task

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
def arrive(counters, state, members):
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
                arrive(counters, state, members)
            if not reached(counters, ARRIVALS, state[DUE], spins):
                return WAITS
            state[PHASE] += 1
            state[ARRIVED] = 0
        state[RUNNING] = 0


@kernel
def go_on(desk, counters, state, members, worker, spins, serves):
    """`_advance`; subnormals are zero meanwhile."""
    state[CONTROL_WORD] = flush_denormals()
    reason = _advance(desk, counters, state, members, worker, spins, serves)
    restore(state[CONTROL_WORD])
    return reason


@kernel
def call_members(desk, counters, state):
    """Let a run begin."""
    counters[FAILED] = 0
    _begin_run(desk, state)
    tickets = table(state, DESK + TICKETS)
    for k in range(0, len(tickets), COUNTER):
        tickets[k] = 0
    counter_add(counters, RUNS, 1)
