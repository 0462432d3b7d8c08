"""chainrule predict: what a model says of images, with each as the network sees it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.columns import Columns
from rich.console import RenderableType
from rich.panel import Panel
from rich.text import Text

from chainrule.base.errors import ModelError
from chainrule.cli.console import Json, Output, Quiet
from chainrule.cli.pictures import BAR, bar, half_blocks, thumbnail
from chainrule.data import read_digit
from chainrule.data.pixels import Form, read_images
from chainrule.exchange.model_file import load_checkpoint
from chainrule.tasks.presets import DIGIT_SHAPE, DIGITS

MOST = 12  # classes that are shown


def predict(
    model: Annotated[Path, typer.Argument(help="A model.safetensors of a training run.")],
    images: Annotated[
        list[Path],
        typer.Argument(help="Pictures: of a digit, any size, dark on light or light on dark; or of a class."),
    ],
    as_is: Annotated[
        bool, typer.Option("--as-is", help="Only resize the pictures: do not look for a digit in them.")
    ] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Recognise what is in each image: a digit, or whatever classes the model has learned."""
    output = Output(json, quiet)
    checkpoint = load_checkpoint(model)
    network, names = checkpoint.network, checkpoint.configuration.get("classes")
    shape, classes = network.input_shape, network.loss.classes(np.zeros((1, *network.output_shape)))
    if len(shape) != 3 or shape[0] not in (1, 3) or classes is None:
        raise ModelError(f"{model}: takes {shape}; expected a model of classes of images, grey or in colour")
    digits = shape == DIGIT_SHAPE and network.output_shape == (DIGITS,) and names is None and not as_is
    if digits:
        x = np.stack([read_digit(path) for path in images])
    else:
        x = read_images(images, Form(shape[0], shape[1:]), resize=True)
    p = as_probabilities(network.predict(x))
    names = names or [str(k) for k in range(p.shape[1])]
    values = [
        {
            "image": str(path),
            "class": names[int(each.argmax())],
            **({"digit": int(each.argmax())} if digits else {}),
            "probabilities": [round(float(v), 6) for v in each],
        }
        for path, each in zip(images, p, strict=True)
    ]
    shown = [show(path, picture, each, names) for path, picture, each in zip(images, x, p, strict=True)]
    output.result({"classes": names, "predictions": values}, *shown)


def as_probabilities(p: np.ndarray) -> np.ndarray:
    """(s, n) of each class, from what a network says: (s, 1) is of class 1 of two."""
    return np.concatenate([1 - p, p], axis=1) if p.shape[1] == 1 else p


def show(path: Path, picture: np.ndarray, p: np.ndarray, names: Sequence[str]) -> RenderableType:
    """The image as the network sees it, beside the probabilities as bars: all, or the highest if they are many."""
    answer, bars = int(p.argmax()), Text()
    rows = range(len(p)) if len(p) <= MOST else np.argsort(-p, kind="stable")[:MOST]
    width = max(len(names[k]) for k in rows)
    for k in rows:
        style = "bold green" if k == answer else "dim"
        bars.append(f"{names[k]:>{width}} {bar(float(p[k])):<{BAR}} {p[k]:7.2%}\n", style)
    bars.append(f"\n{path}: {'a ' if names[answer].isdecimal() else ''}{names[answer]}", "bold")
    return Columns([Panel(half_blocks(thumbnail(picture)), padding=0), bars], padding=(0, 2))
