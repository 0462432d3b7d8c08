"""scikit-learn's own checks, and what is loaded when."""

import subprocess
import sys

import pytest
from sklearn.base import BaseEstimator
from sklearn.linear_model import LinearRegression
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.utils.estimator_checks import check_estimator

import chainrule as cr

REFUSED = {  # what the estimator of scikit-learn takes and ours refuse: sparse matrices, several labels a sample
    "check_sample_weight_equivalence_on_sparse_data",
    "check_classifiers_multilabel_output_format_decision_function",
    "check_classifiers_multilabel_output_format_predict",
    "check_classifiers_multilabel_output_format_predict_proba",
    "check_classifiers_multilabel_representation_invariance",
}


def outcomes(estimator: BaseEstimator) -> dict[str, set[str]]:
    """The names of the checks by how they ended."""
    found: dict[str, set[str]] = {}
    for check in check_estimator(estimator, on_skip=None, on_fail=None):
        found.setdefault(check["status"], set()).add(check["check_name"])
    return found


@pytest.mark.filterwarnings("ignore")  # of what the checks do, and of their other estimators
@pytest.mark.parametrize(
    ("ours", "theirs", "refused"),
    [
        (cr.NeuralClassifier(), MLPClassifier(max_iter=5), REFUSED),
        (cr.NeuralRegressor(), MLPRegressor(max_iter=5), REFUSED),
        (cr.PolynomialRegressor(), LinearRegression(), REFUSED),
        pytest.param(cr.MLPClassifier(max_iter=20), MLPClassifier(max_iter=5), set(), marks=pytest.mark.heavy),
        (cr.MLPRegressor(max_iter=20), MLPRegressor(max_iter=5), set()),
    ],
    ids=lambda each: "" if isinstance(each, set) else repr(each),
)
def test_every_check_is_passed_that_scikit_learn_s_own_estimator_is_given(ours, theirs, refused):
    found, others = outcomes(ours), outcomes(theirs)
    assert set(found) <= {"passed", "skipped"}
    assert found.get("skipped", set()) <= others.get("skipped", set())
    given = set().union(*others.values())
    assert given - refused <= set().union(*found.values())


def run(script: str) -> str:
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, encoding="utf-8", check=True)
    return done.stdout


def test_scikit_learn_is_loaded_when_an_estimator_is_asked_for():
    loaded = "print('sklearn' in sys.modules)"
    assert run(f"import sys, chainrule; {loaded}; chainrule.NeuralRegressor; {loaded}") == "False\nTrue\n"


def test_without_scikit_learn_an_estimator_says_what_to_install():
    script = """
import sys
sys.modules["sklearn"] = None
import chainrule
try:
    chainrule.NeuralClassifier
except chainrule.ChainruleError as error:
    print(error)
"""
    assert run(script) == 'estimators need scikit-learn: pip install "chainrule[sklearn]"\n'


def test_the_package_lists_its_estimators_and_knows_no_others():
    ours = {"MLPClassifier", "MLPRegressor", "NeuralClassifier", "NeuralRegressor", "PolynomialRegressor"}
    assert ours | {"Network"} <= set(dir(cr))
    with pytest.raises(AttributeError, match="no attribute 'NeuralEverything'"):
        _ = cr.NeuralEverything  # type: ignore[attr-defined]
