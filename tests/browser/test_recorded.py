"""A recorded page: opened from disk, stepped through, without a server."""

import subprocess
import sys

import pytest
from browsing import RUN, heading, settle


@pytest.fixture(scope="module")
def recorded(digits, installed, tmp_path_factory):
    path = tmp_path_factory.mktemp("recorded") / "page.html"
    line = [sys.executable, "-c", RUN, "explain", str(digits), "--export", str(path), "--digit", "8"]
    subprocess.run(line, env=installed, check=True, capture_output=True)
    return path


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_stepped_through_from_disk(opened, recorded, theme):
    page = opened(f"file://{recorded}#tab=back", theme=theme)
    settle(page)
    seen = {heading(page)}
    while not page.get_by_role("button", name="Next step").is_disabled():
        page.keyboard.press("]")
        page.wait_for_timeout(50)
        settle(page)
        assert page.locator("[role=alert]").count() == 0, heading(page)
        seen.add(heading(page))
    assert {"The loss", "Back from the loss", "Back through conv1", "The update"} <= seen


def test_it_shows_the_tabs_that_need_no_server(opened, recorded):
    page = opened(f"file://{recorded}")
    page.wait_for_selector(".answer .bars")
    assert page.get_by_role("tab").all_inner_texts() == ["Recognise", "Back propagation"]
    assert page.get_by_role("grid").count() > 3


def test_what_was_not_recorded_is_said(opened, recorded):
    page = opened(f"file://{recorded}#tab=back&unit=fc1.w:0,1")
    page.wait_for_selector(".inspector [role=alert]")
    assert "recorded" in page.locator(".inspector [role=alert]").inner_text()
