"""A process under callgrind that counts the instructions of a training step: `instructions` starts it.

It speaks to callgrind by *client requests*, a sequence of instructions that does nothing on a processor. Each preset is
trained twice, for a few batches and for more; both counts are dumped, and their difference is that of so many steps.
"""

import ctypes
import mmap
import sys
from dataclasses import replace

import chainrule as cr

FEW, MORE = 2, 6  # batches
DUMP, ZERO, START, STOP = 0x43540003, 0x43540001, 0x43540004, 0x43540005  # callgrind.h: 'C', 'T', and a number
REQUEST = bytes.fromhex(
    "4889f8 31d2"  # rax = the request's address; rdx = what it returns outside of valgrind
    "48c1c703 48c1c70d 48c1c73d 48c1c733"  # rdi rotated by 64 bits in all
    "4887db"  # xchg rbx, rbx
    "4889d0 c3"
)


class Requests:
    """Makes requests of callgrind. For x86-64 alone."""

    def __init__(self) -> None:
        self.page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        self.page.write(REQUEST)
        start = ctypes.addressof(ctypes.c_char.from_buffer(self.page))
        self.call = ctypes.CFUNCTYPE(ctypes.c_uint64, ctypes.POINTER(ctypes.c_uint64))(start)

    def __call__(self, code: int, argument: int = 0) -> None:
        self.call((ctypes.c_uint64 * 6)(code, argument))


def train(name: str, digits: cr.data.Dataset, batches: int) -> None:
    """`fit` the preset to so many batches, on one thread."""
    chosen = cr.preset(name)
    training = replace(chosen.training, epochs=1, seed=7)
    cr.fit(chosen.network(seed=7), digits.head(batches * (training.batch_size or 1)), training, threads=1)


def count(presets: list[str]) -> None:
    """Dump the counts of each preset under the names "PRESET BATCHES"."""
    request, digits = Requests(), cr.data.mnist("train")
    for name in presets:
        train(name, digits, 1)  # not counted: it binds, and loads kernels
        for batches in (FEW, MORE):
            title = ctypes.create_string_buffer(f"{name} {batches}".encode())
            request(START)
            request(ZERO)
            train(name, digits, batches)
            request(DUMP, ctypes.addressof(title))
            request(STOP)


if __name__ == "__main__":
    count(sys.argv[1:])
