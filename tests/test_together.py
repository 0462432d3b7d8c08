"""Ranks without MPI: who started us, what is the same on all, and how processors are divided."""

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import thread_ranks
from chainrule import SGD, Dataset, SquaredError, StopTraining, Training
from chainrule.base.errors import ChainruleError, DataError, UsageError
from chainrule.base.launcher import Launch, launch, several
from chainrule.base.ranks import current
from chainrule.base.together import by_all, by_the_first, check_same, on_any, spelled
from chainrule.cli.app import distributes
from chainrule.distribution.distributed import distributed
from chainrule.distribution.launched import world
from chainrule.distribution.processors import share
from chainrule.layers import Linear
from chainrule.network.network import Network
from chainrule.tasks.fitting import learn
from chainrule.tasks.shared_outputs import MOST, shared_outputs
from chainrule.training.events import BatchEvent, CheckpointEvent, Event


def on_ranks(size: int, do: Callable[[], Any]) -> list[Any]:
    """What `do` gives on each of so many ranks, or what it raises."""

    def tried(_: Any) -> Any:
        try:
            return do()
        except ChainruleError as error:
            return error

    return thread_ranks.on_ranks(size, tried)


@pytest.mark.parametrize(("environment", "expected"), [
    ({}, None),
    ({"OMPI_COMM_WORLD_SIZE": "4", "OMPI_COMM_WORLD_RANK": "2", "PMIX_RANK": "2"}, Launch("mpiexec", 2, 4, True)),
    ({"PMI_SIZE": "2", "PMI_RANK": "0"}, Launch("mpiexec", 0, 2, True)),
    ({"SLURM_NTASKS": "8", "SLURM_PROCID": "7"}, Launch("srun", 7, 8, False)),
    ({"SLURM_NTASKS": "8", "SLURM_STEP_NUM_TASKS": "2", "SLURM_PROCID": "1", "PMIX_RANK": "1"},
     Launch("srun", 1, 2, True)),
    ({"PMIX_RANK": "3"}, Launch("a launcher of PMIx", 3, None, True)),
    ({"SLURM_NTASKS": "many", "SLURM_PROCID": "0"}, None),
    ({"SLURM_NTASKS": "4"}, None),  # a shell in an allocation, which nobody started as a task
])  # fmt: skip
def test_who_started_this_process(environment, expected):
    assert launch(environment) == expected


def test_one_process_is_alone():
    assert several({"OMPI_COMM_WORLD_SIZE": "1", "OMPI_COMM_WORLD_RANK": "0"}) is None
    assert several({}) is None
    assert several({"PMIX_RANK": "0"})


def test_tasks_of_slurm_that_do_not_find_one_another_are_refused():
    with pytest.raises(UsageError, match=r"srun started 4 tasks, but not so .* expected srun --mpi=pmix"):
        world(Launch("srun", 0, 4, wired=False))


def test_outside_a_launcher_distributed_changes_nothing_and_loads_no_mpi():
    script = """
import sys
sys.modules["mpi4py"] = None
import numpy as np, chainrule as cr
data = cr.Dataset(np.eye(4), np.arange(4.0))
network = cr.Network([cr.Linear(1)], 4, cr.SquaredError())
with cr.distributed() as ranks:
    cr.fit(network, data, cr.Training(epochs=1), engine="reference")
    print(ranks.size, cr.evaluate(network, data, "reference").samples)
print([name for name in sys.modules if name.startswith("mpi4py")])
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["1 4", "['mpi4py']"]


def test_under_a_launcher_without_mpi4py_it_says_what_to_install(tmp_path):
    script = "import sys; sys.modules['mpi4py'] = None; import chainrule.cli as c; sys.argv = ['chainrule', 'train']; "
    environment = os.environ | {"OMPI_COMM_WORLD_SIZE": "2", "OMPI_COMM_WORLD_RANK": "0"}
    line = [sys.executable, "-c", script + "c.main()"]
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, env=environment, timeout=100)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "expected it: pip install chainrule[mpi]" in done.stderr


def test_a_communicator_is_one_of_mpi4py():
    pytest.importorskip("mpi4py")
    script = "import chainrule as cr\nwith cr.distributed(5): pass"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stderr.splitlines()[-1].endswith("comm is 5; expected one of mpi4py, as MPI.COMM_WORLD")


def test_several_ranks_are_not_divided_again():
    def twice() -> None:
        with distributed():
            pass

    assert all("expected no distributed() within another" in str(each) for each in on_ranks(2, twice))


@pytest.mark.parametrize(("command", "expected"), [
    ("train --preset mlp", True), ("evaluate run", True), ("predict run x.png", True), ("info --plan", False),
    ("export run", False), ("--version", False), ("", False), ("nonsense", False),
])  # fmt: skip
def test_which_commands_several_ranks_execute_as_one(command, expected):
    assert distributes(command.split()) is expected


def test_the_first_does_it_alone_and_tells_the_others():
    done = []

    def do() -> int:
        done.append(current().size)
        return 7

    assert on_ranks(3, lambda: by_the_first(do)) == [7, 7, 7]
    assert done == [1]


def test_what_the_first_raises_all_raise():
    def fail() -> None:
        raise UsageError("no")

    assert [str(each) for each in on_ranks(2, lambda: by_the_first(fail))] == ["no", "no"]
    assert [str(each) for each in on_ranks(2, lambda: by_all(fail))] == ["no", "no"]


def test_what_fails_on_some_ranks_all_raise_with_its_rank():
    def fail_on_some() -> int:
        raise FileNotFoundError(2, "No such file", "x.csv")

    def do() -> int:
        rank = current().rank
        return by_all(fail_on_some if rank else lambda: 1)

    found = on_ranks(3, do)
    assert len({str(each) for each in found}) == 1
    assert str(found[0]).startswith("rank 1, on ")
    assert str(found[0]).endswith(": x.csv: No such file")


def test_things_that_are_not_the_same_are_named_with_their_ranks():
    def check() -> None:
        rank = current().rank
        training = {"seed": 0, "lr": 0.1 if rank < 2 else 0.2}
        check_same({"w": np.arange(3), "training": training}, DataError)

    found = on_ranks(3, check)
    assert all(isinstance(each, DataError) for each in found)
    assert "training.lr is 0.1 on rank 0, on " in str(found[1])
    assert "and 0.2 on rank 2, on " in str(found[1])


@pytest.mark.parametrize(("one", "other"), [
    (np.zeros(3), np.zeros(3, np.float32)), (np.zeros(3), np.zeros((3, 1))), ([1, 2], [1, 2, 3]), (None, 0),
    ({"a": 1}, {"a": 1, "b": 2}), (Launch("x", 0, 1, True), Launch("x", 0, 1, False)), (True, 1),
])  # fmt: skip
def test_what_tells_things_apart(one, other):
    assert dict(spelled("thing", one)) != dict(spelled("thing", other))
    assert dict(spelled("thing", one)) == dict(spelled("thing", one))


def test_an_object_that_says_nothing_of_itself_is_its_type():
    assert dict(spelled("x", object())) == {"x": "object"}


def test_on_any_rank():
    assert on_ranks(3, lambda: on_any(current().rank == 2)) == [True] * 3
    assert on_ranks(3, lambda: on_any(False)) == [False] * 3


@pytest.mark.parametrize(("processors", "count", "expected"), [
    (range(4), 2, [[0, 1], [2, 3]]), (range(5), 2, [[0, 1], [2, 3, 4]]), (range(2), 4, [[0], [0], [0], [1]]),
    ([7], 2, [[7], [7]]), ([1, 3], 1, [[1, 3]]),
])  # fmt: skip
def test_processors_are_divided(processors, count, expected):
    found = [list(share(processors, place, count)) for place in range(count)]
    assert {each for some in found for each in some} == set(processors)
    assert all(found)
    if count <= len(processors):
        assert found == expected


@pytest.mark.parametrize("ranks", [1, 2, 3, 5])
@pytest.mark.parametrize("samples", [0, 1, 10, 11, 3 * MOST + 2])
def test_batches_are_asked_for_once_and_all_have_all_answers(ranks, samples):
    asked, network, counted = 2, Network([Linear(3)], 1), []

    def ask(batch: slice) -> np.ndarray:
        counted.append(batch)
        return np.arange(batch.start, batch.stop, dtype=np.float32)[:, np.newaxis] + np.arange(3, dtype=np.float32)

    def do() -> np.ndarray:
        parts = [np.empty((0, 3), np.float32), *(y for _, y in shared_outputs(network, samples, asked, ask))]
        return np.concatenate(parts)

    for found in on_ranks(ranks, do):
        np.testing.assert_array_equal(found, np.arange(samples)[:, None] + np.arange(3))
    if samples > asked:
        assert len(counted) == -(-samples // asked)


def test_ranks_whose_w_have_come_apart_are_told_before_a_checkpoint():
    told = []

    def disturb(event: Event) -> None:
        told.append(type(event))
        if isinstance(event, BatchEvent) and event.progress.state.step == 2 and current().rank:
            event.progress.w[0] += 1e-7

    def do() -> None:
        network = Network([Linear(1)], 2, SquaredError(), dtype=np.float64)
        training = Training(SGD(0.1), epochs=3)
        learn(network, Dataset(np.eye(2), np.ones(2)), training, engine="reference", listeners=[disturb])

    found = on_ranks(2, do)
    assert all(str(each).startswith("after 2 steps.w is float64 (3,) ") for each in found), found
    assert told.count(CheckpointEvent) == 2


def test_what_one_rank_asks_for_counts_for_all():
    told = []

    def asks(event: Event) -> None:
        rank = current().rank
        if isinstance(event, CheckpointEvent):
            told.append((rank, event.progress.state.step))
        if isinstance(event, BatchEvent) and rank == 1:
            event.progress.due = event.progress.state.step == 2
            if event.progress.state.step == 5:
                raise StopTraining("enough")

    def do() -> str:
        network = Network([Linear(1)], 2, SquaredError(), dtype=np.float64)
        training = Training(SGD(0.01), epochs=1, batch_size=1)
        data = Dataset(np.ones((9, 2)), np.ones(9))
        return learn(network, data, training, engine="reference", listeners=[asks]).reason

    assert on_ranks(3, do) == ["enough"] * 3
    assert sorted(told) == [(rank, step) for rank in range(3) for step in (2, 5)]
