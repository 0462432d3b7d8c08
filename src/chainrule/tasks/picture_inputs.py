"""Pictures for a model that is there: each brought to what the model was trained on, whatever others are beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from chainrule.base.errors import DataError, ModelError, UsageError, warn
from chainrule.data.digits import Seen
from chainrule.data.full_scale import BYTES
from chainrule.data.images import opened_image, pillow_quiet, read_digits, read_seen
from chainrule.data.ink import SIDE, Ink, drawn, fill_the_box
from chainrule.data.pixels import Form, read_images
from chainrule.data.schema import Features, Given, Images
from chainrule.network.network import Network
from chainrule.network.reading import UNLIKE

DIGITS = (1, SIDE, SIDE), (10,)
"""What a network of digits takes and gives, if it does not know what it was trained on."""
PREPARED = "digits are found and centred as MNIST's, as in training"


@dataclass
class Block:
    """Some pictures, read."""

    x: np.ndarray
    """(m, c, i, j) uint8 of those that could be read, as the network sees them."""
    read: list[int]
    """Which these are; of a picture with several digits there are as many."""
    doubts: dict[int, tuple[str, ...]] = field(default_factory=dict)
    """What is doubtful about some."""
    problems: dict[int, str] = field(default_factory=dict)
    """Why others could not be read."""


@dataclass(frozen=True)
class PictureReader:
    """How pictures become inputs of a network."""

    network: Network
    form: Form
    prepared: bool
    """Whether a digit is looked for in them, as in MNIST's."""
    as_is: bool = False
    many: bool = False
    """Whether they hold several digits, from left to right."""
    ink: Ink | None = None
    """The colour of their ink, where they do not show it themselves."""

    @classmethod
    def of(cls, network: Network, *, named: bool = False, as_is: bool = False, many: bool = False) -> PictureReader:
        """By what the network was trained on; if it does not know that, by its shape, and by whether its classes are
        `named`: ten without names of images 28 x 28 are digits.

        ModelError for a network that takes no pictures, UsageError for `many` of what are no digits to be looked for.
        """
        images, shape = images_of(network), network.input_shape
        shape = shape if images is None else images.shape
        if len(shape) != 3 or shape[0] not in (1, 3):
            raise ModelError(f"takes {shape}, no pictures; expected a table or an array for it, or a model of images")
        old = network.schema is None and (shape, network.output_shape) == DIGITS and not named
        prepared = old if images is None else images.prepared
        if many and (as_is or not prepared):
            what = "pictures that are taken as they are" if as_is else "a model of other pictures than MNIST's digits"
            raise UsageError(f"many digits are asked for of {what}; expected digits that are looked for")
        white = 0.0 if images is None else images.white
        return cls(network, Form(shape[0], (shape[1], shape[2]), white), prepared and not as_is, as_is, many)

    def read(self, paths: Sequence[Path]) -> Block:
        """These pictures, as bytes in the model's size, with its ink."""
        block, found = Block(np.empty((0, self.form.channels, *self.form.size), np.uint8), []), []
        exact = self._exact(paths) if self.prepared else {}
        for k, path in enumerate(paths):
            try:
                seen = [exact[k]] if k in exact else self._seen(path)
            except DataError as error:
                block.problems[k] = str(error)
                continue
            found += [each.x for each in seen]
            block.read += [k] * len(seen)
            if doubts := dict.fromkeys(doubt for each in seen for doubt in each.doubts):
                block.doubts[k] = tuple(doubts)
        block.x = np.stack(found) if found else block.x
        if not self.prepared:
            self._invert(block)
        return block

    def samples(self, x: np.ndarray) -> np.ndarray:
        """Bytes (m, c, i, j) of `read` in the numbers that the network reads."""
        images = images_of(self.network)
        if images is None or len(x) == 0:
            return x
        if not images.standard:
            what = "the least and the largest number of the training images"
            warn(f"black and white are taken for {images.scale}, {what}")
        reading = self.network.reading
        alone = replace(reading, schema=reading.schema and replace(reading.schema, typical=None))  # see `doubt`
        return alone.samples(x, given=Given(BYTES, images.ink))

    def doubt(self, block: Block, x: np.ndarray) -> None:
        """Say of each picture of the block, as `samples` x, whether it is unlike those of the training."""
        typical = self.network.schema and self.network.schema.typical
        if typical is not None and len(x):
            for k in {block.read[row] for row in np.flatnonzero(typical.unlike(x))}:
                block.doubts[k] = (*block.doubts.get(k, ()), UNLIKE)

    def _seen(self, path: Path) -> list[Seen]:
        if self.many:
            return read_digits(path)
        return [read_seen(path) if self.prepared else Seen(read_images([path], self.form, resize=True)[0])]

    def _exact(self, paths: Sequence[Path]) -> dict[int, Seen]:
        """Those that are prepared already: nothing is gained by doing it again."""
        found = {k: x for k, path in enumerate(paths) if (x := _if_of_size(path, self.form)) is not None}
        if not found:
            return {}
        x = np.stack(list(found.values()))
        are = fill_the_box(x) & np.array([ink == "light" for ink in drawn(x)])
        return {k: Seen(each) for (k, each), is_one in zip(found.items(), are, strict=True) if is_one}

    def _invert(self, block: Block) -> None:
        """Pictures with ink of the other colour than the model's, inverted, each by itself."""
        images = images_of(self.network)
        ink = images and images.ink
        if ink is None or self.as_is:
            return
        other = "dark" if ink == "light" else "light"
        for k, found in enumerate(drawn(block.x)):
            if (self.ink or found) == other:
                block.x[k] = 255 - block.x[k]
                kinds = {"light": "light ink on dark", "dark": "dark ink on light"}
                doubt = f"inverted: it shows {kinds[other]}, and the model was trained on {kinds[ink]}"
                block.doubts[block.read[k]] = (doubt,)


def images_of(network: Network) -> Images | None:
    """The images that the network was trained on, maybe as rows; None if it does not know, or they were none."""
    inputs = network.schema and network.schema.inputs
    return inputs.pixels if isinstance(inputs, Features) else inputs


def _if_of_size(path: Path, form: Form) -> np.ndarray | None:
    """The picture (1, i, j), if it can be read, is of that size, and of plain bytes."""
    try:
        with pillow_quiet(), opened_image(path) as image:
            if image.size != form.size[::-1] or image.mode not in ("L", "RGB") or "transparency" in image.info:
                return None
            return np.asarray(image.convert("L"))[np.newaxis]
    except DataError:
        return None
