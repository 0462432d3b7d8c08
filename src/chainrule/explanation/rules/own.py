"""A layer that no rule is known of, as a user's own: it is asked itself, in float64.

    y = f(w; x), as its forward pass gives it
    dL/dx[j] = sum over i of dL/dy[i] dy[i]/dx[j]       dy[i]/dx: its backward pass of what is 1 at i and 0 elsewhere

Each such pass gives one term. The MOST largest dL/dy have one each; all others, if there are more, share one pass: the
chain rule is linear in dL/dy.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.base.arrays import read_only
from chainrule.explanation.at import At, Index, Said, text
from chainrule.explanation.rules.elementwise import constant
from chainrule.explanation.rules.rule import Rule
from chainrule.explanation.terms import Column, Products, product

MOST = 256
"""Backward passes for one explanation."""
BY_ITSELF = "No formula of this layer is known: its own passes were asked, in float64."


class Own(Rule):
    def value(self, at: At, index: Index) -> Said:
        y = float(_forward(at)[0][(at.sample, *index)])
        formula = f"y[{text(*index)}] = f(w; x)[{text(*index)}], f = {at.layer.text_for(at.x_shape)}"
        return Said(formula, BY_ITSELF, [product(constant("f(w; x)", y))])

    def by_input(self, at: At, index: Index, read: int) -> Said:
        def sent(gx: Any, gw: Any) -> float:
            own = gx[read] if len(at.node.inputs) > 1 else gx
            return float(own[(at.sample, *index)])

        formula = f"dL/dx[{text(*index)}] = sum over i of dL/dy[i] dy[i]/dx[{text(*index)}]"
        gy = at.all_gy.astype(np.float64)
        if not at.layer.mixes_samples:
            gy[np.arange(at.samples) != at.sample] = 0
        return Said(formula, BY_ITSELF, _one_by_one(at, gy, sent, "dy/dx"))

    def by_parameter(self, at: At, name: str, index: Index) -> Said:
        formula = f"dL/d{name}[{text(*index)}] = sum over s,i of dL/dy[s,i] dy[s,i]/d{name}[{text(*index)}]"

        def sent(gx: Any, gw: Any) -> float:
            return float(gw[name][index])

        return Said(formula, BY_ITSELF, _one_by_one(at, at.all_gy.astype(np.float64), sent, f"dy/d{name}"))


OWN = Own()


def _forward(at: At) -> tuple[np.ndarray, Any, Any]:
    """(y, saved, the context that the backward pass is given too), float64."""
    context = at.context
    values = {value: at.trace.x[value].astype(np.float64) for value in at.node.inputs}
    y, saved = at.layer.forward(at.node.read(values), _parameters(at), context)
    return y, saved, context


def _parameters(at: At) -> dict[str, np.ndarray]:
    """Read-only, float64."""
    return {name: read_only(w.astype(np.float64)) for name, w in at.w.items()}


def _one_by_one(at: At, gy: np.ndarray, sent: Callable[[Any, Any], float], symbol: str) -> list[Products]:
    """dL/dy (s, ...) in passes; `sent` takes the number in question out of what one gives."""
    (_, saved, context), w = _forward(at), _parameters(at)

    def by(some: np.ndarray) -> float:
        return sent(*at.layer.backward(read_only(some), saved, w, context))

    order = np.argsort(-np.abs(gy.ravel()), kind="stable")
    order = order[gy.ravel()[order] != 0]
    alone, others = order[:MOST], order[MOST:]
    places = np.array(np.unravel_index(alone, gy.shape)).T.reshape(-1, gy.ndim)
    slopes = np.array([by(_only(gy.shape, k)) for k in alone.tolist()], np.float64)
    blocks = []
    for s in range(at.samples):
        own = places[:, 0] == s
        if own.any():
            column = at.gy(places[own, 1:], samples=places[own, 0])
            blocks.append(Products((column, Column(symbol, slopes[own])), at.sample_notes(places[own, 0])))
    if len(others):
        rest = np.zeros_like(gy)
        rest.flat[others] = gy.flat[others]
        note = f"the {len(others):,} smallest dL/dy together"
        blocks.append(product(constant(f"sum of dL/dy {symbol}", by(rest)), note=note))
    return blocks


def _only(shape: tuple[int, ...], k: int) -> np.ndarray:
    """1 at element k, 0 elsewhere."""
    found = np.zeros(shape)
    found.flat[k] = 1
    return found
