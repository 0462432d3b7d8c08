"""Estimators with their default settings beside scikit-learn's, on scikit-learn's small data sets.

    python -m benchmarks.estimators

Five folds, shuffled by each of three seeds, which is the estimators' random state too; the two take turns, and every
other time the other one begins. A score is accuracy or R^2; what follows +- is the standard error of the mean.
"""

import time
import warnings
from collections.abc import Iterator
from statistics import mean, median, stdev
from typing import Any, NamedTuple

from sklearn import datasets
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.neural_network import MLPClassifier, MLPRegressor

import chainrule as cr
from benchmarks.machine import machine

SEEDS, FOLDS = (0, 1, 2), 5
CLASSES = "digits", "breast_cancer", "iris", "wine"
NUMBERS = ("diabetes",)


class Fit(NamedTuple):
    """One estimator on one fold."""

    score: float
    seconds: float


def contestants(name: str, seed: int) -> list[Any]:
    """Ours and theirs."""
    kinds = (cr.NeuralClassifier, MLPClassifier) if name in CLASSES else (cr.NeuralRegressor, MLPRegressor)
    return [kind(random_state=seed) for kind in kinds]


def rounds(name: str) -> Iterator[list[Fit]]:
    """Of each fold, ours and theirs."""
    data: Any = getattr(datasets, f"load_{name}")()
    x, y = data.data, data.target
    for seed in SEEDS:
        splits = (StratifiedKFold if name in CLASSES else KFold)(FOLDS, shuffle=True, random_state=seed)
        for k, (train, test) in enumerate(splits.split(x, y)):
            order = [0, 1] if (k + seed) % 2 else [1, 0]
            models = contestants(name, seed)
            fits = {each: fit(models[each], (x[train], y[train]), (x[test], y[test])) for each in order}
            yield [fits[0], fits[1]]


def fit(model: Any, train: tuple, test: tuple) -> Fit:
    clock = time.perf_counter()
    model.fit(*train)
    seconds = time.perf_counter() - clock
    return Fit(model.score(*test), seconds)


def row(name: str) -> str:
    ours, theirs = zip(*rounds(name), strict=True)
    better = [a.score - b.score for a, b in zip(ours, theirs, strict=True)]
    faster = sum(b.seconds for b in theirs) / sum(a.seconds for a in ours)
    times = [f"{1000 * median(each.seconds for each in fits):.1f}" for fits in (ours, theirs)]
    scores = [_error([each.score for each in fits]) for fits in (ours, theirs)]
    return f"| {name} | {' | '.join(scores)} | {_error(better)} | {' | '.join(times)} | {faster:.1f} |"


def _error(values: list[float]) -> str:
    return f"{mean(values):.4f} ± {stdev(values) / len(values) ** 0.5:.4f}"


def main() -> None:
    for what, value in machine():
        print(f"* {what}: {value}")
    print("\n| data | score | scikit-learn's | better by | fit, ms | scikit-learn's | times faster, in total |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # by default theirs often ends before it has converged
        for name in (*CLASSES, *NUMBERS):
            print(row(name), flush=True)


if __name__ == "__main__":
    main()
