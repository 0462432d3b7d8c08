"""The axes of a chart: where a number stands, and which numbers are written beside it."""

import math
from dataclasses import dataclass

import numpy as np

INTERVALS = 6  # between the ticks of an axis, at most
LEAST = 1e-300  # between its ticks
SAME = 1e-9  # relative: numbers so near each other are drawn as one


@dataclass(frozen=True)
class Axis:
    """Takes the numbers from `low` to `high` to the pixels from `start` to `end`."""

    low: float
    high: float
    step: float  # between ticks
    start: float
    end: float

    def __call__(self, value: float) -> float:
        return self.start + (self.end - self.start) * ((value - self.low) / (self.high - self.low))

    def ticks(self) -> list[float]:
        """The multiples of the step."""
        first, last = math.ceil(self.low / self.step - 1e-9), math.floor(self.high / self.step + 1e-9)
        return [k * self.step for k in range(first, last + 1)]

    def text(self, tick: float) -> str:
        """A tick's number, with as many decimals as tell it from its neighbours."""
        if not 1e-4 <= self.step < 1e6:
            return f"{tick:.4g}"
        return f"{tick:,.{max(0, -math.floor(math.log10(self.step) + 1e-9))}f}"


def whole_axis(values: np.ndarray, start: float, end: float) -> Axis:
    """For whole numbers (n,), n > 0: ticks at whole numbers only, and half of 1 to spare on both sides."""
    low, high = float(values.min()), float(values.max())
    return Axis(low - 0.5, high + 0.5, max(1.0, nice((high - low) / INTERVALS)), start, end)


def value_axis(values: np.ndarray, start: float, end: float, *, zero: bool, most: float = math.inf) -> Axis:
    """For the finite ones of values (n,), from a tick to a tick; `zero`: with 0 on it; `most`: it ends there."""
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if high - low <= SAME * max(abs(low), abs(high)):
        low, high = low - abs(low) / 10, min(high + abs(high) / 10 or 1.0, most)
    step = nice((high - low) / INTERVALS)
    return Axis(math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step, step, start, end)


def nice(least: float) -> float:
    """The least number of the form 1, 2 or 5 times a power of ten that is not below `least`."""
    power = 10.0 ** math.floor(math.log10(max(least, LEAST)))
    return next(n * power for n in (1, 2, 5, 10) if n * power >= least * (1 - 1e-9))
