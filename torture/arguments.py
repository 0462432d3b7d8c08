<<<<<<< HEAD
"""Bad arguments."""

import hashlib
import signal
import warnings
from dataclasses import fields, is_dataclass

import numpy as np

import chainrule as cr
=======
"""Bad arguments: whatever a public function is given, it takes it for what it is, or says in a line what is wrong."""

import signal
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import numpy as np

>>>>>>> 0b814f7 (Torture: a table of the public functions, their arguments' kinds, and the campaign of bad arguments)
from chainrule.base.errors import ChainruleError
from torture.calls import CALLS
from torture.campaign import Tally, campaign
from torture.estimator_calls import ESTIMATORS
from torture.kinds import Kind
from torture.told import told

<<<<<<< HEAD

def printed(value, depth=0):
    """What can be told of a result, exactly."""
    if isinstance(value, np.ndarray):
        return f"{value.shape}" + (
            hashlib.sha1(np.ascontiguousarray(value.astype(float)).tobytes()).hexdigest()
            if value.dtype.kind in "biuf"
            else str(value.tolist())
        )
    if isinstance(value, cr.Network):
        return repr(value) + printed(value.w) + repr(value.schema)
    if is_dataclass(value) and not isinstance(value, type) and depth < 5:
        return type(value).__name__ + str(
            [(f.name, printed(getattr(value, f.name), depth + 1)) for f in fields(value) if f.name != "seconds"]
        )
    if isinstance(value, dict) and depth < 5:
        return str([(k, printed(v, depth + 1)) for k, v in value.items()])
    if isinstance(value, (list, tuple)) and depth < 5:
        return type(value).__name__ + str([printed(v, depth + 1) for v in value])
    text = repr(value)
    return text if " at 0x" not in text else type(value).__name__


class Hang(Exception): ...


def alarm(*_):
    raise Hang


def outcome(function, arguments, contract=False):
    """('error', line) of a typed one, ('untyped', ...), ('done', printed)."""
    signal.signal(signal.SIGALRM, alarm)
    signal.alarm(10)
    try:
        with warnings.catch_warnings(record=True):
            warnings.simplefilter("always")
            with np.errstate(all="ignore"):
                result = function(**arguments)
        return "done", printed(result)
    except ChainruleError as error:
        return ("error" if "\n" not in str(error) and len(str(error)) < 1000 else "lines"), str(error)
    except (TypeError, ValueError) as error:
        if contract:
            return "error", str(error)
        return "untyped", f"{type(error).__name__}: {error}"[:150]
    except Hang:
        return "hang", ""
    except Exception as error:
        return "untyped", f"{type(error).__name__}: {error}"[:150]
=======
ALL = CALLS | ESTIMATORS
SECONDS = 60
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
>>>>>>> 0b814f7 (Torture: a table of the public functions, their arguments' kinds, and the campaign of bad arguments)
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


<<<<<<< HEAD
def sweep(names=None):
    for name, each in CALLS.items():
        if names and not any(n in name for n in names):
            continue
        how, right = outcome(each.made(), each.right())
        if how != "done":
            print("NOT RIGHT", name, how, right)
            continue
        for parameter, (kind, _) in each.arguments.items():
            for label, made in kind.refused().items():
                given = each.right()
                function = each.made()
                try:
                    given[parameter] = made()
                except ChainruleError:
                    continue
                how, what = outcome(function, given, name in ESTIMATORS)
                if how != "error":
                    print(f"{name}({parameter}={label}): {how} {what[:120] if how != 'done' else ''}")
            for label, form in kind.alike.items():
                given = each.right()
                function = each.made()
                if given[parameter] is None:
                    continue
                given[parameter] = form(given[parameter])
                before = printed(given)
                how, what = outcome(function, given, name in ESTIMATORS)
                if how != "done" or what != right:
                    print(
                        f"{name}({parameter} ~ {label}): {how} {what[:150]}{' OTHER than ' + right[:150] if how == 'done' else ''}"
                    )


if __name__ == "__main__":
    import sys

    sweep(sys.argv[1:])
=======
def outcome(function: Callable[..., Any], arguments: dict[str, Any], typed: tuple[type[Exception], ...]) -> str:
    """ "refused", or what came of a call: "gave ..." its result, or what was wrong with how it was refused."""
    try:
        with clocked(), warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
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
    return outcome(ALL[name].made(), ALL[name].right(), errors(name))


def errors(name: str) -> tuple[type[Exception], ...]:
    """By which a callable may refuse: scikit-learn's contract has others, too, and its messages have lines."""
    return (ChainruleError, ValueError, TypeError) if name in ESTIMATORS else (ChainruleError,)


def wrong_with(name: str, bad: dict[str, str]) -> str | None:
    """What is wrong with how a call takes these bad values, by parameter: it must refuse them and change nothing."""
    each = ALL[name]
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
    """What is wrong with how a call takes a right value in another form: it must give the same, and leave it as it is."""
    each = ALL[name]
    function, arguments = each.made(), each.right()
    arguments[parameter] = each.arguments[parameter][0].alike[form](arguments[parameter])
    before = told({key: value for key, value in arguments.items() if key not in WRITTEN})
    found = outcome(function, arguments, errors(name))
    if told({key: value for key, value in arguments.items() if key not in WRITTEN}) != before:
        found = "changed what it was given"
    return None if found == right(name) else f"{name}({parameter}, {form}): {found[:LONGEST]}; else {right(name)[:LONGEST]}"


def drawn(of: Any, random: np.random.Generator) -> Any:
    """One of some things."""
    row = list(of)
    return row[random.integers(len(row))]


@campaign("a public function takes no bad argument, alone or in pairs, and one in another form as the same", tries=20_000, few=400)
def arguments(tally: Tally) -> None:
    names = sorted(ALL)
    for k in tally:
        random = np.random.default_rng(k)
        name = names[k % len(names)]
        each = ALL[name].arguments
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
    tally.notes["cases"] = sum(len(kind.refused()) + len(kind.alike) for each in ALL.values() for kind, _ in each.arguments.values())
>>>>>>> 0b814f7 (Torture: a table of the public functions, their arguments' kinds, and the campaign of bad arguments)
