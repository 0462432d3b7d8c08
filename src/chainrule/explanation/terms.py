"""What a number is the sum of: products of factors. Many of one kind stand side by side, in arrays; each is made a
`Term` when it is asked for, so that a gradient that sums over all pixels of a batch costs no more than these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, overload

import numpy as np

from chainrule.base.showing import brief

OUTSIDE = -1
"""Of an index: in the padding, which is no unit."""


@dataclass(frozen=True)
class Factor:
    """One factor of a product."""

    symbol: str  # as in the formula: "x", "w", "dL/dy", "1/r"
    value: float
    unit: str | None = None  # the unit that it is, or is a function of: to go on with

    def __str__(self) -> str:
        of = f" ({self.unit})" if self.unit else ""
        number = f"{self.value:.6g}"
        return f"{self.symbol}{of}" if self.symbol == number else f"{self.symbol} {number}{of}"


@dataclass(frozen=True)
class Term:
    """One product of the sum."""

    factors: tuple[Factor, ...]
    product: float
    note: str = ""  # as in "the largest of its window"

    def __str__(self) -> str:
        return " · ".join(map(str, self.factors)) + (f": {self.note}" if self.note else "")

    def values(self) -> dict[str, Any]:
        """As plain data."""
        factors = [{"symbol": each.symbol, "value": each.value, "unit": each.unit} for each in self.factors]
        return {"factors": factors, "product": self.product, "note": self.note}


@dataclass(frozen=True, eq=False)
class Column:
    """One factor of each of n terms of a kind."""

    symbol: str
    values: np.ndarray  # (n,) float64
    name: str | None = None  # of the array whose units they are, or are functions of
    places: np.ndarray | None = None  # (n, axes) where in it; OUTSIDE: it is no unit
    chooses: bool = False
    """Whether a 0 leaves the others out, rather than multiplies them: then infinity is left out, too."""

    __repr__ = brief

    def factor(self, k: int) -> Factor:
        """Of term k."""
        return Factor(self.symbol, float(self.values[k]), self._unit(k))

    def _unit(self, k: int) -> str | None:
        if self.name is None or self.places is None:
            return self.name
        place = self.places[k].tolist()
        return None if OUTSIDE in place else unit_text(self.name, place)


def unit_text(name: str, index: Sequence[int]) -> str:
    """As in "conv1:3,5,7"."""
    return f"{name}:{','.join(map(str, index))}" if len(index) else name


def one(symbol: str, value: float, name: str | None = None, index: Sequence[int] | None = None) -> Column:
    """A factor of a single term; with neither name nor index, of no unit."""
    places = None if index is None else np.array([index], np.int64).reshape(1, len(index))
    return Column(symbol, np.array([value], np.float64), name, places)


def all_alike(symbol: str, value: float, n: int) -> Column:
    """The same factor of n terms."""
    return Column(symbol, np.full(n, value, np.float64))


@dataclass(frozen=True, eq=False)
class Products:
    """n terms of a kind."""

    columns: tuple[Column, ...]
    notes: Sequence[str] = ()  # of each; (): none

    __repr__ = brief

    @cached_property
    def products(self) -> np.ndarray:
        """(n,) float64."""
        found = np.ones_like(self.columns[0].values)
        with np.errstate(over="ignore", invalid="ignore", under="ignore"):
            for column in self.columns:
                found = found * column.values
        for column in self.columns:
            if column.chooses:
                found[column.values == 0] = 0
        return found

    def term(self, k: int) -> Term:
        factors = tuple(column.factor(k) for column in self.columns)
        return Term(factors, float(self.products[k]), self.notes[k] if self.notes else "")

    def noted(self, note: str) -> Products:
        """The same, each with that note before its own."""
        own = self.notes or [""] * len(self.products)
        return Products(self.columns, [f"{note}: {each}" if each else note for each in own])

    def times(self, column: Column) -> Products:
        """The same, each times one more factor."""
        return Products((*self.columns, column), self.notes)


def product(*columns: Column, note: str = "") -> Products:
    """A single term."""
    return Products(columns, [note] if note else ())


class Terms(Sequence[Term]):
    """All terms of a sum, in the order of the formula."""

    def __init__(self, blocks: Sequence[Products]) -> None:
        self.blocks = list(blocks)
        self.products: np.ndarray = np.concatenate([np.empty(0), *(block.products for block in self.blocks)])
        """(n,) float64."""
        self._ends = np.cumsum([len(block.products) for block in self.blocks])

    def __len__(self) -> int:
        return len(self.products)

    @overload
    def __getitem__(self, k: int) -> Term: ...
    @overload
    def __getitem__(self, k: slice) -> tuple[Term, ...]: ...
    def __getitem__(self, k: int | slice) -> Term | tuple[Term, ...]:
        if isinstance(k, slice):
            return tuple(self[each] for each in range(*k.indices(len(self))))
        k = range(len(self))[k]
        block = int(np.searchsorted(self._ends, k, side="right"))
        return self.blocks[block].term(k - (int(self._ends[block - 1]) if block else 0))

    def __repr__(self) -> str:
        return f"<{len(self):,} terms>"

    @property
    def total(self) -> float:
        """Their sum, in float64."""
        with np.errstate(over="ignore", invalid="ignore"):
            return float(self.products.sum())

    @property
    def zeros(self) -> int:
        """How many are exactly 0."""
        return int((self.products == 0).sum())

    def by_size(self) -> np.ndarray:
        """(n,) the numbers of the terms, the largest first, what is no number before all."""
        sizes = np.abs(self.products)
        return np.argsort(-np.where(np.isnan(sizes), np.inf, sizes), kind="stable")
