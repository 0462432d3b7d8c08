"""A network's layers, what each costs, and the time that it takes to compute y from x; measured here and now."""

from collections.abc import Sequence
from statistics import median
from time import perf_counter

import numpy as np

from chainrule.engine import execute
from chainrule.layers.residual import Addition
from chainrule.network.engine import LayerTime
from chainrule.network.network import Network
from chainrule.network.summary import Row
from chainrule.tasks.prediction import Predictor
from chainrule.views.diagram import diagram_svg
from chainrule.views.markup import Markup, element, indented, joined, shape_text
from chainrule.views.report.document import Section, folded, note, scrolled, width

BATCH, RUNS = 256, 5  # samples in one go; how often that is timed
MANY, WHOLE_RUNS = 1024, 3  # the same for the speed as a whole
PATIENCE = 1.0  # seconds after which that is not timed again
NUMBERS = ("parameters", "multiply-adds", "µs a sample")
CAPTION = "The layers of the network"
HEADS = ("layer", "output shape", *NUMBERS, "share")


def layers(network: Network, x: np.ndarray, engine: str, threads: int | None) -> Section:
    """A line for each layer; the time of those that are executed as one stands beside them."""
    times = execute(network, engine).times(x[:BATCH], RUNS)
    rate = samples_per_second(network, x, engine, threads)
    words = (
        f"The time of the forward pass, stage by stage, on one thread and in batches of {min(BATCH, len(x))} samples "
        f"(median of {RUNS}), measured where this report was written. The whole, on all threads: {rate:,.0f} samples/s."
    )
    if any(isinstance(node.layer, Addition) for node in network.graph.nodes):
        words += " A residual block's own time is that of its sum."
    heads = [element("th", name, scope="col", **({"class_": "number"} if name in NUMBERS else {})) for name in HEADS]
    grid = element(
        "table",
        element("caption", CAPTION),
        element("thead", element("tr", *heads)),
        element("tbody", *_rows(network, times)),
        element("tfoot", _total(network, sum(time.seconds for time in times))),
    )
    picture = folded("The network as a picture of blocks", diagram_svg(network))
    content = joined([note(words), scrolled(grid, CAPTION), picture])
    return Section("layers", "Layers, and the time each takes", content)


def samples_per_second(network: Network, x: np.ndarray, engine: str, threads: int | None) -> float:
    """Of a predictor, from samples to outputs; the first time, in which kernels may be compiled, does not count."""
    predictor, x = Predictor(network, engine, threads, BATCH), x[:MANY]
    seconds: list[float] = []
    while len(seconds) <= WHOLE_RUNS and sum(seconds) < PATIENCE:
        began = perf_counter()
        predictor.outputs(x)
        seconds.append(perf_counter() - began)
    return len(x) / median(seconds[1:] or seconds)


def _rows(network: Network, times: Sequence[LayerTime]) -> list[Markup]:
    """The input and all layers; each time stands in the first of its lines, and as high as these are together."""
    lines, total = network.rows(), sum(time.seconds for time in times)
    place = {line.name: k for k, line in enumerate(lines, start=1)}
    cells: list[list[Markup]] = [[element("td", class_="stage")] * 2 for _ in range(1 + len(lines))]
    for time in times:
        first, end = _span(time, place)
        cells[first:end] = [_taken(time.seconds, total, end - first), *[[]] * (end - first - 1)]
    start = [element("td", "input"), element("td", shape_text(network.input_shape)), element("td"), element("td")]
    return [element("tr", *about, *taken) for about, taken in zip([start, *map(_about, lines)], cells, strict=True)]


def _span(time: LayerTime, place: dict[str, int]) -> tuple[int, int]:
    """(first, end) of the lines that a time belongs to. What stands in none, the sum of a block, is the block's own."""
    if not time.names:
        return 0, 1
    found = [place[name] for name in time.names if name in place] or [place[time.names[0].rpartition(".")[0]]]
    return min(found), max(found) + 1


def _about(line: Row) -> list[Markup]:
    """A layer and what it costs."""
    name = element("td", line.text, **indented(line.depth))
    return [name, element("td", shape_text(line.y_shape)), _amount(line.parameters), _amount(line.multiply_adds)]


def _taken(seconds: float, total: float, lines: int) -> list[Markup]:
    """The cells of a time, beside so many lines."""
    share = seconds / total if total else 0.0
    bar = element("div", element("i", style=width(share)), f"{100 * share:.0f} %", class_="share")
    return [
        element("td", f"{seconds * 1e6:,.2f}", rowspan=lines, class_="number stage"),
        element("td", bar, rowspan=lines, class_="stage"),
    ]


def _total(network: Network, seconds: float) -> Markup:
    name = element("td", f"loss: {network.loss}", colspan=2)
    amounts = [_amount(n) for n in (network.size, network.work, f"{seconds * 1e6:,.2f}")]
    return element("tr", name, *amounts, element("td"))


def _amount(n: int | str) -> Markup:
    text = n if isinstance(n, str) else f"{n:,}" if n else ""
    return element("td", text, class_="number")
