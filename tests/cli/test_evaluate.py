"""chainrule evaluate: the same numbers as in Python, for a program, on a terminal and in a report."""

import json
import re
from io import StringIO

import numpy as np
import pytest
from rich.console import Console

import chainrule as cr
from chainrule.cli.evaluate import shown
from chainrule.cli.pictures import thumbnail
from chainrule.data import Dataset, mnist
from chainrule.tasks.examination import examine, plain
from chainrule.views.report import write_report
from examined import classes_of, values_of
from report_page import Page

RNG = np.random.default_rng(0)
X = RNG.standard_normal((90, 4)).astype(np.float32)


@pytest.fixture
def model(tmp_path):
    """A little-trained mlp, in no run's folder."""
    network = cr.preset("mlp").network()
    cr.fit(network, mnist("train").head(600), cr.Training(epochs=1))
    network.save(tmp_path / "model.safetensors")
    return tmp_path / "model.safetensors"


def on_terminal(network: cr.Network, data: Dataset, mistakes: int = 3, width: int = 160, **options) -> str:
    written = StringIO()
    console = Console(width=width, file=written, color_system=None)
    for part in shown("model", examine(network, data, "reference", **options), data.x, mistakes, width=width):
        console.print(part, markup=False)
    return written.getvalue()


def test_a_program_gets_everything(cli, model, idx_folder):
    values = json.loads(cli("evaluate", model, "--data", idx_folder, "--mistakes", 3, "--json").out)
    seen = examine(cr.load(model), mnist("test").head(100))
    expected = plain({**seen.values(mistakes=3), "model": str(model)})
    assert values == expected
    assert len(values["mistakes"]) == 3
    assert np.sum(values["confusion"]) == values["samples"] == 100


def test_a_person_sees_tables_and_pictures(cli, model, idx_folder):
    seen = examine(cr.load(model), mnist("test").head(100))
    ran = cli("evaluate", model, "--data", idx_folder, "--mistakes", 2)
    assert (ran.code, ran.err) == (0, "")
    assert f"{seen.accuracy:.2%}: {100 - len(seen.wrong)} of 100" in ran.out
    assert f"error {classes_of(seen).calibration.expected_error:.2%}" in ran.out
    for text in (
        "precision",
        "macro mean",
        "weighted mean",
        "Confusion matrix",
        f"worst of {len(seen.wrong)} mistakes",
    ):
        assert text in ran.out
    for mistake in seen.mistakes(2):
        assert f"sample {mistake.index}: {mistake.true} taken for {mistake.predicted}, loss" in ran.out
    assert ran.out.count("╭") == 2
    assert "█" in ran.out
    assert "\x1b" not in ran.out


def test_the_training_half_can_be_looked_at(cli, model, idx_folder):
    values = json.loads(cli("evaluate", model, "--data", idx_folder, "--split", "train", "--json").out)
    assert values["samples"] == 300
    assert values["accuracy"] == cr.evaluate(cr.load(model), mnist("train").head(300)).accuracy


def test_a_report_of_a_run_has_its_training_and_one_of_a_lone_model_has_none(cli, tmp_path, idx_folder):
    cli("train", "--preset", "mlp", "--data", idx_folder, "--epochs", 2, "--out", "run", "--quiet")
    run = tmp_path / "run"
    ran = cli("evaluate", run / "model.safetensors", "--data", idx_folder, "--report", "report.html")
    assert (ran.code, ran.err) == (0, "report: report.html\n")
    page = Page((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert page.all("h1")[0].text == "mlp, on 100 test samples"
    assert {"training", "mistakes", "configuration"} < set(page.sections)
    one, two = (f"{json.loads(line)['loss']:.4f}" for line in (run / "metrics.jsonl").read_text().splitlines())
    assert one in page.section("training")
    assert two in page.section("training")
    assert 'name = "mlp"' in page.section("configuration")
    cli("evaluate", run / "previous.safetensors", "--data", idx_folder, "--report", "before.html")
    before = Page((tmp_path / "before.html").read_text(encoding="utf-8")).section("training")
    assert one in before
    assert two not in before
    (run / "model.safetensors").rename(tmp_path / "alone.safetensors")
    cli("evaluate", "alone.safetensors", "--data", idx_folder, "--report", "alone.html")
    assert "training" not in Page((tmp_path / "alone.html").read_text(encoding="utf-8")).sections


def test_what_cannot_be_done_is_refused_before_anything_is_read(cli):
    for arguments, message in (
        (("--mistakes", -1), "--mistakes is -1; expected a whole number of at least 0"),
        (("--report", "report.pdf"), "report.pdf: is of the kind '.pdf'; expected .html, .htm"),
        (("--report", "none/report.html"), "none/report.html: there is no folder none; expected one that exists"),
    ):
        ran = cli("evaluate", "no.safetensors", *arguments)
        assert (ran.code, ran.out, ran.err) == (2, "", f"chainrule: {message}\n")


def test_a_matrix_too_wide_for_the_terminal_becomes_a_list():
    network, data = cr.Network([cr.Linear(5)], 4), Dataset(X, RNG.integers(0, 5, 90))
    names = [f"[bold]class {k}" for k in range(5)]
    wide, narrow = (on_terminal(network, data, width=width, classes=names) for width in (160, 60))
    assert "Confusion matrix" in wide
    assert "commonest confusions" in narrow
    assert max(map(len, narrow.splitlines())) <= 60
    for text in (wide, narrow):
        assert all(name in text for name in names)  # and not as rich's markup


def test_many_classes_show_those_that_are_found_worst():
    network, data = cr.Network([cr.Linear(50)], 4), Dataset(X, RNG.integers(0, 50, 90))
    text = on_terminal(network, data, mistakes=1)
    assert "The 40 classes with the lowest F1" in text
    assert text.split("The worst of")[1].count("%") == 12


def test_samples_that_are_no_images_have_bars_alone():
    text = on_terminal(cr.Network([cr.Linear(3)], 4), Dataset(X, RNG.integers(0, 3, 90)), mistakes=2)
    assert text.count("taken for") == 2
    assert "╭" not in text


def test_a_regression_shows_its_errors_and_the_largest():
    network, data = cr.Network([cr.Linear(1)], 4, cr.SquaredError()), Dataset(X, X[:, 0])
    seen, text = examine(network, data, "reference"), on_terminal(network, data)
    for value in (values_of(seen).rmse[0], values_of(seen).r2[0], seen.mistakes(1)[0].loss):
        assert f"{value:.4g}" in text
    assert "accuracy" not in text
    assert "largest errors" not in on_terminal(network, data, mistakes=0)


def test_a_network_full_of_nan_is_shown():
    network = cr.Network([cr.Linear(3)], 4)
    network.w[:] = np.nan
    assert "nan" in on_terminal(network, Dataset(X, RNG.integers(0, 3, 90)))


def test_thumbnails_have_an_even_height():
    assert thumbnail(np.zeros((1, 28, 28), np.uint8)).shape == (28, 28)
    assert thumbnail(np.zeros((3, 5, 9))).shape == (16, 27)
    assert thumbnail(np.zeros((1, 97, 64), np.uint8)).shape == (28, 18)


def test_what_is_undefined_is_null_for_a_program_and_a_dash_for_people(cli, model, tmp_path):
    digit = mnist("test").head(1)
    taken_for = int(cr.load(model).classify(digit.x)[0])
    np.savez(tmp_path / "other.npz", x=digit.x, t=[(taken_for + 1) % 10])
    asked = ("evaluate", model, "--data", tmp_path / "other.npz")
    values = json.loads(cli(*asked, "--json").out, parse_constant=pytest.fail)
    assert values["averages"]["weighted"] == {"precision": None, "recall": 0.0, "f1": 0.0}
    assert values["per_class"][taken_for]["recall"] is None
    ran = cli(*asked, "--report", tmp_path / "report.html")
    assert (ran.code, "nan" in ran.out.lower()) == (0, False)
    assert re.search(r"weighted mean \S +- \S +0\.00%", ran.out)
    page = Page((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert "weighted mean–0.00 %0.00 %" in page.section("classes")
    assert "nan" not in page.section("calibration") + page.section("classes")


def test_a_regression_of_equal_targets_has_no_r2(tmp_path):
    network = cr.Network([cr.Linear(1)], 4, cr.SquaredError())
    data = Dataset(X, np.ones(90))
    assert re.search(r"R2 +\S -", on_terminal(network, data))
    write_report(tmp_path / "report.html", network, data, engine="reference")
    tiles = Page((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert dict(zip([e.text for e in tiles.all("dt")], [e.text for e in tiles.all("dd")], strict=True))["R²"] == "-"


def test_copies_of_the_images_have_a_say(cli, model, idx_folder):
    how = ("evaluate", model, "--data", idx_folder, "--json")
    alone, augmented = (json.loads(cli(*how, *more).out) for more in ((), ("--augment", "shift=2", "--copies", 3)))
    assert augmented["samples"] == alone["samples"]
    assert augmented["loss"] != alone["loss"]
    assert (augmented["augment"], augmented["copies"]) == ("shift=2", 3)
    assert "by the mean over each image and 8 copies" in cli(*how[:-1], "--augment", "shift=2").out
    assert cli(*how, "--augment", "shift=no").code == 2
    assert "answers are to one picture each; expected no mixup" in cli(*how, "--augment", "flip,mixup=1").err
    refused = cli(*how, "--copies", 3)
    assert refused.code == 2
    assert "--copies is given without --augment; expected both" in refused.err
