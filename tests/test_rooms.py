"""The house: imports go down only, nothing goes round in a circle, and a public name means one thing."""

import ast
import importlib
import pkgutil
from graphlib import TopologicalSorter
from pathlib import Path
from types import ModuleType

import chainrule

ROOT = Path(__file__).parent.parent
FROM_TOP = """
    benchmarks __main__ cli __init__ views exchange estimators tasks checks
    engine.measure engine.__init__ engine.compiled engine.plan engine.chains engine.lowering engine.stages network
    engine.kernels engine.weights engine.layout engine.simd augmentation engine.runtime
    regression training losses layers data base
""".split()
FILES = {".".join(p.relative_to(top).with_suffix("").parts): p for top in (ROOT / "src", ROOT) for p in
         (top / ("chainrule" if top.name == "src" else "benchmarks")).rglob("*.py")}  # fmt: skip


def imports(path: Path) -> set[str]:
    """The modules of ours that a file names, inside functions and for type checkers, too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            found |= {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return {name for module in found for name in (module, f"{module}.__init__") if name in FILES}


def room(module: str) -> int:
    """Its place from the top."""
    name = module.removeprefix("chainrule.")
    return next(k for k, each in enumerate(FROM_TOP) if f"{name}.".startswith(f"{each}."))


def test_imports_go_down_only():
    upward = [f"{m} -> {n}" for m, path in FILES.items() for n in imports(path) if room(n) < room(m)]
    assert not upward


def test_no_files_import_each_other_in_a_circle():
    graph = {module: {name for name in imports(path) if name != module} for module, path in FILES.items()}
    faces = {module for module in graph if module.endswith("__init__")}  # they only hand names on
    TopologicalSorter({m: names - faces for m, names in graph.items() if m not in faces}).prepare()


def test_no_public_name_is_both_a_module_and_something_else():
    packages = [chainrule, *(importlib.import_module(m.name) for m in pkgutil.walk_packages(
        chainrule.__path__, "chainrule.") if m.ispkg)]  # fmt: skip
    for package in packages:
        for module in pkgutil.iter_modules(package.__path__):
            named = getattr(package, module.name, None)
            assert named is None or isinstance(named, ModuleType), f"{package.__name__}.{module.name}"


def test_files_and_functions_are_of_a_size_to_be_read():
    for module, path in FILES.items():
        text = path.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 250, module
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                assert (node.end_lineno or 0) - node.lineno < 60, f"{module}: {node.name}"
