"""Augmentation: training pictures are moved, turned and bent a little, anew in every epoch.

A digit that is shifted, rotated or drawn with another hand stays the same digit; a network that sees it so learns
that. The bending is that of P. Y. Simard, D. Steinkraus, J. C. Platt, *Best Practices for Convolutional Neural Networks
Applied to Visual Document Analysis* (ICDAR 2003): random displacements, smoothed by a Gaussian.

Random numbers are Philox's, by key = seed and counter = (element // 4, the sample's number, AUGMENT, epoch): a picture
is the same in whatever batch it stands, for any number of threads, and after a resume.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from math import prod
from typing import Any

import numpy as np

from chainrule.base.arguments import is_among, of_kind, real_number
from chainrule.base.arrays import as_array, as_numbers, described
from chainrule.base.errors import DataError, UsageError
from chainrule.base.guessing import expected_one_of
from chainrule.base.numbers import whole_number
from chainrule.base.random import AUGMENT, check_seed, philox4x32
from chainrule.base.showing import short

FIRST_BUMP = 4
"""The number of the first word of elastic displacements; before it are those of shift (two) and rotation."""


@dataclass(frozen=True)
class Augmentation:
    """How much pictures are changed; 0 is not at all. UsageError for what is out of its range."""

    shift: int = 0
    """At most so many whole pixels up or down, and left or right."""

    rotate: float = 0.0
    """At most so many degrees to either side, around the centre."""

    elastic: float = 0.0
    """The standard deviation of a pixel's displacement along either axis, in pixels."""

    smoothness: float = 4.0
    """Over how many pixels elastic displacements are alike: the Gaussian's standard deviation."""

    def __post_init__(self) -> None:
        for field in fields(self):
            name, value = f"augmentation: {field.name}", getattr(self, field.name)
            number = real_number(name, value, "a number from 0", lambda number: number >= 0)
            if type(value) not in (int, float):
                whole = field.name == "shift" and number.is_integer()
                object.__setattr__(self, field.name, int(number) if whole else number)
        if self.shift != int(self.shift):
            raise UsageError(f"augmentation: shift is {self.shift}; expected whole pixels")
        if self.rotate > 180:
            raise UsageError(f"augmentation: rotate is {self.rotate}; expected at most 180 degrees")
        if self.smoothness < 1:
            raise UsageError(f"augmentation: smoothness is {self.smoothness}; expected at least 1 pixel")

    @classmethod
    def parse(cls, text: str) -> "Augmentation":
        """The augmentation of a text as in `shift=2,rotate=10,elastic=1`; UsageError for anything else."""
        options: dict[str, float] = {}
        of_kind("augmentation", text, str, "a text as in shift=2,rotate=10,elastic=1")
        for part in text.split(","):
            name, _, value = (side.strip() for side in part.partition("="))
            try:
                number = float(value)
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

    def __str__(self) -> str:
        return ",".join(f"{name}={value:g}" for name, value in self.describe().items())

    def __call__(self, x: np.ndarray, seed: int, epoch: int, positions: np.ndarray) -> np.ndarray:
        """The pictures x (s, c, i, j) uint8, changed as sample numbers `positions` (s,) are in that epoch.

        Of x's shape and type; x is left as it is. DataError for what are no pictures of bytes.
        """
        x, positions = as_numbers(x, "x"), as_array(positions, "the positions")
        if positions.shape != x.shape[:1] or positions.dtype.kind not in "iu":
            raise DataError(f"the positions are {described(positions)}; expected whole numbers of shape {x.shape[:1]}")
        positions = positions.astype(np.int64, copy=False)
        epoch = whole_number("the epoch", epoch, 0)
        if x.ndim != 4 or x.dtype != np.uint8:
            raise DataError(f"augmentation: x is {x.dtype} of shape {x.shape}; expected images (s, c, i, j) of uint8")
        for name, pixels in (("shift", self.shift), ("elastic", self.elastic)):
            if pixels >= min(x.shape[2:]):
                height, width = x.shape[2:]
                raise UsageError(f"augmentation: {name} is {pixels}; expected less than the images' {height} x {width}")
        if not (self.shift or self.rotate or self.elastic) or x.size == 0:
            return x.copy()
        from chainrule.augmentation.resampling import resample  # Numba is loaded where it is used

        rows, columns = (bumps(size, self.smoothness) for size in x.shape[2:])
        if not self.elastic:  # no bumps, and no words for them
            rows, columns = rows[:, :0], columns[:, :0]
        shape = 2, rows.shape[1], columns.shape[1]
        words = uniform_words(check_seed(seed), epoch, positions, FIRST_BUMP + prod(shape))
        noise = (np.sqrt(3) * self.elastic * words[:, FIRST_BUMP:]).astype(np.float32).reshape(len(x), *shape)
        y = np.empty(x.shape, np.uint8)
        source = np.require(x, requirements=("C", "W"))  # a kernel for what nobody may write to would be another one
        resample(source, self._turns(words), noise, rows=rows, columns=np.ascontiguousarray(columns.T), y=y)
        return y

    def _turns(self, words: np.ndarray) -> np.ndarray:
        """(s, 4) float32: cosine and sine of each picture's angle, and how far it moves down and right."""
        angle = np.deg2rad(self.rotate * words[:, 2])
        moves = np.floor((words[:, :2] + 1) / 2 * (2 * self.shift + 1)) - self.shift
        return np.column_stack([np.cos(angle), np.sin(angle), moves]).astype(np.float32)


def uniform_words(seed: int, epoch: int, positions: np.ndarray, elements: int) -> np.ndarray:
    """(s, elements) float64 in [-1, 1): Philox's words of each position in that epoch."""
    blocks = np.arange((elements + 3) // 4)
    counter = blocks, np.asarray(positions)[:, np.newaxis] & 0xFFFFFFFF, AUGMENT, epoch & 0xFFFFFFFF
    words = np.stack(philox4x32(counter, (seed & 0xFFFFFFFF, seed >> 32)), axis=-1)
    return words.reshape(len(positions), -1)[:, :elements] / 2.0**31 - 1


def bumps(size: int, smoothness: float) -> np.ndarray:
    """(size, n) float32: the weight at each pixel of each of n bumps, `smoothness` apart; squares sum to 1.

    They reach over the edges. Noise at points so near to each other, smoothed, is like noise at every pixel.
    """
    centres = np.arange(-2, size / smoothness + 2) * smoothness
    weights = np.exp(-(((np.arange(size)[:, np.newaxis] - centres) / smoothness) ** 2) / 2)
    return (weights / np.sqrt((weights**2).sum(axis=1, keepdims=True))).astype(np.float32)
