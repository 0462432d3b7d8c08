"""From a network's layers to stages, and from stages to the phases of a step."""

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from chainrule.engine.convolution_stage import ConvolutionStage
from chainrule.engine.ends import Input, Output, Work
from chainrule.engine.layout import Image, image, odd_lines
from chainrule.engine.linear_stage import LinearStage
from chainrule.engine.pooled_stage import PooledStage
from chainrule.engine.stage import SLOTS, DefinitionStage, Stage, Step, Values
from chainrule.engine.threads import Phase
from chainrule.engine.weights import Permuted, aligned, linear_weights
from chainrule.layers import Convolution, Dropout, Layer, Linear, MaxPooling, ReLU
from chainrule.network import Network
from chainrule.objective import Batch


def images_of(network: Network) -> list[Image]:
    """How x, x_1, ..., y lie in the engine: the input in planes, the others in blocks, framed for who reads them."""
    images = []
    for k, shape in enumerate(network.shapes):
        reader = network.layers[k] if k < len(network.layers) else None
        frame = reader.padding if isinstance(reader, Convolution) else 0
        c, h, w = shape if len(shape) == 3 else (shape[0], 1, 1)
        if k == 0 and len(shape) == 1:
            images.append(Image(shape[0], 1, 1, 0, 1, odd_lines(shape[0])))
        else:
            images.append(image(c, h, w, frame, *([1] if k == 0 else [])))
    return images


def layout_of(network: Network) -> Permuted:
    """Where the engine keeps each element of w."""
    images, size = images_of(network), 0
    where = np.empty(network.size, np.int64)
    for p in network.parameters:
        if isinstance(network.layers[p.layer], Linear) and p.key == "w":
            places, floats = linear_weights(images[p.layer], p.shape[0])
        else:
            places, floats = np.arange(prod(p.shape)), prod(p.shape)
        where[p.slice] = size + places
        size += aligned(floats)
    return Permuted(where, size)


class Plan:
    """The stages of a network, with buffers for `capacity` samples."""

    def __init__(self, network: Network, layout: Permuted, capacity: int, gradients: bool, threads: int) -> None:
        self.network, self.layout, self.capacity, self.threads = network, layout, capacity, threads
        self.values = [Values.room(image, capacity, gradients) for image in images_of(network)]
        self.stages, self.taken = self._stages()
        self.input = Input(network, self.values[0])
        self.output = Output(network, self.values[-1], capacity)

    def evaluate(self, x: np.ndarray, step: Step) -> list[Phase]:
        """The phases that compute y of the samples x."""
        return phases(self._forward(x, step), step.slots)

    def loss(self, batch: Batch, step: Step) -> list[Phase]:
        """The phases that compute the errors of a batch."""
        return phases([*self._forward(batch.x, step), *self.output.meet(batch, step)], step.slots)

    def gradient(self, batch: Batch, step: Step) -> list[Phase]:
        """The phases that compute the errors of a batch, and dL/dw into step.gw."""
        work = [*self._forward(batch.x, step), *self.output.meet(batch, step)]
        for k, stage in reversed(list(enumerate(self.stages))):
            work += stage.backward(step, to_input=k > 0)
        last = [task for stage in self.stages for task in stage.finish(step)]
        return [*phases(work, step.slots), Phase(len(last), lambda k: last[k]())]

    def slots(self, samples: int) -> int:
        """In how many ranges a batch is done. Convolutions sum their gradients by slot: the batch alone decides."""
        convolves = any(isinstance(layer, Convolution) for layer in self.network.layers)
        return min(samples, SLOTS if convolves else min(SLOTS, self.threads))

    def outputs(self, samples: int) -> np.ndarray:
        """y of the last pass, in canonical order."""
        return self.values[-1].canonical(samples).reshape(samples, *self.network.output_shape)

    def rows(self) -> list[dict[str, Any]]:
        """What each stage is, which kernel executes it, its multiply-adds a sample and its buffers' bytes."""
        rows, k = [], 0
        for stage, taken in zip(self.stages, self.taken, strict=True):
            layers = zip(self.network.layers[k : k + taken], self.network.shapes[k:], strict=False)
            own = [value for value in vars(stage).values() if isinstance(value, np.ndarray)]
            rows.append(
                {
                    "stage": stage.name,
                    "kernel": stage.kernel,
                    "multiply_adds": sum(layer.multiply_adds(shape) for layer, shape in layers),
                    "bytes": sum(array.nbytes for array in (*own, stage.y.x, stage.y.gx)),
                }
            )
            k += taken
        return rows

    def __str__(self) -> str:
        """A line a stage."""
        cells = [(row["stage"], row["kernel"], f"{row['multiply_adds']:,}", f"{row['bytes']:,}") for row in self.rows()]
        cells = [("stage", "kernel", "multiply-adds", f"bytes for {self.capacity}"), *cells]
        a, b, c, d = (max(map(len, column)) for column in zip(*cells, strict=True))
        return "\n".join(f"{s:<{a}}  {k:<{b}}  {m:>{c}}  {n:>{d}}" for s, k, m, n in cells)

    def _forward(self, x: np.ndarray, step: Step) -> list[Phase | Work]:
        for stage in self.stages:
            stage.prepare(step)
        return [self.input.load(x, step), *(work for stage in self.stages for work in stage.forward(step))]

    def _stages(self) -> tuple[list[Stage], list[int]]:
        """The stages, and how many layers each executes."""
        stages, taken = [], []
        while sum(taken) < len(self.network.layers):
            stage, count = self._stage(sum(taken))
            stages.append(stage)
            taken.append(count)
        return stages, taken

    def _stage(self, k: int) -> tuple[Stage, int]:
        """The stage that begins with layer k, and how many layers it executes."""
        layer, x = self.network.layers[k], self.values[k]
        slices = {p.key: p.slice for p in self.network.parameters if p.layer == k}
        at = {key: int(self.layout.where[where.start]) for key, where in slices.items()}
        following = Following(self.network.layers, k + 1)
        if isinstance(layer, Convolution):
            relu, pooling = following.relu(), None
            if layer.stride == 1 and layer.kernel_size <= 5:
                pooling = following.pooling()
            if pooling is not None:
                dropout = following.dropout() if relu and self.values[following.k].image.frame == 0 else None
                y = self.values[following.k]
                return PooledStage((layer, relu, pooling, dropout), x, y, at), following.k - k
            return ConvolutionStage(layer, relu, x, self.values[following.k], at), following.k - k
        if isinstance(layer, Linear):
            relu = following.relu()
            dropout = following.dropout() if relu else None
            live = k > 0 and after_relu(self.network.layers[:k])
            stage = LinearStage((layer, relu, dropout), live, x, self.values[following.k], at, self.threads)
            return stage, following.k - k
        return DefinitionStage(self.network, k, x, self.values[k + 1], slices, self.layout.where), 1


class Following:
    """The layers after one, taken into its stage as long as they fit."""

    def __init__(self, layers: Sequence[Layer], k: int) -> None:
        self.layers, self.k = layers, k

    def relu(self) -> bool:
        """Take a ReLU with derivative 0 at 0, if it is next."""
        taken = self.k < len(self.layers) and self.layers[self.k] == ReLU()
        self.k += taken
        return taken

    def pooling(self) -> MaxPooling | None:
        """Take a max-pool of patches side by side, if it is next."""
        layer = self.layers[self.k] if self.k < len(self.layers) else None
        if isinstance(layer, MaxPooling) and layer.step == layer.size <= 4:
            self.k += 1
            return layer
        return None

    def dropout(self) -> tuple[int, Dropout] | None:
        """Take a dropout that draws from the common random numbers, if it is next: its number and itself."""
        layer = self.layers[self.k] if self.k < len(self.layers) else None
        if isinstance(layer, Dropout) and layer.stream is None:
            self.k += 1
            return self.k - 1, layer
        return None


def after_relu(layers: Sequence[Layer]) -> bool:
    """Whether the last of these layers' values are 0 only where no gradient passes: a ReLU's, pooled or dropped."""
    for layer in reversed(layers):
        if not isinstance(layer, MaxPooling | Dropout):
            return layer == ReLU()
    return False


def phases(work: list[Phase | Work], slots: int) -> list[Phase]:
    """Phases in a row; neighbouring functions of a slot become one phase, which runs them slot by slot."""
    result: list[Phase] = []
    chain: list[Work] = []
    for item in [*work, None]:
        if item is not None and not isinstance(item, Phase):
            chain.append(item)
            continue
        if chain:
            result.append(Phase(slots, _chained(chain)))
            chain = []
        if item is not None:
            result.append(item)
    return result


def _chained(chain: list[Work]) -> Work:
    def run(slot: int) -> None:
        for function in chain:
            function(slot)

    return run
