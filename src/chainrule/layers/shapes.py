"""What layers ask of their hyper-parameters and of the shapes they are given; NetworkError where that is impossible."""

from math import prod

from chainrule.base.errors import NetworkError
from chainrule.base.numbers import whole_number
from chainrule.base.showing import short
from chainrule.layers.layer import Layer, Shape

MOST_NUMBERS = 2**31
"""Of one sample, at any place in a network: more than memory holds of a batch."""


def check_room(shape: Shape, what: str) -> None:
    """NetworkError, which begins with `what`, if a sample of such a shape is too large."""
    if prod(shape) > MOST_NUMBERS:
        raise NetworkError(f"{what} {short(shape)}; expected at most {MOST_NUMBERS:,} numbers in all")


def whole_numbers(layer: Layer, *names: str, minimum: int = 1) -> None:
    """NetworkError unless the named hyper-parameters are whole numbers of at least `minimum`; makes them `int`."""
    for name in names:
        value = whole_number(f"{type(layer).__name__}: {name}", getattr(layer, name), minimum, NetworkError)
        object.__setattr__(layer, name, value)


def image_shape(layer: Layer, x_shape: Shape) -> tuple[int, int, int]:
    """(channels, height, width), or NetworkError if the input is no image."""
    if len(x_shape) != 3:
        raise NetworkError(
            f"{type(layer).__name__} takes an image (channels, height, width), but its input has shape {x_shape}"
        )
    return x_shape  # type: ignore[return-value]


def window_count(layer: Layer, size: int, kernel: int, stride: int, *, padding: int = 0) -> int:
    """How many windows of `kernel` pixels, `stride` apart, fit into `size` pixels padded on both sides."""
    if size + 2 * padding < kernel:
        fits = f"at most {size + 2 * padding}x{size + 2 * padding} fits"
        padded = f" padded by {padding}" if padding else ""
        raise NetworkError(
            f"{type(layer).__name__}: a {kernel}x{kernel} window on {size} pixels{padded} is impossible; {fits}"
        )
    return (size + 2 * padding - kernel) // stride + 1


def vector_length(layer: Layer, x_shape: Shape) -> int:
    """n of a vector input, or NetworkError if the input is an image."""
    if len(x_shape) != 1:
        raise NetworkError(
            f"{type(layer).__name__} takes a vector (n,), but its input has shape {x_shape}; put a Linear before it"
        )
    return x_shape[0]
