"""The lecture's chapters: their code runs and prints what they say, on GitHub their formulas are shown."""

import re
from difflib import unified_diff
from pathlib import Path

import matplotlib as mpl
import pytest

from docs.site.chapters import FOLDER, Cell, chapters, executed, pieces

CHAPTERS = chapters()
each_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
SOURCE = FOLDER.parents[1] / "src" / "chainrule"


def test_there_are_the_lectures_eight():
    assert [path.name[0] for path in CHAPTERS] == list("12345678")
    contents = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert all(path.name in contents for path in CHAPTERS)


@pytest.mark.heavy
@each_chapter
def test_its_code_prints_what_it_says(path, tmp_path):
    mpl.use("Agg")
    text = path.read_text(encoding="utf-8")
    now = "".join(map(str, executed(pieces(text), tmp_path)))
    difference = "\n".join(unified_diff(text.splitlines(), now.splitlines(), path.name, "printed now", lineterm=""))
    assert not difference, f"`python -m docs.site.chapters` renews it:\n{difference}"


@each_chapter
def test_its_figures_are_there_and_described(path):
    named = [part for part in pieces(path.read_text(encoding="utf-8")) if isinstance(part, Cell) and part.figure]
    assert named
    for cell in named:
        assert (FOLDER / cell.figure).exists(), cell.figure
        assert len(cell.caption) > 20, cell.figure


def test_no_figure_is_left_over():
    text = "".join(path.read_text(encoding="utf-8") for path in CHAPTERS)
    assert all(f"figures/{path.name}" in text for path in (FOLDER / "figures").iterdir())


@each_chapter
def test_it_ends_with_three_exercises_and_their_solutions(path):
    exercises = path.read_text(encoding="utf-8").partition("## Exercises")[2]
    kinds = re.findall(r"^\*\*([123])\. (By hand|To write|A layer to write|An experiment)\b", exercises, re.MULTILINE)
    assert [number for number, _ in kinds] == ["1", "2", "3"]
    assert exercises.count("<summary>Solution</summary>") == 3


@each_chapter
def test_its_formulas_survive_githubs_markdown(path):
    text = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for formula in re.findall(r"(?<![\w`])\$([^$`]+)\$", re.sub(r"`[^`\n]*`", "", text)):
        eaten = re.search(r"\\[^a-zA-Z\s]|[})\]]_|\*|<\w", formula)  # what Markdown takes before TeX sees it
        assert not eaten, f"${formula}$: write it as a block"
    assert "\\operatorname" not in path.read_text(encoding="utf-8")  # GitHub allows it nowhere


def test_what_stands_beside_the_cpp_program_exists():
    file: Path | None = None
    for line in (FOLDER / "21mnist.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) != 6 or not cells[2].strip("- ") or cells[1] == "C++ file":
            continue
        if cells[1] or cells[3]:
            file = SOURCE / cells[3].strip("`") if cells[3] else None
        if file:
            text = file.read_text(encoding="utf-8")
            for name in re.findall(r"`([\w.]+)`", cells[4]):
                assert re.search(rf"(def|class) {name.split('.')[-1]}\b", text), f"{file.name}: {name}"
