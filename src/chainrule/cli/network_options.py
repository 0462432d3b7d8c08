"""Which network a command is about: a preset, or one of the user's own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, ClassVar, NamedTuple

from chainrule.base.errors import UsageError
from chainrule.cli.settings import Option, one_of
from chainrule.data.dataset import Dataset
from chainrule.exchange.description import load_network
from chainrule.network.network import Network
from chainrule.tasks.presets import PRESETS, Preset
from chainrule.tasks.presets import preset as preset_named
from chainrule.training.settings import Training

DEFAULT_PRESET = "mnist"
NAMES = ", ".join(PRESETS)


class Chosen(NamedTuple):
    """A network that has a name."""

    name: str
    network: Callable[..., Network]  # makes a new one; takes a seed
    preset: Preset | None = None

    @property
    def training(self) -> Training:
        """How it is trained by default."""
        return self.preset.training if self.preset else Training()

    def network_for(self, data: Dataset, outputs: int, seed: int = 0) -> Network:
        """A new one for the data, if a preset is chosen; a network of the user's own is what it is."""
        return self.preset.network_for(data, outputs, seed) if self.preset else self.network(seed)

    def training_for(self, data: Dataset) -> Training:
        """How it is trained on such data by default."""
        return self.preset.training_for(data) if self.preset else Training()

    @classmethod
    def of(cls, preset: Preset) -> "Chosen":
        """The network of a preset."""
        return cls(preset.name, preset.network, preset)

    def seeded(self, seeds: Mapping[str, int | None]) -> "Chosen":
        """With those seeds of the lecture's program that are given; UsageError where it is another network."""
        given = {name: seed for name, seed in seeds.items() if seed is not None}
        if not given:
            return self
        if self.preset is None or self.preset.seeds is None:
            what = f"--weight-seed or --dropout-seed-1, -2 is given for the network {self.name}"
            raise UsageError(f"{what}; expected --preset 21mnist, or --seed instead")
        return Chosen.of(self.preset.seeded(**given))

    def initial_weights(self, seed: int) -> dict[str, Any]:
        """How they are drawn, as a configuration holds it."""
        original = self.preset and self.preset.seeds
        if original:
            return {"generator": "Lcg48", "seed": original.weights}
        return {"generator": "Philox4x32-10", "seed": seed}


@dataclass(frozen=True)
class NetworkOptions:
    """The options that name a network."""

    preset: Annotated[str | None, Option(f"The network: {NAMES}.")] = None
    network: Annotated[Path | None, Option("A network of your own.", "FILE.toml")] = None
    default: ClassVar[str | None] = None

    @property
    def is_given(self) -> bool:
        return self.preset is not None or self.network is not None

    def chosen(self) -> Chosen:
        """The network of the one that is given; UsageError for both, and for none where there is no default."""
        name = self.default if self.preset is None and self.network is None else self.preset
        one_of({"--preset": name, "--network": self.network})
        if self.network is not None:
            return Chosen(self.network.stem, partial(load_network, self.network))
        return Chosen.of(preset_named(str(name)))


@dataclass(frozen=True)
class NetworkOrDefault(NetworkOptions):
    """The same, where a preset stands in for none."""

    preset: Annotated[str | None, Option(f"The network: {NAMES} (default: {DEFAULT_PRESET}).")] = None
    default = DEFAULT_PRESET


@dataclass(frozen=True)
class NetworkOrSuited(NetworkOrDefault):
    """The same, where what suits the data stands in for none."""

    preset: Annotated[
        str | None, Option(f"The network: {NAMES} (default: what suits the data; {DEFAULT_PRESET} for digits).")
    ] = None
