"""The cases of the optimizers' kernels."""

from collections.abc import Callable
from typing import Any

import numpy as np

import chainrule.engine.kernels.adaptive  # noqa: F401  # it registers its updates
from chainrule.engine.kernels.clipping import blended, scaled, shortening
from chainrule.engine.kernels.optimizers import UPDATES, WeightSpan, squares, update_of
from chainrule.training.objective import clipping
from chainrule.training.optimizers import SGD, AdaDelta, Adam, AdamW, Optimizer, RMSprop, State
from torture.kernels.rig import LARGEST, Rig, case, exactly, name_of

OPTIMIZERS: dict[tuple[type[Optimizer], int], list[Optimizer]] = {
    (SGD, 0): [SGD(0.05), SGD(0.05, weight_decay=0.1)],
    (SGD, 1): [
        SGD(0.02, momentum=0.9),
        SGD(0.02, momentum=0.5, weight_decay=0.1),
        SGD(0.02, momentum=0.9, weight_decay=0.1, nesterov=True),
    ],
    (AdaDelta, 2): [AdaDelta(), AdaDelta(0.5, rho=0.8, eps=1e-4, weight_decay=0.1)],
    (AdamW, 2): [AdamW(), AdamW(0.1, beta1=0.8, beta2=0.9, eps=1e-3, weight_decay=0.1)],
    (RMSprop, 1): [RMSprop(eps=1e-3), RMSprop(0.05, alpha=0.9, eps=1e-3, weight_decay=0.1)],
    (RMSprop, 2): [RMSprop(0.01, eps=1e-3, momentum=0.8, weight_decay=0.1)],
    (Adam, 2): [Adam(), Adam(0.1, beta1=0.8, beta2=0.9, eps=1e-3, weight_decay=0.1)],
}
ULPS = 40  # of the largest of what is added: a step is made of some ten operations


def of_an_update(kind: tuple[type[Optimizer], int]) -> Callable[[Rig], None]:
    def run(rig: Rig) -> None:
        items, floats = rig.sizes(LARGEST, LARGEST)
        optimizer, n, before = rig.any_of(*OPTIMIZERS[kind]), items * floats, int(rig.random.integers(4))
        w, gw = (rig.normal(n) for _ in range(2))
        vectors = [np.abs(rig.normal(n)) for _ in range(optimizer.slots)]
        held = [rig.room(before + n) for _ in range(1 + optimizer.slots)]
        for array, values in zip(held, [w, *vectors], strict=True):
            array[before:] = values
        found: Any = update_of(optimizer)
        constants = rig.given(np.array(found.constants(optimizer, 3), rig.number))
        span = WeightSpan(before, 0, floats)
        rig.run(found.kernel, held[0], rig.given(gw), *held[1:], constants, span, count=items)
        (exact, gradient), known = exactly(w, gw), exactly(*vectors)
        state = State(np.array(known, exact.dtype).reshape(optimizer.slots, n), step=3)
        optimizer.update(exact, gradient, state)
        for array, expected in zip(held, [exact, *state.vectors], strict=True):
            magnitude = np.maximum(np.abs(expected), 1) * ULPS
            rig.close("w, or the state", array[before:], expected, magnitude, 0)
            rig.check(np.isnan(array[:before]).all(), "others' weights are written")

    return run


for _kind, _update in UPDATES.items():
    if _kind in OPTIMIZERS:  # tests may have registered others
        case(name_of(_update.kernel))(of_an_update(_kind))


@case("optimizers:squares")
def sums_of_squares(rig: Rig) -> None:
    items, floats = rig.sizes(LARGEST, LARGEST)
    block, at = int(rig.random.integers(1, 9)), int(rig.random.integers(4))
    g, sums = rig.normal(at + items * floats), rig.room(-(-items // block), np.float64)
    for first in range(0, items, block):
        span = WeightSpan(0, at + first * floats, floats)
        count = min(block, items - first)
        rig.run(squares, rig.given(g), sums[first // block :], span, block, count=count, block=block)
    exact = exactly(g[at:])[0] ** 2
    expected = np.add.reduceat(exact, np.arange(0, len(exact), block * floats))
    rig.close("a sum of squares", sums, expected, expected, block * floats)


@case("clipping:shortening", "clipping:scaled")
def shortened(rig: Rig) -> None:
    n, dtype, limit = rig.sizes(LARGEST)[0], rig.any_of(np.float32, np.float64), rig.any_of(0.5, 2.0, 1e3)
    gw, factor = rig.normal(n).astype(dtype), rig.room(1, dtype)
    square, held = np.array([np.square(gw, dtype=np.float64).sum()]), rig.room(n, dtype)
    rig.run(shortening, rig.given(square), rig.given(np.array([limit])), factor)
    expected = dtype(clipping(float(np.sqrt(square[0])), limit))
    rig.same("the factor", factor, np.array([expected]))
    held[:] = gw
    rig.run(scaled, held, rig.given(factor), WeightSpan(0, 0, 1), count=n)
    rig.same("the gradient", held, gw * expected)


@case("clipping:blended")
def averages(rig: Rig) -> None:
    n, dtype, share = rig.sizes(LARGEST)[0], rig.any_of(np.float32, np.float64), rig.any_of(1.0, 0.5, 1e-3)
    w, before, average = rig.normal(n).astype(dtype), rig.normal(n).astype(dtype), rig.room(n, dtype)
    average[:] = before
    rig.run(blended, average, rig.given(w), rig.given(np.array([share], dtype)), WeightSpan(0, 0, 1), count=n)
    rig.same("the average", average, before + dtype(share) * (w - before))
