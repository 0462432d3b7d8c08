import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.base.errors import UsageError
from chainrule.engine import execute
from chainrule.layers import Convolution, Dropout, Linear, MaxPooling, ReLU, Residual
from chainrule.layers.layer import within
from chainrule.losses import AbsoluteError
from chainrule.network.network import Network
from chainrule.network.reference import Reference
from chainrule.network.tracing import trace_at
from chainrule.training.objective import Batch
from chainrule.training.optimizers import SGD
from messages import exactly
from oracles import EVALUATION, assert_agrees, normal
from strategies import batches, drawn_cases, networks

SEED = 17


def digits_network() -> Network:
    layers = [Convolution(3), ReLU(), MaxPooling(), Dropout(0.25), Linear(8), ReLU(), Dropout(0.5), Linear(4)]
    return Network(layers, (1, 6, 6), dtype=np.float64)


def digits(n: int = 6) -> Batch:
    t = np.random.default_rng(1).integers(0, 4, n)
    return Batch(normal(n, 1, 6, 6), t, sample_weight=np.linspace(0.5, 2, n), step=3, offset=40)


def part(batch: Batch, where: slice) -> Batch:
    """Some samples of the batch, at the same place in the global batch."""
    start, stop, _ = where.indices(len(batch))
    weight = None if batch.sample_weight is None else batch.sample_weight[start:stop]
    return replace(
        batch, x=batch.x[start:stop], t=batch.t[start:stop], sample_weight=weight, offset=batch.offset + start
    )


def loss_and_gradient(network: Network, batch: Batch, seed: int = SEED) -> tuple[float, np.ndarray]:
    out = np.full(network.size, np.nan)
    return Reference(network, seed).loss_and_gradient(network.w, batch, out), out


@drawn_cases
@given(data=st.data(), network=networks())
def test_the_loss_is_that_of_the_gradient(data: st.DataObject, network: Network) -> None:
    batch = data.draw(batches(network))
    assert Reference(network, SEED).loss(network.w, batch) == loss_and_gradient(network, batch)[0]


def test_the_loss_is_the_sum_over_samples() -> None:
    network = Network([Linear(3)], 2, dtype=np.float64)
    x, t = normal(4, 2), np.array([0, 2, 1, 1])
    errors = network.loss.error(network(x), t)
    assert Reference(network).loss(network.w, Batch(x, t)) == pytest.approx(errors.sum(), rel=1e-15)


def test_neither_w_nor_the_batch_is_changed() -> None:
    network, batch = digits_network(), digits()
    assert batch.sample_weight is not None
    arrays = [network.w, batch.x, batch.t, batch.sample_weight]
    before = [a.tobytes() for a in arrays]
    loss_and_gradient(network, batch)
    assert [a.tobytes() for a in arrays] == before


def test_the_same_step_draws_the_same_masks() -> None:
    network, batch = digits_network(), digits()
    (loss, gw), (loss_again, gw_again) = loss_and_gradient(network, batch), loss_and_gradient(network, batch)
    assert loss == loss_again
    assert np.array_equal(gw, gw_again)


@pytest.mark.parametrize("other", [{"step": 4}, {"offset": 46}])
def test_another_place_in_the_run_draws_other_masks(other: dict[str, int]) -> None:
    network, batch = digits_network(), digits()
    assert loss_and_gradient(network, batch)[0] != loss_and_gradient(network, replace(batch, **other))[0]


def test_another_seed_draws_other_masks() -> None:
    network, batch = digits_network(), digits()
    assert loss_and_gradient(network, batch, seed=1)[0] != loss_and_gradient(network, batch, seed=2)[0]


def test_two_dropouts_of_a_network_draw_different_masks() -> None:
    network = Network([Dropout(0.5), Dropout(0.5)], 100, dtype=np.float64)
    kept = trace_at(Reference(network), network.w, Batch(np.ones((2, 100)), np.zeros(2, int))).x
    assert 0.35 < np.count_nonzero(kept[1]) / 200 < 0.65
    assert 0.15 < np.count_nonzero(kept[2]) / 200 < 0.35


@pytest.mark.parametrize("k", [1, 3, 5])
def test_a_batch_may_be_split(k: int) -> None:
    """With the right offsets the parts' losses and gradients add up to the batch's, dropout included."""
    network, batch = digits_network(), digits()
    loss, gw = loss_and_gradient(network, batch)
    first, second = (loss_and_gradient(network, part(batch, where)) for where in (slice(k), slice(k, None)))
    assert first[0] + second[0] == pytest.approx(loss, rel=1e-14)
    assert_agrees(first[1] + second[1], gw, 1e-14)


def test_a_step_moves_w_by_no_more_than_the_clipped_gradient() -> None:
    network, batch = digits_network(), digits()
    objective, w, optimizer = Reference(network, SEED), network.w.copy(), SGD(0.5)
    gw, state = np.zeros_like(w), optimizer.new_state(w)
    _, norm = objective.step(optimizer, w, batch, gw, state=state, clip_norm=0.25)
    assert norm > 0.25
    assert np.linalg.norm(w - network.w) == pytest.approx(0.125, rel=1e-4)


def test_an_empty_batch_adds_nothing() -> None:
    """A rank may get no sample of the last, smaller batch."""
    network = Network([Convolution(2), ReLU(), MaxPooling(), Linear(4)], (1, 6, 6), dtype=np.float64)
    loss, gw = loss_and_gradient(network, part(digits(), slice(0)))
    assert loss == 0
    assert not gw.any()


def test_a_sample_weight_multiplies_the_samples_error() -> None:
    network, batch = digits_network(), digits()
    assert batch.sample_weight is not None
    alone = [loss_and_gradient(network, replace(part(batch, slice(k, k + 1)), sample_weight=None)) for k in range(6)]
    loss, gw = loss_and_gradient(network, batch)
    expected = sum(a * weight for (a, _), weight in zip(alone, batch.sample_weight, strict=True))
    assert loss == pytest.approx(expected, rel=1e-14)
    weighted = [g * weight for (_, g), weight in zip(alone, batch.sample_weight, strict=True)]
    assert_agrees(gw, np.sum(weighted, axis=0), 1e-14)


def test_a_trace_has_every_x_and_every_derivative() -> None:
    network, batch = digits_network(), digits()
    found = trace_at(Reference(network, SEED), network.w, batch)
    expected_loss, expected = loss_and_gradient(network, batch)
    assert found.loss == expected_loss
    assert np.array_equal(np.concatenate([g.ravel() for g in found.gw.values()]), expected)
    shapes = [(6, *shape) for shape in network.shapes]
    assert [x.shape for x in found.x] == [gx.shape for gx in found.gx] == shapes
    assert np.array_equal(found.x[0], batch.x)


def test_a_trace_follows_the_chain_rule() -> None:
    """The change of L along each x_k of a smooth network is the sum of dL/dx_k dx_k."""
    network = Network([Linear(5), Linear(4), Linear(3)], 6, dtype=np.float64)
    found = trace_at(Reference(network), network.w, Batch(normal(2, 6), np.array([0, 2])))
    for k, (x, gx) in enumerate(zip(found.x, found.gx, strict=True)):
        dx = 1e-6 * normal(*x.shape, seed=k)
        moved = x + dx
        for part in network.parts[k:]:
            moved, _ = part.layer.forward(moved, within(network.named(), part.name), EVALUATION)
        change = network.loss.error(moved, np.array([0, 2])).sum() - found.loss
        assert change == pytest.approx((gx * dx).sum(), rel=1e-4)


def test_outputs_are_those_of_evaluation() -> None:
    network, batch = digits_network(), digits()
    assert np.array_equal(Reference(network, SEED).outputs(network.w, batch.x), network(batch.x))


def test_a_float64_w_computes_in_float64_whatever_the_networks_own_type() -> None:
    network = Network([Linear(3)], 2)
    w = network.w.astype(np.float64)
    assert Reference(network).outputs(w, normal(2, 2)).dtype == np.float64


def test_kinks_change_where_a_relu_changes_its_side() -> None:
    network = Network([Linear(1), ReLU(), Linear(1)], 1, dtype=np.float64)
    batch, objective = Batch(np.ones((1, 1)), np.zeros(1, int)), Reference(network)
    assert [k.tolist() for k in objective.kinks(np.array([2.0, -1.0, 1.0, 0.0]), batch)] == [[[True]]]
    assert [k.tolist() for k in objective.kinks(np.array([2.0, -3.0, 1.0, 0.0]), batch)] == [[[False]]]


def test_kinks_are_those_of_the_loss_too() -> None:
    network = Network([Linear(2), Linear(1)], 1, AbsoluteError(), dtype=np.float64)
    batch = Batch(np.ones((2, 1)), np.array([-1e3, 1e3]))
    assert [k.tolist() for k in Reference(network).kinks(network.w, batch)] == [[[True], [False]]]


def test_times_are_told_of_each_layer_and_of_what_comes_before() -> None:
    network = Network([Linear(50), Residual([Linear(50), ReLU()]), Dropout(0.5), Linear(2)], 100)
    found = Reference(network).times(normal(64, 100), 3)
    names = [(), ("fc1",), ("block1.fc1",), ("block1.relu1",), ("block1.sum",), ("dropout1",), ("fc2",)]
    assert [each.names for each in found] == names
    assert all(0 < each.seconds < 0.1 for each in found)


def test_engines_go_by_name() -> None:
    assert isinstance(execute(digits_network(), "reference"), Reference)
    with pytest.raises(UsageError, match=r"\Athere is no engine 'abacus'; expected one of: .*reference"):
        execute(digits_network(), "abacus")


def test_a_bad_seed() -> None:
    with pytest.raises(UsageError, match=exactly("the seed is -1; expected a whole number from 0 to 2**64 - 1")):
        Reference(digits_network(), -1)


TRAINED = """
import numpy as np
from chainrule import Linear, Network, ReLU
from chainrule.network.reference import Reference
from chainrule.training.objective import Batch
network = Network([Linear(100), ReLU(), Linear(10)], 784, dtype=np.float64, seed=1)
x, gw = np.random.default_rng(0).normal(size=(64, 784)), np.zeros(network.size)
Reference(network).loss_and_gradient(network.w, Batch(x, np.arange(64) % 10), gw)
print(gw.tobytes().hex())
"""


def gradient_with(threads: int) -> np.ndarray:
    """That of a process of its own, whose BLAS has so many threads."""
    names = "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"
    environment = os.environ | dict.fromkeys(names, str(threads))
    done = subprocess.run([sys.executable, "-c", TRAINED], env=environment, capture_output=True, text=True, check=True)
    return np.frombuffer(bytes.fromhex(done.stdout))


@pytest.mark.heavy
def test_the_bits_are_those_of_so_many_threads_of_blas() -> None:
    """As the documentation says: the same for the same number, within rounding for another."""
    one, two = gradient_with(1), gradient_with(2)
    for found, threads in ((one, 1), (two, 2)):
        np.testing.assert_array_equal(found, gradient_with(threads))
    np.testing.assert_allclose(one, two, rtol=0, atol=1e-12 * np.abs(one).max())
