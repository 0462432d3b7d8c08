"""Averages of w in a network with statistics: running means, as those of a batch normalisation, that are right."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.data import Dataset
from chainrule.engine import execute
from chainrule.exchange.model_file import Checkpoint, load_checkpoint, save_checkpoint
from chainrule.exchange.resuming import progress_of
from chainrule.layers import LAYERS, Context, Layer, Parameter
from chainrule.layers.layer import Arrays, Shape
from chainrule.training.averages import EMA, SWA, Average
from chainrule.training.averaging import measured
from chainrule.training.drawing import draw
from chainrule.training.events import BatchEvent, CheckpointEvent, Event
from oracles import normal

DATA = Dataset(normal(70, 5).astype(np.float32) + 2, np.arange(70) % 3)


@dataclass(frozen=True)
class Norm(Layer):
    """x by its mean and variance over the batch; a batch of one leaves the running ones as they are."""

    mixes_samples = True
    momentum: float = 0.1

    def forward(self, x: np.ndarray, w: Arrays, context: Context) -> tuple[np.ndarray, Any]:
        mean, variance, seen = context.statistics["mean"], context.statistics["variance"], context.statistics["seen"]
        if context.training and len(x) > 1:
            m, v = x.mean(axis=0), x.var(axis=0)
            mean[...] = (1 - self.momentum) * mean + self.momentum * m
            variance[...] = (1 - self.momentum) * variance + self.momentum * v * len(x) / (len(x) - 1)
            seen[...] += 1
            mean, variance = m, v
        return (x - mean) / np.sqrt(variance + 1e-5), (x, mean, variance)

    def backward(self, gy: np.ndarray, saved: Any, w: Arrays, context: Context) -> tuple[np.ndarray, Arrays]:
        x, mean, variance = saved
        scale = 1 / np.sqrt(variance + 1e-5)
        y = (x - mean) * scale
        return (gy - gy.mean(axis=0) - y * (gy * y).mean(axis=0)) * scale, {}

    def statistics_for(self, x_shape: Shape) -> dict[str, Parameter]:
        return {
            "mean": Parameter(x_shape, "zeros"),
            "variance": Parameter(x_shape, "ones"),
            "seen": Parameter((1,), "zeros"),
        }


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    cr.register(Norm)
    yield
    LAYERS.pop("Norm")


def network() -> cr.Network:
    return cr.Network([cr.Linear(4), Norm(), cr.ReLU(), cr.Linear(3)], 5)


def training(average: Average | None, **more: Any) -> cr.Training:
    return cr.Training(cr.Adam(0.02), 4, 16, average=average, **more)  # batches of 16 and one of 6


@pytest.mark.parametrize("engine", ["reference", "compiled"])
def test_they_are_found_anew_over_the_training_data_for_swa(engine: str) -> None:
    trained = network()
    cr.fit(trained, DATA, training(SWA(0.6)), engine=engine)
    hidden = cr.Network([cr.Linear(4)], 5)
    hidden.w[:] = trained.w[: hidden.size]
    parts = [hidden(DATA.x[rows]) for rows in draw(DATA, training(None), epoch=0, first=0)][:-1]
    named = trained.named_statistics()
    np.testing.assert_allclose(named["norm1.mean"], np.mean([y.mean(axis=0) for y in parts], axis=0), atol=2e-5)
    variances = [y.var(axis=0, ddof=1) for y in parts]
    np.testing.assert_allclose(named["norm1.variance"], np.mean(variances, axis=0), rtol=2e-5)
    assert named["norm1.seen"] == 20  # what is no running mean is as training left it


def test_batches_that_leave_them_alone_leave_them_alone() -> None:
    lone, singles = network(), cr.Training(epochs=1, batch_size=1)
    lone.statistics[:] = 0.5
    objective = execute(lone)
    found = measured(objective, objective.layout.pack(lone.w), DATA, singles)
    np.testing.assert_array_equal(found, lone.statistics)
    np.testing.assert_array_equal(objective.statistics, lone.statistics)


def test_they_are_averaged_as_w_is_by_ema() -> None:
    seen: list[np.ndarray] = []

    def note(event: Event) -> None:
        if isinstance(event, BatchEvent):
            seen.append(event.progress.objective.statistics.copy())

    trained = network()
    cr.fit(trained, DATA, training(EMA(0.8)), listeners=[note])
    expected = np.average(seen, axis=0, weights=0.8 ** np.arange(len(seen))[::-1])
    np.testing.assert_allclose(trained.statistics, expected, rtol=1e-5)


@pytest.mark.parametrize("engine", ["reference", "compiled"])
@pytest.mark.parametrize("average", [EMA(0.8), SWA(0.6), SWA(0.6, per="step")], ids=str)
def test_a_run_with_one_goes_on_from_a_file_bit_for_bit(average: Average, engine: str, tmp_path: Any) -> None:
    whole, how = network(), training(average, clip_norm=1.0, schedule=cr.OneCycle(low_momentum=0.8))
    files: list[Any] = []

    def keep(event: Event) -> None:
        if isinstance(event, BatchEvent):
            event.progress.due = event.batch in (1, 3)
        elif isinstance(event, CheckpointEvent):
            files.append(tmp_path / f"{len(files)}.safetensors")
            save_checkpoint(files[-1], Checkpoint.of(whole, event, {}))

    cr.fit(whole, DATA, how, engine=engine, listeners=[keep])
    for file in files:
        read = load_checkpoint(file)
        cr.fit(read.network, DATA, how, engine=engine, start=progress_of(read))
        assert read.network.w.tobytes() == whole.w.tobytes()
        assert read.network.statistics.tobytes() == whole.statistics.tobytes()
