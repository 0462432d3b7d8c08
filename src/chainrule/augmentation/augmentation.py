"""Augmentation: training pictures are changed a little, anew in every epoch: moved, turned, bent, cropped, mirrored.

A digit that is shifted, rotated or drawn with another hand stays the same digit, and a horse that is seen in a mirror a
horse; a network that sees it so learns that.

Random numbers are Philox's (`draws`): a picture is the same in whatever batch it stands, for any number of threads, and
after a resume.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from chainrule.augmentation.moving import moved
from chainrule.base.arguments import is_among, of_kind, real_number
from chainrule.base.arrays import as_array, as_numbers, described
from chainrule.base.errors import DataError, UsageError
from chainrule.base.guessing import expected_one_of
from chainrule.base.numbers import whole_number
from chainrule.base.random import check_seed
from chainrule.base.showing import short
from chainrule.training.augment import Mixing

IN_PIXELS = "shift", "crop", "cutout"
HALF = 0.5
"""The probability of a flip, if it is not told."""


@dataclass(frozen=True)
class Augmentation:
    """How much pictures are changed; 0 is not at all. UsageError for what is out of its range.

    In this order: shift, rotate and elastic, as one; crop; flip; cutout; and, in training, mixup.
    """

    shift: int = 0
    """At most so many whole pixels up or down, and left or right; the pixels at an edge are repeated beyond it."""

    rotate: float = 0.0
    """At most so many degrees to either side, around the centre."""

    elastic: float = 0.0
    """The standard deviation of a pixel's displacement along either axis, in pixels."""

    smoothness: float = 4.0
    """Over how many pixels elastic displacements are alike: the Gaussian's standard deviation."""

    crop: int = 0
    """The width of a border of black pixels (0), out of which with the picture a window of its size is cut."""

    flip: float = 0.0
    """The probability with which a picture is mirrored, left to right; True is one half."""

    cutout: int = 0
    """The side of a square, anywhere, that takes the mean of the picture's channel, in pixels."""

    mixup: float = 0.0
    """alpha, if each sample of a training is mixed with another one, by shares of Beta(alpha, alpha)."""

    def __post_init__(self) -> None:
        if isinstance(self.flip, bool | np.bool):
            object.__setattr__(self, "flip", HALF if self.flip else 0.0)
        for field in fields(self):
            name, value = f"augmentation: {field.name}", getattr(self, field.name)
            number = real_number(name, value, "a number from 0", lambda number: number >= 0)
            if field.name in IN_PIXELS:
                if not number.is_integer():
                    raise UsageError(f"{name} is {short(value)}; expected whole pixels")
                object.__setattr__(self, field.name, int(value))
            elif type(value) not in (int, float):
                object.__setattr__(self, field.name, number)
        if self.rotate > 180:
            raise UsageError(f"augmentation: rotate is {self.rotate}; expected at most 180 degrees")
        if self.smoothness < 1:
            raise UsageError(f"augmentation: smoothness is {self.smoothness}; expected at least 1 pixel")
        if self.flip > 1:
            raise UsageError(f"augmentation: flip is {self.flip}; expected a probability, at most 1")

    @classmethod
    def parse(cls, text: str) -> "Augmentation":
        """The augmentation of a text as in `shift=2,rotate=10,elastic=1` or `crop=4,flip`; UsageError for others."""
        options: dict[str, float] = {}
        of_kind("augmentation", text, str, "a text as in shift=2,rotate=10,elastic=1")
        for part in text.split(","):
            name, equals, value = (side.strip() for side in part.partition("="))
            try:
                number = HALF if name == "flip" and not equals else float(value)
            except ValueError:
                raise UsageError(f"augmentation: found {part!r}; expected as in shift=2,rotate=10,elastic=1") from None
            if name in options:
                raise UsageError(f"augmentation: {name} is given twice; expected once")
            options[name] = int(number) if number.is_integer() else number
        return cls.of(options)

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> "Augmentation":
        """The augmentation with these settings, as `describe` gives them; UsageError for others."""
        names = [field.name for field in fields(cls)]
        for name in of_kind("augmentation", options, Mapping, "its settings by name"):
            if not is_among(names, name):
                raise UsageError(f"augmentation: there is no {short(name)}; {expected_one_of(names, name)}")
        return cls(**options)

    def describe(self) -> dict[str, float]:
        """The settings that differ from their defaults, by name."""
        values = {field: getattr(self, field.name) for field in fields(self)}
        return {field.name: value for field, value in values.items() if value != field.default}

    @property
    def mixing(self) -> Mixing | None:
        """How training samples are mixed, if they are."""
        if not self.mixup:
            return None
        from chainrule.augmentation.mixing import Mixup  # Numba is loaded where it is used

        return Mixup(self.mixup)

    def __str__(self) -> str:
        return ",".join(f"{name}={value:g}" for name, value in self.describe().items())

    def __call__(self, x: np.ndarray, seed: int, epoch: int, positions: np.ndarray) -> np.ndarray:
        """The pictures x (s, c, i, j) uint8, changed as sample numbers `positions` (s,) are in that epoch.

        Of x's shape and type; x is left as it is. Nothing is mixed: that takes other samples, too, which a training
        has. DataError for what are no pictures of bytes.
        """
        x, positions = as_numbers(x, "x"), as_array(positions, "the positions")
        if positions.shape != x.shape[:1] or positions.dtype.kind not in "iu":
            raise DataError(f"the positions are {described(positions)}; expected whole numbers of shape {x.shape[:1]}")
        positions = positions.astype(np.int64, copy=False)
        epoch = whole_number("the epoch", epoch, 0)
        if x.ndim != 4 or x.dtype != np.uint8:
            raise DataError(
                f"augmentation: samples are {x.dtype} of shape {x.shape[1:]}; expected images (c, i, j) of uint8"
            )
        self._check_size(*x.shape[2:])
        if x.size == 0:
            return x.copy()
        y, where = x, (check_seed(seed), epoch, positions)
        if self.shift or self.rotate or self.elastic:
            bent = {"elastic": self.elastic, "smoothness": self.smoothness}
            y = moved(in_memory(y), where, self.shift, self.rotate, **bent)
        if self.crop or self.flip or self.cutout:
            from chainrule.augmentation.windows import seen_through_windows  # Numba is loaded where it is used

            y = seen_through_windows(in_memory(y), where, crop=self.crop, flip=self.flip, cutout=self.cutout)
        return x.copy() if y is x else y

    def _check_size(self, height: int, width: int) -> None:
        """UsageError for what could leave nothing of a picture."""
        shorter, longer = sorted((height, width))
        for name, side in (("shift", shorter), ("elastic", shorter), ("crop", shorter), ("cutout", longer)):
            pixels = getattr(self, name)
            if pixels and pixels >= side:
                raise UsageError(f"augmentation: {name} is {pixels}; expected less than the images' {height} x {width}")


def in_memory(x: np.ndarray) -> np.ndarray:
    """x as kernels take it: for what nobody may write to another one would be compiled."""
    return np.require(x, requirements=("C", "W"))
