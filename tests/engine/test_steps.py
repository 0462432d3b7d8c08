"""A compiled step moves w as the definition of the step does, whatever was bound before."""

from dataclasses import dataclass

import numpy as np
import pytest

from chainrule import SGD, AdaDelta, Adam, AdamW, Linear, Network, ReLU, RMSprop
from chainrule.data import mnist
from chainrule.engine.bound import REMEMBERED
from chainrule.engine.compiled import Compiled
from chainrule.network.reference import Reference
from chainrule.tasks.presets import preset
from chainrule.training.objective import Batch, Objective, clipping
from chainrule.training.optimizers import Optimizer, State


@dataclass(frozen=True)
class Sign(SGD):
    """An optimizer that has no kernel."""

    def update(self, w: np.ndarray, gw: np.ndarray, state: State) -> None:
        w -= self.lr * np.sign(gw)


OPTIMIZERS = [
    SGD(0.1),
    SGD(0.05, momentum=0.9, weight_decay=1e-3),
    SGD(0.05, momentum=0.9, nesterov=True),
    AdaDelta(),
    Adam(),
    AdamW(weight_decay=0.1),
    RMSprop(1e-3),
    RMSprop(1e-3, momentum=0.5),
    Sign(1e-3),
]


def batch(samples: int, step: int) -> Batch:
    digits = mnist("train").head(200).take(np.arange(step, step + samples))
    return Batch(digits.x, digits.t, np.full(samples, 1 / samples), step=step)


def steps(
    objective: Compiled | Reference, network: Network, optimizer: Optimizer, clip_norm: float | None = None
) -> tuple[np.ndarray, list[float]]:
    """w after ten steps of two batch sizes, with two rooms for the gradient in turn; the losses and norms."""
    w = objective.layout.pack(network.w)
    state, rooms, seen = optimizer.new_state(w), (np.zeros_like(w), np.zeros_like(w)), []
    for k in range(10):
        now, samples = optimizer.with_lr(optimizer.lr / (1 + k)), batch(64 if k % 3 else 40, k)
        limit = clip_norm and clip_norm * (1 + k)
        seen += objective.step(now, w, samples, rooms[k % 2], state=state, clip_norm=limit)
    assert state.step == 10
    return objective.layout.unpack(w), seen


MANY = pytest.param(200, marks=pytest.mark.heavy)  # more weights than are taken sample by sample


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=str)
@pytest.mark.parametrize("hidden", [40, MANY])
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


@pytest.mark.parametrize("optimizer", [SGD(0.1), RMSprop(1e-3, momentum=0.5), Sign(1e-3)], ids=str)
def test_clipped_steps_are_those_of_the_definition(optimizer):
    network = Network([Linear(200), ReLU(), Linear(10)], (1, 28, 28), seed=1)
    plain, _ = steps(Reference(network), network, optimizer)
    expected, expected_seen = steps(Reference(network), network, optimizer, 0.2)
    w, seen = steps(Compiled(network, threads=2), network, optimizer, 0.2)
    np.testing.assert_allclose(seen, expected_seen, rtol=1e-3)  # a ReLU's x may be all but 0
    moved = np.abs(expected - network.w).max()
    assert (np.abs(w - expected) <= 1e-3 * moved).mean() > 0.999
    if type(optimizer) is SGD:
        assert np.abs(plain - expected).max() > 0.01 * moved


@pytest.mark.parametrize(
    "clip_norm", [0.1, pytest.param(1.0, marks=pytest.mark.heavy), pytest.param(1e6, marks=pytest.mark.heavy)]
)
@pytest.mark.parametrize("optimizer", [Adam(), AdamW(), SGD(0.1, momentum=0.9, nesterov=True)], ids=str)
def test_a_clipped_step_has_the_bits_of_its_parts_for_any_number_of_threads(optimizer, clip_norm):
    network = preset("mnist").network()
    weights = []
    for threads in (1, 2, 3):
        compiled = Compiled(network, threads=threads)
        whole, apart = compiled.layout.pack(network.w), compiled.layout.pack(network.w)
        gw, state, state_apart = np.zeros_like(whole), optimizer.new_state(whole), optimizer.new_state(apart)
        for k in range(2):
            loss, norm = compiled.step(optimizer, whole, batch(64, k), gw, state=state, clip_norm=clip_norm)
            clipped = gw.copy()
            assert compiled.loss_and_gradient(apart, batch(64, k), gw) == loss
            assert compiled.norm(gw) == norm
            assert compiled.norm(clipped) <= min(norm, clip_norm) * (1 + 1e-6)
            gw *= np.float32(clipping(norm, clip_norm))
            assert gw.tobytes() == clipped.tobytes()
            state_apart.step += 1
            compiled.update(optimizer, apart, gw, state_apart)
            assert whole.tobytes() == apart.tobytes()
        weights.append(whole.tobytes())
    assert len(set(weights)) == 1


def test_a_clipped_step_and_one_that_is_not_in_turn():
    network, optimizer = preset("mlp").network(), SGD(0.1)
    compiled, reference = Compiled(network, threads=2), Reference(network)
    found = []
    for objective in (compiled, reference):
        w = objective.layout.pack(network.w)
        gw, state = np.zeros_like(w), optimizer.new_state(w)
        for k, clip_norm in enumerate((None, 0.1, None, 0.2, 0.3)):
            objective.step(optimizer, w, batch(64, k), gw, state=state, clip_norm=clip_norm)
        found.append(objective.layout.unpack(w))
    np.testing.assert_allclose(*found, atol=1e-6)


def test_averages_are_those_of_the_definition_bit_for_bit():
    network = preset("mnist").network()
    compiled = Compiled(network, threads=2)
    w = compiled.layout.pack(network.w)
    average, expected = w * np.float32(1.5), w * np.float32(1.5)
    for share in (0.5, 0.1):
        compiled.blend(average, w, share)
        Objective.blend(compiled, expected, w, share)
        assert average.tobytes() == expected.tobytes()


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
