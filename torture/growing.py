"""Long lives of one process: what 1,000 fits, questions, files and failures leave behind in memory, threads and files.

Buffers come out of arenas of 8 MB (`engine/runtime/memory.py`), which are given back whole: memory rises and falls like
a saw. So the highest that it was in the second half of the operations is compared with that of the first. And the C
library keeps pages that are free: before each look it is asked to give them back.
"""

import ctypes
import gc
import os
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np

import chainrule as cr
from torture.campaign import Tally, campaign

RNG = np.random.default_rng(0)
X, T = RNG.normal(size=(64, 20)).astype(np.float32), RNG.integers(0, 3, 64)
DATA, TRAINING = cr.Dataset(X, T), cr.Training(cr.SGD(0.1), epochs=1, batch_size=32)
BLOCKS = 40
SLOPE = 2048.0  # bytes an operation, below which resident memory is not told from noise
TIMES = {
    "fits": 1000,
    "answers": 10_000,
    "predictors": 1000,
    "answers to threads": 1000,
    "saves and loads": 1000,
    "fits of bad data": 1000,
    "fits that diverge": 1000,
    "estimators": 300,
}
"""How often each operation is made in a whole try."""
LIBC = ctypes.CDLL(None)


def new_network() -> cr.Network:
    return cr.Network([cr.Linear(30), cr.ReLU(), cr.Dropout(), cr.Linear(3)], 20)


def resident() -> int:
    """Bytes of this process that are in memory."""
    LIBC.malloc_trim(0)
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def held() -> tuple[int, int]:
    """Threads and open files."""
    return threading.active_count(), len(os.listdir("/proc/self/fd"))


def grown(operation: Callable[[], object], times: int) -> tuple[float, bool]:
    """Bytes that are left behind by each of so many operations, and whether threads or files are."""
    for _ in range(max(times // 5, 1)):
        operation()
    gc.collect()
    before, memory = held(), []
    for _ in range(BLOCKS):
        for _ in range(max(times // BLOCKS, 1)):
            operation()
        gc.collect()
        memory.append(resident())
    half = BLOCKS // 2
    return (max(memory[half:]) - max(memory[:half])) / max(times // 2, 1), held() != before


def operations(folder: Path) -> dict[str, Callable[[], object]]:
    """By name, those of TIMES."""
    trained, path = new_network(), folder / "model.safetensors"
    cr.fit(trained, DATA, TRAINING, progress=False)
    predict, bad = trained.predictor(), cr.Dataset(np.full_like(X, np.nan), T)
    wild = cr.Training(cr.SGD(1e30), epochs=3, batch_size=32)

    def save_and_load() -> None:
        trained.save(path)
        cr.load(path)

    def ask_by_threads() -> None:
        some = [threading.Thread(target=predict, args=(X[:5],)) for _ in range(4)]
        for thread in some:
            thread.start()
        for thread in some:
            thread.join()

    def fail_by_data() -> None:
        with suppress(cr.DataError):
            cr.fit(new_network(), bad, TRAINING, progress=False)

    def diverge() -> None:
        with suppress(cr.DivergedError):
            cr.fit(new_network(), DATA, wild, progress=False)

    return {
        "fits": lambda: cr.fit(new_network(), DATA, TRAINING, progress=False),
        "answers": lambda: predict(X[:1]),
        "predictors": lambda: trained.predictor()(X[:1]),
        "answers to threads": ask_by_threads,
        "saves and loads": save_and_load,
        "fits of bad data": fail_by_data,
        "fits that diverge": diverge,
        "estimators": lambda: cr.NeuralClassifier((5,), max_iter=1).fit(X, T).predict(X),
    }


@campaign("1,000 fits, saves and failures, and 10,000 answers, leave no memory, thread or file behind", tries=8, few=0)
def growth(tally: Tally) -> None:
    """Each try is one of the operations."""
    with tempfile.TemporaryDirectory() as folder:
        work = list(operations(Path(folder)).items())
        for k in tally:
            name, operation = work[k % len(work)]
            times = TIMES[name]
            slope, more = grown(operation, times)
            tally.check(slope < SLOPE, f"{name}: {slope:.0f} bytes each are left")
            tally.check(not more, f"{name}: threads or files are left, {held()}")
            tally.notes[name] = f"{times:,}, {max(slope, 0):.0f} bytes each"
