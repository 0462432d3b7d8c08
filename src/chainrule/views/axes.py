"""The axes of a chart: where a number stands, and which numbers are written beside it."""

import math
from dataclasses import dataclass

import numpy as np

INTERVALS = 6  # between the ticks of an axis, at most
LEAST = 1e-300  # between its ticks
MOST = 1e300  # beyond, no axis is long enough: such numbers are not drawn, as those that are not finite
SAME = 1e-9  # relative: numbers so near each other are drawn as one


@dataclass(frozen=True)
class Axis:
    """Takes the numbers from `low` to `high` to the pixels from `start` to `end`."""

    low: float
    high: float
    step: float  # between ticks
    start: float
    end: float
    log: bool = False  # then low, high and step are those of the numbers' logarithms, to base 10

    def __call__(self, value: float) -> float:
        at = math.log10(value) if self.log else value
        return self.start + (self.end - self.start) * ((at - self.low) / (self.high - self.low))

    def ticks(self) -> list[float]:
        """The multiples of the step."""
        first, last = math.ceil(self.low / self.step - 1e-9), math.floor(self.high / self.step + 1e-9)
        multiples = [k * self.step for k in range(first, last + 1)]
        return [10.0**k for k in multiples] if self.log else multiples

    def text(self, tick: float) -> str:
        """A tick's number, with as many decimals as tell it from its neighbours."""
        step = min(tick, 1.0) if self.log else self.step
        if not 1e-4 <= step < 1e6 or (self.log and tick >= 1e6):
            return f"{tick:.4g}"
        return f"{tick:,.{max(0, -math.floor(math.log10(step) + 1e-9))}f}"


def drawable(values: np.ndarray) -> np.ndarray:
    """Which of them have a place on an axis."""
    return np.abs(values) < MOST


def whole_axis(values: np.ndarray, start: float, end: float) -> Axis:
    """For whole numbers (n,), n > 0: ticks at whole numbers only, and half of 1 to spare on both sides."""
    low, high = float(values.min()), float(values.max())
    return Axis(low - 0.5, high + 0.5, max(1.0, nice((high - low) / INTERVALS)), start, end)


def value_axis(values: np.ndarray, start: float, end: float, *, zero: bool = False, most: float = math.inf) -> Axis:
    """For the drawable ones of values (n,), from a tick to a tick; `zero`: with 0 on it; `most`: it ends there."""
    drawn = values[drawable(values)]
    low, high = (float(drawn.min()), float(drawn.max())) if drawn.size else (0.0, 0.0)
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if high - low <= SAME * max(abs(low), abs(high)):
        low, high = low - abs(low) / 10, min(high + abs(high) / 10 or 1.0, most)
    step = nice((high - low) / INTERVALS)
    return Axis(math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step, step, start, end)


def count_axis(counts: np.ndarray, start: float, end: float) -> Axis:
    """Logarithmic, for those of counts (n,) that are above 0: one of 1, or of the least, is seen, too."""
    found = counts[counts > 0]
    low, high = math.log10(0.7 * min(1.0, found.min(initial=1.0))), math.log10(1.2 * max(10.0, found.max(initial=1.0)))
    return Axis(low, high, max(1.0, nice((high - low) / INTERVALS)), start, end, log=True)


def log_axis(values: np.ndarray, start: float, end: float) -> Axis:
    """Logarithmic, for numbers (n,) above 0, from a power of ten to another."""
    low, high = math.floor(math.log10(values.min()) + 1e-9), math.ceil(math.log10(values.max()) - 1e-9)
    return Axis(low, max(high, low + 1), max(1.0, nice((high - low) / INTERVALS)), start, end, log=True)


def nice(least: float) -> float:
    """The least number of the form 1, 2 or 5 times a power of ten that is not below `least`."""
    power = 10.0 ** math.floor(math.log10(max(least, LEAST)))
    return next(n * power for n in (1, 2, 5, 10) if n * power >= least * (1 - 1e-9))
