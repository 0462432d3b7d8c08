"""Convolution(w; x): slide a filter over the image; at each pixel, the local inner product.

With sample s, channels oc and ic, pixel (i, j) and filter offset (di, dj), the lecture's definition is

    y[s,oc,i,j] = sum over ic,di,dj of w[oc,ic,di,dj] x[s,ic,i+di,j+dj] + b[oc]

and its derivatives ("Back propagation 1 and 2") are

    dL/dx[s,ic,i+di,j+dj] = sum over oc,i,j with that i+di, j+dj of dL/dy[s,oc,i,j] w[oc,ic,di,dj]
    dL/dw[oc,ic,di,dj]    = sum over s,i,j of dL/dy[s,oc,i,j] x[s,ic,i+di,j+dj]
    dL/db[oc]             = sum over s,i,j of dL/dy[s,oc,i,j]

With a stride S, x[i+di] becomes x[S i + di]; with padding P, x is first framed by P zeros.
In the einsums, o = oc, c = ic, d = di, e = dj.

Compiled: engine/stages/convolution.py, engine/stages/pooled.py, engine/kernels/convolution/, engine/kernels/pooling/.
"""

from dataclasses import dataclass
from math import inf
from typing import Any, ClassVar

import numpy as np

from chainrule.layers.initial import Parameter, check_initial
from chainrule.layers.layer import Arrays, Context, Layer, Shape, register
from chainrule.layers.shapes import check_room, image_shape, whole_numbers, window_count
from chainrule.layers.windows import pad, patch_elements, windows


def convolution(x: np.ndarray, w: np.ndarray, b: np.ndarray, *, stride: int = 1, padding: int = 0) -> np.ndarray:
    """y (s, oc, i, j) from x (s, ic, H, W), w (oc, ic, K, K) and b (oc,)."""
    x_windows = windows(pad(x, padding), w.shape[-1], stride)
    return np.einsum("scijde,ocde->soij", x_windows, w, optimize=True) + b[:, None, None]


def convolution_input_gradient(
    gy: np.ndarray, x_shape: Shape, w: np.ndarray, *, stride: int = 1, padding: int = 0
) -> np.ndarray:
    """dL/dx: every filter offset (di, dj) sends w[di, dj] dL/dy[i, j] back to the pixel it was read from."""
    samples, channels, height, width = x_shape
    kernel = w.shape[-1]
    gx = np.zeros((samples, channels, height + 2 * padding, width + 2 * padding), gy.dtype)
    for (di, dj), element in zip(np.ndindex(kernel, kernel), patch_elements(gx, kernel, stride), strict=True):
        element += np.einsum("soij,oc->scij", gy, w[:, :, di, dj], optimize=True)
    return gx[:, :, padding : padding + height, padding : padding + width]


def convolution_weight_gradient(
    gy: np.ndarray, x: np.ndarray, kernel: int, *, stride: int = 1, padding: int = 0
) -> np.ndarray:
    """dL/dw (oc, ic, K, K)."""
    x_windows = windows(pad(x, padding), kernel, stride)
    return np.einsum("soij,scijde->ocde", gy, x_windows, optimize=True)


def convolution_bias_gradient(gy: np.ndarray) -> np.ndarray:
    """dL/db (oc,)."""
    return np.einsum("soij->o", gy)


@register
@dataclass(frozen=True)
class Convolution(Layer):
    """A bank of filters: (c, h, w) -> (out_channels, (h + 2P - K) // S + 1, (w + 2P - K) // S + 1).

    out_channels : how many filters, at least 1
    kernel_size : K, of K x K pixels
    stride : S, pixels from one window to the next
    padding : P zeros on each side; by default, as in the lecture, none
    initial_w, initial_b : how the filters and b begin, distributions of `layers.initial`

    NetworkError for other values, for an input that is no image, and for one smaller than a window.
    Source: the lecture; K. Fukushima's *Neocognitron* (1980), Y. LeCun et al. (1989).
    """

    out_channels: int
    kernel_size: int = 3
    stride: int = 1
    padding: int = 0
    initial_w: str = "uniform"
    initial_b: str = "uniform"
    short_name: ClassVar[str] = "conv"
    y_range: ClassVar = -inf, inf

    def __post_init__(self) -> None:
        whole_numbers(self, "out_channels", "kernel_size", "stride")
        whole_numbers(self, "padding", minimum=0)
        check_initial("Convolution", initial_w=self.initial_w, initial_b=self.initial_b)

    def __str__(self) -> str:
        told = self.options().items()
        more = "".join(f", {name}={value}" for name, value in told if name not in ("out_channels", "kernel_size"))
        return f"Convolution({self.out_channels}, {self.kernel_size}x{self.kernel_size}{more})"

    def forward(self, x: np.ndarray, w: Arrays, context: Context) -> tuple[np.ndarray, Any]:
        return convolution(x, w["w"], w["b"], stride=self.stride, padding=self.padding), x

    def backward(self, gy: np.ndarray, saved: Any, w: Arrays, context: Context) -> tuple[np.ndarray, Arrays]:
        gx = convolution_input_gradient(gy, saved.shape, w["w"], stride=self.stride, padding=self.padding)
        return gx, self.parameter_gradients(gy, saved, w, context)

    def parameter_gradients(self, gy: np.ndarray, saved: Any, w: Arrays, context: Context) -> Arrays:
        return {
            "w": convolution_weight_gradient(gy, saved, self.kernel_size, stride=self.stride, padding=self.padding),
            "b": convolution_bias_gradient(gy),
        }

    def y_shape(self, x_shape: Shape) -> Shape:
        channels, height, width = image_shape(self, x_shape)
        check_room((channels, height + 2 * self.padding, width + 2 * self.padding), "its padded input is")
        return (
            self.out_channels,
            window_count(self, height, self.kernel_size, self.stride, padding=self.padding),
            window_count(self, width, self.kernel_size, self.stride, padding=self.padding),
        )

    def parameters_for(self, x_shape: Shape) -> dict[str, Parameter]:
        taps = self.kernel_size**2
        fans = x_shape[0] * taps, self.out_channels * taps
        return {
            "w": Parameter((self.out_channels, x_shape[0], self.kernel_size, self.kernel_size), self.initial_w, *fans),
            "b": Parameter((self.out_channels,), self.initial_b, *fans),
        }

    def multiply_adds(self, x_shape: Shape) -> int:
        out_channels, rows, columns = self.y_shape(x_shape)
        return out_channels * rows * columns * x_shape[0] * self.kernel_size**2
