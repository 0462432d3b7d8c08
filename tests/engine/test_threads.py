"""A team runs every task of every phase once, phase after phase."""

import threading
import time
from itertools import pairwise

import numpy as np
import pytest

from chainrule.engine.runtime.calls import PerSlot, PerWorker, Window, bind
from chainrule.engine.runtime.jit import kernel, range_kernel
from chainrule.engine.runtime.program import Phase, Program, Task, each
from chainrule.engine.runtime.threads import Team


@pytest.fixture(scope="module", params=[1, 2, 3, 8])
def team(request):
    return Team(request.param)


@range_kernel
def add_range(x, amount, first, last):
    for k in range(first, last):
        x[k] += amount


@kernel
def total(x, out, at):
    out[at] = x.sum()


@range_kernel
def fill_row(row, value, first, last):
    row[0] += value * (last - first)


@range_kernel
def fail(x, first, last):
    if x[first] > 3:
        raise ValueError("more than 3")


def program(*phases):
    return Program(phases)


def test_every_task_once_and_phases_in_order(team):
    x, sums = np.zeros(100), np.zeros(2)
    add, ends = bind(add_range, x, 1.0), [0, 10, 11, 40, 70, 100]
    tasks = [Task([add, add], 0, a, b, 7) for a, b in pairwise(ends)]
    team.run(program(Phase(tasks), each([bind(total, x, sums, 0)]), Phase(tasks[1:]), each([bind(total, x, sums, 1)])))
    assert sums.tolist() == [200, 380]


def test_many_runs_and_a_long_break(team):
    x = np.zeros(30)
    counting = program(Phase([Task([bind(add_range, x, 1.0)], 0, k, k + 10) for k in (0, 10, 20)]))
    for _ in range(50):
        team.run(counting)
    time.sleep(0.3)  # long enough that the others sleep
    team.run(counting)
    assert (x == 51).all()


def test_short_and_long_programs_in_turns(team):
    """A member who is late to leave a run must not take the next one's program for it."""
    x = np.zeros(8)
    add = Phase([Task([bind(add_range, x, 1.0)], 0, k, k + 1) for k in range(8)])
    short, long = program(add), program(*[add] * 5)
    for k in range(1, 301):
        team.run(short)
        team.run(long)
        assert (x == 6 * k).all()


def test_functions_of_the_interpreter_between_kernels(team):
    x, seen = np.zeros(8), []
    add = Phase([Task([bind(add_range, x, 1.0)], 0, 0, 8)])

    def look():
        seen.append(x.sum())

    team.run(program(add, Phase(functions=[look] * 3), add, Phase(functions=[look])))
    assert seen == [8, 8, 8, 16]


def test_arrays_of_a_worker_of_a_slot_and_a_window(team):
    workers, slots = np.zeros((team.size, 1)), np.zeros((4, 1))
    window, out = np.zeros((team.size, 2)), np.zeros(8)
    calls = [bind(fill_row, PerWorker(workers), 1.0), bind(fill_row, PerSlot(slots), 1.0)]
    calls += [bind(shift_in, Window(window, 1), out), bind(shift_out, Window(window, 1), out)]
    team.run(program(Phase([Task(calls, k, 2 * k, 2 * k + 2, 1) for k in range(4)])))
    assert workers.sum() == 8
    assert slots.ravel().tolist() == [2, 2, 2, 2]
    assert out.tolist() == [0, 2, 4, 6, 8, 10, 12, 14]


@range_kernel
def shift_in(window, out, first, last):
    for k in range(first, last):
        window[k] = k


@range_kernel
def shift_out(window, out, first, last):
    for k in range(first, last):
        out[k] = 2 * window[k]


def test_an_error_in_any_task_is_raised_and_the_team_goes_on(team):
    x = np.arange(8.0)
    failing = Phase([Task([bind(fail, x)], 0, k, k + 1) for k in range(8)])
    after = Phase([Task([bind(add_range, x, 1.0)], 0, 0, 8)])
    with pytest.raises(ValueError, match="more than 3"):
        team.run(program(failing, after))
    assert x.tolist() == list(range(8))
    team.run(program(after))
    assert x.tolist() == list(range(1, 9))


def test_an_error_of_the_interpreter_is_raised_and_the_team_goes_on(team):
    x = np.zeros(4)
    after = Phase([Task([bind(add_range, x, 1.0)], 0, 0, 4)])

    def fail_in_python():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        team.run(program(Phase(functions=[fail_in_python]), after))
    assert not x.any()
    team.run(program(after))
    assert x.all()


def test_an_interrupt_of_the_caller_ends_the_run_and_the_team_goes_on(team, monkeypatch):
    x, interrupts, wake = np.zeros(8), [KeyboardInterrupt], team._wake
    add = program(*[Phase([Task([bind(add_range, x, 1.0)], 0, k, k + 1) for k in range(8)])] * 3)

    def interrupted():
        if interrupts:
            raise interrupts.pop()
        wake()

    monkeypatch.setattr(team, "_wake", interrupted)
    with pytest.raises(KeyboardInterrupt):
        team.run(add)
    before = x.copy()  # nobody is at work any more
    for k in range(1, 21):
        team.run(add)
        assert (x == before + 3 * k).all()


def test_an_interrupt_while_a_sleeper_is_called_loses_no_call(monkeypatch):
    team, x, ended = Team(2), np.zeros(8), threading.Event()
    counting = program(Phase([Task([bind(add_range, x, 1.0)], 0, k, k + 1) for k in range(8)]))
    team.run(counting)
    while not team._sleeps[1]:
        time.sleep(0.001)
    release, called = team._asleep[1].release, []

    def interrupted() -> None:
        called.append(1)
        if len(called) == 1:
            raise KeyboardInterrupt
        release()

    monkeypatch.setattr(team._asleep[1], "release", interrupted)

    def run_twice() -> None:
        with pytest.raises(KeyboardInterrupt):
            team.run(counting)
        x[:] = 0
        team.run(counting)
        ended.set()

    threading.Thread(target=run_twice, daemon=True).start()
    assert ended.wait(60)
    assert (x == 1).all()


def test_callers_in_several_threads_take_turns(team):
    inside, most = [0], [0]

    def run():
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        inside[0] -= 1

    callers = [
        threading.Thread(target=lambda: [team.run(program(Phase(functions=[run]))) for _ in range(20)])
        for _ in range(3)
    ]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(timeout=60)
    assert not any(caller.is_alive() for caller in callers)
    assert most == [1]
