"""How a process, or what it does on several ranks, ends."""

from __future__ import annotations

import traceback
from typing import NamedTuple

from chainrule.base.errors import ChainruleError

START = "chainrule: "


class Ending(NamedTuple):
    """An exit code, and what is to be said on stderr: lines, or nothing."""

    code: int = 0
    message: str = ""

    @classmethod
    def by(cls, error: BaseException) -> Ending:
        """What an exception says that nobody has caught: a line, if it is one that is raised on purpose."""
        if isinstance(error, ChainruleError):
            return cls(error.exit_code, f"{START}{error}")
        if type(error).__module__.startswith("mpi4py"):
            return cls(1, f"{START}the ranks cannot exchange any more: {error}")
        return cls(1, "".join(traceback.format_exception(error)).rstrip())


def of_rank(message: str, rank: int, node: str) -> str:
    """What a rank has to say, with which one it is."""
    return f"{START}rank {rank}, on {node}: {message.removeprefix(START)}"
