"""Threads that let others go first."""

import os
import sys
import threading

NICENESS = 10


def stand_back() -> None:
    """From now on this thread, and whichever it starts, leaves the processors to those that answer the page."""
    if sys.platform == "linux":  # elsewhere it would be the whole process
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
