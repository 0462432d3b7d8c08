"""For how many epochs, and by which steps, to train on few samples.

Settings are chosen for 60,000 digits: three epochs of 150 flowers are nine updates, and nothing is learned. It is
updates that count:

    epochs            for as many updates as on FULL samples, if there are not half of them; at most MOST_EPOCHS

Where these do not suffice, the samples are few. Then the updates that there are must be longer and end short, and what
the data do not say of w is kept small:

                      rows                       images
    batch size        200                        32
    learning rate     0.6 / (L sqrt(updates))    0.2 / (L sqrt(updates)), within 0.001 .. 0.05; it falls to LAST_LR of
                      that. L layers have weights: what they do adds up
    weight decay      PENALTY / samples          the same
"""

import math
from dataclasses import replace

from chainrule.base.arguments import of_kind
from chainrule.base.elementary import power
from chainrule.data.dataset import Dataset
from chainrule.network.network import Network
from chainrule.training.optimizers import Adam
from chainrule.training.sampling import batch_count
from chainrule.training.settings import Training

FULL = 60_000
"""Samples for which the presets, and `Training`, say how to train."""
MOST_EPOCHS = 50
LAST_LR = 0.03
"""What the learning rate has fallen to after the last epoch, in parts of the first."""
PENALTY = 2.0
"""alpha, where alpha / 2 |w|^2 is added to the sum of all errors."""
ROWS_BATCH, ROWS_REACH = 200, 0.6
IMAGES_BATCH, IMAGES_REACH = 32, 0.2
"""A reach, shared by the layers, is how far so many steps of Adam lead that go anywhere: lr sqrt(updates)."""


def training_for(network: Network, data: Dataset, training: Training | None = None) -> Training:
    """`training` (default: Training()), chosen for a large set of data, as it suits these.

    On 30,000 samples or more it stays as it is. On fewer, epochs are added for as many updates; on so few that 50
    epochs do not give these, batch size, learning rate and weight decay are changed, too, if the optimizer is Adam
    without a schedule.
    """
    of_kind("the network", network, Network, "a Network")
    of_kind("the data", data, Dataset, "Dataset(x, t)")
    training = Training() if training is None else of_kind("the training", training, Training, "Training(...)")
    return adapted(training, network, len(data))


def lengthened(training: Training, samples: int) -> Training:
    """For the same number of updates on fewer samples; the learning rate falls as far, in more epochs."""
    epochs = min(training.epochs * FULL // max(samples, 1), MOST_EPOCHS)
    if 2 * samples >= FULL or epochs <= training.epochs or training.draws is not None:
        return training  # near enough; or the lecture's program, which is what it is
    return replace(training, epochs=epochs, lr_decay=power(training.lr_decay, training.epochs / epochs))


def adapted(
    training: Training, network: Network, samples: int, *, epochs: int | None = None, batch_size: int | None = None
) -> Training:
    """The training for so many samples; `epochs`, `batch_size`: those that are fixed already."""
    longer = lengthened(training, samples) if epochs is None else training
    are_few = training.epochs * FULL > MOST_EPOCHS * samples
    is_free = training.draws is None and training.schedule is None
    if not (are_few and isinstance(training.optimizer, Adam) and is_free):
        return longer
    images = len(network.input_shape) == 3
    epochs = longer.epochs if epochs is None else epochs
    usual_batch, reach = (IMAGES_BATCH, IMAGES_REACH) if images else (ROWS_BATCH, ROWS_REACH)
    batch_size = min(samples, usual_batch) if batch_size is None else batch_size
    optimizer = adam_for(epochs * batch_count(samples, batch_size), reach / layers_with_weights(network))
    return replace(
        longer,
        optimizer=replace(optimizer, weight_decay=PENALTY / samples),
        epochs=epochs,
        batch_size=batch_size,
        lr_decay=power(LAST_LR, 1 / max(epochs, 1)),
    )


def adam_for(updates: int, reach: float = ROWS_REACH / 2) -> Adam:
    """Adam for so many updates, of a hidden layer by default. Its steps are about lr long: few are to be longer."""
    return Adam(max(1e-3, min(0.05, reach / math.sqrt(max(updates, 1)))))


def layers_with_weights(network: Network) -> int:
    """How many there are, at least 1."""
    return max(1, len({parameter.name.rpartition(".")[0] for parameter in network.parameters}))
