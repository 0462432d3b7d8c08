"""What all tests share: a cache folder of the test run's own, so that a user's is neither read nor written."""

import os
import tempfile

os.environ.setdefault("CHAINRULE_CACHE_DIR", tempfile.mkdtemp(prefix="chainrule-test-cache-"))
