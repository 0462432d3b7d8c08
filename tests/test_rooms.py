"""The house: imports go down only, nothing goes round in a circle, and a public name means one thing."""

import ast
import importlib
import pkgutil
import re
from graphlib import TopologicalSorter
from pathlib import Path
from types import ModuleType

import chainrule
from chainrule.layers import LAYERS

ROOT = Path(__file__).parent.parent
FROM_TOP = """
    benchmarks __main__ cli __init__ server distribution views exchange estimators tasks explanation checks
    engine.measure engine.__init__ engine.compiled engine.forward engine.bound engine.stage_times engine.plan
    engine.chains engine.moments engine.lowering engine.stages network
    engine.kernels engine.weights engine.layout engine.simd augmentation engine.runtime
    regression training losses layers data base
""".split()  # noqa: SIM905
FILES = {".".join(p.relative_to(top).with_suffix("").parts): p for top in (ROOT / "src", ROOT) for p in
         (top / ("chainrule" if top.name == "src" else "benchmarks")).rglob("*.py")}  # fmt: skip

JIT = {"kernel", "range_kernel", "inlined", "intrinsic", "overload"}


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


def test_no_two_files_of_tests_have_one_name():
    names = [path.name for path in (ROOT / "tests").rglob("*.py") if path.name not in ("conftest.py", "__init__.py")]
    assert sorted(set(names)) == sorted(names)  # pytest imports them by it


def test_files_and_functions_are_of_a_size_to_be_read():
    for module, path in FILES.items():
        text = path.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 250, module
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                assert (node.end_lineno or 0) - node.lineno < 60, f"{module}: {node.name}"


def compiled(function: ast.FunctionDef) -> bool:
    """Whether Numba compiles it: it knows no parameters that are given by name only."""
    decorators = [part for each in function.decorator_list for part in ast.walk(each)]
    named = {part.id for part in decorators if isinstance(part, ast.Name)}
    return bool(named & JIT) or function.name == "entry"  # which is compiled by its address


def test_functions_take_few_parameters():
    for module, path in FILES.items():
        if module.startswith("benchmarks."):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and not (node.name == "__init__" and ".estimators." in module):
                given = [each.arg for each in node.args.args if each.arg not in ("self", "cls")]
                assert len(given) + len(node.args.kwonlyargs) <= 8, f"{module}: {node.name}"
                assert len(given) <= 4 or compiled(node), f"{module}: {node.name}"


def test_a_layers_page_names_the_files_that_compile_it_and_they_name_the_layer():
    for layer in LAYERS.values():
        module = importlib.import_module(layer.__module__)
        page = Path(module.__file__ or "")
        (line,) = re.findall(r"^Compiled: (.*)\.$", module.__doc__ or "", re.MULTILINE)
        for name in line.split(", "):
            file = page.parents[1] / name
            assert file.exists(), f"{page.name}: {name}"
            text = "".join(p.read_text(encoding="utf-8") for p in (file.rglob("*.py") if file.is_dir() else [file]))
            named = layer.__name__ in text or f"layers/{page.name}" in text
            assert named or file.name in ("definition.py", "lowering.py"), f"{name}: {layer.__name__}"
