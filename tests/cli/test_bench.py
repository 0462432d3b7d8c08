"""bench: a table for a person, the numbers for a program, one line for bad input."""

import json

import pytest

FEW = "--after", 2, "--steps", 2, "--warmup", 0


def test_the_numbers(cli):
    ran = cli("bench", "--preset", "mlp", *FEW, "--threads", 1, "--batch-size", 32, "--json", "--quiet")
    assert (ran.code, ran.err) == (0, "")
    values = json.loads(ran.out)
    assert (values["preset"], values["batch_size"], values["after"], values["steps"]) == ("mlp", 32, 2, 2)
    assert values["peak_gflops"] > 0
    assert values["bandwidth_gb_per_second"] > 0
    assert values["step"]["threads"] == 1
    assert values["step"]["samples_per_second"] > 0
    rows = {(row["stage"], row["phase"]): row for row in values["rows"]}
    assert sum(row["share"] for row in values["rows"]) == pytest.approx(1)
    forward = rows["Linear(100) + ReLU", "forward"]
    assert forward["dense_gflops"] >= forward["gflops"] > 0
    assert forward["gb_per_second"] is None
    update = rows["other weights", "update"]
    assert update["gb_per_second"] > 0
    assert update["gflops"] is None
    assert values["calls"]["us_per_sample"] == pytest.approx(sum(row["us_per_sample"] for row in values["rows"]))


def test_the_table(cli, idx_folder):
    ran = cli("bench", "--preset", "lecture", *FEW, "--threads", 2, "--data", idx_folder)
    assert ran.code == 0
    for text in ("Convolution(32, 3x3)", "+ ReLU", "+ MaxPooling(2x2)", "Linear(10)", "LogSoftmaxNLL()", "all calls"):
        assert text in ran.out
    for text in ("forward", "input gradient", "weight gradient", "update", "one thread", "2 threads", "bandwidth"):
        assert text in ran.out
    assert "2 steps" in ran.err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--preset", "none"), 2, "there is no preset 'none'"),
        (("--steps", 0), 2, "--steps is 0; expected a whole number of at least 1"),
        (("--after", -1), 2, "--after is -1; expected a whole number of at least 0"),
        (("--warmup", -1), 2, "--warmup is -1; expected a whole number of at least 0"),
        (("--threads", 0), 2, "--threads is 0; expected a whole number of at least 1"),
        (("--batch-size", 0), 2, "--batch-size is 0; expected 1 to 60,000"),
        (("--batch-size", 60001), 2, "--batch-size is 60001; expected 1 to 60,000"),
        (("--data", "none"), 4, "none"),
    ],
)
def test_bad_input_is_one_line(cli, arguments, code, message):
    ran = cli("bench", *arguments)
    assert (ran.code, ran.out) == (code, "")
    assert message in ran.err
    assert len(ran.err.splitlines()) == 1


def test_a_network_of_the_users_own(cli, tmp_path):
    (tmp_path / "small.toml").write_text(
        'input_shape = [1, 28, 28]\nlayers = [{ type = "Linear", out_features = 10 }]', encoding="utf-8"
    )
    values = json.loads(cli("bench", "--network", "small.toml", *FEW, "--json").out)
    assert (values["preset"], values["rows"][0]["stage"]) == ("small", "input")
