"""chainrule train: what it writes, what it prints, what it refuses."""

import json
import re
import signal
import subprocess
import sys
import tomllib

import numpy as np
import pytest
from torture.signalled import heed

import chainrule
from chainrule.cli.data_options import Data
from chainrule.cli.network_options import Chosen
from chainrule.cli.train import training_of
from chainrule.cli.train_settings import TrainSettings
from chainrule.data import Dataset, mnist
from chainrule.exchange.model_file import load_checkpoint
from chainrule.tasks.presets import PRESETS, preset

SMALL = ("--train-data-size", 640, "--test-data-size", 200)


def test_a_run_writes_its_folder_and_prints_its_result(cli, tmp_path):
    ran = cli("train", "--preset", "mlp", "--epochs", 2, *SMALL, "--out", tmp_path / "run")
    assert ran.code == 0
    assert "accuracy" in ran.out
    assert str(tmp_path / "run" / "model.safetensors") in ran.out
    assert ran.err.count("epoch") == 2
    config = tomllib.loads((tmp_path / "run" / "config.toml").read_text())
    assert config["training"]["optimizer"] == {
        "type": "Adam", "lr": 0.001, "beta1": 0.9, "beta2": 0.999, "eps": 1e-08, "weight_decay": 0.0,
    }  # fmt: skip
    assert config["network"]["layers"][0] == {"type": "Linear", "out_features": 100}
    lines = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines] == [1, 2]
    checkpoint = load_checkpoint(tmp_path / "run" / "model.safetensors")
    assert (checkpoint.epoch, checkpoint.batch, checkpoint.step) == (2, 0, 20)
    assert checkpoint.configuration == config


def test_json_is_the_only_thing_on_stdout_and_tells_the_truth(cli, tmp_path):
    ran = cli("train", "--preset", "mlp", "--epochs", 3, *SMALL, "--json", "--out", "run")
    result = json.loads(ran.out)
    assert result["epochs"] == 3
    assert 0.5 < result["accuracy"] < 1
    network = chainrule.load(result["model"])
    seen = chainrule.evaluate(network, mnist("test").head(200))
    assert seen.accuracy == result["accuracy"]
    assert seen.loss == pytest.approx(result["loss"], rel=1e-6)
    assert result["samples_per_second"] > 0
    assert result["seconds"] > 0


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(cli):
    def weights(name, *options):
        assert cli("train", "--preset", "mlp", "--epochs", 1, *SMALL, "--out", name, *options).code == 0
        return chainrule.load(f"{name}/model.safetensors").w.tobytes()

    assert weights("a") == weights("b")
    assert weights("d", "--seed", 1) != weights("a2")


def test_the_default_folder_is_dated(cli, tmp_path):
    for _ in range(2):
        cli("train", "--preset", "mlp", "--epochs", 0, *SMALL)
    names = sorted(path.name for path in (tmp_path / "runs").iterdir())
    assert len(names) == 2
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d_mlp(-2)?", name) for name in names)


def test_quiet_leaves_stderr_empty(cli):
    ran = cli("train", "--preset", "mlp", "--epochs", 1, *SMALL, "--quiet")
    assert ran.err == ""
    assert "accuracy" in ran.out


def test_options_change_the_preset(cli, tmp_path):
    changes = ("--optimizer", "sgd", "--lr", 0.5, "--momentum", 0.9, "--weight-decay", 0.01)
    more = ("--batch-size", 7, "--order", "replacement", "--reduction", "sum")
    cli("train", "--preset", "mnist", "--epochs", 0, *SMALL, "--out", "a", *changes, *more)
    training = tomllib.loads((tmp_path / "a" / "config.toml").read_text())["training"]
    assert training["optimizer"] == {
        "type": "SGD", "lr": 0.5, "momentum": 0.9, "weight_decay": 0.01, "nesterov": False,
    }  # fmt: skip
    assert (training["batch_size"], training["order"], training["reduction"]) == (7, "replacement", "sum")
    assert training["lr_decay"] == 1.0


def test_a_network_of_the_users_own_on_data_of_the_users_own(cli, idx_folder, tmp_path):
    (tmp_path / "small.toml").write_text(
        'input_shape = [1, 28, 28]\nloss = "LogSoftmaxNLL"\n'
        '[[layers]]\ntype = "average_pooling"\nsize = 4\n[[layers]]\ntype = "linear"\nout_features = 10\n'
    )
    ran = cli("train", "--network", "small.toml", "--data-dir", idx_folder, "--epochs", 2, "--json", "--out", "run")
    result = json.loads(ran.out)
    assert (result["preset"], result["train_samples"], result["test_samples"]) == ("small", 300, 100)
    assert chainrule.load(result["model"]).size == 49 * 10 + 10


def test_validation_is_held_out_and_test_data_are_used_once(cli, tmp_path):
    ran = cli("train", "--preset", "mlp", "--epochs", 2, *SMALL, "--validation", 0.25, "--json", "--out", "run")
    result = json.loads(ran.out)
    assert result["train_samples"] == 480
    assert result["test_samples"] == 200
    assert ran.err.count("; held out: loss") == 2
    network = chainrule.load("run/model.safetensors")
    assert result["accuracy"] == chainrule.evaluate(network, mnist("test").head(200)).accuracy


def test_the_original_programs_lines_go_to_stdout(cli):
    options = ("train", "--preset", "21mnist", "--epochs", 1, "--train-data-size", 100, "--test-data-size", 50)
    ran = cli(*options, "--log-interval", 1, "--out", "a")
    lines = ran.out.splitlines()
    assert lines[0] == "Train Epoch: 1 [0/100 (0%)]\tLoss: 2.316252"
    assert re.fullmatch(r"Train Epoch: 1 \[64/100 \(50%\)\]\tLoss: \d\.\d{6}", lines[1])
    assert re.fullmatch(r"Test set: Average loss: \d\.\d{4}, Accuracy: \d+/50 \(\d+%\)", lines[2])
    ran = cli(*options, "--json", "--out", "b")
    json.loads(ran.out)
    assert "Train Epoch: 1 [0/100 (0%)]\tLoss: 2.316252" in ran.err
    assert "Test set:" in ran.err


def test_the_original_programs_published_losses(cli):
    ran = cli("train", "--preset", "21mnist", "--epochs", 8, "--train-data-size", 1, "--test-data-size", 0)
    losses = [float(line.split()[-1]) for line in ran.out.splitlines() if line.startswith("Train")]
    published = [2.286959, 0.927964, 0.004244, 0.001433, 0.002503, 0.000037, 0.000096, 0.000678]
    np.testing.assert_allclose(losses[:3], published[:3], rtol=0, atol=1e-5)
    assert all(abs(a - b) <= max(0.05 * b, 5e-6) for a, b in zip(losses, published, strict=True))
    assert "Test set" not in ran.out


def test_the_original_programs_seeds_are_options(cli):
    def first_loss(*options):
        ran = cli(
            "train", "--preset", "21mnist", "--epochs", 1, "--train-data-size", 64, "--test-data-size", 0, *options
        )
        return ran.out.splitlines()[0]

    default = first_loss()
    assert first_loss("--weight-seed", 1) != default
    assert first_loss("--dropout-seed-1", 0, "--dropout-seed-2", 0) != default


def test_ctrl_c_finishes_the_step_saves_and_leaves_with_130(tmp_path):
    line = [sys.executable, "-m", "chainrule", "train", "--preset", "mlp", "--epochs", "1000", "--test-data-size", "0"]
    running = subprocess.Popen(
        [*line, "--log-interval", "1", "--out", "run"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        preexec_fn=heed,
    )
    assert running.stderr is not None
    for told in running.stderr:
        if told.startswith(b"Train Epoch"):  # the first batch is done
            break
    running.send_signal(signal.SIGINT)
    out, _ = running.communicate(timeout=60)
    assert running.returncode == 130
    assert b"interrupted" in out
    checkpoint = load_checkpoint(tmp_path / "run" / "model.safetensors")
    assert checkpoint.step >= 1
    assert np.isfinite(checkpoint.network.w).all()


ERRORS = [
    (("--preset", "nope"), 2, f"there is no preset 'nope'; expected one of: {', '.join(PRESETS)}"),
    (("--lr", "-1"), 2, "Adam: lr is -1.0; expected a finite number of at least 0"),
    (("--lr", "nan"), 2, "--lr is nan; expected a finite number"),
    (("--lr", "fast"), 2, "--lr is 'fast'; expected a finite number"),
    (("--epochs", "-1"), 2, "--epochs is -1; expected a whole number of at least 0"),
    (("--batch-size", "0"), 2, "batch_size is 0"),
    (("--optimizer", "newton"), 2, "there is no optimizer 'newton'; expected one of: sgd, adadelta, adam"),
    (("--momentum", "0.9"), 2, "--momentum is given for Adam; expected it with --optimizer sgd"),
    (("--engine", "quantum"), 2, "there is no engine 'quantum'"),
    (("--threads", "0"), 2, "--threads is 0; expected a whole number of at least 1"),
    (("--log-interval", "0"), 2, "--log-interval is 0; expected a whole number of at least 1"),
    (("--seed", "-1"), 2, "--seed is -1; expected a whole number of at least 0"),
    (("--weight-seed", "1"), 2, "-2 is given for the network mlp; expected --preset 21mnist, or --seed instead"),
    (("--early-stopping", "0"), 2, "--early-stopping is 0; expected a whole number of at least 1"),
    (("--validation", "1.5"), 2, "--validation is 1.5; expected a number between 0 and 1"),
    (("--train-data-size", "0"), 4, "there is no training data"),
    (("--train-data-size", "60001"), 4, "cannot take the first 60001 samples; expected 0 to 60000"),
    (("--data-dir", "nowhere"), 4, "nowhere"),
    (("--network", "none.toml"), 2, "none.toml"),
    (("--optimizer", "sgd", "--lr", "1e9"), 3, "try a learning rate below 1e+09"),
    (("--nonsense",), 2, "No such option: --nonsense"),
]


@pytest.mark.parametrize(("options", "code", "message"), ERRORS)
def test_bad_input_is_one_clear_line_and_the_right_exit_code(cli, options, code, message):
    preset = () if "--network" in options or "--preset" in options else ("--preset", "mlp")
    ran = cli("train", *preset, "--train-data-size", 320, "--test-data-size", 0, "--out", "run", "--quiet", *options)
    assert ran.code == code
    assert ran.out == ""
    assert message in ran.err
    assert len(ran.err.splitlines()) == 1


def test_an_impossible_network_is_named(cli, tmp_path):
    (tmp_path / "bad.toml").write_text(
        'input_shape = [1, 28, 28]\n[[layers]]\ntype = "Convolution"\nout_channels = 4\nkernel_size = 31\n'
    )
    ran = cli("train", "--network", "bad.toml")
    assert ran.code == 2
    assert ran.err == (
        "chainrule: bad.toml: layer 1, Convolution(4, 31x31), cannot take input (1, 28, 28): "
        "Convolution: a 31x31 window on 28x28 pixels is impossible; at most 28x28 fits\n"
    )


def test_a_model_is_never_overwritten(cli, tmp_path):
    options = ("train", "--preset", "mlp", "--epochs", 1, *SMALL, "--out", "run")
    cli(*options)
    before = (tmp_path / "run" / "model.safetensors").read_bytes()
    ran = cli(*options)
    assert ran.code == 2
    assert "run: holds a model already; expected another --out, or --resume to go on with it" in ran.err
    assert (tmp_path / "run" / "model.safetensors").read_bytes() == before


def test_divergence_keeps_the_last_epochs_model(cli, tmp_path):
    options = ("--preset", "mlp", "--optimizer", "sgd", "--lr", 1, "--lr-decay", 1e30, *SMALL, "--out", "run")
    ran = cli("train", *options, "--epochs", 3)
    assert ran.code == 3
    assert "epoch 2" in ran.err.splitlines()[-1]
    assert load_checkpoint(tmp_path / "run" / "model.safetensors").epoch == 1


def test_a_run_writes_its_report(cli, tmp_path):
    ran = cli("train", "--preset", "mlp", "--epochs", 1, *SMALL, "--out", "a", "--json")
    assert json.loads(ran.out)["report"] == "a/report.html"
    assert "confusion" in (tmp_path / "a" / "report.html").read_text().lower()


def test_a_folder_that_cannot_be_made_fails_before_training(cli, tmp_path):
    (tmp_path / "file").write_text("")
    ran = cli("train", "--preset", "mlp", *SMALL, "--out", "file/run")
    assert ran.code == 2
    assert "file/run: cannot write there" in ran.err.replace("\\", "/")
    assert "epoch 1/" not in ran.err


def test_the_command_line_as_a_process(process):
    ran = process("train", "--preset", "mlp", "--epochs", 1, *SMALL, "--json")
    assert ran.code == 0
    assert set(json.loads(ran.out)) >= {"accuracy", "loss", "epochs", "seconds", "samples_per_second", "model"}
    assert "\x1b" not in ran.err
    ran = process("train", "--preset", "nope")
    assert (ran.code, ran.out) == (2, "")
    assert "Traceback" not in ran.err


def test_what_is_no_picture_in_bytes_is_not_augmented_and_that_is_said(capsys):
    data, chosen = Dataset(np.random.default_rng(0).random((6, 1, 8, 8)), np.arange(6) % 3), Chosen.of(preset("vgg"))
    network = chosen.network_for(data, 3)
    assert training_of(TrainSettings(), chosen, network, Data(data, None, None, 3)).augmentation is None
    assert "without augmentation" in capsys.readouterr().err
