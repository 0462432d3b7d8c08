"""A compiled step moves w as the definition of the step does, whatever was bound before."""

from dataclasses import dataclass

import numpy as np
import pytest

from chainrule import SGD, AdaDelta, Adam, Linear, Network, ReLU
from chainrule.data import mnist
from chainrule.engine.bound import REMEMBERED
from chainrule.engine.compiled import Compiled
from chainrule.network.reference import Reference
from chainrule.tasks.presets import preset
from chainrule.training.objective import Batch
from chainrule.training.optimizers import Optimizer, State


@dataclass(frozen=True)
class Sign(SGD):
    """An optimizer that has no kernel."""

    def update(self, w: np.ndarray, gw: np.ndarray, state: State) -> None:
        w -= self.lr * np.sign(gw)


OPTIMIZERS = [SGD(0.1), SGD(0.05, momentum=0.9, weight_decay=1e-3), AdaDelta(), Adam(), Sign(1e-3)]


def batch(samples: int, step: int) -> Batch:
    digits = mnist("train").head(200).take(np.arange(step, step + samples))
    return Batch(digits.x, digits.t, np.full(samples, 1 / samples), step=step)


def steps(objective: Compiled | Reference, network: Network, optimizer: Optimizer) -> tuple[np.ndarray, list[float]]:
    """w after ten steps of two batch sizes, with two rooms for the gradient in turn; the losses and norms."""
    w = objective.layout.pack(network.w)
    state, rooms, seen = optimizer.new_state(w), (np.zeros_like(w), np.zeros_like(w)), []
    for k in range(10):
        seen += objective.step(
            optimizer.with_lr(optimizer.lr / (1 + k)), w, batch(64 if k % 3 else 40, k), rooms[k % 2], state=state
        )
    assert state.step == 10
    return objective.layout.unpack(w), seen


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=str)
@pytest.mark.parametrize("hidden", [40, 200])  # 200: more weights than are taken sample by sample
def test_steps_are_those_of_the_definition(optimizer, hidden):
    network = Network([Linear(hidden), ReLU(), Linear(10)], (1, 28, 28), seed=1)
    expected, expected_seen = steps(Reference(network), network, optimizer)
    w, seen = steps(Compiled(network, threads=2), network, optimizer)
    np.testing.assert_allclose(seen, expected_seen, rtol=1e-4)
    moved = np.abs(expected - network.w).max()
    near = np.abs(w - expected) <= 1e-3 * moved
    assert near.mean() > 0.999  # where a gradient is all but 0, Adam's and the sign's steps are anything
    assert moved > 1e-4


@pytest.mark.parametrize("optimizer", [AdaDelta(), Adam()], ids=str)
def test_one_by_one_or_in_one_step_the_bits_are_the_same(optimizer):
    network = preset("mnist").network()
    compiled = Compiled(network, threads=2)
    fused, apart = compiled.layout.pack(network.w), compiled.layout.pack(network.w)
    gw, state, state_apart = np.zeros_like(fused), optimizer.new_state(fused), optimizer.new_state(apart)
    for k in range(3):
        loss, norm = compiled.step(optimizer, fused, batch(64, k), gw, state=state)
        assert compiled.loss_and_gradient(apart, batch(64, k), gw) == loss
        assert compiled.norm(gw) == pytest.approx(norm, rel=1e-6)
        state_apart.step += 1
        compiled.update(optimizer, apart, gw, state_apart)
        assert fused.tobytes() == apart.tobytes()
    assert state.vectors.tobytes() == state_apart.vectors.tobytes()


def test_many_vectors_of_weights_in_turn():
    """More than programs are remembered, each still computed from its own numbers."""
    network = preset("mlp").network()
    compiled = Compiled(network, threads=1)
    first = compiled.layout.pack(network.w)
    expected = compiled.loss(first, batch(64, 0))
    others = [first * (1 + k / 100) for k in range(1, REMEMBERED + 5)]
    losses = {compiled.loss(w, batch(64, 0)) for w in others}
    assert len(losses) == len(others)
    assert expected not in losses
    assert compiled.loss(first, batch(64, 0)) == expected


def test_a_norm_beyond_float32_is_not_finite():
    network = Network([Linear(3)], 4)
    assert Compiled(network).norm(np.full(64, 1e30, np.float32)) == np.inf
