"""Stages of one layer that treats each number alone, where no other stage takes it in: ReLU, Sigmoid, Tanh, Dropout.

ReLU        gx = gy [x > 0]  (or x >= 0)    from the x that is kept anyway
Sigmoid     gx = gy y (1 - y)               from the y that is kept anyway
Tanh        gx = gy (1 - y^2)               likewise
Dropout     gx = gy keep / (1-p)            from the mask, which the stage keeps
"""

import numpy as np

from chainrule.engine.kernels import elementwise as kernels
from chainrule.engine.kernels.philox import draw_masks, threshold_of
from chainrule.engine.runtime.calls import Call, bind
from chainrule.engine.stages.stage import Room, Stage, Step, Values, Work
from chainrule.layers import Dropout, Layer, ReLU, Sigmoid, Tanh

CURVES = {
    Sigmoid: (kernels.sigmoid, kernels.sigmoid_input_gradient),
    Tanh: (kernels.tanh, kernels.tanh_input_gradient),
}


def elementwise_stage(layer: Layer, k: int, x: Values, y: Values, room: Room) -> Stage | None:
    """The stage of layer number k; None if it has no kernel here."""
    if type(layer) is ReLU:
        return ReLUStage(layer, x, y)
    if type(layer) in CURVES:
        return CurveStage(layer, x, y)
    if type(layer) is Dropout and layer.stream is None:
        return DropoutStage(layer, k, x, y, room)
    return None


class ElementwiseStage(Stage):
    """What they share."""

    def __init__(self, layer: Layer, x: Values, y: Values) -> None:
        super().__init__(str(layer), "elementwise", x, y)
        self.by_sample = x.image.height * x.image.width > 1  # images go along with convolutions, vectors with linear

    def backward(self, step: Step, to_input: bool) -> Work:
        return [self._input_gradient()] if to_input else []

    def _input_gradient(self) -> Call:
        raise NotImplementedError


class ReLUStage(ElementwiseStage):
    """max(x, 0), with either derivative at 0."""

    def __init__(self, layer: ReLU, x: Values, y: Values) -> None:
        super().__init__(layer, x, y)
        self.derivative_at_zero = int(layer.derivative_at_zero)

    def forward(self, step: Step) -> Work:
        return [bind(kernels.relu, self.x.x, self.y.x, self.x.image, self.y.image)]

    def _input_gradient(self) -> Call:
        x, gy = self.x, self.y.gx
        images = x.gradient_image, x.image
        return bind(kernels.relu_input_gradient, gy, x.x, x.gx, *images, self.derivative_at_zero)


class CurveStage(ElementwiseStage):
    """Sigmoid or Tanh."""

    def __init__(self, layer: Layer, x: Values, y: Values) -> None:
        super().__init__(layer, x, y)
        self.function, self.derivative = CURVES[type(layer)]

    def forward(self, step: Step) -> Work:
        return [bind(self.function, self.x.x, self.y.x, self.x.image, self.y.image)]

    def _input_gradient(self) -> Call:
        y = self.y
        return bind(self.derivative, y.gx, y.x, self.x.gx, y.gradient_image, y.image)


class DropoutStage(ElementwiseStage):
    """Dropout that draws from the common random numbers."""

    def __init__(self, layer: Dropout, k: int, x: Values, y: Values, room: Room) -> None:
        super().__init__(layer, x, y)
        self.number, self.threshold, self.scale = k, threshold_of(layer.p), np.float32(1 / (1 - layer.p))
        self.keep_image = y.gradient_image  # the mask lies as dL/dy, without a frame
        self.keep = room.whole(self.keep_image.stride if room.gradients else 0, np.uint8)

    def forward(self, step: Step) -> Work:
        x, y, mask = self.x, self.y, self.keep_image
        if not step.training:
            return [bind(kernels.identity, x.x, y.x, x.image, y.image)]
        return [
            bind(draw_masks, self.number, self.threshold, step.draw_words, self.keep, mask),
            bind(kernels.dropout, x.x, self.keep, self.scale, y.x, x.image, mask, y.image),
        ]

    def _input_gradient(self) -> Call:
        gy, gx, image = self.y.gx, self.x.gx, self.y.gradient_image
        return bind(kernels.dropout_input_gradient, gy, self.keep, self.scale, gx, image, self.keep_image)
