"""The text in a file's bytes, in whichever of the usual ways it is written there."""

import io

from chainrule.base.arguments import AnyPath
from chainrule.base.errors import DataError, warn
from chainrule.base.memory import check_room
from chainrule.base.reading import opened, size_of
from chainrule.data.file_kinds import HEAD, kind_of
from chainrule.data.packed import GZIP, rest_of, unpacked

MARKS = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
"""What a file may begin with, to say how its characters are written."""

LONGEST = 1 << 24
"""Characters of a line at most."""


def table_bytes(path: AnyPath) -> bytes:
    """The bytes of a table's file; DataError as of `opened`, and where its first line does not end."""
    with opened(path) as file:
        check_room(size_of(file), str(path))
        begins = unpacked(file, str(path)).read(LONGEST)
        if len(begins) == LONGEST and b"\n" not in begins and b"\r" not in begins:
            raise too_long(f"{path}:1")
        file.seek(0)
        return file.read()


def too_long(place: str) -> DataError:
    return DataError(f"{place}: over {LONGEST:,} characters; expected a table with a line for each row")


def decoded(data: bytes, name: str) -> str:
    """The text in the bytes of a file, or in what gzip packed of it. Error messages call it `name`.

    It is written in UTF-8, or in UTF-16; what is neither is taken for Latin-1, with a `DataWarning`.
    DataError, which says what it is, for a file of another kind.
    """
    if data.startswith(GZIP):
        data = rest_of(unpacked(io.BytesIO(data), name))
    kind = kind_of(data[:HEAD])
    if kind:
        raise DataError(f"{name}: is {kind}")
    mark = next((mark for mark in MARKS if data.startswith(mark)), b"")
    encoding = MARKS.get(mark) or _without_mark(data)
    try:
        return data[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        if encoding != "utf-8" or b"\0" in data:
            raise DataError(f"{name}: is no text: byte {error.start + len(mark)} is no {encoding}") from None
        found = f"byte {error.start + len(mark)} is 0x{data[error.start + len(mark)]:02x}, which is no UTF-8"
        warn(f"{name}: {found}: read as Latin-1; save it as UTF-8 if names look wrong")
        return data[len(mark) :].decode("latin-1")


def _without_mark(data: bytes) -> str:
    """UTF-16 if every other of the first bytes is 0, as in English text; else UTF-8."""
    head = data[:HEAD]
    half = len(head) // 2
    if half > 1 and head[1::2].count(0) > 0.9 * half:
        return "utf-16-le"
    if half > 1 and head[0::2].count(0) > 0.9 * half:
        return "utf-16-be"
    return "utf-8"
