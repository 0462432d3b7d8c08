"""chainrule train and evaluate on data from anywhere: any kind of file, any image size, any classes."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_diabetes, load_digits, load_iris

from chainrule.data import mnist, write_idx
from chainrule.exchange.model_file import load_checkpoint
from chainrule.tasks.fitting import learn


def run(cli, *options: object) -> dict:
    ran = cli("train", *options, "--out", "run", "--json", "--quiet")
    assert ran.code == 0
    return json.loads(ran.out)


def evaluate(cli, *options: object) -> dict:
    return json.loads(cli("evaluate", "run/model.safetensors", "--json", *options).out)


@pytest.fixture
def iris(tmp_path) -> Path:
    """Four lengths in cm, and a flower's name."""
    flowers: Any = load_iris()
    names = flowers.target_names[flowers.target]
    lines = [",".join([*map(str, x), name]) for x, name in zip(flowers.data, names, strict=True)]
    path = tmp_path / "iris.csv"
    path.write_text("\n".join([",".join([*"abcd", "flower"]), *lines]))
    return path


@pytest.fixture
def pictures(tmp_path) -> Path:
    """scikit-learn's 8x8 digits 0 to 3, as PNG files in a folder a digit."""
    digits: Any = load_digits(n_class=4)
    for k, (picture, digit) in enumerate(zip(digits.images, digits.target, strict=True)):
        folder = tmp_path / "pictures" / f"digit {digit}"
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray((picture * 15).astype(np.uint8)).save(folder / f"{k}.png")
    return tmp_path / "pictures"


def test_a_table_with_names_of_classes(cli, iris):
    result = run(cli, "--preset", "mlp", "--data", iris, "--epochs", 60, "--batch-size", 10, "--lr", 0.01)
    assert result["accuracy"] > 0.9
    checkpoint = load_checkpoint("run/model.safetensors")
    assert checkpoint.configuration["classes"] == ["setosa", "versicolor", "virginica"]
    assert [str(layer).partition("(")[0] for layer in checkpoint.network.layers][:2] == ["Standardise", "Linear"]
    assert evaluate(cli)["accuracy"] == result["accuracy"]
    assert "virginica" in cli("evaluate", "run/model.safetensors").out


def test_a_table_of_reals_is_a_regression(cli, tmp_path):
    patients: Any = load_diabetes(scaled=False)
    rows = np.column_stack([patients.target / 100, patients.data])
    np.savetxt(tmp_path / "d.csv", rows, delimiter=",", header=",".join(["t", *"abcdefghij"]), comments="")
    result = run(cli, "--preset", "mlp", "--data", "d.csv", "--target", "t", "--epochs", 30)
    assert result["accuracy"] is None
    assert result["loss"] < 0.6  # in units in which the targets vary by 1
    assert load_checkpoint("run/model.safetensors").network.output_shape == (1,)
    assert evaluate(cli)["loss"] == pytest.approx(result["loss"], rel=1e-5)


def test_without_a_preset_the_network_suits_the_data_and_says_which(cli, iris, tmp_path):
    ran = cli("train", "--data", iris, "--out", "run", "--json")
    assert json.loads(ran.out)["accuracy"] > 0.9
    assert ran.err.splitlines()[:2] == [
        "mlp, a network that suits a table of 4 columns; --preset names another",
        "for 125 samples: 50 epochs in batches of 125, learning rate 0.042 falling to 0.0013",
    ]


@pytest.mark.heavy
def test_without_a_preset_colour_pictures_of_any_size_are_trained_on(cli, tmp_path):
    rng = np.random.default_rng(0)
    for k in range(60):
        folder = tmp_path / "wild" / "abc"[k % 3]
        folder.mkdir(parents=True, exist_ok=True)
        picture = rng.integers(0, 90, (40, 64, 3)) + np.eye(3, dtype=int)[k % 3] * 150
        Image.fromarray(picture.astype(np.uint8)).save(folder / f"{k}.png")
    ran = cli("train", "--data", "wild", "--out", "run", "--json")
    assert "pictures, a network that suits pictures 40 x 64, in colour; --preset names another" in ran.err
    assert json.loads(ran.out)["accuracy"] > 0.9
    assert load_checkpoint("run/model.safetensors").network.input_shape == (3, 40, 64)


def test_what_is_given_stays_and_the_rest_is_adapted(cli, iris):
    run(cli, "--data", iris, "--preset", "mlp", "--epochs", 7, "--lr", 0.02)
    training = load_checkpoint("run/model.safetensors").configuration["training"]
    assert (training["epochs"], training["batch_size"], training["optimizer"]["lr"]) == (7, 125, 0.02)


@pytest.mark.heavy
def test_digits_that_are_few_are_met_more_often_by_the_presets_own_steps(cli):
    options = ("--preset", "mlp", "--train-data-size", 200, "--test-data-size", 100)
    run(cli, *options)
    training = load_checkpoint("run/model.safetensors").configuration["training"]
    assert (training["epochs"], training["batch_size"], training["optimizer"]["lr"]) == (50, 64, 0.001)


def test_a_target_far_from_1_beside_columns_of_very_different_sizes(cli, tmp_path):
    z = np.random.default_rng(0).normal(size=(400, 3))
    columns = {"time": 1.7e9 + 10 * z[:, 0], "small": 1e-3 * z[:, 1], "big": 1e6 * z[:, 2]}
    rows = np.column_stack([*columns.values(), 2e5 + 5e4 * z[:, 0]])
    np.savetxt("house.csv", rows, "%.12g", ",", header=",".join([*columns, "price"]), comments="")
    run(cli, "--data", "house.csv")
    assert evaluate(cli)["regression"]["r2"][0] > 0.99


@pytest.mark.parametrize("options", [(), ("--early-stopping", 40)])
def test_a_regression_is_told_by_r2_and_the_error_in_the_targets_unit(cli, tmp_path, options):
    z = np.random.default_rng(0).normal(size=(300, 2))
    np.savetxt("house.csv", np.column_stack([z, 2e5 + 5e4 * z[:, 0]]), "%.6f", ",", header="a,b,price", comments="")
    ran = cli("train", "--data", "house.csv", "--out", "shown", *options)
    assert "accuracy" not in ran.out + ran.err
    assert ran.err.count("R2") == ran.err.count("rms error") >= 10
    shown = {
        name.strip(): value for _, name, value, *_ in (line.split("│") for line in ran.out.splitlines() if "│" in line)
    }
    result = run(cli, "--data", "house.csv", *options)
    assert result["r2"] > 0.99
    assert result["rmse"] < 5e3
    assert shown["R2"].strip() == f"{result['r2']:.4f} on 50 test samples"
    assert shown["rms error"].strip() == f"{result['rmse']:.4g} on 50 test samples"
    last = json.loads(Path("run/metrics.jsonl").read_text().splitlines()[-1])
    assert last["validation_r2"] > 0.99
    assert "validation_rmse" in last
    assert evaluate(cli)["regression"]["r2"][0] == pytest.approx(result["r2"], rel=1e-6)


def test_folders_of_pictures(cli, pictures):
    result = run(cli, "--preset", "lecture", "--data", pictures, "--epochs", 8)
    network = load_checkpoint("run/model.safetensors").network
    assert (network.input_shape, network.output_shape) == ((1, 8, 8), (4,))
    assert result["accuracy"] > 0.9
    assert result["train_samples"] + result["test_samples"] == len(list(pictures.glob("*/*.png")))
    assert evaluate(cli)["accuracy"] == result["accuracy"]


def test_pictures_are_recognised_by_the_names_of_their_classes(cli, pictures):
    run(cli, "--preset", "lecture", "--data", pictures, "--epochs", 8)
    files = [next(path for path in sorted(pictures.glob(f"digit {digit}/*"))[5:]) for digit in range(4)]
    ran = cli("predict", "run/model.safetensors", *files, "--json")
    found = json.loads(ran.out)
    assert found["classes"] == [f"digit {digit}" for digit in range(4)]
    assert [each["class"] for each in found["predictions"]] == found["classes"]
    assert f"{files[2]}: digit 2" in cli("predict", "run/model.safetensors", *files).out


def test_pictures_are_resized_if_so_asked(cli, pictures):
    run(cli, "--preset", "lecture", "--data", pictures, "--image-size", "12x10", "--epochs", 1)
    assert load_checkpoint("run/model.safetensors").network.input_shape == (1, 12, 10)
    assert evaluate(cli, "--data", pictures)["samples"] > 100


def test_arrays_in_an_npz_file(cli, tmp_path):
    train, test = mnist("train").head(2000), mnist("test").head(500)
    np.savez(tmp_path / "a.npz", x_train=train.x, t_train=train.t, x_test=test.x, t_test=test.t)
    result = run(cli, "--preset", "lecture", "--data", "a.npz", "--epochs", 2)
    assert (result["train_samples"], result["test_samples"]) == (2000, 500)
    assert result["accuracy"] > 0.8


def test_idx_files_of_other_pictures(cli, tmp_path):
    rng = np.random.default_rng(0)
    for prefix, n in (("train", 300), ("t10k", 60)):
        t = rng.integers(0, 12, n)
        x = rng.integers(0, 50, (n, 3, 9, 11)) + 16 * t[:, None, None, None]
        write_idx(tmp_path / f"{prefix}-images-idx4-ubyte", x.astype(np.uint8))
        write_idx(tmp_path / f"{prefix}-labels-idx1-ubyte", t.astype(np.uint8))
    assert run(cli, "--preset", "mnist", "--data", tmp_path, "--epochs", 2)["test_samples"] == 60
    network = load_checkpoint("run/model.safetensors").network
    assert (network.input_shape, network.output_shape) == ((3, 9, 11), (12,))


def test_digits_in_idx_files_are_trained_on_as_the_embedded_ones(cli, idx_folder):
    sizes = ("--preset", "lecture", "--train-data-size", 300, "--test-data-size", 100, "--epochs", 1)
    a = run(cli, *sizes, "--data", idx_folder)
    b = json.loads(cli("train", *sizes, "--out", "b", "--json").out)
    assert (a["loss"], a["accuracy"]) == (b["loss"], b["accuracy"])


def test_nielsens_network_by_the_command_line(cli, tmp_path):
    (tmp_path / "nielsen.toml").write_text(
        'input_shape = [1, 28, 28]\nloss = "SquaredError"\n'
        + "".join(f'[[layers]]\ntype = "Linear"\nout_features = {n}\n[[layers]]\ntype = "Sigmoid"\n' for n in (30, 10))
    )
    options = ("--network", "nielsen.toml", "--train-data-size", 1000, "--test-data-size", 200, "--epochs", 10)
    ran = cli("train", *options, "--lr", 0.01, "--out", "run", "--json", "--quiet")
    assert ran.code == 0
    result = json.loads(ran.out)
    assert result["accuracy"] > 0.75
    assert evaluate(cli)["accuracy"] > 0.75
    digits = mnist("test").head(20)
    np.savez("asked.npz", x=digits.x)
    answers = json.loads(cli("predict", "run/model.safetensors", "asked.npz", "--json").out)["predictions"]
    assert sum(str(answer["class"]) == str(t) for answer, t in zip(answers, digits.t, strict=True)) > 12


@pytest.mark.heavy
@pytest.mark.parametrize("settings", ["shift=2,rotate=10,elastic=1", "crop=3,flip,cutout=9,mixup=0.3"])
def test_augmented_training_is_seeded_and_goes_on_bit_for_bit(cli, settings):
    options = ("--preset", "lecture", "--augment", settings, "--train-data-size", 640)

    def weights(name: str, *more: object) -> bytes:
        assert cli("train", *options, "--test-data-size", 0, *more, "--out", name).code == 0
        return load_checkpoint(f"{name}/model.safetensors").network.w.tobytes()

    whole = weights("whole", "--epochs", 2)
    assert weights("other", "--epochs", 2, "--seed", 1) != whole
    weights("half", "--epochs", 1)
    assert cli("train", "--resume", "half", "--epochs", 2).code == 0
    assert load_checkpoint("half/model.safetensors").network.w.tobytes() == whole
    assert weights("plain", "--epochs", 2, "--augment", "shift=0") != whole


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (("--data", "nowhere"), 4, "nowhere: no such file or folder"),
        (("--target", "t"), 2, "--target is given without --data; expected both"),
        (("--data", "iris.csv", "--target", "leaf"), 4, "leaf"),
        (("--data", "iris.csv", "--image-size", "8"), 2, "--image-size is '8'; expected height x width in pixels"),
        (("--data", "iris.csv", "--image-size", "8x8"), 2, "is a CSV file, which has no image_size"),
        (("--data", "iris.csv", "--preset", "mnist"), 2, "Convolution takes an image"),
        (
            ("--data", "iris.csv", "--augment", "shift=1"),
            4,
            "augmentation: samples are float64 of shape (4,); expected images",
        ),
        (("--augment", "shift=a"), 2, "augmentation: found 'shift=a'"),
        (("--augment", "crop=28"), 2, "augmentation: crop is 28; expected less than the images' 28 x 28"),
        (("--augment", "flip=2"), 2, "augmentation: flip is 2; expected a probability, at most 1"),
    ],
)
def test_bad_input_is_one_clear_line(cli, iris, options, code, message):
    preset = () if "--preset" in options else ("--preset", "mlp")
    ran = cli("train", *preset, "--epochs", 1, *options, "--quiet")
    assert ran.code == code
    assert message in ran.err
    assert len(ran.err.splitlines()) == 1


@pytest.mark.parametrize(("options", "fraction"), [((), 0.1), (("--validation", 0.2), 0.2)])
def test_early_stopping_chooses_by_a_part_of_the_training_data_and_never_by_the_test(
    cli, monkeypatch, options, fraction
):
    seen = {}

    def watched(network, data, training, *, validation, **more):
        seen.update(data=data, validation=validation)
        return learn(network, data, training, validation=validation, **more)

    monkeypatch.setattr("chainrule.cli.training_run.learn", watched)
    sizes = ("--train-data-size", 600, "--test-data-size", 200, "--epochs", 2)
    ran = cli("train", "--preset", "mlp", *sizes, "--early-stopping", 2, *options, "--out", "run", "--json")
    assert ran.code == 0
    note = "early stopping: 10 % of the training data are held out to choose by"
    assert ran.err.splitlines().count(note) == (not options)
    result = json.loads(ran.out)
    held_out = round(fraction * 600)
    assert (result["train_samples"], result["test_samples"]) == (600 - held_out, 200)
    assert f"validation = {fraction}" in Path("run/config.toml").read_text()

    def pictures(data):
        return {x.tobytes() for x in data.x}

    whole = pictures(mnist("train").head(600))
    assert len(pictures(seen["validation"])) == held_out
    assert pictures(seen["validation"]) == whole - pictures(seen["data"])
    assert not pictures(seen["validation"]) & pictures(mnist("test"))


def test_kaggles_digits(cli, tmp_path):
    """A table with the label first is read as images; without a label it would be for predict."""
    data = mnist("train").head(600)
    names = ["label", *(f"pixel{k}" for k in range(784))]
    rows = np.column_stack([data.t, np.reshape(data.x, (600, 784))])
    np.savetxt(tmp_path / "train.csv", rows, "%d", ",", header=",".join(names), comments="")
    ran = cli("train", "--data", "train.csv", "--preset", "lecture", "--epochs", 2, "--out", "run", "--json", "--quiet")
    assert json.loads(ran.out)["accuracy"] > 0.6
    assert ran.err.splitlines() == [
        f"chainrule: warning: train.csv: {line}"
        for line in (
            "'label' is taken as the target, not the last column, 'pixel783' (--target pixel783: that one)",
            "784 columns called pixels are taken as images of 28x28 pixels (--image no: as numbers)",
        )
    ]
    network = load_checkpoint("run/model.safetensors").network
    assert (network.input_shape, network.output_shape) == ((1, 28, 28), (10,))
    np.savez("others.npz", x=data.x[:50], t=data.t[:50])
    assert evaluate(cli, "--data", "others.npz")["samples"] == 50
    ran = cli("train", "--data", "train.csv", "--preset", "mlp", "--target", "pixel783", "--image", "no")
    assert ran.code == 4
    assert "column 'pixel783', the target, is 0 in all rows; expected different ones (--target label?)" in ran.err


def test_how_a_table_is_read_is_said_and_kept(cli, tmp_path):
    rows = "".join(f"{k % 7},{'?' if k == 5 else k % 5},{k % 3}\n" for k in range(90))
    (tmp_path / "t.csv").write_text("0,1,2\n" + rows)
    options = ("--header", "no", "--missing", "mean", "--regression", "--target", 2)
    run(cli, "--preset", "mlp", "--data", "t.csv", "--epochs", 1, *options)
    checkpoint = load_checkpoint("run/model.safetensors")
    expected = {"header": "no", "missing": "mean", "regression": True, "target": "2"}
    assert {name: checkpoint.configuration[name] for name in expected} == expected
    assert checkpoint.network.output_shape == (1,)
    assert evaluate(cli)["samples"] == 15
    (tmp_path / "others.csv").write_text("1,?,2\n?,3,1\n4,3,0\n")
    assert evaluate(cli, "--data", "others.csv")["samples"] == 3
    options = ("--classification", "--missing", "drop", "--out", "other")
    assert cli("train", "--preset", "mlp", "--data", "t.csv", "--epochs", 1, *options).code == 0
    checkpoint = load_checkpoint("other/model.safetensors")
    assert (checkpoint.configuration["regression"], checkpoint.network.output_shape) == (False, (3,))
    for wrong, message in (
        (("--header", "maybe"), "--header is 'maybe'; expected yes or no"),
        (("--missing", "median"), "missing is 'median'; expected one of mean, drop"),
        (("--image", "big"), "image is 'big'; expected height x width"),
    ):
        ran = cli("train", "--preset", "mlp", "--data", "t.csv", *wrong)
        assert (ran.code, message in ran.err) == (2, True)


def test_pictures_that_cannot_be_read_are_skipped_if_so_asked(cli, pictures):
    (pictures / "digit 0" / "bad.png").write_text("no picture")
    Image.new("L", (8, 8), 255).save(pictures / "digit 1" / "blank.png")
    ran = cli("train", "--data", pictures, "--out", "run")
    assert (ran.code, "digit 0/bad.png: cannot be read as an image" in ran.err) == (4, True)
    ran = cli("train", "--data", pictures, "--out", "run", "--preset", "lecture", "--epochs", 1, "--skip-bad")
    files = len(list(pictures.glob("*/*.png")))
    assert ran.code == 0
    assert ran.err.count(f"2 of {files} files are left out, which cannot be read or are blank: digit 0/bad.png") == 1
    assert 0 < evaluate(cli)["samples"] < evaluate(cli, "--split", "all")["samples"] == files - 2
    assert cli("train", "--resume", "run", "--epochs", 2).code == 0


def test_what_a_model_knows_of_its_target_is_not_guessed_again(cli):
    np.savetxt("counts.csv", [(k % 7, k % 5, 3 * (k % 80)) for k in range(200)], "%d", ",", header="a,b,n", comments="")
    assert "80 different whole numbers, is taken as values" in cli("train", "--data", "counts.csv", "--out", "run").err
    ran = cli("evaluate", "run")
    assert (ran.code, ran.err) == (0, "")
    assert "R2" in ran.out
    assert "accuracy" not in ran.out
