"""Signals and forks in the middle of training: no bit changes, nothing hangs, what was interrupted can be repeated."""

import random
import signal
import threading
import time
from collections.abc import Callable

import numpy as np

import chainrule as cr
from torture.alarms import alarms
from torture.campaign import Tally, campaign
from torture.forks import says_true_in_a_child
from torture.trained import DATA, TRAINING, X, fitted, new_network, right_weights, weights, weights_of_epochs


@campaign("A signal every millisecond while a network learns changes no bit", tries=200, few=1)
def flooded_by_signals(tally: Tally) -> None:
    right, seen = right_weights(), [0]

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
    allowed, right, interrupted = weights_of_epochs(2), right_weights(), 0
    began = time.perf_counter()
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


@campaign("A process forked while other threads train and ask is right, and does not hang", tries=300, few=1)
def forked_while_training(tally: Tally) -> None:
    right, predict, done = right_weights(), fitted().predictor(), threading.Event()
    answer = predict(X)

    def keep(work: Callable[[], object]) -> None:
        while not done.is_set():
            work()

    def alike() -> bool:
        return weights() == right and np.array_equal(predict(X), answer)

    busy = [threading.Thread(target=keep, args=(work,)) for work in (weights, lambda: predict(X))]
    for thread in busy:
        thread.start()
    try:
        for k in tally:
            time.sleep(random.Random(k).random() * 0.01)
            tally.check(says_true_in_a_child(alike), f"fork {k}: wrong, or hung")
    finally:
        done.set()
        for thread in busy:
            thread.join()
    tally.check(weights() == right, "the parent has other weights afterwards")
