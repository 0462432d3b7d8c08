"""Figures that are saved as files, by matplotlib: legible in print, in grey and to colour-blind eyes.

matplotlib is an extra, loaded only when something is drawn; no window is opened and no global state is touched.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING, Any

from chainrule.base.arguments import AnyPath
from chainrule.base.errors import ChainruleError
from chainrule.base.files import check_writable
from chainrule.base.filters import own_filters
from chainrule.base.writing import write_bytes
from chainrule.views.colours import BLUE, GREEN, GREY, VERMILION

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

FORMATS = (".png", ".svg", ".pdf")
LINES = ((BLUE, "-", "o"), (VERMILION, "--", "s"), (GREEN, "-.", "^"))
STYLE: dict[Any, Any] = {
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.titlepad": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.8,
    "xtick.color": "#333333",
    "ytick.color": "#333333",
    "lines.linewidth": 1.8,
    "lines.markersize": 5,
    "legend.frameon": False,
    "figure.constrained_layout.use": True,
    "figure.constrained_layout.wspace": 0.06,
    "svg.fonttype": "none",
    "svg.hashsalt": "chainrule",  # the same picture has the same bytes
    "text.parse_math": False,  # a $ in a column's name is a dollar
}


@contextmanager
def figure(path: AnyPath, count: int) -> Iterator[list[Axes]]:
    """So many axes beside each other, to be drawn into; saved at the end.

    Raises UsageError for a path that cannot be written or of another kind, ChainruleError without matplotlib.
    """
    kind = check_writable(path, kinds=FORMATS).suffix[1:].lower()
    try:
        import matplotlib
    except ImportError:
        raise ChainruleError('plots need matplotlib: pip install "chainrule[plots]"') from None
    from matplotlib.figure import Figure

    with own_filters(), matplotlib.rc_context(STYLE):
        warnings.filterwarnings("ignore", message="Glyph")  # letters that the font lacks are no reason to warn
        drawn, file = Figure(figsize=(5 * count + 1, 4)), BytesIO()
        yield list(drawn.subplots(1, count, squeeze=False)[0])
        for axes in drawn.axes:
            _in_plain_numbers(axes.xaxis)
            _in_plain_numbers(axes.yaxis)
        drawn.savefig(file, format=kind, dpi=150)
    write_bytes(path, file.getvalue())


def _in_plain_numbers(axis: Axis) -> None:
    """Where a logarithmic axis has formulas for its numbers, numbers: no formula is set, as a $ is a dollar."""
    from matplotlib.ticker import LogFormatter, LogFormatterMathtext

    if isinstance(axis.get_major_formatter(), LogFormatterMathtext):
        axis.set_major_formatter(LogFormatter())
    if isinstance(axis.get_minor_formatter(), LogFormatterMathtext):
        axis.set_minor_formatter(LogFormatter(minor_thresholds=(2, 0.5)))
