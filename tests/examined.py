"""The parts of an examination that a test knows to be there."""

from chainrule.tasks.classification import Classification
from chainrule.tasks.examination import Examination, Regression


def classes_of(seen: Examination) -> Classification:
    assert seen.classification is not None
    return seen.classification


def values_of(seen: Examination) -> Regression:
    assert seen.regression is not None
    return seen.regression
