"""What holds for all losses alike: which targets they take, types, and inputs left alone."""

from dataclasses import dataclass

import numpy as np
import pytest

from chainrule.base.errors import DataError, NetworkError
from chainrule.losses import (
    LOSSES,
    NLL,
    AbsoluteError,
    BinaryCrossEntropy,
    Huber,
    LogSoftmaxNLL,
    Loss,
    SigmoidBinaryCrossEntropy,
    SquaredError,
)
from chainrule.losses.regression import RegressionLoss
from messages import exactly

P = np.array([[0.25, 0.5, 0.125, 0.125], [0.5, 0.25, 0.125, 0.125]])  # probabilities: every loss takes them
CLASSES, BITS, REALS = np.array([2, 0]), np.array([[0, 1, 1, 0], [1, 1, 0, 0]]), np.array([[0.5, -1, 2, 0]] * 2)
EXAMPLES = [
    (NLL(), CLASSES),
    (LogSoftmaxNLL(), CLASSES),
    (BinaryCrossEntropy(), BITS),
    (SigmoidBinaryCrossEntropy(), BITS),
    (SquaredError(), REALS),
    (Huber(), REALS),
    (AbsoluteError(), REALS),
]
every_loss = pytest.mark.parametrize(("loss", "t"), EXAMPLES, ids=[type(loss).__name__ for loss, _ in EXAMPLES])

class_losses = pytest.mark.parametrize("loss", [NLL(), LogSoftmaxNLL()])
real_losses = pytest.mark.parametrize("loss", [SquaredError(), Huber(), AbsoluteError()])
binary_losses = pytest.mark.parametrize("loss", [BinaryCrossEntropy(), SigmoidBinaryCrossEntropy()])


def test_a_loss_without_a_formula_says_so() -> None:
    for ask in (Loss().error, Loss().gradient, RegressionLoss().compared, RegressionLoss().derived):
        with pytest.raises(NotImplementedError):
            ask(P, REALS)


def test_options_that_are_not_by_default_are_shown() -> None:
    @dataclass(frozen=True)
    class Power(Loss):
        p: int = 2
        q: float = 0.5

    assert [str(Power()), str(Power(3)), str(Power(3, 0.25))] == ["Power()", "Power(p=3)", "Power(p=3, q=0.25)"]


@binary_losses
def test_knowing_nothing_of_each_output_costs_a_bit(loss: Loss) -> None:
    assert loss.ignorance(BITS, (4,)) == pytest.approx(4 * np.log(2))


def test_two_outputs_are_enough_for_class_numbers() -> None:
    numbers = np.array([1, 0])
    for loss in (SquaredError(), SigmoidBinaryCrossEntropy()):
        assert loss.class_count(numbers, (2,)) == 2
        assert loss.learned(numbers, (2,)).tolist() == [[0, 1], [1, 0]]
    for shape in ((1,), (2, 1), (2, 2)):
        assert SquaredError().class_count(numbers, shape) == 0
    assert SquaredError().class_count(np.array([[1], [0]]), (2,)) == 0
    assert Loss().class_count(numbers, (2,)) == 0


def test_no_loss_is_forgotten() -> None:
    assert {type(loss) for loss, _ in EXAMPLES} == set(LOSSES)


@every_loss
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_float_type_of_y_stays(loss: Loss, t: np.ndarray, dtype: type) -> None:
    y = P.astype(dtype)
    assert {a.dtype for a in (loss.error(y, t), loss.gradient(y, t), loss.prediction(y))} == {np.dtype(dtype)}


@every_loss
def test_there_is_an_error_for_each_sample_and_a_derivative_for_each_output(loss: Loss, t: np.ndarray) -> None:
    assert loss.error(P, t).shape == (2,)
    assert loss.gradient(P, t).shape == P.shape


@every_loss
def test_no_input_is_changed(loss: Loss, t: np.ndarray) -> None:
    y, before = P.copy(), t.copy()
    loss.error(y, t)
    loss.gradient(y, t)
    loss.prediction(y)
    assert (y.tobytes(), t.tobytes()) == (P.tobytes(), before.tobytes())


@every_loss
def test_a_nan_stays_with_its_sample(loss: Loss, t: np.ndarray) -> None:
    y = P.copy()
    y[0, 2] = np.nan  # the true class of sample 0
    assert np.isnan(loss.error(y, t)).tolist() == [True, False]
    assert np.isnan(loss.gradient(y, t)).any(axis=1).tolist() == [True, False]


@every_loss
def test_a_batch_may_be_empty(loss: Loss, t: np.ndarray) -> None:
    y, t = P[:0], t[:0]
    assert loss.error(y, t).shape == (0,)
    assert loss.gradient(y, t).shape == y.shape
    assert loss.prediction(y).shape == y.shape


def test_the_classes_of_an_empty_batch() -> None:
    for classes in (NLL().classes(np.zeros((0, 3))), BinaryCrossEntropy().classes(np.zeros((0, 1)))):
        assert classes is not None
        assert classes.shape == (0,)


@every_loss
def test_its_own_targets_are_right(loss: Loss, t: np.ndarray) -> None:
    loss.check_network((4,))
    loss.check_targets(t, (4,))


@class_losses
@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.int64])
def test_classes_may_be_of_any_integer_type(loss: Loss, dtype: type) -> None:
    loss.check_targets(np.array([0, 9], dtype), (10,))


@class_losses
@pytest.mark.parametrize(
    ("t", "message"),
    [
        (np.array([3, 1, 10, 11]), "label 10 of sample 2; expected 0 to 9, for 10 outputs"),
        (np.array([3, -1]), "label -1 of sample 1; expected 0 to 9, for 10 outputs"),
        (np.array([3.0]), "targets of shape (1,) and type float64; expected one class number for each sample"),
        (np.array([True]), "targets of shape (1,) and type bool; expected one class number for each sample"),
        (np.array([[3]]), "targets of shape (1, 1) and type int64; expected one class number for each sample"),
        (np.array(["3"]), "targets of shape (1,) and type <U1; expected one class number for each sample"),
    ],
)
def test_targets_that_are_no_classes(loss: Loss, t: np.ndarray, message: str) -> None:
    with pytest.raises(DataError, match=exactly(message)):
        loss.check_targets(t, (10,))


@class_losses
def test_a_class_loss_needs_a_number_for_each_class(loss: Loss) -> None:
    name = type(loss).__name__
    message = (
        f"{name}: the network's output has shape (3, 4, 4); expected one number for each class, (n,), as a Linear gives"
    )
    with pytest.raises(NetworkError, match=exactly(message)):
        loss.check_network((3, 4, 4))


@binary_losses
@pytest.mark.parametrize(
    "t", [np.array([0, 1]), np.array([[0.0], [1.0]]), np.array([True, False]), np.array([0.5, 0.0])]
)
def test_targets_from_zero_to_one(loss: Loss, t: np.ndarray) -> None:
    loss.check_targets(t, (1,))


@binary_losses
@pytest.mark.parametrize(
    ("t", "message"),
    [
        (np.array([0, 1, 2]), "target 2 at position 2; expected a number from 0 to 1"),
        (np.array([0.0, -0.5]), "target -0.5 at position 1; expected a number from 0 to 1"),
        (np.array([[np.nan]]), "target nan at position 0; expected a number from 0 to 1"),
        (np.array(["1"]), "targets of type <U1; expected numbers"),
        (np.zeros((2, 3)), "targets of shape (3,) a sample; expected (1,), as the network's output"),
    ],
)
def test_targets_that_are_not_from_zero_to_one(loss: Loss, t: np.ndarray, message: str) -> None:
    with pytest.raises(DataError, match=exactly(message)):
        loss.check_targets(t, (1,))


@real_losses
@pytest.mark.parametrize("t", [np.array([0.5, -7.0]), np.array([[3], [4]]), np.array([0, 1], np.uint8)])
def test_real_targets(loss: Loss, t: np.ndarray) -> None:
    loss.check_targets(t, (1,))


@pytest.mark.parametrize(
    ("t", "output_shape", "message"),
    [
        (np.array([0.0, np.nan]), (1,), "target nan at position 1; expected a finite number"),
        (np.array([[0.0, 1.0], [-np.inf, 0.0]]), (2,), "target -inf at position 2; expected a finite number"),
        (np.array([1 + 2j]), (1,), "targets of type complex128; expected numbers"),
        (np.zeros(5), (3,), "targets of shape () a sample; expected (3,), as the network's output"),
        (np.zeros((5, 3)), (1, 3, 1), "targets of shape (3,) a sample; expected (1, 3, 1), as the network's output"),
    ],
)
@real_losses
def test_targets_that_are_not_real(loss: Loss, t: np.ndarray, output_shape: tuple[int, ...], message: str) -> None:
    with pytest.raises(DataError, match=exactly(message)):
        loss.check_targets(t, output_shape)
