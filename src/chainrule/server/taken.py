"""Networks that were trained on the page, and then taken over: shown in place of the given one.

    POST /api/taken                  the network of the tab Train as it is now, kept under a name of its own
    GET  /api/model?network=NAME     it; so with every other route that is about a network

A name is a random word: an address that was kept from another server never shows another network in its place.
"""

import secrets
import threading
from collections import OrderedDict
from dataclasses import replace
from typing import Any

from chainrule.base.showing import short
from chainrule.data.mnist_digits import mnist
from chainrule.server.asked import Asked
from chainrule.server.model import model
from chainrule.server.refusal import Refusal
from chainrule.server.subject import Origin, Subject
from chainrule.server.trainable import Copy
from chainrule.server.training_answers import Training
from chainrule.server.training_settings import GIVEN
from chainrule.tasks.fitting import introduce

KEPT = 4
"""Networks that are kept: whoever goes back to one that he has seen finds it."""


class Taken:
    """Those of one server."""

    def __init__(self, given: Subject) -> None:
        self._given, self._lock = given, threading.Lock()
        self._kept: OrderedDict[str, Subject] = OrderedDict()

    def take(self, copy: Copy) -> Subject:
        """What the page is about from now on; the same again for the same step of the same run."""
        with self._lock:
            for each in self._kept.values():
                if each.origin and (each.origin.run, each.origin.steps) == (copy.run, copy.step):
                    return each
            origin = Origin(secrets.token_hex(4), copy.run, copy.step, self._given.name)
            self._kept[origin.key] = made = subject_of(copy, self._given, origin)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            return made

    def of(self, key: str) -> Subject:
        """The one of that name; Refusal if it is not kept."""
        found = self._kept.get(key)
        if found is None:
            given = f"the network {short(key)}, trained on the page, is gone"
            raise Refusal(f"{given}; expected one of the last {KEPT} that were taken over since the server began", 404)
        return found


def shown(given: Subject, key: str | None) -> Subject:
    """What a request is about."""
    return given if key is None else given.once(Taken).of(key)


def take(subject: Subject, asked: Asked) -> dict[str, Any]:
    """The network that is trained, as GET /api/model tells of it."""
    return model(subject.once(Taken).take(subject.once(Training).session.copy()), asked)


def subject_of(copy: Copy, given: Subject, origin: Origin) -> Subject:
    """A network that knows what it was trained on, with the data that it is tried on."""
    network, settings = copy.network, copy.settings
    if settings.preset == GIVEN:
        return replace(given, network=network, eta=settings.lr, origin=origin, _kept={})
    introduce(network, copy.data)
    return Subject(network, settings.preset, mnist, preset=settings.preset, eta=settings.lr, origin=origin)
