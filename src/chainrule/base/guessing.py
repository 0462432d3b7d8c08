"""What somebody may have meant: the known name that a wrong one is nearest to."""

from collections.abc import Iterable
from difflib import get_close_matches


def expected_one_of(names: Iterable[str], given: object) -> str:
    """As in "expected one of: lecture, mnist, mlp; did you mean mnist?"."""
    names = list(names)
    return f"expected one of: {', '.join(names)}{meant(given, names)}"


def meant(given: object, names: Iterable[str]) -> str:
    """As in "; did you mean mnist?"; "" where no name is near."""
    lower = {name.lower(): name for name in names}
    near = get_close_matches(str(given).lower(), lower, n=1)
    return f"; did you mean {lower[near[0]]}?" if near else ""
