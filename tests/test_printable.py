"""Text that a terminal shows as it is, and paths as a shell takes them."""

import os

import pytest

from chainrule.base.printable import in_a_line, typed


def test_all_of_it_is_in_a_line() -> None:
    assert in_a_line("a\nb\tc\x1b\u2028d e  f") == r"a\nb\tc\x1b\u2028d e  f"


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("run", "run"),
        ("a b", "'a b'"),
        ("-run", "./-run"),
        ("日本", "'日本'"),
        ("a\nb", r"$'a\nb'"),
        ("it's\n", r"$'it\'s\n'"),
        ("a\\b\x1b", r"$'a\\b\x1b'"),
        (os.fsdecode(b"-\xff\\"), r"$'./-\xff\\'"),
    ],
)
def test_a_path_is_typed_so(path: str, shown: str) -> None:
    assert typed(path) == shown
