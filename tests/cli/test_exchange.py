"""chainrule export and import: what a person and a program get."""

import json

import numpy as np
import onnx
import pytest
import torch
from onnx.reference import ReferenceEvaluator
from safetensors.torch import load_file, save_file

import chainrule
from chainrule.data import Dataset, mnist
from chainrule.exchange.pytorch import WANTED
from chainrule.tasks.presets import preset


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "model.safetensors"
    preset("lecture").network(seed=3).save(path)
    return path


def test_export_and_import_by_way_of_pytorch_change_nothing(cli, model, tmp_path):
    ran = cli("export", model, "--pytorch", "state.safetensors", "--json")
    values = json.loads(ran.out)
    state = load_file(tmp_path / "state.safetensors")
    assert (ran.code, ran.err) == (0, "")
    assert values["parameters"] == {
        "conv1.weight": [32, 1, 3, 3],
        "conv1.bias": [32],
        "fc1.weight": [10, 5408],
        "fc1.bias": [10],
    }
    assert values["parameters"] == {name: list(state[name].shape) for name in values["parameters"]}
    assert values["bytes"] == (tmp_path / "state.safetensors").stat().st_size
    ran = cli("import", "state.safetensors", "--preset", "lecture", "--out", "back.safetensors", "--json")
    assert (ran.code, ran.err) == (0, "")
    assert json.loads(ran.out)["size"] == 54410
    back = chainrule.load(tmp_path / "back.safetensors")
    assert back.w.tobytes() == chainrule.load(model).w.tobytes()
    assert back.scaling == preset("lecture").network().scaling


def test_import_takes_a_network_file(cli, tmp_path):
    (tmp_path / "mine.toml").write_text(
        'input_shape = [4]\nlayers = [{ type = "Linear", out_features = 3 }]', encoding="utf-8"
    )
    save_file({"fc1.weight": torch.ones(3, 4), "fc1.bias": torch.arange(3.0)}, tmp_path / "state")
    assert cli("import", "state", "--network", "mine.toml", "--out", "m").code == 0
    y = chainrule.load(tmp_path / "m")(np.ones((1, 4)))
    np.testing.assert_array_equal(y, [[4, 5, 6]])


def test_export_to_onnx(cli, model, tmp_path):
    values = json.loads(cli("export", model, "--onnx", "m.onnx", "--json").out)
    (given,), (made,) = values["inputs"], values["outputs"]
    about = "numbers; give bytes p of images as (p / 255 - 0.1307) / 0.3081"
    assert given == {"name": "x", "type": "float32", "shape": ["batch", 1, 28, 28], "about": about}
    assert made == {"name": "y", "type": "float32", "shape": ["batch", 10], "about": "what the last layer gives"}
    ran = cli("export", model, "--onnx", "m.onnx", "--preprocess", "--probabilities")
    assert (ran.code, ran.err) == (0, "")
    assert "x: uint8 (batch, 1, 28, 28)" in ran.out
    assert "probabilities: float32 (batch, 10)" in ran.out
    digits = mnist("test").head(5).x
    (found,) = ReferenceEvaluator(onnx.load(tmp_path / "m.onnx")).run(None, {"x": digits})
    np.testing.assert_allclose(np.asarray(found), chainrule.load(model).predict(digits), atol=1e-5)


def test_a_tables_columns_and_its_classes_by_name(cli, tmp_path):
    x = np.random.default_rng(0).normal(size=(40, 2))
    classes, columns = ("low", "high"), ("length", "width")
    data = Dataset(x, (x[:, 0] > 0).astype(int), classes=classes, columns=columns)
    network = chainrule.Network([chainrule.Linear(2)], 2)
    chainrule.fit(network, data, chainrule.Training(epochs=1), engine="reference")
    network.save(tmp_path / "m")
    ran = cli("export", "m", "--onnx", "m.onnx", "--columns", "--labels")
    assert (ran.code, ran.err) == (0, "")
    for text in (
        "length: float32 (batch, 1)",
        "width: float32 (batch, 1)",
        "label: string (batch), the class: low, high",
    ):
        assert text in ran.out
    names = {name: x[:, [k]].astype(np.float32) for k, name in enumerate(columns)}
    label, y = ReferenceEvaluator(onnx.load(tmp_path / "m.onnx")).run(None, names)
    assert [str(each) for each in label] == [classes[k] for k in network.classify(x)]
    np.testing.assert_allclose(np.asarray(y), network(x), atol=1e-5)
    assert (
        "x: float32 (batch, 2), a table of 2 columns: length, width, in this order"
        in cli("export", "m", "--onnx", "m.onnx").out
    )
    ran = cli("export", "m", "--onnx", "other.onnx", "--preprocess")
    wrong = "bytes of pixels are wanted, but the model was trained on a table of 2 columns: length, width"
    assert (ran.code, ran.err) == (2, f"chainrule: {wrong}\n")
    assert not (tmp_path / "other.onnx").exists()


def test_a_person_sees_what_was_written(cli, model, tmp_path):
    out = cli("export", model, "--pytorch", "state.safetensors").out
    said = "give bytes p of images as (p / 255 - 0.1307) / 0.3081", "what the last layer gives"
    for text in ("state.safetensors", "a state_dict of PyTorch", "conv1.weight", "32 x 1 x 3 x 3", "fc1.bias", *said):
        assert text in out
    assert "a model of chainrule" in cli("import", "state.safetensors", "--preset", "lecture", "--out", "m").out


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("export", "m"), 2, "neither --pytorch nor --onnx is given; expected one of them"),
        (
            ("export", "m", "--pytorch", "a", "--onnx", "b"),
            2,
            "both --pytorch and --onnx are given; expected one of them",
        ),
        (
            ("export", "m", "--pytorch", "a", "--preprocess"),
            2,
            "--preprocess, which changes a graph, is given with --pytorch; expected it with --onnx",
        ),
        (
            ("export", "m", "--pytorch", "a", "--probabilities"),
            2,
            "--probabilities, which changes a graph, is given with --pytorch; expected it with --onnx",
        ),
        (
            ("export", "none", "--onnx", "a"),
            4,
            "none: no such file; expected a model file, as runs/.../model.safetensors",
        ),
        (("export", "m", "--onnx", "none/a"), 2, "none/a: there is no folder none; expected one that exists"),
        (("export", "m", "--pytorch", "m"), 2, "m: is the file that is read; expected another one to write"),
        (
            ("import", "m", "--out", "a"),
            2,
            "neither --preset nor --network is given; expected one of them",
        ),
        (
            ("import", "m", "--out", "a", "--preset", "mlp", "--network", "b"),
            2,
            "both --preset and --network are given; expected one of them",
        ),
        (
            ("import", "m", "--out", "./m", "--preset", "mlp"),
            2,
            "m: is the file that is read; expected another one to write",
        ),
        (("import", "none", "--out", "a", "--preset", "mlp"), 4, f"none: no such file; expected {WANTED}"),
        (
            ("import", "m", "--out", "a", "--preset", "lecture"),
            4,
            "m: has conv1.w where PyTorch has conv1.weight: a model of chainrule, ready to use",
        ),
        (
            ("import", "m", "--out", "none/a", "--preset", "mlp"),
            2,
            "none/a: there is no folder none; expected one that exists",
        ),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(cli, model, tmp_path, arguments, code, message):
    model.rename(tmp_path / "m")
    content = (tmp_path / "m").read_bytes()
    ran = cli(*arguments)
    assert (ran.code, ran.out, ran.err) == (code, "", f"chainrule: {message}\n")
    assert [path.name for path in tmp_path.iterdir()] == ["m"]
    assert (tmp_path / "m").read_bytes() == content


def test_an_import_says_in_a_line_how_names_were_matched(cli, tmp_path):
    torch.manual_seed(0)
    module = torch.nn.Sequential(torch.nn.Linear(784, 100), torch.nn.ReLU(), torch.nn.Linear(100, 10, bias=False))
    save_file(module.state_dict(), tmp_path / "state.safetensors")
    ran = cli("import", "state.safetensors", "--preset", "mlp", "--out", "back.safetensors", "--quiet")
    words = "matched by shape and order: 0.weight as fc1.weight, 2.weight as fc2.weight; fc2.bias not there, taken as 0"
    assert (ran.code, ran.err) == (0, f"chainrule: warning: state.safetensors: {words}\n")
