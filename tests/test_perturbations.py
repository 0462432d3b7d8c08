"""Good inputs, changed as people change them: each answer is right, or there is a word; none is wrong in silence.

200 changes are drawn, of digits and of tables, of one sample and of many, through each way to ask; and files of every
kind are given to the command line. What is counted as right is as good as of the input before.

Nobody can know, without its neighbours, that one sample is another plausible one:

* one digit mirrored, turned over or transposed is a drawing, as digits are;
* one row in a smaller unit is a smaller house, and one of whole numbers may be meant so.

Of many such samples it is said, but of digits that are mirrored or turned over: they lie where digits lie.
"""

import json
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_iris, load_wine

import chainrule as cr
from chainrule import ChainruleError
from chainrule.cli import run
from chainrule.data import Dataset, mnist

Change = Callable[[np.ndarray, np.random.Generator], Any]
WORSE = 0.1
"""How much less of the answers, or of R2, may be right."""


@dataclass
class Good:
    """A network and what it does well."""

    network: cr.Network
    x: np.ndarray
    t: np.ndarray
    names: tuple[str, ...] | None = None
    classes: tuple[str, ...] | None = None

    @property
    def is_real(self) -> bool:
        return self.t.dtype.kind == "f"

    def score(self, said: np.ndarray, t: np.ndarray) -> float:
        """The part that is right; of values, how near they are, 1 at best."""
        if len(said) != len(t):
            return -1.0
        if not self.is_real:
            return float(np.mean(said.argmax(axis=1) == t))
        return 1 - float(np.mean((said.reshape(-1) - t) ** 2) / self.t.var())


@cache
def digits(kind: str) -> Good:
    train, test = mnist("train").head(1500), mnist("test").head(150)
    preset, changed = ("lecture", train.head(250)) if kind == "lecture" else ("mlp", train)
    pixels = {"rows": lambda x: x.reshape(-1, 784), "0 to 1": lambda x: (x / 255).astype(np.float32)}
    prepared = pixels.get(kind, lambda x: x)
    data = Dataset(prepared(changed.x), changed.t)
    network = cr.preset(preset).network_for(data, 10)
    cr.fit(network, data, cr.Training(cr.Adam(3e-3), epochs=3), engine="reference")
    return Good(network, test.x, test.t)


@cache
def table(kind: str) -> Good:
    """With names where the kind has them."""
    if kind == "house":
        return house()
    source: Any = {"iris": load_iris, "wine": load_wine}[kind]()
    order = np.random.default_rng(1).permutation(len(source.data))
    classes = tuple(map(str, source.target_names))
    return trained(source.data[order], source.target[order].astype(np.int64), tuple(source.feature_names), classes)


def house() -> Good:
    """A price by the area, the rooms, the age, and how far the house is from the centre."""
    rng = np.random.default_rng(3)
    area, age, distance = rng.uniform(40, 250, 450), rng.uniform(0, 100, 450), rng.gamma(2, 4, 450)
    rooms = np.rint(area / 30 + rng.normal(0, 0.7, 450)).clip(1)
    price = 3000 * area + 8000 * rooms - 900 * age - 2500 * distance + rng.normal(0, 8000, 450)
    return trained(np.column_stack([area, rooms, age, distance]), price, ("area", "rooms", "age", "distance"))


def trained(x: np.ndarray, t: np.ndarray, names: tuple[str, ...], classes: tuple[str, ...] | None = None) -> Good:
    """On two thirds; the others are what it is asked."""
    cut = len(x) * 2 // 3
    data = Dataset(x[:cut], t[:cut], columns=names, classes=classes, target="target")
    network = cr.preset("mlp").network_for(data)
    cr.fit(network, data, engine="reference")
    return Good(network, x[cut:], t[cut:], names, classes)


def exchanged_pixels(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return x.reshape(len(x), -1)[:, rng.permutation(x[0].size)].reshape(x.shape)


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


LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
PAGE = "<!DOCTYPE html>\n<html><body>404, not found, sorry</body></html>\n"
LETTER = "Dear all,\nthis is a letter, and no table.\n"


def text_of(header: tuple[str, ...] | None, columns: list[Any], separator: str = ",") -> str:
    """A CSV file of columns of numbers or text."""
    rows = [*([header] if header else []), *zip(*columns, strict=True)]
    return "".join(separator.join(map(str, row)) + "\n" for row in rows)


def tables_of(good: Good) -> dict[str, str | bytes]:
    """Files, by what was done to a good one."""
    assert good.names is not None
    names, x = good.names, [*good.x.T]
    t = good.t if good.classes is None else np.array(good.classes)[good.t]
    mixed, turned = (names[0], "target", *names[1:]), (*names[::-1], "target")
    full, header = [*x, t], (*names, "target")
    good_text = text_of(header, full)
    return {
        "good": good_text,
        "the target in the middle": text_of(mixed, [x[0], t, *x[1:]]),
        "other order": text_of(turned, [*x[::-1], t]),
        "no header": text_of(None, full),
        "no header, the target first": text_of(None, [t, *x]),
        "no header, other order": text_of(None, [*x[::-1], t]),
        "no target": text_of(names, x),
        "a column renamed": text_of(("other", *header[1:]), full),
        "all renamed": text_of(tuple(f"c{k}" for k in range(len(full))), full),
        "names exchanged": text_of((names[1], names[0], *header[2:]), full),
        "in capitals": text_of(tuple(map(str.upper, header)), full),
        "a column missing": text_of(header[1:], full[1:]),
        "columns more": text_of(("note", *header, "z"), [["a"] * len(t), *full, [1] * len(t)]),
        "an index": text_of(("", *header), [range(len(t)), *full]),
        "semicolons": text_of(header, full, ";"),
        "in another unit": text_of(header, [column * 1000 for column in x] + [t]),
        "in a smaller unit": text_of(header, [column / 10 for column in x] + [t]),
        "a cell missing": good_text.replace(str(x[0][3]), "", 1),
        "text for numbers": text_of(header, [["abc"] * len(t), *full[1:]]),
        "twice the same names": text_of((*names, *header), [*x, *full]),
        "the header alone": text_of(header, full).split("\n")[0] + "\n",
        "empty": "",
        "a letter": LETTER,
        "a web page": PAGE,
        "a Git LFS pointer": LFS,
        "UTF-16": good_text.encode("utf-16"),
        "a picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
        "classes renamed": good_text if good.classes is None else text_of(header, [*x, [f"k{k}" for k in good.t]]),
        "classes as floats": good_text if good.classes is None else text_of(header, [*x, good.t.astype(float)]),
        "targets in another unit": text_of(header, [*x, t / 1000] if good.classes is None else full),
    }


def by_command(capsys, *arguments: object) -> tuple[int, Any, str]:
    code = run([*map(str, arguments), "--json"])
    captured = capsys.readouterr()
    return code, json.loads(captured.out) if captured.out else None, captured.err


@pytest.mark.parametrize("kind", ["iris", "wine", "house"])
def test_no_file_of_a_table_is_answered_wrongly_in_silence(kind: str, tmp_path: Path, capsys) -> None:
    good, model, found = table(kind), tmp_path / "model.safetensors", {}
    good.network.save(model)
    t = good.t if good.classes is None else np.array(good.classes)[good.t]
    for name, content in tables_of(good).items():
        path = tmp_path / f"{name}.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        code, told, words = by_command(capsys, "predict", model, path)
        said = np.array([each["prediction"] for each in told["predictions"]] if told else [])
        near = len(said) == len(t) and right_of(good, said, t) > 1 - 2 * WORSE
        found[f"predict {name}"] = outcome_of(code, near, words)
        code, told, words = by_command(capsys, "evaluate", model, "--data", path)
        score = told and (told["regression"]["r2"][0] if good.classes is None else told["accuracy"])
        found[f"evaluate {name}"] = outcome_of(code, bool(score and score > 1 - 2 * WORSE), words)
    assert not {name: what for name, what in found.items() if what not in ("right", "warned", "refused")}
    assert [found["predict good"], found["evaluate good"], found["predict no target"]] == ["right"] * 3


def right_of(good: Good, said: np.ndarray, t: np.ndarray) -> float:
    return float(np.mean(said == t)) if good.classes else 1 - float(np.mean((said - t) ** 2) / t.var())


def outcome_of(code: int, near: bool, words: str) -> str:
    if code:
        return "refused" if words.startswith("chainrule: ") else "refused without a word"
    return "right" if near else "warned" if words else "silently wrong"


def test_no_file_of_a_digit_is_answered_wrongly_in_silence(tmp_path: Path, capsys) -> None:
    good, model = digits("mlp"), tmp_path / "model.safetensors"
    good.network.save(model)
    right = good.network.classify(good.x) == good.t
    seven, true = good.x[right][0, 0], int(good.t[right][0])
    large = np.asarray(Image.fromarray(seven).resize((112, 112)))
    pictures: dict[str, Any] = {
        "good": seven,
        "inverted": 255 - seven,
        "large": large,
        "large and dark": 255 - large,
        "moved": np.roll(large, 20, axis=1),
        "on a large page": np.pad(255 - large, 300, constant_values=255),
        "16 bits": seven.astype(np.uint16) * 257,
        "faint": (200 - seven // 4).astype(np.uint8),
        "colour": np.stack([255 - seven] * 2 + [seven * 0 + 255], axis=2),
        "two levels": seven > 127,
        "noise": np.random.default_rng(0).integers(0, 256, (28, 28)).astype(np.uint8),
        "exchanged pixels": exchanged_pixels(seven[np.newaxis, np.newaxis], np.random.default_rng(0))[0, 0],
        "blank": seven * 0,
        "white": seven * 0 + 255,
        "two digits": np.hstack([large, large]),
        "a gradient": np.tile(np.arange(100, dtype=np.uint8), (100, 1)),
    }
    for name, pixels in pictures.items():
        Image.fromarray(pixels).save(tmp_path / f"{name}.png")
    for name, text in {"a letter": LETTER, "a page": PAGE, "a pointer": LFS, "empty": ""}.items():
        (tmp_path / f"{name}.png").write_text(text)
    with zipfile.ZipFile(tmp_path / "a zip.png", "w") as archive:
        archive.writestr("a.txt", "a")
    (tmp_path / "cut off.png").write_bytes((tmp_path / "large.png").read_bytes()[:200])
    found = {}
    for path in sorted(tmp_path.glob("*.png")):
        code, told, words = by_command(capsys, "predict", model, path)
        answer = told["predictions"][0] if told and told["predictions"] else {}
        words += "".join(answer.get("doubts", ())) + "unsure" * (answer.get("sure") is False)
        found[path.stem] = outcome_of(code, answer.get("prediction") == true, words)
    assert not {name: what for name, what in found.items() if what not in ("right", "warned", "refused")}
    assert {name for name, what in found.items() if what == "right"} >= {"good", "inverted", "large", "moved"}
