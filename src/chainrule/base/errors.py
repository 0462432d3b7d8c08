"""The errors, each a single line: what was given; expected what.

The command line prints that line and leaves with the error's `exit_code`:
1 error, 2 usage, 3 diverged, 4 bad data or model, 130 interrupted.
"""


class ChainruleError(Exception):
    """The base of every error that chainrule raises on purpose."""

    exit_code = 1


class UsageError(ChainruleError, ValueError):
    """An argument is out of its range or contradicts another one."""

    exit_code = 2


class NetworkError(ChainruleError, ValueError):
    """A network cannot be built: a layer does not fit its input, or its description is wrong."""

    exit_code = 2


class DivergedError(ChainruleError, ArithmeticError):
    """Training met a loss, a gradient or a weight that is not a finite number."""

    exit_code = 3


class DataError(ChainruleError, ValueError):
    """Data cannot be used: missing, truncated, corrupt, out of range, of different lengths, or not a number."""

    exit_code = 4


class ModelError(ChainruleError, ValueError):
    """A model file is missing, damaged, or not one of ours."""

    exit_code = 4
