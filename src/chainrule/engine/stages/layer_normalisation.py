"""The stage of a layer normalisation: each sample by itself."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.engine.kernels.convolution.weights import reduce_bias_gradient
from chainrule.engine.kernels.elementwise import zero_all
from chainrule.engine.kernels.normalisation.lines import KEPT
from chainrule.engine.kernels.normalisation.samples import (
    LAST,
    SampleGradients,
    SampleMoments,
    SampleWeights,
    Scratch,
    normalise_samples,
    sample_input_gradient,
    sample_weight_gradients,
)
from chainrule.engine.layout import Image, View, image
from chainrule.engine.runtime.calls import BY_INPUT, BY_WEIGHTS, FORWARD, Call, PerSlot, PerWorker, bind
from chainrule.engine.runtime.memory import aligned_zeros
from chainrule.engine.stages.joins import is_picture
from chainrule.engine.stages.stage import Group, Stage, Upcoming, Work, register_stage
from chainrule.engine.stages.step import SLOTS, Step
from chainrule.engine.stages.value import Room, Value
from chainrule.engine.weights import element_order, elements
from chainrule.layers import LayerNormalisation

NAMES = "gamma", "beta"


@register_stage
class LayerNormalisationStage(Stage):
    """Mean 0 and variance 1 over all of a sample, then gamma and beta, which lie as a sample does."""

    kernel = "normalisation"
    sums_by_slot = True

    def __init__(self, group: Group, values: Sequence[Value], room: Room) -> None:
        super().__init__(group, values, room)
        of = self.x.image
        self.by_sample, self.floats = is_picture(of), elements(of)
        self.own = image(of.channels, of.height, of.width)
        self.kept = SampleMoments(*(aligned_zeros(room.samples, np.float64) for _ in NAMES))
        sums = aligned_zeros(room.workers * 3 * LAST, np.float64).reshape(room.workers, -1)
        self.scratch = Scratch(PerWorker(sums), room.scratch(KEPT))
        slots = SLOTS if room.gradients else 0
        self.sums = [room.zeros(slots * self.floats) for _ in NAMES]

    @classmethod
    def fuse(cls, nodes: Upcoming) -> Any:
        return nodes.take(LayerNormalisation)

    @classmethod
    def layout(cls, group: Group, name: str, x: Image) -> tuple[np.ndarray, int] | None:
        return element_order(x), elements(x)

    def _part(self, w: np.ndarray, name: str) -> View:
        """gamma or beta, as a sample."""
        at = self.group.at[name]
        return View(w[at : at + self.floats], self.own)

    def prepare(self, step: Step) -> list[Call]:
        return [bind(zero_all, sums) for sums in self.sums] if step.gw.size else []

    def forward(self, step: Step) -> Work:
        weights = SampleWeights(*(self._part(step.w, name) for name in NAMES))
        more = weights, self.kept, self.group.layers.eps, self.scratch
        return [bind(normalise_samples, self.x.view, self.y.view, *more, role=FORWARD)]

    def backward(self, step: Step, to_input: bool) -> Work:
        x, gy, gamma = self.x.view, self.y.gradient, self._part(step.w, "gamma")
        slot = SampleGradients(*(PerSlot(sums.reshape(SLOTS, self.floats)) for sums in self.sums))
        calls = [bind(sample_weight_gradients, gy, x, gamma, self.kept, slot, role=BY_WEIGHTS)]
        if to_input:
            views = gy, x, self.x.gradient, gamma
            calls.append(bind(sample_input_gradient, *views, self.kept, self.scratch, role=BY_INPUT))
        return calls

    def finish(self, step: Step) -> list[Call]:
        how = self.floats, step.slots, self.floats
        return [
            bind(reduce_bias_gradient, sums, step.gw, self.group.at[name], *how, role=BY_WEIGHTS)
            for name, sums in zip(NAMES, self.sums, strict=True)
        ]
