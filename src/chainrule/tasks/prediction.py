"""A network made ready to be asked: one sample at a time in as little time as possible, or many. Batch normalisations
are folded into what is before them (`network.folding`)."""

import numpy as np

from chainrule.base.arguments import of_kind
from chainrule.base.numbers import whole_number
from chainrule.engine import DEFAULT_ENGINE, execute
from chainrule.network.folding import folded
from chainrule.network.given import check_weights
from chainrule.network.moment import still
from chainrule.network.network import Network
from chainrule.tasks.shared_outputs import shared_outputs


class Predictor:
    """f_w with the w that the network has now, laid out and packed once for the engine.

        predict = network.predictor()
        predict(x)                       # probabilities of the classes, or the values of a regression

    network : what is asked; later changes of its w do not reach the predictor. Where another thread fits it, these are
        the weights of before, or of the end of some epoch
    engine : "compiled" (default) or "reference"
    threads : at most so many for a question, of the compiled engine (default: as many as this process may use)
    batch_size : samples at a time, at least 1: it bounds the memory, and does not change the answers, unless a layer
        mixes samples in evaluation, as BatchNormalisation(running=False)

    x is (s, *input_shape), or rows, and is matched to what the network was trained on, if it knows that
    (`network.schema`). Any number of threads may ask the same predictor: they need not wait for one another, and each
    gets what it would get alone, to the bit. Of several ranks (`chainrule.distributed`) all ask the same, and each
    computes some batches. Raises DataError for an x that does not fit, NetworkError where there are no classes,
    ModelError for a w that is not finite.
    """

    def __init__(
        self, network: Network, engine: str = DEFAULT_ENGINE, threads: int | None = None, batch_size: int = 256
    ) -> None:
        self.network = network
        self.batch_size = whole_number("batch_size", batch_size, 1)
        same = folded(still(of_kind("the network", network, Network, "a Network")))
        self._executor = execute(same, engine, threads=threads)
        self._w = self._executor.layout.pack(same.w)

    def __repr__(self) -> str:
        return f"<Predictor of {self.network!r}>"

    def outputs(self, x: np.ndarray) -> np.ndarray:
        """y = f_w(x) of x as it stands, in numbers that the network reads, or bytes: (s, *output_shape)."""
        x = self.network.check_shape(x)
        parts = [y for _, y in shared_outputs(self.network, len(x), self.batch_size, lambda k: self._ask(x[k]))]
        if len(parts) == 1:
            return parts[0]
        return np.concatenate(parts) if parts else np.empty((0, *self.network.output_shape), self._w.dtype)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """What the network says of x: probabilities of the classes, or the values of a regression in their own unit."""
        return self.network.loss.prediction(self.outputs(self.network.reading.samples(x)))

    def classify(self, x: np.ndarray) -> np.ndarray:
        """(s,) the most probable class of each x."""
        return self.network.most_probable(self.outputs(self.network.reading.samples(x)))

    def _ask(self, x: np.ndarray) -> np.ndarray:
        return self._executor.outputs(self._w, x, unchanged=True)


def predictor_of(
    network: Network, engine: str = DEFAULT_ENGINE, threads: int | None = None, batch_size: int = 256
) -> Predictor:
    """A predictor of a network that has something to say: ModelError if a weight of its is infinite or NaN."""
    of_kind("the network", network, Network, "a Network")
    check_weights(network)
    return Predictor(network, engine, threads, batch_size)
