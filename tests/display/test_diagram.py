"""A network's picture: the right blocks in the right order, nothing lost or drawn over, whatever the network."""

from itertools import combinations
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings

from chainrule import Network, UsageError
from chainrule.layers import (
    BatchNormalisation,
    Convolution,
    Dropout,
    Layer,
    Linear,
    MaxPooling,
    ReLU,
    Residual,
    Sequential,
    Tanh,
)
from chainrule.tasks.presets import PRESETS, preset
from chainrule.views.diagram import diagram_file, diagram_svg, diagram_text
from chainrule.views.diagram.items import Block, Fork, Item, items_of
from chainrule.views.diagram.layout import Box, layout
from markup import read, text_of
from strategies import networks

FILTERS = Convolution(4, padding=1, bias=False)
INNER = Sequential([BatchNormalisation(), FILTERS])
NESTED = Residual([Residual([FILTERS, ReLU()]), INNER], [Convolution(4, 1, initial_w="he_normal"), Tanh()])
ROW = """
   | input 1 x 6 x 6
+--+---------------------------------+
| Convolution(2, 3x3)  24 parameters |
| > BatchNormalisation > ReLU        |
+--+---------------------------------+
   | 2 x 4 x 4
+--+---------------------------------+
| MaxPooling(2x2)                    |
+--+---------------------------------+
   | 2 x 2 x 2
+--+---------------------------------+
| Linear(10)           90 parameters |
+--+---------------------------------+
   v output 10
"""
PICTURE = """
   ╷ input 4 × 8 × 8
   ├───────────────────────────────────────────────┐
   ├────────────────────────────────────────┐   ┌──┴───────────────────────────┐
┌──┴──────────────────────────────────────┐ │   │ Convolution(4, 1x1)          │
│ Convolution(4, 3x3, padding=1)          │ │   │ → Tanh                       │
│ → ReLU                                  │ │   │                20 parameters │
│                          144 parameters │ │   └──┬───────────────────────────┘
└──┬──────────────────────────────────────┘ │      │
  (+)◄──────────────────────────────────────┘      │
   │ 4 × 8 × 8                                     │
┌──┴─────────────────────────────────────────┐     │
│ BatchNormalisation            8 parameters │     │
└──┬─────────────────────────────────────────┘     │
   │ 4 × 8 × 8                                     │
┌──┴─────────────────────────────────────────┐     │
│ Convolution(4, 3x3, padding=1)             │     │
│                             144 parameters │     │
└──┬─────────────────────────────────────────┘     │
  (+)◄─────────────────────────────────────────────┘
   │ ReLU
   │ 4 × 8 × 8
┌──┴────────────────────────┐
│ Linear(3)  771 parameters │
└──┬────────────────────────┘
   ▼ output 3
"""


def test_a_row_of_layers_in_ascii() -> None:
    network = Network([Convolution(2), BatchNormalisation(), ReLU(), MaxPooling(), Linear(10)], (1, 6, 6))
    assert diagram_text(network, ascii_only=True) == ROW.strip("\n")


def test_blocks_in_blocks() -> None:
    assert diagram_text(Network([NESTED, ReLU(), Linear(3)], (4, 8, 8))) == PICTURE.strip("\n")


def test_what_works_number_by_number_stands_in_the_block_before() -> None:
    items = items_of(Sequential([ReLU(), FILTERS, BatchNormalisation(), Dropout(0.5), FILTERS]), (4, 5, 5))
    assert items == [
        Block(("ReLU",), 0, (4, 5, 5)),
        Block(("Convolution(4, 3x3, padding=1)", "BatchNormalisation", "Dropout(0.5)"), 144 + 8, (4, 5, 5)),
        Block(("Convolution(4, 3x3, padding=1)",), 144, (4, 5, 5)),
    ]


def test_what_follows_a_sum_is_beside_it_unless_it_learns() -> None:
    items = items_of(Sequential([Residual([FILTERS]), ReLU(), BatchNormalisation()]), (4, 5, 5))
    block = Block(("Convolution(4, 3x3, padding=1)",), 144, (4, 5, 5))
    assert items == [Fork([block], [], (4, 5, 5), ("ReLU",)), Block(("BatchNormalisation",), 8, (4, 5, 5))]


class Twice(Residual):
    """2 f(x) + x: no longer what its parts say."""

    def forward(self, x, w, context):
        y, saved = self.body.forward(x, w, context)
        return 2 * y + x, saved


def test_a_block_with_a_forward_pass_of_its_own_is_one_box() -> None:
    (item,) = items_of(Sequential([Twice([FILTERS, ReLU()])]), (4, 5, 5))
    assert item == Block(("Twice of 2 layers",), 144, (4, 5, 5))


def parameters(items: list[Item]) -> int:
    return sum(
        item.parameters if isinstance(item, Block) else parameters([*item.body, *item.shortcut]) for item in items
    )


def layers(items: list[Item]) -> int:
    """How many are told."""
    return sum(
        len(item.layers) if isinstance(item, Block) else len(item.then) + layers([*item.body, *item.shortcut])
        for item in items
    )


def count(layer: Layer) -> int:
    return sum(count(part.layer) for part in layer.parts) if layer.parts else 1


def cells(box: Box) -> set[tuple[int, int]]:
    (left, top), (width, height) = box.at, box.size
    return {(left + a, top + b) for a in range(width) for b in range(height)}


@settings(max_examples=60, deadline=None)
@given(network=networks())
def test_any_network_is_drawn_whole(network: Network) -> None:
    items = items_of(network, network.input_shape)
    assert parameters(items) == network.size
    assert layers(items) == count(network)
    for columns in (30, 80):
        boxes = [mark for mark in layout(network, columns).marks if isinstance(mark, Box)]
        assert all(cells(one).isdisjoint(cells(other)) for one, other in combinations(boxes, 2))
        assert all(len(line) <= box.size[0] - 4 for box in boxes for line in box.lines)
    text = diagram_text(network)
    assert text.count("(+)◄") == sum(type(node.layer).__name__ == "Addition" for node in network.graph.nodes)
    assert diagram_text(network, ascii_only=True).isascii()
    read(diagram_svg(network))


@pytest.mark.parametrize("name", PRESETS)
def test_presets_fit_a_terminal(name: str) -> None:
    assert max(map(len, diagram_text(preset(name).network()).splitlines())) <= 80


def test_svg_says_the_same_in_words() -> None:
    svg = read(diagram_svg(Network([NESTED, ReLU(), Linear(3)], (4, 8, 8))))
    assert svg.attrib["role"] == "img"
    title, description = svg[0], svg[1]
    assert (title.tag, title.text) == ("title", "Network 4 × 8 × 8 → 3, 1,087 parameters")
    assert description.tag == "desc"
    assert (description.text or "").startswith("residual block: residual block: Convolution(4, 3x3, padding=1), ReLU,")
    assert "added to Convolution(4, 1x1), Tanh, giving 4 × 8 × 8, then ReLU; Linear(3)" in text_of(description)


def test_a_file_of_its_own(tmp_path) -> None:
    diagram_file(tmp_path / "net.svg", preset("resnet").network())
    root = ElementTree.fromstring((tmp_path / "net.svg").read_text(encoding="utf-8"))
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert len(root.findall(".//{*}circle")) == 6
    with pytest.raises(UsageError, match=r"expected \.svg"):
        diagram_file(tmp_path / "net.png", preset("mlp").network())
