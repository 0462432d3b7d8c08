"""One pass recorded: what a page of it may ask for, answered beforehand, so that it needs no server.

An answer is kept under its request: "METHOD path", and for a POST the body as canonical JSON without what all have in
common, the pass itself. The walk begins at the largest numbers of every layer, goes on to what these are made of, and
so on, until there is no more room.
"""

import base64
import gzip
import json
import zlib
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from chainrule.base.errors import ChainruleError
from chainrule.server.asked import Asked
from chainrule.server.passes import Pass, traced
from chainrule.server.plain import FLOAT, from_base64, to_base64, to_json
from chainrule.server.routes import ROUTES
from chainrule.server.subject import Subject

LARGEST = 3
"""Of every layer's values, gradients and weights' gradients, so many are where walks begin."""
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
FACTOR_OF_BASE64 = 4 / 3


@dataclass
class Recording:
    """The answers of one pass, of at most so many bytes as they are written into the page."""

    subject: Subject
    asked: dict[str, Any]
    """The pass, as a page asks for it."""
    room: int
    answers: dict[str, Any] = field(default_factory=dict)
    bits: int = BITS[0]
    _size: int = 0

    def make(self) -> bytes:
        """All of it, as JSON for the page; ChainruleError if not even the pass itself fits."""
        self._record_pass()
        self._record_weights()
        self._walk()
        content = gzip.compress(to_json(self.answers), 9, mtime=0)
        return to_json({"pass": self.asked, "bits": self.bits, "gzip": base64.b64encode(content).decode()})

    def _record_pass(self) -> None:
        """What it computes, as exactly as there is room for."""
        self._keep(*self._answer("GET", "/model"))
        key, forward = self._answer("POST", "/forward")
        self._keep(key, {name: each for name, each in forward.items() if name != "values"})  # which the trace has
        eta = self.answers["GET /api/model"]["eta"]
        self._keep(*self._answer("POST", "/update", {"eta": eta}))
        key, trace = self._answer("POST", "/trace")
        made = ((bits, coarse(trace, bits)) for bits in BITS)
        fits = (each for each in made if size_of(key, each[1]) < LOOKED_AT * self.room)
        self.bits, found = next(fits, (BITS[-1], coarse(trace, BITS[-1])))
        if not self._keep(key, found):
            needed = (self._size + size_of(key, found)) / 1e6
            given = f"a pass of {self.subject.name} takes {needed:.1f} MB"
            raise ChainruleError(f"{given}; expected at most {self.room / 1e6:.1f}")

    def _record_weights(self) -> None:
        """The parameters that have few numbers."""
        for each in self.subject.network.parameters:
            for what in ("value", "gradient"):
                if each.view(self.subject.network.w).size <= SMALL:
                    key, found = self._answer("POST", "/weights", {"parameter": each.name, "what": what})
                    self._keep(key, coarse(found, self.bits))

    def _walk(self) -> None:
        """From the largest numbers, in breadth."""
        left = deque(self._beginnings())
        roots, seen = set(left), set(left)
        while left:
            unit = left.popleft()
            key, found = self._answer("POST", "/unit", {"unit": unit, **PAGE_OF_TERMS})
            if not self._keep(key, found):
                return
            for path in ("/affects", "/check") if unit in roots else ("/affects",):
                if path != "/check" or unit.startswith("dL/"):
                    self._keep(*self._answer("POST", path, {"unit": unit}))
            for term in found["terms"][:FOLLOWED]:
                units = [each["unit"] for each in term["factors"]]
                new = [each for each in units if each is not None and each not in seen]
                left.extend(new)
                seen.update(new)

    def _beginnings(self) -> Iterator[str]:
        """The largest numbers: one of each kind, the last layers' first; then the second ones."""
        found, network = traced(self.subject, Asked(body=self.asked).read(Pass)), self.subject.network
        yield "loss"
        names = ["x", *(node.name for node in network.graph.nodes)]
        arrays = [(f"{d}{name}", a[0]) for k, name in reversed(list(enumerate(names)))
                  for d, a in (("dL/", found.gx[k]), ("", found.x[k]))]  # fmt: skip
        arrays += [(f"dL/{name}", gw) for name, gw in reversed(found.gw.items())]
        for k in range(LARGEST):
            for name, values in arrays:
                if k < values.size:
                    place = np.unravel_index(np.argsort(-abs(values), axis=None, kind="stable")[k], values.shape)
                    yield f"{name}:{','.join(map(str, map(int, place)))}"

    def _answer(self, method: str, path: str, more: Mapping[str, Any] | None = None) -> tuple[str, Any]:
        """A request's key, and its answer."""
        (route,) = (each for each in ROUTES if (each.method, each.path) == (method, path))
        key = f"{method} /api{path}"
        if method == "POST":
            key += " " + json.dumps(dict(more or {}), sort_keys=True, separators=(",", ":"))
        answer = route.answer(self.subject, Asked(body={**self.asked, **(more or {})}))
        return key, json.loads(to_json(answer))

    def _keep(self, key: str, answer: Any) -> bool:
        """Whether there is room for it; then it is kept."""
        size = size_of(key, answer)
        if self._size + size > self.room:
            return False
        self.answers[key] = answer
        self._size += size
        return True


def size_of(key: str, answer: Any) -> int:
    """About the bytes that it takes: a little more than beside others."""
    return int(FACTOR_OF_BASE64 * len(zlib.compress(to_json({key: answer}))))


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
