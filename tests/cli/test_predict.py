"""`chainrule predict`: pictures, folders, tables and arrays; for people, for programs, and where something is wrong."""

import csv
import json
from typing import Any

import numpy as np
import pytest
from PIL import Image

import chainrule as cr
from chainrule.data import Dataset, mnist

TEST = mnist("test").head(50)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A little-trained mlp of digits, its temperature found."""
    network = cr.preset("mlp").network()
    cr.fit(network, mnist("train").head(3000), cr.Training(epochs=3), engine="reference")
    cr.calibrate(network, mnist("test").take(slice(5000, 6000)), engine="reference")
    path = tmp_path_factory.mktemp("model") / "model.safetensors"
    network.save(path)
    return path


@pytest.fixture
def pictures(tmp_path):
    """The first 50 test digits, dark on light, as 00_7.png, ..."""
    folder = tmp_path / "scans"
    folder.mkdir()
    for k, (x, t) in enumerate(zip(TEST.x[:, 0], TEST.t, strict=True)):
        Image.fromarray(255 - x).resize((84, 84)).save(folder / f"{k:02}_{t}.png")
    return folder


def flowers(folder):
    """A model of two classes of a table's rows, by a + b."""
    x = np.random.default_rng(0).normal(size=(300, 2))
    names = {"columns": ("a", "b"), "classes": ("rose", "tulip"), "target": "kind"}
    data = Dataset(x, (x.sum(axis=1) > 0).astype(np.int64), **names)
    network = cr.preset("mlp").network_for(data, 2)
    cr.fit(network, data, cr.Training(epochs=20), engine="reference")
    network.save(folder / "flowers.safetensors")
    return folder / "flowers.safetensors"


def found(ran):
    return json.loads(ran.out, parse_constant=pytest.fail)


def test_a_few_pictures_are_shown_beside_what_the_network_sees(cli, model, pictures):
    ran = cli("predict", model, "scans/00_7.png", "scans/03_0.png")
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[0].startswith("scans/00_7.png: a 7, ")
    assert lines[1].count("given") == lines[1].count("seen") == 1
    assert "█" in lines[5]
    assert lines[-2].startswith("2 answers")
    assert "digits are found and centred as MNIST's" in lines[-1]
    assert "\x1b" not in ran.out


def test_a_program_gets_the_same_facts(cli, model, pictures):
    values = found(cli("predict", model, pictures, "--json"))
    answers = cr.load(model).answers(pictures)
    assert values["predictions"] == json.loads(json.dumps(
        [{**answer.values(), "digit": answer.prediction} for answer in answers]
    ))  # fmt: skip
    assert np.mean([each["digit"] == t for each, t in zip(values["predictions"], TEST.t, strict=True)]) > 0.85
    first = values["predictions"][0]
    assert first["image"] == str(pictures / "00_7.png")
    assert sum(first["probabilities"]) == pytest.approx(1, abs=1e-5)
    assert first["probability"] > first["rival"]["probability"]
    ran = cli("predict", model, pictures, "--csv", "out.csv")
    rows = list(csv.DictReader((pictures.parent / "out.csv").read_text(encoding="utf-8").splitlines()))
    assert [row["prediction"] for row in rows] == [each["class"] for each in values["predictions"]]
    assert [row["sure"] == "yes" for row in rows] == [each["sure"] for each in values["predictions"]]
    assert len(ran.out.splitlines()) == 52  # a line each; how many in all; what was done with them


@pytest.mark.heavy
def test_unsure_is_what_is_less_probable_than_the_threshold(cli, model, pictures):
    def unsure(*more):
        return sum(not each["sure"] for each in found(cli("predict", model, pictures, "--json", *more))["predictions"])

    assert 0 == unsure("--threshold", 0) < unsure() < unsure("--threshold", 0.999)
    out = cli("predict", model, pictures, "--threshold", 1).out
    assert "00_7.png: a 7, " in out
    assert "(unsure); else " in out
    ran = cli("predict", model, pictures, "--threshold", 80)
    assert (ran.code, ran.err) == (2, "chainrule: the threshold is 80.0; expected a probability, 0 to 1\n")


def test_what_cannot_be_read_has_a_line_and_the_others_their_answers(cli, model, pictures):
    (pictures / "bad.png").write_text("no picture")
    Image.new("L", (30, 30), 255).save(pictures / "blank.png")
    given = ("predict", model, "scans/bad.png", "scans/00_7.png", "scans/blank.png", "none.png")
    ran = cli(*given)
    assert ran.code == 4
    assert [line.split(":")[1].strip() for line in ran.err.splitlines()] == [
        "scans/bad.png", "scans/blank.png", "none.png",
    ]  # fmt: skip
    assert "scans/00_7.png: a 7, " in ran.out
    assert "1 answer; 3 inputs have none" in ran.out
    ran = cli(*given, "--json", "--csv", "out.csv")
    assert ran.code == 4
    assert ["problem" in each for each in found(ran)["predictions"]] == [True, False, True, True]
    assert "no answer: scans/bad.png: " in (pictures.parent / "out.csv").read_text(encoding="utf-8")
    ran = cli("predict", model, "none.png")
    assert (ran.code, ran.out, ran.err) == (4, "", "chainrule: none.png: no such file\n")


def test_several_digits_in_a_picture_are_told_and_read(cli, model, tmp_path):
    page = np.full((60, 220), 255, np.uint8)
    for j, k in enumerate((0, 1, 2, 3, 4)):  # 7 2 1 0 4
        page[12:40, 10 + 40 * j : 38 + 40 * j] = 255 - TEST.x[k, 0]
    Image.fromarray(page).resize((660, 180)).save(tmp_path / "form.png")
    (answer,) = found(cli("predict", model, "form.png", "--json"))["predictions"]
    assert any("--many" in doubt for doubt in answer["doubts"])
    assert "--many" in cli("predict", model, "form.png").out.splitlines()[0]
    (answer,) = found(cli("predict", model, "form.png", "--many", "--json"))["predictions"]
    assert answer["prediction"] == "72104"
    p = [each["probability"] for each in answer["digits"]]
    assert answer["probability"] == pytest.approx(np.prod(p))
    parts = [each["rival"]["probability"] / each["probability"] for each in answer["digits"]]
    k = int(np.argmax(parts))
    expected = "72104"[:k] + str(answer["digits"][k]["rival"]["prediction"]) + "72104"[k + 1 :]
    assert answer["rival"]["prediction"] == expected
    assert answer["rival"]["probability"] == pytest.approx(answer["probability"] * parts[k])
    assert "form.png: 72104, " in cli("predict", model, "form.png", "--many", "--csv", "out.csv").out
    assert "form.png,72104," in (tmp_path / "out.csv").read_text()
    ran = cli("predict", model, "form.png", "--many", "--as-is")
    assert (ran.code, len(ran.err.splitlines())) == (2, 1)


def test_a_table_is_answered_row_by_row(cli, tmp_path):
    flower = flowers(tmp_path)
    rows = "".join(f"plant {k},{1 if k % 3 else -1},0.5\n" for k in range(30))
    (tmp_path / "t.csv").write_text(f"who,a,b\n{rows}")
    ran = cli("predict", flower, "t.csv", "--csv", "out.csv")
    assert ran.code == 0
    assert "... and 10 more; --csv FILE or --json gives all" in ran.out
    assert "30 answers" in ran.out
    lines = list(csv.reader((tmp_path / "out.csv").read_text(encoding="utf-8").splitlines()))
    assert lines[0] == [
        "who", "a", "b", "prediction", "probability", "sure", "rival", "rival_probability", "p_rose", "p_tulip",
        "doubts",
    ]  # fmt: skip
    assert [line[3] for line in lines[1:4]] == ["rose", "tulip", "tulip"]
    each = found(cli("predict", flower, "t.csv", "--json"))["predictions"][0]
    assert (each["file"], each["row"], each["prediction"]) == ("t.csv", 1, "rose")
    (tmp_path / "far.csv").write_text("b,a\n0,90\n")
    ran = cli("predict", flower, "far.csv")
    assert "a is 90, but was " in ran.out
    assert ran.err.startswith("chainrule: warning: a goes to 90")
    ran = cli("predict", flower, "t.csv", "--csv", "t.csv")
    assert (ran.code, "is the file that is read" in ran.err) == (2, True)


def test_train_leaves_a_temperature_in_the_model(cli, tmp_path, idx_folder):
    train = ("train", "--preset", "mlp", "--data", idx_folder, "--epochs", 8, "--engine", "reference", "-q")
    for out, more, called in (("a", (), "100 test samples"), ("b", ("--validation", 0.2), "60 samples held out")):
        assert cli(*train, "--out", out, *more).code == 0
        trained: Any = cr.load(tmp_path / out / "model.safetensors")
        answers = trained.schema.answers
        assert answers.calibrated_on.startswith(called)
        assert answers.temperature != 1
    model: Any = cr.load("a/model.safetensors")
    kept = model.schema.answers.temperature
    assert cr.calibrate(model, cr.data.read_data(idx_folder, "test"), engine="reference") == kept
    assert cli("train", "--resume", "a", "--epochs", 12, "-q").code == 0
    resumed: Any = cr.load("a/model.safetensors")
    assert resumed.schema.answers.temperature not in (1, kept)
