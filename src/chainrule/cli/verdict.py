"""What `chainrule verify` tells: whether a run is what it says, or where it first is not."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from chainrule.base.version import __version__
from chainrule.cli.recorded import Difference, Record
from chainrule.cli.replay import Replayed, Stretch
from chainrule.engine import DEFAULT_ENGINE

BLAS = "the reference engine gives the same bits for the same number of BLAS threads alone: --threads N"


@dataclass(frozen=True)
class Verdict:
    """Of some stretches of a run that were replayed, or of none where what it says contradicts itself."""

    record: Record
    stretches: Sequence[Stretch]  # all that there are
    replayed: Sequence[Replayed]
    contradiction: Difference | None
    seconds: float

    @property
    def difference(self) -> Difference | None:
        """The first."""
        return self.contradiction or next((each.difference for each in self.replayed if each.difference), None)

    @property
    def title(self) -> str:
        replayed, made = self.steps
        word = "verified" if replayed == made else "verified, as far as it was replayed"
        if self.difference:
            word = "NOT what this code, its data and its seed give"
        return f"{self.record.folder.path}: {word}"

    @property
    def steps(self) -> tuple[int, int]:
        """Replayed, and made in all."""
        all_made = sum(each.steps[-1] - each.start.step for each in self.stretches)
        return sum(each.end - each.start for each in self.replayed), all_made

    def values(self) -> dict[str, Any]:
        """For --json."""
        replayed, made = self.steps
        return {
            "run": str(self.record.folder.path),
            "verified": self.difference is None,
            "difference": None if self.difference is None else self.difference._asdict(),
            "replayed": [{"from_step": each.start, "to_step": each.end} for each in self.replayed],
            "steps_replayed": replayed,
            "steps": made,
            "lines_compared": sum(each.lines for each in self.replayed),
            "checkpoints_compared": sum(each.checkpoints for each in self.replayed),
            "chainrule": __version__,
            "chainrule_of_run": self.record.configuration.get("chainrule"),
            "seconds": round(self.seconds, 3),
        }

    def rows(self) -> dict[str, str]:
        """For a person."""
        (replayed, made), found = self.steps, self.difference
        lines, files = (sum(getattr(each, name) for each in self.replayed) for name in ("lines", "checkpoints"))
        compared = f"{lines:,} line{'s' * (lines != 1)} of the log, {files:,} checkpoint{'s' * (files != 1)}"
        rows = {"replayed": f"{replayed:,} of {made:,} steps", "compared": compared + ": all the same" * (not found)}
        rows |= {"from": ", ".join(self._parts())} if replayed else {}
        if found:
            rows |= {"differs first": f"{found.where}: {found.what}"}
            rows |= {"recorded": str(found.recorded), "found": str(found.found)}
            rows |= {f"note {k}": hint for k, hint in enumerate(self._hints(), start=1)}
        return rows | {"time": f"{self.seconds:.1f} s"}

    def told(self) -> str:
        """The difference in a line."""
        found = self.difference
        if found is None:
            return ""
        values = f"recorded {found.recorded}, found {found.found}"
        return f"{self.record.folder.path}: differs first at {found.where}: {found.what}: {values}"

    def _parts(self) -> Iterator[str]:
        place, ranges = self.record.place, [(each.start, each.end) for each in self.replayed]
        starts = [a for a, _ in ranges if a not in {b for _, b in ranges}]
        ends = [b for _, b in ranges if b not in {a for a, _ in ranges}]
        yield from (f"{place(a)} to {place(b)}" for a, b in zip(starts, ends, strict=True))

    def _hints(self) -> Iterator[str]:
        """What else may be the reason."""
        configuration = self.record.configuration
        if (then := configuration.get("chainrule")) != __version__:
            yield f"the run was made by chainrule {then}; this is {__version__}"
        if configuration.get("engine", DEFAULT_ENGINE) == "reference":
            yield BLAS
