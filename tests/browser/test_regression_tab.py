"""Regression: step by step, played, a rate that diverges, points and files of one's own."""

import re

import pytest
from studying import slide, wait


@pytest.fixture
def page(opened, server):
    page = opened(f"{server.address}#tab=regression")
    page.wait_for_selector(".plane")
    return page


def loss(page, method):
    """That is shown."""
    text = page.locator(f".plane.{method} figcaption span").inner_text()
    return float(text.removeprefix("L = ").replace("−", "-"))


def test_steps_go_down_by_button_and_by_key(page):
    before = loss(page, "gd")
    page.get_by_role("button", name="One step", exact=True).click()
    wait(page, "location.hash.includes('step=1')")
    first = loss(page, "gd")
    page.locator("h2").click()
    page.keyboard.press("]")
    wait(page, "location.hash.includes('step=2')")
    assert loss(page, "gd") < first < before
    page.keyboard.press("[")
    wait(page, "location.hash.includes('step=1')")
    assert loss(page, "gd") == first
    assert page.locator(".steps tr.current td").first.inner_text() == "1"


def test_it_is_played_and_paused(page):
    page.get_by_role("button", name="Play").click()
    wait(page, "document.querySelector('.where').innerText.match(/Step [5-9] /)")
    page.get_by_role("button", name="Pause").click()
    at = page.locator(".where span").inner_text()
    page.wait_for_timeout(300)
    assert page.locator(".where span").inner_text() == at


def test_a_rate_that_diverges_is_said_so(page):
    assert page.get_by_text("diverges:").count() == 0
    slide(page, "Learning rate", 0.1)
    page.wait_for_selector(".planes .trouble")
    assert "GD diverges: eta is" in page.locator(".planes .trouble").first.inner_text()
    assert page.get_by_text(re.compile("above .* GD diverges")).is_visible()


def test_points_are_set_and_taken_away(page):
    page.get_by_label("Data", exact=True).select_option("own")
    wait(page, "document.querySelectorAll('.fit .point').length === 6")
    box = page.locator(".fit").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 4)
    wait(page, "document.querySelectorAll('.fit .point').length === 7")
    page.locator(".fit .point").last.click()
    wait(page, "document.querySelectorAll('.fit .point').length === 6")
    page.get_by_role("button", name="Remove the nearest").click()
    wait(page, "document.querySelectorAll('.fit .point').length === 5")
    page.get_by_role("button", name="Clear").click()
    page.wait_for_selector(".regression > [role=alert]")
    assert "x has no value; expected at least 3 different values" in page.locator("[role=alert]").inner_text()
    for x in (1, 2, 3):
        page.get_by_label("x", exact=True).fill(str(x))
        page.get_by_label("x", exact=True).press("Tab")
        page.get_by_role("button", name="Add the point").click()
    wait(page, "document.querySelector('.regression > [role=alert]') === null")
    assert page.locator(".fit .point").count() == 3


def test_a_file_is_dropped(page, tmp_path):
    (tmp_path / "line.csv").write_text("a,b\n0,1\n1,3\n2,5\n3,7\n", encoding="utf-8")
    page.locator("#regression-file").set_input_files(str(tmp_path / "line.csv"))
    wait(page, "document.querySelectorAll('.fit .point').length === 4")
    assert "4 points of b over a" in page.locator(".fit").get_attribute("aria-label")


def test_a_file_that_is_no_table_is_refused(chromium, server, tmp_path):
    page = chromium.new_page()
    page.goto(f"{server.address}#tab=regression")
    page.wait_for_selector(".plane")
    (tmp_path / "text.csv").write_text("a,b\n0,one\n", encoding="utf-8")
    page.locator("#regression-file").set_input_files(str(tmp_path / "text.csv"))
    page.wait_for_selector(".regression > [role=alert]")
    assert "text.csv" in page.locator(".regression > [role=alert]").inner_text()
    page.close()


def test_the_address_keeps_what_was_chosen(page, opened):
    slide(page, "Degree", 4)
    page.get_by_label("Contours over").select_option("0,1")
    wait(page, "location.hash.includes('degree=4/axes=0,1')")
    again = opened(page.url)
    again.wait_for_selector(".plane")
    assert again.get_by_label("Contours over").input_value() == "0,1"
    assert again.locator(".steps").first.locator("th[scope=col]").count() == 7


def test_both_begin_where_the_contours_are_clicked(page):
    page.locator(".plane.gd svg").click(position={"x": 120, "y": 60})
    wait(page, "!document.querySelector('.planes .button').disabled")
    assert loss(page, "gd") == loss(page, "sgd")
    page.get_by_role("button", name="Begin at w = 0").click()
    wait(page, "document.querySelector('.planes .button').disabled")


def test_both_begin_where_numbers_are_typed(page):
    before = loss(page, "gd")
    page.get_by_label("Begin at w₂").fill("0.75")
    page.keyboard.press("Enter")
    wait(page, "document.querySelector('.plane.gd svg').ariaLabel.includes('w2 = 0.750')")
    assert loss(page, "gd") == loss(page, "sgd") != before
