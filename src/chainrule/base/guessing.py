"""What somebody may have meant: the known name that a wrong one is nearest to."""

from collections.abc import Iterable
from difflib import get_close_matches

SHORT = 3
"""Letters of names so short that the first of them must be the same: sdg is sgd, but val is not all."""


LONG = 200
"""Letters of a name beyond which nobody looks for a near one: that takes long."""


def expected_one_of(names: Iterable[str], given: object) -> str:
    """As in "expected one of: lecture, mnist, mlp; did you mean mnist?"."""
    names = list(names)
    return f"expected one of: {', '.join(names)}{meant(given, names)}"


def meant(given: object, names: Iterable[str]) -> str:
    """As in "; did you mean mnist?"; "" where no name is near."""
    given = given.lower() if isinstance(given, str) and len(given) <= LONG else ""
    lower = {name.lower(): name for name in names}
    for near in get_close_matches(given, lower, n=1):
        if len(given) > SHORT or near[0] == given[0]:
            return f"; did you mean {lower[near]}?"
    return ""


def plain(name: str) -> str:
    """A name as files may write it: in any case, with or without "_" and "-"."""
    return name.lower().replace("_", "").replace("-", "")
