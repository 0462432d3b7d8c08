"""What all tests share: a cache folder of the test run's own, so that a user's is neither read nor written."""

import os
import tempfile

from hypothesis import settings

os.environ.setdefault("CHAINRULE_CACHE_DIR", tempfile.mkdtemp(prefix="chainrule-test-cache-"))

settings.register_profile("untimed", deadline=None)  # a slow machine is no failure
settings.load_profile("untimed")
