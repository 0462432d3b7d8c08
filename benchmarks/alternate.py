"""A, B, A, B: chainrule and its rivals in turns, so that whatever slows the machine for a while slows them all."""

from contextlib import ExitStack

from benchmarks.machine import busy
from benchmarks.qualify import Entry, Options, qualify, start, warm_up
from benchmarks.results import Result, Runs
from benchmarks.worker import CannotRun, Worker
from benchmarks.works import Work


def measure(work: Work, options: Options) -> Result:
    """The work by everyone: qualification first, then rounds, every other round in the opposite order.

    Raises CannotRun where chainrule itself cannot.
    """
    print(work.title, flush=True)
    tried: list[tuple[str, str]] = []
    with ExitStack() as running:
        own = running.enter_context(start(work, "chainrule", "", options))
        ours = own.check()
        entries = [entry for library in work.rivals for entry in qualify(work, library, ours, options, tried)]
        contestants: list[tuple[Runs, Worker, int]] = [_begin(work, own, None, options)]
        for entry in entries:
            try:
                worker = running.enter_context(start(work, entry.library, entry.configuration, options))
                contestants.append(_begin(work, worker, entry, options))
            except CannotRun as error:
                tried.append((f"{entry.library}, {entry.configuration}, again", f"not timed: {error}"))
        others_use: list[float] = []
        for k in range(options.rounds):
            others_use += filter(None, [busy()])
            for runs, worker, items in contestants[:: 1 - 2 * (k % 2)]:
                try:
                    done, seconds = worker.run(items)
                except CannotRun as error:
                    if worker is own:
                        raise
                    tried.append((f"{runs.name}, in round {k + 1}", f"failed, so it is left out: {error}"))
                    contestants = [one for one in contestants if one[1] is not worker]
                    continue
                runs.values.append(_value(work, done, seconds))
                print(f"  round {k + 1}: {runs.name}: {runs.values[-1]:,.4g} {_unit(work)}", flush=True)
    better = "lower" if work.name == "latency" else "higher"
    mine, *others = [runs for runs, _, _ in contestants]
    return Result(work.title, _unit(work), better, mine, others, tried, others_use)


def _begin(work: Work, worker: Worker, entry: Entry | None, options: Options) -> tuple[Runs, Worker, int]:
    """A contestant, warmed up, and how many samples each of its runs is to have."""
    if entry is not None:
        worker.check()  # compiles what a check compiles, as it did when it qualified
    rate = warm_up(worker, work, options.seconds / 4)
    items = max(work.batch, int(rate * options.seconds))
    if work.kind == "training":
        epoch = options.samples or work.epoch
        if options.whole or entry is None or entry.library == "chainrule" or items > epoch:
            items = epoch
        scope = f"the first {min(items, epoch) / epoch:.0%} of an epoch of {epoch:,} samples"
        if items == epoch:
            scope = f"an epoch of {epoch:,} samples"
    else:
        scope = f"{items:,} samples"
    name = _name(work, entry)
    return Runs(name, validation=entry.validation if entry else None, scope=scope), worker, items


def _name(work: Work, entry: Entry | None) -> str:
    if entry is None:
        return "chainrule"
    if work.against is not None:
        return f"chainrule, {work.against.name}"
    return f"{entry.library}, {entry.configuration}"


def _value(work: Work, items: int, seconds: float) -> float:
    return 1000 * seconds / items if work.name == "latency" else items / seconds


def _unit(work: Work) -> str:
    if work.name == "latency":
        return "ms an image"
    return "images/s" if work.kind != "training" else "samples/s"
