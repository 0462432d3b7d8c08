"""What a run's configuration says of the run, as far as this room knows it; `cli/settings.py` knows the rest."""

from dataclasses import dataclass, fields
from typing import Annotated, Any

from chainrule.base.arguments import check_different
from chainrule.base.errors import ChainruleError, ModelError, UsageError
from chainrule.base.typed import COUNT, Typed, Within
from chainrule.exchange.training_description import build_training
from chainrule.network.network import Network

Text = Annotated[str, Within(0, 10_000)]


@dataclass(frozen=True)
class InitialWeights:
    """How they were drawn."""

    generator: Text
    seed: Annotated[int, Within(0, 2**64 - 1)]


@dataclass(frozen=True)
class Extension:
    """Until so many updates were made, the run was to make so many epochs: schedules depend on that."""

    updates: Annotated[int, COUNT]
    epochs: Annotated[int, COUNT]


@dataclass(frozen=True)
class DescribedNetwork:
    """A network as plain data, before anybody knows its layers."""

    input_shape: Annotated[tuple[Annotated[int, Within(1)], ...], Within(1, 3)]
    layers: Annotated[tuple[dict[str, Any], ...], Within(1)]
    loss: Text | dict[str, Any] | None = None
    scaling: dict[str, float] | None = None


@dataclass(frozen=True)
class Configuration:
    """The keys that every run has."""

    name: Text | None = None
    chainrule: Text | None = None
    engine: Text | None = None
    classes: Annotated[tuple[str, ...], Within(1)] | None = None
    initial_weights: InitialWeights | None = None
    training: dict[str, Any] | None = None
    network: DescribedNetwork | None = None
    fingerprints: dict[str, Text] | None = None
    extensions: tuple[Extension, ...] | None = None  # in their order, if --epochs was given to --resume


def known(values: dict[str, Any], place: str, error: type[ChainruleError]) -> Configuration:
    """What is known of a configuration; `error`, which calls it `place`, if that is not as it must be."""
    names = {each.name for each in fields(Configuration)} & set(values)
    found: Configuration = Typed(place, error).read(Configuration, {name: values[name] for name in names})
    check_different(f"{place}.classes", found.classes or (), error)
    return found


def check_configuration(values: dict[str, Any], network: Network, slots: int) -> None:
    """ModelError unless a model file's configuration can be that of this network, whose optimizer has so many
    vectors."""
    found = known(values, "configuration", ModelError)
    classes = max(2, network.output_shape[0])
    if found.classes and len(found.classes) != classes:
        given = f"configuration.classes has {len(found.classes)} names"
        raise ModelError(f"{given}; expected {classes}, as the network has outputs")
    if not found.training or "optimizer" not in found.training:
        return  # written by hand, or by nobody
    try:
        optimizer = build_training(found.training, others=True).optimizer
    except UsageError as error:
        raise ModelError(f"configuration.{error}") from None
    if slots != optimizer.slots:
        kind = type(optimizer).__name__
        raise ModelError(f"state.slots is {slots}; expected {optimizer.slots}, the vectors of {kind}")
