"""What the page is about: a network, what is known of it, and the data that it is tried on."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, TypeVar

from chainrule.base.errors import DataError
from chainrule.data.dataset import Dataset
from chainrule.network.network import Network
from chainrule.tasks.asking import Said
from chainrule.tasks.examination import Examination, examine

T = TypeVar("T")
Split = Literal["train", "test"]
Read = Callable[[Split], Dataset]
"""What gives one half of the data."""


@dataclass(frozen=True)
class Origin:
    """Where a network comes from that was trained on the page."""

    key: str
    """Its name in addresses."""
    run: int
    steps: int
    given: str
    """The name of what the page was opened for."""


@dataclass
class Subject:
    """A network, which nobody changes meanwhile. Its methods may be called by several threads at once."""

    network: Network
    name: str
    """Of the model: its file, or the preset."""
    read: Read | None
    """None: the model was saved without its data, and nobody has named them."""
    preset: str | None = None
    classes: tuple[str, ...] | None = None
    """The names, of a network that does not know what it was trained on."""
    eta: float = 0.01
    """The learning rate that it was trained with."""
    origin: Origin | None = None
    """None: it is what the page was opened for."""
    _kept: dict[Any, "Kept"] = field(default_factory=dict)

    def once(self, make: Callable[["Subject"], T]) -> T:
        """What `make(self)` gives, made when it is first asked for: a session, an engine, what took long."""
        return self._kept.setdefault(make, Kept()).once(lambda: make(self))

    def data(self, split: Split) -> Dataset:
        """The data of that half, as the network reads them; DataError if there are none."""
        return self.once(_train if split == "train" else _test)

    @property
    def examination(self) -> Examination:
        """How the network does on the test data."""
        return self.once(_examined)

    @cached_property
    def named(self) -> tuple[str, ...] | None:
        """The classes' names; None where the answers are numbers."""
        said = Said(self.network, classes=self.classes)
        return said.names() if said.gives_probabilities else None

    def close(self) -> None:
        """End what still goes on."""
        for kept in list(self._kept.values()):
            end = getattr(kept.value, "close", None)
            if end is not None:
                end()


@dataclass
class Kept:
    """What was made once, or is being made: nobody waits for what he does not need."""

    lock: Any = field(default_factory=threading.RLock)
    made: bool = False
    value: Any = None

    def once(self, make: Callable[[], Any]) -> Any:
        """What was made; of two who ask at once, one waits."""
        with self.lock:
            if not self.made:
                self.value, self.made = make(), True
            return self.value


def _train(subject: Subject) -> Dataset:
    return _read(subject, "train")


def _test(subject: Subject) -> Dataset:
    return _read(subject, "test")


def _read(subject: Subject, split: Split) -> Dataset:
    if subject.read is None:
        raise DataError(f"{subject.name} was saved without its data; expected --data with some that fit it")
    return subject.network.reading.data(subject.read(split))


def _examined(subject: Subject) -> Examination:
    return examine(subject.network, subject.data("test"))
