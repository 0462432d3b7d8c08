"""What the network is given: a digit of the test data, a picture, or what was drawn on the page.

    GET  /api/digit?split=test&number=17         number: also random, or mistake&after=17
    POST /api/picture                            the bytes of a picture's file
    POST /api/strokes                            {"pixels": base64 of 128 x 128 bytes: white ink on black}

Pictures and strokes are read as `chainrule predict` reads a file, by the same functions: so its answer is the same.
"""

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from PIL import Image

from chainrule.base.errors import DataError
from chainrule.server.asked import Asked
from chainrule.server.made_up import made_up
from chainrule.server.plain import array, from_base64, to_base64
from chainrule.server.refusal import Refusal
from chainrule.server.subject import Split, Subject
from chainrule.tasks.picture_inputs import PictureReader

SIDE = 128
"""Of the square that was drawn on, in pixels."""
CALLED = "picture"
MADE_UP = 1000
"""Inputs that are made up at random."""


def digit(subject: Subject, asked: Asked) -> dict[str, Any]:
    """One sample of the data; of a model without data one that is made up."""
    if subject.read is None:
        number = random.randrange(MADE_UP) if asked.query.get("number") == "random" else asked.number("number")
        x, t = made_up(subject.network, number)
        return {"image": image(x), "t": t, "number": number, "split": "made"}
    split: Split = "train" if asked.word("split", ("test", "train")) == "train" else "test"
    return sample(subject, split, _number(subject, asked, split, len(subject.data(split))))


def sample(subject: Subject, split: Split, number: int) -> dict[str, Any]:
    """The one of that number; Refusal if there is none."""
    data = subject.data(split)
    if number >= len(data):
        raise Refusal(f"there is no sample {number}; expected 0 to {len(data) - 1:,}", 404)
    return {"image": image(data.x[number]), "t": data.t[number].tolist(), "number": number, "split": split}


def _number(subject: Subject, asked: Asked, split: Split, samples: int) -> int:
    """Which one is asked for."""
    wanted = asked.query.get("number")
    if wanted == "random":
        return random.randrange(samples)
    if wanted == "mistake":
        if split != "test" or subject.examination.chosen is None:
            raise Refusal("a mistake is asked for; expected that of the test data, by a network of classes")
        wrong, after = subject.examination.wrong, asked.number("after", 0) if "after" in asked.query else -1
        if len(wrong) == 0:
            raise Refusal("the network makes no mistake in the test data", 404)
        return int(wrong[np.searchsorted(wrong, after, side="right") % len(wrong)])
    return asked.number("number")


def picture(subject: Subject, asked: Asked) -> dict[str, Any]:
    """What a picture's file holds."""
    with _file() as path:
        path.write_bytes(asked.body)
        return read_picture(subject, path)


@dataclass(frozen=True)
class Strokes:
    """What was drawn."""

    pixels: str


def strokes(subject: Subject, asked: Asked) -> dict[str, Any]:
    """What was drawn, as a file of these pixels would be read."""
    pixels = from_base64(asked.read(Strokes).pixels, "pixels")
    if len(pixels) != SIDE * SIDE:
        raise Refusal(f"pixels has {len(pixels):,} bytes; expected {SIDE} x {SIDE}")
    with _file() as path:
        Image.fromarray(np.frombuffer(pixels, np.uint8).reshape(SIDE, SIDE)).save(path, "PNG")
        return read_picture(subject, path)


@contextmanager
def _file() -> Iterator[Path]:
    """A place for a file, which is gone afterwards; errors about it do not tell where it was."""
    with TemporaryDirectory(prefix="chainrule-") as folder:
        try:
            yield Path(folder, CALLED)
        except DataError as error:
            raise DataError(str(error).replace(folder + os.sep, "")) from None


def read_picture(subject: Subject, path: Path) -> dict[str, Any]:
    """The picture in a file as the network reads it, and what is doubtful about that."""
    reader = PictureReader.of(subject.network, named=subject.classes is not None)
    block = reader.read([path])
    if block.problems:
        raise DataError(block.problems[0])
    x = reader.samples(block.x)
    reader.doubt(block, x)
    found = subject.network.check_shape(x)
    return {"image": image(found[0]), "notes": list(block.doubts.get(0, ()))}


def image(x: np.ndarray) -> Any:
    """An input as it is sent: bytes as such, numbers as an array."""
    return to_base64(np.ascontiguousarray(x).tobytes()) if x.dtype == np.uint8 else array(x)
