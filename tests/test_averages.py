"""Averages of w: their weights by the formula; evaluated, saved and resumed; with statistics of their own."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.base.errors import DataWarning, UsageError
from chainrule.training.averages import EMA, SWA, Average
from chainrule.training.descent import minimise
from chainrule.training.drawing import draw
from chainrule.training.early_stopping import EarlyStopping
from chainrule.training.events import BatchEvent, EpochEvent, Event
from chainrule.training.optimizers import SGD, Adam
from chainrule.training.sampling import Order
from chainrule.training.schedule import Moment
from chainrule.training.settings import Training
from descents import EXAMPLES, Moments, Quadratic
from messages import exactly

START = np.arange(4.0)
EPOCHS, BATCHES = 6, 3


def run(average: Average | None) -> tuple[np.ndarray, list[np.ndarray]]:
    """What w ends as, and what it was after each update."""
    seen: list[np.ndarray] = []

    def note(event: Event) -> None:
        if isinstance(event, BatchEvent):
            seen.append(event.progress.weights())

    training = Training(SGD(0.1, momentum=0.5), EPOCHS, 4, average=average)
    return minimise(Quadratic(), EXAMPLES, START, training, listeners=[note]).w, seen


@pytest.mark.parametrize(
    ("average", "weights"),
    [
        (EMA(0.9), {k: 0.9 ** (17 - k) for k in range(18)}),
        (EMA(0.0), {17: 1.0}),
        (EMA(0.5, every=4), {3: 0.125, 7: 0.25, 11: 0.5, 15: 1.0}),
        (SWA(), {14: 1.0, 17: 1.0}),  # the last of 6 epochs after the first 4.5
        (SWA(0.5), {11: 1.0, 14: 1.0, 17: 1.0}),
        (SWA(0.25, per="step"), dict.fromkeys(range(13, 18), 1.0)),
        (SWA(1.0, per="step"), dict.fromkeys(range(18), 1.0)),
    ],
    ids=str,
)
def test_which_w_count_how_much(average: Average, weights: dict[int, float]) -> None:
    found, seen = run(average)
    plain, _ = run(None)
    expected = np.average([seen[k] for k in weights], axis=0, weights=list(weights.values()))
    np.testing.assert_allclose(found, expected, rtol=1e-13)
    np.testing.assert_array_equal(seen[-1], plain)  # training itself is what it was


@pytest.mark.parametrize(("last", "epochs", "expected"), [(0.8, 5, 4), (0.9, 10, 9), (0.25, 6, 2), (1.0, 3, 3)])
def test_as_many_epochs_count_as_are_in_the_last_part(last: float, epochs: int, expected: int) -> None:
    ends = [Moment(3 * k, 3 * epochs, 3) for k in range(1, epochs + 1)]
    assert sum(SWA(last).takes(done) for done in ends) == expected


@pytest.mark.parametrize("stop", range(1, 12))
@pytest.mark.parametrize("average", [EMA(0.8), EMA(0.8, every=2), SWA(0.7), SWA(0.9, per="step")], ids=str)
def test_a_run_goes_on_from_any_batch(average: Average, stop: int) -> None:
    training, moments = Training(Adam(0.1), 4, 4, average=average), Moments()
    whole = minimise(Quadratic(), EXAMPLES, START, training, listeners=[moments])
    again = minimise(Quadratic(), EXAMPLES, np.zeros(4), training, start=moments.found[stop - 1])
    np.testing.assert_array_equal(again.w, whole.w)


def test_an_average_of_nothing_is_told() -> None:
    told = "average is EMA(decay=0.9, every=100), which took none of the run's 18 updates: w is its last one; "
    with pytest.warns(DataWarning, match=exactly(f"{told}expected a smaller `every`")):
        found, seen = run(EMA(0.9, every=100))
    np.testing.assert_array_equal(found, seen[-1])


@pytest.mark.parametrize("engine", ["reference", "compiled"])
@pytest.mark.parametrize("average", [EMA(0.9), SWA(0.5)], ids=str)
def test_it_is_what_is_evaluated_and_what_the_network_becomes(engine: str, average: Average) -> None:
    digits = cr.data.mnist("train").head(300)
    held_out = cr.data.mnist("test").head(100)
    network, seen = cr.preset("mlp").network(), []

    def note(event: Event) -> None:
        if isinstance(event, EpochEvent):
            assert event.validation is not None
            seen.append((event.validation.loss, event.progress.answer().w, event.progress.weights()))

    training = Training(Adam(1e-3), 3, 50, average=average)
    cr.fit(network, digits, training, validation=held_out, engine=engine, listeners=[note])
    loss, averaged, own = seen[-1]
    np.testing.assert_array_equal(network.w, averaged)
    assert not np.array_equal(averaged, own)
    assert cr.evaluate(network, held_out, engine).loss == pytest.approx(loss, rel=1e-6)


@pytest.mark.parametrize("engine", ["reference", "compiled"])
@pytest.mark.parametrize("scale", [1.0, 1e3, 1e5])
def test_statistics_of_an_average_are_the_batches_own_in_any_unit(engine: str, scale: float) -> None:
    x = (scale * (3 + np.random.default_rng(0).normal(size=(64, 5)))).astype(np.float32)
    network = cr.Network([cr.BatchNormalisation(), cr.Linear(3)], (5,))
    training = Training(SGD(0.1), 2, 16, order="file", average=SWA(0.5))
    cr.fit(network, cr.Dataset(x, np.arange(64) % 3), training, engine=engine)
    batches = x.astype(np.float64).reshape(4, 16, 5)
    mean, variance = network.named_statistics().values()
    np.testing.assert_allclose(mean, batches.mean(axis=1).mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(variance, batches.var(axis=1, ddof=1).mean(axis=0), rtol=1e-5)


def test_engines_agree_on_the_average() -> None:
    digits, found = cr.data.mnist("train").head(300), []
    for engine in ("reference", "compiled"):
        network = cr.preset("mlp").network()
        cr.fit(network, digits, Training(Adam(1e-3), 2, 50, average=EMA(0.9)), engine=engine)
        found.append(network.w)
    np.testing.assert_allclose(*found, atol=1e-5)


def test_early_stopping_keeps_the_best_average() -> None:
    digits, held_out = cr.data.mnist("train").head(200), cr.data.mnist("test").head(100)
    network, stopping, seen = cr.preset("mlp").network(), EarlyStopping(3), []

    def note(event: Event) -> None:
        if isinstance(event, EpochEvent):
            seen.append(event.progress.answer().w)

    training = Training(Adam(0.01), 12, 20, average=EMA(0.9))
    cr.fit(network, digits, training, validation=held_out, listeners=[note, stopping])
    np.testing.assert_array_equal(network.w, seen[stopping.best_epoch - 1])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: EMA(1.0), "EMA: decay is 1.0; expected a number from 0 to below 1"),
        (lambda: EMA(every=0), "EMA: every is 0; expected a whole number of at least 1"),
        (lambda: EMA(-0.1), "EMA: decay is -0.1; expected a number from 0 to below 1"),
        (lambda: SWA(1.5), "SWA: last is 1.5; expected a number above 0, at most 1"),
        (lambda: SWA(0), "SWA: last is 0; expected a number above 0, at most 1"),
        (lambda: SWA(per="batch"), "SWA: per is 'batch'; expected one of: step, epoch"),  # type: ignore[arg-type]
    ],
)
def test_bad_settings(make, message: str) -> None:
    with pytest.raises(UsageError, match=exactly(message)):
        make()


def test_the_ends_of_what_may_be_set() -> None:
    assert (EMA(0).decay, EMA(every=1).every, SWA(1).last) == (0, 1, 1)


@pytest.mark.parametrize("order", ["shuffle", "file"])
def test_statistics_of_an_average_are_those_of_the_first_epochs_batches(order: Order) -> None:
    """As that epoch draws and changes them: here, by adding its number."""

    def add_epoch(x: np.ndarray, seed: int, epoch: int, positions: np.ndarray) -> np.ndarray:
        return x + np.float32(epoch)

    x = np.random.default_rng(0).normal(size=(12, 2)).astype(np.float32)
    data, network = cr.Dataset(x, np.arange(12) % 2), cr.Network([cr.BatchNormalisation(), cr.Linear(2)], (2,))
    training = Training(SGD(0.1), 3, 4, order=order, average=SWA(0.5), augmentation=add_epoch)
    cr.fit(network, data, training, engine="reference")
    batches = [x[rows].astype(np.float64) for rows in draw(data, training, epoch=0, first=0)]
    mean, variance = network.named_statistics().values()
    np.testing.assert_allclose(mean, np.mean([part.mean(axis=0) for part in batches], axis=0), atol=1e-5)
    np.testing.assert_allclose(variance, np.mean([part.var(axis=0, ddof=1) for part in batches], axis=0), rtol=1e-4)
