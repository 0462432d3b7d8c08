"""A history's charts and numbers are those of its records."""

import numpy as np

from chainrule import Dataset, Network, Training, fit
from chainrule.layers import Linear
from chainrule.losses import SquaredError
from chainrule.tasks.evaluation import Evaluation
from chainrule.tasks.fitting import EpochRecord, History
from chainrule.views.notebook import history_html
from markup import read, text_of


def history(
    losses: list[float],
    held_out: list[float] | None = None,
    accuracies: list[float] | None = None,
    reason: str = "done",
) -> History:
    records = []
    for k, loss in enumerate(losses):
        accuracy = accuracies[k] if accuracies else None
        seen = Evaluation(held_out[k], accuracy, 1000) if held_out else None
        records.append(EpochRecord(k + 1, loss, 0.1, 1.0, 2.0, 500.0, seen))
    return History(records, reason)


def labels(shown: History) -> list[str]:
    """What each chart measures."""
    svgs = read(history_html(shown)).iter("svg")
    return [text.text or "" for svg in svgs for text in svg.iter("text") if "transform" in text.attrib]


def about(shown: History) -> str:
    return text_of(read(history_html(shown)).findall("div")[1])


def test_losses_and_accuracy_are_two_charts() -> None:
    shown = history([0.5, 0.25, 0.125], [0.6, 0.3, 0.35], [0.9, 0.9912, 0.985])
    assert labels(shown) == ["mean loss of a sample", "accuracy (%)"]
    html = read(history_html(shown))
    assert [len(list(svg.iter("polyline"))) for svg in html.iter("svg")] == [2, 1]
    texts = [text.text for text in html.iter("text")]
    assert {"training: 0.125", "held out: 0.35", "held out: 98.5"} <= set(texts)


def test_the_line_above_tells_time_speed_and_the_best_epoch() -> None:
    shown = history([0.5, 0.25], [0.6, 0.3], [0.9912, 0.985], "early stopping")
    assert about(shown) == (
        "4 s of training · 500 samples a second · ended: early stopping · best held-out accuracy 99.12 %, after epoch 1"
    )


def test_reasons_are_escaped() -> None:
    assert "ended: <b>& why" in about(history([0.5], reason="<b>& why"))


def test_a_regression_has_no_accuracy() -> None:
    shown = history([0.5, 0.25], [0.3, 0.6])
    assert labels(shown) == ["mean loss of a sample"]
    assert about(shown).endswith("lowest held-out loss 0.3, after epoch 1")


def test_without_held_out_data_there_is_one_line() -> None:
    shown = history([0.5, 0.25])
    assert len(list(read(history_html(shown)).iter("polyline"))) == 1
    assert "held" not in about(shown)


def test_before_the_first_epoch_there_is_nothing_to_draw() -> None:
    shown = History()
    assert text_of(read(history_html(shown))) == "Training history: 0 epochsNo epoch was finished."


def test_losses_that_are_not_finite_are_told() -> None:
    shown = history([0.5, np.inf], [np.nan, np.nan])
    texts = [text.text for text in read(history_html(shown)).iter("text")]
    assert {"training: inf", "held out: nan"} <= set(texts)
    assert "held-out" not in about(shown)


def test_a_long_run_stays_small() -> None:
    n = 20_000
    rng = np.random.default_rng(0)
    shown = history(rng.uniform(size=n).tolist(), rng.uniform(size=n).tolist(), rng.uniform(0.1, 1, n).tolist())
    assert len(history_html(shown)) < 60_000


def test_a_notebook_finds_that_of_a_real_run() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(20, 3))
    network = Network([Linear(1)], 3, SquaredError(), dtype=np.float64)
    data = Dataset(x, x.sum(axis=1))
    shown = fit(network, data, Training(epochs=2, batch_size=5), validation=data, engine="reference")
    html = shown._repr_html_()
    assert html == history_html(shown)
    assert f"training: {shown.epochs[-1].loss:.4g}" in html
