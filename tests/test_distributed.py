"""Any objective, shared by ranks: the bits of one rank by any number of them, near those of the objective itself."""

from typing import Any

import numpy as np
import pytest

from chainrule import Convolution, Dropout, Linear, LogSoftmaxNLL, Network, ReLU, UsageError
from chainrule.base.ranks import ALONE, Ranks
from chainrule.data.dataset import Dataset
from chainrule.engine import execute
from chainrule.layers import BatchNormalisation, Scale
from chainrule.network.reference import Reference
from chainrule.regression.polynomial import PolynomialObjective
from chainrule.training.descent import minimise
from chainrule.training.distributed import Distributed, part_of
from chainrule.training.objective import Batch, Mixture, Objective
from chainrule.training.optimizers import Adam, AdamW
from chainrule.training.settings import Training
from thread_ranks import on_ranks

RNG = np.random.default_rng(3)
POLYNOMIAL = Dataset(RNG.uniform(-1, 1, 50), RNG.normal(size=50))


def digits(*layers: Any) -> Network:
    return Network([*layers, Linear(3)], (1, 6, 5), seed=1)


def batch_for(samples: int) -> Batch:
    x, other = RNG.integers(0, 256, (30, 1, 6, 5)).astype(np.uint8), RNG.integers(0, 3, samples)
    mixture, rows = Mixture(other, RNG.uniform(0, 1, samples)), RNG.permutation(30)[:samples]
    return Batch(x, RNG.integers(0, 3, samples), RNG.uniform(0, 2, samples), step=4, rows=rows, mixture=mixture)


def gradient(objective: Objective, w: np.ndarray, batch: Batch) -> tuple[float, float, np.ndarray]:
    gw = np.full_like(w, np.nan)
    loss = objective.loss_and_gradient(w, batch, gw)
    return loss, objective.loss(w, batch), gw


@pytest.mark.parametrize("samples", [21, 8, 3, 1])
def test_the_gradient_of_a_network_by_definitions(samples: int) -> None:
    network, batch = digits(Convolution(4), ReLU(), Dropout(0.5)), batch_for(samples)
    whole = gradient(Reference(network, 5), network.w, batch)
    alone = gradient(Distributed(Reference(network, 5)), network.w, batch)
    assert alone[:2] == pytest.approx(whole[:2], rel=1e-6)
    np.testing.assert_allclose(alone[2], whole[2], atol=1e-5)  # the same masks were drawn
    for ranks in (2, 3, 9):
        for found in on_ranks(ranks, lambda _: gradient(Distributed(Reference(network, 5)), network.w, batch)):
            assert found[:2] == alone[:2]
            np.testing.assert_array_equal(found[2], alone[2])


def test_a_polynomials_minimum() -> None:
    def found(ranks: Ranks) -> np.ndarray:
        objective = Distributed(PolynomialObjective(3), ranks)
        return minimise(objective, POLYNOMIAL, np.zeros(4), Training(Adam(0.1), epochs=3, batch_size=20)).w

    for w in on_ranks(3, found):
        np.testing.assert_array_equal(w, found(ALONE))


def test_part_of_a_batch_has_its_place() -> None:
    part = part_of(batch_for(9), 3, 5)
    assert (part.offset, len(part), part.rows is not None and len(part.rows)) == (3, 2, 2)
    part = part_of(Batch(np.arange(9.0), np.arange(9.0), offset=20), 3, 5)
    assert part.x.tolist() == [3, 4]
    assert part.offset == 23


@pytest.mark.parametrize("running", [True, False])
def test_samples_that_depend_on_one_another_are_refused(running: bool) -> None:
    network = digits(BatchNormalisation(running=running))
    with pytest.raises(UsageError, match=r"samples depend on one another.*the compiled engine"):
        Distributed(Reference(network))


def test_what_is_shared_already_is_refused() -> None:
    def wrapped_twice(ranks: Ranks) -> None:
        with pytest.raises(UsageError, match="2 ranks share the objective already"):
            Distributed(Distributed(PolynomialObjective(1)))
        with pytest.raises(UsageError, match="2 ranks share the objective already"):
            Distributed(execute(digits(ReLU())))

    on_ranks(2, wrapped_twice)


def test_what_is_not_shared_is_the_objectives_own() -> None:
    """Its layout, what weight decay leaves alone, its counts, means and updates; whatever w it is asked of first."""
    network = digits(Convolution(4, padding=1), ReLU(), Scale())
    own, batch, optimizer = Reference(network, 5), batch_for(8), AdamW(0.1, weight_decay=0.5)
    shared = Distributed(own)
    assert shared.layout is own.layout
    assert shared.takes_mixtures is own.takes_mixtures is True
    assert shared.statistics is own.statistics
    assert shared.undecayed == own.undecayed != ()
    gradient(shared, np.zeros(network.size, np.float64), batch)
    assert gradient(shared, network.w, batch)[2].dtype == np.float32
    weighing = Reference(Network([Linear(3)], (1, 6, 5), LogSoftmaxNLL(class_weight=(1, 2, 3))))
    np.testing.assert_array_equal(Distributed(weighing).counts(np.array([0, 2])), [1, 3])
    shared.blend(mean := np.zeros(3), np.ones(3), 0.25)
    assert mean.tolist() == [0.25] * 3
    moved = []
    for objective in (own, shared):
        w, state = network.w.copy(), optimizer.new_state(network.w)
        state.step += 1
        objective.update(optimizer, w, np.ones_like(w), state)
        moved.append(w)
    np.testing.assert_array_equal(*moved)
    assert (moved[0] != network.w).all()


def test_what_is_no_objective() -> None:
    with pytest.raises(UsageError, match=r"the objective is .*; expected one, as execute"):
        Distributed(digits(ReLU()))  # type: ignore[arg-type]
