"""Recognise: what is drawn with the mouse, and what is said of it."""

import base64
import json
import subprocess
import sys

import numpy as np
import pytest
from browsing import RUN, draw, until
from PIL import Image
from studying import UPDATES, begin, wait


@pytest.fixture
def page(opened, server):
    page = opened(server.address)
    page.wait_for_selector(".answer .bars")
    return page


def test_a_stroke_is_read_as_predict_reads_its_picture(page, server, tmp_path):
    strokes, said, _ = draw(page)
    pixels = base64.b64decode(strokes.request.post_data_json["pixels"])
    Image.fromarray(np.frombuffer(pixels, np.uint8).reshape(128, 128)).save(tmp_path / "drawn.png")
    line = [sys.executable, "-c", RUN, "predict", str(server.model), str(tmp_path / "drawn.png"), "--json"]
    done = subprocess.run(line, env=server.environment, capture_output=True, encoding="utf-8", check=True)
    (answer,) = json.loads(done.stdout)["predictions"]
    assert answer["prediction"] == said["best"]
    assert answer["probability"] == pytest.approx(said["probabilities"][said["best"]], abs=1e-6)


def test_probabilities_sum_to_1_and_stand_on_the_page(page):
    _, said, _ = draw(page)
    assert sum(said["probabilities"]) == pytest.approx(1, abs=1e-6)
    assert page.locator(".verdict strong").inner_text() == str(said["best"])
    assert page.locator(".answer .bars li").count() == 10


def test_what_is_drawn_is_answered_while_training_runs(page, opened, server):
    training = opened(f"{server.address}#tab=train")
    training.evaluate(UPDATES)
    begin(training, Network="mnist")
    training.get_by_role("button", name="Start").click()
    try:
        wait(training, "window.updates() >= 20")
        page.bring_to_front()
        taken = [draw(page)[2] for _ in range(10)]  # milliseconds
        before = training.evaluate("window.updates()")
        wait(training, "least => window.updates() > least", before)
    finally:
        training.get_by_role("button", name="Pause").click()
    assert min(taken) < 2000  # 150, but the machine may be busy


def test_a_stroke_is_taken_back(page):
    draw(page)
    draw(page, [(60, 200), (120, 200)])
    undo, clear = page.get_by_role("button", name="Undo"), page.get_by_role("button", name="Clear")
    undo.click()
    undo.click()
    assert undo.is_disabled()
    assert clear.is_disabled()


def test_a_picture_is_opened(page, tmp_path):
    image = Image.new("L", (200, 200), 255)
    image.paste(0, (90, 30, 110, 170))
    image.save(tmp_path / "one.png")
    with page.expect_response("**/api/forward"):
        page.locator("input[type=file]").set_input_files(str(tmp_path / "one.png"))
    until(page, "location.hash.includes('image=data:')")
    until(page, "document.querySelector('.verdict strong').innerText === '1'")


def test_what_was_drawn_is_in_the_address(page, opened):
    _, said, _ = draw(page)
    again = opened(page.url)
    again.wait_for_selector(".answer .bars")
    assert again.locator(".verdict strong").inner_text() == str(said["best"])


def test_the_next_mistake_is_one(page):
    before = page.locator(".answer .under").inner_text()
    page.get_by_role("button", name="Next mistake").click()
    until(page, "was => document.querySelector('.answer .under').innerText !== was", arg=before)
    page.wait_for_load_state("networkidle")
    assert "as labelled" not in page.locator(".verdict").inner_text()


def test_the_cells_of_a_receptive_field_are_outlined(page):
    grid = page.get_by_role("grid", name="conv2[0]")
    before = page.get_by_role("grid", name="conv1[0]").locator("canvas").evaluate("canvas => canvas.toDataURL()")
    with page.expect_response("**/api/affects"):
        grid.focus()
    until(
        page,
        """was => document.querySelector("[role=grid][aria-label^='conv1[0]'] canvas").toDataURL() !== was""",
        arg=before,
    )
