"""A learning-rate range test as a chart: the loss over the learning rate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chainrule.views.axes import log_axis, value_axis
from chainrule.views.charts import ACROSS, DASHES, UP, Chart, Look
from chainrule.views.colours import BLUE, VERMILION
from chainrule.views.curves import LOSS
from chainrule.views.markup import element
from chainrule.views.notebook.style import output

if TYPE_CHECKING:
    from chainrule.tasks.lr_range import LrRange


def lr_range_html(found: LrRange) -> str:
    """The losses, smoothed, and the suggestion."""
    smooth, chosen = found.smooth, found.suggestion
    chart = Chart(log_axis(found.lr, *ACROSS), value_axis(smooth, *UP), "learning rate", LOSS)
    marks, looks = chart.line(found.lr, smooth, Look("loss", BLUE)), [Look("loss, smoothed", BLUE)]
    if chosen is not None:
        look = Look(f"suggestion: {chosen:.2g}", VERMILION, DASHES)
        marks.append(chart.rule((chosen, float(np.min(smooth))), (chosen, float(np.max(smooth))), look))
        looks.append(look)
    title = element("div", f"Learning-rate range test: {len(found.lr)} steps", class_="title")
    return output(title, element("div", chart.svg(marks, looks), class_="panels"))
