"""What all tests share: a cache folder of the test run's own, so that a user's is neither read nor written."""

import atexit
import os
import shutil
import tempfile

from hypothesis import settings


def remove(folder: str, maker: int) -> None:
    """Remove the folder, in the process that made it: others, forked from it, leave it to that one."""
    if os.getpid() == maker:
        shutil.rmtree(folder, ignore_errors=True)


if "CHAINRULE_CACHE_DIR" not in os.environ:  # else this is a worker of the test run, or someone wants to keep it
    os.environ["CHAINRULE_CACHE_DIR"] = tempfile.mkdtemp(prefix="chainrule-test-cache-")
    atexit.register(remove, os.environ["CHAINRULE_CACHE_DIR"], os.getpid())

settings.register_profile("untimed", deadline=None)  # a slow machine is no failure
settings.load_profile("untimed")
