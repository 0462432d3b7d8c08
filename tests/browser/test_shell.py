"""The shell: tabs, the address, themes, sizes, and what must be so on every tab."""

import pytest
from axe import inject, scrolls, serious
from browsing import PLACES, settle, show, until

TABS = ["Recognise", "Back propagation", "Train", "Regression", "Evaluate"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious(opened, server, theme):
    page = opened(server.address, theme=theme, bypass_csp=True)
    page.wait_for_selector("[role=tab]")
    inject(page)
    for place in PLACES:
        show(page, place)
        assert serious(page) == [], place


@pytest.mark.parametrize("width", [390, 768, 1280, 2560, 3840])
def test_there_is_no_horizontal_scroll_bar(opened, server, width):
    page = opened(server.address, width=width, height=900)
    page.wait_for_selector("[role=tab]")
    for place in PLACES:
        show(page, place)
        assert not scrolls(page), place


def test_tabs_by_keyboard_and_in_the_address(opened, server):
    page = opened(server.address)
    page.get_by_role("tab", name="Recognise").focus()
    for name in TABS[1:]:
        page.keyboard.press("ArrowRight")
        assert page.get_by_role("tab", selected=True).inner_text() == name
    page.go_back()
    until(page, "document.querySelector('[aria-selected=true]').innerText === 'Regression'")


def test_an_address_opens_where_it_was_copied(opened, server):
    place = "#tab=back&image=test:17&t=3&step=backward:conv2&unit=dL/conv2:3,5,7"
    page = opened(server.address + place)
    settle(page)
    assert page.locator(".inspector h2").inner_text() == "∂L/∂conv2[3,5,7]"
    assert page.locator(".truth [aria-pressed=true] .name").inner_text() == "3"


def test_the_theme_is_the_systems_until_it_is_chosen(opened, server):
    page = opened(server.address, theme="dark")
    theme = "document.documentElement.dataset.theme"
    assert page.evaluate(theme) == "dark"
    page.get_by_role("button", name="Switch to light").click()
    page.reload()
    page.wait_for_selector("[role=tab]")
    assert page.evaluate(theme) == "light"


def test_what_the_server_refuses_is_said(chromium, server):
    page = chromium.new_page()
    page.goto(server.address)
    page.wait_for_selector(".answer .bars")
    line = "there is no sample 1; expected another"
    page.route("**/api/digit*", lambda route: route.fulfill(status=404, json={"error": line}))
    page.get_by_role("button", name="Random test digit").click()
    page.wait_for_selector("[role=alert]")
    assert page.locator("[role=alert]").inner_text() == line
    page.close()
