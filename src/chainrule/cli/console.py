"""Where the command line writes: results on stdout, progress and notes on stderr, colours only where they belong.

rich leaves colours and animation out where the stream is no terminal or NO_COLOR is set. Names come from files: what of
them a terminal would obey is shown escaped, in whatever is printed here, and by `streams` in all else.
"""

import json
import logging
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from chainrule.base.printable import printable
from chainrule.cli.settings import Option
from chainrule.tasks.examination import plain

Seed = Annotated[int, Option("Of everything random; the same seed gives the same result.", most=2**64 - 1)]
WIDE = 160  # characters of a line that goes to a file or a pipe


class Printer(Console):
    """A console on a stream of this process."""

    def __init__(self, stream: Any, **how: Any) -> None:
        super().__init__(file=getattr(stream, "rich_proxied_file", stream), highlight=False, **how)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        for each in super().render(escaped(renderable), options):
            yield each if each.control else each._replace(text=printable(each.text))


def escaped(shown: Any) -> Any:
    """Text with what a terminal would obey escaped; anything else as it is."""
    if isinstance(shown, str):
        return printable(shown)
    if not isinstance(shown, Text) or printable(shown.plain) == shown.plain:
        return shown
    return Text(printable(shown.plain), shown.style)


@dataclass(frozen=True)
class Output:
    """The two streams of one command, each with one console: a progress bar makes way only for what its own prints."""

    json: Annotated[bool, Option("Print the result as one JSON object on stdout.", resumes=True)] = False
    quiet: Annotated[bool, Option("No progress on stderr.", flags=("--quiet", "-q"), resumes=True)] = False

    def __post_init__(self) -> None:
        logging.getLogger("chainrule").setLevel(logging.ERROR if self.quiet else logging.NOTSET)

    @cached_property
    def stdout(self) -> Console:
        """For results. On a terminal, long lines break between words."""
        terminal = sys.stdout.isatty()
        return Printer(sys.stdout, soft_wrap=not terminal, width=None if terminal else WIDE)

    @cached_property
    def stderr(self) -> Console:
        """For progress; silent if so asked. On a terminal, long lines break between words."""
        return Printer(sys.stderr, soft_wrap=not sys.stderr.isatty(), quiet=self.quiet)

    def note(self, text: str) -> None:
        """A line of progress."""
        self.stderr.print(text, markup=False)

    def result(self, values: dict[str, Any], *shown: RenderableType) -> None:
        """The result: `values` as JSON if so asked (NaN is null), else what is `shown` to a person."""
        if self.json:
            print(json.dumps(plain(values), allow_nan=False))
            return
        for renderable in shown:
            self.stdout.print(renderable, markup=False)


def table(title: str, rows: dict[str, str] | list[tuple[str, str]]) -> Table:
    """A table of two columns, names and values."""
    grid = Table(title=printable(title), title_justify="left", show_header=False, min_width=len(title))
    grid.add_column(style="bold")
    grid.add_column(overflow="fold")
    for row in rows.items() if isinstance(rows, dict) else rows:
        grid.add_row(*map(Text, map(printable, row)))
    return grid


def grid(title: str, heads: Sequence[str], rows: Iterable[Sequence[RenderableType]], words: int = 1) -> Table:
    """A table with a line of heads: the first columns are `words`, the others numbers."""
    made = Table(title=printable(title), title_justify="left")
    for k, head in enumerate(heads):
        made.add_column(Text(printable(head)), justify="left" if k < words else "right", overflow="fold")
    for row in rows:
        made.add_row(*map(escaped, row))
    return made
