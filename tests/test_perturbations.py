"""Good inputs, changed as people change them: each answer is right, or there is a word; none is wrong in silence.

200 changes are drawn, of digits and of tables, of one sample and of many, through each way to ask. What is counted as
right is as good as of the input before.

Nobody can know, without its neighbours, that one sample is another plausible one:

* one digit mirrored, turned over or transposed is a drawing, as digits are;
* one row in a smaller unit is a smaller house, and one of whole numbers may be meant so.

Of many such samples it is said, but of digits that are mirrored or turned over: they lie where digits lie.
"""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule import ChainruleError
from chainrule.data import Dataset, mnist
from good_networks import WORSE, Good, digits, exchanged_pixels, table

Change = Callable[[np.ndarray, np.random.Generator], Any]


OF_DIGITS: dict[str, Change] = {
    "exchanged pixels": exchanged_pixels,
    "inverted": lambda x, _: 255 - x,
    "transposed": lambda x, _: x.swapaxes(2, 3),
    "turned over": lambda x, _: x[:, :, ::-1],
    "shifted": lambda x, rng: np.roll(x, rng.integers(7, 13), rng.integers(2, 4)),
    "shifted in the file": lambda x, rng: np.roll(x.reshape(-1), rng.integers(100, 600)).reshape(x.shape),
    "scaled down": lambda x, rng: (x * rng.uniform(0.05, 0.5)).astype(np.uint8),
    "scaled up": lambda x, rng: x * rng.uniform(1.5, 1e4),
    "scaled to 0 .. 1 and more": lambda x, rng: x / 255 * rng.uniform(1, 20),
    "lighter": lambda x, rng: np.clip(x.astype(int) + rng.integers(60, 200), 0, 255),
    "moved": lambda x, rng: x / 255 - rng.uniform(-2, 2),
    "in standard units": lambda x, _: (x - x.mean()) / x.std(),
    "0 and 1": lambda x, _: (x > 127).astype(np.uint8),
    "bool": lambda x, _: x > 127,
    "int64": lambda x, _: x.astype(np.int64),
    "int8": lambda x, _: x.astype(np.int8),
    "float16": lambda x, _: (x / 255).astype(np.float16),
    "-1 to 1": lambda x, _: x / 127.5 - 1,
    "16 bits": lambda x, _: x.astype(np.uint16) * 257,
    "text": lambda x, _: x.astype(str),
    "with NaN": lambda x, _: np.where(x > 200, np.nan, x / 255),
    "noise": lambda x, rng: rng.integers(0, 256, x.shape).astype(np.uint8),
    "black": lambda x, _: x * 0,
    "cut out and enlarged": lambda x, _: np.kron(x[:, :, 7:21, 7:21], np.ones((1, 1, 2, 2), np.uint8)),
    "half the size": lambda x, _: x[:, :, ::2, ::2],
    "larger": lambda x, _: np.pad(x, ((0, 0), (0, 0), (2, 2), (2, 2))),
    "colour last": lambda x, _: np.moveaxis(np.repeat(x, 3, axis=1), 1, 3),
    "rows": lambda x, _: x.reshape(len(x), -1),
    "a table": lambda x, rng: rng.normal(size=(len(x), 4)),
}
OF_TABLES: dict[str, Change] = {
    "other order": lambda x, rng: np.roll(x, rng.integers(1, x.shape[1]), axis=1),
    "reversed": lambda x, _: x[:, ::-1],
    "larger unit": lambda x, rng: x * rng.choice([2.54, 10, 100, 1000]),
    "smaller unit": lambda x, rng: x / rng.choice([2.54, 10, 100, 1000]),
    "one column in another unit": lambda x, rng: np.column_stack(
        [x[:, 0] * rng.choice([1e-3, 0.1, 10, 1e3]), x[:, 1:]]
    ),
    "shifted": lambda x, rng: x + rng.uniform(50, 300),
    "shifted by deviations": lambda x, rng: x + rng.uniform(4, 9) * (x.std(axis=0) + 0.2 * np.abs(x).mean(axis=0)),
    "negative": lambda x, _: -x,
    "percent": lambda x, _: x / x.sum(axis=1, keepdims=True),
    "in units of the largest": lambda x, _: x / np.abs(x).max(axis=0),
    "cut off": lambda x, _: x.astype(np.int64),
    "bytes": lambda x, _: x.clip(0, 255).astype(np.uint8),
    "bool": lambda x, _: x > np.median(x),
    "float16": lambda x, _: x.astype(np.float16),
    "text": lambda x, _: x.astype(str),
    "with NaN": lambda x, rng: np.where(np.arange(x.shape[1]) == rng.integers(x.shape[1]), np.nan, x),
    "noise": lambda x, rng: rng.normal(size=x.shape),
    "zeros": lambda x, _: x * 0,
    "a column missing": lambda x, _: x[:, 1:],
    "a column more": lambda x, rng: np.column_stack([rng.normal(size=len(x)), x]),
    "the index in place of a column": lambda x, _: np.column_stack([np.arange(len(x)) + 500, x[:, :-1]]),
    "transposed": lambda x, _: x.T if len(x) > 1 else x.T.copy(),
    "digits": lambda x, _: mnist("test").head(len(x)).x,
}
PLAUSIBLE_ALONE = "turned over", "transposed", "smaller unit", "cut off", "bytes", "bool", "percent"
"""What one sample does not show."""
PLAUSIBLE = ("turned over",)
"""What many do not show, either."""


def asked(good: Good, x: Any, t: np.ndarray, way: str) -> tuple[float, list[str]]:
    """How right the answers are, and the words that come with them."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        if way == "answers":
            answers = good.network.answers(x)
            words = [doubt for doubts in answers.doubts.values() for doubt in doubts]
            words += ["unsure"] * bool(answers.unsure.mean() > 0.5)
            score = good.score(answers.said, t)
        elif way == "evaluate":
            found = cr.evaluate(good.network, Dataset(x, t), "reference")
            words, measured = [], found.r2 if good.is_real else found.accuracy
            score = -1.0 if measured is None else measured
        else:
            words, score = [], good.score(good.network.predict(x), t)
    return score, words + [str(each.message) for each in seen]


def outcome(good: Good, x: Any, t: np.ndarray, least: float, way: str) -> str:
    try:
        score, words = asked(good, x, t, way)
    except ChainruleError as error:
        return "refused" if "\n" not in str(error) else "refused in several lines"
    return "right" if score >= least else "warned" if words else "silently wrong"


@pytest.mark.parametrize("many", [True, False], ids=["many", "one"])
@pytest.mark.parametrize(
    ("kind", "draws"),
    [("mlp", 40), ("lecture", 10), ("rows", 10), ("0 to 1", 10), ("iris", 20), ("wine", 10), ("house", 20)],
)
def test_no_answer_is_wrong_in_silence(kind: str, draws: int, many: bool) -> None:
    is_table = kind in ("iris", "wine", "house")
    good, changes = (table(kind), OF_TABLES) if is_table else (digits(kind), OF_DIGITS)
    rng, found = np.random.default_rng(draws), {}
    names = [*rng.permutation(list(changes)), *rng.choice(list(changes), 20)][:draws]
    t = good.t if many else good.t[:1]
    for k, name in enumerate(names):
        way = ("answers", "predict", "evaluate")[k % 3 if many else k % 2]
        x = good.x[: len(t)]
        least = asked(good, x, t, "predict")[0] - WORSE
        with np.errstate(all="ignore"):
            given = changes[name](x, rng)
        if not (way == "evaluate" and len(given) != len(t)):
            found[f"{name}, {way}"] = outcome(good, given, t, least, way)
    unknowable = PLAUSIBLE if many else PLAUSIBLE_ALONE
    wrong = {name: what for name, what in found.items() if what not in ("right", "warned", "refused")}
    assert not {name for name in wrong if name.split(",")[0] not in unknowable}, wrong
    assert {"right", "warned", "refused"} <= {*found.values()} or draws == 10
