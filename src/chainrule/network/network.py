"""A network: layers in a row that know their input's shape, one flat vector w of all their parameters, and a loss.

    y = f_n(w_n; ... f_2(w_2; f_1(w_1; x))),   l = err(y, t)

The chain rule is that of `Sequential`, which a network is. All training rests on the flat vector: w_1, w_2, ... are
views into it, by name.
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from math import prod
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from chainrule.base.arguments import of_kind
from chainrule.base.arrays import as_numbers, described, is_plain, read_only
from chainrule.base.errors import DataError, NetworkError, UsageError
from chainrule.base.numbers import whole_number
from chainrule.base.random import check_seed
from chainrule.data.schema import Classes, Schema
from chainrule.layers.graph import Graph
from chainrule.layers.layer import Context, Layer
from chainrule.layers.passes import Shape
from chainrule.layers.sequential import Sequential
from chainrule.losses import LogSoftmaxNLL, Loss
from chainrule.network.form import checked_dtype, checked_shape
from chainrule.network.moment import numbers_of
from chainrule.network.places import check_names, initial, lay_out, size_of
from chainrule.network.reading import Reading
from chainrule.network.scaling import Scaling
from chainrule.network.summary import Row, rows_of, summary

doors: dict[str, Callable[..., Any]] = {}
"""What stands above a network and is reached through it: save, predictor, html. Rooms above enter themselves here."""


class Network(Sequential):
    """Layers in a row, their shapes inferred from `input_shape` and checked.

        Network([Convolution(32), ReLU(), MaxPooling(), Linear(10)], input_shape=(1, 28, 28))

    layers : Layer objects; each may itself be made of layers (`Sequential`, `Residual`)
    input_shape : of one sample, n or (n,), (channels, length) or (channels, height, width)
    loss : what y is compared with t by (default: LogSoftmaxNLL(), for classes)
    scaling : how bytes become numbers (default: p / 255)
    seed : of the initial weights, 0 to 2**64 - 1
    dtype : np.float32 or np.float64

    w is one flat vector in canonical order: the layers' parameters in order, w before b; convolution (oc, ic, di, dj),
    linear (out, in). `statistics` is another one, of what layers keep that is not learned. Raises NetworkError naming
    the first layer that does not fit.
    """

    nests: ClassVar[bool] = False

    def __init__(
        self,
        layers: Sequence[Layer],
        input_shape: int | Sequence[int],
        loss: Loss | None = None,
        *,
        scaling: Scaling | None = None,
        seed: int = 0,
        dtype: type | np.dtype = np.float32,
    ) -> None:
        super().__init__(layers)
        self.input_shape = checked_shape(input_shape)
        self.output_shape = self.shapes[-1]
        loss = LogSoftmaxNLL() if loss is None else loss
        self.loss = of_kind("the network's loss", loss, Loss, "one, as in NLL()", error=NetworkError)
        self.loss.check_network(self.output_shape)
        self.loss.check_ending(self.graph.nodes[-1].layer, self.output_shape)
        scaling = Scaling() if scaling is None else scaling
        self.scaling = of_kind("the network's scaling", scaling, Scaling, "one, as in Scaling()", error=NetworkError)
        dtype = checked_dtype(dtype)
        self.parameters = lay_out(self.parameters_for(self.input_shape))
        self.kept = lay_out(self.statistics_for(self.input_shape))  # the places in `statistics`
        check_names(self.parameters, self.kept)
        self.size = size_of(self.parameters)
        self.w = self.initial_weights(seed).astype(dtype)
        self.statistics = initial(self.kept, seed, len(self.parameters)).astype(dtype)
        self.schema: Schema | None = None
        """What it was fitted to, once it was; `predict` and `evaluate` match other data to that."""

    @cached_property
    def shapes(self) -> list[Shape]:  # type: ignore[override]
        """Of x, x_1, ..., y."""
        return super().shapes_of(self.input_shape)

    @cached_property
    def graph(self) -> Graph:
        """The network as nodes over values, none of them made of others."""
        return Graph.of(self, self.input_shape)

    def rows(self) -> list[Row]:
        """What each layer is and costs, and each that it is made of."""
        return rows_of(self, self.input_shape)

    @property
    def work(self) -> int:
        """Multiplications by parameters in a forward pass, for one sample."""
        return self.multiply_adds(self.input_shape)

    def initial_weights(self, seed: int) -> np.ndarray:
        """(size,) float64: each parameter drawn from its distribution, all by the seed."""
        seed = check_seed(seed)
        try:
            return initial(self.parameters, seed)
        except MemoryError:
            raise NetworkError(f"the network has {self.size:,} parameters; expected as many as memory holds") from None

    def named(self, w: np.ndarray | None = None) -> dict[str, np.ndarray]:
        """Views of w (default: the network's own) by parameter name: writing to them writes to w."""
        w = self.w if w is None else w
        if not (is_plain(w) and w.shape == (self.size,)):
            raise UsageError(f"w is {described(w)}; expected an array of shape ({self.size},)")
        return {p.name: p.view(w) for p in self.parameters}

    def named_statistics(self, statistics: np.ndarray | None = None) -> dict[str, np.ndarray]:
        """Views of a vector of statistics (default: the network's own) by name."""
        statistics = self.statistics if statistics is None else statistics
        return {p.name: p.view(statistics) for p in self.kept}

    def prepare(self, x: np.ndarray, dtype: np.dtype) -> np.ndarray:
        """x as the first layer reads it: bytes scaled, rows shaped into images, of the given type."""
        x = self.check_shape(x)
        return self.scaling.table(dtype)[x] if x.dtype == np.uint8 else x.astype(dtype, copy=False)

    def check_shape(self, x: np.ndarray) -> np.ndarray:
        """x as (samples, *input_shape), from that, or from rows; for signals also from grey pictures, whose rows are
        channels. DataError if it is none of them."""
        x = as_numbers(x, "x")
        if x.shape[1:] != self.input_shape:
            is_grey = len(self.input_shape) == 2 and x.shape[1:] == (1, *self.input_shape)
            if not is_grey and x.shape[1:] != (prod(self.input_shape),):
                raise DataError(f"x has shape {x.shape}; expected (samples, {', '.join(map(str, self.input_shape))})")
            x = x.reshape(len(x), *self.input_shape)
        return x

    def __call__(self, x: np.ndarray, batch_size: int = 256) -> np.ndarray:
        """y = f_w(x) of x as it stands, in evaluation and by the definitions: (s, *output_shape)."""
        batch_size = whole_number("batch_size", batch_size, 1)
        w, statistics = numbers_of(self)
        x, named = self.check_shape(x), self.named(read_only(w))
        context = Context(statistics=self.named_statistics(statistics))
        parts = [
            self.forward(self.prepare(x[k : k + batch_size], w.dtype), named, context)[0]
            for k in range(0, len(x), batch_size)
        ]
        return np.concatenate(parts) if parts else np.empty((0, *self.output_shape), w.dtype)

    @property
    def reading(self) -> Reading:
        """How it reads data that are not as it was trained on."""
        return Reading(self.schema, self.scaling, self.w.dtype, self.input_shape)

    def predict(self, x: Any) -> np.ndarray:
        """What the network says of x: probabilities of the classes, or the values of a regression in their own unit.

        x is matched to what the network was trained on (`schema`): its columns, its pixels' range, its ink's colour.
        """
        return self.loss.prediction(self(self.reading.samples(x)))

    def classify(self, x: Any) -> np.ndarray:
        """(s,) the most probable class of each x, which is matched as of `predict`."""
        return self.most_probable(self(self.reading.samples(x)))

    def most_probable(self, y: np.ndarray) -> np.ndarray:
        """(s,) the class, by the output y; NetworkError where there are no classes."""
        y = as_numbers(y, "y")
        if y.shape[1:] != self.output_shape:
            raise DataError(f"y has shape {y.shape}; expected (samples, {', '.join(map(str, self.output_shape))})")
        classes = self.classes_of(y)
        if classes is None:
            raise NetworkError(f"a network trained by {type(self.loss).__name__} has no classes; use predict")
        return classes

    def classes_of(self, y: np.ndarray, t: np.ndarray | None = None) -> np.ndarray | None:
        """(s,) the class that each output y_s stands for, as the loss says; None for values.

        A loss of vectors, as SquaredError, gives the largest output if it was trained on class numbers, or is to be
        compared with them, t (s,). What is to be compared with values t (s, ...) stands for none.
        """
        found = self.loss.classes(y)
        if found is not None and t is not None and not self.loss.class_count(t, self.output_shape):
            return None
        if found is None and y.ndim == 2:
            known = self.schema is not None and isinstance(self.schema.answers, Classes)
            if known if t is None else self.loss.class_count(t, self.output_shape):
                found = y.argmax(axis=1)
        return found

    def predictor(self, engine: str = "compiled", threads: int | None = None, batch_size: int = 256) -> Any:
        """This network as it is now, made ready to be asked fast: a `chainrule.tasks.prediction.Predictor`."""
        return doors["predictor"](self, engine, threads, batch_size)

    def answers(self, inputs: Any, *, threshold: float = 0.8, **how: Any) -> Any:
        """What the network says of each input, and how sure it is: a sequence of `chainrule.tasks.answer.Answer`.

            for answer in network.answers(["seven.png", "scans/", "table.csv"]):
                print(answer.place, answer.prediction, answer.probability, answer.doubts)

        inputs : the path of a picture, of a folder of pictures, of a table, or of a file of arrays; several in a list;
            or an array, or a table of pandas
        threshold : the probability from which on an answer is sure
        how : as_is=True, many=True, missing="mean", given=...: see `chainrule.tasks.asking.ask`
        """
        return doors["answers"](self, inputs, threshold=threshold, **how)

    def save(self, path: str | Path) -> None:
        """Write the network and its parameters to one safetensors file; `chainrule.load` reads it."""
        doors["save"](path, self)

    def __repr__(self) -> str:
        return (
            f"<Network {self.input_shape} -> {self.output_shape}: {len(self.layers)} layers, {self.size:,} parameters>"
        )

    def __str__(self) -> str:
        return summary(self, self.input_shape, str(self.loss))

    def _repr_html_(self) -> str:
        return doors["html"](self)

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = object.__hash__  # two networks are two, whatever their layers
