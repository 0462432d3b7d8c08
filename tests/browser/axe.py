"""What axe says of a page, and whether it is wider than its window."""

from typing import Any

import pytest

from test_distributions import ROOT

AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
IN_NEED = "serious", "critical"
OPTIONS = "{resultTypes: ['violations'], preload: false}"  # a page on the disk may not ask for its own style sheets


def inject(page: Any) -> None:
    """Make axe known to a page, which was opened with `bypass_csp`."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed: make page")
    page.evaluate(AXE.read_text(encoding="utf-8"))


def serious(page: Any) -> list[tuple[str, list[str]]]:
    """What is wrong with it as it is shown now, and a few places of each."""
    found = page.evaluate(f"axe.run(document, {OPTIONS})")["violations"]
    return [
        (each["id"], [node["html"][:200] for node in each["nodes"]][:3]) for each in found if each["impact"] in IN_NEED
    ]


def scrolls(page: Any) -> bool:
    """Whether it has a horizontal scroll bar."""
    return page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
