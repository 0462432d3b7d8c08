"""A training run that is made step by step, so that between two of them its settings may change and it may be seen."""

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from chainrule.data.dataset import Dataset
from chainrule.engine import execute
from chainrule.network.network import Network
from chainrule.server.training_settings import TrainingSettings, with_dropout
from chainrule.server.whole_gradient import WholeGradient
from chainrule.tasks.calibration import uncalibrated
from chainrule.tasks.evaluation import measure
from chainrule.tasks.fitting import bring_up_to_date
from chainrule.tasks.presets import preset
from chainrule.training.drawing import batches_in, draw
from chainrule.training.events import Evaluation, Progress, Sums
from chainrule.training.optimizers import State
from chainrule.training.settings import Training
from chainrule.training.steps import Steps

MOST_FILTERS = 64
TESTED_AT_ONCE = 250


class Stepped(NamedTuple):
    """What one update tells."""

    step: int  # from 1
    epoch: int  # from 0: the one that it belongs to
    ended: bool  # whether it was its epoch's last
    samples: int
    loss: float  # mean error of its batch, before it
    norms: list[float]  # |dL/dw| of each layer with parameters
    seconds: float


class TrainingRun:
    """A preset's network on some digits, or layers like those of `own` on its data. Nobody else touches `network`
    meanwhile; its w is brought up to date by `network_now`."""

    def __init__(self, settings: TrainingSettings, train: Dataset, test: Dataset, own: Network | None = None) -> None:
        self._own = own
        self.settings, self.test_data = settings, test
        self.data = train.head(min(settings.samples, len(train)))
        self.network = self._network()
        self.objective = self._objective()
        w = self.objective.layout.pack(self.network.w)
        self.layers = list(dict.fromkeys(p.name.rpartition(".")[0] for p in self.network.parameters))
        self._stand_at(Progress(self.objective, w, settings.optimizer_now().new_state(w)))

    @property
    def batches(self) -> int:
        """In an epoch."""
        return batches_in(self.data, self.steps.training)

    def check(self, settings: TrainingSettings) -> None:
        """UsageError for settings that this run cannot go on by."""
        self.settings.check_live(settings)
        self.objective.check_batch_size(min(settings.batch_size or len(self.data), len(self.data)))

    def adjust(self, settings: TrainingSettings) -> None:
        """Go on by these; UsageError as of `check`."""
        if settings == self.settings:
            return
        self.check(settings)
        size, progress = settings.batch_size or len(self.data), self.progress
        before, self.settings = self.settings, settings
        if settings.dropout != before.dropout:
            progress = self._with_other_dropout()
        elif settings.batch_size == before.batch_size:
            return  # the learning rate is looked at before each step
        seen = self.progress.batch * (before.batch_size or len(self.data))
        self._stand_at(replace(progress, batch=seen // size))

    def step(self) -> Stepped:
        """Make the next update. DivergedError where the loss, the gradient, or at an epoch's end w, is not finite."""
        clock, progress, epoch = time.perf_counter(), self.progress, self.progress.epoch
        optimizer = self.settings.optimizer_now()
        with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is reported
            made = self.steps.make(next(self._drawn), optimizer)
            ended = progress.batch == self.batches
            if ended:
                self.steps.check(optimizer)
                progress.epoch, progress.batch, progress.sums = epoch + 1, 0, Sums()
                self._drawn = self._draw()
            norms = [self.objective.norm_of(self.steps.gw[part]) for part in self._parts]
        seconds = time.perf_counter() - clock
        return Stepped(progress.state.step, epoch, ended, made.samples, made.loss, norms, seconds)

    def network_now(self) -> Network:
        """The network at its present w."""
        bring_up_to_date(self.network, self.progress)
        return self.network

    def test(self) -> Evaluation:
        """How well w does on the test digits."""
        return measure(self.network_now(), self.test_data, self.objective.engine, TESTED_AT_ONCE)

    def filters(self) -> np.ndarray:
        """The first layer's filters, (count, channels, height, width); none, if its weights are no pictures."""
        first, shape = self.network.parameters[0], self.network.input_shape
        w = self.objective.layout.unpack(self.progress.w)
        found = first.view(w)[:MOST_FILTERS]
        if found.ndim == 2 and len(shape) == 3:  # a linear layer: each output's weights lie as the picture does
            found = found.reshape(-1, *shape)
        return found if found.ndim == 4 else np.empty((0, 1, 1, 1), w.dtype)

    def _network(self) -> Network:
        """As it begins: its weights drawn by the seed."""
        if (own := self._own) is not None:
            layers, seed = with_dropout(own.layers, self.settings.dropout), self.settings.seed
            made = Network(layers, own.input_shape, own.loss, scaling=own.scaling, seed=seed, dtype=own.w.dtype.type)
            made.schema = own.schema and uncalibrated(own.schema)
            return made
        chosen = preset(self.settings.preset)
        return replace(chosen, layers=with_dropout(chosen.layers, self.settings.dropout)).network(self.settings.seed)

    def _objective(self) -> WholeGradient:
        objective = WholeGradient(execute(self.network, seed=self.settings.seed))
        objective.check_batch_size(min(self.settings.batch_size or len(self.data), len(self.data)))
        return objective

    def _with_other_dropout(self) -> Progress:
        """Where the run stands, with the settings' dropout: another network of the same parameters."""
        before, progress = self.network, self.progress
        w, vectors = progress.weights(), progress.optimizer_vectors()
        self.network = self._network()
        self.network.w[:], self.network.statistics[:] = w, progress.objective.statistics
        self.objective = objective = self._objective()
        packed = objective.layout.pack(w)
        state = State(np.zeros((len(vectors), len(packed)), packed.dtype), progress.state.step)
        for vector, canonical in zip(state.vectors, vectors, strict=True):
            vector[:] = objective.layout.pack(canonical)
        self.network.schema = before.schema
        return replace(progress, objective=objective, w=packed, state=state)

    def _stand_at(self, progress: Progress) -> None:
        """Go on from there, by the settings."""
        settings = self.settings
        training = Training(settings.optimizer_now(), batch_size=settings.batch_size, seed=settings.seed)
        self.progress = progress
        self.steps = Steps(progress, self.data, training)
        self._drawn, self._parts = self._draw(), self._places()

    def _draw(self) -> Iterator[slice | np.ndarray]:
        return draw(self.data, self.steps.training, epoch=self.progress.epoch, first=self.progress.batch)

    def _places(self) -> list[slice]:
        """Where each layer's parameters stand in the engine's order: in a row, with zeros between."""
        places = self.objective.layout.unpack(np.arange(len(self.progress.w)))
        found = []
        for layer in self.layers:
            own = [places[p.slice] for p in self.network.parameters if p.name.rpartition(".")[0] == layer]
            found.append(slice(min(each.min() for each in own), max(each.max() for each in own) + 1))
        return found
