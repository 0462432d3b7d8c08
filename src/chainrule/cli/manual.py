"""docs/cli.md, made of the commands' settings: `python -m chainrule.cli.manual > docs/cli.md`."""

from itertools import groupby

from chainrule.cli.app import COMMANDS
from chainrule.cli.commands import paragraphs
from chainrule.cli.settings import MISSING, Argument, Leaf, leaves

HEAD = """# The command line

`chainrule COMMAND --help` says the same. This page is made by `python -m chainrule.cli.manual`.
"""


def page() -> str:
    """All commands, each with its arguments and options."""
    parts = [HEAD]
    for command in COMMANDS:
        parts += [f"## chainrule {command.__name__.lower()}", *paragraphs(command)]
        for title, group in groupby(leaves(command), key=lambda leaf: leaf.panel.title):
            rows = [f"| {title or 'option'} | default | |", "| --- | --- | --- |", *map(row, group)]
            parts.append("\n".join(rows))
    return "\n\n".join(part.strip() for part in parts) + "\n"


def row(leaf: Leaf) -> str:
    """A line of a table."""
    told, default = leaf.option, "" if leaf.default in (None, False, MISSING) else f"`{leaf.default}`"
    if isinstance(told, Argument):
        called = [told.metavar or leaf.name.upper()]
    else:
        called = [f"{flag} {told.metavar or ''}".strip() for flag in leaf.flags]
    return f"| {', '.join(f'`{each}`' for each in called)} | {default} | {told.help} |"


if __name__ == "__main__":
    print(page(), end="")
