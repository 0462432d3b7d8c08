"""A stage: one or more layers that are executed as one; and the values between stages."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from chainrule.base.random import Draws
from chainrule.engine.kernels.philox import step_words
from chainrule.engine.layout import Image, odd_lines
from chainrule.engine.runtime.calls import Call, Window
from chainrule.engine.runtime.memory import aligned_zeros
from chainrule.engine.runtime.program import Phase, Task
from chainrule.engine.simd import BOUNDSCHECK
from chainrule.engine.stages.updates import Updates
from chainrule.engine.weights import elements
from chainrule.network.network import Network
from chainrule.training.objective import Batch

SLOTS = 8  # most ranges of samples of a batch: sums over samples are made by slot, then over the slots in order

Work = Sequence[Call | Phase]  # calls that take a range of samples, in a chain; or phases


@dataclass
class Step:
    """The batches of one kind, as the stages need to know them."""

    w: np.ndarray  # in the engine's layout
    samples: int
    slots: int
    training: bool = False
    gw: np.ndarray = field(default_factory=lambda: np.empty(0, np.float32))  # empty where no gradient is wanted
    shift: float = 0.0  # c, where the input is x - c and the first stage knows that
    updates: Updates | None = None  # what moves w as soon as dL/dw is there, if w is to move
    seed: int = 0
    draw_words: np.ndarray = field(init=False)  # (4,) of the batch at hand: both words of the seed, step, offset

    def __post_init__(self) -> None:
        self.draw_words = np.array(step_words(Draws(self.seed, layer=0)), np.int64)

    def draw(self, batch: Batch) -> None:
        """From now on what is random is that batch's."""
        self.draw_words[2], self.draw_words[3] = batch.step & 0xFFFFFFFF, batch.offset

    def draws(self, layer: int) -> Draws | None:
        """The same for definitions; None in evaluation."""
        return Draws(self.seed, layer, *map(int, self.draw_words[2:])) if self.training else None

    def slot(self, k: int) -> tuple[int, int]:
        """The samples of slot k: first, last + 1."""
        return k * self.samples // self.slots, (k + 1) * self.samples // self.slots


@dataclass
class Room:
    """For how much to allocate."""

    samples: int
    workers: int
    gradients: bool

    def window(self, stride: int, kind: type = np.float32) -> np.ndarray | Window:
        """For what is handed on from kernel to kernel, sample by sample; whole where offsets are checked."""
        if BOUNDSCHECK:
            return self.whole(stride, kind)
        return Window(aligned_zeros(self.workers * stride, kind).reshape(self.workers, stride), stride)

    def whole(self, stride: int, kind: type = np.float32) -> np.ndarray:
        """For what all samples have at once."""
        return aligned_zeros(self.samples * stride, kind)


@dataclass
class Values:
    """x_k of a batch, and dL/dx_k, each in its layout: of all samples, or of one at a time (a window)."""

    image: Image
    x: np.ndarray | Window
    gx: np.ndarray | Window
    gradient_image: Image

    @classmethod
    def room(cls, image: Image, room: Room, x_window: bool, gx_window: bool) -> "Values":
        plain = image._replace(frame=0, stride=odd_lines(elements(image)))
        x = (room.window if x_window else room.whole)(image.stride)
        gx = (room.window if gx_window else room.whole)(plain.stride) if room.gradients else np.empty(0, np.float32)
        return cls(image, x, gx, plain)

    def canonical(self, samples: int, gradient: bool = False) -> np.ndarray:
        """(samples, c, h, w) of x, or of dL/dx: a copy."""
        image, flat = (self.gradient_image, self.gx) if gradient else (self.image, self.x)
        c, h, w = image.channels, image.height, image.width
        blocks = _blocks(flat, image, samples).transpose(0, 1, 4, 2, 3)
        return blocks.reshape(samples, blocks.shape[1] * image.lanes, h, w)[:, :c].copy()

    def put(self, values: np.ndarray, gradient: bool = False) -> None:
        """Write (samples, c, h, w), or any shape of as many numbers, as x or as dL/dx."""
        image, flat = (self.gradient_image, self.gx) if gradient else (self.image, self.x)
        c, h, w = image.channels, image.height, image.width
        values = values.reshape(len(values), c, h, w)
        blocks = _blocks(flat, image, len(values))
        for block in range(blocks.shape[1]):
            part = values[:, block * image.lanes : (block + 1) * image.lanes]
            blocks[:, block, :, :, : part.shape[1]] = part.transpose(0, 2, 3, 1)


def _blocks(flat: np.ndarray | Window, image: Image, samples: int) -> np.ndarray:
    """A view (samples, blocks, height, width, lanes) of an image, without its frame."""
    if isinstance(flat, Window):
        raise TypeError("a window holds one sample at a time")
    f, blocks = image.frame, -(-image.channels // image.lanes)
    rows, columns = image.height + 2 * f, image.width + 2 * f
    size = blocks * rows * columns * image.lanes
    view = flat[: samples * image.stride].reshape(samples, image.stride)[:, :size]
    return view.reshape(samples, blocks, rows, columns, image.lanes)[:, :, f : f + image.height, f : f + image.width]


class Stage:
    """Executes some of a network's layers."""

    takes_shift = False  # whether it can begin with x - c instead of x
    by_sample = False  # whether its calls want one sample at a time, so that what they hand on stays in cache

    def __init__(self, name: str, kernel: str, x: Values, y: Values) -> None:
        self.name, self.kernel, self.x, self.y = name, kernel, x, y

    def prepare(self, step: Step) -> list[Call]:
        """What is done once a step before its first sample: independent calls."""
        return []

    def forward(self, step: Step) -> Work:
        """What computes y from x."""
        raise NotImplementedError

    def backward(self, step: Step, to_input: bool) -> Work:
        """What computes dL/dx (if `to_input`) and dL/dw from dL/dy."""
        raise NotImplementedError

    def finish(self, step: Step) -> Sequence[Call | Task]:
        """Independent calls, or tasks, that complete dL/dw once all slots are done."""
        return []


class DefinitionStage(Stage):
    """A layer that has no kernel: its own definition, on the whole batch, in the interpreter."""

    def __init__(
        self, network: Network, k: int, x: Values, y: Values, slices: dict[str, slice], where: np.ndarray
    ) -> None:
        super().__init__(str(network.layers[k]), "definition", x, y)
        self.layer, self.k, self.slices, self.where = network.layers[k], k, slices, where
        self.x_shape, self.y_shape = network.shapes[k], network.shapes[k + 1]
        self.shapes = network.layers[k].parameter_shapes(self.x_shape)

    def forward(self, step: Step) -> Work:
        return [interpreted(lambda: self._forward(step))]

    def backward(self, step: Step, to_input: bool) -> Work:
        return [interpreted(lambda: self._backward(step, to_input))]

    def _forward(self, step: Step) -> None:
        self.y.put(self.layer.forward(self._x(step), self._parameters(step), step.draws(self.k)))

    def _backward(self, step: Step, to_input: bool) -> None:
        x, parameters = self._x(step), self._parameters(step)
        gy = self.y.canonical(step.samples, gradient=True).reshape(-1, *self.y_shape)
        for name, gradient in self.layer.parameter_gradients(gy, x, parameters).items():
            step.gw[self.where[self.slices[name]]] = gradient.reshape(-1)
        if to_input:
            y = self.y.canonical(step.samples).reshape(-1, *self.y_shape)
            self.x.put(self.layer.input_gradient(gy, x, y, parameters, step.draws(self.k)), gradient=True)

    def _x(self, step: Step) -> np.ndarray:
        return self.x.canonical(step.samples).reshape(-1, *self.x_shape)

    def _parameters(self, step: Step) -> dict[str, np.ndarray]:
        return {name: step.w[self.where[where]].reshape(self.shapes[name]) for name, where in self.slices.items()}


def interpreted(function: Callable[[], None]) -> Phase:
    """A phase of one Python function."""
    return Phase(functions=[function])
