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


MINUTES = 4
"""In which a run has come to its second epoch."""


def prepare(page, name):
    """Something to be seen."""
    if name == "recognise":
        draw(page)
        page.mouse.move(0, 0)
        page.wait_for_load_state("networkidle")
    elif name == "train":
        page.get_by_role("button", name="Start").click()
        for _ in range(MINUTES * 60):  # kernels may have to be compiled first
            if "Epoch\n2" in page.locator("main").inner_text():
                break
            page.wait_for_timeout(1000)
        page.get_by_role("button", name="Pause").click()
    elif name == "regression":
        page.get_by_role("button", name="Play").click()
        page.wait_for_timeout(8_000)
    page.wait_for_timeout(500)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_of_every_tab(opened, server, tmp_path, name, theme):
    page = opened(f"{server.address}#{PICTURES[name]}", width=1280, height=860, theme=theme)
    page.wait_for_selector("[role=tab]")
    show(page, PICTURES[name])
    prepare(page, name)
    folder = ROOT / "docs" / "images" if os.environ.get("CHAINRULE_PICTURES") else tmp_path
    path = folder / f"explain-{name}-{theme}.png"
    page.screenshot(path=str(path))
    assert path.stat().st_size > 10_000
