"""What presets give on this machine, beside what is published."""

import json
from dataclasses import asdict, replace
from typing import Any

from chainrule.base.hashing import sha256_of, weights_hash
from chainrule.data import Dataset, mnist
from chainrule.tasks.fitting import fit
from chainrule.tasks.presets import preset
from chainrule.tasks.reproduction.first_step import first_step
from chainrule.tasks.reproduction.published import NAMES, SAMPLES, SEED, TABLE, Hashes, Made
from chainrule.training.events import BatchEvent, Event
from chainrule.training.settings import Training


def of_preset(name: str) -> tuple[Training, Dataset]:
    """How it is trained, and on what."""
    return replace(preset(name).training, epochs=1, seed=SEED), mnist("train").head(SAMPLES)


def trained(name: str, threads: int | None = None) -> tuple[str, list[str]]:
    """(SHA-256 at the end, a hash after each step), made here."""
    network, (training, data) = preset(name).network(SEED), of_preset(name)
    steps: list[str] = []

    def listener(event: Event) -> None:
        if isinstance(event, BatchEvent):
            steps.append(weights_hash(event.progress.weights(), event.progress.objective.statistics))

    fit(network, data, training, listeners=[listener], progress=False, threads=threads)
    return sha256_of(network.w, network.statistics), steps


def made_first(name: str) -> list[Made]:
    """What its first step makes here."""
    training, data = of_preset(name)
    return first_step(preset(name).network(SEED), data, training)


def difference(name: str, said: Hashes, found: tuple[str, list[str]]) -> str | None:
    """Where what was made here first differs from what is published; None: nowhere."""
    sha256, steps = found
    if (sha256, steps) == (said.sha256, said.steps):
        return None
    first = next(
        (k for k, pair in enumerate(zip(said.steps, steps, strict=False), start=1) if len(set(pair)) > 1), None
    )
    if first != 1:
        return f"step {first} of {len(said.steps)}" if first else "after the last step"
    ours = {(made.what, made.of): made.hash for made in made_first(name)}
    made = next((made for made in said.first_step if ours.get((made.what, made.of)) != made.hash), None)
    return f"step 1 of {len(said.steps)}: {made.what}, {made.of}" if made else "step 1, where threads share it"


def renewed(reason: str, version: str) -> dict[str, Any]:
    """The whole table, made here."""
    before = json.loads(TABLE.read_text(encoding="utf-8"))["reasons"] if TABLE.exists() else []
    presets = {name: asdict(Hashes(*trained(name), made_first(name))) for name in NAMES}
    return {"samples": SAMPLES, "seed": SEED, "reasons": [*before, f"{version}: {reason}"], "presets": presets}
