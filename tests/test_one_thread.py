"""BLAS's one thread: for whichever thread of Python wants it, given back by the last, and by the interrupted."""

import dis
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from types import CodeType, FrameType
from typing import Any

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from chainrule.base import one_thread
from chainrule.base.one_thread import single_thread


def blas_threads() -> set[int]:
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


@pytest.fixture(autouse=True)
def two_threads() -> Iterator[None]:
    with threadpool_limits(2, user_api="blas"):
        yield


@pytest.fixture
def elsewhere() -> Iterator[ThreadPoolExecutor]:
    """Another thread."""
    with ThreadPoolExecutor(1) as pool:
        yield pool


def use() -> None:
    with single_thread():
        pass


def done(future: Future[object]) -> None:
    future.result(10)


def test_another_thread_than_the_first_that_wanted_it_has_it_too(elsewhere):
    use()

    def work() -> set[int]:
        with single_thread():
            return blas_threads()

    assert elsewhere.submit(work).result(10) == {1}
    assert blas_threads() == {2}


def test_whoever_leaves_last_gives_the_others_back(elsewhere):
    first, second = single_thread(), single_thread()
    done(elsewhere.submit(first.__enter__))
    with single_thread():
        done(elsewhere.submit(first.__exit__, None, None, None))
        assert blas_threads() == {1}
    assert blas_threads() == {2}
    with single_thread():
        done(elsewhere.submit(second.__enter__))
    assert blas_threads() == {1}
    done(elsewhere.submit(second.__exit__, None, None, None))
    assert blas_threads() == {2}


def test_whoever_had_it_last_keeps_nobody_from_setting_the_number(elsewhere):
    done(elsewhere.submit(use))
    with threadpool_limits(1, user_api="blas"):
        assert blas_threads() == {1}
    assert blas_threads() == {2}


class Interrupt:
    """For `sys.settrace`: Ctrl-C at the moment of that number among those at which Python heeds one, in the module."""

    def __init__(self, number: int) -> None:
        self.left = number

    def __call__(self, frame: FrameType, *_: object) -> Any:
        if frame.f_code.co_filename != one_thread.__file__:
            return None
        frame.f_trace_opcodes = True
        self.left -= frame.f_lasti in moments(frame.f_code)
        if self.left == 0:
            raise KeyboardInterrupt
        return self


@cache
def moments(code: CodeType) -> set[int]:
    """Where Python looks for signals: after calls, and where a function begins or goes on."""
    found = pairwise(dis.get_instructions(code))
    return {next.offset for last, next in found if last.opname.startswith(("CALL", "RESUME"))}


def interrupted(number: int) -> bool:
    """Whether that many operations are made at all."""
    interrupt, before = Interrupt(number), sys.gettrace()
    try:
        sys.settrace(interrupt)
        use()
    except KeyboardInterrupt:
        pass
    finally:
        sys.settrace(before)
    return interrupt.left <= 0


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # where the user is gone
def test_ctrl_c_at_any_moment_leaves_no_limit(elsewhere):
    done(elsewhere.submit(use))
    number = 1
    while interrupted(number):
        assert blas_threads() == {2}, number
        number += 1
    assert number > 20
    done(elsewhere.submit(use))
