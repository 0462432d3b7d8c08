"""What the tests of Train, Regression and Evaluate do again and again."""

import re
import time
from typing import Any

PATIENCE = 120
"""Seconds: kernels may have to be compiled first."""


def wait(page: Any, script: str, arg: Any = None) -> None:
    """Until it is true. Playwright's own waiting evaluates text in the page, which its policy forbids."""
    end = time.monotonic() + PATIENCE
    while not page.evaluate(script, arg):
        assert time.monotonic() < end, script
        page.wait_for_timeout(20)


def begin(page: Any, **chosen: str) -> None:
    """A run of these settings, from its beginning, which stands still."""
    page.wait_for_selector(".train")
    for label, value in {"Network": "mlp", "Digits": "2000", **chosen}.items():
        page.get_by_label(label, exact=True).select_option(value)
    page.get_by_label("Seed").fill("0")
    page.get_by_label("Seed").press("Enter")
    slide(page, "Learning rate", -2)
    slide(page, "Batch size", 6)
    page.get_by_role("button", name="Reset", exact=True).click()
    wait(page, "document.querySelector('.train [role=status]')?.innerText === 'Paused.'")
    wait(page, "document.querySelector('.first code') === null")


def train(page: Any, updates: int = 5) -> None:
    """So many, or a few more; then pause."""
    page.get_by_role("button", name="Start").click()
    wait(page, "least => window.updates() >= least", updates)
    page.get_by_role("button", name="Pause").click()
    wait(page, "document.querySelector('.train [role=status]')?.innerText === 'Paused.'")


UPDATES = """void (window.updates = () => {
    const fact = [...document.querySelectorAll('.facts div')].find(of => of.innerText.startsWith('Updates'));
    return Number(fact?.querySelector('dd').innerText.replace(/\\s/g, ''));
})"""


def fact(page: Any, name: str) -> str:
    return page.locator(".facts div", has_text=re.compile(f"^{name}")).locator("dd").inner_text()


def first_losses(page: Any) -> list[str]:
    """In full."""
    return page.eval_on_selector_all(".first code", "all => all.map(each => each.title)")


def slide(page: Any, label: str, value: float) -> None:
    page.get_by_label(label).fill(str(value))
