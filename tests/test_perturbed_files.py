"""Files of every kind are asked on the command line: the answer is right, or there is a word; it is never wrong in
silence."""

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from chainrule.cli import run
from good_networks import WORSE, Good, digits, exchanged_pixels, table

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


@pytest.mark.parametrize(
    "kind", ["iris", pytest.param("wine", marks=pytest.mark.heavy), pytest.param("house", marks=pytest.mark.heavy)]
)
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


def pictures_of(digit: np.ndarray) -> dict[str, np.ndarray]:
    """Pictures, by what was done to a digit (28, 28)."""
    large = np.asarray(Image.fromarray(digit).resize((112, 112)))
    return {
        "good": digit,
        "inverted": 255 - digit,
        "large": large,
        "large and dark": 255 - large,
        "moved": np.roll(large, 20, axis=1),
        "on a large page": np.pad(255 - large, 300, constant_values=255),
        "16 bits": digit.astype(np.uint16) * 257,
        "faint": (200 - digit // 4).astype(np.uint8),
        "colour": np.stack([255 - digit] * 2 + [digit * 0 + 255], axis=2),
        "two levels": digit > 127,
        "noise": np.random.default_rng(0).integers(0, 256, (28, 28)).astype(np.uint8),
        "exchanged pixels": exchanged_pixels(digit[np.newaxis, np.newaxis], np.random.default_rng(0))[0, 0],
        "blank": digit * 0,
        "white": digit * 0 + 255,
        "two digits": np.hstack([large, large]),
        "a gradient": np.tile(np.arange(100, dtype=np.uint8), (100, 1)),
    }


def test_no_file_of_a_digit_is_answered_wrongly_in_silence(tmp_path: Path, capsys) -> None:
    good, model = digits("mlp"), tmp_path / "model.safetensors"
    good.network.save(model)
    right = good.network.classify(good.x) == good.t
    digit, true = good.x[right][0, 0], int(good.t[right][0])
    for name, pixels in pictures_of(digit).items():
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
