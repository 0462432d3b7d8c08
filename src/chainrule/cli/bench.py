"""chainrule bench: where a training step's time goes, and how near to what the machine can do."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import groupby, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, NamedTuple

from rich import box
from rich.table import Table

from chainrule.base.errors import UsageError
from chainrule.base.ranks import current
from chainrule.cli.console import Output, table
from chainrule.cli.data_options import DataOptions
from chainrule.cli.network_options import NetworkOrDefault
from chainrule.cli.settings import Option
from chainrule.tasks.presets import outputs_for

if TYPE_CHECKING:
    from chainrule.engine.measure.profile import Row
    from chainrule.engine.measure.steps import Measured

CAPTION = (
    "\nus: microseconds a sample; GFLOP/s: executed, 2 a multiply-add; dense: those of the layer's definition "
    "in that time; GB/s: what an update reads and writes, above the bandwidth where caches hold it"
)
MISSING, NAME_WIDTH = "-", 27


@dataclass(frozen=True)
class Bench:
    """Show where a training step's time goes.

    A network is trained on real digits by the compiled engine. Then the calls of its steps are timed one by one, on one
    thread, and whole steps too. The machine's peak of multiply-adds in registers and its bandwidth to memory are
    measured on the spot, on one thread. Under mpiexec it is shown how long a step computes and how long it exchanges.
    """

    network: NetworkOrDefault = field(default_factory=NetworkOrDefault)
    batch_size: Annotated[int | None, Option("Samples of a mini-batch (default: the preset's).")] = None
    after: Annotated[int, Option("Train N steps first: fewer and fewer units live.", "N", least=0)] = 200
    steps: Annotated[int, Option("Steps that are timed.", "N", least=1)] = 50
    warmup: Annotated[int, Option("Steps before each turn that are not.", "N", least=0)] = 5
    threads: Annotated[int | None, Option("At most so many threads.", "N", least=1)] = None
    data: Annotated[Path | None, Option("A folder of IDX files (default: the embedded MNIST).", "FOLDER")] = None
    output: Output = field(default_factory=Output)

    distributes: ClassVar[bool] = True

    def execute(self) -> None:
        after, steps, output = self.after, self.steps, self.output
        chosen, digits = self.network.chosen(), DataOptions(self.data).read("train")
        size, name = self.batch_size, chosen.name
        if size is None:
            size = chosen.training.batch_size or len(digits)
        if not 1 <= size <= len(digits):
            raise UsageError(f"--batch-size is {size}; expected 1 to {len(digits):,}, the number of training samples")
        network = chosen.network_for(digits, outputs_for(digits))
        network.prepare(digits.x[:1], network.w.dtype)
        network.loss.check_targets(digits.t, network.output_shape)
        from chainrule.engine.measure.machine_peak import bandwidth, peak_flops
        from chainrule.engine.measure.steps import Steps, measure  # Numba is loaded where it is used

        output.note(f"{name}: {after} steps of training, then {steps} that are timed, call by call and whole")
        training = Steps(network, digits, replace(chosen.training_for(digits), batch_size=size))
        if current().size > 1:
            from chainrule.cli.bench_ranks import measure_on_ranks

            shared = measure_on_ranks(training, network, self.threads, after=after, counted=steps)
            output.result({"preset": name, "after": after, "steps": steps, **shared.values()}, shared.table())
            return
        measured = measure(training, network, self.threads, after=after, counted=steps, warmup=self.warmup)
        output.note("the machine: multiply-adds in registers, bytes from and to memory")
        dtype = network.w.dtype
        found = Report(size, measured, peak_flops(dtype), bandwidth(dtype))
        title = f"{name}: a step of {size:,} samples, call by call on one thread, after {after:,} steps of training"
        values = {"preset": name, "batch_size": size, "after": after, "steps": steps, **found.values()}
        output.result(values, found.table(title), found.summary())


class Report(NamedTuple):
    """What was measured, for a program and for a person."""

    samples: int  # of a batch
    measured: Measured
    peak: float  # floating-point operations a second
    bandwidth: float  # bytes a second

    def rates(self, row: Row) -> dict[str, Any]:
        """A row's numbers; None where nothing is to be counted."""
        flops, bytes_moved = row.rate(2 * row.executed), row.rate(row.moved)
        return {
            "us_per_sample": row.seconds * 1e6,
            "share": row.seconds / (self.measured.calls.seconds or 1),
            "gflops": flops / 1e9 or None,
            "dense_gflops": row.rate(2 * row.dense) / 1e9 or None,
            "of_peak": flops / self.peak or None,
            "gb_per_second": bytes_moved / 1e9 or None,
            "of_bandwidth": bytes_moved / self.bandwidth or None,
        }

    def values(self) -> dict[str, Any]:
        """For a program."""
        m = self.measured
        return {
            "peak_gflops": self.peak / 1e9,
            "bandwidth_gb_per_second": self.bandwidth / 1e9,
            "rows": [{"stage": row.stage, "phase": row.phase, **self.rates(row)} for row in m.rows],
            "calls": self.rates(m.calls),
            "one_thread": {"samples_per_second": self.samples / m.one_thread},
            "step": {"threads": m.threads, "samples_per_second": self.samples / m.team},
        }

    def table(self, title: str) -> Table:
        """A block of lines for each stage; its name takes as many lines as it has layers."""
        grid = Table(title=title, title_justify="left", caption=CAPTION, caption_justify="left", box=box.SIMPLE_HEAD)
        grid.padding, grid.show_edge = (0, 0), False  # so that it fits 80 columns
        grid.add_column("stage", overflow="fold", max_width=NAME_WIDTH)
        grid.add_column("phase", no_wrap=True)
        for header in ("us", "% of\nstep", "GFLOP/s", "dense\nGFLOP/s", "% of\npeak", "GB/s", "% of\nband-\nwidth"):
            grid.add_column(header, justify="right", no_wrap=True)
        for _, group in groupby(self.measured.rows, key=lambda row: row.place):
            rows = list(group)
            layers = rows[0].stage.replace(" + ", "\n+ ").split("\n")
            for name, row in zip_longest(layers, rows):
                grid.add_row(name, *([row.phase, *self._cells(row)] if row else []))
            grid.add_section()
        grid.add_row("all calls", "", *self._cells(self.measured.calls))
        return grid

    def _cells(self, row: Row) -> list[str]:
        formats = ("{:,.2f}", "{:.1%}", "{:,.1f}", "{:,.1f}", "{:.0%}", "{:.1f}", "{:.0%}")
        values = self.rates(row).values()
        return [MISSING if v is None else form.format(v) for form, v in zip(formats, values, strict=True)]

    def summary(self) -> Table:
        """The machine, and the whole step."""
        m = self.measured
        alone = m.one_thread / self.samples
        rows = {
            "peak": f"{self.peak / 1e9:,.0f} GFLOP/s: multiply-adds in registers, one thread",
            "bandwidth": f"{self.bandwidth / 1e9:,.0f} GB/s from and to memory, one thread",
            "one thread": f"{1 / alone:,.0f} samples/s, {alone * 1e6:,.1f} us a sample; the calls above add up to "
            f"{m.calls.seconds / alone:.0%} of that",
        }
        if m.threads > 1:
            rows[f"{m.threads} threads"] = f"{self.samples / m.team:,.0f} samples/s"
        return table("Whole steps, not watched", rows)
