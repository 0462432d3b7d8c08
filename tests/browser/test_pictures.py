"""The pictures of the page in docs/images. CHAINRULE_PICTURES=1 renews those that are there."""

import os

import pytest
from browsing import draw, show

from test_distributions import ROOT

PICTURES = {
    "recognise": "tab=recognise",
    "back-propagation": "tab=back&step=backward:conv2",
    "train": "tab=train",
    "regression": "tab=regression",
    "evaluate": "tab=evaluate",
}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_of_every_tab(opened, server, tmp_path, name, theme):
    page = opened(f"{server.address}#{PICTURES[name]}", width=1280, height=860, theme=theme)
    page.wait_for_selector("[role=tab]")
    show(page, PICTURES[name])
    if name == "recognise":
        draw(page)
        page.mouse.move(0, 0)
        page.wait_for_load_state("networkidle")
    folder = ROOT / "docs" / "images" if os.environ.get("CHAINRULE_PICTURES") else tmp_path
    path = folder / f"explain-{name}-{theme}.png"
    page.screenshot(path=str(path))
    assert path.stat().st_size > 10_000
