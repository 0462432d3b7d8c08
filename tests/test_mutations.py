"""The mutants of `make torture`: which there are of a function, and that they are put in."""

from pathlib import Path

import pytest
from torture.mutations import Source

FUNCTION = '''
class Layer:
    """A layer."""

    def above(self, x: int | None, least: float = 0.5) -> bool:
        """Whether it is more."""
        if not isinstance(x, int | float):
            raise TypeError(f"{x} + 1")
        self.seen = x
        return x > least and x + 1 < sum([x], start=3)
'''
CHANGES = [
    "not isinstance(x, int | float) -> isinstance(x, int | float)",
    "raise TypeError(f'{x} + 1') -> nothing",
    "self.seen = x -> nothing",
    "return x > least and x + 1 < sum([x], start=3) -> return None",
    "x > least and x + 1 < sum([x], start=3) -> x > least or x + 1 < sum([x], start=3)",
    "x > least -> x >= least",
    "x + 1 < sum([x], start=3) -> x + 1 <= sum([x], start=3)",
    "x + 1 -> x - 1",
    "1 -> 2",
    "sum([x], start=3) -> sum([x])",
    "3 -> 4",
]


@pytest.fixture
def source(tmp_path: Path) -> Source:
    path = tmp_path / "layer.py"
    path.write_text(FUNCTION, encoding="utf-8")
    return Source(path, "layer.py")


def test_each_place_of_a_body_is_changed_and_no_message_hint_or_docstring(source):
    assert [str(mutant) for mutant in source.mutants] == [f"Layer.above: {change}" for change in CHANGES]


@pytest.mark.parametrize(("change", "answer"), [(CHANGES[5], True), (CHANGES[3], None)])
def test_a_mutant_is_put_into_the_code(source, change, answer):
    def above() -> object:
        names: dict = {}
        exec(source.code(), names)
        return names["Layer"]().above(1, least=1)

    assert above() is False
    next(mutant for mutant in source.mutants if str(mutant).endswith(change)).put_in()
    assert above() is answer
