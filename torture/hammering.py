"""Many threads that do everything at once: fits, questions, evaluations, saves, in random order."""

import random
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

import chainrule as cr
from torture.campaign import Tally, campaign

THREADS, OPERATIONS = 8, 6
RNG = np.random.default_rng(0)
X, T = RNG.normal(size=(192, 256)).astype(np.float32), RNG.integers(0, 4, 192)
DATA, TRAINING = cr.Dataset(X, T), cr.Training(epochs=1, batch_size=48)


def new_network(seed: int = 0) -> cr.Network:
    return cr.Network([cr.Linear(256), cr.ReLU(), cr.Dropout(), cr.Linear(64), cr.Tanh(), cr.Linear(4)], 256, seed=seed)


class Served:
    """A trained network that everybody shares, and what each operation is to give."""

    def __init__(self, folder: str) -> None:
        self.network, self.path = new_network(), Path(folder) / "model.safetensors"
        cr.fit(self.network, DATA, TRAINING, progress=False)
        self.predict = self.network.predictor()
        self.model = cr.NeuralClassifier((32,), max_iter=2, random_state=0).fit(X, T)

    def operations(self) -> dict[str, Callable[[int], bytes]]:
        """By name; of a number that says on what."""
        return {
            "ask": lambda k: self.predict(X[k : k + 1 + k % 40]).tobytes(),
            "classify": lambda k: self.predict.classify(X[k : k + 9]).tobytes(),
            "by definition": lambda k: self.network.predict(X[k : k + 3]).tobytes(),
            "a new predictor": lambda k: self.network.predictor(threads=1 + k % 3)(X[k:]).tobytes(),
            "evaluate": lambda k: repr(cr.evaluate(self.network, DATA, batch_size=1 + k % 99)).encode(),
            "estimate": lambda k: self.model.predict_proba(X[k : k + 30]).tobytes(),
            "fit": self.fit,
            "save and load": self.save,
        }

    def fit(self, k: int) -> bytes:
        network = new_network(k % 3)
        cr.fit(network, DATA, TRAINING, threads=1 + k % 3, progress=False)
        return network.w.tobytes()

    def save(self, k: int) -> bytes:
        self.network.save(self.path)
        return cr.load(self.path).w.tobytes()


@campaign("Threads that fit, ask, evaluate and save at once get the serial results, to the bit", tries=300, few=1)
def hammering_threads(tally: Tally) -> None:
    """Each try: 8 threads make 6 operations each, drawn by its number."""
    with tempfile.TemporaryDirectory() as folder:
        operations, known = Served(folder).operations(), dict[tuple[str, int], bytes]()

        def make(plan: list[tuple[str, int]]) -> list[tuple[str, int]]:
            return [(name, k) for name, k in plan if operations[name](k) != known[name, k]]

        with ThreadPoolExecutor(THREADS) as pool:
            for k in tally:
                rng = random.Random(k)
                plans = [
                    [(rng.choice(list(operations)), rng.randrange(12)) for _ in range(OPERATIONS)]
                    for _ in range(THREADS)
                ]
                for name, at in sorted({each for plan in plans for each in plan} - known.keys()):
                    known[name, at] = operations[name](at)
                wrong = [each for found in pool.map(make, plans) for each in found]
                tally.check(not wrong, f"try {k}: {wrong[:3]}")
        tally.notes["operations"] = f"{tally.made * THREADS * OPERATIONS:,}"
