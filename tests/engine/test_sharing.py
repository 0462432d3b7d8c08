"""Buffers share memory where, and only where, they are never needed at one moment."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import chainrule as cr
from chainrule.engine.compiled import Compiled
from chainrule.engine.moments import Moments
from chainrule.engine.runtime import sharing
from chainrule.engine.runtime.sharing import FOREVER, Pool, between, places
from chainrule.layers import BatchNormalisation, Convolution, Dropout, Linear, MaxPooling, ReLU, Residual, Sigmoid

RESIDUAL = Residual([Convolution(16, padding=1), BatchNormalisation(), ReLU(), Convolution(16, padding=1)])
NETWORKS = {
    "pictures go one by one": [*3 * [Convolution(16, padding=1), ReLU(), Sigmoid()], Linear(3)],
    "batches": [
        Convolution(128, padding=1), BatchNormalisation(), ReLU(), *2 * [Convolution(128, padding=1), ReLU()],
        Convolution(128, padding=1), BatchNormalisation(), ReLU(), MaxPooling(), Linear(3),
    ],
    "a block": [Convolution(16, padding=1), RESIDUAL, ReLU(), Dropout(0.3), RESIDUAL, MaxPooling(), Linear(3)],
}  # fmt: skip


def network(name: str) -> cr.Network:
    return cr.Network(NETWORKS[name], (16, 6, 6), seed=1)


def trained(name: str, threads: int) -> np.ndarray:
    """w after some steps."""
    draw, made = np.random.default_rng(0), network(name)
    engine = Compiled(made, threads=threads)
    engine._work = 1 << 30, 1 << 30  # as if it were worth all threads
    x, t = draw.standard_normal((19, 16, 6, 6)).astype(np.float32), draw.integers(0, 3, 19)
    w = engine.layout.pack(made.w)
    gw, optimizer = np.zeros_like(w), cr.SGD(0.01, momentum=0.5)
    state = optimizer.new_state(w)
    for n in (19, 7, 19):
        engine.step(optimizer, w, cr.Batch(x[:n], t[:n]), gw, state=state)
    return engine.layout.unpack(w)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_same_bits_as_with_memory_of_its_own(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [trained(name, threads) for threads in (1, 3)]
    monkeypatch.setattr(sharing, "shares", False)
    alone = trained(name, 1)
    assert np.isfinite(alone).all()
    for each in found:
        assert_array_equal(each, alone)


def test_what_lives_at_one_moment_lies_apart() -> None:
    draw = np.random.default_rng(0)
    buffers = [(int(size), between(*sorted(map(int, draw.integers(0, 20, 2))))) for size in draw.integers(1, 99, 60)]
    at = places(buffers)
    for k, (size, life) in enumerate(buffers):
        for j, (other, its_life) in enumerate(buffers[:k]):
            assert not life & its_life or at[k] + size <= at[j] or at[j] + other <= at[k]
    busiest = max(sum(size for size, life in buffers if life >> moment & 1) for moment in range(20))
    assert busiest <= max(a + size for a, (size, _) in zip(at, buffers, strict=True)) < 1.3 * busiest


def test_one_after_the_other_in_one_place() -> None:
    pool = Pool()
    first, second, own = (pool.ask(100, np.float32, life) for life in (0b011, 0b100, FOREVER))
    first.array[:] = 1
    assert (second.array == 1).all()
    assert not np.shares_memory(first.array, own.array)


def test_gradients_lie_where_values_are_over() -> None:
    """Of a chain through three batch normalisations the first gradient is written when the last image is done."""
    block = [Convolution(16, padding=1), BatchNormalisation(), ReLU()]
    made = Compiled(cr.Network([*block, *block, *block, Linear(3)], (16, 8, 8)))
    lives = [Moments(made.lowering.groups).value(k) for k in range(6)]
    assert lives[1].gradient & lives[3].gradient  # the one is read while the other is written
    assert not lives[1].gradient & lives[4].x
    assert not lives[1].gradient & lives[5].gradient


def test_what_is_read_at_the_end_is_kept() -> None:
    """A linear layer's dL/dw is made when all else is done."""
    groups = Compiled(network("pictures go one by one")).lowering.groups
    moments = Moments(groups)
    assert moments.value(len(groups) - 2).x >> moments.end & 1
    assert moments.value(len(groups) - 1).gradient >> moments.end & 1
    assert not moments.value(0).x >> moments.end & 1
