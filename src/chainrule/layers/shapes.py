"""What layers ask of their hyper-parameters and of the shapes they are given; NetworkError where that is impossible."""

from math import prod

from chainrule.base.errors import NetworkError
from chainrule.base.numbers import is_whole, whole_number
from chainrule.base.showing import short
from chainrule.layers.layer import Layer, Shape
from chainrule.layers.windows import Padding, Sizes, Windows, each, windows

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


def check_sizes(layer: Layer, *names: str, minimum: int = 1, or_else: str = "") -> None:
    """NetworkError unless the named hyper-parameters are whole numbers of at least `minimum`, or one for each axis."""
    for name in names:
        value = getattr(layer, name)
        rows = value if isinstance(value, tuple | list) else [value]
        if len(rows) not in (1, 2) or not all(is_whole(n, minimum) for n in rows):
            expected = f"{or_else}a whole number of at least {minimum}, or one for each axis"
            raise NetworkError(f"{type(layer).__name__}: {name} is {short(value)}; expected {expected}")
        whole = tuple(int(n) for n in rows)
        object.__setattr__(layer, name, whole if isinstance(value, tuple | list) else whole[0])


def check_padding(layer: Layer) -> None:
    """NetworkError unless the padding is "same", a whole number, or one for each axis."""
    if not (isinstance(layer.padding, str) and layer.padding == "same"):  # type: ignore[attr-defined]
        check_sizes(layer, "padding", minimum=0, or_else='"same", ')


def size_text(size: Sizes, x_shape: Shape) -> str:
    """As in 3x5, or 5 in a signal; of what is not known to be a signal as in an image."""
    return "x".join(map(str, each(size, 1 if len(x_shape) == 2 else 2)))


def space(layer: Layer, x_shape: Shape) -> tuple[int, Shape]:
    """(channels, pixels along each axis), or NetworkError if the input is neither an image nor a signal."""
    if len(x_shape) not in (2, 3):
        takes = "an image (channels, height, width) or a signal (channels, length)"
        raise NetworkError(f"{type(layer).__name__} takes {takes}, but its input has shape {x_shape}")
    return x_shape[0], x_shape[1:]


def windows_that_fit(layer: Layer, x_shape: Shape, *, padding: Padding, **sizes: Sizes) -> Windows:
    """A layer's windows over an input of that shape; NetworkError if that has other axes, or is smaller than one.

    `sizes` are the window's size, stride and perhaps dilation, by the names of the layer's fields.
    """
    (channels, pixels), name = space(layer, x_shape), type(layer).__name__
    for option, value in [*sizes.items(), ("padding", padding)]:
        if isinstance(value, tuple) and len(value) != len(pixels):
            wanted = f"{len(pixels)}, as its input has shape {x_shape}"
            raise NetworkError(f"{name}: {option} is {value}, of {len(value)} axes; expected {wanted}")
    size, stride, dilation = (*sizes.values(), 1)[:3]
    found = windows(pixels, size, stride=stride, padding=padding, dilation=dilation)
    check_room((channels, *found.padded), f"{name}: its padded input is")
    if any(n < span for n, span in zip(found.padded, found.spans, strict=True)):
        dilated = f" dilated by {dilation}" if set(found.dilation) != {1} else ""
        padded = f" padded by {padding}" if any(map(any, found.padding)) else ""
        on = f"a {size_text(size, x_shape)} window{dilated} on {size_text(pixels, x_shape)} pixels{padded}"
        raise NetworkError(f"{name}: {on} is impossible; at most {size_text(found.padded, x_shape)} fits")
    return found


def vector_length(layer: Layer, x_shape: Shape) -> int:
    """n of a vector input, or NetworkError if the input is an image."""
    if len(x_shape) != 1:
        raise NetworkError(
            f"{type(layer).__name__} takes a vector (n,), but its input has shape {x_shape}; put a Linear before it"
        )
    return x_shape[0]
