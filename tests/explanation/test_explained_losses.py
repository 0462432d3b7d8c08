"""Of every loss, with any options, the terms of L and of dL/dy add up to it, also where samples are weighted."""

import numpy as np
import pytest

from chainrule import Linear, LogSoftmaxNLL, Network, Sigmoid, Softmax, trace
from chainrule.explanation.losses import LOSS_RULES
from chainrule.layers import Layer
from chainrule.losses import (
    LOSSES,
    NLL,
    AbsoluteError,
    BinaryCrossEntropy,
    Huber,
    Loss,
    SigmoidBinaryCrossEntropy,
    SquaredError,
)
from chainrule.losses.loss import sample_sums
from chainrule.network.reference import Reference
from chainrule.network.tracing import trace_at
from chainrule.training.objective import Batch, Mixture
from explained import adds_up

WEIGHTS = (0.5, 2.0, 1.0)
CLASSES = np.array([0, 2])
BITS = np.array([[0, 1, 1], [1, 0, 0]])
SHADES = np.array([[0.25, 1, 0.5], [0, 0.75, 1]])
VALUES = np.array([[1.5, -2, 0.25], [100, 1, 0]])

CASES: list[tuple[Loss, list[Layer], np.ndarray]] = [
    *((loss, [], CLASSES) for loss in (LogSoftmaxNLL(), LogSoftmaxNLL(0.1), LogSoftmaxNLL(0.2, WEIGHTS))),
    *((loss, [Softmax()], CLASSES) for loss in (NLL(), NLL(0.1), NLL(class_weight=WEIGHTS))),
    *((loss, [], VALUES) for loss in (SquaredError(), AbsoluteError(), Huber(0.5), Huber(200.0))),
    *((loss, [], VALUES) for loss in (SquaredError.of(VALUES), AbsoluteError.of(VALUES), Huber.of(VALUES))),
    (SquaredError(), [], CLASSES),
    *((BinaryCrossEntropy(), [Sigmoid()], t) for t in (BITS, SHADES, CLASSES)),
    *((SigmoidBinaryCrossEntropy(), [], t) for t in (BITS, SHADES, CLASSES)),
]
every_case = pytest.mark.parametrize(("loss", "ends", "t"), CASES)


def network_of(loss: Loss, ends: list[Layer], dtype: type = np.float64) -> Network:
    return Network([Linear(3), *ends], 4, loss, dtype=dtype, seed=3)


@every_case
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_terms_add_up(loss: Loss, ends: list[Layer], t: np.ndarray, dtype: type) -> None:
    network = network_of(loss, ends, dtype)
    kept = trace(network, np.random.default_rng(1).normal(size=(2, 4)), t)
    adds_up(kept, "loss")
    for sample, i in np.ndindex(2, 3):
        adds_up(kept, f"dL/{kept.names[-1]}:{i}", sample)


@every_case
def test_weights_and_mixtures_count(loss: Loss, ends: list[Layer], t: np.ndarray) -> None:
    network, x = network_of(loss, ends), np.random.default_rng(1).normal(size=(2, 4))
    batch = Batch(x, t, np.array([0.25, 3.0]), mixture=Mixture(t[::-1], np.array([0.75, 0.5])))
    kept = trace_at(Reference(network), network.w, batch)
    assert "weight" in str(adds_up(kept, "loss"))
    for sample, i in np.ndindex(2, 3):
        adds_up(kept, f"dL/{kept.names[-1]}:{i}", sample)


def test_every_loss_of_ours_has_a_rule() -> None:
    assert set(LOSS_RULES) == set(LOSSES)


def test_what_the_lecture_says_of_log_softmax_and_nll() -> None:
    kept = trace(network_of(LogSoftmaxNLL(), []), np.ones((1, 4)), [2])
    hit, missed = kept.explain("dL/fc1:2"), kept.explain("dL/fc1:0")
    assert hit.formula == "dL/dy[2] = softmax(y)[2] - [2 = t]"
    assert [term.product for term in hit.terms][1] == -1
    assert [term.product for term in missed.terms][1] == 0


@pytest.mark.parametrize("certain", [0.0, 1.0])
def test_a_probability_of_0_costs_nothing_where_it_is_right(certain: float) -> None:
    network = Network([Linear(1, bias=False), Sigmoid()], 1, BinaryCrossEntropy(), dtype=np.float64)
    network.w[:] = 1
    kept = trace(network, np.array([[1000 * (certain - 0.5)]]), np.array([[certain]]))
    assert kept.x[-1].item() == certain or kept.x[-1].item() < 1e-200
    assert adds_up(kept, "loss").total == 0
    adds_up(kept, "dL/sigmoid1:0")


def test_a_users_own_loss_is_asked_itself() -> None:
    class Fourth(Loss):
        def error(self, y: np.ndarray, t: np.ndarray) -> np.ndarray:
            return sample_sums((y - t) ** 4)

        def gradient(self, y: np.ndarray, t: np.ndarray) -> np.ndarray:
            return 4 * (y - t) ** 3

    kept = trace(network_of(Fourth(), []), np.ones((2, 4)), VALUES)
    adds_up(kept, "loss")
    adds_up(kept, "dL/fc1:1", 1)
