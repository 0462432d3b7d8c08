"""POST /api/train, GET /api/train and its events: the tab Train over the wire.

The events only say that there is something new; the page then asks for what came after what it has. So nothing is lost
by a page that is slow, comes late, or is one of several.
"""

import threading
import time
from dataclasses import dataclass, field
from typing import Any

from chainrule.data.dataset import Dataset
from chainrule.server.asked import Asked
from chainrule.server.events import Events
from chainrule.server.model import kind_of
from chainrule.server.plain import array
from chainrule.server.subject import Subject
from chainrule.server.trainable import TESTED, Own
from chainrule.server.training import TrainingSession
from chainrule.server.training_settings import GIVEN, LIVE, OFFERED, RATES, dropouts_in
from chainrule.tasks.presets import preset

OFTEN = 0.1
"""Seconds between two events, at least."""


@dataclass(frozen=True)
class Do:
    """What is to happen, and by which settings: those that are not named stay."""

    do: str
    settings: dict[str, Any] = field(default_factory=dict)


class Training:
    """The session of a server, and the events that say that it has news."""

    def __init__(self, subject: Subject) -> None:
        own = Own(subject.network, lambda: own_data(subject), subject.eta) if subject.read else None
        self.session, self.events = TrainingSession(own=own, first=kind_of(subject) != "digit"), Events()
        self._end = threading.Event()
        threading.Thread(target=self._tell, name="news of training", daemon=True).start()

    def close(self) -> None:
        self._end.set()
        self.session.close()

    def _tell(self) -> None:
        """Say so whenever something has changed, but not too often."""
        told = -1
        while not self._end.is_set():
            self.session.wait_for_news(told)
            told = self.session.version
            self.events.send("news", {"version": told}, keep=True)
            time.sleep(OFTEN)


def own_data(subject: Subject) -> tuple[Dataset, Dataset]:
    """What the given model is trained on anew, and tried on."""
    test = subject.data("test")
    return subject.data("train"), test.head(min(TESTED, len(test)))


def train(subject: Subject, asked: Asked) -> dict[str, Any]:
    """Do something; how the run stands then, without what came before."""
    wish, session = asked.read(Do), subject.once(Training).session
    session.do(wish.do, wish.settings)
    return answer(session.news((session.number, session.at)))


def training_news(subject: Subject, asked: Asked) -> dict[str, Any]:
    """What came after a step of a run (`?run=1&after=64`), or all of it; and what may be chosen."""
    seen = asked.number("run", 0), asked.number("after", 0)
    found = subject.once(Training).session.news(seen if "after" in asked.query else (-1, -1))
    return answer(found) | ({} if "after" in asked.query else {"offered": offered(subject)})


def training_events(subject: Subject, asked: Asked) -> Events:
    return subject.once(Training).events


def answer(news: dict[str, Any]) -> dict[str, Any]:
    """With the filters as they are sent."""
    frames = [frame._asdict() | {"filters": array(frame.filters)} for frame in news["frames"]]
    return news | {"frames": frames}


def offered(subject: Subject) -> dict[str, Any]:
    """What the settings may be."""
    presets = []
    if subject.read is not None:
        own = [p for layer in subject.network.layers for p in dropouts_in(layer)]
        presets.append({"name": GIVEN, "about": "the given model's layers, on its own data", "dropouts": own})
    for each in map(preset, OFFERED):
        dropouts = [p for layer in each.layers for p in dropouts_in(layer)]
        presets.append({"name": each.name, "about": each.about, "dropouts": dropouts})
    return {"presets": presets, "rates": RATES, "eta": subject.eta, "live": sorted(LIVE)}
