"""The arguments of the convolutions' kernels: sizes, filters, rows, slots."""

from typing import Any, NamedTuple


class ConvolutionSizes(NamedTuple):
    """The sizes of a convolution."""

    out_channels: int
    in_channels: int
    kernel_size: int
    stride: int
    padding: int
    rows: int  # of the output
    columns: int


class Filters(NamedTuple):
    """A convolution's weights, packed for the kernel, and b, padded with zeros to whole vectors."""

    packed: Any
    b: Any


class Band(NamedTuple):
    """Some rows of one sample's output: which are computed, and where they are written."""

    sample: int
    row: int  # the first one computed
    height: int
    to_sample: int
    to_row: int


class GradientSlot(NamedTuple):
    """dL/dw and dL/db, summed over some samples: as `weights` lays them out; (oc padded to whole vectors,)."""

    w: Any
    b: Any
