"""Train: a run is started, paused, made batch by batch, begun anew, changed while it goes on, and stopped by a NaN."""

import re

import pytest
from browsing import ask
from studying import UPDATES, begin, fact, first_losses, slide, train, wait

FILTER = "document.querySelector('.filters .grid canvas').toDataURL()"


@pytest.fixture
def page(opened, server):
    page = opened(f"{server.address}#tab=train")
    page.evaluate(UPDATES)
    begin(page)
    yield page
    if page.get_by_role("button", name="Pause").is_visible():
        page.get_by_role("button", name="Pause").click()


def test_the_same_seed_repeats_the_first_five_losses_and_another_does_not(page):
    losses = []
    for button in ("Reset", "Reset", "Reset, new seed"):
        page.get_by_role("button", name=button, exact=True).click()
        wait(page, "document.querySelector('.first code') === null")
        train(page)
        losses.append(first_losses(page))
    assert [len(each) for each in losses] == [5, 5, 5]
    assert losses[0] == losses[1]
    assert losses[2][0] != losses[0][0]
    assert page.get_by_label("Seed").input_value() != "0"


def test_one_batch_is_one_update(page):
    for updates in (1, 2):
        page.get_by_role("button", name="One batch").click()
        wait(page, "n => window.updates() === n", updates)
    assert fact(page, "Batch") == "2 of 32"
    assert len(first_losses(page)) == 2


def test_settings_change_while_it_trains(page):
    page.get_by_role("button", name="Start").click()
    wait(page, "window.updates() > 3")
    size = page.get_by_label("Batch size")
    size.fill(size.get_attribute("max"))
    wait(page, "document.querySelector('.facts').innerText.includes('of 1')")
    at = page.evaluate("window.updates()")
    slide(page, "Learning rate", -1)
    wait(page, "n => window.updates() > n + 2", at)
    assert page.get_by_role("button", name="Pause").is_visible()
    assert page.get_by_text("gradient descent", exact=True).is_visible()


def test_dropout_is_moved_where_there_is_one(page):
    assert page.get_by_text("This network has no dropout.").is_visible()
    begin(page, Network="signal")
    slide(page, "Dropout", 0.5)
    page.get_by_role("button", name="One batch").click()
    wait(page, "window.updates() === 1")
    assert page.locator(".range", has=page.get_by_label("Dropout")).locator("output").inner_text() == "50 %"


def test_what_is_not_finite_stops_it_and_says_why(page):
    begin(page, Network="lecture")
    slide(page, "Learning rate", 3)
    page.get_by_role("button", name="Start").click()
    page.wait_for_selector(".train [role=alert]")
    said = page.locator(".train [role=alert]").inner_text()
    assert said.startswith("Stopped: the loss is")
    assert "from the output of fc" in said
    assert page.get_by_role("button", name="Start").is_disabled()
    slide(page, "Learning rate", -2)
    page.get_by_role("button", name="Reset", exact=True).click()
    wait(page, "document.querySelector('.train [role=alert]') === null")
    train(page)


def test_filters_are_seen_epoch_by_epoch(page):
    page.get_by_role("button", name="Start").click()
    scrub = page.locator(".scrub input")
    wait(page, "document.querySelector('.scrub input').max > 0")  # the second comes after half a second
    page.get_by_role("button", name="Pause").click()
    wait(page, "document.querySelector('.train [role=status]')?.innerText === 'Paused.'")
    last = page.evaluate(FILTER)
    scrub.fill("0")
    assert page.locator(".scrub span").inner_text() == "As they begin"
    wait(page, f"last => {FILTER} !== last", last)


def test_a_run_goes_on_while_nobody_looks(page):
    page.get_by_role("button", name="Start").click()
    wait(page, "window.updates() > 3")
    page.get_by_role("tab", name="Regression").click()
    page.wait_for_selector(".plane")
    page.wait_for_timeout(500)
    page.get_by_role("tab", name="Train").click()
    wait(page, "window.updates() > 20")
    assert len(first_losses(page)) == 5


def test_what_was_trained_is_taken_over_into_the_other_tabs_and_given_back(page, server):
    train(page, 20)
    page.get_by_role("button", name="Explain this network").click()
    page.wait_for_selector(".answer .verdict")
    steps = int(ask(page, f"/api/model?network={network_in(page)}")["origin"]["steps"])
    name = f"mlp, trained here, {steps} steps"
    assert page.locator(".shown").inner_text().startswith(f"Shown is {name}.")
    assert page.locator(".about .model").inner_text() == name
    said = page.locator(".answer .bars").inner_text()
    page.reload()
    page.wait_for_selector(".answer .verdict")
    assert page.locator(".about .model").inner_text() == name
    assert page.locator(".answer .bars").inner_text() == said
    page.get_by_role("tab", name="Back propagation").click()
    page.wait_for_selector(".card h2")
    assert page.locator(".rail .layer").all_inner_texts() == ["", "fc1", "relu1", "fc2", "loss"]
    page.get_by_role("tab", name="Evaluate").click()
    page.wait_for_selector(".evaluate h2")
    right = page.locator(".evaluate h2").inner_text()
    page.get_by_role("button", name="Back to").click()
    wait(page, f"document.querySelector('.about .model')?.innerText === '{server.model.name}'")
    wait(page, "right => ![null, undefined, right].includes(document.querySelector('.evaluate h2')?.innerText)", right)
    assert network_in(page) is None
    page.go_back()
    wait(page, f"document.querySelector('.about .model')?.innerText === '{name}'")


def test_an_address_of_one_that_is_gone_says_so(chromium, server):
    page = chromium.new_page()
    page.goto(f"{server.address}#tab=back&network=12345678")
    page.wait_for_selector(".trouble")
    assert page.locator(".trouble").inner_text().startswith("the network '12345678', trained on the page, is gone")
    page.get_by_role("button", name="Back to the given network").click()
    page.wait_for_selector(".card h2")
    assert page.locator(".trouble").count() == 0
    page.close()


def network_in(page) -> str | None:
    found = re.search(r"network=(\w+)", page.url)
    return found and found[1]
