"""`chainrule gradcheck`: the exit code, the table, the JSON, and a wrong layer found and named."""

import json
from pathlib import Path

import numpy as np
import pytest

from chainrule.base.errors import NetworkError, UsageError
from chainrule.cli.gradcheck import check_layers, gradcheck
from chainrule.layers import Linear, Tanh
from chainrule.tasks.presets import PRESETS

NETWORK = """
input_shape = [1, 6, 5]
loss = "SquaredError"
layers = [
    { type = "Convolution", out_channels = 2, kernel_size = 2 }, { type = "Tanh" }, { type = "Dropout", p = 0.3 },
    { type = "MaxPooling" }, { type = "Linear", out_features = 3 },
]
"""


@pytest.fixture
def network_file(tmp_path: Path) -> Path:
    file = tmp_path / "small.toml"
    file.write_text(NETWORK)
    return file


@pytest.fixture
def wrong_tanh(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Tanh.input_gradient
    monkeypatch.setattr(Tanh, "input_gradient", lambda *arguments: right(*arguments) * (1 + 1e-5))


@pytest.mark.parametrize("name", ["lecture", "mlp"])
def test_presets_are_right(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert gradcheck(preset=name, quiet=True) == 0
    out, err = capsys.readouterr()
    assert f"{name}: all gradients are right" in out
    assert "fc1.w" in out
    assert "FAILED" not in out
    assert err == ""


@pytest.mark.parametrize("name", ["mnist", "21mnist"])
def test_large_presets_layer_by_layer(name: str) -> None:
    """Their whole networks are checked, made small, in test_gradient_check.py."""
    rows = list(check_layers(PRESETS[name].network(), seed=0))
    assert len(rows) == 10
    assert all(row.passed for row in rows)


def test_json(network_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert gradcheck(network=network_file, json=True, seed=3) == 0
    out, err = capsys.readouterr()
    result = json.loads(out, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    assert err == ""
    assert result["network"] == "small"
    assert result["passed"] is True
    assert result["seed"] == 3
    checks = {check["what"]: check for check in result["checks"]}
    assert list(checks)[:2] == ["Convolution(2, 2x2) on 1x6x5", "Tanh() on 2x5x4"]
    assert list(checks)[5:] == ["whole network", "conv1.w", "conv1.b", "fc1.w", "fc1.b", "x"]
    assert checks["x"]["entries"] == 16
    assert checks["x"]["of"] == 30
    assert checks["x"]["worst_entry"]["name"].startswith("x[0, 0, ")
    assert checks["whole network"]["worst_direction"]["error"] < 1e-6
    assert all(check["passed"] for check in result["checks"])


def test_every_entry(network_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert gradcheck(network=network_file, every_entry=True, json=True) == 0
    out, err = capsys.readouterr()
    checks = json.loads(out)["checks"]
    assert all(check["entries"] == check["of"] for check in checks if check["what"] != "whole network")
    assert "x: 30 entries" in err


@pytest.mark.usefixtures("wrong_tanh")
def test_a_wrong_layer_fails_and_is_named(network_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert gradcheck(network=network_file) == 1
    out = capsys.readouterr().out
    assert "small: FAILED" in out
    assert "Tanh() on 2x5x4: at x[" in out
    assert "back propagation gives" in out
    assert "whole network: along a random direction" in out
    assert "Linear(3) on 2x2x2: " not in out


@pytest.mark.usefixtures("wrong_tanh")
def test_a_wrong_layer_in_json(network_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert gradcheck(network=network_file, json=True) == 1
    result = json.loads(capsys.readouterr().out)
    assert result["passed"] is False
    failed = [check["what"] for check in result["checks"] if not check["passed"]]
    assert failed[0] == "Tanh() on 2x5x4"
    assert not {"fc1.w", "fc1.b"} & set(failed)


def test_json_has_no_nan(
    network_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Linear, "parameter_gradients", lambda self, gy, x, parameters: {"b": np.nan})
    assert gradcheck(network=network_file, json=True) == 1
    result = json.loads(capsys.readouterr().out, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    wrong = next(check for check in result["checks"] if check["what"] == "fc1.b")
    assert wrong["worst_entry"]["analytic"] is None
    assert wrong["worst_entry"]["error"] is None


def test_the_seed_gives_the_same_result_again(network_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results = []
    for seed in (1, 1, 2):
        gradcheck(network=network_file, seed=seed, json=True)
        results.append(json.loads(capsys.readouterr().out)["checks"])
    assert results[0] == results[1]
    assert results[0] != results[2]


def test_contradictions_and_unknown_names(network_file: Path) -> None:
    with pytest.raises(UsageError, match="both --preset and --network"):
        gradcheck(preset="mlp", network=network_file)
    with pytest.raises(UsageError, match="no preset 'deep'"):
        gradcheck(preset="deep")
    with pytest.raises(NetworkError, match=r"missing\.toml"):
        gradcheck(network=network_file.with_name("missing.toml"))
