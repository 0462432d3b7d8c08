"""Batch normalisation in training: its running statistics through batches, checkpoints, stops and divergence."""

from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

import chainrule as cr
from chainrule.base.errors import DivergedError
from chainrule.data import Dataset
from chainrule.engine import execute
from chainrule.exchange import from_pytorch, to_pytorch
from chainrule.exchange.model_file import Checkpoint, load_checkpoint, save_checkpoint
from chainrule.exchange.resuming import progress_of
from chainrule.network.reference import Reference
from chainrule.training.events import BatchEvent, CheckpointEvent, EpochEvent, Event, StopTraining
from oracles import normal

X = (2 * normal(45, 2, 5, 5) + 1).astype(np.float32)
DATA = Dataset(X, (X.mean(axis=(1, 2, 3)) > 1).astype(np.int64))
TRAINING = cr.Training(cr.Adam(0.01), epochs=3, batch_size=8)  # batches of 8, ..., 8, 5
ENGINES = pytest.mark.parametrize("engine", ["reference", "compiled"])


def network(**options: Any) -> cr.Network:
    layers = [cr.Convolution(4), cr.BatchNormalisation(), cr.ReLU(), cr.Dropout(0.2, channels=True), cr.Linear(6)]
    return cr.Network([*layers, cr.BatchNormalisation(0.3), cr.GELU(), cr.Linear(2)], (2, 5, 5), seed=1, **options)


def torch_twin() -> nn.Sequential:
    layers = [nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(36, 6)]
    return nn.Sequential(*layers, nn.BatchNorm1d(6, momentum=0.3), nn.GELU(), nn.Linear(6, 2))


def test_an_epoch_is_pytorchs_with_the_smaller_last_batch():
    """Statistics after all batches in their order, and w after each update."""
    layers = [layer for layer in network().layers if not isinstance(layer, cr.Dropout)]
    ours = cr.Network(layers, (2, 5, 5), seed=1, dtype=np.float64)
    twin = torch_twin().double()
    twin.load_state_dict(dict(zip(twin.state_dict(), state_of(ours), strict=True)))
    data = Dataset(X.astype(np.float64), DATA.t)
    objective = Reference(ours)
    result = cr.minimise(objective, data, ours.w, cr.Training(cr.SGD(0.1), 2, 8, order="file"))
    optimizer = torch.optim.SGD(twin.parameters(), 0.1)
    for _ in range(2):
        for k in range(0, 45, 8):
            optimizer.zero_grad()
            x, t = torch.tensor(data.x[k : k + 8]), torch.tensor(DATA.t[k : k + 8])
            nn.functional.cross_entropy(twin(x), t).backward()
            optimizer.step()
    kept = ours.named(result.w) | ours.named_statistics(objective.statistics)
    theirs = {name: tensor for name, tensor in twin.state_dict().items() if "num_batches" not in name}
    assert len(kept) == len(theirs)
    by_shape = sorted(kept.values(), key=lambda a: (a.shape, a.sum()))
    for found, expected in zip(by_shape, sorted(theirs.values(), key=lambda a: (tuple(a.shape), a.sum())), strict=True):
        np.testing.assert_allclose(found, expected.numpy(), atol=1e-10)


def state_of(ours: cr.Network) -> list[torch.Tensor]:
    """Its numbers in the order of a state_dict of PyTorch's."""
    numbers, found = ours.named() | ours.named_statistics(), []
    for node in ours.graph.nodes:
        for key in ("w", "b", "gamma", "beta", "mean", "variance"):
            if f"{node.name}.{key}" in numbers:
                found.append(torch.tensor(numbers[f"{node.name}.{key}"]))
        if isinstance(node.layer, cr.BatchNormalisation):
            found.append(torch.tensor(0))
    return found


@ENGINES
def test_validation_in_training_takes_the_running_statistics_of_then(engine):
    seen: list[tuple[float, float]] = []
    ours = network()

    def watch(event: Event) -> None:
        if isinstance(event, EpochEvent) and event.validation:
            judged = event.validation.loss
            seen.append((judged, cr.evaluate(ours, DATA, "reference").loss))

    cr.fit(ours, DATA, TRAINING, engine=engine, validation=DATA, listeners=[watch])
    assert len(seen) == 3
    np.testing.assert_allclose([a for a, _ in seen], [b for _, b in seen], rtol=1e-4)


@ENGINES
def test_to_evaluate_changes_no_training(engine):
    plain, judged = network(), network()
    cr.fit(plain, DATA, TRAINING, engine=engine)
    cr.fit(judged, DATA, TRAINING, engine=engine, validation=DATA.head(7))
    assert judged.w.tobytes() == plain.w.tobytes()
    assert judged.statistics.tobytes() == plain.statistics.tobytes()


@ENGINES
@pytest.mark.parametrize("stop", [2, 8])
def test_a_run_goes_on_bit_for_bit_from_any_batch(engine, stop, tmp_path):
    whole, half = network(), network()
    cr.fit(whole, DATA, TRAINING, engine=engine)

    def stopping(event: Event) -> None:
        if isinstance(event, BatchEvent) and event.progress.state.step == stop:
            raise StopTraining("enough")

    stopped = cr.fit(half, DATA, TRAINING, engine=engine, listeners=[stopping]).progress
    assert stopped is not None
    save_checkpoint(tmp_path / "m", Checkpoint.of(half, CheckpointEvent(stopped, ()), {}))
    read = load_checkpoint(tmp_path / "m")
    assert read.network.statistics.tobytes() == half.statistics.tobytes()
    cr.fit(read.network, DATA, TRAINING, engine=engine, start=progress_of(read))
    assert read.network.w.tobytes() == whole.w.tobytes()
    assert read.network.statistics.tobytes() == whole.statistics.tobytes()


@ENGINES
def test_a_run_goes_on_with_the_statistics_of_another_objective(engine):
    """That of the run that was stopped, as they are in it, not those of the network."""
    whole, stopped = network(), network()
    expected = cr.minimise(execute(whole, engine), DATA, whole.w, TRAINING)

    def stop(event: Event) -> None:
        if isinstance(event, BatchEvent) and (event.epoch, event.batch) == (1, 2):
            raise StopTraining("enough")

    start = cr.minimise(execute(stopped, engine), DATA, stopped.w, TRAINING, listeners=[stop]).progress
    again = execute(network(), engine)
    found = cr.minimise(again, DATA, stopped.w, TRAINING, start=start)
    assert found.w.tobytes() == expected.w.tobytes()
    assert again.statistics.tobytes() == expected.progress.objective.statistics.tobytes()


@ENGINES
@pytest.mark.parametrize("at", [3, 100])
def test_where_a_run_diverged_is_found_with_the_statistics_of_then(engine, at):
    """Steps are made again for that, and move the statistics as they did."""
    x = normal(256, 1).astype(np.float32)
    x[2 * at] = np.nan
    data, training = Dataset(x, np.zeros(256, np.float32)), cr.Training(cr.SGD(1e-3), 1, 2, order="file")
    ours = cr.Network([cr.Linear(3), cr.BatchNormalisation(), cr.Linear(1)], 1, cr.SquaredError())
    diverging, stopping = execute(ours, engine), execute(ours, engine)
    with pytest.raises(DivergedError) as caught:
        cr.minimise(diverging, data, ours.w, training)
    assert (caught.value.layer, caught.value.step) == ("fc1", at + 1)

    def stop(event: Event) -> None:
        if isinstance(event, BatchEvent) and event.progress.state.step == at:
            raise StopTraining("here")

    cr.minimise(stopping, data, ours.w, training, listeners=[stop])
    assert diverging.statistics.tobytes() == stopping.statistics.tobytes()


@ENGINES
def test_statistics_that_overflow_are_told(engine):
    x = normal(64, 1).astype(np.float32)
    x[:2] = [[1e30], [-1e30]]
    ours = cr.Network([cr.BatchNormalisation(), cr.Linear(1)], 1, cr.SquaredError())
    with pytest.raises(DivergedError, match=r"the statistics are not finite .* from the statistic variance of bn1"):
        cr.fit(ours, Dataset(x, x[:, 0] > 0), cr.Training(cr.SGD(1e-3), 1, 8), engine=engine)


def test_the_last_sample_alone_is_normalised_by_the_running_statistics():
    layers = [cr.Linear(3), cr.BatchNormalisation(), cr.Linear(2)]
    results = []
    for engine in ("reference", "compiled"):
        ours = cr.Network(layers, 4, seed=1)
        data = Dataset(normal(9, 4).astype(np.float32), np.arange(9) % 2)
        cr.fit(ours, data, cr.Training(cr.SGD(0.1), 3, 4), engine=engine)  # batches of 4, 4, 1
        results.append(np.concatenate([ours.w, ours.statistics]))
    assert np.isfinite(results[0]).all()
    np.testing.assert_allclose(*results, rtol=1e-4, atol=1e-5)


def test_the_compiled_engine_trains_as_the_definitions_do():
    both = network(), network()
    for ours, engine in zip(both, ("reference", "compiled"), strict=True):
        cr.fit(ours, DATA, cr.Training(cr.SGD(0.1), 3, 8), engine=engine)  # Adam would follow the noise of conv1.b
    np.testing.assert_allclose(both[0].statistics, both[1].statistics, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(both[0].w, both[1].w, atol=2e-3)


def test_pytorch_loads_it_strictly_and_back(tmp_path):
    ours = network()
    cr.fit(ours, DATA, TRAINING)
    to_pytorch(ours, tmp_path / "s")
    state = load_file(tmp_path / "s")
    names = {"0": "conv1", "1": "bn1", "4": "fc1", "5": "bn2", "7": "fc2"}
    twin = torch_twin()
    back = {name: f"{names[name.partition('.')[0]]}.{name.partition('.')[2]}" for name in twin.state_dict()}
    assert sorted(back.values()) == sorted(state)
    twin.load_state_dict({name: state[own] for name, own in back.items()}, strict=True)
    twin.eval()
    with torch.no_grad():
        np.testing.assert_allclose(ours(X), twin(torch.tensor(X)).numpy(), atol=1e-5)
    twin.train()(torch.tensor(X))  # counts a batch
    save_file({back[name]: tensor for name, tensor in twin.state_dict().items()}, tmp_path / "t")
    read = from_pytorch(tmp_path / "t", network())
    save_file(twin.state_dict(), tmp_path / "u")
    with pytest.warns(
        cr.DataWarning, match="matched by shape and order: 0.weight as conv1.weight, 1.weight as bn1.weight, 4"
    ):
        matched = from_pytorch(tmp_path / "u", network())
    twin.eval()
    with torch.no_grad():
        for each in (read, matched):
            np.testing.assert_allclose(each(X), twin(torch.tensor(X)).numpy(), atol=1e-5)


@ENGINES
def test_any_batch_moves_the_statistics_of_an_engine_of_its_own(engine):
    ours = network()
    executor = execute(ours, engine)
    before = ours.statistics.copy()
    executor.loss(executor.layout.pack(ours.w), cr.Batch(X[:8], DATA.t[:8]))
    assert ours.statistics.tobytes() == before.tobytes() != executor.statistics.tobytes()


def test_weight_decay_leaves_gamma_and_beta_alone():
    ours = network()
    decayed = {p.name for p in ours.parameters if p.parameter.decays}
    assert decayed == {"conv1.w", "conv1.b", "fc1.w", "fc1.b", "fc2.w", "fc2.b"}
