"""python -m torture.mutant_run SOURCES TESTS [--tries N] [--seed S] [--again FILE]: which mutants the tests kill.

The tests run once, and note which statements each of them executes. Then, for each mutant, this process forks; the
child puts the mutant's code into the functions that are there already, and runs tests that execute its statement, the
fastest first, until one fails or they have taken a while. What hangs is killed, and counts as killed. Nothing is
written to the tree.

One line of JSON a mutant: what it is, and what came of it ("killed", "survived", "not executed").
"""

import argparse
import ast
import builtins
import gc
import json
import os
import random
import resource
import signal
import sys
import time
from collections.abc import Callable
from functools import _lru_cache_wrapper
from itertools import accumulate
from pathlib import Path
from types import CodeType, FunctionType
from typing import TextIO

import pytest

from torture.mutations import FUNCTIONS, Mutant, Source, is_docstring

PACKAGE = Path(__file__).parent.parent / "src" / "chainrule"
EXECUTED = "__executed__"  # what a statement calls, while it is noted which test executes it
MEMORY = 8 << 30  # a mutant that asks for more fails
CONTROL, HOUR = 20, 3600  # one test in so many runs in a child without a mutant, and must pass
ENOUGH = 5.0  # seconds of tests for one mutant
SLOWER = 50  # times their own time, and seconds to start with, that these tests may take with a mutant


class Noted(ast.NodeTransformer):
    """Each statement of a function first notes that it is executed."""

    def __init__(self, file: str) -> None:
        self.file, self.depth = file, 0

    def generic_visit(self, node: ast.AST) -> ast.AST:
        self.depth += isinstance(node, FUNCTIONS)
        super().generic_visit(node)
        for field in ("body", "orelse", "finalbody") if self.depth else ():
            block = getattr(node, field, None)
            if isinstance(block, list) and not isinstance(node, ast.ClassDef):
                docstring = block[:1] if block and is_docstring(block[0]) else []
                setattr(node, field, docstring + [each for s in block[len(docstring) :] for each in (self.note(s), s)])
        self.depth -= isinstance(node, FUNCTIONS)
        return node

    def note(self, statement: ast.stmt) -> ast.stmt:
        where = ast.Constant(f"{self.file}:{statement.lineno}")
        return ast.copy_location(ast.Expr(ast.Call(ast.Name(EXECUTED, ast.Load()), [where], [])), statement)


class Code:
    """The functions of the sources as they are in this process, and what they run."""

    def __init__(self, sources: list[Source]) -> None:
        files = {str(source.path) for source in sources}
        self.functions: dict[tuple[str, str, int], list[FunctionType]] = {}
        self.caches = []
        for each in gc.get_objects():
            kind = type(each)  # isinstance asks what stands for a module, which may warn
            made = each.__wrapped__ if kind is _lru_cache_wrapper else each
            if type(made) is FunctionType and made.__code__.co_filename in files:
                self.caches += [each] if kind is _lru_cache_wrapper else []
                self.functions.setdefault(key(made.__code__), []).append(made)

    def put(self, code: CodeType) -> None:
        """Let them run what is within this code of a file."""
        for each in code.co_consts:
            if isinstance(each, CodeType):
                for function in self.functions.get(key(each), []):
                    if function.__code__.co_freevars == each.co_freevars and "<lambda>" not in each.co_name:
                        function.__code__ = each
                self.put(each)
        self.forget()

    def forget(self) -> None:
        """Let each cached function be executed anew."""
        for cached in self.caches:
            cached.cache_clear()


def key(code: CodeType) -> tuple[str, str, int]:
    return code.co_filename, code.co_qualname, code.co_firstlineno


class Runner:
    """A pytest plugin: instead of running the tests once, it tries the mutants."""

    def __init__(self, sources: list[Source], mutants: list[tuple[Source, Mutant]], report: TextIO) -> None:
        self.sources, self.mutants, self.report = sources, mutants, report

    @pytest.hookimpl(tryfirst=True)
    def pytest_load_initial_conftests(self) -> None:
        from hypothesis import Phase, settings  # not before pytest, which has a hand in it

        found = Phase.explicit, Phase.generate  # the first failure will do, it need not be a small one
        settings.register_profile("mutants", derandomize=True, database=None, phases=found)
        settings.load_profile("mutants")  # which the tests' own profile is made from

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if session.testsfailed:
            raise session.Failed("not all tests could be collected")
        code = Code(self.sources)
        for source in self.sources:
            noted = Noted(source.name).visit(ast.parse(source.path.read_text(encoding="utf-8")))
            code.put(compile(ast.fix_missing_locations(noted), str(source.path), "exec", dont_inherit=True))
        tests: dict[str, list[tuple[float, pytest.Item]]] = {}
        sound = []  # a test that fails without a mutant says nothing about one
        for item in session.items:
            executed: set[str] = set()
            setattr(builtins, EXECUTED, executed.add)
            code.forget()  # so that each test that needs a cached answer executes what gives it
            began = time.process_time()
            if self.failures(item):
                continue
            sound.append(item)
            for statement in executed:
                tests.setdefault(statement, []).append((time.process_time() - began, item))
        for source in self.sources:
            code.put(source.code())
        if not self.all_pass(sound[::CONTROL], HOUR):
            raise pytest.UsageError("tests fail in a child without a mutant")
        for source, mutant in self.mutants:
            chosen = fastest(tests.get(mutant.statement, []))
            came = self.outcome(code, source, mutant, chosen) if chosen else "not executed"
            told = {"place": mutant.place, "change": str(mutant), "came": came}
            print(json.dumps(told), file=self.report, flush=True)
        return True

    def outcome(self, code: Code, source: Source, mutant: Mutant, chosen: list[pytest.Item]) -> str:
        """What comes of a mutant."""

        def put_in() -> None:
            mutant.put_in()
            code.put(source.code())

        return "survived" if self.all_pass(chosen, SLOWER + round(SLOWER * ENOUGH), put_in) else "killed"

    def all_pass(self, items: list[pytest.Item], limit: int, first: Callable[[], None] = lambda: None) -> bool:
        """Whether the tests pass, in so many seconds, in a child of this process that does something first."""
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(limit)
            resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            os.dup2(1, 2)
            first()
            os._exit(any(self.failures(item) for item in items))
        return os.waitpid(child, 0)[1] == 0

    def failures(self, item: pytest.Item) -> str:
        """What is wrong when a test runs; nothing, if it passes."""
        self.failed = ""
        item.ihook.pytest_runtest_protocol(item=item, nextitem=None)
        return self.failed

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.failed += report.longreprtext if report.failed else ""


def fastest(timed: list[tuple[float, pytest.Item]]) -> list[pytest.Item]:
    """The fastest tests, at least one: as many as are enough."""
    timed = sorted(timed, key=lambda pair: pair[0])
    ends = accumulate(seconds for seconds, _ in timed)
    return [item for k, ((_, item), end) in enumerate(zip(timed, ends, strict=True)) if k == 0 or end <= ENOUGH]


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("sources", help="patterns within the package, with commas between")
    options.add_argument("tests", help="files and folders, with commas between")
    options.add_argument("--tries", type=int, default=sys.maxsize)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--again", type=Path, help="what an earlier run printed: only those that it did not kill")
    given = options.parse_args()
    paths = [path for pattern in given.sources.split(",") for path in sorted(PACKAGE.glob(pattern))]
    sources = [Source(path, path.relative_to(PACKAGE).as_posix()) for path in paths]
    mutants = [(source, mutant) for source in sources for mutant in source.mutants]
    random.Random(given.seed).shuffle(mutants)
    if given.again:
        told = [json.loads(line) for line in given.again.read_text(encoding="utf-8").splitlines()]
        alive = {each["change"] for each in told if each["came"] != "killed"}
        mutants = [pair for pair in mutants if str(pair[1]) in alive]
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as report:
        os.dup2(2, 1)
        runner = Runner(sources, mutants[: given.tries], report)
        line = ["-p", "no:cacheprovider", "-p", "no:xdist", "--capture=no", *given.tests.split(",")]
        return pytest.main(line, plugins=[runner])


if __name__ == "__main__":
    sys.exit(main())
