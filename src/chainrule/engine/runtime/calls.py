"""Kernels bound to their arguments, so that compiled code can run them one after the other without the interpreter.

    call = bind(kernel, packed, b, x, PerWorker(scratch))          # kernel(packed, b, x, scratch, first, last)

A `range_kernel` works on a range that it is told at each run, first .. last-1, of samples or whatever the caller cuts
up; the other arguments are fixed here: whole numbers, floats, arrays and tuples of these. They are kept
as 64-bit words, from which a small compiled *entry* makes the kernel's arguments.

Three kinds of array differ from run to run:

    PerWorker(a)         a[worker]: scratch of the thread that runs it
    PerSlot(a)           a[slot]: what is summed over one of a batch's ranges of samples
    Window(a, stride)    a[worker] seen as if it began at sample 0, though it only has room for the range in hand:
                         what a chain of kernels hands on to its next kernel, and nobody needs later
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from llvmlite import ir
from numba import from_dtype, types

from chainrule.engine.runtime.jit import Native, intrinsic

WORD = ir.IntType(64)
Steps = tuple[int, int, int]  # how many bytes further on an array begins: for a worker, a slot, the first sample
ENDLESS = 1 << 48  # the length of a window, which begins before its memory does


@dataclass(frozen=True, eq=False)
class PerWorker:
    array: np.ndarray  # (workers, floats)

    def steps(self) -> Steps:
        return self.array.strides[0], 0, 0


@dataclass(frozen=True, eq=False)
class PerSlot:
    array: np.ndarray  # (slots, floats)

    def steps(self) -> Steps:
        return 0, self.array.strides[0], 0


@dataclass(frozen=True, eq=False)
class Window:
    array: np.ndarray  # (workers, floats of a block of samples)
    stride: int  # elements from one sample to the next

    def steps(self) -> Steps:
        return self.array.strides[0], 0, -self.array.itemsize * self.stride


Varying = PerWorker | PerSlot | Window

FORWARD, BY_INPUT, BY_WEIGHTS = PRODUCTS = "forward", "input gradient", "weight gradient"
UPDATE, DEFINITION, EXCHANGE, OTHER = "update", "definition", "exchange", "other"
ROLES = (*PRODUCTS, UPDATE, DEFINITION, EXCHANGE, OTHER)
"""The purposes of calls. Definitions, and exchanges between ranks, run in the interpreter; other: preparations, masks,
the loss."""


@dataclass(frozen=True, eq=False)
class Call:
    """A bound kernel: its entry, compiled when a program is made of it, and its words. It keeps the arrays alive."""

    entry: Native
    words: np.ndarray
    arguments: tuple[Any, ...]
    role: str = OTHER
    moved: int = 0  # bytes that it reads and writes for each of its range, where that is what takes the time

    @property
    def by_slot(self) -> bool:
        """Whether it writes what is summed by slots."""
        return any(self.sums)

    @property
    def sums(self) -> Iterator[PerSlot]:
        """What it sums by slots."""
        return _sums_in(self.arguments)


def _sums_in(value: Any) -> Iterator[PerSlot]:
    if isinstance(value, tuple):
        for each in value:
            yield from _sums_in(each)
    elif isinstance(value, PerSlot):
        yield value


def bind(kernel: Any, *arguments: Any, role: str = OTHER, moved: int = 0) -> Call:
    """A call of the kernel with these arguments, and the range it is told, if it takes one."""
    words: list[int] = []
    kind = encode(arguments, words)
    return Call(entry_of(kernel, kind), np.array(words, np.int64), arguments, role, moved)


def encode(value: Any, words: list[int]) -> Any:
    """Append the words of a value: a number's own; an array's address, length and steps. Its kind, which `type_of`
    knows: what is bound again and again is no new type for Numba, whose types take long to make and to compare."""
    if isinstance(value, tuple):
        return type(value), *[encode(element, words) for element in value]
    if isinstance(value, np.ndarray):  # one kind, whether it may be written to, or lies in a file
        if value.ndim != 1 or not value.flags.c_contiguous:
            raise TypeError(f"a kernel is bound to flat arrays, not to one of shape {value.shape}")
        words += [value.ctypes.data, len(value), 0, 0, 0]
        return value.dtype
    if isinstance(value, Varying):
        length = ENDLESS if isinstance(value, Window) else value.array.shape[1]
        words += [value.array.ctypes.data, length, *value.steps()]
        return value.array.dtype
    words.append(int(np.float64(value).view(np.int64)) if isinstance(value, float | np.floating) else int(value))
    return int if isinstance(value, int) and not isinstance(value, bool) else type(value)


@cache
def type_of(kind: Any) -> Any:
    """The Numba type that the kernel sees."""
    if isinstance(kind, tuple):
        of, *elements = kind
        return types.BaseTuple.from_types([type_of(element) for element in elements], None if of is tuple else of)
    return types.Array(from_dtype(kind), 1, "C") if isinstance(kind, np.dtype) else from_dtype(np.dtype(kind))


class Reader:
    """Writes the LLVM instructions that make values of words."""

    def __init__(self, context: Any, builder: Any, arguments: Any) -> None:
        self.context, self.builder = context, builder
        address, *self.places, _ = arguments  # worker, slot, first
        self.words, self.at = builder.inttoptr(address, WORD.as_pointer()), 0

    def word(self) -> Any:
        value = self.builder.load(self.builder.gep(self.words, [WORD(self.at)]))
        self.at += 1
        return value

    def value(self, kind: Any) -> Any:
        b = self.builder
        if isinstance(kind, types.BaseTuple):
            elements: Any = kind
            return self.context.make_tuple(b, kind, [self.value(element) for element in elements])
        if isinstance(kind, types.Array):
            return self.array(kind)
        word = self.word()
        if isinstance(kind, types.Float):
            double = b.bitcast(word, ir.DoubleType())
            return double if kind.bitwidth == 64 else b.fptrunc(double, ir.FloatType())
        wanted = self.context.get_value_type(kind)
        return word if wanted == WORD else b.trunc(word, wanted)

    def array(self, kind: Any) -> Any:
        b = self.builder
        address, length = self.word(), self.word()
        for place in self.places:
            address = b.add(address, b.mul(place, self.word()))
        return flat_array(self.context, b, kind, address=address, length=length)


def flat_array(context: Any, builder: Any, kind: Any, *, address: Any, length: Any) -> Any:
    """The array of that kind at an address: who makes it knows that its memory stays."""
    array, element = context.make_array(kind)(context, builder), context.get_data_type(kind.dtype)
    size, ones = context.get_abi_sizeof(element), ir.ArrayType(WORD, 1)
    array.meminfo, array.parent = ir.Constant(array.meminfo.type, None), ir.Constant(array.parent.type, None)
    array.nitems = length
    array.itemsize = WORD(size)
    array.data = builder.inttoptr(address, element.as_pointer())
    array.shape = builder.insert_value(ir.Constant(ones, ir.Undefined), length, 0)
    array.strides = ir.Constant(ones, [size])
    return array._getvalue()


def reader(kind: Any, ranged: bool) -> Any:
    """The intrinsic that makes the arguments of one kind."""
    whole: Any = types.BaseTuple.from_types([*kind, *[types.int64] * (2 * ranged)])

    @intrinsic
    def arguments(typingctx, words, worker, slot, first, last):
        def emit(context, builder, signature, given):
            made = Reader(context, builder, given)
            values = [made.value(element) for element in kind]
            return context.make_tuple(builder, whole, [*values, *(given[3:] if ranged else ())])

        return whole(*[types.int64] * 5), emit

    return arguments


@cache
def entry_of(kernel: Any, kind: Any) -> Native:
    """What calls the kernel with arguments of that kind."""
    return entry_for(kernel, type_of(kind))


@cache
def entry_for(kernel: Any, seen: Any) -> Native:
    """The function (words, worker, slot, first, last) that calls the kernel, which sees arguments of these types."""
    arguments = reader(seen, kernel.ranged)

    def entry(words, worker, slot, first, last):
        kernel(*arguments(words, worker, slot, first, last))

    return Native(entry, (types.int64,) * 5, kernel.py_func)


@intrinsic
def run_call(typingctx, entry, words, worker, slot, first, last):
    """Run a call; an exception in it goes on to whoever runs this."""

    def emit(context, builder, signature, arguments):
        kinds = (types.int64,) * 5
        function = context.call_conv.get_function_type(types.none, kinds)
        pointer = builder.inttoptr(arguments[0], function.as_pointer())
        status, _ = context.call_conv.call_function(builder, pointer, types.none, kinds, arguments[1:])
        with builder.if_then(status.is_error, likely=False):
            context.call_conv.return_status_propagate(builder, status)
        return context.get_dummy_value()

    return types.void(*[types.int64] * 6), emit
