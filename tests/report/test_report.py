"""The report of a network, for every kind of network: what is in it, and that it is whole, valid and escaped."""

import re
import sys

import numpy as np
import pytest

import chainrule as cr
from chainrule.base.errors import ChainruleError, UsageError
from chainrule.data import Dataset, mnist
from chainrule.tasks.examination import examine
from chainrule.views.report import Run, check_report_path, write_report
from examined import classes_of, values_of
from messages import exactly
from report_page import Page

DIGITS = mnist("test").head(300)
HOSTILE = "<script>alert(1)</script>\"&'"
RNG = np.random.default_rng(0)
X = RNG.standard_normal((120, 4))
EPOCHS = [
    {"epoch": 1, "loss": 2.5, "lr": 0.1, "validation_loss": 2.25, "validation_accuracy": 0.5, "seconds": 3.0},
    {"epoch": 2, "loss": 1.5, "lr": 0.1, "validation_loss": 1.25, "validation_accuracy": 0.75, "seconds": 4.5},
]


@pytest.fixture(scope="module")
def network():
    """Of digits, hardly trained."""
    layers = [cr.Convolution(4, 5, stride=2), cr.ReLU(), cr.MaxPooling(), cr.Linear(10)]
    network = cr.Network(layers, (1, 28, 28), scaling=cr.Scaling(0.13, 0.31))
    cr.fit(network, mnist("train").head(500), cr.Training(cr.Adam(0.01), epochs=2), engine="reference")
    return network


def written(folder, network, data, run=None, **options) -> Page:
    path = folder / "report.html"
    write_report(path, network, data, run, engine="reference", **options)
    return Page(path.read_text(encoding="utf-8"))


def test_a_classifier_of_images(tmp_path, network):
    configuration = {"name": "four filters", "training": {"epochs": 2}}
    page = written(tmp_path, network, DIGITS, Run("Four filters", EPOCHS, configuration), mistakes=7)
    seen = examine(network, DIGITS, "reference")
    names = ["training", "confusion", "classes", "calibration", "mistakes", "filters", "layers", "configuration"]
    assert page.sections == names
    assert [link.attributes["href"] for link in page.all("a")] == [f"#{name}" for name in names]
    assert [page.all("title")[0].text, page.all("h1")[0].text] == ["Four filters", "Four filters"]
    tiles = dict(zip([e.text for e in page.all("dt")], [e.text for e in page.all("dd")], strict=True))
    assert tiles["accuracy"] == f"{100 * classes_of(seen).accuracy:.2f} %"
    assert tiles["of 300 wrong"] == f"{len(seen.wrong)}"
    assert (tiles["epochs"], tiles["seconds of training"]) == ("2", "7.5")
    facts = [detail.text for detail in page.all("details") if "What it was trained on" in detail.text]
    assert "images 28 x 28, grey" in facts[0]
    assert "training: 1.5held out: 1.25" in page.section("training")
    assert "Best held-out accuracy 75.00 %, after epoch 2." in page.section("training")
    error = f"Expected calibration error {100 * classes_of(seen).calibration.expected_error:.2f} %"
    assert error in page.section("calibration")
    assert "epochs = 2" in page.section("configuration")
    assert all(svg.attributes["role"] == "img" for svg in page.all("svg"))
    assert all(image.attributes["alt"] for image in page.all("img"))


def test_the_gallery_shows_the_worst_mistakes_with_their_probabilities(tmp_path, network):
    page = written(tmp_path, network, DIGITS, mistakes=7)
    seen = examine(network, DIGITS, "reference")
    cards = page.all("figure", "card")
    assert len(cards) == 7
    for card, mistake in zip(cards, seen.mistakes(7), strict=True):
        assert f"{mistake.true} taken for {mistake.predicted}" in card.text
        assert f"sample {mistake.index}, loss {mistake.loss:.2f}" in card.text
        p = seen.predictions[mistake.index]
        assert f"{100 * p[mistake.predicted]:.1f} %" in card.text
        assert f"{100 * p[mistake.true]:.1f} %" in card.text
    assert f"7 of {len(seen.wrong)} mistakes" in page.section("mistakes")


def test_rows_of_pixels_are_images_too(tmp_path, network):
    rows = Dataset(DIGITS.x.reshape(300, -1), DIGITS.t)
    page = written(tmp_path, network, rows, mistakes=5)
    assert len(page.all("img")) == 5 + 1


@pytest.mark.parametrize("loss", [cr.LogSoftmaxNLL(), cr.SquaredError()])
def test_one_sample_is_enough(tmp_path, loss):
    network = cr.Network([cr.Linear(1)], 4, loss)
    page = written(tmp_path, network, Dataset(X[:1], np.zeros(1, np.int64)))
    assert page.sections[-1] == "layers"


def test_all_text_is_escaped(tmp_path, network):
    names = tuple(f"{HOSTILE}{k}" for k in range(10))
    run = Run(HOSTILE, EPOCHS, {"name": HOSTILE})
    page = written(tmp_path, network, Dataset(DIGITS.x, DIGITS.t, classes=names), run)
    assert "<script" not in page.html
    for text in (page.all("h1")[0].text, *map(page.section, ("confusion", "classes", "mistakes"))):
        assert HOSTILE in text
    assert "<script>alert(1)</script>" in page.section("configuration")


def test_a_network_that_is_always_right(tmp_path):
    network = cr.Network([cr.Linear(2)], 4)
    network.w[:] = 0
    network.named()["fc1.b"][0] = 9
    page = written(tmp_path, network, Dataset(X, np.zeros(120, np.int64)))
    assert "None: all 120 samples are right." in page.section("mistakes")
    assert "taken for" not in page.section("confusion")
    assert page.sections == ["confusion", "classes", "calibration", "mistakes", "layers"]


def test_many_classes_become_a_picture_and_the_worst_lines(tmp_path):
    network = cr.Network([cr.Linear(60)], 4)
    t = RNG.integers(0, 60, 120)
    page = written(tmp_path, network, Dataset(X, t))
    assert "60 × 60 classes" in page.section("confusion")
    assert page.all("table", "matrix") == []
    assert "40 of 60 classes with the lowest F1" in page.section("classes")
    assert page.section("classes").count(" %") < 3 * 43


def test_two_classes_by_one_output(tmp_path):
    network = cr.Network([cr.Linear(1)], 4, cr.SigmoidBinaryCrossEntropy())
    t = (X[:, :1] > 0).astype(np.int64)
    page = written(tmp_path, network, Dataset(X, t, classes=("benign", "malignant")))
    assert "benign" in page.section("confusion")
    assert all(card.text.count(" %") == 2 for card in page.all("figure", "card"))


def test_a_regression(tmp_path):
    network = cr.Network([cr.Linear(1)], 4, cr.SquaredError())
    page = written(tmp_path, network, Dataset(X, X[:, 0]), Run(epochs=EPOCHS[:1]))
    seen = examine(network, Dataset(X, X[:, 0]), "reference")
    assert page.sections == ["training", "residuals", "mistakes", "layers"]
    assert "predicted less true" in page.section("residuals")
    assert f"{seen.mistakes(1)[0].index}" in page.section("mistakes")
    tiles = dict(zip([e.text for e in page.all("dt")], [e.text for e in page.all("dd")], strict=True))
    assert tiles["R²"] == f"{values_of(seen).r2[0]:.4g}"
    assert tiles["epoch"] == "1"


def test_values_beyond_all_measure_are_not_drawn(tmp_path):
    network = cr.Network([cr.Linear(1)], 4, cr.SquaredError(), dtype=np.float64)
    x = X.copy()
    x[0] = 1e305
    with np.errstate(over="ignore"):
        page = written(tmp_path, network, Dataset(x, X[:, 0]))
    assert len(page.all("circle")) == 119


def test_images_of_images(tmp_path):
    network = cr.Network([cr.Convolution(2, 3, padding=1)], (2, 6, 5), cr.SquaredError())
    x = RNG.random((30, 2, 6, 5))
    page = written(tmp_path, network, Dataset(x, x), mistakes=4)
    assert "mean of 60 outputs" in "".join(term.text for term in page.all("dt"))
    assert len(page.all("img")) == 3 * 4 + 1  # true, predicted and input; and the filters
    assert "2 of 2 channels" in page.section("filters")


def test_several_yes_or_no_answers(tmp_path):
    network = cr.Network([cr.Linear(3)], 4, cr.SigmoidBinaryCrossEntropy())
    page = written(tmp_path, network, Dataset(X, (X[:, :3] > 0).astype(np.float64)))
    assert page.sections == ["mistakes", "layers"]


@pytest.mark.parametrize("loss", [cr.LogSoftmaxNLL(), cr.SquaredError()])
def test_a_network_full_of_nan_has_a_report_too(tmp_path, loss):
    network = cr.Network([cr.Linear(3)], 4, loss)
    network.w[:] = np.nan
    t = RNG.integers(0, 3, 120) if loss == cr.LogSoftmaxNLL() else X[:, :3]
    page = written(tmp_path, network, Dataset(X, t))
    assert "nan" in [e.text for e in page.all("dd")]


def test_an_examination_made_before_is_used(tmp_path, network):
    seen = examine(network, DIGITS.head(50), "reference")
    page = written(tmp_path, network, DIGITS, examination=seen)
    assert "of 50 wrong" in [e.text for e in page.all("dt")]


def test_epochs_without_a_loss_are_left_out(tmp_path, network):
    page = written(tmp_path, network, DIGITS, Run(epochs=[{"epoch": 1, "loss": None}, *EPOCHS[1:]]))
    assert "50.00 %" not in page.section("training")
    assert "75.00 %" in page.section("training")
    assert "training" not in written(tmp_path, network, DIGITS, Run(epochs=[{"epoch": 1}])).sections


def test_equal_networks_make_equal_reports_but_for_the_time(tmp_path, network):
    pages = [written(tmp_path, network, DIGITS, Run(epochs=EPOCHS)).html for _ in range(2)]
    parts = [re.sub("<time.*?</time>", "", html[: html.index('<section id="layers">')]) for html in pages]
    assert parts[0] == parts[1]


def test_bad_paths_are_refused(tmp_path, monkeypatch, network):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.html").mkdir()
    for path, message in (
        ("report.pdf", "report.pdf: is of the kind '.pdf'; expected .html, .htm"),
        ("report", "report: is of the kind ''; expected .html, .htm"),
        ("none/report.html", "none/report.html: there is no folder none; expected one that exists"),
        ("folder.html", "folder.html: is a folder; expected the name of a file"),
    ):
        with pytest.raises(UsageError, match=exactly(message)):
            check_report_path(path)
        with pytest.raises(UsageError, match=exactly(message)):
            write_report(path, network, DIGITS)
    name = f"{'a' * 251}.html"
    with pytest.raises(ChainruleError, match=exactly(f"{name}: cannot be written: File name too long")):
        write_report(name, network, DIGITS.head(5), engine="reference")


def test_no_matplotlib_is_needed(tmp_path, monkeypatch, network):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    page = written(tmp_path, network, DIGITS, Run(epochs=EPOCHS))
    assert len(page.all("svg")) == 5


def test_a_network_of_blocks(tmp_path):
    inner = cr.Sequential((cr.Convolution(6, padding=1), cr.ReLU(), cr.Dropout(0.5)))
    block = cr.Residual((inner, cr.Residual((cr.Tanh(),))), cr.Convolution(6, 1))
    network = cr.Network([block, cr.MaxPooling(), cr.Linear(10)], (1, 28, 28))
    for engine in ("compiled", "reference"):
        write_report(tmp_path / "report.html", network, DIGITS.head(40), engine=engine)
        page = Page((tmp_path / "report.html").read_text(encoding="utf-8"))
        assert "block1.block1.conv1.w: 6 filters of 3 × 3." in page.section("filters")
        assert "shortcut: Convolution(6, 1x1)" in page.section("layers")
