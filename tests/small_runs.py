"""Small runs of `chainrule train`, and what they leave in their folders."""

import json
from pathlib import Path

from chainrule.cli.recorded import BY_CLOCK
from chainrule.exchange.model_file import load_checkpoint

SMALL = ("--train-data-size", 640, "--test-data-size", 200)
MNIST = ("--preset", "mnist", *SMALL, "--batch-size", 64)  # with dropout


def weights(folder: str) -> bytes:
    return load_checkpoint(f"{folder}/model.safetensors").network.w.tobytes()


def metrics(folder: str) -> list[dict]:
    """The lines of metrics.jsonl without what a clock decides."""
    lines = [json.loads(line) for line in Path(folder, "metrics.jsonl").read_text().splitlines()]
    return [{key: value for key, value in line.items() if key not in BY_CLOCK} for line in lines]
