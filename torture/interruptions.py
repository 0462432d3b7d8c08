"""Signals and forks in the middle of training: no bit changes, nothing hangs, what was interrupted can be repeated."""

import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

import chainrule as cr
from torture.campaign import Tally, campaign

RNG = np.random.default_rng(0)
X, T = RNG.normal(size=(128, 256)).astype(np.float32), RNG.integers(0, 4, 128)
DATA, TRAINING = cr.Dataset(X, T), cr.Training(epochs=2, batch_size=32)
LIMIT = 60.0  # seconds, after which a child hangs


def new_network() -> cr.Network:
    return cr.Network([cr.Linear(256), cr.ReLU(), cr.Linear(64), cr.Tanh(), cr.Linear(4)], 256)


def weights(epochs: int = 2) -> bytes:
    """Of a network after so many epochs, by two threads."""
    network = new_network()
    cr.fit(network, DATA, cr.Training(epochs=epochs, batch_size=32), threads=2, progress=False)
    return network.w.tobytes()


@contextmanager
def alarms(handler: Any, first: float, then: float = 0.0) -> Iterator[None]:
    """Meanwhile `handler` has a signal after so many seconds, and again every so many."""
    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, first, then)
    try:
        yield
    finally:
        signal.signal(signal.SIGALRM, signal.SIG_IGN)
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@campaign("A signal every millisecond while a network learns changes no bit", tries=200, few=1)
def flooded_by_signals(tally: Tally) -> None:
    right, seen = weights(), [0]

    def handle(*_: object) -> None:
        seen[0] += 1

    for k in tally:
        with alarms(handle, 0.001, 0.001):
            tally.check(weights() == right, f"try {k}: other weights")
    tally.notes["signals"] = f"{seen[0]:,}"


@campaign(
    "A fit that Ctrl-C ends anywhere leaves the weights of an epoch, and the next fit is right", tries=2000, few=10
)
def interrupted_fits(tally: Tally) -> None:
    allowed, interrupted = {weights(epochs) for epochs in range(3)}, 0
    right, began = weights(), time.perf_counter()
    weights()
    usual = time.perf_counter() - began
    for k in tally:
        network = new_network()
        try:
            with alarms(signal.default_int_handler, 1e-4 + random.Random(k).random() * usual):
                cr.fit(network, DATA, TRAINING, threads=2, progress=False)
        except KeyboardInterrupt:
            interrupted += 1
        tally.check(network.w.tobytes() in allowed, f"try {k}: weights of no epoch")
        if k % 10 == 0:
            tally.check(weights() == right, f"try {k}: the next fit has other weights")
    tally.notes["interrupted"] = f"{interrupted:,}"


def child_is_right(right: bytes, predict: Any, answer: np.ndarray) -> bool:
    """Whether a forked process trains and answers as this one does, in time."""
    child = os.fork()
    if child == 0:
        same = False
        try:
            same = weights() == right and np.array_equal(predict(X), answer)
        finally:
            os._exit(0 if same else 1)
    end = time.monotonic() + LIMIT
    while time.monotonic() < end:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return status == 0
        time.sleep(0.005)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


@campaign("A process forked while other threads train and ask is right, and does not hang", tries=300, few=1)
def forked_while_training(tally: Tally) -> None:
    right, done = weights(), threading.Event()
    network = new_network()
    cr.fit(network, DATA, TRAINING, progress=False)
    predict = network.predictor()
    answer = predict(X)

    def keep_training() -> None:
        while not done.is_set():
            weights()

    def keep_asking() -> None:
        while not done.is_set():
            predict(X)

    busy = [threading.Thread(target=each) for each in (keep_training, keep_asking)]
    for thread in busy:
        thread.start()
    try:
        for k in tally:
            time.sleep(random.Random(k).random() * 0.01)
            tally.check(child_is_right(right, predict, answer), f"fork {k}: wrong, or hung")
    finally:
        done.set()
        for thread in busy:
            thread.join()
    tally.check(weights() == right, "the parent has other weights afterwards")
