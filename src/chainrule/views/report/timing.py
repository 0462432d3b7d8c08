"""How long a network's layers take to compute y from x, and how fast it is as a whole; measured here and now."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from statistics import median
from time import perf_counter

import numpy as np

from chainrule.engine import execute
from chainrule.network.network import Network
from chainrule.network.reference import Reference

BATCH, RUNS = 256, 5  # samples in one go; how often that is timed
MANY, WHOLE_RUNS = 1024, 3  # the same for the speed as a whole
PATIENCE = 1.0  # seconds after which that is not timed again


@dataclass(frozen=True)
class StageTime:
    """The layers first .. end-1, which are executed as one, or what is done to x before the first of them."""

    first: int
    end: int
    seconds: float  # of one thread, for a sample


def stage_times(network: Network, x: np.ndarray, engine: str) -> list[StageTime]:
    """A median over RUNS forward passes for each stage, on the first samples of x."""
    x = x[:BATCH]
    if isinstance(execute(network, engine, threads=1), Reference):
        return _by_definition(network, x)
    return _compiled(network, x)


def samples_per_second(network: Network, x: np.ndarray, engine: str, threads: int | None) -> float:
    """Of a predictor, from samples to outputs; the first time, in which kernels may be compiled, does not count."""
    predictor, x = network.predictor(engine, threads, BATCH), x[:MANY]
    seconds: list[float] = []
    while len(seconds) <= WHOLE_RUNS and sum(seconds) < PATIENCE:
        began = perf_counter()
        predictor.outputs(x)
        seconds.append(perf_counter() - began)
    return len(x) / median(seconds[1:] or seconds)


def _compiled(network: Network, x: np.ndarray) -> list[StageTime]:
    """The calls of a forward pass, timed one by one."""
    from chainrule.engine.measure.profile import Timed, place_of
    from chainrule.engine.pieces import pieces_of  # Numba is loaded where it is used

    engine, pieces = Timed(network), pieces_of(network)
    w = engine.layout.pack(network.w)
    for run in range(1 + RUNS):
        engine.outputs(w, x, unchanged=run > 0)
    runs: list[dict[int, float]] = []
    for timed in engine.watch.runs[1:]:
        runs.append(defaultdict(float))
        for unit, seconds in timed.items():
            runs[-1][place_of(engine.watch.roles[unit], len(pieces))] += seconds
    ranges = [(0, 0), *((piece.k, piece.end) for piece in pieces)]
    times = [max(median(run[place] for run in runs), 0.0) / len(x) for place in range(len(ranges))]
    return [StageTime(*layers, seconds) for layers, seconds in zip(ranges, times, strict=True)]


def _by_definition(network: Network, x: np.ndarray) -> list[StageTime]:
    """Layer by layer."""
    parameters = network.layer_parameters(network.w)
    runs = []
    for _ in range(RUNS):
        clock = [perf_counter()]
        y = network.prepare(x, network.w.dtype)
        clock.append(perf_counter())
        for layer, w in zip(network.layers, parameters, strict=True):
            y = layer.forward(y, w, None)
            clock.append(perf_counter())
        runs.append(np.diff(clock))
    times = np.median(runs, axis=0) / len(x)
    return [StageTime(max(k - 1, 0), k, float(seconds)) for k, seconds in enumerate(times)]
