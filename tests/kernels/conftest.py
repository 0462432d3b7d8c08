"""Kernels by themselves: each is compiled for its tests, for minutes in all; `make test-all` does that for each
processor. That networks made of them are right is tested in tests/engine."""

from pathlib import Path

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.kernel)
