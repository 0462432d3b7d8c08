"""Every kernel, of random sizes, at random addresses, by several threads, in both types, beside its definition."""

import importlib
import pkgutil

import torture.kernels
from torture.campaign import Tally, campaign
from torture.kernels.rig import CASES, Rig

for _module in pkgutil.iter_modules(torture.kernels.__path__):
    importlib.import_module(f"torture.kernels.{_module.name}")

NEXT = 13  # cases from one try to the next, so that a few are of several files


@campaign(
    "Every kernel is its definition within rounding, in float32 and float64, for extents up to 67, any address and "
    "1 to 8 threads, and touches nothing beside",
    tries=30_000,
    few=2,
)
def every_kernel(tally: Tally) -> None:
    cases = list(CASES.items())
    ran: set[str] = set()
    for k in tally:
        names, attempt = cases[k * NEXT % len(cases)]
        rig = Rig(k)
        attempt(rig)
        ran |= rig.ran
        tally.check(rig.ran >= set(names), f"try {k}: {names} ran {rig.ran}")
        for fault in rig.end():
            tally.check(False, f"try {k}, {', '.join(names)}, {rig.threads} threads, {rig.number.__name__}: {fault}")
    tally.notes["kernels"] = len(ran)
