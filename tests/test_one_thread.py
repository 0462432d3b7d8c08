"""BLAS's one thread: for whichever thread of Python wants it, and given back by the last."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

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


def done(future: Future[object]) -> None:
    future.result(10)


def test_another_thread_than_the_first_that_wanted_it_has_it_too(elsewhere):
    with single_thread():
        pass

    def work() -> set[int]:
        with single_thread():
            return blas_threads()

    assert elsewhere.submit(work).result(10) == {1}
    assert blas_threads() == {2}


def test_whoever_leaves_last_gives_the_others_back(elsewhere):
    limit = single_thread()
    done(elsewhere.submit(limit.__enter__))
    with limit:
        done(elsewhere.submit(limit.__exit__))
        assert blas_threads() == {1}
    assert blas_threads() == {2}
    with limit:
        done(elsewhere.submit(limit.__enter__))
    assert blas_threads() == {1}
    done(elsewhere.submit(limit.__exit__))
    assert blas_threads() == {2}
