"""What scikit-learn's estimators take for each parameter; anything else is refused by its name."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.base.arguments import as_real, in_a_row
from chainrule.base.errors import UsageError
from chainrule.base.numbers import is_whole
from chainrule.base.showing import short

Rule = tuple[Callable[[Any], bool], str]  # whether a value will do, and what is expected


def _whole(least: int, *others: Any) -> Rule:
    words = "".join(f"{other} or " for other in others)

    def does(value: Any) -> bool:
        return is_whole(value, least) or any(isinstance(value, type(other)) and value == other for other in others)

    return does, f"{words}a whole number of at least {least}"


def _real(least: float, most: float = math.inf, *, without: str = "") -> Rule:
    """A number from `least` to `most`, `without` the "least" or the "most"."""

    def does(value: Any) -> bool:
        value = as_real(value)
        if value is None:
            return False
        return bool(least <= value <= most) and not (without and value == (least if without == "least" else most))

    lower = f"above {least}" if without == "least" else f"of at least {least}"
    upper = "" if most == math.inf else f" and {'below' if without == 'most' else 'at most'} {most}"
    return does, f"a number {lower}{upper}"


def _one_of(*names: str) -> Rule:
    return lambda value: isinstance(value, str) and value in names, f"one of: {', '.join(names)}"


TRUTH: Rule = (lambda value: isinstance(value, bool | np.bool_), "True or False")

RULES: dict[str, Rule] = {
    "activation": _one_of("identity", "logistic", "tanh", "relu"),
    "solver": _one_of("lbfgs", "sgd", "adam"),
    "alpha": _real(0),
    "batch_size": _whole(1, "auto"),
    "learning_rate": _one_of("constant", "invscaling", "adaptive"),
    "learning_rate_init": _real(0, without="least"),
    "power_t": _real(0),
    "max_iter": _whole(1),
    "shuffle": TRUTH,
    "tol": _real(0),
    "verbose": _whole(0, True, False),
    "warm_start": TRUTH,
    "momentum": _real(0, 1),
    "nesterovs_momentum": TRUTH,
    "early_stopping": TRUTH,
    "validation_fraction": _real(0, 1, without="most"),
    "beta_1": _real(0, 1, without="most"),
    "beta_2": _real(0, 1, without="most"),
    "epsilon": _real(0, without="least"),
    "n_iter_no_change": _whole(1, math.inf),
    "max_fun": _whole(1),
    "loss": _one_of("squared_error", "poisson"),
}


def check_parameters(parameters: dict[str, Any]) -> None:
    """UsageError that names the first parameter that will not do."""
    for name, (does, expected) in RULES.items():
        if name in parameters and not does(parameters[name]):
            raise UsageError(f"{name} is {short(parameters[name])}; expected {expected}")


def hidden_units(sizes: Any) -> list[int]:
    """`hidden_layer_sizes`, a number or several, as a list."""
    found: list[Any] = list(sizes) if in_a_row(sizes) else [sizes]
    if not all(is_whole(n, 1) for n in found):
        raise UsageError(f"hidden_layer_sizes must be > 0, got {short(sizes)}; expected whole numbers of at least 1")
    return [int(n) for n in found]
