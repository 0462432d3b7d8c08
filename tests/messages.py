"""How a test says that an error's message is this one, to the letter."""

import re


def exactly(message: str) -> str:
    """The pattern for `pytest.raises(..., match=...)` that only `message` matches."""
    return rf"\A{re.escape(message)}\Z"
