"""The first layer's filters as pictures: what it looks for in an image."""

import numpy as np
from PIL import Image

from chainrule.layers import Convolution, Linear
from chainrule.network.network import Network
from chainrule.views.figures import BLUE, VERMILION
from chainrule.views.report.document import Section, figure
from chainrule.views.report.pictures import blended, inline, rgb

SIDE, GAP = 48, 6  # pixels of a filter, about, and between two filters
COLUMNS, WIDTH = 16, 900  # filters beside each other, and pixels, at most
MOST, MOST_CHANNELS = 128, 4  # filters that are shown, and of their input channels
PAPER = "#eef1f3"  # behind the filters, so that white is seen as a colour


def first_filters(network: Network) -> tuple[str, np.ndarray] | None:
    """The name and w (oc, ic, i, j) of the first convolution, or of a linear layer that an image comes to before."""
    for p, w in zip(network.parameters, network.named().values(), strict=True):
        layer, shape = network.layers[p.layer], network.shapes[p.layer]
        if p.key == "w" and isinstance(layer, Convolution):
            return p.name, w
        if p.key == "w" and isinstance(layer, Linear):
            return (p.name, w.reshape(-1, *shape)) if len(shape) == 3 else None
    return None


def filters(network: Network) -> Section | None:
    """A picture of them: several lines if there is one input channel, else a line for each."""
    found = first_filters(network)
    if found is None:
        return None
    name, w = found
    outputs, inputs, height, width = w.shape
    w, zoom = w[:MOST, :MOST_CHANNELS], max(1, round(SIDE / max(height, width)))
    columns = min(COLUMNS, len(w), max(1, WIDTH // (zoom * width + GAP)))
    w = w if inputs == 1 else w[:columns]
    shown = f"{len(w)} of {outputs:,} filters" if len(w) < outputs else f"{outputs} filters"
    size = f"{height} × {width}" + (f" in {w.shape[1]} of {inputs} channels, a line for each" if inputs > 1 else "")
    limit = float(np.max(abs(w), initial=0, where=np.isfinite(w)))
    words = f"{name}: {shown} of {size}. Blue is below 0, white is 0, vermilion is above, up to {limit:.3g}."
    image = tiled(coloured(w, limit), columns, zoom)
    return Section("filters", "What the first layer looks for", figure(inline(image, f"{shown} of {name}"), words))


def coloured(w: np.ndarray, limit: float) -> np.ndarray:
    """(..., 3) uint8 of w (...): -limit is blue, 0 is white, limit is vermilion; no number is black."""
    strength = np.nan_to_num(abs(w) / limit if limit else abs(w)).clip(max=1)
    colours = blended(np.where(w[..., None] < 0, rgb(BLUE), rgb(VERMILION)), strength)
    return np.where(np.isfinite(w)[..., None], colours, 0).astype(np.uint8)


def tiled(images: np.ndarray, columns: int, zoom: int) -> Image.Image:
    """Images (oc, ic, i, j, 3) in a grid, enlarged: oc runs along the lines, then ic."""
    outputs, inputs, height, width, _ = images.shape
    high, wide = zoom * height + GAP, zoom * width + GAP
    lines = -(-outputs // columns)
    sheet = np.full((lines * inputs * high + GAP, columns * wide + GAP, 3), rgb(PAPER))
    grown = images.repeat(zoom, axis=2).repeat(zoom, axis=3)
    for o, i in np.ndindex(outputs, inputs):
        top, left = GAP + (o // columns * inputs + i) * high, GAP + o % columns * wide
        sheet[top : top + high - GAP, left : left + wide - GAP] = grown[o, i]
    return Image.fromarray(sheet)
