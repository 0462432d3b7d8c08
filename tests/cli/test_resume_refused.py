"""Settings, runs and data that --resume does not go on with."""

from dataclasses import replace
from pathlib import Path

import pytest

from chainrule.exchange.model_file import load_checkpoint
from small_runs import SMALL, metrics


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ("--lr", 0.1),
            "--lr is given with --resume, which goes on with the run's own settings; expected only --epochs, ",
        ),
        (("--preset", "mlp"), "--preset is given with --resume"),
        (("--seed", 0), "--seed is given with --resume"),
        (("--weight-seed", 3), "--weight-seed is given with --resume"),
        (("--early-stopping", 1), "--early-stopping is given with --resume"),
        (("--out", "other"), "--out is given with --resume"),
        (("--epochs", 1), "--epochs, the total, is 1, but run has made 2; expected at least 2"),
    ],
)
def test_settings_of_a_run_cannot_be_changed(cli, options, message):
    cli("train", "--preset", "mlp", *SMALL, "--epochs", 2, "--out", "run")
    ran = cli("train", "--resume", "run", *options)
    assert ran.code == 2
    assert message in ran.err
    assert len(metrics("run")) == 2


def test_what_is_no_run_is_refused(cli, tmp_path):
    ran = cli("train", "--resume", "nowhere")
    assert (ran.code, ran.err) == (
        2, "chainrule: nowhere: there is no config.toml in it; expected the folder of a run\n",
    )  # fmt: skip
    cli("train", "--preset", "mlp", *SMALL, "--epochs", 1, "--out", "run")
    Path("run/model.safetensors").unlink()
    assert cli("train", "--resume", "run").code == 4
    Path("run/config.toml").write_text("name = ")
    ran = cli("train", "--resume", "run")
    assert ran.code == 4
    assert "config.toml: not a TOML file" in ran.err


def test_a_run_of_an_older_version_that_cannot_go_on_is_refused_and_stays_as_it_is(cli, monkeypatch):
    cli("train", "--preset", "mlp", *SMALL, "--epochs", 1, "--out", "run")
    before = {path.name: path.read_bytes() for path in Path("run").iterdir()}
    monkeypatch.setattr(
        "chainrule.cli.run_folder.load_checkpoint", lambda path: replace(load_checkpoint(path), obstacle="it is old")
    )
    ran = cli("train", "--resume", "run", "--epochs", 2)
    assert (ran.code, ran.out, ran.err) == (2, "", "chainrule: this run cannot be resumed: it is old\n")
    assert {path.name: path.read_bytes() for path in Path("run").iterdir()} == before


def table_of(path: Path, rows: int = 60, changed: int | None = None) -> Path:
    """A table whose target follows from its first column; one row of it may be another."""
    lines = [f"{k % 7}.5,{k % 5},{'yes' if k % 7 > 3 else 'no'}" for k in range(rows)]
    if changed is not None:
        lines[changed] = f"3.25{lines[changed][3:]}"
    path.write_text("\n".join(["a,b,answer", *lines]) + "\n")
    return path


def test_the_same_data_may_lie_elsewhere(cli, tmp_path):
    run = ("train", "--preset", "mlp", "--epochs", 1, "--out", "run")
    assert cli(*run, "--data", table_of(tmp_path / "before.csv")).code == 0
    (tmp_path / "before.csv").rename(tmp_path / "after.csv")
    assert cli("train", "--resume", "run", "--epochs", 2).code == 4
    ran = cli("train", "--resume", "run", "--epochs", 2, "--data", tmp_path / "after.csv")
    assert (ran.code, len(metrics("run"))) == (0, 2)
    assert cli("train", "--resume", "run", "--epochs", 3).code == 0  # where they are now is kept


@pytest.mark.parametrize("row", [0, 17, 59])
def test_other_data_are_refused(cli, tmp_path, row):
    path = table_of(tmp_path / "t.csv")
    assert cli("train", "--preset", "mlp", "--data", path, "--epochs", 1, "--out", "run").code == 0
    model = Path("run/model.safetensors").read_bytes()
    for rows, changed in ((60, row), (59, None), (61, None)):
        table_of(path, rows, changed)
        ran = cli("train", "--resume", "run", "--epochs", 2)
        assert ran.code == 4
        assert "run: the " in ran.err
        assert "are not those that the run was begun on; expected these unchanged" in ran.err
    assert Path("run/model.safetensors").read_bytes() == model


def test_an_older_run_goes_on_and_says_what_it_does_not_know(cli):
    cli("train", "--preset", "mlp", *SMALL, "--epochs", 1, "--out", "run")
    config = Path("run/config.toml")
    config.write_text(config.read_text().partition("[fingerprints]")[0])
    ran = cli("train", "--resume", "run", "--epochs", 2)
    assert ran.code == 0
    assert "warning: run: was begun before runs knew their data" in ran.err
