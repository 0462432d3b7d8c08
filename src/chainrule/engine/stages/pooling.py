"""Stages of one pooling of side-by-side patches, where no convolution takes it in: max-pool, average pool."""

import numpy as np

from chainrule.engine.kernels.pooling import average as average_pooling
from chainrule.engine.kernels.pooling import max as max_pooling
from chainrule.engine.kernels.pooling.patches import NO_BYTES, NO_WORDS, Pool, winners_size
from chainrule.engine.pieces import LARGEST
from chainrule.engine.runtime.calls import bind
from chainrule.engine.stages.stage import Room, Stage, Step, Values, Work
from chainrule.layers import AveragePooling, Layer, MaxPooling


def pooling_stage(layer: Layer, x: Values, y: Values, room: Room) -> Stage | None:
    """The stage of that layer; None if it has no kernel here."""
    if type(layer) is MaxPooling and layer.step == layer.size <= LARGEST:
        return MaxPoolingStage(layer, x, y, room)
    if type(layer) is AveragePooling and layer.step == layer.size:
        return AveragePoolingStage(layer, x, y)
    return None


class MaxPoolingStage(Stage):
    """The largest value of each patch; in training it keeps who won."""

    by_sample = True

    def __init__(self, layer: MaxPooling, x: Values, y: Values, room: Room) -> None:
        super().__init__(str(layer), "pooling", x, y)
        self.size, self.pool = layer.size, Pool(layer.size, 0, np.float32(1))
        samples = room.samples if room.gradients else 0
        self.winners = np.zeros(winners_size(y.gradient_image, self.size, samples), np.uint64)

    def forward(self, step: Step) -> Work:
        x, y = self.x, self.y
        winners = self.winners if step.training else NO_WORDS
        return [bind(max_pooling.max_pooling, x.x, x.image, y.x, y.image, winners, NO_BYTES, self.pool)]

    def backward(self, step: Step, to_input: bool) -> Work:
        x, y, kernel = self.x, self.y, max_pooling.max_pooling_input_gradient
        gradients = y.gx, y.gradient_image, self.winners, x.gx, x.gradient_image
        return [bind(kernel, *gradients, self.size)] if to_input else []


class AveragePoolingStage(Stage):
    """The mean of each patch."""

    by_sample = True

    def __init__(self, layer: AveragePooling, x: Values, y: Values) -> None:
        super().__init__(str(layer), "pooling", x, y)
        self.size = layer.size

    def forward(self, step: Step) -> Work:
        x, y = self.x, self.y
        return [bind(average_pooling.average_pooling, x.x, x.image, y.x, y.image, self.size)]

    def backward(self, step: Step, to_input: bool) -> Work:
        x, y, kernel = self.x, self.y, average_pooling.average_pooling_input_gradient
        gradients = y.gx, y.gradient_image, x.gx, x.gradient_image
        return [bind(kernel, *gradients, self.size)] if to_input else []
