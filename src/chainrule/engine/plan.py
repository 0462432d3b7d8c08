"""From a network's layers to stages, and from stages to the phases of a step."""

from collections.abc import Sequence
from math import prod
from typing import Any, NamedTuple

import numpy as np

from chainrule.engine.calls import Call, Window
from chainrule.engine.convolution_stage import ConvolutionStage
from chainrule.engine.elementwise_stage import elementwise_stage
from chainrule.engine.ends import Input, Output
from chainrule.engine.layout import Image, image, odd_lines
from chainrule.engine.linear_stage import LinearStage
from chainrule.engine.pooled_stage import PooledStage
from chainrule.engine.pooling_stage import pooling_stage
from chainrule.engine.program import Phase, Program, Role, Task, Unit, each, units_of
from chainrule.engine.stage import SLOTS, DefinitionStage, Room, Stage, Step, Values, Work
from chainrule.engine.weights import Permuted, aligned, linear_weights
from chainrule.layers import Convolution, Dropout, Layer, Linear, MaxPooling, ReLU
from chainrule.network import Network

CHEAP = 32  # multiply-adds for an element of a convolution's output, up to which it is computed again, not kept


def images_of(network: Network) -> list[Image]:
    """How x, x_1, ..., y lie in the engine: in blocks, framed for who reads them; x in planes, if products read it."""
    images = []
    for k, shape in enumerate(network.shapes):
        reader = network.layers[k] if k < len(network.layers) else None
        frame = reader.padding if isinstance(reader, Convolution) else 0
        c, h, w = shape if len(shape) == 3 else (shape[0], 1, 1)
        planes = k == 0 and isinstance(reader, Convolution | Linear)
        if planes and len(shape) == 1:
            images.append(Image(shape[0], 1, 1, 0, 1, odd_lines(shape[0])))
        else:
            images.append(image(c, h, w, frame, *([1] if planes else [])))
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


class Piece(NamedTuple):
    """Layers that one stage executes: the first is `layer`, number k; layer number `end` is the next stage's."""

    layer: Layer
    k: int
    end: int
    relu: bool = False
    pooling: MaxPooling | None = None
    dropout: tuple[int, Dropout] | None = None

    @property
    def convolves(self) -> bool:
        return isinstance(self.layer, Convolution)


def pieces_of(network: Network) -> list[Piece]:
    """The network's layers, as stages take them."""
    frames = [image.frame for image in images_of(network)]
    pieces: list[Piece] = []
    while not pieces or pieces[-1].end < len(network.layers):
        k = pieces[-1].end if pieces else 0
        pieces.append(_piece(network.layers, k, frames))
    return pieces


def _piece(layers: Sequence[Layer], k: int, frames: Sequence[int]) -> Piece:
    layer, following = layers[k], Following(layers, k + 1)
    if isinstance(layer, Convolution):
        relu, pooling, dropout = following.relu(), None, None
        if layer.stride == 1 and layer.kernel_size <= 5:
            pooling = following.pooling()
        if pooling and relu and not frames[following.k]:
            dropout = following.dropout()
        return Piece(layer, k, following.k, relu, pooling, dropout)
    if isinstance(layer, Linear):
        relu = following.relu()
        dropout = following.dropout() if relu else None
        return Piece(layer, k, following.k, relu, None, dropout)
    return Piece(layer, k, k + 1)


class Plan:
    """The stages of a network, with buffers for `capacity` samples."""

    def __init__(self, network: Network, layout: Permuted, capacity: int, gradients: bool, threads: int) -> None:
        self.network, self.layout, self.capacity, self.threads = network, layout, capacity, threads
        self.room, self.pieces = Room(capacity, threads, gradients), pieces_of(network)
        images = images_of(network)
        ends = {piece.k: k for k, piece in enumerate(self.pieces)}
        self.values = {0: Values.room(images[0], self.room, False, False)}
        for piece in self.pieces:
            self.values[piece.end] = Values.room(images[piece.end], self.room, *self._windows(ends.get(piece.end)))
        self.stages = [self._stage(piece) for piece in self.pieces]
        self.input = Input(network, self.values[0], capacity)
        self.output = Output(network, self.values[len(network.layers)], capacity)

    def program(self, kind: np.dtype, step: Step, loss: bool, prepared: bool = False) -> Program:
        """What computes y of the samples that the input took, their errors (if `loss`), and dL/dw (if it has room).

        `prepared`: without what is done once for a w.
        """
        step.shift = self.input.shift(kind) if self.stages[0].takes_shift else 0.0
        chains = Chains(step)
        chains.add(self.input.load(kind, step.shift), self.stages[0], Role(None, "load"))
        for k, stage in enumerate(self.stages):
            chains.add(stage.forward(step), stage, Role(k, "forward"))
        if loss:
            chains.add(self.output.meet(step), self.stages[-1], Role(None, "loss"))
        if step.gw.size:
            self._backward(chains, step)
        works = (chains.noted(stage.prepare(step), Role(k, "prepare")) for k, stage in enumerate(self.stages))
        first = [] if prepared else [each(call for work in works for call in work)]
        return Program([*first, *chains.end()], chains.roles)

    def _backward(self, chains: "Chains", step: Step) -> None:
        learning = (k for k, piece in enumerate(self.pieces) if self._slices(piece))
        first = next(learning, len(self.pieces))
        for k, stage in reversed(list(enumerate(self.stages))[first:]):
            if isinstance(stage.x.x, Window):  # it was handed on, not kept
                chains.add(self.stages[k - 1].forward(step), stage, Role(k - 1, "again"))
            chains.add(stage.backward(step, to_input=k > first), stage, Role(k, "backward"))
        works = (chains.noted(stage.finish(step), Role(k, "finish")) for k, stage in enumerate(self.stages))
        chains.end().append(each(item for work in works for item in work))
        if step.updates:
            chains.end().extend(chains.noted([step.updates.rest(step.gw)], Role(None, "update")))

    def slots(self, samples: int) -> int:
        """In how many ranges a batch is done. Convolutions sum their gradients by slot: the batch alone decides."""
        convolves = any(piece.convolves for piece in self.pieces)
        return min(samples, SLOTS if convolves else min(SLOTS, self.threads))

    def outputs(self, samples: int) -> np.ndarray:
        """y of the last pass, in canonical order."""
        return self.output.y.canonical(samples).reshape(samples, *self.network.output_shape)

    def rows(self) -> list[dict[str, Any]]:
        """What each stage is, which kernel executes it, its multiply-adds a sample and its buffers' bytes."""
        rows = []
        for piece, stage in zip(self.pieces, self.stages, strict=True):
            layers = range(piece.k, piece.end)
            rows.append(
                {
                    "stage": stage.name,
                    "kernel": stage.kernel,
                    "multiply_adds": sum(self.network.layers[k].multiply_adds(self.network.shapes[k]) for k in layers),
                    "bytes": sum(array_of(value).nbytes for value in (*vars(stage).values(), stage.y.x, stage.y.gx)),
                }
            )
        return rows

    def __str__(self) -> str:
        """A line a stage."""
        cells = [(row["stage"], row["kernel"], f"{row['multiply_adds']:,}", f"{row['bytes']:,}") for row in self.rows()]
        cells = [("stage", "kernel", "multiply-adds", f"bytes for {self.capacity}"), *cells]
        a, b, c, d = (max(map(len, column)) for column in zip(*cells, strict=True))
        return "\n".join(f"{s:<{a}}  {k:<{b}}  {m:>{c}}  {n:>{d}}" for s, k, m, n in cells)

    def _windows(self, k: int | None) -> tuple[bool, bool]:
        """Whether x and dL/dx between pieces k - 1 and k only need to live for a sample: between two convolutions they
        do, except x when gradients are wanted, unless it is computed again because that takes less than to keep it."""
        if not k or not (self.pieces[k - 1].convolves and self.pieces[k].convolves):
            return False, False
        layer, x = self.pieces[0].layer, self.network.shapes[0]
        cheap = k == 1 and isinstance(layer, Convolution) and x[0] * layer.kernel_size**2 <= CHEAP
        return not self.room.gradients or (cheap and self.pieces[0].pooling is None), True

    def _slices(self, piece: Piece) -> dict[str, slice]:
        """Where its parameters stand in w, in canonical order."""
        return {p.key: p.slice for p in self.network.parameters if p.layer == piece.k}

    def _stage(self, piece: Piece) -> Stage:
        """The stage of these layers."""
        layer, k, x, y = piece.layer, piece.k, self.values[piece.k], self.values[piece.end]
        slices = self._slices(piece)
        at = {key: int(self.layout.where[where.start]) for key, where in slices.items()}
        if isinstance(layer, Convolution) and piece.pooling:
            return PooledStage((layer, piece.relu, piece.pooling, piece.dropout), x, y, at, self.room)
        if isinstance(layer, Convolution):
            return ConvolutionStage(layer, piece.relu, x, y, at, self.room)
        if isinstance(layer, Linear):
            live = k > 0 and after_relu(self.network.layers[:k])
            return LinearStage((layer, piece.relu, piece.dropout), k == 0, live, x, y, at, self.room)
        stage = elementwise_stage(layer, k, x, y, self.room) or pooling_stage(layer, x, y, self.room)
        return stage or DefinitionStage(self.network, k, x, y, slices, self.layout.where)


class Chains:
    """Phases in the making: calls in a row make one phase, slot by slot, and within it sample by sample for stages
    whose images are handed on in cache."""

    def __init__(self, step: Step) -> None:
        self.step, self.by_sample = step, False
        self.phases: list[Phase] = []
        self.roles: dict[Unit, Role] = {}
        self._chain: list[Call] = []

    def end(self) -> list[Phase]:
        """End the chain; all phases so far."""
        if self._chain:
            ranges = [self.step.slot(k) for k in range(self.step.slots)]
            block = 1 if self.by_sample else self.step.samples
            self.phases.append(Phase([Task(self._chain, k, a, b, block) for k, (a, b) in enumerate(ranges)]))
            self._chain = []
        return self.phases

    def noted(self, work: Sequence[Any], role: Role) -> Sequence[Any]:
        """That work, whose role is kept."""
        self.roles.update((unit, role) for item in work for unit in units_of(item))
        return work

    def add(self, work: Work, stage: Stage, role: Role) -> None:
        """What that stage does next."""
        for item in self.noted(work, role):
            if isinstance(item, Phase):
                self.end().append(item)
                continue
            if self.by_sample != stage.by_sample:
                self.end()
            self.by_sample = stage.by_sample
            self._chain.append(item)


def array_of(value: Any) -> np.ndarray:
    """The array behind what a call is bound to; an empty one for anything else."""
    array = getattr(value, "array", value)
    return array if isinstance(array, np.ndarray) else np.empty(0)


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
