"""Bad arguments: whatever a public function is given, it takes it for what it is, or says in a line what is wrong."""

import signal
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import numpy as np

from chainrule.base.errors import ChainruleError
from torture.calls import CALLS
from torture.campaign import Tally, campaign
from torture.estimator_calls import ESTIMATORS
from torture.kinds import Kind
from torture.told import told

SECONDS = 300
"""After which a call is taken to hang: the first that runs a kernel compiles it."""
LONGEST = 1000
"""Characters of a line that somebody still reads."""
WRITTEN = "out", "w", "gw", "state", "network"
"""Arguments that a call may change if it succeeds."""


class Hangs(Exception):
    """A call took too long."""


@contextmanager
def clocked() -> Iterator[None]:
    """Raises Hangs where the work takes too long."""

    def ring(*_: object) -> None:
        raise Hangs

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def outcome(function: Callable[..., Any], arguments: dict[str, Any], typed: tuple[type[Exception], ...]) -> str:
    """ "refused", or what came of a call: "gave ..." its result, or what was wrong with how it was refused."""
    try:
        with clocked(), warnings.catch_warnings(action="ignore"), np.errstate(all="ignore"):
            return f"gave {told(function(**arguments))}"
    except typed as error:
        line = str(error)
        return "refused" if typed[1:] or ("\n" not in line and len(line) < LONGEST) else f"said {line}"
    except Hangs:
        return "hung"
    except Exception as error:
        return f"raised {type(error).__name__}: {error}"


@cache
def right(name: str) -> str:
    """What comes of a call's right arguments."""
    return outcome(CALLS[name].made(), CALLS[name].right(), errors(name))


def errors(name: str) -> tuple[type[Exception], ...]:
    """By which a callable may refuse: scikit-learn's contract has others, too, and its messages have lines."""
    return (ChainruleError, ValueError, TypeError) if name in ESTIMATORS else (ChainruleError,)


def wrong_with(name: str, bad: dict[str, str]) -> str | None:
    """What is wrong with how a call takes these bad values, by parameter: it must refuse them and change nothing."""
    each = CALLS[name]
    function, arguments = each.made(), each.right()
    for parameter, label in bad.items():
        try:
            arguments[parameter] = each.arguments[parameter][0].refused()[label]()
        except ChainruleError:  # it is refused where it is made
            return None
    before = told({key: value for key, value in arguments.items() if key not in bad})
    found = outcome(function, arguments, errors(name))
    if found == "refused" and told({key: value for key, value in arguments.items() if key not in bad}) != before:
        found = "changed what it was given"
    return None if found == "refused" else f"{name}({bad}): {found[:LONGEST]}"


def unlike(name: str, parameter: str, form: str) -> str | None:
    """What is wrong with how a call takes a right value in another form: it must give the same, and leave it so."""
    each = CALLS[name]
    function, arguments = each.made(), each.right()
    arguments[parameter] = each.arguments[parameter][0].alike[form](arguments[parameter])
    before = told({key: value for key, value in arguments.items() if key not in WRITTEN})
    found = outcome(function, arguments, errors(name))
    if told({key: value for key, value in arguments.items() if key not in WRITTEN}) != before:
        found = "changed what it was given"
    if found == right(name):
        return None
    return f"{name}({parameter}, {form}): {found[:LONGEST]}; else {right(name)[:LONGEST]}"


def drawn(of: Any, random: np.random.Generator) -> Any:
    """One of some things."""
    row = list(of)
    return row[random.integers(len(row))]


@campaign(
    "A public function takes no bad argument, alone or in pairs, and one in another form as the same",
    tries=20_000,
    few=400,
)
def arguments(tally: Tally) -> None:
    names = sorted(CALLS)
    for k in tally:
        random = np.random.default_rng(k)
        name = names[k % len(names)]
        each = CALLS[name].arguments
        kinds: dict[str, Kind] = {parameter: kind for parameter, (kind, _) in each.items()}
        parameter = drawn(each, random)
        forms = kinds[parameter].alike if each[parameter][1] is not None else {}
        tally.check(right(name).startswith("gave"), f"{name}: {right(name)}")
        if forms and random.random() < 0.3:
            found = unlike(name, parameter, drawn(forms, random))
        else:
            several = {parameter, drawn(each, random)} if random.random() < 0.3 else {parameter}
            found = wrong_with(name, {one: drawn(kinds[one].refused(), random) for one in sorted(several)})
        tally.check(found is None, f"try {k}: {found}")
    tally.notes["public functions"] = len(names)
    tally.notes["cases"] = sum(
        len(kind.refused()) + len(kind.alike) for each in CALLS.values() for kind, _ in each.arguments.values()
    )
