"""What a model says of its inputs, for a terminal: pictures beside what the network sees, lines, tables."""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

import numpy as np
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from chainrule.base.errors import DataError
from chainrule.cli.console import grid
from chainrule.cli.pictures import BAR, SIDE, bars, framed
from chainrule.data.pixels import common_form, read_images
from chainrule.tasks.answer import Answer, percent
from chainrule.tasks.answers import Answers
from chainrule.tasks.picture_inputs import PREPARED, PictureReader

PICTURES, LINES, ROWS = 8, 40, 20
"""Up to how many pictures are shown as such; lines of pictures on a terminal; rows of a table."""
BESIDE = 6
"""Characters of a bar that are worth being beside the pictures; where there is less room they come below."""


def shown(answers: Answers, reader: Callable[[], PictureReader], console: Console) -> Iterator[RenderableType]:
    """All of it, one thing after the other; the reader is how the pictures were read."""
    doubts = shared_doubts(answers)
    given = [answer for answer in answers if answer.problem is None]
    for unit, group in groupby(given, lambda answer: answer.place.unit):
        some = list(group)
        if unit != "image":
            yield rows(answers, some, unit)
        elif len(some) <= PICTURES:
            for answer in some:
                yield flowing(line(answer, doubts), console)
                yield looked_at(answer, reader(), answers.names, console.width)
        else:
            most = LINES if console.is_terminal else len(some)
            yield from (flowing(line(answer, doubts), console) for answer in some[:most])
            if len(some) > most:
                yield f"... and {len(some) - most:,} more; --csv FILE or --json gives all"
    yield from (flowing(Text(f"all: {doubt}", "yellow"), console) for doubt in doubts)
    if len(answers) > 1:
        yield Text(answers.summary(), "bold")
    if PREPARED in answers.notes:
        yield Text(f"{PREPARED} (--as-is: only resized)", "dim")


def shared_doubts(answers: Answers) -> tuple[str, ...]:
    """What is doubtful about all of several inputs alike: said once."""
    found = set(answers.doubts.values())
    alike = len(found) == 1 and len(answers.doubts) == answers.answered.sum() > 1
    return next(iter(found)) if alike else ()


def line(answer: Answer, but: Sequence[str] = ()) -> Text:
    """As in "seven.png: a 7, 98.1 %; else 1, 1.2 %", with what is doubtful `but` for what is said elsewhere."""
    text = Text(f"{answer.place}: ")
    text.append(answer.words, "yellow" if answer.sure is False else "bold")
    for doubt in answer.doubts:
        if doubt not in but:
            text.append(f" - {doubt}", "yellow")
    return text


def flowing(text: Text, console: Console) -> RenderableType:
    """A line that breaks between words on a terminal, and nowhere in a file."""
    if not console.is_terminal or len(text) <= console.width:
        return text
    cell = Table.grid()
    cell.add_column(overflow="fold")
    cell.add_row(text)
    return cell


def looked_at(answer: Answer, reader: PictureReader, names: Sequence[str], width: int) -> RenderableType:
    """What was given, what the network sees, and the probabilities."""
    path = Path(answer.place.file or "")
    side = min(SIDE, (width - 6) // 4 * 2)
    given, seen = _views(path, reader)
    panels: list[RenderableType] = [framed(given, "given", side)] if given is not None else []
    parts: list[RenderableType] = []
    if len(seen) > 1:
        parts.append(framed(np.concatenate([*seen], axis=2), "seen", min(SIDE * len(seen), (width - 2) // 2 * 2)))
    else:
        panels += [framed(x, "seen", side) for x in seen]
    if answer.probabilities is not None:
        best = int(answer.probabilities.argmax())
        room = width - sum(2 + side + 2 for _ in panels) - max(map(len, names)) - 9
        length = min(BAR, room) if room >= BESIDE else BAR
        below = bars(answer.probabilities, names, {best: "green" if answer.sure else "yellow"}, length)
        below.rstrip()
        (panels if room >= BESIDE else parts).append(below)
    if answer.digits:
        parts.append(Text("; ".join(digit.words for digit in answer.digits)))
    beside = Table.grid(padding=(0, 2))
    beside.add_row(*panels)
    return Group(beside, *parts, "")


def _views(path: Path, reader: PictureReader) -> tuple[np.ndarray | None, np.ndarray]:
    """The picture as it is, small, and (m, c, i, j) what the network sees; if it still can be read."""
    seen = reader.read([path]).x
    try:
        form = common_form([path], None, None)
        scale = SIDE / max(form.size)
        height, width = (max(1, round(length * scale)) for length in form.size)
        size = form.size if scale >= 1 else (height, width)
        return read_images([path], form._replace(size=size), resize=True)[0], seen
    except DataError:
        return None, seen


def rows(answers: Answers, some: Sequence[Answer], unit: str) -> RenderableType:
    """The first answers about a table or an array, a line each."""
    first, words = some[:ROWS], 1
    several = len({answer.place.file for answer in some}) > 1
    where = [[Text(answer.place.file or "")] * several + [f"{answer.place.number}"] for answer in first]
    heads = ["file"] * several + [unit]
    if answers.classes is None:
        heads += answers.names
        said = [_values(answer) for answer in first]
    else:
        heads += ["prediction", "probability", "else", ""]
        said = [_class(answer) for answer in first]
    table = [[*place, *cells] for place, cells in zip(where, said, strict=True)]
    filled = [j for j in range(len(heads)) if any(str(cells[j]) for cells in table)]
    made = grid("", [heads[j] for j in filled], [[cells[j] for j in filled] for cells in table], words)
    made.title = None
    if len(some) <= ROWS:
        return made
    return Group(made, f"... and {len(some) - ROWS:,} more; --csv FILE or --json gives all")


def _values(answer: Answer) -> list[RenderableType]:
    values = answer.prediction if isinstance(answer.prediction, tuple) else (answer.prediction,)
    return [f"{value:.6g}" for value in values]


def _class(answer: Answer) -> list[RenderableType]:
    rival = answer.near_rival
    second = "" if rival is None else f"{rival.prediction}, {percent(rival.probability)}"
    flags = [*([] if answer.sure else ["unsure"]), *answer.doubts]
    style = "bold" if answer.sure else "yellow"
    return [
        Text(str(answer.prediction), style),
        percent(answer.probability or 0.0),
        Text(second, "dim"),
        Text("; ".join(flags), "yellow"),
    ]
