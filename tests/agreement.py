"""Whether the compiled engine computes what the definitions say."""

from dataclasses import replace

import numpy as np
import pytest

from chainrule.engine.compiled import Compiled
from chainrule.engine.lowering import layout_of
from chainrule.network.network import Network
from chainrule.network.reference import Reference
from chainrule.training.objective import Batch

# A sum of n terms, in any order, is within about sqrt(n) half-ulps (6e-8 in float32) of the exact one as a rule; the
# longest sums here have some thousands of terms, and errors of several layers add up. The definitions' own sums in
# float64 are not exact for float64.
TOLERANCE = {np.dtype(np.float32): 2e-5, np.dtype(np.float64): 1e-13}


def compare(network: Network, batch: Batch, threads: int = 2) -> None:
    """Loss, gradient, statistics and outputs against the definitions in float64, at the network's own w and x."""
    tolerance = TOLERANCE[network.w.dtype]
    batch = replace(batch, x=batch.x.astype(network.w.dtype) if batch.x.dtype != np.uint8 else batch.x)
    exact, w64, expected = Reference(network, 7), network.w.astype(np.float64), np.empty(network.size)
    compiled = Compiled(network, 7, threads)
    w = compiled.layout.pack(network.w)
    out = np.full_like(w, np.nan)
    out[np.setdiff1d(np.arange(len(out)), layout_of(network).where)] = 0
    loss = compiled.loss_and_gradient(w, batch, out)
    expected_loss = exact.loss_and_gradient(w64, batch, expected)
    assert loss == pytest.approx(expected_loss, rel=tolerance, abs=tolerance / 2)
    assert compiled.loss(w, batch) == loss
    exact.loss(w64, batch)  # so that both have seen the batch twice
    np.testing.assert_allclose(compiled.statistics, exact.statistics, rtol=5 * tolerance, atol=tolerance)
    gradient = compiled.layout.unpack(out)
    scale = max(np.abs(expected).max(initial=0), 1e-3)
    np.testing.assert_allclose(gradient, expected, rtol=0, atol=tolerance * scale)
    y = exact.outputs(w64, batch.x)
    most = tolerance * max(np.abs(y).max(), 1)
    np.testing.assert_allclose(compiled.outputs(w, batch.x), y, rtol=5 * tolerance, atol=most)
