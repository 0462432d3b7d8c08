"""No kernel is forgotten: each has a case of `torture/kernels`, which runs it beside its definition."""

import ast
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from torture.every_kernel import CASES
from torture.kernels.rig import Rig

from chainrule.engine import lowering

ENGINE = Path(lowering.__file__).parent
KERNELS = ENGINE / "kernels"


def tree_of(path: Path) -> ast.AST:
    return ast.parse(path.read_text(encoding="utf-8"))


def decorated(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """(the decorator's name, the function's) of all that are kernels."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            for decorator in node.decorator_list:
                if isinstance(decorator, ast.Name) and decorator.id in ("kernel", "range_kernel"):
                    yield decorator.id, node.name


def named_by_stages() -> set[str]:
    """What the stages import of the kernels, or of a module of theirs: what is bound is among it."""
    nodes = [node for path in (ENGINE / "stages").glob("*.py") for node in ast.walk(tree_of(path))]
    imports = (node for node in nodes if isinstance(node, ast.ImportFrom) and "engine.kernels" in (node.module or ""))
    names = {alias.asname or alias.name for node in imports for alias in node.names}
    attributes = (node for node in nodes if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name))
    return names | {node.attr for node in attributes if node.value.id in names}  # type: ignore[attr-defined]


def kernels() -> Iterator[str]:
    """Those that a program may run, as in "linear.layer:forward": what takes a range, or is named by a stage."""
    bound = named_by_stages()
    for path in sorted(KERNELS.rglob("*.py")):
        module = ".".join(path.relative_to(KERNELS).with_suffix("").parts)
        for decorator, name in decorated(tree_of(path)):
            if decorator == "range_kernel" or name in bound:
                yield f"{module}:{name}"


def test_every_kernel_has_a_case() -> None:
    covered = {name for names in CASES for name in names}
    found = set(kernels())
    assert len(found) > 40
    assert found == covered


@pytest.mark.parametrize("names", CASES, ids=str)
def test_every_kernel_is_its_definition_in_float64_too(names: tuple[str, ...]) -> None:
    rig = Rig(len(names), np.float64)
    CASES[names](rig)
    assert rig.ran >= set(names)
    assert not rig.end()


def test_what_is_written_beside_an_array_is_seen() -> None:
    rig = Rig(0)
    array, given = rig.room(5), rig.given(rig.normal(3))
    assert np.isnan(array).all()
    assert not rig.end()
    given[1] = 7
    assert rig.end() == ["an input is changed"]
    memory, begin, end = rig._framed[0]
    memory[begin - 1] = memory[end] = 0
    assert "written beside an array" in rig.end()


@pytest.mark.parametrize("wrong", [1e-3, float("nan")])
def test_a_wrong_number_is_seen(wrong: float) -> None:
    rig = Rig(1)
    x = rig.normal(10)
    exact = x.astype(float)
    rig.close("x", x, exact, abs(exact), 0)
    assert not rig.faults
    x[3] += wrong
    rig.close("x", x, exact, abs(exact), 0)
    assert rig.faults == ["x is not as defined"]
