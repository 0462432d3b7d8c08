"""Whether a picture's file is whole, where Pillow does not look: the end of a PNG, and the checksums of its chunks."""

import struct
import zlib
from typing import BinaryIO

from chainrule.data.packed import PIECE

PNG = b"\x89PNG\r\n\x1a\n"
CHUNK = struct.Struct(">I4s")
"""A chunk begins with the length of its content, and its kind; its checksum, of kind and content, ends it."""


def check_whole(file: BinaryIO) -> None:
    """ValueError if the file is a PNG that ends too early, or of which a byte is another; it is at its beginning again.

    Of the other kinds Pillow refuses those that end too early, and they have no checksums.
    """
    if file.read(len(PNG)) == PNG:
        kind = b""
        while kind != b"IEND":
            kind = _check_chunk(file)
    file.seek(0)


def _check_chunk(file: BinaryIO) -> bytes:
    """The kind of the chunk that begins here."""
    begins = file.read(CHUNK.size)
    length, kind = CHUNK.unpack(begins) if len(begins) == CHUNK.size else (0, b"")
    found, left = zlib.crc32(kind), length
    while left and (piece := file.read(min(left, PIECE))):
        found, left = zlib.crc32(piece, found), left - len(piece)
    checksum = file.read(4)
    if left or len(checksum) < 4:
        raise ValueError("truncated: the PNG ends too early, without its last chunk (IEND)")
    if found != int.from_bytes(checksum):
        raise ValueError(f"damaged: the checksum of the PNG's chunk {kind.decode('latin-1')!r} is wrong")
    return kind
