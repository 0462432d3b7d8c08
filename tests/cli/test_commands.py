"""evaluate, predict, info, --version: what a person and a program get."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import chainrule
from chainrule.data import Dataset, mnist
from chainrule.tasks.presets import preset


@pytest.fixture
def model(tmp_path):
    """A little-trained mlp."""
    network = preset("mlp").network()
    chainrule.fit(network, mnist("train").head(3000), chainrule.Training(epochs=2))
    network.save(tmp_path / "model.safetensors")
    return tmp_path / "model.safetensors"


def test_version(cli, process):
    assert cli("--version").out == f"chainrule {chainrule.__version__}\n"
    assert process("--version").out == f"chainrule {chainrule.__version__}\n"


def test_help_names_every_command(cli):
    out = cli("--help").out
    commands = (
        "train",
        "evaluate",
        "predict",
        "runs",
        "verify",
        "reproduce",
        "export",
        "import",
        "regress",
        "gradcheck",
        "info",
        "bench",
    )
    for command in commands:
        assert command in out
        assert cli(command, "--help").code == 0


def test_evaluate_agrees_with_python(cli, model, idx_folder):
    result = json.loads(cli("evaluate", model, "--json").out)
    seen = chainrule.evaluate(chainrule.load(model), mnist("test"))
    assert (result["accuracy"], result["samples"]) == (seen.accuracy, 10000)
    result = json.loads(cli("evaluate", model, "--data", idx_folder, "--json").out)
    assert result["samples"] == 100
    assert "accuracy" in cli("evaluate", model).out


def test_evaluate_refuses_bad_input(cli, model, tmp_path):
    for arguments, code, message in (
        (("none",), 4, "none: no such file"),
        ((model, "--data", "none"), 4, "none"),
        ((model, "--split", "half"), 2, "half"),
        ((), 2, "Missing argument 'MODEL'"),
    ):
        ran = cli("evaluate", *arguments)
        assert (ran.code, ran.out) == (code, "")
        assert message in ran.err
        assert len(ran.err.splitlines()) == 1


def test_predict_recognises_images(cli, model, tmp_path):
    right, paths = [], []
    for k in range(20):
        paths.append(tmp_path / f"{k}.png")
        picture = Image.fromarray(255 - mnist("test").x[k, 0])  # dark on light
        picture.resize((140, 140)).save(paths[-1])
        right.append(int(mnist("test").t[k]))
    predictions = json.loads(cli("predict", model, *paths, "--json").out)["predictions"]
    assert [p["image"] for p in predictions] == [str(path) for path in paths]
    assert np.mean([p["digit"] == t for p, t in zip(predictions, right, strict=True)]) >= 0.8
    assert all(abs(sum(p["probabilities"]) - 1) < 1e-5 for p in predictions)
    shown = cli("predict", model, paths[0]).out
    assert f"{paths[0]}: a {predictions[0]['digit']}" in shown
    assert "█" in shown
    assert "\x1b" not in shown


def test_predict_refuses_bad_input(cli, model, tmp_path):
    (tmp_path / "text.png").write_text("not an image")
    Image.new("L", (30, 30), 255).save(tmp_path / "blank.png")
    chainrule.Network([chainrule.Linear(2)], 3).save(tmp_path / "other")
    Image.fromarray(mnist("test").x[0, 0]).save(tmp_path / "seven.png")
    for arguments, message in (
        ((model, "none.png"), "none.png: no such file"),
        ((model, "text.png"), "text.png"),
        ((model, "blank.png"), "blank.png"),
        (
            ("other", "seven.png"),
            "other: takes (3,), no pictures; expected a table or an array for it, or a model of images",
        ),
    ):
        ran = cli("predict", *arguments)
        assert (ran.code, ran.out) == (4, "")
        assert message in ran.err
        assert len(ran.err.splitlines()) == 1


def test_info(cli):
    values = json.loads(cli("info", "--json").out)
    assert values["networks"]["mnist"]["parameters"] == 1199882
    assert values["versions"]["chainrule"] == chainrule.__version__
    assert "engines" in values["machine"]
    assert "60,000 training" in values["data"]["mnist"]
    assert "Networks" in cli("info").out
    assert "Convolution(64, 3x3)" in cli("info", "--preset", "mnist").out
    assert cli("info", "--preset", "none").code == 2


def test_info_shows_the_plan_of_a_network(cli):
    lines = cli("info", "--preset", "mnist", "--plan").out.splitlines()
    (line,) = [line for line in lines if "Convolution(64, 3x3) + ReLU + MaxPooling(2x2) + Dropout(0.25)" in line]
    assert "Winograd F(4x4, 3x3), sparse backward" in line
    stages = json.loads(cli("info", "--preset", "mnist", "--plan", "--json").out)["stages"]
    assert [stage["multiply_adds"] for stage in stages] == [194688, 10616832, 1179648, 1280]
    ran = cli("info", "--plan")
    assert (ran.code, ran.err) == (2, "chainrule: neither --preset nor --network is given; expected one of them\n")


def test_info_shows_a_network_of_the_users_own(cli, tmp_path):
    (tmp_path / "mine.toml").write_text("input_shape = [4]\nlayers = [{ type = 'Linear', out_features = 3 }]")
    assert "Linear(3)" in cli("info", "--network", "mine.toml").out
    values = json.loads(cli("info", "--network", "mine.toml", "--json").out)
    assert values == {"network": "mine", "parameters": {"fc1.w": [3, 4], "fc1.b": [3]}, "size": 15}
    values = json.loads(cli("info", "--network", "mine.toml", "--plan", "--json").out)
    assert values["stages"][0]["multiply_adds"] == 12
    ran = cli("info", "--network", "mine.toml", "--preset", "mlp")
    assert (ran.code, ran.err) == (2, "chainrule: both --preset and --network are given; expected one of them\n")


@pytest.fixture
def table_model(tmp_path):
    """Of a table, written by a run."""
    rng = np.random.default_rng(0)
    rows = [f"{a:.3f},{b:.3f},{'big' if a > 0 else 'small'}" for a, b in rng.normal(size=(40, 2))]
    (tmp_path / "t.csv").write_text("\n".join(["length,width,size", *rows]))
    return tmp_path / "run" / "model.safetensors"


def test_info_says_what_a_model_was_trained_on(cli, table_model):
    assert cli("train", "--data", "t.csv", "--preset", "mlp", "--epochs", 1, "--out", "run").code == 0
    out = cli("info", "--model", table_model).out
    facts = "Linear(100)", "2 columns, known by their names", "length", "size, one of 2", "big, small", "Adam(lr="
    for text in (*facts, "t.csv", "1 epochs", "updates"):
        assert text in out
    values = json.loads(cli("info", "--model", table_model, "--json").out)
    assert [column["name"] for column in values["schema"]["inputs"]["columns"]] == ["length", "width"]
    assert values["schema"]["answers"]["names"] == ["big", "small"]
    assert (values["training"]["epochs"], values["training"]["configuration"]["name"]) == (1, "mlp")
    assert "Linear(100) + ReLU" in cli("info", "--model", table_model, "--plan").out
    ran = cli("info", "--model", table_model, "--preset", "mlp")
    assert (ran.code, ran.err) == (2, "chainrule: --model is given with another network; expected one of them\n")


def test_info_says_what_an_old_model_does_not_know(cli):
    old = Path(__file__).parent.parent / "models" / "version-1.safetensors"
    out = cli("info", "--model", old).out
    assert "not known: the file is older, or the network was not fitted" in out
    assert json.loads(cli("info", "--model", old, "--json").out)["schema"] is None


def test_info_of_a_model_without_a_run(cli, tmp_path):
    network = chainrule.Network([chainrule.Linear(1)], 2, chainrule.SquaredError())
    data = Dataset(np.eye(2), np.arange(2.0), columns=("[red]", "[/]"))  # what a terminal's markup looks like
    chainrule.fit(network, data, chainrule.Training(epochs=1), engine="reference")
    network.save(tmp_path / "m")
    out = cli("info", "--model", "m").out
    assert all(text in out for text in ("not known: the file was written without a run", "[red]", "[/]"))


def test_corrupt_idx_files_are_one_line(cli, idx_folder):
    images = idx_folder / "train-images-idx3-ubyte"
    labels = idx_folder / "train-labels-idx1-ubyte"
    good, good_labels = images.read_bytes(), labels.read_bytes()
    for path, content in (
        (images, good[:-1]),
        (images, good + b"x"),
        (images, b"\x1f\x8b" + good[2:]),
        (images, b""),
        (labels, good_labels[:-1]),
        (images, None),
    ):
        if content is None:
            path.unlink()
        else:
            path.write_bytes(content)
        ran = cli("train", "--preset", "mlp", "--data-dir", idx_folder, "--out", "run")
        assert (ran.code, ran.out) == (4, "")
        assert len(ran.err.splitlines()) == 1
        assert "digits" in ran.err or "label 10" in ran.err
        images.write_bytes(good)
        labels.write_bytes(good_labels)


def test_info_draws_a_network(cli, model, tmp_path):
    ran = cli("info", "--preset", "resnet", "--diagram", "--svg", tmp_path / "net.svg")
    assert ran.code == 0
    assert ran.out.splitlines()[0].endswith("input 1 × 28 × 28")
    assert max(map(len, ran.out.splitlines())) <= 80
    assert "the picture is in" in ran.err
    assert (tmp_path / "net.svg").read_text(encoding="utf-8").startswith("<svg ")
    assert "Linear(100)" in cli("info", "--model", model, "--diagram").out
    assert cli("info", "--diagram").code == 2
    ran = cli("info", "--preset", "mlp", "--svg", tmp_path / "net.png")
    assert (ran.code, ran.out) == (2, "")
