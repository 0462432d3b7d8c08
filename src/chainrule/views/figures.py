"""What all pictures share: colours, style, panels to draw into, and the curves of a training run.

Legible in print, in grey and to colour-blind eyes. matplotlib is an extra, loaded only when something is drawn; no
window is opened and no global state is touched.
"""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from chainrule.base.errors import ChainruleError
from chainrule.views.notebook.colours import BLUE as BLUE
from chainrule.views.notebook.colours import VERMILION as VERMILION

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GREEN, GREY = "#009e73", "#666666"  # the first as BLUE and VERMILION are, by M. Okabe, K. Ito (2002)
LINES = ((BLUE, "-", "o"), (VERMILION, "--", "s"), (GREEN, "-.", "^"))
CROWD = 30  # points of a curve
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


def require_matplotlib() -> None:
    """ChainruleError if it is not there."""
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise ChainruleError('plots need matplotlib: pip install "chainrule[plots]"') from None


@contextmanager
def panels(count: int) -> Iterator[tuple[Figure, list[Axes]]]:
    """A figure with so many axes beside each other, to be drawn into and saved; ChainruleError without matplotlib."""
    require_matplotlib()
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(5 * count + 1, 4))
        yield figure, list(figure.subplots(1, count, squeeze=False)[0])


def save(figure: Figure, target: str | Path | IO[bytes], **options: Any) -> None:
    """Write it; letters that the font lacks are no reason to warn."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")
        figure.savefig(target, **options)


@dataclass(frozen=True, eq=False)
class Curves:
    """What a run looked like, epoch by epoch: (n,) each, NaN where nothing was measured."""

    epochs: np.ndarray  # from 1
    training: np.ndarray  # loss
    held_out: np.ndarray  # loss
    accuracy: np.ndarray  # held out, 0 to 1

    @classmethod
    def of(cls, rows: Sequence[tuple[int, float, float | None, float | None]]) -> Curves:
        """From (epoch, loss, held-out loss, held-out accuracy) of each epoch; None is NaN."""
        return cls(*np.array(rows, np.float64).reshape(-1, 4).T)

    @property
    def classified(self) -> bool:
        """Whether there is an accuracy to draw."""
        return bool(np.isfinite(self.accuracy).any())

    def draw(self, axes: Sequence[Axes]) -> None:
        """Loss into the first axes; accuracy, if there is one, into the second."""
        loss = axes[0]
        _curve(loss, self.epochs, self.training, "training", LINES[0])
        _curve(loss, self.epochs, self.held_out, "held out", LINES[1])
        loss.set_title(f"training: loss {self.training[-1]:.4g} in epoch {self.epochs[-1]:.0f}")
        loss.set_ylabel("mean loss of a sample")
        loss.set_ylim(bottom=0)
        loss.legend()
        if self.classified:
            percent = 100 * self.accuracy
            _curve(axes[1], self.epochs, percent, "held out", LINES[1])
            best = int(np.nanargmax(percent))
            title = f"held out: best accuracy {percent[best]:.2f} %, after epoch {self.epochs[best]:.0f}"
            axes[1].set(title=title, ylabel="accuracy (%)")


def _curve(axes: Axes, epochs: np.ndarray, values: np.ndarray, label: str, look: tuple[str, str, str]) -> None:
    """A line over the epochs where there are values, with markers where they do not crowd."""
    from matplotlib.ticker import MaxNLocator

    color, line, marker = look
    there = np.isfinite(values)
    if there.any():
        few = len(epochs) <= CROWD
        axes.plot(epochs[there], values[there], line, color=color, marker=marker if few else "", label=label)
    axes.set_xlim(epochs[0] - 0.5, epochs[-1] + 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.set_xlabel("epoch")
