"""The readers of data, fuzzed."""

import struct

from chainrule.data.idx import parse_idx
from torture.fuzzing import fuzzed

IDX = [
    struct.pack(">BBBBII", 0, 0, 8, 2, 2, 3) + bytes(6),
    struct.pack(">BBBBI", 0, 0, 14, 1, 2) + struct.pack(">2d", 0.5, 1e300),
]


@fuzzed("an IDX file", seeds=IDX)
def idx(data: bytes) -> None:
    parse_idx(data, "fuzzed")
