"""The site of `make docs`, opened from disk: the lecture, the front page and a page of the API, for everybody."""

import json

import pytest
from axe import inject, scrolls, serious

from docs.site.chapters import chapters
from test_distributions import ROOT

SITE = ROOT / "build" / "docs" / "site"
LECTURE = [f"lecture/{name}" for name in ("README", *(path.stem for path in chapters()), "formulas", "21mnist")]
PAGES = ["index", "explain", *LECTURE, "api/layers"]
OPEN_ALL = "document.querySelectorAll('details').forEach(each => { each.open = true })"
LINKS = "[...document.querySelectorAll('.notebook a[download]')].map(each => each.getAttribute('href'))"


@pytest.fixture(scope="module", autouse=True)
def built():
    if not (SITE / "index.html").exists():
        pytest.skip("there is no site: make docs")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_serious_and_nothing_is_too_wide(opened, name, theme):
    for width in (390, 1280):
        page = opened(f"file://{SITE / name}.html", width=width, theme=theme, bypass_csp=True)
        page.evaluate(OPEN_ALL)
        inject(page)
        assert serious(page) == []
        assert not scrolls(page)


@pytest.mark.parametrize("path", chapters(), ids=lambda path: path.stem)
def test_a_chapter_leads_to_its_notebook(opened, path):
    page = opened(f"file://{SITE / 'lecture' / path.stem}.html")
    (link,) = page.evaluate(LINKS)
    linked = (SITE / "lecture" / link).resolve()
    assert linked == (SITE / "notebooks" / f"{path.stem}.ipynb").resolve()
    cells = json.loads(linked.read_text(encoding="utf-8"))["cells"]
    assert all(cell["execution_count"] for cell in cells if cell["cell_type"] == "code")
