"""How a network's layers are cut into pieces, each of which one stage executes."""

from collections.abc import Sequence
from typing import NamedTuple

from chainrule.engine.layout import Image, image, odd_lines
from chainrule.layers import Convolution, Dropout, Layer, Linear, MaxPooling, ReLU
from chainrule.network.network import Network

LARGEST = 4  # size of a max-pool's patch that a kernel takes


class Piece(NamedTuple):
    """Layers that one stage executes: the first is `layer`, number k; layer number `end` is the next stage's."""

    layer: Layer
    k: int
    end: int
    relu: bool = False
    pooling: MaxPooling | None = None
    dropout: tuple[int, Dropout] | None = None

    @property
    def convolves(self) -> bool:
        return isinstance(self.layer, Convolution)


def pieces_of(network: Network) -> list[Piece]:
    """The network's layers, as stages take them."""
    pieces: list[Piece] = []
    while not pieces or pieces[-1].end < len(network.layers):
        k = pieces[-1].end if pieces else 0
        pieces.append(_piece(network.layers, k))
    return pieces


def _piece(layers: Sequence[Layer], k: int) -> Piece:
    layer, following = layers[k], Following(layers, k + 1)
    if isinstance(layer, Convolution):
        relu, pooling, dropout = following.relu(), None, None
        if layer.stride == 1 and layer.kernel_size <= 5:
            pooling = following.pooling()
        if pooling and relu:
            dropout = following.dropout()
        return Piece(layer, k, following.k, relu, pooling, dropout)
    if isinstance(layer, Linear):
        relu = following.relu()
        dropout = following.dropout() if relu else None
        return Piece(layer, k, following.k, relu, None, dropout)
    return Piece(layer, k, k + 1)


class Following:
    """The layers after one, taken into its stage as long as they fit."""

    def __init__(self, layers: Sequence[Layer], k: int) -> None:
        self.layers, self.k = layers, k

    def relu(self) -> bool:
        """Take a ReLU with derivative 0 at 0, if it is next."""
        taken = self.k < len(self.layers) and self.layers[self.k] == ReLU()
        self.k += taken
        return taken

    def pooling(self) -> MaxPooling | None:
        """Take a max-pool of patches side by side, if it is next."""
        layer = self.layers[self.k] if self.k < len(self.layers) else None
        if isinstance(layer, MaxPooling) and layer.step == layer.size <= LARGEST:
            self.k += 1
            return layer
        return None

    def dropout(self) -> tuple[int, Dropout] | None:
        """Take a dropout that draws from the common random numbers, if it is next: its number and itself."""
        layer = self.layers[self.k] if self.k < len(self.layers) else None
        if isinstance(layer, Dropout) and layer.stream is None:
            self.k += 1
            return self.k - 1, layer
        return None


def after_relu(layers: Sequence[Layer]) -> bool:
    """Whether the last of these layers' values are 0 only where no gradient passes: a ReLU's, pooled or dropped."""
    for layer in reversed(layers):
        if not isinstance(layer, MaxPooling | Dropout):
            return layer == ReLU()
    return False


def images_of(network: Network) -> list[Image]:
    """How x, x_1, ..., y lie in the engine: in blocks, framed for who reads them; x in planes, if products read it."""
    images = []
    for k, shape in enumerate(network.shapes):
        reader = network.layers[k] if k < len(network.layers) else None
        frame = reader.padding if isinstance(reader, Convolution) else 0
        c, h, w = shape if len(shape) == 3 else (shape[0], 1, 1)
        planes = k == 0 and isinstance(reader, Convolution | Linear)
        if planes and len(shape) == 1:
            images.append(Image(shape[0], 1, 1, 0, 1, odd_lines(shape[0])))
        else:
            images.append(image(c, h, w, frame, *([1] if planes else [])))
    return images
