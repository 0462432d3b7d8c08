"""chainrule predict: what a model says of images, with each as the network sees it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import numpy as np

from chainrule.base.errors import ModelError
from chainrule.cli.console import Output
from chainrule.cli.pictures import answer
from chainrule.cli.run_folder import MODEL_HELP, model_file
from chainrule.cli.settings import Argument, Option
from chainrule.data import read_digit
from chainrule.data.pixels import Form, read_images
from chainrule.exchange.model_file import load_checkpoint
from chainrule.tasks.presets import DIGIT_SHAPE, DIGITS


@dataclass(frozen=True)
class Predict:
    """Recognise what is in each image: a digit, or whatever classes the model has learned."""

    model: Annotated[Path, Argument(MODEL_HELP)]
    images: Annotated[
        list[Path], Argument("Pictures: of a digit, any size, dark on light or light on dark; or of a class.")
    ]
    as_is: Annotated[bool, Option("Only resize the pictures: do not look for a digit in them.")] = False
    output: Output = field(default_factory=Output)

    def execute(self) -> None:
        checkpoint = load_checkpoint(model_file(self.model))
        network, names = checkpoint.network, checkpoint.configuration.get("classes")
        shape, classes = network.input_shape, network.classes_of(np.zeros((1, *network.output_shape)))
        if len(shape) != 3 or shape[0] not in (1, 3) or classes is None:
            raise ModelError(f"{self.model}: takes {shape}; expected a model of classes of images, grey or in colour")
        digits = shape == DIGIT_SHAPE and network.output_shape == (DIGITS,) and names is None and not self.as_is
        if digits:
            x = np.stack([read_digit(path) for path in self.images])
        else:
            x = read_images(self.images, Form(shape[0], shape[1:]), resize=True)
        p = as_probabilities(network.predict(x))
        names = names or [str(k) for k in range(p.shape[1])]
        values, shown = [], []
        for path, picture, each in zip(self.images, x, p, strict=True):
            k = int(each.argmax())
            value = {"image": str(path), "class": names[k], **({"digit": k} if digits else {})}
            values.append(value | {"probabilities": [round(float(v), 6) for v in each]})
            caption = f"{path}: {'a ' if names[k].isdecimal() else ''}{names[k]}"
            shown.append(answer(picture, each, names, {k: "bold green"}, caption=caption))
        self.output.result({"classes": names, "predictions": values}, *shown)


def as_probabilities(p: np.ndarray) -> np.ndarray:
    """(s, n) of each class, from what a network says: (s, 1) is of class 1 of two."""
    return np.concatenate([1 - p, p], axis=1) if p.shape[1] == 1 else p
