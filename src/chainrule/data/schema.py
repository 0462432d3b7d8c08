"""What a network was fitted to: what its inputs were, in which units, and what its answers mean.

    schema = Schema.of(data)        learned from the training data
    network.reading.data(other)     other data as those were (network/reading.py)
    print(schema)

Without it a file of weights can only guess: whether white is 1 or 255, which column came first, what 3 means.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from math import isqrt
from typing import Annotated, Any

import numpy as np

from chainrule.base.showing import brief
from chainrule.base.typed import Within
from chainrule.data.dataset import Dataset
from chainrule.data.full_scale import Scale, scale_of, span_of, trained_scale
from chainrule.data.ink import NEARLY_ALL, Ink, looks_prepared, polarity
from chainrule.data.moments import Moments
from chainrule.data.names import shortened
from chainrule.data.typical import Typical

Size = Annotated[int, Within(1, 2**31)]
PIXELS = 64
"""Features without names from which on, if they fit a full scale, they are taken for pixels."""


@dataclass(frozen=True)
class Given:
    """What a user says of the data at hand, where they do not say it themselves."""

    scale: Scale | None = None
    ink: Ink | None = None


AS_THEY_SAY = Given()


@dataclass(frozen=True)
class Column:
    """What the numbers of a column were like, in its own unit."""

    name: str
    lowest: float
    highest: float
    mean: float
    deviation: Annotated[float, Within(0)]

    @property
    def numbers(self) -> str:
        """From the least to the largest, and the mean with its standard deviation."""
        return f"{self.lowest:.6g} to {self.highest:.6g}, {self.mean:.6g} ± {self.deviation:.4g}"

    def __str__(self) -> str:
        return f"{self.name}: {self.numbers}"


@dataclass(frozen=True)
class Images:
    """Inputs (n, channels, height, width)."""

    shape: tuple[Size, Size, Size]
    """Of one: channels, height, width."""
    scale: Scale
    """What black and white are; where the numbers fit no full scale, the least and the largest of them."""
    standard: bool = True
    """Whether the numbers fit a full scale: then others that do can be brought to this one."""
    in_bytes: bool = True
    """Whether they were bytes, which a network scales."""
    ink: Ink | None = None
    """"light" on dark or "dark" on light, where nearly all are drawings of one kind."""
    prepared: bool = False
    """Whether they are digits as MNIST's makers prepared them: cut out, centred, 20 pixels high or wide."""
    white: Annotated[float, Within(0)] = 255.0
    """What white was in the files that they were read from."""

    __repr__ = brief

    def __str__(self) -> str:
        channels, height, width = self.shape
        colour = {1: "grey", 3: "in colour"}.get(channels, f"of {channels} channels")
        of = "bytes" if self.in_bytes else "numbers"
        ground = {"light": "dark", "dark": "light", None: ""}[self.ink]
        ink = f", {self.ink} ink on {ground}" if self.ink else ""
        return (
            f"images {height} x {width}, {colour}, {of} from {self.scale}{ink}{', as MNIST' if self.prepared else ''}"
        )


@dataclass(frozen=True)
class Features:
    """Inputs (n, features): the columns of a table, or a signal's numbers."""

    count: Size
    columns: tuple[Column, ...] = ()
    """What each was like; of none where they are pixels."""
    named: bool = False
    """Whether the columns' names are the user's; else the order counts."""
    pixels: Images | None = None
    """The images that the rows are, if they hold pixels: a square, or of one line."""
    in_bytes: bool = False
    """Whether they were bytes, which a network scales."""

    __repr__ = brief

    @property
    def scale(self) -> Scale | None:
        """Of pixels: what black and white are."""
        return self.pixels and self.pixels.scale

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def __str__(self) -> str:
        if self.named:
            return f"a table of {self.count} columns: {shortened(self.names)}"
        return f"{self.count} numbers in a row" if self.pixels is None else f"{self.pixels}, each in a row"


@dataclass(frozen=True)
class Classes:
    """Answers that are one of some classes."""

    names: Annotated[tuple[str, ...], Within(1)]
    target: str | None = None
    temperature: Annotated[float, Within(0, open=True)] = 1.0
    """How much less sure of its answers than it says a network should be (tasks/calibration.py)."""
    calibrated_on: str | None = None
    """What that was found on; None: nothing, and it is 1."""

    __repr__ = brief

    @property
    def classes(self) -> tuple[str, ...] | None:
        """The names, as a data set has them: None if they only are 0, 1, 2, ..."""
        return None if self.names == tuple(map(str, range(len(self.names)))) else self.names

    def __str__(self) -> str:
        which = f"{self.target or 'the class'}, one of {len(self.names)}: {shortened(self.names, 12)}"
        found = f"; temperature {self.temperature:.4g}, found on {self.calibrated_on}" if self.calibrated_on else ""
        return which + found


@dataclass(frozen=True)
class Reals:
    """Answers that are numbers, in the targets' own units."""

    columns: Annotated[tuple[Column, ...], Within(1)]
    target: str | None = None

    __repr__ = brief

    def __str__(self) -> str:
        return "; ".join(map(str, self.columns[:4])) + ("; ..." if len(self.columns) > 4 else "")


@dataclass(frozen=True)
class Schema:
    """What inputs a network was fitted to, and what its answers mean."""

    inputs: Features | Images
    answers: Classes | Reals
    typical: Typical | None = field(default=None, compare=False)
    """What nearly all inputs had in common, if they were enough to say that."""

    __repr__ = brief

    @classmethod
    def of(cls, data: Dataset, classes: int | None = None, given: Given = AS_THEY_SAY) -> Schema:
        """Learned from training data. `classes`: how many there are; 0: none, t are values; None: as the data say."""
        return cls(inputs_of(data, given), answers_of(data, classes), Typical.of(data.x))

    def plain(self) -> dict[str, Any]:
        """As plain data for JSON, without the arrays of `typical`."""
        return {"inputs": asdict(self.inputs), "answers": asdict(self.answers)}

    def __str__(self) -> str:
        return f"inputs: {self.inputs}\nanswers: {self.answers}"


def inputs_of(data: Dataset, given: Given) -> Features | Images:
    """What the inputs x (n, ...) are."""
    x, in_bytes = data.x, data.x.dtype == np.uint8
    if x.ndim == 4:
        return images_of(x, data.white, given)
    x = x.reshape(len(x), -1)
    n, scale = x.shape[1], given.scale or scale_of(x)
    if scale is not None and data.columns is None and n >= PIXELS:
        side = isqrt(n)
        images = x.reshape(len(x), 1, *((side, side) if side**2 == n else (1, n)))
        return Features(n, pixels=images_of(images, data.white, given), in_bytes=in_bytes)
    return Features(n, columns_of(x, data.columns), data.columns is not None, in_bytes=in_bytes)


def images_of(x: np.ndarray, white: float, given: Given) -> Images:
    """What the images x (n, c, i, j) are."""
    scale = given.scale or trained_scale(x)
    ink = given.ink or (polarity(x, NEARLY_ALL) if x.shape[2] > 1 else None)
    prepared = ink == "light" and looks_prepared(x)
    return Images(x.shape[1:], scale or span_of(x), scale is not None, x.dtype == np.uint8, ink, prepared, white)


def answers_of(data: Dataset, classes: int | None) -> Classes | Reals:
    """What the true values t are."""
    if classes != 0 and data.t.ndim == 1 and data.t.dtype.kind in "iu":
        names = data.classes or tuple(map(str, range(classes or data.class_count)))
        return Classes(names, data.target)
    t = data.t.reshape(len(data), -1)
    single = None if data.target is None or t.shape[1] > 1 else (data.target,)
    return Reals(columns_of(t, single, "t"), data.target)


def columns_of(values: np.ndarray, names: Sequence[str] | None, called: str = "") -> tuple[Column, ...]:
    """What each column of values (n, k) is like; without names they are called by their numbers."""
    seen = Moments.of(values)
    names = names or [f"{called}[{k}]" for k in range(values.shape[1])]
    numbers = zip(values.min(axis=0), values.max(axis=0), seen.mean, np.sqrt(seen.variance), strict=True)
    return tuple(Column(name, *map(float, row)) for name, row in zip(names, numbers, strict=True))
