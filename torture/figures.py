"""The figures in docs/reliability.md: a row a campaign, replaced when the campaign has run again."""

import platform
from datetime import date
from pathlib import Path

from torture.campaign import Campaign, Tally

PAGE = Path(__file__).parent.parent / "docs" / "reliability.md"
BEGIN, END = "<!-- figures -->\n", "<!-- end of figures -->"
HEADER = "| promise | tried | broken | also | when, where |\n| --- | --- | --- | --- | --- |\n"


def record(campaign: Campaign, tally: Tally, page: Path = PAGE) -> None:
    """Put the campaign's row into the page, in the place of an older one."""
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    table, _, after = rest.partition(END)
    rows = [row for row in table.splitlines(keepends=True)[2:] if not row.startswith(f"| {campaign.promise} |")]
    rows.append(row_of(campaign, tally))
    page.write_text(before + BEGIN + HEADER + "".join(sorted(rows)) + END + after, encoding="utf-8")


def row_of(campaign: Campaign, tally: Tally) -> str:
    also = ", ".join(f"{name} {value}" for name, value in tally.notes.items())
    cells = campaign.promise, f"{tally.made:,}", f"{len(tally.failures):,}", also, f"{date.today()}, {machine()}"
    return "| " + " | ".join(cells) + " |\n"


def machine() -> str:
    """The processor's name and the system's, as /proc tells them where it is there."""
    cpus = Path("/proc/cpuinfo")
    lines = cpus.read_text().splitlines() if cpus.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{len(names)} x {names[0]}" if names else platform.processor() or platform.machine()
