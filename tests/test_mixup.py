"""Mixup: which samples are mixed, by which shares, what becomes of pixels and errors, and of a run."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

import chainrule as cr
from chainrule.augmentation.mixing import PARTS, Mixup, symmetric_beta
from chainrule.base.errors import DataError, UsageError
from chainrule.base.random import MIX, Draws
from chainrule.data.dataset import Dataset
from chainrule.engine import execute
from chainrule.losses import Loss
from chainrule.network.reference import Reference
from chainrule.training.descent import Result, minimise
from chainrule.training.drawing import batch_of
from chainrule.training.objective import Batch, Mixture
from chainrule.training.settings import Training
from messages import exactly
from objectives import squares

MIXED = cr.Augmentation(crop=1, flip=0.5, mixup=0.5)


def pictures(n: int = 50, *shape: int, weighted: bool = False) -> Dataset:
    rng = np.random.default_rng(0)
    weight = rng.integers(0, 3, n).astype(float) if weighted else None
    return Dataset(rng.integers(0, 256, (n, *(shape or (3, 6, 5))), np.uint8), rng.integers(0, 4, n), weight)


def network(dtype: type = np.float32, loss: Loss | None = None) -> cr.Network:
    layers = cr.Convolution(16, padding=1), cr.ReLU(), cr.MaxPooling(), cr.Linear(4)
    return cr.Network(layers, (3, 6, 5), loss, seed=1, dtype=dtype)


@pytest.mark.parametrize("alpha", [0.2, 0.5, 1.0, 2.5, 40.0])
def test_shares_have_the_beta_distribution(alpha: float) -> None:
    rng = np.random.default_rng(1)
    share = symmetric_beta(alpha, rng.uniform(size=20_000), rng.uniform(size=20_000))
    assert stats.kstest(share, stats.beta(alpha, alpha).cdf).pvalue > 0.001


@pytest.mark.parametrize("alpha", [5e-324, 1e-10, 1e300])
def test_shares_of_any_alpha_are_shares(alpha: float) -> None:
    _, share = Mixup(alpha).partners(pictures(), 0, 0, np.arange(50))
    assert ((share >= 0) & (share <= 1)).all()
    assert np.isin(share, [0.5] if alpha > 1 else [0, 1]).all()


def test_the_words_stand_where_they_are_said_to() -> None:
    data, positions = pictures(50), np.array([7, 3, 49])
    others, share = Mixup(0.3).partners(data, 2**40 + 1, 6, positions)
    for position, other, own in zip(positions, others, share, strict=True):
        which, u, v = (int(word) for word in Draws(2**40 + 1, MIX, 6, int(position)).bits(1, 3)[0])
        assert other == which * 50 // 2**32
        t = math.sqrt(((u + 0.5) / 2**32) ** (-1 / 0.3) - 1) * math.cos(2 * math.pi * (v + 0.5) / 2**32)
        assert own == round(PARTS * (1 + t / math.sqrt(1 + t * t)) / 2) / PARTS


def test_partners_are_drawn_as_often_as_they_weigh() -> None:
    weight = np.array([0, 1, 3, 0, 2, 0.0])
    data = Dataset(np.zeros((6, 1, 2, 2), np.uint8), np.zeros(6, int), weight)
    others, _ = Mixup().partners(data, 0, 0, np.arange(12_000))
    counts = np.bincount(others, minlength=6)
    assert not counts[weight == 0].any()
    assert np.abs(counts - 2000 * weight).max() < 4 * np.sqrt(6000)


def test_bytes_are_mixed_exactly_and_rounded() -> None:
    rng = np.random.default_rng(2)
    x, other = rng.integers(0, 256, (2, 40, 3, 5, 1), np.uint8)
    share = np.concatenate([[0, 1, 0.5], rng.integers(0, PARTS + 1, 37) / PARTS])
    by = share.reshape(-1, 1, 1, 1)
    assert np.array_equal(Mixup().mix(x, other, share), np.floor(by * x + (1 - by) * other + 0.5))  # exact in float64


@pytest.mark.parametrize("weighted", [False, True])
def test_a_batch_is_mixed_from_the_pictures_of_its_epoch(weighted: bool) -> None:
    data, training = pictures(weighted=weighted), Training(augmentation=MIXED, seed=4)
    whole = MIXED(data.x, 4, 2, np.arange(50))
    for indices in (np.array([5, 0, 44]), slice(10, 31)):
        numbers = np.arange(50)[indices]
        batch, total = batch_of(data, indices, training, epoch=2, step=9)
        others, share = Mixup(0.5).partners(data, 4, 2, numbers)
        by = share.reshape(-1, 1, 1, 1)
        assert np.array_equal(batch.samples, np.floor(by * whole[numbers] + (1 - by) * whole[others] + 0.5))
        assert batch.mixture is not None
        assert np.array_equal(batch.t, data.t[numbers])
        assert np.array_equal(batch.mixture.t, data.t[others])
        assert np.array_equal(batch.mixture.share, share)
        plain, plain_total = batch_of(data, indices, Training(seed=4), epoch=2, step=9)
        assert total == plain_total
        assert plain.sample_weight is not None
        assert batch.sample_weight is not None
        assert np.array_equal(batch.sample_weight, plain.sample_weight)


@pytest.mark.parametrize("loss", [cr.LogSoftmaxNLL(), pytest.param(cr.SquaredError(), marks=pytest.mark.heavy)])
def test_the_error_is_that_of_both_classes(loss: Loss) -> None:
    data, rng = pictures(6), np.random.default_rng(3)
    other, share, weight = rng.integers(0, 4, 6), rng.uniform(size=6), rng.uniform(0, 2, 6)
    at = network(np.float64, loss)
    y = at(data.x)
    if isinstance(loss, cr.SquaredError):
        errors = [((y - np.eye(4)[t]) ** 2).sum(axis=1) for t in (data.t, other)]
    else:
        log_p = y - np.log(np.exp(y).sum(axis=1, keepdims=True))
        errors = [-log_p[np.arange(6), t] for t in (data.t, other)]
    expected = (weight * (share * errors[0] + (1 - share) * errors[1])).sum()
    batch = Batch(data.x, data.t, weight, mixture=Mixture(other, share))
    assert Reference(at).loss(at.w, batch) == pytest.approx(expected, rel=1e-13)
    assert cr.check_network(at, batch).passed


@pytest.mark.parametrize("engine", ["reference", "compiled"])
def test_a_mean_counts_both_classes_as_they_weigh(engine: str) -> None:
    loss, data = cr.LogSoftmaxNLL(label_smoothing=0.1, class_weight=(1, 2, 3, 4)), pictures(30)
    at, training = network(np.float64, loss), Training(augmentation=MIXED)
    executor = execute(at, engine)
    batch, total = batch_of(data, np.arange(30), training, epoch=0, step=0, counts=executor.counts)
    assert batch.mixture is not None
    other, share = batch.mixture
    y, weights = at(batch.x), np.array([1.0, 2, 3, 4])
    errors = share * loss.error(y, data.t) + (1 - share) * loss.error(y, other)
    expected = share * weights[data.t] + (1 - share) * weights[other]
    assert total == pytest.approx(expected.sum(), rel=1e-14)
    assert executor.loss(executor.layout.pack(at.w), batch) == pytest.approx(errors.sum() / total, rel=1e-12)


def test_same_bits_for_any_number_of_threads() -> None:
    data, found = pictures(40), set()
    batch, _ = batch_of(data, np.arange(37), Training(augmentation=MIXED), epoch=0, step=0)
    at = network()
    for threads in (1, 2, 3, 8):
        engine = execute(at, threads=threads)
        w, gw = engine.layout.pack(at.w), engine.layout.pack(np.zeros_like(at.w))
        found.add((engine.loss_and_gradient(w, batch, gw), gw.tobytes()))
        plain, _ = batch_of(data, np.arange(37), Training(), epoch=0, step=0)
        engine.loss(w, plain)  # the next one is of no mixtures
    assert len(found) == 1


@pytest.mark.parametrize("engine", ["reference", "compiled"])
def test_a_run_goes_on_from_any_batch(engine: str) -> None:
    data, training = pictures(weighted=True), Training(epochs=3, batch_size=8, augmentation=MIXED)

    def run(training: Training, stop: int = -1) -> Result:
        def listen(event: object) -> None:
            if isinstance(event, cr.BatchEvent) and 7 * event.epoch + event.batch == stop:
                raise cr.StopTraining("here")

        return minimise(execute(network(), engine), data, network().w, training, listeners=[listen])

    whole = run(training)
    for stop in (0, 6, 9):
        stopped = run(training, stop)
        again = minimise(execute(network(), engine), data, stopped.w, training, start=stopped.progress)
        assert again.w.tobytes() == whole.w.tobytes()
    assert run(replace(training, seed=1)).w.tobytes() != whole.w.tobytes()


def test_it_is_refused_where_it_would_not_count() -> None:
    with pytest.raises(
        UsageError, match="mixes samples, but Function takes none; expected an objective with takes_mix"
    ):
        minimise(squares(), pictures(), np.ones(3), Training(augmentation=MIXED))
    given = "augmentation is mixup=0.2, but answers are to one picture each; expected no mixup"
    with pytest.raises(UsageError, match=exactly(given)):
        cr.evaluate(network(), pictures(), augmentation=cr.Augmentation(mixup=0.2))
    with pytest.raises(UsageError, match=exactly("mixup is 0; expected a number above 0")):
        Mixup(0)


def test_bad_mixtures() -> None:
    data, at = pictures(3), network()
    wrong: list = [
        ("both", UsageError, "the mixture is 'both'; expected Mixture(t, share)"),
        (
            Mixture(data.t[:2], np.ones(3)),
            DataError,
            "the mixture's t is int64 of shape (2,); expected targets of shape (3,)",
        ),
        (Mixture(data.t + 4, np.ones(3)), DataError, "expected 0 to 3, for 4 outputs"),
        (
            Mixture(data.t, np.ones(2)),
            DataError,
            "the mixture's share is float64 of shape (2,); expected numbers of shape",
        ),
    ]
    for engine in ("reference", "compiled"):
        for mixture, error, message in wrong:
            executor = execute(at, engine)
            with pytest.raises(error) as raised:
                executor.loss(executor.layout.pack(at.w), Batch(data.x, data.t, mixture=mixture))
            assert message in str(raised.value)
