"""A network's layers, what each costs, and the time that it takes."""

from math import prod

import numpy as np

from chainrule.network.network import Network
from chainrule.views.notebook.markup import Markup, element, joined, shape_text
from chainrule.views.report.document import Section, note, width
from chainrule.views.report.timing import BATCH, RUNS, StageTime, samples_per_second, stage_times

NUMBERS = ("parameters", "multiply-adds", "µs a sample")
HEADS = ("layer", "output shape", *NUMBERS, "share")


def layers(network: Network, x: np.ndarray, engine: str, threads: int | None) -> Section:
    """A line for each layer; the time of those that are executed as one stands beside them."""
    times = stage_times(network, x, engine)
    rate = samples_per_second(network, x, engine, threads)
    words = (
        f"The time of the forward pass, stage by stage, on one thread and in batches of {min(BATCH, len(x))} samples "
        f"(median of {RUNS}), measured where this report was written. The whole, on all threads: {rate:,.0f} samples/s."
    )
    total = sum(time.seconds for time in times)
    grid = element(
        "table",
        element("caption", "The layers of the network"),
        element("thead", element("tr", *[_head(name) for name in HEADS])),
        element("tbody", *[row for time in times for row in _rows(network, time, total)]),
        element("tfoot", _total(network, total)),
    )
    content = joined([note(words), element("div", grid, class_="scroll")])
    return Section("layers", "Layers, and the time each takes", content)


def _rows(network: Network, time: StageTime, total: float) -> list[Markup]:
    """The layers of a stage; of none, the input."""
    span = max(1, time.end - time.first)
    share = time.seconds / total if total else 0.0
    bar = element("div", element("i", style=width(share)), f"{100 * share:.0f} %", class_="share")
    taken = [
        element("td", f"{time.seconds * 1e6:,.2f}", rowspan=span, class_="number stage"),
        element("td", bar, rowspan=span, class_="stage"),
    ]
    if time.first == time.end:
        shape = shape_text(network.input_shape)
        return [element("tr", element("td", "input"), element("td", shape), element("td"), element("td"), *taken)]
    rows = []
    for k in range(time.first, time.end):
        parameters = sum(prod(p.shape) for p in network.parameters if p.layer == k)
        cells = [element("td", str(network.layers[k])), element("td", shape_text(network.shapes[k + 1]))]
        cells += [_amount(parameters), _amount(network.layers[k].multiply_adds(network.shapes[k]))]
        rows.append(element("tr", *cells, *(taken if k == time.first else [])))
    return rows


def _total(network: Network, seconds: float) -> Markup:
    work = sum(layer.multiply_adds(shape) for layer, shape in zip(network.layers, network.shapes, strict=False))
    name = element("td", f"loss: {network.loss}", colspan=2)
    return element("tr", name, _amount(network.size), _amount(work), _amount(f"{seconds * 1e6:,.2f}"), element("td"))


def _amount(n: int | str) -> Markup:
    text = n if isinstance(n, str) else f"{n:,}" if n else ""
    return element("td", text, class_="number")


def _head(name: str) -> Markup:
    return element("th", name, scope="col", **({"class_": "number"} if name in NUMBERS else {}))
