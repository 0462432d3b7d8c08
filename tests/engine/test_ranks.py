"""Ranks that train together compute the bits of one that trains alone, of any network."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule import Network
from chainrule.engine.compiled import Compiled
from chainrule.engine.stages import together
from chainrule.layers import BatchNormalisation, Convolution, Linear, ReLU
from chainrule.training.objective import Batch
from mpi_jobs import needs_mpi, run
from steps_of import NETWORKS, batch_for, found_by, numbers
from strategies import batches, fused_networks, networks
from thread_ranks import on_ranks

PROGRAM = str(Path(__file__).parents[1] / "steps_of.py")


def assert_same(network: Network, batches: list[Batch], alone: dict[str, Any], *, ranks: int, threads: int = 1) -> None:
    for rank, found in enumerate(on_ranks(ranks, lambda _: numbers(network, batches, threads))):
        for name, value in alone.items():
            np.testing.assert_array_equal(found[name], value, f"{name} of rank {rank} of {ranks}", strict=True)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_of_each_kind(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    network = Network(*NETWORKS[name], seed=3)
    several = [batch_for(network, samples, step) for step, samples in enumerate((19, 2))]
    alone = numbers(network, several)
    assert_same(network, several, alone, ranks=3)  # of two samples one has none
    monkeypatch.setattr(together, "WORTH", 8)
    for ranks in (2, 3):
        assert_same(network, several, alone, ranks=ranks)  # they share weights out, too


@pytest.mark.parametrize(("ranks", "threads"), [(1, 2), (5, 1), (8, 1), (11, 1)])
@pytest.mark.parametrize("dtype", [np.float32, pytest.param(np.float64, marks=pytest.mark.heavy)])
def test_any_number_of_ranks_and_threads(ranks: int, threads: int, dtype: type) -> None:
    network = Network([Convolution(8), BatchNormalisation(), ReLU(), Linear(3)], (1, 6, 7), seed=3, dtype=dtype)
    several = [batch_for(network, samples, step) for step, samples in enumerate((21, 8, 1))]
    assert_same(network, several, numbers(network, several), ranks=ranks, threads=threads)


@pytest.mark.heavy
@settings(max_examples=10, deadline=None)
@given(st.data())
def test_any_network(data: st.DataObject) -> None:
    network = data.draw(networks() | fused_networks())
    several = [data.draw(batches(network))]
    assert_same(network, several, numbers(network, several), ranks=2)


def test_a_rank_takes_its_own_samples_only() -> None:
    network = Network(*NETWORKS["pooled"], seed=3)
    batch = batch_for(network, 20, 0)

    def seen(ranks: Any) -> tuple[int, int]:
        engine = Compiled(network, 5, 1)
        w = engine.layout.pack(network.w)
        engine.loss_and_gradient(w, batch, np.zeros_like(w))
        x = engine.plan(20).values[0].canonical(20)  # nobody needs the others'
        return int(np.any(x != 0, axis=(1, 2, 3)).sum()), ranks.exchanges

    for samples, exchanges in on_ranks(4, seen):
        assert samples == 5
        assert exchanges > 0


@pytest.mark.heavy
@needs_mpi
def test_two_processes(tmp_path: Path) -> None:
    names = ["pooled", "normalised", "by tiles"]  # also what is exchanged in columns
    done = run(2, tmp_path, PROGRAM, "2", *names)
    assert [json.loads(each) for each in done.stdout.splitlines()] == 2 * [found_by(names, 1)], done.stderr


@pytest.mark.heavy
@needs_mpi
@pytest.mark.parametrize("name", ["mlp", "lecture", "mnist", "vgg", "resnet", "quick"])
def test_presets(name: str, tmp_path: Path) -> None:
    alone = found_by([name], 1)
    for ranks, threads in [(2, 1), (2, 2), (4, 1), (4, 2)]:
        done = run(ranks, tmp_path, PROGRAM, str(threads), name)
        assert [json.loads(each) for each in done.stdout.splitlines()] == ranks * [alone], done.stderr
