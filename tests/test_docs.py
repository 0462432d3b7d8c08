"""The documentation tells the truth: its Python runs, and the files and names it mentions exist."""

import doctest
import re
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from chainrule.engine.lowering import STAGES
from chainrule.explanation.rules.elementwise import FUNCTIONS
from chainrule.explanation.rules.rule import RULES
from chainrule.layers import LAYERS

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").rglob("*.md"))]
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())


@pytest.fixture
def registries() -> Iterator[None]:
    """What a page registers is known only to it."""
    stages = list(STAGES)
    with patch.dict(LAYERS), patch.dict(RULES), patch.dict(FUNCTIONS):
        yield
    STAGES[:] = stages


@pytest.mark.heavy
@pytest.mark.usefixtures("registries")
@each_page
def test_the_examples_run_and_print_what_they_say(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    example = doctest.DocTestParser().get_doctest(page.read_text(encoding="utf-8"), {}, page.name, str(page), 0)
    shown: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    failed = runner.run(example, out=shown.append).failed
    assert not failed, "".join(shown)


@each_page
def test_every_file_it_names_exists(page):
    text = page.read_text(encoding="utf-8")
    for name in re.findall(r"`((?:tests|docs|src)/[\w/.-]+)`", text):
        assert (ROOT / name).exists(), name
    for link, heading in re.findall(r"\]\(([^)#\s]*)(?:#([^)\s]*))?\)", text):
        if not link.startswith("http"):
            linked = page.parent / link if link else page
            assert linked.exists(), link
            assert not heading or heading in headings(linked), f"{link}#{heading}"


def headings(page: Path) -> set[str]:
    """What links call a page's headings."""
    found = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in found}


def test_every_function_of_the_lectures_table_exists():
    for line in (ROOT / "docs" / "lecture" / "formulas.md").read_text(encoding="utf-8").splitlines():
        for file, names in re.findall(r"`([\w/]+\.py): ([\w., ]+)`", line):
            source = (ROOT / "src" / "chainrule" / file).read_text(encoding="utf-8")
            for name in names.split(", "):
                last = name.split(".")[-1]
                assert re.search(rf"^\s*(def |class )?{last}\b", source, re.MULTILINE), f"{file}: {name}"


@each_page
def test_source_code_that_a_page_shows_is_what_stands_there(page):
    source = (ROOT / "src" / "chainrule" / "layers" / "sequential.py").read_text(encoding="utf-8")
    for shown in re.findall(r"```\n(    def .*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        assert shown in source
