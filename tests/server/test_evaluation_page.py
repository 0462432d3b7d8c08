"""The tab Evaluate: the confusion matrix, the samples of its cells, and the worst mistakes."""

import base64
import json

import numpy as np
import pytest

from chainrule.data import Dataset, mnist
from chainrule.layers import Linear
from chainrule.losses import SquaredError
from chainrule.network.network import Network
from chainrule.server.asked import Asked
from chainrule.server.evaluation import evaluation
from chainrule.server.plain import to_json
from chainrule.server.refusal import Refusal
from chainrule.server.subject import Subject
from chainrule.tasks.fitting import fit
from chainrule.tasks.presets import preset
from chainrule.training.settings import Training


@pytest.fixture(scope="module")
def subject() -> Subject:
    network = preset("mlp").network(0)
    fit(network, mnist("train").head(300), Training(epochs=2), progress=False)
    return Subject(network, "mlp", lambda split: mnist("test" if split == "test" else "train").head(400))


def test_cells_hold_the_samples_that_the_matrix_counts(subject: Subject):
    seen = evaluation(subject, Asked())
    confusion, digits = np.array(seen["confusion"]), mnist("test")
    assert confusion.sum() == seen["of"] == 400
    assert seen["wrong"] == 400 - confusion.trace()
    for t, p in [(4, 9), (7, 7), *zip(*np.nonzero(confusion > 2), strict=True)][:12]:
        cell = json.loads(to_json(evaluation(subject, Asked({"cell": f"{t},{p}"}))))
        samples = cell["samples"]
        assert cell["count"] == confusion[t, p]
        assert set(samples["t"]) <= {t}
        assert set(samples["predicted"]) <= {p}
        pixels = np.frombuffer(base64.b64decode(samples["pictures"]["pixels"]), np.uint8)
        assert np.array_equal(pixels.reshape(-1, *samples["pictures"]["shape"]), digits.x[samples["number"]])
        assert samples["loss"] == sorted(samples["loss"], reverse=True)
        assert samples["probability"] == pytest.approx(subject.examination.predictions[samples["number"], p])


def test_a_large_cell_comes_in_parts(subject: Subject):
    t = int(np.argmax(np.bincount(mnist("test").head(400).t)))
    first = evaluation(subject, Asked({"cell": f"{t},{t}"}))
    rest = evaluation(subject, Asked({"cell": f"{t},{t}", "from": "10"}))
    assert rest["samples"]["number"][0] == first["samples"]["number"][10]


def test_the_worst_come_first_and_are_wrong(subject: Subject):
    worst = json.loads(to_json(evaluation(subject, Asked())))["worst"]
    assert worst["loss"] == sorted(worst["loss"], reverse=True)
    assert all(t != p for t, p in zip(worst["t"], worst["predicted"], strict=True))
    assert worst["loss"][0] == pytest.approx(subject.examination.losses.max())


@pytest.mark.parametrize("cell", ["", "4", "4,10", "-1,2", "a,b", "4,9,1", "4,٣", "1" * 5000 + ",1"])
def test_a_cell_that_there_is_not_is_refused(subject: Subject, cell: str):
    with pytest.raises(Refusal, match="expected two classes from 0 to 9, as in 4,9"):
        evaluation(subject, Asked({"cell": cell}))


def test_a_regression_has_errors_and_no_matrix():
    x = np.linspace(-1, 1, 40)[:, None]
    data = Dataset(x, 2 * x[:, 0] + 1)
    network = Network([Linear(1)], 1, SquaredError())
    subject = Subject(network, "line", lambda split: data)
    seen = json.loads(to_json(evaluation(subject, Asked())))
    assert seen["confusion"] is None
    assert set(seen["regression"]) == {"rmse", "mae", "r2"}
    assert seen["worst"]["pictures"] is None
    with pytest.raises(Refusal, match="the network's answers are numbers"):
        evaluation(subject, Asked({"cell": "1,1"}))
