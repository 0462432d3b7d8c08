"""What somebody may have meant: the known name that a wrong one is nearest to."""

from collections.abc import Iterable
from difflib import get_close_matches

NEAR = 0.7
"""How much of both names must be the same letters, in order: minst is mnist, but val is not all."""


def expected_one_of(names: Iterable[str], given: object) -> str:
    """As in "expected one of: lecture, mnist, mlp; did you mean mnist?"."""
    names = list(names)
    return f"expected one of: {', '.join(names)}{meant(given, names)}"


def meant(given: object, names: Iterable[str]) -> str:
    """As in "; did you mean mnist?"; "" where no name is near."""
    lower = {name.lower(): name for name in names}
    near = get_close_matches(given.lower(), lower, n=1, cutoff=NEAR) if isinstance(given, str) else []
    return f"; did you mean {lower[near[0]]}?" if near else ""
