"""Back propagation: the steps, the numbers, and the walk from one to the next."""

import random
from time import perf_counter

import pytest
from browsing import ask, heading, settle, until


@pytest.fixture
def page(opened, server):
    page = opened(f"{server.address}#tab=back")
    settle(page)
    return page


def steps(page):
    """Every step's heading, by the key ]."""
    seen = [heading(page)]
    while not page.get_by_role("button", name="Next step").is_disabled():
        page.keyboard.press("]")
        until(page, "was => document.querySelector('.card h2').innerText !== was", arg=seen[-1])
        seen.append(heading(page))
    return seen


def test_back_is_exactly_the_reverse_of_forward(page):
    seen = steps(page)
    forward = [name.removeprefix("Forward through ") for name in seen if name.startswith("Forward")]
    backward = [name.removeprefix("Back through ") for name in seen if name.startswith("Back through")]
    assert forward[::-1] == backward == [layer["name"] for layer in ask(page, "/api/model")["layers"]][::-1]
    assert seen[len(forward) :][:2] == ["The loss", "Back from the loss"]
    assert seen[-1] == "The update"
    page.keyboard.press("[")
    until(page, "document.querySelector('.card h2').innerText.startsWith('Back through')")


def test_the_gradient_at_the_scores_sums_to_0(opened, server):
    with_response = opened(server.address)
    digit = ask(with_response, "/api/digit?split=test&number=8")
    model = ask(with_response, "/api/model")
    trace = ask(with_response, "/api/trace", image=digit["image"], t=digit["t"])
    last = model["layers"][-1]["name"]
    page = opened(f"{server.address}#tab=back&step=backward:loss")
    settle(page)
    assert trace["gradients"][last]["shape"] == [10]
    assert abs(signs(page.locator(".scores tfoot td").last.inner_text())) < 1e-5


def signs(text):
    """A number as it stands on the page."""
    return float(text.replace("−", "-").replace(" · 10", "e").translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")))


def any_unit(prefix, name, shape, chance):
    return f"{prefix}{name}:{','.join(str(chance.randrange(n)) for n in shape)}"


@pytest.mark.parametrize("training", ["0", "1"])
def test_the_rows_of_any_unit_sum_to_the_value(opened, server_of_kinds, training):
    page = opened(server_of_kinds.address)
    chance, model = random.Random(7), ask(page, "/api/model")
    digit = ask(page, "/api/digit?split=test&number=8")
    shapes = [("x", model["shape"]), *((each["name"], each["shape"]) for each in model["layers"])]
    shapes += [(each["name"], each["shape"]) for layer in model["layers"] for each in layer["parameters"]]
    for name, shape in shapes:
        for prefix in ("", "dL/"):
            unit = any_unit(prefix, name, shape, chance)
            page.evaluate("hash => { location.hash = hash }", f"#tab=back&unit={unit}&training={training}")
            page.wait_for_timeout(50)
            settle(page)
            pass_ = {"image": digit["image"], "t": digit["t"], "training": training == "1", "seed": 0}
            found = ask(page, "/api/unit", **pass_, unit=unit, count=1000)
            rows = found["terms"]
            while len(rows) < found["count"]:
                rows += ask(page, "/api/unit", **pass_, unit=unit, **{"from": len(rows)}, count=1000)["terms"]
            scale = max([1e-3, *(abs(row["product"]) for row in rows)])
            assert sum(row["product"] for row in rows) == pytest.approx(found["value"], abs=1e-5 * scale), unit
            assert page.locator(".terms tbody tr").count() == min(found["count"], 200), unit
            assert signs(page.locator(".sums dd").first.inner_text()) == pytest.approx(found["total"], rel=1e-6), unit


def test_a_block_shows_both_ways_and_their_sum(opened, server_of_kinds):
    page = opened(f"{server_of_kinds.address}#tab=back&step=forward:block2.sum")
    settle(page)
    roles = page.locator(".flow .role")
    assert roles.all_inner_texts() == ["a, from block2.conv1", "+ b, from block2.shortcut", "= y"]
    page.evaluate("location.hash = '#tab=back&step=backward:block2.conv1'")
    until(page, "document.querySelector('.card h2').innerText === 'Back through block2.conv1'")
    settle(page)
    assert roles.all_inner_texts()[:3] == [
        "goes out: ∂L/∂x", "= through block2.conv1", "+ through block2.shortcut",
    ]  # fmt: skip
    page.evaluate("location.hash = '#tab=back&step=backward:block2.shortcut'")
    until(page, "document.querySelector('.card h2').innerText === 'Back through block2.shortcut'")
    assert roles.all_inner_texts()[:1] == ["goes out: through block2.shortcut"]


def test_one_walks_the_chain_rule_by_clicking(page):
    page.evaluate("location.hash = '#tab=back&step=backward:conv1'")
    until(page, "document.querySelector('.inspector h2').innerText.startsWith('∂L/∂x')")
    settle(page)
    for layer in ("conv1", "relu1", "conv2", "relu2", "maxpooling1", "dropout1", "fc1"):
        page.locator(".terms .cell").first.click()
        until(page, "name => document.querySelector('.inspector h2').innerText.startsWith(`∂L/∂${name}[`)", arg=layer)
        settle(page)
        assert f"unit=dL/{layer}:" in page.url
    page.go_back()
    until(page, "document.querySelector('.inspector h2').innerText.startsWith('∂L/∂dropout1[')")


def test_a_small_update_lowers_the_loss(page):
    page.evaluate("location.hash = '#tab=back&step=update'")
    page.wait_for_selector(".change .good")
    before, after = (float(text) for text in page.locator(".change strong").all_inner_texts())
    assert after < before


def test_it_is_checked_numerically(page):
    page.evaluate("location.hash = '#tab=back&step=backward:fc2'")
    settle(page)
    with page.expect_response("**/api/check") as answered:
        page.get_by_role("button", name="Check numerically").click()
    found = answered.value.json()
    assert found["numeric"] == pytest.approx(found["analytic"], rel=1e-3, abs=1e-6)
    page.wait_for_selector(".check .numbers")


def test_another_true_class_is_another_gradient(page):
    page.evaluate("location.hash = '#tab=back&step=backward:loss'")
    settle(page)
    before = page.locator(".context .loss strong").inner_text()
    page.locator(".truth .bars button").nth(3).click()
    until(page, "was => document.querySelector('.context .loss strong').innerText !== was", arg=before)
    assert page.locator(".scores tbody tr").nth(3).locator("td").nth(3).inner_text() == "− 1"
    assert "t=3" in page.url


def test_the_first_gradient_is_there_soon(opened, server):
    def taken() -> float:
        page = opened(server.address)
        page.wait_for_selector(".answer .bars")
        begin = perf_counter()
        page.get_by_role("tab", name="Back propagation").click()
        page.keyboard.press("]")
        page.wait_for_selector(".inspector .own")
        return perf_counter() - begin

    assert min(taken() for _ in range(3)) < 5  # half a second, but the machine may be busy


def test_arrows_move_in_a_grid_and_enter_inspects(page):
    page.evaluate("location.hash = '#tab=back&step=backward:conv2'")
    settle(page)
    grid = page.get_by_role("grid", name="∂L/∂conv2[")
    grid.focus()
    page.keyboard.press("Control+Home")
    for key in ("ArrowDown", "ArrowDown", "ArrowRight"):
        page.keyboard.press(key)
    cell = page.locator(f"[id='{grid.get_attribute('aria-activedescendant')}']")
    channel = cell.inner_text().split("[")[1].split(",")[0]
    assert cell.inner_text().startswith(f"∂L/∂conv2[{channel},2,1]: ")
    page.keyboard.press("Enter")
    until(page, "document.querySelector('.inspector h2').innerText.endsWith(',2,1]')")
    assert f"unit=dL/conv2:{channel},2,1" in page.url
