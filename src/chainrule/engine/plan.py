"""From a network's layers to stages, and from stages to the phases of a step."""

from math import prod
from typing import Any

import numpy as np

from chainrule.engine.chains import Chains
from chainrule.engine.pieces import Piece, after_relu, images_of, pieces_of
from chainrule.engine.runtime.calls import Call, Window
from chainrule.engine.runtime.program import Program, Role, Task, each
from chainrule.engine.stages.convolution import ConvolutionStage
from chainrule.engine.stages.elementwise import elementwise_stage
from chainrule.engine.stages.ends import Input, Output, Source
from chainrule.engine.stages.linear import LinearStage
from chainrule.engine.stages.pooled import PooledStage
from chainrule.engine.stages.pooling import pooling_stage
from chainrule.engine.stages.stage import SLOTS, DefinitionStage, Room, Stage, Step, Values
from chainrule.engine.weights import Permuted, aligned, linear_weights
from chainrule.layers import Convolution, Linear
from chainrule.network.network import Network

CHEAP = 32  # multiply-adds for an element of a convolution's output, up to which it is computed again, not kept


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
        self.room, self.pieces = Room(capacity, threads, gradients), pieces_of(network)
        images = images_of(network)
        ends = {piece.k: k for k, piece in enumerate(self.pieces)}
        self.values = {0: Values.room(images[0], self.room, False, False)}
        for piece in self.pieces:
            self.values[piece.end] = Values.room(images[piece.end], self.room, *self._windows(ends.get(piece.end)))
        self.stages = [self._stage(piece) for piece in self.pieces]
        self.input = Input(network, self.values[0], capacity)
        self.output = Output(network, self.values[len(network.layers)], capacity)

    def program(self, source: Source, step: Step, loss: bool, prepared: bool = False) -> Program:
        """What computes y of the samples there, their errors (if `loss`), and dL/dw (if it has room).

        `prepared`: without what is done once for a w.
        """
        step.shift = self.input.shift(source) if self.stages[0].takes_shift else 0.0
        chains = Chains(step)
        chains.add(self.input.load(source, step.shift), self.stages[0], Role(None, "load"))
        for k, stage in enumerate(self.stages):
            chains.add(stage.forward(step), stage, Role(k, "forward"))
        if loss:
            chains.add(self.output.meet(step), self.stages[-1], Role(None, "loss"))
            if step.gw.size:
                self._backward(chains, step)
            closing = chains.noted([self.output.add_up(step)], Role(None, "loss"))
            chains.end().append(each([*closing, *self._finish(chains, step)]))
        if step.updates:
            chains.end().extend(chains.noted(step.updates.rest(step.gw), Role(None, "update")))
        works = (chains.noted(stage.prepare(step), Role(k, "prepare")) for k, stage in enumerate(self.stages))
        first = [] if prepared else [each(call for work in works for call in work)]
        return Program([*first, *chains.end()], chains.roles)

    def _backward(self, chains: Chains, step: Step) -> None:
        learning = (k for k, piece in enumerate(self.pieces) if self._slices(piece))
        first = next(learning, len(self.pieces))
        for k, stage in reversed(list(enumerate(self.stages))[first:]):
            if isinstance(stage.x.x, Window):  # it was handed on, not kept
                chains.add(self.stages[k - 1].forward(step), stage, Role(k - 1, "again"))
            chains.add(stage.backward(step, to_input=k > first), stage, Role(k, "backward"))

    def _finish(self, chains: Chains, step: Step) -> list[Call | Task]:
        works = (chains.noted(stage.finish(step), Role(k, "finish")) for k, stage in enumerate(self.stages))
        return [item for work in works for item in work] if step.gw.size else []

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


def array_of(value: Any) -> np.ndarray:
    """The array behind what a call is bound to; an empty one for anything else."""
    array = getattr(value, "array", value)
    return array if isinstance(array, np.ndarray) else np.empty(0)
