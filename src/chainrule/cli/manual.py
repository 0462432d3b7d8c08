"""docs/cli.md, made of the commands' settings: `python -m chainrule.cli.manual > docs/cli.md`."""

from dataclasses import MISSING
from itertools import groupby

from chainrule.cli.app import COMMANDS
from chainrule.cli.commands import name_of, paragraphs
from chainrule.cli.settings import Argument, Leaf, leaves

HEAD = """# The command line

`chainrule COMMAND --help` says the same, of `train` only what people use most, `--help-all` all of it.
`python -m chainrule.cli.manual` writes this page.
"""


def page() -> str:
    """All commands, each with its arguments and options."""
    parts = [HEAD]
    for command in COMMANDS:
        parts += [f"## chainrule {name_of(command)}", *paragraphs(command)]
        for title, group in groupby(leaves(command), key=lambda leaf: leaf.panel):
            parts.append("\n".join([f"| {title or 'option'} | what it is for |", "| --- | --- |", *map(row, group)]))
    return "\n\n".join(part.strip() for part in parts) + "\n"


def row(leaf: Leaf) -> str:
    """A line of a table."""
    told, kind = leaf.option, leaf.kind
    value = told.metavar or ("" if kind is bool else f"<{kind.__name__.lower()}>")
    default = "" if any(leaf.default is none for none in (None, False, MISSING)) else f" (default: {leaf.default})"
    if isinstance(told, Argument):
        called = [leaf.metavar]
    else:
        called = [f"{flag} {value}".strip() for flag in (*leaf.flags, told.contrary) if flag]
    return f"| {', '.join(f'`{each}`' for each in called)} | {told.help.removesuffix('.')}{default}. |"


if __name__ == "__main__":
    print(page(), end="")
