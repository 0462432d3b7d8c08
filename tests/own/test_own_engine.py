"""An engine of a user's own: registered by its name, it trains, evaluates, answers and reports as ours do."""

from collections.abc import Iterator

import numpy as np
import pytest

import chainrule as cr
from chainrule.base.random import Source
from chainrule.data import mnist
from chainrule.network.engine import ENGINES, Engine, LayerTime, register_engine
from chainrule.network.reference import Reference
from chainrule.training.objective import Batch, Layout
from chainrule.views.report import write_report


class Backwards(Layout):
    """w from its end to its beginning."""

    def pack(self, w: np.ndarray) -> np.ndarray:
        return w[::-1].copy()

    def unpack(self, w: np.ndarray) -> np.ndarray:
        return w[::-1].copy()


class Mirror(Engine):
    """Computes by the definitions, but holds w backwards."""

    layout = Backwards()
    calls = 0

    def __init__(self, network: cr.Network, source: Source, threads: int | None) -> None:
        self.network, self.inner = network, Reference(network, source)
        self.statistics = self.inner.statistics

    def loss(self, w: np.ndarray, batch: Batch) -> float:
        return self.inner.loss(self.layout.unpack(w), batch)

    def loss_and_gradient(self, w: np.ndarray, batch: Batch, out: np.ndarray) -> float:
        type(self).calls += 1
        gw = np.empty_like(out)
        loss = self.inner.loss_and_gradient(self.layout.unpack(w), batch, gw)
        out[:] = gw[::-1]
        return loss

    def outputs(self, w: np.ndarray, x: np.ndarray, unchanged: bool = False) -> np.ndarray:
        return self.inner.outputs(self.layout.unpack(w), x)

    def times(self, x: np.ndarray, runs: int) -> list[LayerTime]:
        return [LayerTime((), 0.0), LayerTime(tuple(node.name for node in self.network.graph.nodes), 1e-6)]


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    register_engine("mirror")(Mirror)
    yield
    ENGINES.pop("mirror")


def test_it_does_all_that_an_engine_is_asked_for(tmp_path):
    digits = mnist("train").head(60)
    networks = {engine: cr.preset("lecture").network() for engine in ("mirror", "reference")}
    training = cr.Training(cr.Adam(1e-3), epochs=2, batch_size=16)
    for engine, network in networks.items():
        cr.fit(network, digits, training, validation=digits, engine=engine)
    mirrored, expected = networks.values()
    assert Mirror.calls == 8
    np.testing.assert_allclose(mirrored.w, expected.w, atol=1e-6)
    assert cr.evaluate(mirrored, digits, "mirror") == cr.evaluate(mirrored, digits, "reference")
    np.testing.assert_array_equal(mirrored.predictor("mirror")(digits.x), mirrored.predict(digits.x))
    assert cr.examine(mirrored, digits, "mirror").accuracy == cr.evaluate(mirrored, digits, "mirror").accuracy
    write_report(tmp_path / "report.html", mirrored, digits, engine="mirror")
    assert "1.00" in (tmp_path / "report.html").read_text(encoding="utf-8")
