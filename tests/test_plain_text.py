"""TOML and JSON from outside: of a stated size, depth and range, before anybody uses them."""

import tracemalloc
from pathlib import Path

import pytest

from chainrule.base.errors import DataError
from chainrule.base.plain_text import TOML_BYTES, json_of, toml_file, toml_of
from messages import exactly
from odd_files import put_odd_file

DEEP = "is nested too deep; expected at most 64 levels"
MANY = "has more than 60,000 keys or 400,000 values; expected no more"
TOML = {
    "a key of 100,000 dots": ("a." * 100_000 + "a = 1", DEEP),
    "of quoted parts": ("'a' . \"b\"." * 50_000 + "a = 1", DEEP),
    "a header of many": ("[" + "a." * 2_000 + "a]", DEEP),
    "many keys of many parts": ("\n".join("a." * 60 + f"k{k} = 1" for k in range(30_000)), DEEP),
    "nested lists": ("a = " + "[" * 5_000, DEEP),
    "nested tables": ("a = " + "{a = " * 5_000, DEEP),
    "65 lists": ("a = " + "[" * 65 + "]" * 65, DEEP),
    "a number of 5,000 digits": ("a = " + "9" * 5_000, "not a TOML file: Exceeds the limit"),
    "of 5,000 hexadecimal ones": ("a = [1, 0x" + "f" * 5_000 + "]", "a[1] is a number of 20,000 bits; expected 128"),
    "a date": ("a = 1979-05-27", "a is a date; expected numbers, text, truth values, lists and tables"),
    "a time": ("a.b = 07:32:00", "a.b is a time; expected"),
    "not a number": ("a = [1.0, nan]", "a[1] is nan; expected a number"),
    "the same key twice": ("a = 1\na = 2", "not a TOML file: Cannot overwrite a value"),
    "many values": ("a = [" + "1," * 500_000 + "]", MANY),
    "many keys": ("\n".join(f"k{k}=1" for k in range(70_000)), MANY),
    "many escapes": ('a = "' + "\\n" * 500_000 + '"', MANY),
    "half of a text": ('a = "' + '\\"' * 100_000, "not a TOML file: "),
    "a letter, often": ("a" * 1_000_000, "not a TOML file: "),
    "a zero byte": ("a = 'a\0'", "not a TOML file: "),
}
JSON = {
    "nested": ("[" * 100_000, DEEP),
    "65 lists": ("[" * 66 + "]" * 66, DEEP),
    "many values": ("[" + "[]," * 500_000 + "[]]", "has more than 400,000 values; expected no more"),
    "long": ('"' + "x" * (16 << 20) + '"', "has 16,777,218 characters; expected at most 16,777,216"),
    "half of a text": ('"' + '\\"' * 100_000, "no JSON: "),
    "5,000 digits": ("9" * 5_000, "no JSON: Exceeds the limit"),
    "100 digits": ("9" * 100, "is a number of 333 bits; expected 128"),
    "a key twice": ('{"a": {"b": 1, "b": 1}}', "no JSON: a key comes twice"),
    "half of a character": ('{"a": ["x", "\\ud83d"]}', "a[1] holds '\\ud83d'; expected whole characters"),
    "in a name": ('{"\\ud83d": 1}', " holds '\\ud83d'; expected whole characters"),
    "not a number": ('{"a": NaN}', "a is nan; expected a number"),
    "nothing": ("", "no JSON: "),
}


def refusal(read, text: str) -> str:
    """Why it is refused: in one line that names the place, with little memory."""
    tracemalloc.start()
    try:
        with pytest.raises(DataError) as refused:
            read(text, "place", DataError)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    line = str(refused.value)
    assert line.startswith("place")
    assert "\n" not in line
    assert len(line) < 800
    assert peak < 64 << 20
    return line


@pytest.mark.parametrize("name", TOML)
def test_toml_that_would_take_long_or_much_is_refused(name):
    assert TOML[name][1] in refusal(toml_of, TOML[name][0])


@pytest.mark.parametrize("name", JSON)
def test_json_that_would_take_long_or_much_is_refused(name):
    assert JSON[name][1] in refusal(json_of, JSON[name][0])


def test_what_is_sensible_is_read():
    dots = "1.2.3." * 1_000
    text = (
        f'a.b.c = [1, -2.5, true, "{dots}"]\n# {dots}a = 1\n[x."y.z"]\nk = """{dots}"""\n[[layers]]\ntype = \'{dots}\''
    )
    found = toml_of(text, "place", DataError)
    assert found["a"]["b"]["c"] == [1, -2.5, True, dots]
    assert found["x"] == {"y.z": {"k": dots}}
    assert found["layers"] == [{"type": dots}]
    numbers = ",\n".join(["0.1234567890123456"] * 120_000)  # a mean and a deviation of 60,000 columns
    assert len(toml_of(f"mean = [{numbers}]", "place", DataError)["mean"]) == 120_000
    assert json_of('{"a": [Infinity, -0.0, 1e300, "\\udcff"]}', "place", DataError)["a"][0] == float("inf")
    assert toml_of("a = " + "[" * 64 + "]" * 64, "place", DataError)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("pipe", "is a pipe; expected a file in TOML"),
        ("folder", "is a folder; expected a file in TOML"),
        ("loop", "cannot be read: Too many levels of symbolic links"),
        ("large", f"has {10 * 2**30:,} bytes; expected at most {TOML_BYTES:,}"),
    ],
)
def test_what_is_no_file_of_toml_is_refused(tmp_path, kind, message):
    put_odd_file(kind, tmp_path / "a.toml")
    refuses(tmp_path / "a.toml", message)


def test_a_file_that_is_not_there_or_not_utf_8_is_refused(tmp_path):
    refuses(tmp_path / "a.toml", "no such file; expected a file in TOML")
    (tmp_path / "a.toml").write_bytes(b"a = '\xff'")
    wrong = "'utf-8' codec can't decode byte 0xff in position 5: invalid start byte"
    refuses(tmp_path / "a.toml", f"not a TOML file: {wrong}")


def refuses(path: Path, message: str) -> None:
    with pytest.raises(DataError, match=exactly(f"{path}: {message}")):
        toml_file(path, DataError)
