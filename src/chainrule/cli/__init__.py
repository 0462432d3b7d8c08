"""The command line. `run` executes one command and returns its exit code; `main` leaves the process with it.

Exit codes: 0 ok, 1 error, 2 usage, 3 diverged, 4 bad data or model, 130 interrupted (143: by SIGTERM).
"""

from chainrule.cli.app import main as main
from chainrule.cli.app import run as run
