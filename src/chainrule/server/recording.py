"""One pass recorded: what a page of it may ask for, answered beforehand, so that it needs no server.

An answer is kept under its request: "METHOD path", and for a POST the body as canonical JSON without what all have in
common, the pass itself. The walk begins at the largest numbers of every layer, goes on to what these are made of, and
so on, until there is no more room.
"""

import gzip
import json
import zlib
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from math import prod
from typing import Any

import numpy as np

from chainrule.base.errors import ChainruleError
from chainrule.explanation.unit import GRADIENT, LOSS
from chainrule.server.asked import Asked
from chainrule.server.passes import Pass, passed
from chainrule.server.plain import FLOAT, from_base64, to_base64, to_json
from chainrule.server.routes import ROUTES
from chainrule.server.subject import Subject

LARGEST = 3
"""Of every layer's values, gradients and weights' gradients, so many are where walks begin."""
CHECKED = 24
"""Derivatives that are checked by the loss: each takes several passes."""
BEGINS = 4
"""Every so many numbers of a walk another one begins."""
FOLLOWED = 12
"""Of a number's terms, so many are gone on with."""
SMALL = 20_000
"""Numbers of a parameter that is recorded whole."""
BITS = 24, 16, 12, 8
"""Of a number in the arrays that are only looked at: as many as there is room for. Terms always have all."""
LOOKED_AT = 0.6
"""The part of the room that these arrays may take."""
PAGE_OF_TERMS = {"order": "size", "from": 0, "count": 200}
"""As the page asks for a number's terms."""


@dataclass
class Recording:
    """The answers of one pass, of at most so many bytes as they are written into the page."""

    subject: Subject
    asked: dict[str, Any]
    """The pass, as a page asks for it."""
    room: int
    answers: dict[str, bytes] = field(default_factory=dict)
    """JSON, by request."""
    bits: int = BITS[0]
    _size: int = 0
    """Bytes that have come out of packing."""
    _packing: Any = field(default_factory=lambda: zlib.compressobj(9))

    def make(self) -> bytes:
        """All of it, as JSON for the page; ChainruleError if not even the pass itself fits."""
        passed(self.subject, Asked(body=self.asked).read(Pass)).kernels.of(LOSS, patience=None)
        self._record_pass()
        self._record_weights()
        self._walk()
        whole = b",".join(to_json(key) + b":" + answer for key, answer in self.answers.items())
        content = gzip.compress(b"{" + whole + b"}", 9, mtime=0)
        return to_json({"pass": self.asked, "bits": self.bits, "gzip": to_base64(content)})

    def _record_pass(self) -> None:
        """What it computes, as exactly as there is room for."""
        model, forward, trace = self._ask("GET", "/model"), self._ask("POST", "/forward"), self._ask("POST", "/trace")
        self._keep("GET", "/model", model)
        self._keep("POST", "/forward", {name: each for name, each in forward.items() if name != "values"})
        self._record("/update", {"eta": model["eta"]})
        made = ((bits, coarse(trace, bits)) for bits in BITS)
        fits = (each for each in made if alone(each[1]) < LOOKED_AT * self.room)
        self.bits, found = next(fits, (BITS[-1], coarse(trace, BITS[-1])))
        if not self._keep("POST", "/trace", found):
            needed = (packed(self._size) + alone(found)) / 1e6
            given = f"a pass of {self.subject.name} takes {needed:.1f} MB"
            raise ChainruleError(f"{given}; expected at most {self.room / 1e6:.1f}")

    def _record_weights(self) -> None:
        """The parameters that have few numbers."""
        for each in self.subject.network.parameters:
            for what in ("value", "gradient"):
                if prod(each.shape) <= SMALL:
                    more = {"parameter": each.name, "what": what}
                    self._keep("POST", "/weights", coarse(self._ask("POST", "/weights", more), self.bits), more)

    def _walk(self) -> None:
        """From the largest number of every kind, in breadth; every so often from another large one, too."""
        first, *others = self._beginnings()
        walk, later, checks = deque(first), deque(unit for each in others for unit in each), 0
        seen = {*walk, *later}
        for n in count():
            if not (walk or later):
                return
            begins = later and (not walk or (n > len(first) and n % BEGINS == 0))
            unit = later.popleft() if begins else walk.popleft()
            found = self._record("/unit", {"unit": unit, **PAGE_OF_TERMS})
            if found is None:
                return
            if unit != LOSS:
                self._record("/affects", {"unit": unit})
            if unit.startswith(GRADIENT) and checks < CHECKED:
                checks += 1
                self._record("/check", {"unit": unit})
            units = [each["unit"] for term in found["terms"][:FOLLOWED] for each in term["factors"]]
            new = [each for each in dict.fromkeys(units) if each is not None and each not in seen]
            walk.extend(new)
            seen.update(new)

    def _beginnings(self) -> list[list[str]]:
        """The largest number of each kind, the last layers' first; then the second largest ones, and so on."""
        found = passed(self.subject, Asked(body=self.asked).read(Pass)).trace
        names = list(enumerate(found.names))
        arrays = [(GRADIENT + name, found.gx[k][0]) for k, name in reversed(names)]
        arrays += [(GRADIENT + name, gw) for name, gw in reversed(found.gw.items())]
        arrays += [(name, found.x[k][0]) for k, name in reversed(names)]
        orders = [(name, a.shape, np.argsort(-abs(a), axis=None, kind="stable")[:LARGEST]) for name, a in arrays]
        rounds = [
            [f"{name}:{','.join(str(int(i)) for i in np.unravel_index(order[k], shape))}"
             for name, shape, order in orders if k < len(order)]
            for k in range(LARGEST)
        ]  # fmt: skip
        return [[LOSS, *rounds[0]], *rounds[1:]]

    def _record(self, path: str, more: Mapping[str, Any]) -> Any:
        """The answer, which is kept; None if there is no room for it."""
        found = self._ask("POST", path, more)
        return found if self._keep("POST", path, found, more) else None

    def _ask(self, method: str, path: str, more: Mapping[str, Any] | None = None) -> Any:
        """What the page would be answered."""
        (route,) = (each for each in ROUTES if (each.method, each.path) == (method, path))
        return route.answer(self.subject, Asked(body={**self.asked, **(more or {})}))

    def _keep(self, method: str, path: str, answer: Any, more: Mapping[str, Any] | None = None) -> bool:
        """Whether there is room for it; then it is kept."""
        body = json.dumps(dict(more or {}), sort_keys=True, separators=(",", ":"))
        key, content = f"{method} /api{path}" + f" {body}" * (method == "POST"), to_json(answer)
        packing = self._packing.copy()
        size = self._size + len(packing.compress(to_json(key) + b":" + content + b","))
        if packed(size + len(packing.copy().flush())) > self.room:
            return False
        self.answers[key], self._packing, self._size = content, packing, size
        return True


def packed(size: int) -> int:
    """The bytes that so many packed ones take in the page."""
    return -(-size * 4 // 3)


def alone(answer: Any) -> int:
    """Those of an answer that is packed alone."""
    return packed(len(zlib.compress(to_json(answer))))


def coarse(value: Any, bits: int) -> Any:
    """An answer whose arrays have numbers of so many significant bits, which pack better."""
    if bits == BITS[0] or not isinstance(value, Mapping):
        return value
    if value.keys() == {"shape", "data"}:
        return {**value, "data": to_base64(rounded(np.frombuffer(from_base64(value["data"], "data"), FLOAT), bits))}
    return {key: coarse(each, bits) for key, each in value.items()}


def rounded(numbers: np.ndarray, bits: int) -> bytes:
    """float32 numbers rounded to so many significant bits; 0 stays 0."""
    mantissa, exponent = np.frexp(numbers.astype(np.float64))
    return np.ldexp(np.rint(np.ldexp(mantissa, bits)), exponent - bits).astype(FLOAT).tobytes()
