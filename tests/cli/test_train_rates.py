"""chainrule train with schedules, clipping and averages: what is kept of them, shown of them, and gone on with."""

import json
import tomllib
from pathlib import Path

import pytest

from chainrule.exchange.model_file import load_checkpoint
from report_page import Page

SMALL = ("--preset", "mlp", "--train-data-size", 320, "--test-data-size", 50, "--engine", "reference")
RATES = ("--optimizer", "adamw", "--schedule", "warmup:length=3+onecycle:low_momentum=0.8", "--clip-norm", 2)


def test_they_are_kept_and_shown_by_the_report(cli):
    assert cli("train", *SMALL, *RATES, "--average", "ema:decay=0.9", "--epochs", 2, "--out", "run").code == 0
    training = tomllib.loads(Path("run/config.toml").read_text())["training"]
    assert training["optimizer"]["type"] == "AdamW"
    assert training["schedule"]["then"]["low_momentum"] == 0.8
    assert training["average"] == {"type": "EMA", "decay": 0.9, "every": 1}
    assert training["clip_norm"] == 2.0
    assert load_checkpoint("run/model.safetensors").configuration["training"] == training
    lines = [json.loads(line) for line in Path("run/metrics.jsonl").read_text().splitlines()]
    assert [line["updates"] for line in lines] == [5, 10]
    page = Page(Path("run/report.html").read_text(encoding="utf-8"))
    charts = [svg.attributes["aria-label"] for svg in page.all("svg")]
    assert "learning rate, learning rate: 4e-09 at the end" in charts
    assert "momentum, momentum: 0.9 at the end" in charts


@pytest.mark.parametrize("schedule", ["plateau", "Step:every=1/3,factor=0.5"])
def test_each_schedule_has_its_chart(cli, schedule):
    schedule = schedule.replace("plateau", "reduceonplateau:patience=0,threshold=1,factor=0.5")
    assert cli("train", *SMALL, "--schedule", schedule, "--epochs", 3, "--out", "run").code == 0
    page = Page(Path("run/report.html").read_text(encoding="utf-8"))
    (chart,) = [label for svg in page.all("svg") if "learning rate" in (label := svg.attributes.get("aria-label", ""))]
    assert chart.endswith("at the end")
    lines = [json.loads(line) for line in Path("run/metrics.jsonl").read_text().splitlines()]
    if "plateau" in schedule:
        assert [line["lr"] for line in lines] == [0.001, 0.0005, 0.00025]
    else:
        assert [line["lr"] for line in lines] == [0.001, 0.0005, 0.0005]


@pytest.mark.parametrize("average", ["ema:decay=0.9", "swa:last=0.9"])
def test_a_longer_run_is_the_same_as_if_it_had_never_ended(cli, average):
    how = (*SMALL, "--optimizer", "sgd", "--momentum", 0.9, "--nesterov", "--average", average, "--schedule", "step")
    assert cli("train", *how, "--epochs", 3, "--out", "whole").code == 0
    assert cli("train", *how, "--epochs", 1, "--out", "part").code == 0
    assert cli("train", "--resume", "part", "--epochs", 3).code == 0
    whole, part = (load_checkpoint(f"{name}/model.safetensors") for name in ("whole", "part"))
    assert whole.last_w is not None
    assert part.last_w is not None
    assert whole.last_w.tobytes() == part.last_w.tobytes()
    if average.startswith("ema"):  # that of swa knows how long the run is to be
        assert whole.network.w.tobytes() == part.network.w.tobytes()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ("--schedule", "cosin"),
            "--schedule is 'cosin'; expected one of: Step, Exponential, Cosine, Warmup, OneCycle",
        ),
        (("--schedule", "cosine:last"), "--schedule has 'last'; expected settings by name, as in last=0.1"),
        (("--schedule", "cosine:lst=1"), "--schedule has 'lst'; expected only last, per"),
        (("--schedule", "cosine+step"), "--schedule has something after Cosine; expected it after Warmup alone"),
        (
            ("--schedule", "step", "--lr-decay", "0.5"),
            "lr_decay is 0.5 beside a schedule, Step(); expected one of them",
        ),
        (("--average", "ema:decay=2"), "EMA: decay is 2.0; expected a number from 0 to below 1"),
        (("--clip-norm", "0"), "clip_norm is 0.0; expected a number above 0, or None"),
        (("--optimizer", "sgd", "--nesterov"), "SGD: nesterov is True without momentum"),
        (("--nesterov",), "--nesterov is given for Adam; expected it with --optimizer sgd"),
    ],
)
def test_what_is_wrong_is_said(cli, options, message):
    ran = cli("train", *SMALL, *options, "--out", "run")
    assert ran.code == 2
    assert message in ran.err.replace("\n", " ")


def test_the_learning_rate_is_looked_for(cli):
    ran = cli("train", *SMALL, "--find-lr", "--plot", "lr.svg")
    assert ran.code == 0
    assert "suggestion" in ran.out
    assert Path("lr.svg").exists()
    assert not Path("runs").exists()
    found = json.loads(cli("train", *SMALL, "--find-lr", "--json").out)
    assert 1e-5 < found["suggestion"] < found["lowest_loss_at"]
    assert len(found["lr"]) == len(found["loss"])
    for option in (("--out", "run"), ("--checkpoint-every", 5), ("--log-interval", 1), ("--tensorboard",)):
        refused = cli("train", *SMALL, "--find-lr", *option)
        assert refused.code == 2
        assert f"{option[0]} is given with --find-lr, which trains nothing" in refused.err
