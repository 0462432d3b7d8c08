"""Subnormals are zero inside, and what they were before outside, thread by thread."""

import threading

import numpy as np
import pytest
from llvmlite import binding, ir

from chainrule.engine.runtime.denormals import FLUSHES, denormals_flushed, flush_denormals, read_arm, restore, write_arm
from chainrule.engine.runtime.jit import kernel

pytestmark = pytest.mark.skipif(not FLUSHES, reason="this processor's control word is not known")


@kernel
def halve(a):
    for k in range(len(a)):
        a[k] *= np.float32(0.5)


@kernel
def halve_flushed(a):
    old = flush_denormals()
    halve(a)
    restore(old)


def half(start: float) -> np.float32:
    """start / 2, by a kernel."""
    a = np.full(37, start, np.float32)
    halve(a)
    return a.max()


SUBNORMAL, SMALLEST = 1e-40, float(np.finfo(np.float32).tiny)


def test_results_and_operands_are_flushed_inside_only() -> None:
    assert half(SUBNORMAL) > 0
    assert half(SMALLEST) > 0
    with denormals_flushed():
        assert half(SUBNORMAL) == 0
        assert half(SMALLEST) == 0
        assert half(1.0) == 0.5
    assert half(SUBNORMAL) > 0


def test_inside_a_kernel() -> None:
    a = np.full(37, SUBNORMAL, np.float32)
    halve_flushed(a)
    np.testing.assert_array_equal(a, np.zeros(37))
    assert half(SUBNORMAL) > 0


def test_an_exception_restores() -> None:
    with pytest.raises(RuntimeError), denormals_flushed():
        raise RuntimeError
    assert half(SUBNORMAL) > 0


def test_a_caller_that_flushes_keeps_flushing() -> None:
    outer = flush_denormals()
    try:
        with denormals_flushed():
            assert half(SUBNORMAL) == 0
        assert half(SUBNORMAL) == 0
    finally:
        restore(outer)
    assert half(SUBNORMAL) > 0


def test_each_thread_has_its_own() -> None:
    seen = []
    with denormals_flushed():
        thread = threading.Thread(target=lambda: (restore(0), seen.append(half(SUBNORMAL))))
        thread.start()
        thread.join()
        assert half(SUBNORMAL) == 0
    assert seen[0] > 0


def test_arm_code_assembles() -> None:
    binding.initialize_all_targets()
    binding.initialize_all_asmprinters()
    module = ir.Module()
    module.triple = "aarch64-unknown-linux-gnu"
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), []), "f")
    builder = ir.IRBuilder(function.append_basic_block())
    write_arm(builder, read_arm(builder))
    builder.ret_void()
    try:
        machine = binding.Target.from_triple(module.triple).create_target_machine()
    except RuntimeError:
        pytest.skip("this llvmlite knows no AArch64")
    assembly = machine.emit_assembly(binding.parse_assembly(str(module))).lower()
    assert "mrs" in assembly
    assert "msr\tfpcr" in assembly
