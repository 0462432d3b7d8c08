"""Of every layer, in training and in evaluation, in both float types: the terms of any number add up to it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from chainrule import Linear, Network, Residual, SquaredError, trace
from chainrule.checks.networks import InnerProduct, random_batch
from chainrule.explanation.explain import rule_of
from chainrule.explanation.rules.own import MOST, OWN
from chainrule.explanation.rules.rule import RULES
from chainrule.layers import LAYERS, Layer
from chainrule.layers.layer import Arrays, Context, Parameter, Shape
from chainrule.network.tracing import Trace
from every_layer import every_layer
from explained import adds_up, some_units

SAMPLES = 3


def traced(layer: Layer, shape: Shape, dtype: type, training: bool) -> Trace:
    """Of that layer alone, by random numbers, with random parameters and statistics."""
    network = Network([layer], shape, InnerProduct(), dtype=dtype, seed=5)
    draws = np.random.default_rng(3)
    network.w[:] = draws.normal(size=network.size)
    network.statistics[:] = draws.uniform(0.5, 2, len(network.statistics))
    batch = random_batch(network, SAMPLES, 1)
    return trace(network, batch.x * 2, batch.t, seed=7, step=2, training=training)


@every_layer
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("training", [True, False])
def test_the_terms_add_up(layer: Layer, shape: Shape, dtype: type, training: bool) -> None:
    draws, kept = np.random.default_rng(11), traced(layer, shape, dtype, training)
    for unit in some_units(kept, draws):
        adds_up(kept, unit, int(draws.integers(SAMPLES)))


def test_every_layer_of_ours_has_a_rule() -> None:
    ours = {kind for kind in LAYERS.values() if kind.__module__.startswith("chainrule.")}
    made_of_others = {kind for kind in ours if "connect" in vars(kind)}
    assert ours - made_of_others <= set(RULES)


@every_layer
def test_a_layer_asked_itself_says_the_same_of_its_derivatives(layer: Layer, shape: Shape, monkeypatch: Any) -> None:
    kept, draws = traced(layer, shape, np.float64, True), np.random.default_rng(2)
    units = [(unit, int(draws.integers(SAMPLES))) for unit in some_units(kept, draws, 2)]
    by_rules = [kept.explain(*each).total for each in units]
    monkeypatch.setattr("chainrule.explanation.explain.RULES", {})
    for each, total in zip(units, by_rules, strict=True):
        assert adds_up(kept, *each).total == pytest.approx(total, rel=1e-9, abs=1e-12)


@dataclass(frozen=True)
class Swapped(Layer):
    """A user's own: y = w x, backwards."""

    def forward(self, x: np.ndarray, w: Arrays, context: Context) -> tuple[np.ndarray, Any]:
        return (w["w"] * x)[:, ::-1], x

    def backward(self, gy: np.ndarray, saved: Any, w: Arrays, context: Context) -> tuple[np.ndarray, Arrays]:
        back = gy[:, ::-1]
        return back * w["w"], {"w": (back * saved).sum(axis=0)}

    def parameters_for(self, x_shape: Shape) -> dict[str, Parameter]:
        return {"w": Parameter(x_shape)}


def test_a_users_own_layer_is_asked_itself() -> None:
    network = Network([Linear(4), Residual([Swapped()]), Linear(2)], 3, SquaredError())
    kept = trace(network, np.ones((2, 3)), np.ones((2, 2)))
    assert rule_of(network.graph.nodes[1]) is OWN
    for unit in some_units(kept, np.random.default_rng(0)):
        adds_up(kept, unit, 1)
    found = kept.explain("dL/block1.swapped1.w:1")
    assert [term.note for term in found.terms] == [*["sample 0"] * 4, *["sample 1"] * 4]


def test_very_many_outputs_of_a_users_own_layer_share_a_pass() -> None:
    network = Network([Swapped(), Linear(1)], 2 * MOST, SquaredError(), dtype=np.float64)
    kept = trace(network, np.ones((2, 2 * MOST)), np.ones((2, 1)))
    found = adds_up(kept, "dL/swapped1.w:7")
    assert len(found.terms) == MOST + 1
    assert found.terms[-1].note == f"the {3 * MOST:,} smallest dL/dy together"


class Doubled(Linear):
    """A subclass that computes something else."""

    def forward(self, x: np.ndarray, w: Arrays, context: Context) -> tuple[np.ndarray, Any]:
        return 2 * super().forward(x, w, context)[0], x

    def backward(self, gy: np.ndarray, saved: Any, w: Arrays, context: Context) -> tuple[np.ndarray, Arrays]:
        return super().backward(2 * gy, saved, w, context)


def test_a_subclass_has_not_the_rule_of_its_base() -> None:
    kept = trace(Network([Doubled(2)], 3, SquaredError()), np.ones((1, 3)), np.ones((1, 2)))
    for unit in ("fc1:1", "dL/x:2", "dL/fc1.w:1,2"):
        adds_up(kept, unit)
