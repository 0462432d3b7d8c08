"""Confusions, scores of classes and calibration, against scikit-learn's and SciPy's."""

from typing import Any

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn import metrics
from sklearn.calibration import calibration_curve

from chainrule.base.errors import UsageError
from chainrule.tasks.classification import Calibration, Classification
from messages import exactly

K = 6


def drawn(seed: int, n: int = 500, chosen_from: int = K, true_from: int = K):
    """(p, chosen, t, weight): chosen is p's largest; classes beyond `chosen_from` and `true_from` are never drawn."""
    rng = np.random.default_rng(seed)
    t = rng.integers(0, true_from, n)
    scores = rng.standard_normal((n, K))
    scores[np.arange(n), t] += 1.5
    scores[:, chosen_from:] = -30
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    return p, p.argmax(axis=1), t, rng.random(n)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("chosen_from", "true_from"), [(K, K), (K, K - 1), (K - 1, K), (K - 1, K - 1)])
def test_confusions_and_scores_are_those_of_scikit_learn(weighted, chosen_from, true_from):
    p, chosen, t, weight = drawn(0, 500, chosen_from, true_from)
    weight = weight if weighted else None
    seen = Classification.of(p, chosen, t, weight)
    options: dict[str, Any] = {"sample_weight": weight, "labels": range(K)}
    undefined: Any = np.nan
    np.testing.assert_allclose(seen.confusion, metrics.confusion_matrix(t, chosen, **options))
    expected: Any = metrics.precision_recall_fscore_support(t, chosen, zero_division=undefined, **options)
    for ours, theirs in zip((*seen.scores.values(), seen.support), expected, strict=True):
        np.testing.assert_allclose(ours, theirs)
    assert seen.accuracy == pytest.approx(metrics.accuracy_score(t, chosen, sample_weight=weight))
    for kind, means in seen.averages.items():
        theirs = metrics.precision_recall_fscore_support(t, chosen, average=kind, zero_division=undefined, **options)
        assert list(means.values()) == pytest.approx(theirs[:3])


def test_samples_without_weights_are_counted_in_whole_numbers():
    p, chosen, t, weight = drawn(1)
    assert Classification.of(p, chosen, t).confusion.dtype == np.int64
    assert Classification.of(p, chosen, t, weight).confusion.sum() == pytest.approx(weight.sum())


def test_a_class_that_nothing_is_and_nothing_was_taken_for_has_no_scores():
    seen = Classification.of(np.array([[0.9, 0.1, 0.0]]), np.array([0]), np.array([1]))
    np.testing.assert_equal(seen.precision, [0, np.nan, np.nan])
    np.testing.assert_equal(seen.recall, [np.nan, 0, np.nan])
    np.testing.assert_equal(seen.f1, [0, 0, np.nan])


UNDEFINED = {
    "the classes chosen do not occur": ([0, 0], [1, 1], None),
    "what occurs weighs nothing": ([0, 1], [0, 0], [0.0, 1.0]),
    "nothing weighs anything": ([0, 1], [0, 1], [0.0, 0.0]),
}


@pytest.mark.parametrize(("chosen", "t", "weight"), UNDEFINED.values(), ids=UNDEFINED)
def test_a_mean_over_nothing_is_undefined_and_a_dash(chosen, t, weight):
    chosen, t = np.array(chosen, np.int64), np.array(t, np.int64)
    p = np.full((len(t), 3), 1 / 3)
    seen = Classification.of(p, chosen, t, weight if weight is None else np.array(weight))
    for name, ours in seen.averages["weighted"].items():
        values, support = seen.scores[name], seen.support
        there = np.isfinite(values)
        assert ours == pytest.approx(values[there] @ support[there] / (support[there].sum() or np.nan), nan_ok=True)
    assert "nan" not in str(seen)
    assert "-" in str(seen).splitlines()[-1]


def test_nothing_is_known_where_nothing_weighs():
    seen = Classification.of(np.eye(2), np.array([0, 1]), np.array([0, 1]), np.zeros(2))
    numbers = seen.accuracy, seen.calibration.expected_error, seen.calibration.mean_confidence
    assert all(np.isnan(numbers))
    assert all(np.isnan(list(means.values())).all() for means in seen.averages.values())


def test_the_commonest_confusions_come_first():
    t, chosen = np.array([0, 1, 1, 1, 2, 2, 2, 2]), np.array([0, 2, 2, 0, 1, 1, 1, 2])
    seen = Classification.of(np.full((8, 3), 1 / 3), chosen, t)
    assert seen.most_confused(9) == [(2, 1, 3), (1, 2, 2), (1, 0, 1)]
    assert seen.most_confused(1) == [(2, 1, 3)]


def test_names_of_classes():
    p, chosen, t, _ = drawn(2)
    assert Classification.of(p, chosen, t).names == ("0", "1", "2", "3", "4", "5")
    assert Classification.of(p, chosen, t, names=list("abcdef")).names == tuple("abcdef")
    with pytest.raises(UsageError, match=exactly("2 names for 6 classes; expected one for each")):
        Classification.of(p, chosen, t, names=["a", "b"])


@pytest.mark.parametrize("bins", [1, 10, 15])
def test_the_reliability_curve_is_that_of_scikit_learn(bins):
    p, chosen, t, _ = drawn(3)
    confidence, right = p.max(axis=1), chosen == t
    seen = Calibration.of(confidence, right, bins=bins)
    accuracy, mean = calibration_curve(right, confidence, n_bins=bins)
    there = seen.samples > 0
    np.testing.assert_allclose(seen.accuracy[there], accuracy)
    np.testing.assert_allclose(seen.confidence[there], mean)
    assert seen.samples.sum() == len(t)


def test_the_calibration_error_is_the_mean_distance_of_accuracy_from_confidence():
    confidence = np.array([0.05, 0.55, 0.6, 0.95, 1.0])
    right = np.array([False, True, False, True, False])
    seen = Calibration.of(confidence, right, bins=10)
    assert seen.expected_error == pytest.approx((0.05 + 2 * abs(0.5 - 0.575) + 2 * abs(0.5 - 0.975)) / 5)
    assert seen.mean_confidence == pytest.approx(confidence.mean())
    weighted = Calibration.of(confidence, right, np.array([0, 1, 0, 2, 1]), bins=10)
    assert weighted.expected_error == pytest.approx((0.45 + 3 * abs(2 / 3 - 2.9 / 3)) / 4)


def test_a_weight_counts_as_that_many_samples():
    p, chosen, t, _ = drawn(4)
    times = np.random.default_rng(4).integers(0, 4, len(t))
    confidence, right = p.max(axis=1), chosen == t
    once, often = (
        Calibration.of(confidence, right, times),
        Calibration.of(confidence.repeat(times), right.repeat(times)),
    )
    np.testing.assert_allclose(once.accuracy, often.accuracy)
    np.testing.assert_allclose(once.confidence, often.confidence)
    assert once.expected_error == pytest.approx(often.expected_error)


@pytest.mark.parametrize(("right", "n"), [(0, 1), (3, 7), (50, 60), (9, 9)])
def test_the_interval_of_an_accuracy_is_wilsons(right, n):
    seen = Calibration.of(np.full(n, 0.8), np.arange(n) < right, bins=1)
    expected = binomtest(right, n).proportion_ci(0.95, method="wilson")
    np.testing.assert_allclose(seen.interval[:, 0], [expected.low, expected.high], atol=1e-12)


def test_equal_weights_leave_the_interval_and_unequal_ones_widen_it():
    right = np.arange(40) % 4 > 0
    plain = Calibration.of(np.full(40, 0.8), right, bins=1).interval
    np.testing.assert_allclose(Calibration.of(np.full(40, 0.8), right, np.full(40, 0.1), bins=1).interval, plain)
    few = Calibration.of(np.full(40, 0.8), right, np.where(np.arange(40) < 8, 1.0, 0.01), bins=1).interval
    assert few[1, 0] - few[0, 0] > 1.8 * (plain[1, 0] - plain[0, 0])


def test_printing_shows_a_line_for_each_class():
    seen = Classification.of(np.eye(2)[[0, 1, 1]], np.array([0, 1, 1]), np.array([0, 1, 0]), names=["no", "yes"])
    assert str(seen).splitlines() == [
        "class          precision  recall      f1  support",
        "no                1.0000  0.5000  0.6667        2",
        "yes               0.5000  1.0000  0.6667        1",
        "macro mean        0.7500  0.7500  0.6667        3",
        "weighted mean     0.8333  0.6667  0.6667        3",
    ]
