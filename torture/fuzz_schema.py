"""Settings and models, fuzzed."""

import io
import json
import tempfile
from pathlib import Path

import tomli_w

from chainrule.base.errors import NetworkError
from chainrule.base.plain_text import toml_of
from chainrule.cli.run_files import read_configuration, read_epochs, read_losses, read_steps
from chainrule.exchange.checkpoint import checkpoint_of
from chainrule.exchange.description import parts_of
from chainrule.exchange.tensor_file import read_header
from torture.fuzzing import fuzzed
from torture.models import small_checkpoint, small_model
from torture.settings_files import NETWORK

FOLDER = tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None)
FILE = Path(FOLDER.name, "file")
"""In memory, where the system has files there."""
MODEL = small_model(FILE)
CONFIGURATION = small_checkpoint().configuration | {
    "validation": 0.2, "skip_bad": True, "network": NETWORK, "extensions": [{"updates": 3, "epochs": 1}],
}  # fmt: skip
TOML = [
    tomli_w.dumps(NETWORK).encode(),
    b"input_shape = [4]\nlayers = [{ type = 'Linear', out_features = 3 }]\n",
    b"a.b.c = [1, 0x1f, 1e5, inf, 1979-05-27T07:32:00Z]\n[[t.u]]\n'x y' = '''text'''\n",
]
LINE = {"epoch": 1, "loss": 0.5, "lr": 0.1, "seconds": 0.1, "validation_accuracy": None, "weights": "0123456789abcdef"}
LINES = "".join(json.dumps(LINE | {"epoch": k}) + "\n" for k in (1, 2, 3)).encode()
STEP = {"epoch": 1, "updates": 1, "weights": "0123456789abcdef"}
STEPS = "".join(json.dumps(STEP | {"batch": k}) + "\n" for k in (1, 2, 3)).encode()
LOSS = {"epoch": 1, "first": 1, "each": 2, "losses": [2.5, None]}
LOSSES = "".join(json.dumps(LOSS | {"batch": k}) + "\n" for k in (1, 2, 3)).encode()


@fuzzed("a network in TOML", seeds=TOML)
def toml(data: bytes) -> None:
    parts_of(toml_of(data.decode("utf-8", "replace"), "fuzzed", NetworkError))


@fuzzed("a run's config.toml", seeds=[tomli_w.dumps(CONFIGURATION).encode(), *TOML])
def configuration(data: bytes) -> None:
    FILE.write_bytes(data)
    read_configuration(FILE)


@fuzzed("a run's metrics.jsonl", seeds=[LINES, LINES[:-9]])
def metrics(data: bytes) -> None:
    FILE.write_bytes(data)
    read_epochs(FILE)


@fuzzed("a run's steps.jsonl", seeds=[STEPS, STEPS[:-9]])
def steps(data: bytes) -> None:
    FILE.write_bytes(data)
    read_steps(FILE)


@fuzzed("a run's losses.jsonl", seeds=[LOSSES, LOSSES[:-9]])
def losses(data: bytes) -> None:
    FILE.write_bytes(data)
    read_losses(FILE)


@fuzzed("a model with a right SHA-256", seeds=[MODEL])
def model(data: bytes) -> None:
    checkpoint_of(read_header(Path("fuzzed"), io.BytesIO(data), len(data)))


@fuzzed("a safetensors file", seeds=[MODEL, MODEL[:400]])
def tensors(data: bytes) -> None:
    read_header(Path("fuzzed"), io.BytesIO(data), len(data))
