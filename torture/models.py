"""A small model, and every way to make it wrong that its SHA-256 does not tell: it is made anew."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import safe_open
from safetensors.numpy import load, save

import chainrule
from chainrule import Dropout, Linear, Network, ReLU, Training
from chainrule.data import Dataset
from chainrule.exchange.checkpoint import Checkpoint
from chainrule.exchange.model_file import content_hash, save_checkpoint
from chainrule.exchange.training_description import describe_training
from chainrule.training.early_stopping import EarlyStopping
from chainrule.training.events import CheckpointEvent, Event


def small_checkpoint() -> Checkpoint:
    """Of a network trained on a table of three columns and two classes, as a run keeps it."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(120, 3)).round(3)
    data = Dataset(x, (x[:, 0] > 0).astype(int), classes=("no", "yes"), columns=("a", "b", "c"), target="t")
    network, kept = Network([Linear(2), ReLU(), Dropout(0.2), Linear(2)], 3), []
    training, best = Training(epochs=2, batch_size=32), EarlyStopping(5)
    configuration = {
        "name": "small",
        "chainrule": "0.1",
        "engine": "reference",
        "classes": ["no", "yes"],
        "initial_weights": {"generator": "Philox4x32-10", "seed": 0},
        "training": describe_training(training),
        "target": "t",
        "fingerprints": {"train": "0"},
    }

    def keep(event: Event) -> None:
        if isinstance(event, CheckpointEvent):
            kept[:] = [Checkpoint.of(network, event, configuration)]

    chainrule.fit(network, data, training, listeners=[best, keep], engine="reference")
    return kept[0]


def small_model(path: Path) -> bytes:
    """The file of it."""
    save_checkpoint(path, small_checkpoint())
    return path.read_bytes()


class Parts:
    """A model's tensors and metadata, these as plain data where they are JSON; and the file of what became of them."""

    def __init__(self, content: bytes, path: Path) -> None:
        self.tensors = load(content)
        path.write_bytes(content)
        with safe_open(path, framework="numpy") as file:
            found = file.metadata()
        self.texts = {key: found[key] for key in ("format", "version")}
        self.tables = {key: json.loads(text) for key, text in found.items() if key not in (*self.texts, "sha256")}

    def metadata(self) -> dict[str, str]:
        return self.texts | {key: as_json(value) for key, value in self.tables.items()}

    def content(self) -> bytes:
        """The file, with the checksum that it must have."""
        metadata = self.metadata()
        arrays = {name: np.ascontiguousarray(array) for name, array in self.tensors.items()}
        return save(arrays, metadata | {"sha256": content_hash(arrays, metadata)})


def as_json(value: Any) -> str:
    """JSON, whatever is in it."""
    return value if isinstance(value, str) else json.dumps(value)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value in some plain data, those of tables and lists too."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, each in items for place in places(each, (*path, key)))]


def put(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """The plain data with another value at a path."""
    if not path:
        return new
    made = dict(value) if isinstance(value, dict) else list(value)
    made[path[0]] = put(value[path[0]], path[1:], new)
    return made


def without(value: Any, path: tuple[Any, ...]) -> Any:
    """The plain data without what is at a path."""
    made = dict(value) if isinstance(value, dict) else list(value)
    if len(path) == 1:
        del made[path[0]]
    else:
        made[path[0]] = without(value[path[0]], path[1:])
    return made


WRONG: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2, 0.5, -0.0, 1e300, 10**18, 10**30, 2**63, 2**64, "", "a", "3", "\x1b[31m",
    "x" * 100_000, float("nan"), float("inf"), float("-inf"),
    [], [None], [1], [[[]]], ["a", "a"], {}, {"type": "Linear"}, {"a": 1},
    {"type": "Standardise", "mean": [], "std": []},
)  # fmt: skip
"""What is put in the place of what a file says."""
