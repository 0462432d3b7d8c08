"""The first layer's filters as pictures: what it looks for in an image."""

import numpy as np

from chainrule.layers import Convolution, Linear
from chainrule.network.network import Network
from chainrule.views.colours import GAP, PAPER, Scale
from chainrule.views.pictures import PIXEL, SPACE, inline, painted, tiles
from chainrule.views.report.document import Section, figure

SIDE = 24  # pixels of a filter, about
COLUMNS, WIDTH = 16, 450  # filters beside each other, and pixels, at most
MOST, MOST_CHANNELS = 128, 4  # filters that are shown, and of their input channels


def first_filters(network: Network) -> tuple[str, np.ndarray] | None:
    """The name and w (oc, ic, i, j) of the first convolution, or of a linear layer that an image comes to before."""
    for row in network.rows():
        name = f"{row.name}.w"
        if isinstance(row.layer, Convolution):
            w = network.named()[name]
            return name, w if w.ndim == 4 else w[:, :, np.newaxis]
        if isinstance(row.layer, Linear):
            return (name, network.named()[name].reshape(-1, *row.x_shape)) if len(row.x_shape) == 3 else None
    return None


def filters(network: Network) -> Section | None:
    """A picture of them: several lines if there is one input channel, else a line for each."""
    found = first_filters(network)
    if found is None:
        return None
    name, w = found
    outputs, inputs, height, width = w.shape
    w, zoom = w[:MOST, :MOST_CHANNELS], max(1, round(SIDE / max(height, width)))
    columns = min(COLUMNS, len(w), max(1, WIDTH // (zoom * width + SPACE)))
    w = w if inputs == 1 else w[:columns]
    shown = f"{len(w)} of {outputs:,} filters" if len(w) < outputs else f"{outputs} filters"
    size = f"{height} × {width}" + (f" in {w.shape[1]} of {inputs} channels, a line for each" if inputs > 1 else "")
    scale = Scale.of(w, PAPER)
    words = f"{name}: {shown} of {size}. Blue is below 0, white is 0, vermilion is above, up to {scale.high:.3g}."
    image = painted(tiles(in_lines(scale.levels(w), columns), (zoom, zoom)), PAPER)
    picture = inline(image, f"{shown} of {name}", PIXEL)
    return Section("filters", "What the first layer looks for", figure(picture, words))


def in_lines(levels: np.ndarray, columns: int) -> np.ndarray:
    """Levels (oc, ic, i, j) as a grid (rows, columns, i, j): oc runs along the lines, then ic; the rest is a gap."""
    outputs, *shape = levels.shape
    full = np.full((-(-outputs // columns) * columns, *shape), GAP, np.uint8)
    full[:outputs] = levels
    return full.reshape(-1, columns, *shape).swapaxes(1, 2).reshape(-1, columns, *shape[1:])
