"""What of an estimator knows nothing of scikit-learn: a network that learns, in units of its own."""

from collections.abc import Sequence
from copy import copy
from dataclasses import replace

import numpy as np

from chainrule.data.dataset import Dataset
from chainrule.data.moments import Moments
from chainrule.estimators.small import small_steps
from chainrule.estimators.units import moments_of, target_units
from chainrule.estimators.weights import Distinct
from chainrule.layers import Standardise
from chainrule.layers.standardise import standardise
from chainrule.losses import Loss, SquaredError
from chainrule.losses.regression import RegressionLoss
from chainrule.network.network import Network
from chainrule.network.places import Placed
from chainrule.network.reference import Reference
from chainrule.network.target_units import rescale_outputs
from chainrule.tasks.fitting import History, learn
from chainrule.tasks.units import input_units
from chainrule.training.events import Listener, Progress
from chainrule.training.optimizers import Optimizer, State
from chainrule.training.settings import Training


class Learner:
    """A network, the units in which it learns, and what it needs to go on learning later.

    `inputs`, `targets`: which of the two have units of their own. Weight decay leaves its biases alone.
    """

    def __init__(self, network: Network, inputs: bool, targets: bool) -> None:
        self.network = leave_biases_alone(network)
        self.has_units = inputs, targets
        self.inputs: Moments | None = None
        self.targets: Moments | None = None
        self.front: Standardise | None = None
        self.samples, self.weight = 0, 0.0  # of all that was seen, as often as it was
        self.distinct = Distinct()
        self.epochs = 0
        self.optimizer: type[Optimizer] = Optimizer
        self.state: State | None = None  # of that optimizer, in canonical order, if it is to go on

    def see(self, data: Dataset) -> None:
        """Find the units of these data and those seen earlier together."""
        inputs, targets = self.has_units
        self.samples, self.weight = self.samples + len(data), self.weight + weight_of(data)
        self.distinct.see(data)
        if inputs:
            self.inputs = moments_of(data.x.reshape(len(data), -1), data.sample_weight, self.inputs)
            self.front = input_units(self.inputs, self.network.input_shape)
        if targets:
            self.targets = moments_of(data.t, data.sample_weight, self.targets)

    def apart(self) -> "Learner":
        """One that goes on from here; what this one has seen stays as it is."""
        made = copy(self)
        made.distinct = copy(self.distinct)
        return made

    def with_loss(self, loss: Loss) -> "Learner":
        """Itself, which learns by that loss from now on."""
        self.network.loss = loss
        return self

    def weight_seen(self) -> float:
        """What all different samples seen so far weigh: those that come again and again are no more data."""
        return self.distinct.count() * self.weight / self.samples

    def learn(
        self,
        data: Dataset,
        training: Training,
        held_out: Dataset | None = None,
        *,
        listeners: Sequence[Listener] = (),
        threads: int | None = None,
    ) -> History:
        """`training` on the data, from the w there is."""
        held_out = held_out and self.in_units(held_out)
        data = self.in_units(data)
        with small_steps(self.network, training.batch_size or len(data)):
            history = learn(self.network, data, training, validation=held_out, threads=threads, listeners=listeners)
        self.epochs, self.state = self.epochs + len(history.epochs), None
        return history

    def go_on(self, data: Dataset, training: Training, threads: int | None = None) -> History:
        """One epoch more of `training`; its optimizer remembers those that went on before."""
        w, optimizer = self.network.w, training.optimizer
        state = self.state if self.optimizer is type(optimizer) else None
        start = Progress(Reference(self.network), w, state or optimizer.new_state(w), self.epochs)
        training = replace(training, epochs=self.epochs + 1)
        data = self.in_units(data)
        with small_steps(self.network, training.batch_size or len(data)):
            history = learn(self.network, data, training, threads=threads, start=start)
        self.epochs, self.optimizer = self.epochs + 1, type(optimizer)
        if history.progress:
            self.state = State(history.progress.optimizer_vectors(), history.progress.state.step)
        return history

    def in_units(self, data: Dataset) -> Dataset:
        """The data as the network learns from them."""
        x, t = data.x, data.t
        if self.front:
            x = standardise(x, np.array(self.front.mean), np.array(self.front.std))
        if self.targets:
            mean, scale = target_units(self.targets)
            t = (t - mean) / scale
        return Dataset(x, t, data.sample_weight)

    def in_raw_units(self) -> Network:
        """A network that is what this one is now, but for x and predictions in raw units.

        Its outputs are, too, if the squared error is its loss; another is not the same in other units, so that it has
        these itself.
        """
        inner, loss = self.network, self.network.loss
        layers = (self.front, *inner.layers) if self.front else inner.layers
        if self.targets and isinstance(loss, RegressionLoss) and not isinstance(loss, SquaredError):
            mean, scale = target_units(self.targets)
            loss = replace(loss, mean=tuple(mean.tolist()), std=tuple(scale.tolist()))
        network = Network(layers, inner.input_shape, loss, scaling=inner.scaling, dtype=inner.w.dtype)
        network.w[:] = inner.w
        if self.targets and isinstance(loss, SquaredError):
            rescale_outputs(network, *target_units(self.targets))
        return network


def leave_biases_alone(network: Network) -> Network:
    """The network, whose parameters of one axis, as biases are, weight decay leaves alone from now on."""

    def undecayed(placed: Placed) -> Placed:
        return placed._replace(parameter=placed.parameter._replace(decays=False))

    network.parameters = [undecayed(each) if len(each.shape) == 1 else each for each in network.parameters]
    return network


def weight_of(data: Dataset) -> float:
    """What the samples weigh together."""
    return float(len(data) if data.sample_weight is None else data.sample_weight.sum())
