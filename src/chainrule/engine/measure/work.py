"""What a stage's kernels compute in each phase of a step, in multiply-adds."""

import numpy as np

from chainrule.engine.kernels.convolution.winograd import POINTS, TILE
from chainrule.engine.kernels.linear.dense import SPARSE, SPARSE_VECTORS
from chainrule.engine.kernels.pooling.patches import winners_size
from chainrule.engine.simd import LANES
from chainrule.engine.stages.algorithms import Algorithm
from chainrule.engine.stages.convolution import ConvolutionStage
from chainrule.engine.stages.linear import LinearStage
from chainrule.engine.stages.pooled import PooledStage
from chainrule.engine.stages.stage import Stage

FORWARD, BY_INPUT, BY_WEIGHTS = PRODUCTS = "forward", "input gradient", "weight gradient"
UPDATE, DEFINITION, OTHER = "update", "definition", "other"
PHASES = (*PRODUCTS, UPDATE, DEFINITION, OTHER)


def executed(stage: Stage, phase: str, dense: int, samples: int) -> float:
    """Multiply-adds a sample that a stage's kernels execute in a phase in which its definition has `dense`.

    Winograd's algorithm takes 36 for each pair of channels and 4x4 outputs, which are 144 dense. Sparse kernels take
    the live fraction of the `samples` that the stage did last: of a pooled convolution's units those that won, of a
    linear layer's inputs those that are not 0 (in y and dL/dw all, if more than half are live or rows are short).
    Neither transforms are counted, nor what vectors hold beyond the channels and tiles beyond the image.
    """
    if phase not in PRODUCTS:
        return 0
    if isinstance(stage, ConvolutionStage | PooledStage) and phase == FORWARD:
        return convolved(stage.algorithm)
    if isinstance(stage, ConvolutionStage) and phase == BY_INPUT:
        return convolved(stage.back)
    if isinstance(stage, PooledStage) and (phase == BY_INPUT or stage.x.image.lanes > 1):
        return dense * live_units(stage, samples)
    if isinstance(stage, LinearStage):
        live = live_inputs(stage, samples)
        if phase == BY_INPUT:
            return dense * (live if stage.live else 1)
        return dense * (1 if live > SPARSE or stage.row < SPARSE_VECTORS * LANES else live)
    return dense


def convolved(algorithm: Algorithm) -> int:
    """Multiply-adds of a convolution of one sample."""
    s = algorithm.shape
    if algorithm.winograd is None:
        return s.out_channels * s.in_channels * s.kernel_size**2 * s.rows * s.columns
    return s.out_channels * s.in_channels * POINTS * -(-s.rows // TILE) * -(-s.columns // TILE)


def live_units(stage: PooledStage, samples: int) -> float:
    """The fraction of a convolution's outputs that the max-pool took, and neither ReLU nor dropout set to 0."""
    words = stage.winners[: winners_size(stage.y.gradient_image, stage.size, samples)]
    units = stage.shape.out_channels * stage.shape.rows * stage.shape.columns
    return int(np.bitwise_count(words).sum()) / (samples * units)


def live_inputs(stage: LinearStage, samples: int) -> float:
    """The fraction of x that is not 0."""
    x = stage.x.canonical(samples)
    return np.count_nonzero(x) / x.size
