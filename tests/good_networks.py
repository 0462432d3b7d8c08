"""Networks that are good at digits or at a table, and what they are good at."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from sklearn.datasets import load_iris, load_wine

import chainrule as cr
from chainrule.data import Dataset, mnist

WORSE = 0.1


"""How much less of the answers, or of R2, may be right."""


@dataclass
class Good:
    """A network and what it does well."""

    network: cr.Network
    x: np.ndarray
    t: np.ndarray
    names: tuple[str, ...] | None = None
    classes: tuple[str, ...] | None = None

    @property
    def is_real(self) -> bool:
        return self.t.dtype.kind == "f"

    def score(self, said: np.ndarray, t: np.ndarray) -> float:
        """The part that is right; of values, how near they are, 1 at best."""
        if len(said) != len(t):
            return -1.0
        if not self.is_real:
            return float(np.mean(said.argmax(axis=1) == t))
        return 1 - float(np.mean((said.reshape(-1) - t) ** 2) / self.t.var())


@cache
def digits(kind: str) -> Good:
    train, test = mnist("train").head(1500), mnist("test").head(150)
    preset, changed = ("lecture", train.head(250)) if kind == "lecture" else ("mlp", train)
    pixels = {"rows": lambda x: x.reshape(-1, 784), "0 to 1": lambda x: (x / 255).astype(np.float32)}
    prepared = pixels.get(kind, lambda x: x)
    data = Dataset(prepared(changed.x), changed.t)
    network = cr.preset(preset).network_for(data, 10)
    cr.fit(network, data, cr.Training(cr.Adam(3e-3), epochs=3), engine="reference")
    return Good(network, test.x, test.t)


@cache
def table(kind: str) -> Good:
    """With names where the kind has them."""
    if kind == "house":
        return house()
    source: Any = {"iris": load_iris, "wine": load_wine}[kind]()
    order = np.random.default_rng(1).permutation(len(source.data))
    classes = tuple(map(str, source.target_names))
    return trained(source.data[order], source.target[order].astype(np.int64), tuple(source.feature_names), classes)


def house() -> Good:
    """A price by the area, the rooms, the age, and how far the house is from the centre."""
    rng = np.random.default_rng(3)
    area, age, distance = rng.uniform(40, 250, 450), rng.uniform(0, 100, 450), rng.gamma(2, 4, 450)
    rooms = np.rint(area / 30 + rng.normal(0, 0.7, 450)).clip(1)
    price = 3000 * area + 8000 * rooms - 900 * age - 2500 * distance + rng.normal(0, 8000, 450)
    return trained(np.column_stack([area, rooms, age, distance]), price, ("area", "rooms", "age", "distance"))


def trained(x: np.ndarray, t: np.ndarray, names: tuple[str, ...], classes: tuple[str, ...] | None = None) -> Good:
    """On two thirds; the others are what it is asked."""
    cut = len(x) * 2 // 3
    data = Dataset(x[:cut], t[:cut], columns=names, classes=classes, target="target")
    network = cr.preset("mlp").network_for(data)
    cr.fit(network, data, engine="reference")
    return Good(network, x[cut:], t[cut:], names, classes)


def exchanged_pixels(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return x.reshape(len(x), -1)[:, rng.permutation(x[0].size)].reshape(x.shape)
