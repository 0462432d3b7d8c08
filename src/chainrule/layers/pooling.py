"""What poolings share: windows over an image or a signal, each of which becomes one number, channel by channel."""

from dataclasses import dataclass

from chainrule.base.errors import NetworkError
from chainrule.layers.layer import Layer, Shape
from chainrule.layers.shapes import check_padding, check_sizes, size_text, windows_that_fit
from chainrule.layers.windows import Padding, Sizes, Windows, each


@dataclass(frozen=True)
class Pooling(Layer):
    """Each patch of `size` x `size` pixels, or of `size` in a signal, becomes one."""

    size: Sizes = 2
    stride: Sizes = 0  # 0: the size, patches side by side
    padding: Padding = 0  # at most half the size, so that no patch is all padding

    def __post_init__(self) -> None:
        check_sizes(self, "size")
        check_sizes(self, "stride", minimum=1 if isinstance(self.stride, tuple | list) else 0)
        check_padding(self)
        if isinstance(self.padding, str):
            return
        for padding, size in zip(each(self.padding, 2), each(self.size, 2), strict=False):
            if padding > size // 2:
                half = f"at most half its size, {size // 2}"
                raise NetworkError(f"{type(self).__name__}: padding is {self.padding}; expected {half}")

    def __str__(self) -> str:
        return self.text_for(())

    def text_for(self, x_shape: Shape) -> str:
        told = {name: value for name, value in self.options().items() if name not in ("size", "stride")}
        if self.step != self.size:
            told = {"stride": self.step} | told
        more = "".join(f", {name}={value}" for name, value in told.items())
        return f"{type(self).__name__}({size_text(self.size, x_shape)}{more})"

    @property
    def step(self) -> Sizes:
        """How many pixels two neighbouring patches are apart."""
        return self.stride or self.size

    def windows_over(self, x_shape: Shape) -> Windows:
        """Its patches over an input of that shape; NetworkError if the layer cannot take it."""
        return windows_that_fit(self, x_shape, padding=self.padding, size=self.size, stride=self.step)

    def y_shape(self, x_shape: Shape) -> Shape:
        return (x_shape[0], *self.windows_over(x_shape).counts)
