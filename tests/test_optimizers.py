from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest
import torch

from chainrule.base.errors import UsageError
from chainrule.training.optimizers import OPTIMIZERS, SGD, AdaDelta, Adam, AdamW, Optimizer, RMSprop
from messages import exactly
from oracles import assert_agrees, normal

N = 12

CASES = [
    (SGD(0.05), torch.optim.SGD, {"lr": 0.05}),
    (SGD(0.05, weight_decay=0.1), torch.optim.SGD, {"lr": 0.05, "weight_decay": 0.1}),
    (SGD(0.02, momentum=0.9), torch.optim.SGD, {"lr": 0.02, "momentum": 0.9}),
    (
        SGD(0.02, momentum=0.5, weight_decay=0.1),
        torch.optim.SGD,
        {"lr": 0.02, "momentum": 0.5, "weight_decay": 0.1},
    ),
    (AdaDelta(), torch.optim.Adadelta, {"lr": 1.0}),
    (
        AdaDelta(0.5, rho=0.8, eps=1e-4, weight_decay=0.1),
        torch.optim.Adadelta,
        {"lr": 0.5, "rho": 0.8, "eps": 1e-4, "weight_decay": 0.1},
    ),
    (Adam(), torch.optim.Adam, {"lr": 1e-3}),
    (
        Adam(0.1, beta1=0.8, beta2=0.9, eps=1e-3, weight_decay=0.1),
        torch.optim.Adam,
        {"lr": 0.1, "betas": (0.8, 0.9), "eps": 1e-3, "weight_decay": 0.1},
    ),
    (
        SGD(0.02, momentum=0.9, weight_decay=0.1, nesterov=True),
        torch.optim.SGD,
        {"lr": 0.02, "momentum": 0.9, "weight_decay": 0.1, "nesterov": True},
    ),
    (AdamW(), torch.optim.AdamW, {}),
    (
        AdamW(0.1, beta1=0.8, beta2=0.9, eps=1e-3, weight_decay=0.1),
        torch.optim.AdamW,
        {"lr": 0.1, "betas": (0.8, 0.9), "eps": 1e-3, "weight_decay": 0.1},
    ),
    (RMSprop(), torch.optim.RMSprop, {}),
    (
        RMSprop(0.02, alpha=0.9, eps=1e-3, weight_decay=0.1),
        torch.optim.RMSprop,
        {"lr": 0.02, "alpha": 0.9, "eps": 1e-3, "weight_decay": 0.1},
    ),
    (RMSprop(0.01, momentum=0.8), torch.optim.RMSprop, {"lr": 0.01, "momentum": 0.8}),
]
every_optimizer = pytest.mark.parametrize("optimizer", [case[0] for case in CASES], ids=str)


class Quadratic:
    """1/2 w A w - b w with positive definite A."""

    def __init__(self) -> None:
        root = normal(N, N)
        self.a, self.b, self.start = root @ root.T / N, normal(N, seed=1), normal(N, seed=2)

    def gradient(self, w: np.ndarray) -> np.ndarray:
        return (self.a @ w - self.b).astype(w.dtype)


def steps(optimizer: Optimizer, n: int, dtype: type = np.float64) -> Iterator[np.ndarray]:
    """w after each update."""
    problem = Quadratic()
    w = problem.start.astype(dtype)
    state = optimizer.new_state(w)
    for _ in range(n):
        state.step += 1
        optimizer.update(w, problem.gradient(w), state)
        yield w.copy()


def test_gradient_descent_by_hand() -> None:
    w = np.array([1.0, 2.0])
    optimizer = SGD(0.5)
    optimizer.update(w, np.array([4.0, -2.0]), optimizer.new_state(w))
    assert w.tolist() == [-1, 3]


@pytest.mark.parametrize(("optimizer", "oracle", "options"), CASES, ids=[str(case[0]) for case in CASES])
def test_agrees_with_pytorch(optimizer: Optimizer, oracle: type[torch.optim.Optimizer], options: dict) -> None:
    problem = Quadratic()
    parameter = torch.tensor(problem.start, requires_grad=True)
    theirs = oracle([parameter], **options)
    for w in steps(optimizer, 50):
        parameter.grad = torch.tensor(problem.gradient(parameter.detach().numpy()))
        theirs.step()
        assert_agrees(w, parameter.detach().numpy(), 1e-12)


@every_optimizer
def test_slice_by_slice_is_the_same_as_at_once(optimizer: Optimizer) -> None:
    w = Quadratic().start.copy()
    state = optimizer.new_state(w)
    for expected in steps(optimizer, 5):
        gw = Quadratic().gradient(w)
        state.step += 1
        for where in (slice(7, N), slice(2, 7), slice(0, 2)):
            optimizer.update(w[where], gw[where], state.part(where))
        assert np.array_equal(w, expected)


@every_optimizer
def test_the_gradient_is_not_changed(optimizer: Optimizer) -> None:
    w, gw = normal(N), normal(N, seed=1)
    state = optimizer.new_state(w)
    state.step += 1
    optimizer.update(w, gw, state)
    assert np.array_equal(gw, normal(N, seed=1))


@every_optimizer
def test_float32_stays(optimizer: Optimizer) -> None:
    (w,) = steps(optimizer, 1, np.float32)
    assert w.dtype == optimizer.new_state(w).vectors.dtype == np.float32


@every_optimizer
def test_no_gradient_and_no_decay_is_no_step(optimizer: Optimizer) -> None:
    w = np.zeros(N)
    state = optimizer.new_state(w)
    state.step += 1
    optimizer.update(w, np.zeros(N), state)
    assert not w.any()


@pytest.mark.parametrize(
    ("optimizer", "slots"),
    [(SGD(), 0), (SGD(momentum=0.9), 1), (AdaDelta(), 2), (Adam(), 2), (AdamW(), 2), (RMSprop(), 1)],
    ids=str,
)
def test_the_state_starts_at_zero(optimizer: Optimizer, slots: int) -> None:
    state = optimizer.new_state(np.ones(N))
    assert state.vectors.shape == (slots, N)
    assert not state.vectors.any()
    assert state.step == 0


def test_another_learning_rate_is_another_optimizer() -> None:
    optimizer = SGD(0.1, momentum=0.9)
    assert optimizer.with_lr(0.2) == SGD(0.2, momentum=0.9)
    assert optimizer.lr == 0.1


def test_optimizers_go_by_name() -> None:
    assert {"sgd": SGD, "adadelta": AdaDelta, "adam": Adam, "adamw": AdamW, "rmsprop": RMSprop} == OPTIMIZERS


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        (SGD, {"lr": -0.1}, "SGD: lr is -0.1; expected a finite number of at least 0"),
        (SGD, {"lr": np.inf}, "SGD: lr is inf; expected a finite number of at least 0"),
        (SGD, {"lr": np.nan}, "SGD: lr is nan; expected a finite number of at least 0"),
        (SGD, {"momentum": 1.0}, "SGD: momentum is 1.0; expected a number from 0 to below 1"),
        (SGD, {"weight_decay": -1}, "SGD: weight_decay is -1; expected a finite number of at least 0"),
        (AdaDelta, {"rho": 1.5}, "AdaDelta: rho is 1.5; expected a number from 0 to below 1"),
        (AdaDelta, {"eps": -1e-6}, "AdaDelta: eps is -1e-06; expected a finite number of at least 0"),
        (RMSprop, {"alpha": 1.0}, "RMSprop: alpha is 1.0; expected a number from 0 to below 1"),
        (AdamW, {"weight_decay": -1}, "AdamW: weight_decay is -1; expected a finite number of at least 0"),
        (SGD, {"nesterov": 1}, "SGD: nesterov is 1; expected True or False"),
        (
            SGD,
            {"nesterov": True},
            "SGD: nesterov is True without momentum; expected a momentum above 0, as in 0.9",
        ),
        (Adam, {"beta1": -0.1}, "Adam: beta1 is -0.1; expected a number from 0 to below 1"),
        (Adam, {"beta2": np.nan}, "Adam: beta2 is nan; expected a number from 0 to below 1"),
    ],
)
def test_bad_hyper_parameters(kind: type[Optimizer], options: dict, message: str) -> None:
    with pytest.raises(UsageError, match=exactly(message)):
        kind(**options)


@pytest.mark.parametrize("kind", [SGD, AdaDelta, Adam, AdamW, RMSprop])
def test_without_decay(kind: type[SGD | AdaDelta | Adam | AdamW | RMSprop]) -> None:
    assert kind(0.5, weight_decay=0.1).without_decay() == kind(0.5, weight_decay=0)
    assert kind(0.5, weight_decay=0).without_decay() == kind(0.5, weight_decay=0)


@pytest.mark.parametrize(
    ("optimizer", "goes_on", "moved"),
    [
        (SGD(0.1, momentum=0.9), 0.9, SGD(0.2, momentum=0.5)),
        (RMSprop(0.1, momentum=0.9), 0.9, RMSprop(0.2, momentum=0.5)),
        (Adam(0.1), 0.9, Adam(0.2, beta1=0.5)),
        (AdamW(0.1), 0.9, AdamW(0.2, beta1=0.5)),
        (AdaDelta(0.1), 0.0, AdaDelta(0.2)),
    ],
    ids=str,
)
def test_what_schedules_move(optimizer: Optimizer, goes_on: float, moved: Optimizer) -> None:
    assert optimizer.goes_on == goes_on
    assert optimizer.with_rates(0.2, 0.5) == moved


def test_an_optimizer_that_knows_no_decay_is_its_own_without() -> None:
    bare = Optimizer(0.5)
    assert bare.without_decay() is bare
    with pytest.raises(NotImplementedError):
        bare.update(np.zeros(1), np.zeros(1), bare.new_state(np.zeros(1)))


def test_an_optimizer_of_ones_own_has_its_numbers_checked() -> None:
    """Also where its module keeps annotations as text."""

    @dataclass(frozen=True)
    class Own(Optimizer):
        name: str = "own"
        rho: "float" = 0.5

    assert type(Own(0.5, rho=np.float32(0.25)).rho) is float  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=exactly("Own: rho is 1.5; expected a number from 0 to below 1")):
        Own(0.5, rho=1.5)
