"""A chapter of the lecture: Markdown as it stands on GitHub, whose Python runs.

    ```python            a cell; all cells of a chapter are one program
    ```text              directly below it: what it prints, to the letter
    ![...](figures/...)  directly below that: the figure that it draws

The same file is a page on GitHub, a page of the site, and, through `notebooks.py`, a notebook.
"""

import io
import re
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "lecture"
CELL = re.compile(
    r"^```python\n(?P<code>.*?)^```\n"
    r"(?:\n```text\n(?P<printed>.*?)^```\n)?"
    r"(?:\n!\[(?P<caption>[^\]]+)\]\((?P<figure>figures/[\w-]+\.svg)\)\n)?",
    re.MULTILINE | re.DOTALL,
)
COLOURS = "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9"  # told apart by colour-blind readers, too
STYLE: dict[str, Any] = {
    "svg.hashsalt": "chainrule",  # the same figure is the same file
    "svg.fonttype": "none",
    "figure.figsize": (7.0, 3.2),
    "figure.dpi": 100,
    "figure.constrained_layout.use": True,
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10,
    "image.cmap": "gray_r",
    "legend.frameon": False,
    "lines.linewidth": 1.8,
}


@dataclass(frozen=True)
class Cell:
    """Python of a chapter, what it prints, and where its figure is."""

    code: str
    printed: str = ""
    caption: str = ""
    figure: str = ""

    def __str__(self) -> str:
        printed = f"\n```text\n{self.printed}```\n" if self.printed else ""
        figure = f"\n![{self.caption}]({self.figure})\n" if self.figure else ""
        return f"```python\n{self.code}```\n{printed}{figure}"


def chapters() -> list[Path]:
    """The chapters' files, in the lecture's order."""
    return sorted(FOLDER.glob("[0-9]-*.md"))


def pieces(text: str) -> list[str | Cell]:
    """A chapter as its text and its cells, in order."""
    found: list[str | Cell] = []
    end = 0
    for match in CELL.finditer(text):
        found += [text[end : match.start()], Cell(**{name: given or "" for name, given in match.groupdict().items()})]
        end = match.end()
    return [*found, text[end:]]


def executed(parts: list[str | Cell], figures: Path) -> list[str | Cell]:
    """The same chapter with what its cells print now; their figures are written into that folder.

    ValueError for a cell that draws where no figure is named, and for one that draws none where one is.
    """
    import matplotlib.pyplot as plt
    from cycler import cycler

    program: dict[str, Any] = {"__name__": "__main__"}
    made: list[str | Cell] = []
    with plt.rc_context(STYLE | {"axes.prop_cycle": cycler(color=COLOURS)}):
        for part in parts:
            if isinstance(part, Cell):
                with redirect_stdout(io.StringIO()) as printed:
                    exec(compile(part.code, "<cell>", "exec"), program)
                drawn = [plt.figure(number) for number in plt.get_fignums()]
                if len(drawn) != bool(part.figure):
                    raise ValueError(f"{len(drawn)} figures are drawn, named is {part.figure!r}, by:\n{part.code}")
                for figure in drawn:
                    figure.savefig(figures / Path(part.figure).name, metadata={"Date": None})
                plt.close("all")
                part = replace(part, printed="\n".join(map(str.rstrip, printed.getvalue().splitlines())) + "\n")
                part = replace(part, printed=part.printed.lstrip("\n"))
            made.append(part)
    return made


def renew() -> None:
    """Let every chapter say what its cells print and draw now."""
    for path in chapters():
        parts = executed(pieces(path.read_text(encoding="utf-8")), FOLDER / "figures")
        path.write_text("".join(map(str, parts)), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    renew()
