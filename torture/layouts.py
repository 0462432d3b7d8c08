"""Memory layouts: numbers are what they are, wherever and however they lie in memory."""

import warnings
from collections.abc import Callable
from tempfile import TemporaryFile
from typing import Any

import numpy as np

import chainrule as cr
from chainrule.engine import execute
from torture.campaign import Tally, campaign
from torture.kinds import LAYOUTS
from torture.told import told


def mapped(a: np.ndarray) -> np.ndarray:
    """The same numbers in a file that is mapped into memory."""
    with TemporaryFile() as file:
        a.tofile(file)
        return np.memmap(file, a.dtype, "r", shape=a.shape)


def of_type(dtype: Any) -> Callable[[np.ndarray], np.ndarray]:
    """The same numbers in another type of reals; those of other kinds as they are."""
    return lambda a: a.astype(dtype) if a.dtype.kind == "f" else a


def matrix(a: np.ndarray) -> np.ndarray:
    return a.view(np.matrix) if a.ndim == 2 else a


TYPES = {dtype: of_type(dtype) for dtype in ("f2", "f8", ">f8", "g")}
REPEATED, MATRIX = "with stride 0", "a matrix"
OTHERS = {"mapped": mapped, MATRIX: matrix, REPEATED: lambda a: np.broadcast_to(a[:1], a.shape)}
EVERYWHERE = LAYOUTS | TYPES | OTHERS


class Case:
    """A random network and random data, whose numbers any float type holds."""

    def __init__(self, k: int) -> None:
        random = np.random.default_rng(k)
        images, in_bytes, self.real, self.known, weighted, compiled = (random.random(6) < 0.5).tolist()
        self.k, self.engine = k, "compiled" if compiled else "reference"
        n, sides = int(random.integers(4, 40)), random.integers(5, 10, 2).tolist()
        self.shape = (int(random.integers(1, 4)), *sides) if images else (int(random.integers(2, 9)),)

        def numbers(*shape: int) -> np.ndarray:
            return (np.rint(8 * random.standard_normal(shape)) / 8).astype(np.float32)

        x = random.integers(0, 256, (n, *self.shape)).astype(np.uint8) if in_bytes else numbers(n, *self.shape)
        t = numbers(n, 2) if self.real else random.integers(0, 3, n)
        self.parts: dict[str, Any] = {"x": x, "t": t} | ({"sample_weight": abs(numbers(n)) + 0.125} if weighted else {})
        self.layers = [*([cr.Convolution(3), cr.ReLU()] if images else []), cr.Linear(4), cr.ReLU(), cr.Dropout(0.25)]
        self.schema: Any = None

    def network(self) -> cr.Network:
        loss = cr.SquaredError() if self.real else None
        found = cr.Network([*self.layers, cr.Linear(2 if self.real else 3)], self.shape, loss, seed=self.k)
        found.schema = self.schema
        return found

    def learn(self) -> None:
        """Let the networks know what they are trained on, if they are to."""
        if self.known:
            first = self.network()
            cr.fit(first, cr.Dataset(**self.parts), cr.Training(epochs=0), engine="reference", progress=False)
            self.schema = first.schema

    def results(self, parts: dict[str, Any]) -> dict[str, str]:
        """What comes of everything that reads data, of these."""
        network, engine, data = self.network(), self.engine, cr.Dataset(**parts)
        predict, rows = network.predictor(engine, 1, 5), np.arange(len(data))[::-2]
        found = {
            "evaluate": cr.evaluate(network, data, engine, 7),
            "examine": cr.examine(network, data, engine, batch_size=7),
            "predictor": predict(parts["x"]),
            "predict": network.predict(parts["x"]),
            "answers": network.answers(parts["x"]).said,
            "loss": self.gradient(cr.Batch(data.x, data.t, data.sample_weight)),
            "rows": self.gradient(cr.Batch(data.x, data.t[rows], rows=rows)),
        }
        if self.known and not self.real:
            found["calibrate"] = cr.calibrate(network, data, engine=engine)
        training = cr.Training(cr.Adam(0.01), epochs=2, batch_size=7, seed=self.k)
        history = cr.fit(network, data, training, validation=data, engine=engine, progress=False)
        found["fit"] = network, [each.loss for each in history.epochs]
        return {name: told(each) for name, each in found.items()}

    def gradient(self, batch: cr.Batch) -> Any:
        objective = execute(self.network(), self.engine, threads=1)
        w = objective.layout.pack(objective.network.w)
        gw = np.zeros_like(w)
        return objective.loss_and_gradient(w, batch, gw), gw


@campaign("Training, evaluation and answers are the same bits however the data lie in memory", tries=600, few=3)
def layouts(tally: Tally) -> None:
    names = sorted(EVERYWHERE)
    for k in tally:
        case, name = Case(k // 4), names[k % len(names)]
        if name == REPEATED:
            case.parts |= {part: np.repeat(case.parts[part][:1], len(case.parts["x"]), 0) for part in case.parts}
        with warnings.catch_warnings(action="ignore"):
            case.learn()
            expected = case.results(case.parts)
            lay = EVERYWHERE[name]
            laid = {part: a if name == MATRIX and part != "x" else lay(a) for part, a in case.parts.items()}
            before = told(laid)
            found = case.results(laid)
        tally.check(told(laid) == before, f"try {k}, {name}: the data were changed")
        for result, told_of in expected.items():
            tally.check(found[result] == told_of, f"try {k}, {name}, {case.engine}: {result} differs")
    tally.notes["layouts"] = len(names)
