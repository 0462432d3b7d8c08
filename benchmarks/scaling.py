"""How training scales over ranks: measured on this machine, and predicted for many by a model fitted to that.

    python -m benchmarks.scaling measure     measures, into benchmarks/scaling.json (minutes; on a quiet machine)
    python -m benchmarks.scaling             writes the tables of docs/scaling.md anew

A step of B samples on N ranks takes

    T = fixed + B sample (shared + (1 - shared) part(N)) + exchanges (call + ceil(log2 N) latency)
        + (1 - 1/N) (kept + B moved) / bandwidth

where part(N) is the largest share of the batch that a rank has, in whole slots of 8: 1/N for N = 1, 2, 4, 8, and never
less than 1/8. `fixed` and `sample` are seconds of one rank, `shared` is what of the samples' work all ranks do, `call`
what an exchange costs on one machine; `kept` bytes are exchanged whatever the batch, `moved` for each sample.
"""

import json
import math
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

MEASURED = Path(__file__).parent / "scaling.json"
PAGE = Path(__file__).parents[1] / "docs" / "scaling.md"
SLOTS = 8  # of a batch: what one rank does at least
PRESET, BATCHES, ROUNDS = "mnist", (64, 128, 256, 512), 3
NODES, ASKED = (2, 4, 8, 64, 1024), (64, 512, 4096, 65536)
PAYS = 1.1  # times as fast as half as many nodes: below, more nodes are no use


class Network(NamedTuple):
    """What connects machines."""

    name: str
    latency: float  # seconds from one to the next
    bandwidth: float  # bytes a second


NETWORKS = Network("10 Gb/s", 30e-6, 1.1e9), Network("100 Gb/s", 3e-6, 11e9)
"""Ethernet with TCP, and a network with RDMA; nine tenths of the line are had."""


class Row(NamedTuple):
    """A measured step: seconds, the lowest of some rounds."""

    samples: int
    ranks: int
    step: float
    exposed: float = 0.0
    communication: float = 0.0
    exchanges: int = 0
    nbytes: int = 0


class Model(NamedTuple):
    """The constants of a network's step, in seconds and bytes."""

    fixed: float
    sample: float
    shared: float  # 0 to 1
    call: float
    kept: float
    moved: float
    exchanges: int

    @classmethod
    def fitted(cls, rows: Sequence[Row]) -> "Model":
        """By least squares, of relative errors: one rank's steps give its work, two ranks' the rest."""
        alone, two = ([row for row in rows if row.ranks == ranks] for ranks in (1, 2))
        fixed, sample = line(alone, [row.step for row in alone])
        kept, moved = line(two, [row.nbytes for row in two])
        computed = [(row.step - row.exposed - fixed) / (sample * row.samples) for row in two]
        shared = float(np.clip(2 * np.mean(computed) - 1, 0, 1))
        exchanges = max(row.exchanges for row in two)
        call = min(row.communication for row in two) / exchanges
        return cls(fixed, sample, shared, call, kept, moved, exchanges)

    def seconds(self, samples: int, ranks: int, network: Network) -> float:
        """Of a step."""
        work = self.fixed + self.sample * samples * (self.shared + (1 - self.shared) * part(ranks))
        if ranks == 1:
            return work
        waits = self.exchanges * (self.call + math.ceil(math.log2(ranks)) * network.latency)
        return work + waits + (1 - 1 / ranks) * (self.kept + self.moved * samples) / network.bandwidth

    def speedup(self, samples: int, ranks: int, network: Network) -> float:
        """Against one rank."""
        return self.seconds(samples, 1, network) / self.seconds(samples, ranks, network)

    def enough(self, samples: int, network: Network) -> int:
        """The most nodes, of those that double, each doubling of which pays."""
        ranks = 1
        while ranks < max(NODES) and self.speedup(samples, 2 * ranks, network) > PAYS * self.speedup(
            samples, ranks, network
        ):
            ranks *= 2
        return ranks


def part(ranks: int) -> float:
    """The largest share of a batch that one of so many ranks computes: whole slots."""
    return math.ceil(SLOTS / ranks) / SLOTS


def line(rows: Sequence[Row], values: Sequence[float]) -> tuple[float, float]:
    """(a, b), neither below 0, of values that are about a + b samples, with the smallest relative errors."""
    x, y = np.array([row.samples for row in rows], float), np.array(values, float)
    weighed = np.stack([1 / y, x / y], axis=1)
    a, b = np.linalg.lstsq(weighed, np.ones(len(y)), rcond=None)[0]
    if a < 0:
        return 0.0, float((x / y).sum() / ((x / y) ** 2).sum())
    return float(a), max(float(b), 0.0)


def tables(rows: Sequence[Row]) -> str:
    """What docs/scaling.md shows: what was measured, and what the model says of more."""
    model = Model.fitted(rows)
    alone = {row.samples: row for row in rows if row.ranks == 1}
    found = ["| batch | ranks | ms a step | samples/s | speed-up | computing | exposed | exchanges alone |",
             "| --: | --: | --: | --: | --: | --: | --: | --: |"]  # fmt: skip
    for row in rows:
        cells = [row.samples, row.ranks, f"{1e3 * row.step:.2f}", f"{row.samples / row.step:,.0f}",
                 f"{alone[row.samples].step / row.step:.2f}", *(f"{1e3 * each:.2f}" for each in (
                     row.step - row.exposed, row.exposed, row.communication))]  # fmt: skip
        found.append(f"| {' | '.join(map(str, cells))} |")
    weak = [(a, b) for a in rows for b in rows if a.ranks == 1 and b.ranks == 2 and b.samples == 2 * a.samples]
    told = [f"{a.samples} samples a rank {a.step / b.step:.2f}" for a, b in weak]
    found += ["", f"Weak scaling, one rank's time by that of two with twice the batch: {', '.join(told)}.", ""]
    work = f"fixed {1e3 * model.fixed:.2f} ms, and {1e6 * model.sample:.1f} us a sample"
    moved = f"{model.kept / 1e6:.2f} MB, and {model.moved / 1e3:.1f} KB a sample"
    calls = f"in {model.exchanges} exchanges of {1e6 * model.call:.0f} us"
    found += [f"The model: {work}, of which all ranks do {model.shared:.0%}; {moved}, {calls}.", ""]
    for network in NETWORKS:
        found += [f"| {network.name}: batch | {' | '.join(f'{n:,} nodes' for n in NODES)} | pays up to |",
                  f"| --: | {' | '.join('--:' for _ in NODES)} | --: |"]  # fmt: skip
        for samples in ASKED:
            speeds = " | ".join(f"{model.speedup(samples, n, network):.2f}" for n in NODES)
            found.append(f"| {samples:,} | {speeds} | {model.enough(samples, network):,} |")
        found.append("")
    return "\n".join(found).rstrip()


def with_tables(page: str, made: str) -> str:
    """The page with these tables between its marks."""
    before, _, rest = page.partition("<!-- measured -->")
    return f"{before}<!-- measured -->\n{made}\n<!-- end -->{rest.partition('<!-- end -->')[2]}"


def measured() -> list[Row]:
    """What MEASURED holds."""
    return [Row(**row) for row in json.loads(MEASURED.read_text(encoding="utf-8"))]


def measure() -> list[Row]:
    """Steps of one thread by one rank and by two, in turns; of each the fastest round."""
    best: dict[tuple[int, int], Row] = {}
    for _ in range(ROUNDS):
        for samples in BATCHES:
            for ranks in (1, 2):
                row = bench(samples, ranks)
                print(row, flush=True)
                if (samples, ranks) not in best or row.step < best[samples, ranks].step:
                    best[samples, ranks] = row
    return list(best.values())


def bench(samples: int, ranks: int) -> Row:
    """By `chainrule bench`, on its own."""
    words = ["-m", "chainrule", "bench", "--preset", PRESET, "--threads", "1", "--json", "--after", "50"]
    line = [sys.executable, *words, "--batch-size", str(samples)]
    if ranks > 1:
        starter = Path(sys.executable).parent / "mpiexec"
        line = [str(starter), "--allow-run-as-root", "--oversubscribe", "-n", str(ranks), *line]
    told = json.loads(subprocess.run(line, capture_output=True, check=True, text=True).stdout)
    if ranks == 1:
        return Row(samples, 1, samples / told["one_thread"]["samples_per_second"])
    return Row(samples, ranks, *(told[name] for name in Row._fields[2:]))


if __name__ == "__main__":
    if "measure" in sys.argv[1:]:
        MEASURED.write_text(json.dumps([row._asdict() for row in measure()], indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8"), tables(measured())), encoding="utf-8")
