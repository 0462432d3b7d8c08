"""Crafted files: they announce or unpack to far more than they hold, or are no files at all."""

import gzip
import io
import struct
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from chainrule.base.errors import ChainruleError
from chainrule.data.array_files import read_arrays
from chainrule.data.cifar import read_cifar
from chainrule.data.idx import read_idx
from chainrule.data.images import read_seen
from chainrule.data.npy import read_npy
from chainrule.data.pixels import common_form
from chainrule.data.table_files import read_table
from chainrule.data.tables import read_csv
from torture.campaign import Tally, campaign
from torture.fuzzing import Target

ZEROS = bytes(1 << 20)


def packed(begins: bytes, megabytes: int) -> bytes:
    """What gzip makes of these bytes, and so many megabytes of zeros, in members of a megabyte."""
    return gzip.compress(begins) + gzip.compress(ZEROS) * megabytes


def idx_header(*shape: int) -> bytes:
    return struct.pack(f">BBBB{len(shape)}I", 0, 0, 8, len(shape), *shape)


def npy_header(text: str, version: int = 1) -> bytes:
    length = len(text).to_bytes(2 if version == 1 else 4, "little")
    return b"\x93NUMPY" + bytes([version, 0]) + length + text.encode("latin-1")


def announced(shape: str, descr: str = "'<f4'") -> bytes:
    return npy_header(f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}")


def zipped(content: bytes, method: int, megabytes: int = 0, size: int | None = None) -> bytes:
    """A zip of x.npy and t.npy with this content and zeros, announced to have another size if that is given."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method, compresslevel=1) as archive:
        for name in ("x.npy", "t.npy"):
            with archive.open(name, "w") as member:
                member.write(content)
                for _ in range(megabytes):
                    member.write(ZEROS)
    data = file.getvalue()
    at = data.rfind(b"PK\1\2")
    return data if size is None else data[: at + 24] + struct.pack("<I", size) + data[at + 28 :]


def png(width: int, height: int, depth: int = 8, colour: int = 0) -> bytes:
    """A picture that announces this size, and holds a megabyte of zeros."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(ZEROS)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*each) for each in chunks)


def gif(side: int) -> bytes:
    size = struct.pack("<HH", side, side)
    return b"GIF89a" + size + b"\0\0\0,\0\0\0\0" + size + b"\0\x08\0;"


def bmp(side: int) -> bytes:
    return b"BM" + struct.pack("<IIIIiiHHIIIIII", 54, 0, 54, 40, side, side, 1, 24, 0, 0, 0, 0, 0, 0)


def tiff(side: int) -> bytes:
    tags = {256: side, 257: side, 258: 8, 259: 1, 262: 1, 273: 8, 277: 1, 278: side, 279: side * side % 2**32}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + entries + bytes(4)


def tar(header: tarfile.TarInfo, content: bytes = b"") -> bytes:
    return header.tobuf(tarfile.GNU_FORMAT) + content


def member(name: str, size: int, kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.type = size, kind
    return info


def read_picture(path: Path) -> None:
    common_form([path], None, None)
    read_seen(path)


def read_either(path: Path) -> None:
    """As a user's table, by either door."""
    read_csv(path)
    read_table(path)


BOMBS: dict[str, tuple[Callable[[Path], object], Callable[[], bytes]]] = {
    "gzip with more than announced": (read_idx, lambda: packed(idx_header(10, 28, 28), 300)),
    "gzip that announces 3 GB": (read_idx, lambda: packed(idx_header(3 << 20, 32, 32), 300)),
    "gzip that announces 10^18": (read_idx, lambda: packed(idx_header(1 << 20, 1 << 20, 1 << 20), 1)),
    "gzip of gzip": (read_idx, lambda: gzip.compress(packed(b"", 300))),
    "IDX that announces 10^18": (read_idx, lambda: idx_header(1 << 20, 1 << 20, 1 << 20)),
    "IDX of 64 axes": (read_idx, lambda: idx_header(*[2**32 - 1] * 64)),
    "IDX of 0 and 2^32": (read_idx, lambda: idx_header(0, *[2**32 - 1] * 20)),
    "table packed 1,000 times": (read_either, lambda: packed(b"a,b\n1,2\n", 300)),
    "table of lines packed 1,000 times": (read_either, lambda: gzip.compress(b"1,2,3\n" * 10**7)),
    "table of one line": (read_either, lambda: b"1," * (9 << 20)),
    "table with an open quote": (read_either, lambda: b'a,b\n1,"2\n' + b"1,2\n" * 200_000),
    "table of quotes": (read_either, lambda: b'"' * (1 << 18)),
    "npz that unpacks to 120 MB": (read_arrays, lambda: zipped(announced("(31457280,)"), 8, 120)),
    "npz with more than announced": (read_arrays, lambda: zipped(announced("(3,)"), 8, 120)),
    "npz with less than announced": (read_arrays, lambda: zipped(announced("(1000000000000,)"), 8, 1)),
    "npz that lies about its size": (read_arrays, lambda: zipped(announced("(9,)"), 8, 1, 2**32 - 2)),
    "npz packed by bzip2": (read_arrays, lambda: zipped(announced("(9,)"), 12, 10)),
    "npz packed by LZMA": (read_arrays, lambda: zipped(announced("(9,)"), 14, 10)),
    "npz with .. in a name": (read_arrays, lambda: zipped(b"", 0).replace(b"x.npy", b"../.x")),
    "npz of nothing": (read_arrays, lambda: b"PK\5\6" + bytes(18)),
    "npy of 10^18": (read_npy, lambda: announced("(1000000000000000000,)")),
    "npy of 0 x 2^63": (read_npy, lambda: announced("(0, 9223372036854775808)")),
    "npy of -1": (read_npy, lambda: announced("(-1,)") + bytes(4)),
    "npy of a huge shape": (read_npy, lambda: announced(f"({'1, ' * 500})")),
    "npy of no width": (read_npy, lambda: announced("(1000000000000000000,)", "'<U0'")),
    "npy of objects": (read_npy, lambda: announced("(1,)", "'|O'") + b"cos\nsystem\n"),
    "npy of records": (read_npy, lambda: announced("(1,)", "[('a', '<f4', (1000000000,))]")),
    "npy of nested records": (read_npy, lambda: announced("(1,)", "[('a', " * 150 + "'<f4'" + ")]" * 150)),
    "npy of parentheses": (read_npy, lambda: npy_header("(" * 2000)),
    "npy of minus signs": (read_npy, lambda: npy_header("-" * 2000 + "1")),
    "npy of a long header": (read_npy, lambda: npy_header("{" + " " * 60000 + "}")),
    "npy of a longer header": (read_npy, lambda: npy_header("[" * 10**6, 2)),
    "npy of version 9": (read_npy, lambda: npy_header("{}", 9)),
    "npy that calls": (read_npy, lambda: npy_header("{'descr': __import__('os').system('true')}")),
    "PNG of 10^9 pixels": (read_picture, lambda: png(31623, 31623)),
    "PNG of 2^62 pixels": (read_picture, lambda: png(2**31 - 1, 2**31 - 1, 16, 6)),
    "PNG of 70 million pixels": (read_picture, lambda: png(8400, 8400, 1)),
    "PNG of no pixels": (read_picture, lambda: png(0, 0)),
    "GIF of 4 x 10^9 pixels": (read_picture, lambda: gif(65535)),
    "BMP of 2^62 pixels": (read_picture, lambda: bmp(2**31 - 1)),
    "TIFF of 2^62 pixels": (read_picture, lambda: tiff(2**31 - 1)),
    "TIFF of 60 million pixels": (read_picture, lambda: tiff(7700)),
    "PPM of 10^18 pixels": (read_picture, lambda: b"P6 1000000000 1000000000 255\n"),
    "PPM of digits": (read_picture, lambda: b"P2 " + b"9" * 10**6 + b" 1 255\n"),
    "tar that announces 10^12": (read_cifar, lambda: tar(member("train.bin", 10**12))),
    "tar packed 1,000 times": (read_cifar, lambda: packed(tar(member("train.bin", 300 << 20)), 300)),
    "tar with a long name": (read_cifar, lambda: packed(tar(member("x", 300 << 20, tarfile.GNUTYPE_LONGNAME)), 300)),
    "tar of a sparse file": (read_cifar, lambda: tar(member("train.bin", 0, tarfile.GNUTYPE_SPARSE))),
    "tar of many members": (read_cifar, lambda: gzip.compress(tar(member("x", 0)) * (1 << 16))),
    "tar of a pipe": (read_cifar, lambda: tar(member("train.bin", 0, tarfile.FIFOTYPE)) + bytes(1024)),
    "EPS called a picture": (read_picture, lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(x) (w) file\n"),
}


def is_refused(read: Callable[[Path], object], path: Path) -> None:
    """AssertionError unless the file is refused in the way that it should be."""
    try:
        read(path)
    except ChainruleError as error:
        if not str(error).startswith(str(path)):
            raise AssertionError(f"an error without the path: {error}") from None
        return
    raise AssertionError("was read")


def forget_peak() -> None:
    """Begin to measure the most memory in use anew, where the system lets us."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


@campaign(
    "A crafted file is refused in a line with its path, in under 1 s and 64 MiB more", tries=len(BOMBS), few=len(BOMBS)
)
def bombs(tally: Tally) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "bomb")
        for k in tally:
            name = [*BOMBS][k]
            read, made = BOMBS[name]
            path.write_bytes(made())
            forget_peak()
            wrong = Target(name, lambda _, read=read: is_refused(read, path), []).fault(b"")
            tally.check(not wrong, f"{name}: {wrong}")
