"""Evaluate: the confusion matrix leads to its images, and a mistake to its back propagation."""

import re

import pytest
from browsing import ask, settle
from studying import wait


@pytest.fixture
def page(opened, server):
    page = opened(f"{server.address}#tab=evaluate")
    page.wait_for_selector(".confusion", timeout=60_000)
    return page


def test_a_cell_shows_the_images_that_it_counts(page):
    cell = page.locator(".confusion .wrong button").first
    count = int(cell.inner_text().replace("\u202f", ""))
    cell.click()
    wait(page, "document.querySelector('#samples-title').innerText.includes('taken for')")
    assert page.locator("#samples-title").inner_text().endswith("digit" if count == 1 else "digits")
    assert page.locator(".gallery li").count() == min(count, 100)
    page.get_by_role("button", name="Back to the worst mistakes").click()
    wait(page, "document.querySelector('#samples-title').innerText === 'The worst mistakes'")


def test_the_matrix_by_keyboard(page):
    page.locator(".confusion [tabindex='0']").focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    assert page.evaluate("document.activeElement.dataset.cell") == "1,2"
    page.keyboard.press("Enter")
    wait(page, "location.hash.includes('view=1,2')")
    assert page.locator(".confusion [tabindex='0']").count() == 1


def test_the_numbers_are_the_servers(page):
    seen = ask(page, "/api/evaluation")
    assert page.locator(".summary h2").inner_text().startswith(f"{100 * seen['accuracy']:.2f} %")
    for t, p in [(0, 0), (4, 9), (9, 4)]:
        label = page.locator(f"[data-cell='{t},{p}']").get_attribute("aria-label")
        assert label == f"{t} taken for {p}: {seen['confusion'][t][p]}"


def test_a_mistake_opens_in_back_propagation(page):
    worst = ask(page, "/api/evaluation")["worst"]
    page.locator(".gallery button").first.click()
    wait(page, "location.hash.includes('tab=back')")
    settle(page)
    assert re.search(rf"image=test:{worst['number'][0]}&t={worst['t'][0]}", page.url)
    assert page.locator(".truth [aria-pressed=true] .name").inner_text() == str(worst["t"][0])
    page.go_back()
    page.wait_for_selector(".confusion")
