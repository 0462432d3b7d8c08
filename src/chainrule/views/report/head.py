"""What stands below a report's title: which run it is about, of when, on which data; when and where it was written."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from chainrule.base.machine import described
from chainrule.base.version import __version__
from chainrule.views.markup import Markup, element, joined

MINUTE = "%Y-%m-%d %H:%M"


def head(name: str, data: str, epochs: Sequence[Mapping[str, Any]]) -> Markup:
    """Of a run by its name, where that is known, and its epochs."""
    now = datetime.now(UTC)
    facts = {
        "run": Markup(element("b", name)) if name else None,
        "trained": trained(epochs),
        "data": data,
        "report": joined([_time(now), Markup(" UTC, by chainrule "), Markup(__version__)]),
        "machine": described(),
    }
    told = [element("div", element("dt", key), element("dd", value)) for key, value in facts.items() if value]
    return element("dl", *told, class_="facts")


def trained(epochs: Sequence[Mapping[str, Any]]) -> Markup | None:
    """From when to when, as far as its epochs tell."""
    ends = [(_moment(line.get("ended")), line.get("seconds") or 0.0) for line in epochs]
    known = [(end, seconds) for end, seconds in ends if end is not None]
    if not known:
        return None
    (first, seconds), (last, _) = known[0], known[-1]
    begin = first - timedelta(seconds=seconds)
    if f"{begin:{MINUTE}}" == f"{last:{MINUTE}}":
        return joined([_time(last), Markup(" UTC")])
    return joined([_time(begin), Markup(" to "), _time(last, short=begin.date() == last.date()), Markup(" UTC")])


def _moment(text: object) -> datetime | None:
    """Of a line of a file that somebody may have written by hand."""
    try:
        return datetime.fromisoformat(str(text)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _time(moment: datetime, *, short: bool = False) -> Markup:
    """To the minute; `short`: of a day that was said."""
    return element("time", f"{moment:{'%H:%M' if short else MINUTE}}", datetime=f"{moment:%Y-%m-%dT%H:%MZ}")
