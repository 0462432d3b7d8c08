"""`chainrule gradcheck`: the exit code, the table, the JSON, and a wrong layer found and named."""

import json

import numpy as np
import pytest

from chainrule.cli.gradcheck import check_layers
from chainrule.layers.tanh import tanh_input_gradient
from chainrule.tasks.presets import PRESETS

NETWORK = """
input_shape = [1, 6, 5]
loss = "SquaredError"
layers = [
    { type = "Convolution", out_channels = 2, kernel_size = 2 }, { type = "Tanh" }, { type = "Dropout", p = 0.3 },
    { type = "MaxPooling" }, { type = "Linear", out_features = 3 },
]
"""
BLOCKS = """
input_shape = [2, 7, 6]
[[layers]]
type = "Residual"
layers = [{ type = "Convolution", out_channels = 3, padding = 1 }, { type = "Tanh" }]
shortcut = { type = "Sequential", layers = [{ type = "Convolution", out_channels = 3, kernel_size = 1 }] }
[[layers]]
type = "Linear"
out_features = 4
"""


@pytest.fixture
def gradcheck(cli, tmp_path):
    """Check a network file; the run, and its checks by name."""

    def command(*options: object, network: str = NETWORK):
        (tmp_path / "small.toml").write_text(network)
        ran = cli("gradcheck", "--network", "small.toml", "--json", *options)
        result = json.loads(ran.out, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
        assert (result["network"], result["passed"]) == ("small", ran.code == 0)
        return ran, {check["what"]: check for check in result["checks"]}

    return command


@pytest.fixture
def wrong_tanh(monkeypatch) -> None:
    wrong = "chainrule.layers.tanh.tanh_input_gradient"
    monkeypatch.setattr(wrong, lambda gy, y: tanh_input_gradient(gy, y) * (1 + 1e-5))


@pytest.mark.parametrize("name", ["lecture", "mlp"])
def test_presets_are_right(name, cli):
    ran = cli("gradcheck", "--preset", name, "--quiet")
    assert (ran.code, ran.err) == (0, "")
    assert f"{name}: all gradients are right" in ran.out
    assert "fc1.w" in ran.out
    assert "FAILED" not in ran.out


@pytest.mark.heavy
@pytest.mark.parametrize("name", ["mnist", "21mnist"])
def test_large_presets_layer_by_layer(name):
    """Their whole networks are checked, made small, in test_right_gradients.py."""
    rows = list(check_layers(PRESETS[name].network(), seed=0))
    assert len(rows) == 10
    assert all(row.passed for row in rows)


def test_json(gradcheck):
    ran, checks = gradcheck("--seed", 3)
    assert (ran.code, ran.err) == (0, "")
    assert json.loads(ran.out)["seed"] == 3
    assert list(checks)[:2] == ["Convolution(2, 2x2) on 1x6x5", "Tanh() on 2x5x4"]
    assert list(checks)[5:] == ["whole network", "conv1.w", "conv1.b", "fc1.w", "fc1.b", "x"]
    assert checks["x"]["entries"] == 16
    assert checks["x"]["of"] == 30
    assert checks["x"]["worst_entry"]["name"].startswith("x[0, 0, ")
    assert checks["whole network"]["worst_direction"]["error"] < 1e-6
    assert all(check["passed"] for check in checks.values())


def test_every_entry(gradcheck):
    ran, checks = gradcheck("--every-entry")
    assert all(check["entries"] == check["of"] for what, check in checks.items() if what != "whole network")
    assert "x: 30 entries" in ran.err


def test_layers_are_checked_alone_wherever_they_stand(gradcheck):
    ran, checks = gradcheck(network=BLOCKS)
    assert ran.code == 0
    alone = [what.partition("(")[0] for what in list(checks)[: list(checks).index("whole network")]]
    assert alone == ["Convolution", "Tanh", "Convolution", "Linear"]
    assert {"block1.conv1.w", "block1.shortcut.conv1.w", "fc1.b"} < set(checks)


@pytest.mark.usefixtures("wrong_tanh")
def test_a_wrong_layer_fails_and_is_named(gradcheck, cli):
    ran, checks = gradcheck()
    assert ran.code == 1
    failed = [what for what, check in checks.items() if not check["passed"]]
    assert failed[0] == "Tanh() on 2x5x4"
    assert not {"fc1.w", "fc1.b"} & set(failed)
    ran = cli("gradcheck", "--network", "small.toml")
    assert ran.code == 1
    assert ran.err.endswith("checks failed\n")
    assert "small: FAILED" in ran.out
    assert "Tanh() on 2x5x4: at x[" in ran.out
    assert "back propagation gives" in ran.out
    assert "whole network: along a random direction" in ran.out
    assert "Linear(3) on 2x2x2: " not in ran.out


def test_json_has_no_nan(gradcheck, monkeypatch):
    monkeypatch.setattr("chainrule.layers.linear.linear_bias_gradient", lambda gy: np.full(gy.shape[1:], np.nan))
    ran, checks = gradcheck()
    assert ran.code == 1
    assert checks["fc1.b"]["worst_entry"]["analytic"] is None
    assert checks["fc1.b"]["worst_entry"]["error"] is None


def test_the_seed_gives_the_same_result_again(gradcheck):
    results = [gradcheck("--seed", seed)[1] for seed in (1, 1, 2)]
    assert results[0] == results[1]
    assert results[0] != results[2]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--preset", "mlp", "--network", "small.toml"), "both --preset and --network are given; expected one of them"),
        (("--preset", "deep"), f"there is no preset 'deep'; expected one of: {', '.join(PRESETS)}"),
        (("--network", "missing.toml"), "missing.toml: no such file; expected a file in TOML"),
    ],
)
def test_contradictions_and_unknown_names(cli, options, message):
    ran = cli("gradcheck", *options)
    assert (ran.code, ran.out, ran.err) == (2, "", f"chainrule: {message}\n")
