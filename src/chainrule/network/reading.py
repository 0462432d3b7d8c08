"""From data as a user has them to what a network reads, by the schema of its training data."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from chainrule.base.arrays import as_numbers
from chainrule.data.dataset import Dataset
from chainrule.data.doubts import doubt, doubtful_rows
from chainrule.data.full_scale import Scale, span_of
from chainrule.data.matching import matched_answers, matched_inputs
from chainrule.data.schema import AS_THEY_SAY, Features, Given, Schema
from chainrule.network.scaling import Scaling

UNLIKE = "it is unlike what the model was trained on"
ROUNDING = 1e-5
"""In parts of the scale: how near to black the darkest of pixels must be that are said to be scaled already."""


@dataclass(frozen=True)
class Reading:
    """How a network reads: what it was trained on, if it is known, and how it scales bytes, in which float type."""

    schema: Schema | None
    scaling: Scaling
    dtype: np.dtype
    shape: tuple[int, ...] = ()
    """Of one input: where that is a signal, training's rows are signals."""

    def samples(self, x: Any, columns: Sequence[str] | None = None, given: Given = AS_THEY_SAY) -> np.ndarray:
        """x as the network reads it; DataError where it cannot be matched to what the network was trained on.

        `columns` are the names of those of x, if they have some; a table of pandas has its own, and may have others.
        """
        return self.numbers(self.matched(x, columns, given))

    def matched(self, x: Any, columns: Sequence[str] | None = None, given: Given = AS_THEY_SAY) -> np.ndarray:
        """x in the training's order and units, with a warning of what is doubtful; pixels scaled already stay so."""
        if self.schema is None:
            return x
        inputs = self.schema.inputs
        if hasattr(x, "columns"):
            names = inputs.names if isinstance(inputs, Features) and inputs.named else ()
            known = [name for name in x.columns if str(name) in names]
            x = x[known] if known else x  # others may hold text
            columns = x.columns
        x = as_numbers(x, "x")
        if inputs.in_bytes and self._is_scaled(x):
            return x
        if len(self.shape) == 2 and x.shape[1:] == self.shape:
            x = x.reshape(len(x), -1)
        x = matched_inputs(inputs, x, None if columns is None else tuple(map(str, columns)), given)
        if len(x):
            doubt_inputs(self.schema, x)
        return x

    def numbers(self, x: np.ndarray) -> np.ndarray:
        """x as of `matched` in numbers that the network reads: bytes, which it scales itself, or those scaled."""
        if self.schema is None or not self.schema.inputs.in_bytes or x.dtype == np.uint8 or self._is_scaled(x):
            return x
        return ((x / 255 - self.scaling.mean) / self.scaling.std).astype(self.dtype)

    def doubtful(self, x: np.ndarray) -> dict[int, str]:
        """What is doubtful about single samples x, as of `matched`: a column's number, or else all of it."""
        if self.schema is None or len(x) == 0 or (self.schema.inputs.in_bytes and self._is_scaled(x)):
            return {}
        columns = self.schema.inputs.columns if isinstance(self.schema.inputs, Features) else ()
        found = doubtful_rows(x, columns) if columns else {}
        unlike = [] if self.schema.typical is None else np.flatnonzero(self.schema.typical.unlike(x)).tolist()
        return dict.fromkeys(unlike, UNLIKE) | found

    def data(self, data: Dataset, given: Given = AS_THEY_SAY) -> Dataset:
        """The data as those that the network was trained on: x as of `samples`, t by its class numbers.

        DataError for a number that is not finite, or what cannot be matched.
        """
        data.check_finite()
        if self.schema is None or len(data) == 0:
            return data
        x = self.samples(data.x, data.columns, given)
        t, classes = matched_answers(self.schema.answers, data)
        inputs = self.schema.inputs
        columns = inputs.names if isinstance(inputs, Features) and inputs.named else None
        return replace(data, x=x, t=t, classes=classes, columns=columns)

    def _is_scaled(self, x: np.ndarray) -> bool:
        """Whether x are pixels that the scaling of bytes was applied to: from black, which is below 0, up to white."""
        black, white = map(float, self.scaling.table(np.dtype(np.float64))[[0, 255]])
        if black >= 0 or not x.size or x.dtype.kind != "f":
            return False
        span, reads = span_of(x), Scale(black, white)
        return reads.holds(span) and span.lowest - black <= ROUNDING * reads.width


def doubt_inputs(schema: Schema, x: np.ndarray) -> None:
    """Warn of inputs, in the training's order and units, that are not as they were: by column, or else as a whole."""
    columns = schema.inputs.columns if isinstance(schema.inputs, Features) else ()
    if not (columns and doubt(x, columns)) and schema.typical is not None:
        schema.typical.doubt(x)
