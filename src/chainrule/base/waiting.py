"""What a run is doing before its first step, for a progress bar to say: perhaps it compiles kernels."""

STARTING, COMPILING = "starting", "compiling kernels"


class Waiting:
    """Whoever takes long sets `reason`; whoever shows it sets it back."""

    reason = STARTING


WAITING = Waiting()
