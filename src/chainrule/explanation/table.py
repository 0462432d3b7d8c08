"""Terms as text: a line for each of the largest, and what the others come to."""

import textwrap

from chainrule.explanation.terms import Terms

WIDTH, MOST = 80, 20
"""Characters of a line; terms that have one."""
NUMBER = 13
"""Characters of a number."""


def table(terms: Terms, end: str, width: int, most: int) -> list[str]:
    """Lines of at most `width` characters, unless one unit's name is longer; `end` stands beside the sum."""
    order, lines = terms.by_size(), []
    for k in order[:most].tolist():
        term = terms[k]
        lines += _row(term.product, str(term), width)
    rest = terms.products[order[most:]]
    if len(rest):
        zeros = int((rest == 0).sum())
        exactly = f", {zeros:,} of them exactly 0" if zeros else ""
        lines += _row(float(rest.sum()), f"the sum of {len(rest):,} smaller ones{exactly}", width)
    return [*lines, "-" * NUMBER, *_row(terms.total, end, width)]


def wrapped(text: str, width: int) -> list[str]:
    """Lines of whole words."""
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False, subsequent_indent="  ")


def _row(number: float, text: str, width: int) -> list[str]:
    first, *others = wrapped(text, width - NUMBER - 2)
    return [f"{number:>{NUMBER}.7g}  {first}", *(f"{'':>{NUMBER}}  {line}" for line in others)]
