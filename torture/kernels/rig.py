"""Where a kernel is tried: arrays at any address, in frames of known bytes; its range, shared out among threads.

A frame is of 0xFF: NaN to whoever reads it as a number, and nothing that arithmetic writes.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.engine.layout import Image, View, image
from chainrule.engine.runtime.calls import bind
from chainrule.engine.runtime.program import TASKS, Phase, Program, Task, cut
from chainrule.engine.runtime.threads import team_of
from chainrule.engine.simd import LANES

LARGEST = 67  # of an extent: four vectors of 16, and more
THREADS = 1, 2, 3, 4, 8
FRAME, LINE = 256, 64  # bytes
CASES: dict[tuple[str, ...], Callable[["Rig"], None]] = {}
"""By the kernels that they run, each called "module:function"."""


def case(*kernels: str) -> Callable[[Callable[["Rig"], None]], Callable[["Rig"], None]]:
    """A decorator: a function that runs these kernels on a rig, on numbers of random sizes, and looks at the result."""

    def enter(function: Callable[[Rig], None]) -> Callable[[Rig], None]:
        CASES[kernels] = function
        return function

    return enter


def name_of(kernel: Any) -> str:
    """As in "linear.layer:forward"."""
    function = kernel.py_func
    return f"{function.__module__.removeprefix('chainrule.engine.kernels.')}:{function.__name__}"


class Rig:
    """One try, whose sizes, addresses, number of threads and type of numbers its number draws."""

    def __init__(self, k: int, dtype: Any = None) -> None:
        """`dtype`: that one, whatever the number says."""
        self.random = np.random.default_rng(k)
        self.threads = int(self.random.choice(THREADS))
        self.take(dtype or (np.float32, np.float64)[k % 2])
        self.faults: list[str] = []
        self.ran: set[str] = set()
        self._framed: list[tuple[np.ndarray, int, int]] = []  # memory, and where in it the array begins and ends
        self._given: list[tuple[np.ndarray, np.ndarray]] = []  # an input, and what it was

    def take(self, dtype: Any) -> None:
        """Try the kernels in that type from now on."""
        self.number: Any = dtype
        self.epsilon = float(np.finfo(dtype).eps)
        self.tiny = float(np.finfo(dtype).tiny)

    def sizes(self, *most: int) -> list[int]:
        """Random extents, each from 1 to that size at most; one of them, chosen at random, up to 67 if it may."""
        sizes = [int(self.random.integers(1, min(n, 9) + 1)) for n in most]
        chosen = int(self.random.integers(len(most)))
        sizes[chosen] = int(self.random.integers(1, most[chosen] + 1))
        return sizes

    def any_of(self, *values: Any) -> Any:
        return values[int(self.random.integers(len(values)))]

    def room(self, n: int, dtype: Any = None) -> np.ndarray:
        """(n,) of 0xFF, at a random address; None: of the type that is tried."""
        dtype = dtype or self.number
        size = np.dtype(dtype).itemsize
        memory = np.full(2 * FRAME + 2 * LINE + n * size, 0xFF, np.uint8)
        begin = FRAME - memory.ctypes.data % LINE + LINE + int(self.random.integers(LINE)) // size * size
        self._framed.append((memory, begin, begin + n * size))
        return memory[begin : begin + n * size].view(dtype)

    def zeros(self, n: int, dtype: Any = None) -> np.ndarray:
        array = self.room(n, dtype)
        array[:] = 0
        return array

    def given(self, values: np.ndarray) -> np.ndarray:
        """The values, flat, at a random address: an input, which no kernel may change."""
        array = self.room(values.size, values.dtype)
        array[:] = values.reshape(-1)
        self._given.append((array, array.copy()))
        return array

    def normal(self, *shape: int) -> np.ndarray:
        """Numbers of both signs."""
        return self.random.standard_normal(shape).astype(self.number)

    def rare(self, *shape: int, live: float) -> np.ndarray:
        """The same, but of which only a part is not 0."""
        return np.where(self.random.random(shape) < live, self.normal(*shape), 0).astype(self.number)

    def picture(self, values: np.ndarray, halo: int = 0, lanes: int = LANES, *, written: bool = False) -> View:
        """(s, c, i, j) as an engine holds them; between the samples is 0xFF. An input, unless it is to be `written`."""
        return self.lying(values, image_of(values.shape, halo, lanes=lanes), written=written)

    def lying(self, values: np.ndarray, at: Image, *, written: bool = False) -> View:
        """The same, lying so."""
        flat = self.room(len(values) * at.stride, values.dtype)
        flat[everything(at, len(values))] = 0
        flat[offsets(at, len(values))] = values
        if not written:
            self._given.append((flat, flat.copy()))
        return View(flat, at)

    def blank(self, samples: int, at: Image) -> View:
        """Room for so many samples."""
        return View(self.room(samples * at.stride), at)

    def zeroed(self, shape: tuple[int, ...]) -> View:
        """Images of zeros, in a halo of 0xFF: those that a kernel does not reach stay so."""
        view = self.blank(shape[0], image_of(shape, self.any_of(0, 1)))
        view.values[offsets(padded_lanes(view.image), shape[0])] = 0
        return view

    def run(self, kernel: Any, *arguments: Any, count: int = 1, block: int = 1) -> None:
        """The kernel, over its range 0 .. count-1, cut at multiples of `block`, by the rig's threads."""
        call = bind(kernel, *arguments)
        self.ran.add(name_of(kernel))
        tasks = [Task([call], 0, a, b, b - a) for a, b in cut(count, block, TASKS)] if kernel.ranged else [Task([call])]
        team = team_of(self.threads)
        if team is None:
            raise RuntimeError(f"no team of {self.threads} threads")
        team.run(Program([Phase(tasks)]))

    def check(self, held: Any, otherwise: str) -> None:
        if not held:
            self.faults.append(otherwise)

    def close(self, what: str, found: np.ndarray, expected: np.ndarray, magnitude: np.ndarray, terms: float) -> None:
        """|found - expected| is at most that of any sum of so many terms in that type, of that sum of magnitudes."""
        bound = (terms + 2) * (self.epsilon / 2 * magnitude + self.tiny)  # and products may be flushed to 0
        self.check((np.abs(found - expected) <= bound).all(), f"{what} is not as defined")

    def same(self, what: str, found: np.ndarray, expected: np.ndarray) -> None:
        self.check(np.array_equal(found, expected, equal_nan=found.dtype.kind == "f"), f"{what} is not as defined")

    def numbers(self, view: View, what: str) -> np.ndarray:
        """(s, c, i, j) of an output, after a look at its padded lanes, which are 0, and at what it must not write."""
        at, samples = view.image, len(view.values) // view.image.stride
        where = offsets(at, samples)
        inner = offsets(padded_lanes(at), samples)
        self.check(not view.values[inner[:, at.channels :]].any(), f"{what}: a padded lane is not 0")
        rest = view.values.view(f"u{view.values.itemsize}").copy()
        rest[inner] = np.iinfo(rest.dtype).max
        self.check((rest == np.iinfo(rest.dtype).max).all(), f"{what}: the halo or a gap is written")
        return view.values[where]

    def end(self) -> Sequence[str]:
        """What went wrong, frames and inputs included."""
        for memory, begin, end in self._framed:
            self.check((memory[:begin] == 0xFF).all() and (memory[end:] == 0xFF).all(), "written beside an array")
        for array, before in self._given:
            self.check(array.tobytes() == before.tobytes(), "an input is changed")
        return self.faults


def image_of(shape: tuple[int, ...], halo: int = 0, lanes: int = LANES, *, halo_rows: int | None = None) -> Image:
    """How (s, c, h, w) lie."""
    _, channels, height, width = shape
    return image(channels, height, width, halo, lanes=lanes, halo_rows=halo_rows)


def offsets(at: Image, samples: int) -> np.ndarray:
    """(s, c, i, j) where each element stands."""
    s, c, i, j = np.meshgrid(*map(np.arange, (samples, at.channels, at.height, at.width)), indexing="ij")
    row = (at.width + 2 * at.halo) * at.lanes
    block = (at.height + 2 * at.halo_rows) * row
    return s * at.stride + c // at.lanes * block + (i + at.halo_rows) * row + (j + at.halo) * at.lanes + c % at.lanes


def everything(at: Image, samples: int) -> np.ndarray:
    """The same with padded lanes and the halo."""
    rows, columns = at.height + 2 * at.halo_rows, at.width + 2 * at.halo
    return offsets(padded_lanes(at)._replace(height=rows, width=columns, halo=0, halo_rows=0), samples)


def padded_lanes(at: Image) -> Image:
    """The image with as many channels as its blocks have lanes."""
    return at._replace(channels=-(-at.channels // at.lanes) * at.lanes)


def exactly(*arrays: np.ndarray) -> list[np.ndarray]:
    """The same numbers in a type that has more digits."""
    return [array.astype(np.longdouble if array.dtype == np.float64 else np.float64) for array in arrays]
