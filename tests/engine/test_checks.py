"""Whatever either engine is given reaches no memory unless it fits, and one line says what is wrong with it."""

from dataclasses import replace

import numpy as np
import pytest

from chainrule import SGD, Adam, DataError, Dataset, Linear, Network, ReLU, SquaredError, Training, UsageError, minimise
from chainrule.engine import ENGINES, execute
from chainrule.losses import SigmoidBinaryCrossEntropy
from chainrule.training.objective import Batch
from chainrule.training.optimizers import State

N = 4
X = np.random.default_rng(0).standard_normal((N, 3)).astype(np.float32)
LABELS = Batch(X, np.array([0, 1, 2, 3]))
ROWS = replace(LABELS, rows=np.array([3, 0, 0, 2]))
WRONG_BATCHES = {
    "label above": (replace(LABELS, t=np.array([0, 1, 5, 3])), "label 5 of sample 2; expected 0 to 4, for 5 outputs"),
    "label far above": (replace(LABELS, t=np.array([0, 1, 2**40, 3])), "label 1099511627776 of sample 2; expected"),
    "label below": (replace(LABELS, t=np.array([0, -1, 2, 3], np.int8)), "label -1 of sample 1; expected 0 to 4"),
    "labels that are reals": (replace(LABELS, t=np.ones(N)), "type float64; expected one class number"),
    "labels in columns": (replace(LABELS, t=np.ones((N, 1), int)), r"shape \(4, 1\) .*; expected one class number"),
    "labels in a list": (replace(LABELS, t=[0, 1, 2, 3]), "t is a list; expected an array of targets"),
    "one label": (replace(LABELS, t=np.array(1)), r"shape \(\) .*; expected one class number"),
    "x too short": (replace(LABELS, x=X[:3]), r"3 samples, but targets of shape \(4,\); expected as many"),
    "x too long": (replace(LABELS, x=np.ones((5, 3))), r"5 samples, but targets of shape \(4,\); expected as many"),
    "x too wide": (replace(LABELS, x=np.ones((N, 4))), r"x has shape \(4, 4\); expected \(samples, 3\)"),
    "x of strings": (replace(LABELS, x=X.astype(str)), r"x is <U\d+ of shape \(4, 3\); expected an array of numbers"),
    "x of objects": (replace(LABELS, x=X.astype(object)), "x is object of shape .*; expected an array of numbers"),
    "x complex": (replace(LABELS, x=X.astype(complex)), "x is complex128 of shape .*; expected an array of numbers"),
    "row above": (replace(ROWS, rows=np.array([0, 4, 0, 0])), "row 4 for sample 1 of the batch; expected one of the 4"),
    "row below": (replace(ROWS, rows=np.array([0, 0, -1, 0])), "row -1 for sample 2 of the batch; expected one of"),
    "rows too short": (replace(ROWS, rows=np.arange(3)), r"rows is int64 of shape \(3,\); expected whole numbers of"),
    "rows too long": (replace(ROWS, rows=np.zeros(5, int)), r"rows is int64 of shape \(5,\); expected whole numbers"),
    "rows of reals": (replace(ROWS, rows=np.zeros(N)), "rows is float64 of shape .*; expected whole numbers of shape"),
    "weights too short": (replace(LABELS, sample_weight=np.ones(3)), r"sample_weight is float64 of shape \(3,\); exp"),
    "a single weight": (replace(LABELS, sample_weight=np.ones(1)), r"sample_weight is float64 of shape \(1,\); expec"),
    "a number as weight": (replace(LABELS, sample_weight=2.0), r"sample_weight is a float; expected numbers of shape"),
    "weights of strings": (replace(LABELS, sample_weight=np.full(N, "1")), "sample_weight is <U1 of shape .*; expecte"),
}
WRONG_TARGETS = {
    "NaN": (SquaredError(), np.array([0, np.nan, 0, 0]), "target nan at position 1; expected a finite number"),
    "infinite": (SquaredError(), np.array([[0], [0], [0], [np.inf]]), "target inf at position 3; expected a finite"),
    "strings": (SquaredError(), np.full(N, "1"), "targets of type <U1; expected numbers"),
    "too wide": (SquaredError(), np.ones((N, 2)), r"targets of shape \(2,\) a sample; expected \(1,\)"),
    "too long": (SquaredError(), np.ones(N + 1), r"4 samples, but targets of shape \(5,\); expected as many"),
    "no bit": (SigmoidBinaryCrossEntropy(), np.array([0, 1, 2, 1]), "target 2 at position 2; expected a number from 0"),
}
SPOILT = {  # what is wrong with a vector, and what is said of it
    "too short": (lambda a: a[..., :-1].copy(), r"{} is float32 of shape \([^\n]*\); expected float"),
    "too long": (lambda a: np.concatenate([a, a[..., :1]], -1), r"{} is float32 of shape \([^\n]*\); expected float"),
    "of whole numbers": (lambda a: a.astype(np.int32), r"{} is int32 of shape \([^\n]*\); expected float"),
    "with gaps": (
        lambda a: np.repeat(a, 2, -1)[..., ::2],
        r"{} is float32 of shape [^\n]* with gaps; expected one piece",
    ),
    "in a list": (lambda a: a.tolist(), r"{} is a list; expected float"),
    "of two axes": (lambda a: a[None], r"{} is float32 of shape \(1, [^\n]*\); expected float"),
}
engines = pytest.mark.parametrize("engine", ENGINES)
spoilt = pytest.mark.parametrize(("spoil", "message"), SPOILT.values(), ids=SPOILT)


def network() -> Network:
    return Network([Linear(6), ReLU(), Linear(5)], 3, seed=1)


class Given:
    """An engine, w, room for its gradient, and Adam's state."""

    def __init__(self, engine: str, of: Network | None = None) -> None:
        self.objective = execute(of or network(), engine)
        self.w = self.objective.layout.pack(self.objective.network.w)
        self.gw, self.state = np.zeros_like(self.w), Adam().new_state(self.w)

    def refuses(self, batch: Batch, message: str) -> None:
        """In whatever it is asked to do with the batch; w and the state stay."""
        before = self.w.tobytes()
        for ask in (
            lambda: self.objective.loss(self.w, batch),
            lambda: self.objective.loss_and_gradient(self.w, batch, self.gw),
            lambda: self.objective.step(Adam(), self.w, batch, self.gw, state=self.state),
        ):
            with pytest.raises(DataError, match=message) as raised:
                ask()
            assert "\n" not in str(raised.value)
        assert (self.w.tobytes(), self.state.step, self.state.vectors.any()) == (before, 0, False)


@engines
@pytest.mark.parametrize(("batch", "message"), WRONG_BATCHES.values(), ids=WRONG_BATCHES)
def test_a_batch_that_does_not_fit(engine: str, batch: Batch, message: str) -> None:
    Given(engine).refuses(batch, message)


@engines
def test_what_is_no_batch(engine: str) -> None:
    given = Given(engine)
    with pytest.raises(UsageError, match=r"the batch is \(float32 of .*; expected Batch\(x, t\)"):
        given.objective.loss(given.w, (X, LABELS.t))  # type: ignore[arg-type]


@engines
@pytest.mark.parametrize(("loss", "t", "message"), WRONG_TARGETS.values(), ids=WRONG_TARGETS)
def test_targets_that_are_not_the_losss(engine: str, loss: SquaredError, t: np.ndarray, message: str) -> None:
    Given(engine, Network([Linear(1)], 3, loss)).refuses(Batch(X, t), message)


@engines
@pytest.mark.parametrize("batch", [LABELS, ROWS, replace(LABELS, t=LABELS.t.astype(np.uint8)[::-1])])
def test_what_fits_is_taken(engine: str, batch: Batch) -> None:
    given = Given(engine)
    assert np.isfinite(given.objective.step(Adam(), given.w, batch, given.gw, state=given.state)).all()
    assert given.state.step == 1


@engines
@pytest.mark.parametrize("t", [np.array([0, 0.5, 2, 1]), np.array([[3], [1], [0], [1]]), np.ones(N, np.uint8)])
def test_a_single_output_takes_targets_of_either_shape(engine: str, t: np.ndarray) -> None:
    given = Given(engine, Network([Linear(1)], 3, SquaredError()))
    assert given.objective.loss(given.w, Batch(X, t)) > 0


@engines
def test_no_samples_are_as_good_as_some(engine: str) -> None:
    given, nothing = Given(engine), Batch(X[:0], LABELS.t[:0])
    assert given.objective.outputs(given.w, X[:0]).shape == (0, 5)
    assert given.objective.loss_and_gradient(given.w, nothing, given.gw) == 0
    assert not given.gw.any()


@engines
def test_labels_out_of_range_are_not_trained_on(engine: str) -> None:
    digits = Dataset(X, np.array([0, 1, 2, 5]))
    with pytest.raises(DataError, match=r"label 5 of sample .; expected 0 to 4, for 5 outputs"):
        minimise(execute(network(), engine), digits, network().w, Training(Adam(), epochs=1, batch_size=2))


@engines
@pytest.mark.parametrize("size", [1, 3])
def test_training_from_a_w_of_another_size(engine: str, size: int) -> None:
    with pytest.raises(UsageError, match=rf"w .*shape \({size},\)"):
        minimise(execute(network(), engine), Dataset(X, LABELS.t), np.zeros(size, np.float32), Training(epochs=1))


@engines
@spoilt
def test_w_that_does_not_fit(engine: str, spoil, message: str) -> None:
    given = Given(engine)
    w, objective = spoil(given.w), given.objective
    for ask in (
        lambda: objective.loss(w, LABELS),
        lambda: objective.loss_and_gradient(w, LABELS, given.gw),
        lambda: objective.step(Adam(), w, LABELS, given.gw, state=given.state),
        lambda: objective.update(Adam(), w, given.gw, State(given.state.vectors, 1)),
        lambda: objective.outputs(w, X),
    ):
        with pytest.raises(UsageError, match=rf"\A{message.format('w')}"):
            ask()


@engines
@spoilt
def test_room_for_the_gradient_that_does_not_fit(engine: str, spoil, message: str) -> None:
    given = Given(engine)
    gw, objective, before = spoil(given.gw), given.objective, given.w.tobytes()
    for ask in (
        lambda: objective.loss_and_gradient(given.w, LABELS, gw),
        lambda: objective.step(Adam(), given.w, LABELS, gw, state=given.state),
        lambda: objective.update(Adam(), given.w, gw, State(given.state.vectors, 1)),
    ):
        with pytest.raises(UsageError, match=rf"\A{message.format('gw')}"):
            ask()
    assert given.w.tobytes() == before


@engines
@pytest.mark.parametrize("name", ["of whole numbers", "with gaps", "in a list", "of two axes"])
def test_a_norm_of_what_is_no_gradient(engine: str, name: str) -> None:
    spoil, message = SPOILT[name]
    given = Given(engine)
    with pytest.raises(UsageError, match=rf"\A{message.format('gw')}"):
        given.objective.norm(spoil(given.gw))


@engines
@spoilt
def test_a_state_that_does_not_fit(engine: str, spoil, message: str) -> None:
    given = Given(engine)
    vectors, before = spoil(given.state.vectors), given.w.tobytes()
    name = "Adam's state"
    for ask in (
        lambda: given.objective.step(Adam(), given.w, LABELS, given.gw, state=State(vectors)),
        lambda: given.objective.update(Adam(), given.w, given.gw, State(vectors, 1)),
    ):
        with pytest.raises(UsageError, match=rf"\A{message.format(name)}"):
            ask()
    assert given.w.tobytes() == before


@engines
def test_the_state_of_another_optimizer(engine: str) -> None:
    given = Given(engine)
    with pytest.raises(UsageError, match=r"\AAdam's state is float32 of shape \(0, \d+\); expected .*\(2, \d+\)\Z"):
        given.objective.step(Adam(), given.w, LABELS, given.gw, state=SGD().new_state(given.w))


@engines
def test_what_is_read_only_is_not_written_to(engine: str) -> None:
    given = Given(engine)
    given.w.flags.writeable = given.gw.flags.writeable = False
    assert np.isfinite(given.objective.loss(given.w, LABELS))
    with pytest.raises(UsageError, match=r"gw is .*, read-only; expected an array that can be written to"):
        given.objective.loss_and_gradient(given.w, LABELS, given.gw)
    with pytest.raises(UsageError, match=r"w is .*, read-only; expected an array that can be written to"):
        given.objective.step(Adam(), given.w, LABELS, np.zeros_like(given.gw), state=given.state)


@engines
@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.float32(1), r"x is float32; expected an array of samples"),
        (X[0], r"x has shape \(3,\)"),
        (X[:, :2], r"x has shape \(4, 2\)"),
        (X.astype(str), r"x holds <U\d+; expected numbers"),
        ([[1, 2, 3], [1, 2]], "x is no array: setting an array element with a sequence"),
    ],
)
def test_x_that_does_not_fit(engine: str, x: np.ndarray, message: str) -> None:
    given = Given(engine)
    with pytest.raises(DataError, match=message):
        given.objective.outputs(given.w, x)
