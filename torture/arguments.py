"""Bad arguments."""

import hashlib
import signal
import warnings
from dataclasses import fields, is_dataclass

import numpy as np

import chainrule as cr
from chainrule.base.errors import ChainruleError
from torture.calls import CALLS, ESTIMATORS


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
    finally:
        signal.alarm(0)


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
