"""Convolution(w; x): slide a filter over the image; at each pixel, the local inner product.

With sample s, channels oc and ic, pixel (i, j) and filter offset (di, dj), the lecture's definition is

    y[s,oc,i,j] = sum over ic,di,dj of w[oc,ic,di,dj] x[s,ic,i+di,j+dj] + b[oc]

and its derivatives ("Back propagation 1 and 2") are

    dL/dx[s,ic,i+di,j+dj] = sum over oc,i,j with that i+di, j+dj of dL/dy[s,oc,i,j] w[oc,ic,di,dj]
    dL/dw[oc,ic,di,dj]    = sum over s,i,j of dL/dy[s,oc,i,j] x[s,ic,i+di,j+dj]
    dL/db[oc]             = sum over s,i,j of dL/dy[s,oc,i,j]

With stride S, dilation D and padding P, which frames x by zeros, x[i+di] becomes x[S i + D di - P], and likewise for j,
which may have a K, S, D and P of its own. A signal has no i:

    y[s,oc,j] = sum over ic,dj of w[oc,ic,dj] x[s,ic,S j + D dj - P] + b[oc]

In G groups, the g-th OC / G filters look at the g-th IC / G channels only: ic counts from g IC / G on, and w is
(OC, IC / G, K, K). With G = IC each filter has one channel ("depthwise").
In the einsums, o = oc, c = ic, d = di, e = dj.

Compiled: engine/stages/convolution.py, engine/stages/pooled.py, engine/stages/taps.py, engine/kernels/convolution/.
"""

from dataclasses import dataclass
from math import inf, prod
from typing import Any, ClassVar

import numpy as np

from chainrule.base.arguments import truth
from chainrule.base.errors import NetworkError
from chainrule.layers.channels import along_channels
from chainrule.layers.initial import Parameter, check_initial
from chainrule.layers.layer import Arrays, Context, Layer, Shape, register
from chainrule.layers.shapes import check_padding, check_sizes, size_text, space, whole_numbers, windows_that_fit
from chainrule.layers.windows import Padding, Sizes, Windows, windows

PIXELS, OFFSETS = {1: "j", 2: "ij"}, {1: "e", 2: "de"}
"""The einsums' letters, by x's axes."""


def convolution(
    x: np.ndarray, w: np.ndarray, b: np.ndarray | None = None, *,
    stride: Sizes = 1, padding: Padding = 0, dilation: Sizes = 1, groups: int = 1,
) -> np.ndarray:  # fmt: skip
    """y (s, oc, i, j) from x (s, ic, H, W), w (oc, ic / groups, K, K) and b (oc,)."""
    at = windows(x.shape[2:], w.shape[2:], stride=stride, padding=padding, dilation=dilation)
    ij, de = PIXELS[w.ndim - 2], OFFSETS[w.ndim - 2]
    of_groups = zip(np.split(at.views(at.pad(x)), groups, axis=1), np.split(w, groups), strict=True)
    y = [np.einsum(f"sc{ij}{de},oc{de}->so{ij}", seen, filters, optimize=True) for seen, filters in of_groups]
    scores = side_by_side(y)
    return scores if b is None else scores + along_channels(b, scores)


def convolution_input_gradient(
    gy: np.ndarray, x_shape: Shape, w: np.ndarray, *,
    stride: Sizes = 1, padding: Padding = 0, dilation: Sizes = 1, groups: int = 1,
) -> np.ndarray:  # fmt: skip
    """dL/dx: every filter offset (di, dj) sends w[di, dj] dL/dy[i, j] back to the pixel it was read from."""
    at, ij = windows(x_shape[2:], w.shape[2:], stride=stride, padding=padding, dilation=dilation), PIXELS[w.ndim - 2]
    gx = np.zeros((*x_shape[:2], *at.padded), gy.dtype)
    for gx_g, gy_g, w_g in zip(*(np.split(a, groups, k) for a, k in ((gx, 1), (gy, 1), (w, 0))), strict=True):
        for offset, element in zip(np.ndindex(at.size), at.elements(gx_g), strict=True):
            element += np.einsum(f"so{ij},oc->sc{ij}", gy_g, w_g[(..., *offset)], optimize=True)
    return at.crop(gx)


def convolution_weight_gradient(
    gy: np.ndarray, x: np.ndarray, kernel: Sizes, *,
    stride: Sizes = 1, padding: Padding = 0, dilation: Sizes = 1, groups: int = 1,
) -> np.ndarray:  # fmt: skip
    """dL/dw (oc, ic / groups, K, K)."""
    at = windows(x.shape[2:], kernel, stride=stride, padding=padding, dilation=dilation)
    ij, de = PIXELS[x.ndim - 2], OFFSETS[x.ndim - 2]
    of_groups = zip(np.split(gy, groups, axis=1), np.split(at.views(at.pad(x)), groups, axis=1), strict=True)
    return np.concatenate([np.einsum(f"so{ij},sc{ij}{de}->oc{de}", *pair, optimize=True) for pair in of_groups])


def convolution_bias_gradient(gy: np.ndarray) -> np.ndarray:
    """dL/db (oc,)."""
    ij = PIXELS[gy.ndim - 2]
    return np.einsum(f"so{ij}->o", gy)


def side_by_side(channels: list[np.ndarray]) -> np.ndarray:
    """Those of all groups, in one array."""
    return channels[0] if len(channels) == 1 else np.concatenate(channels, axis=1)


@register
@dataclass(frozen=True)
class Convolution(Layer):
    """A bank of filters: (c, h, w) -> (out_channels, (h + 2P - K) // S + 1, (w + 2P - K) // S + 1), likewise (c, n).

    out_channels : how many filters, at least 1
    kernel_size : K, of K x K pixels, or of K in a signal
    stride : S, pixels from one window to the next
    padding : P zeros on each side, by default, as in the lecture, none; "same": as many as give y ceil(h / S) rows and
        ceil(w / S) columns, an odd one behind x
    dilation : D, pixels from one element of a window to the next; K above becomes D (K - 1) + 1
    groups : into how many x's channels and the filters are cut, each of which sees its own only
    bias : whether there is a b
    initial_w, initial_b : how the filters and b begin, distributions of `layers.initial`

    A size is one number, or one for each axis: (3, 5) is 3 rows and 5 columns. NetworkError for other values, for an
    input that is neither image nor signal, and for one smaller than a window.
    Source: the lecture; K. Fukushima's *Neocognitron* (1980), Y. LeCun et al. (1989).
    """

    out_channels: int
    kernel_size: Sizes = 3
    stride: Sizes = 1
    padding: Padding = 0
    dilation: Sizes = 1
    groups: int = 1
    bias: bool = True
    initial_w: str = "uniform"
    initial_b: str = "uniform"
    short_name: ClassVar[str] = "conv"
    y_range: ClassVar = -inf, inf

    def __post_init__(self) -> None:
        whole_numbers(self, "out_channels", "groups")
        check_sizes(self, "kernel_size", "stride", "dilation")
        check_padding(self)
        object.__setattr__(self, "bias", truth("Convolution: bias", self.bias, NetworkError))
        check_initial("Convolution", initial_w=self.initial_w, initial_b=self.initial_b)
        self._divides("out_channels", self.out_channels)

    def __str__(self) -> str:
        return self.text_for(())

    def text_for(self, x_shape: Shape) -> str:
        told = self.options().items()
        more = "".join(f", {name}={value}" for name, value in told if name not in ("out_channels", "kernel_size"))
        return f"Convolution({self.out_channels}, {size_text(self.kernel_size, x_shape)}{more})"

    def forward(self, x: np.ndarray, w: Arrays, context: Context) -> tuple[np.ndarray, Any]:
        return convolution(x, w["w"], w.get("b"), **self._how()), x

    def backward(self, gy: np.ndarray, saved: Any, w: Arrays, context: Context) -> tuple[np.ndarray, Arrays]:
        gx = convolution_input_gradient(gy, saved.shape, w["w"], **self._how())
        return gx, self.parameter_gradients(gy, saved, w, context)

    def parameter_gradients(self, gy: np.ndarray, saved: Any, w: Arrays, context: Context) -> Arrays:
        gw = {"w": convolution_weight_gradient(gy, saved, self.kernel_size, **self._how())}
        return gw | {"b": convolution_bias_gradient(gy)} if self.bias else gw

    def windows_over(self, x_shape: Shape) -> Windows:
        """Its windows over an input of that shape; NetworkError if the layer cannot take it."""
        self._divides("its input's channels", space(self, x_shape)[0])
        how = {"stride": self.stride, "padding": self.padding, "dilation": self.dilation}
        return windows_that_fit(self, x_shape, kernel_size=self.kernel_size, **how)

    def y_shape(self, x_shape: Shape) -> Shape:
        return (self.out_channels, *self.windows_over(x_shape).counts)

    def parameters_for(self, x_shape: Shape) -> dict[str, Parameter]:
        size = self.windows_over(x_shape).size
        inputs, outputs = (channels // self.groups for channels in (x_shape[0], self.out_channels))
        fans = inputs * prod(size), outputs * prod(size)
        w = {"w": Parameter((self.out_channels, inputs, *size), self.initial_w, *fans)}
        return w | {"b": Parameter((self.out_channels,), self.initial_b, *fans)} if self.bias else w

    def multiply_adds(self, x_shape: Shape) -> int:
        return prod(self.y_shape(x_shape)) * x_shape[0] // self.groups * prod(self.windows_over(x_shape).size)

    def _how(self) -> dict[str, Any]:
        """The definitions' options."""
        return {name: getattr(self, name) for name in ("stride", "padding", "dilation", "groups")}

    def _divides(self, what: str, channels: int) -> None:
        if channels % self.groups:
            raise NetworkError(f"Convolution: groups is {self.groups}; expected a divisor of {what}, {channels}")
