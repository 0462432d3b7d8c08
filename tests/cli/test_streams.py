"""stdout and stderr of an encoding that lacks characters: plain ones instead, from every command."""

import io
import os
import sys
from itertools import product

import numpy as np
import pytest
from PIL import Image

import chainrule as cr
from chainrule.cli import run
from chainrule.cli.run_folder import RunFolder
from chainrule.cli.streams import ALIKE, usable_streams
from chainrule.data import mnist
from chainrule.exchange.description import describe
from chainrule.exchange.training_description import describe_training
from chainrule.layers import Linear
from chainrule.network.network import Network
from chainrule.training.settings import Training

ENCODINGS = "cp1252", "cp932", "cp437"
NETWORK = 'input_shape = [1, 4, 4]\n[[layers]]\ntype = "Linear"\nout_features = 3\n'


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A model of digits, one of regression, a run, a picture and tables with names beyond ASCII."""
    folder = tmp_path_factory.mktemp("encoded")
    network, digit = cr.preset("mlp").network(), mnist("test").head(1)
    network.save(folder / "model.safetensors")
    Image.fromarray(np.asarray(digit.x[0, 0])).save(folder / "éa日.png")
    np.savez(folder / "digits.npz", x=digit.x, t=(network.classify(digit.x) + 1) % 10)
    rows = "".join(f"{k},{k % 5},{'été' if k % 2 else '冬'}\n" for k in range(40))
    (folder / "日本é.csv").write_text(f"größe,b,季\n{rows}", encoding="utf-8")
    (folder / "zwölf.csv").write_text("größe,b\n1,2\n2,4\n3,5\n4,8\n", encoding="utf-8")
    (folder / "net.toml").write_text(NETWORK)
    return folder


COMMANDS = {
    "predict": ["predict", "model.safetensors", "éa日.png"],
    "evaluate": ["evaluate", "model.safetensors", "--data", "digits.npz"],
    "regress": ["regress", "zwölf.csv", "--compare", "gd,sgd"],
    "train": ["train", "--preset", "mlp", "--data", "日本é.csv", "--epochs", "1", "--engine", "reference"],
    "runs": ["runs"],
    "info": ["info"],
    "plan": ["info", "--preset", "mnist", "--plan"],
    "gradcheck": ["gradcheck", "--network", "net.toml"],
    "bench": ["bench", "--preset", "mlp", "--after", "0", "--warmup", "0", "--steps", "1"],
    "help": ["train", "--help"],
    "error": ["info", "--network", "né日.toml"],
}


def encoded(line: list[str], encoding: str, monkeypatch) -> tuple[int, str, str]:
    """A command on streams of that encoding that are as strict as they can be."""
    streams = [io.TextIOWrapper(io.BytesIO(), encoding, "strict") for _ in range(2)]
    monkeypatch.setattr(sys, "stdout", streams[0])
    monkeypatch.setattr(sys, "stderr", streams[1])
    code = run(line)
    assert [stream.errors for stream in streams] == ["strict"] * 2
    texts = []
    for stream in streams:
        stream.flush()
        texts.append(stream.buffer.getvalue().decode(encoding))
    return code, *texts


@pytest.mark.parametrize(
    ("name", "encoding"), [*((name, "ascii") for name in COMMANDS), *product(("predict", "train"), ENCODINGS)]
)
def test_no_character_is_refused(name, encoding, folder, monkeypatch):
    monkeypatch.chdir(folder)
    code, out, err = encoded(COMMANDS[name], encoding, monkeypatch)
    assert code == (2 if name == "error" else 0), err
    assert out if name != "error" else "n" in err
    assert "\N{FULL BLOCK}" not in out or encoding == "cp437"


def test_a_picture_and_its_bars_have_a_plain_form(folder, monkeypatch):
    monkeypatch.chdir(folder)
    _, out, _ = encoded(COMMANDS["predict"], "ascii", monkeypatch)
    _, drawn, _ = encoded(COMMANDS["predict"], "utf-8", monkeypatch)
    assert "###" in out
    assert r"\xe9a\u65e5.png" in out
    assert out.count("#") + out.count('"') + out.count("_") >= sum(map(drawn.count, "█▀▄"))


def test_columns_stay_where_they_are():
    stream = io.TextIOWrapper(io.BytesIO(), "ascii")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", stream)
        with usable_streams():
            print("".join(ALIKE), end="", flush=True)
    assert len(stream.buffer.getvalue()) == len(ALIKE)


def test_names_that_are_no_text_are_escaped_and_kept(tmp_path, cli):
    odd = os.fsdecode(b"d\xe9")
    folder = RunFolder(tmp_path)
    fixed = {"initial_weights": {"generator": "a", "seed": 0}, "training": describe_training(Training())}
    fixed["network"] = describe(Network([Linear(2)], 3))
    folder.begin({"name": odd, "data": odd, **fixed}, 0)
    assert folder.configuration()["data"] == folder.configuration()["name"] == odd
    assert cli("evaluate", odd).err.startswith("chainrule: d\\udce9: no such file")
