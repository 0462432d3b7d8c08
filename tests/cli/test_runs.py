"""chainrule runs: a table of runs, and in what they differ."""

import json
from pathlib import Path

import pytest

SMALL = ("--preset", "mlp", "--train-data-size", 640, "--test-data-size", 200)


@pytest.fixture
def three(cli):
    """Three runs: b as a, c with another learning rate decay, which shows from epoch 2 on."""
    cli("train", *SMALL, "--epochs", 3, "--out", "all/a")
    cli("train", *SMALL, "--epochs", 2, "--out", "all/b")
    cli("train", *SMALL, "--epochs", 3, "--lr-decay", 0.5, "--out", "all/c")
    return cli


def test_runs_are_listed_with_their_last_figures(three):
    listed = json.loads(three("runs", "all", "--json").out)
    assert set(listed) == {"runs"}
    rows = listed["runs"]
    assert [Path(row["run"]).name for row in rows] == ["a", "b", "c"]
    assert [(row["epochs"], row["of"]) for row in rows] == [(3, 3), (2, 2), (3, 3)]
    last = json.loads(Path("all/a/metrics.jsonl").read_text().splitlines()[-1])
    for key in ("loss", "validation_loss", "validation_accuracy", "weights", "samples_per_second"):
        assert rows[0][key] == last[key]
    out = three("runs", "all").out
    assert f"{last['validation_accuracy']:.2%}" in out
    assert f"{last['loss']:.4f}" in out


def test_named_runs_are_compared(three):
    compared = json.loads(three("runs", "all/a", "all/b", "all/c", "--json").out)
    assert compared["differences"] == {"training.epochs": [3, 2, 3], "training.lr_decay": [1.0, 1.0, 0.5]}
    assert compared["first_different_epoch"] == [None, 2]
    out = three("runs", "all/a", "all/b", "all/c").out
    assert "training.lr_decay" in out
    assert "the same as in all/a in all 2 epochs that both have" in out
    assert "differ from all/a from epoch 2 on" in out


def test_layers_that_differ_are_named(cli):
    for name, preset in (("a", "mlp"), ("b", "lecture")):
        cli("train", "--preset", preset, "--epochs", 0, "--train-data-size", 64, "--test-data-size", 0, "--out", name)
    differences = json.loads(cli("runs", "a", "b", "--json").out)["differences"]
    assert differences["network.layers.1.type"] == ["Linear", "Convolution"]
    assert differences["name"] == ["mlp", "lecture"]
    assert cli("runs", "a", "b").code == 0


def test_the_default_is_the_folder_that_train_writes_to(cli):
    cli("train", *SMALL, "--epochs", 1)
    assert len(json.loads(cli("runs", "--json").out)["runs"]) == 1


def test_a_run_that_a_crash_cut_off_is_listed_as_far_as_it_came(three):
    with Path("all/a/metrics.jsonl").open("a") as file:
        file.write('{"epoch": 4, "los')
    assert json.loads(three("runs", "all/a", "--json").out)["runs"][0]["epochs"] == 3


@pytest.mark.parametrize(
    ("folder", "message"),
    [
        ("nowhere", "nowhere: no such folder; expected a run, or a folder of runs"),
        ("empty", "empty: there is no run in it; expected config.toml here or in its folders"),
    ],
)
def test_what_is_no_run_is_one_clear_line(cli, tmp_path, folder, message):
    (tmp_path / "empty").mkdir()
    ran = cli("runs", folder)
    assert (ran.code, ran.out, ran.err) == (2, "", f"chainrule: {message}\n")
