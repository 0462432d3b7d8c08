"""Where the command line writes: results on stdout, progress and notes on stderr, colours only where they belong.

rich leaves colours and animation out where the stream is no terminal or NO_COLOR is set.
"""

import json
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console, RenderableType
from rich.table import Table

Json = Annotated[bool, typer.Option("--json", help="Print the result as one JSON object on stdout.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress on stderr.")]
Seed = Annotated[int, typer.Option(help="Of everything random; the same seed gives the same result.")]
Plot = Annotated[Path | None, typer.Option(metavar="FILE", help="Also draw a plot into this .png, .svg or .pdf.")]

WIDE = 160  # characters of a line that goes to a file or a pipe


@dataclass(frozen=True)
class Output:
    """The two streams of one command, each with one console: a progress bar makes way only for what its own prints."""

    json: bool = False
    quiet: bool = False

    @cached_property
    def stdout(self) -> Console:
        """For results."""
        width = None if sys.stdout.isatty() else WIDE
        return Console(highlight=False, soft_wrap=True, width=width)

    @cached_property
    def stderr(self) -> Console:
        """For progress; silent if so asked. On a terminal, long lines break between words."""
        return Console(stderr=True, highlight=False, soft_wrap=not sys.stderr.isatty(), quiet=self.quiet)

    def note(self, text: str) -> None:
        """A line of progress."""
        self.stderr.print(text, markup=False)

    def result(self, values: dict[str, Any], *shown: RenderableType) -> None:
        """The result: `values` as JSON if so asked, else what is `shown` to a person."""
        if self.json:
            print(json.dumps(values))
            return
        for renderable in shown:
            self.stdout.print(renderable, markup=False)


def table(title: str, rows: dict[str, str]) -> Table:
    """A table of two columns, names and values."""
    grid = Table(title=title, title_justify="left", show_header=False, min_width=len(title))
    grid.add_column(style="bold")
    grid.add_column(overflow="fold")
    for name, value in rows.items():
        grid.add_row(name, value)
    return grid
