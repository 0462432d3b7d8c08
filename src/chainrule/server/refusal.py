"""What is answered to a request that cannot be met: a status of HTTP, and one line."""

from chainrule.base.errors import ChainruleError


class Refusal(ChainruleError):
    """A request is wrong, by itself (400) or by what it asks for (another status)."""

    exit_code = 2

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


MET_WRONGLY = 422
"""The request is well formed, but what it holds cannot be used: any other error of ours."""
