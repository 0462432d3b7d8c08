"""chainrule predict: what a model says of images, with the digit as the network sees it."""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.columns import Columns
from rich.console import RenderableType
from rich.panel import Panel
from rich.text import Text

from chainrule.cli.console import Json, Output, Quiet
from chainrule.data import read_digit
from chainrule.errors import ModelError
from chainrule.model_file import load
from chainrule.presets import DIGIT_SHAPE

BAR = 24  # characters of a probability of 1
EIGHTHS = " ▏▎▍▌▋▊▉█"


def predict(
    model: Annotated[Path, typer.Argument(help="A model.safetensors of a training run.")],
    images: Annotated[
        list[Path], typer.Argument(help="Pictures of a digit: any size, dark on light or light on dark.")
    ],
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Recognise a digit in each image."""
    output = Output(json, quiet)
    network = load(model)
    if network.input_shape != DIGIT_SHAPE or network.loss.classes(np.zeros((1, *network.output_shape))) is None:
        raise ModelError(f"{model}: takes {network.input_shape}; expected a model of digits, which takes {DIGIT_SHAPE}")
    digits = np.stack([read_digit(path) for path in images])
    probabilities = network.predict(digits)
    values = [
        {"image": str(path), "digit": int(p.argmax()), "probabilities": [round(float(v), 6) for v in p]}
        for path, p in zip(images, probabilities, strict=True)
    ]
    shown = [show(path, digit[0], p) for path, digit, p in zip(images, digits, probabilities, strict=True)]
    output.result({"predictions": values}, *shown)


def show(path: Path, digit: np.ndarray, p: np.ndarray) -> RenderableType:
    """The image as the network sees it, beside the probabilities as bars."""
    answer = int(p.argmax())
    bars = Text()
    for k, probability in enumerate(p):
        style = "bold green" if k == answer else "dim"
        bars.append(f"{k} {bar(float(probability)):<{BAR}} {probability:7.2%}\n", style)
    bars.append(f"\n{path}: a {answer}", "bold")
    return Columns([Panel(half_blocks(digit), padding=0), bars], padding=(0, 2))


def half_blocks(pixels: np.ndarray) -> Text:
    """(H, W) bytes as text: two rows of pixels to a line; in shades of grey, or as blocks where there is no colour."""
    return Text("\n").join(_line(upper, lower) for upper, lower in zip(pixels[::2], pixels[1::2], strict=True))


def _line(upper: np.ndarray, lower: np.ndarray) -> Text:
    text = Text()
    for a, b in zip(upper, lower, strict=True):
        if a > 127 and b > 127:
            text.append("█", f"rgb({a},{a},{a})")
        elif b > a:
            text.append("▄" if b > 127 else " ", f"rgb({b},{b},{b}) on rgb({a},{a},{a})")
        else:
            text.append("▀" if a > 127 else " ", f"rgb({a},{a},{a}) on rgb({b},{b},{b})")
    return text


def bar(probability: float) -> str:
    """A bar of eighths of a character."""
    eighths = round(probability * BAR * 8)
    return EIGHTHS[8] * (eighths // 8) + EIGHTHS[eighths % 8].strip()
