"""A team runs every task of every phase once, phase after phase."""

import threading
import time

import numpy as np
import pytest

from chainrule.engine.threads import Phase, Team, default_threads


@pytest.fixture(scope="module", params=[1, 2, 3, 8])
def team(request):
    return Team(request.param)


def test_every_task_once_and_phases_in_order(team):
    hits, late = np.zeros((4, 7), int), []

    def phase(number):
        def run(task):
            if number and not hits[number - 1].all():
                late.append((number, task))
            hits[number, task] += 1

        return Phase(7, run)

    team.run([phase(number) for number in range(4)])
    assert (hits == 1).all()
    assert not late


def test_many_runs_and_a_long_break(team):
    count = [0] * 3

    def run(task):
        count[task] += 1

    for _ in range(50):
        team.run([Phase(3, run), Phase(1, lambda _: None)])
    time.sleep(0.3)  # long enough that the others sleep
    team.run([Phase(3, run)])
    assert count == [51, 51, 51]


def test_an_error_in_any_task_is_raised_and_the_team_goes_on(team):
    def fail(task):
        raise ValueError(f"task {task}")

    ran = []
    with pytest.raises(ValueError, match="task"):
        team.run([Phase(8, fail), Phase(1, ran.append)])
    assert not ran
    team.run([Phase(2, ran.append)])
    assert sorted(ran) == [0, 1]


def test_callers_in_several_threads_take_turns(team):
    inside, most = [0], [0]

    def run(_):
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        inside[0] -= 1

    callers = [threading.Thread(target=lambda: [team.run([Phase(1, run)]) for _ in range(20)]) for _ in range(3)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(timeout=60)
    assert not any(caller.is_alive() for caller in callers)
    assert most == [1]


def test_the_default_honours_the_environment(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert default_threads() == 1
    monkeypatch.setenv("OMP_NUM_THREADS", "all")
    monkeypatch.setenv("NUMBA_NUM_THREADS", "1")
    assert default_threads() == 1
    monkeypatch.delenv("OMP_NUM_THREADS")
    monkeypatch.delenv("NUMBA_NUM_THREADS")
    assert default_threads() >= 1
