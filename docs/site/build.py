"""`make docs`: the notebooks, executed, and the site, into build/docs; a warning is an error.

The site's sources are the pages of docs/ as they are. Only what GitHub and Sphinx write differently is changed on the
way: a link into the code becomes one into the API reference, one to any other file of the repository plain text.
"""

import re
import shutil
import sys
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from sphinx.cmd.build import build_main

from docs.site import notebooks
from docs.site.chapters import chapters

ROOT = Path(__file__).parents[2]
OUT = ROOT / "build" / "docs"
SOURCE, SITE, NOTEBOOKS = OUT / "source", OUT / "site", OUT / "notebooks"
ROOMS = (
    "data", "layers", "losses", "network", "explanation", "training", "regression", "augmentation", "checks", "tasks",
    "estimators", "exchange", "distribution", "engine", "views",
)  # fmt: skip
GUIDES = (
    "cli", "explain", "layers", "losses", "recipes", "scaling", "reliability", "reproducible", "architecture",
    "mutants",
)  # fmt: skip
LINK = re.compile(r"\[([^\]]+)\]\(((?:\.\./)+[^)#]+)(?:#[^)]*)?\)")
API = "* **[API reference](api/index.md)**, from the docstrings, with the source a click away.\n"
AS_NOTEBOOK = """<p class="notebook"><a href="../notebooks/{name}.ipynb" download>This chapter as a notebook</a>,
executed: open it in Jupyter and change things.</p>

"""
PUBLIC = "These names can be had from `chainrule` itself.\n\n| name | what it is |\n| --- | --- |\n"


def page(path: Path, documented: set[str]) -> str:
    """A page of docs/, for Sphinx."""

    def link(match: re.Match[str]) -> str:
        text, target = match[1], (path.parent / match[2]).resolve()
        if target.is_relative_to(ROOT / "docs"):
            return match[0]
        module = ".".join(target.with_suffix("").parts[len(ROOT.parts) + 1 :]).removesuffix(".__init__")
        return f"{{py:mod}}`{text.strip('`')} <{module}>`" if module in documented else text

    text = LINK.sub(link, path.read_text(encoding="utf-8"))
    if path in chapters():
        title, rest = text.split("\n\n", 1)
        text = f"{title}\n\n{AS_NOTEBOOK.format(name=path.stem)}{rest}"
    return text


def modules(room: str) -> list[str]:
    """A room's own files, as modules; the room itself first."""
    package = import_module(f"chainrule.{room}")
    files = (found.name for found in iter_modules(package.__path__) if not found.ispkg)
    return [package.__name__, *(f"{package.__name__}.{name}" for name in sorted(files))]


def reference(room: str) -> str:
    """The page of a room."""
    blocks = [f"```{{eval-rst}}\n.. automodule:: {module}\n```\n" for module in modules(room)]
    titles = [f"## {module.removeprefix('chainrule.')}\n\n" for module in modules(room)]
    return f"# chainrule.{room}\n\n" + "\n".join(map("".join, zip(["", *titles[1:]], blocks, strict=True)))


def public() -> str:
    """A line for each public name of the package."""
    package, lines = import_module("chainrule"), []
    for name in dir(package):
        named = getattr(package, name)
        if getattr(named, "__module__", "").startswith("chainrule."):
            told = " ".join((named.__doc__ or "").strip().partition("\n\n")[0].split())
            where = f"{named.__module__}.{named.__qualname__}"
            to_the_letter = re.sub(r"([|*_<])", r"\\\1", told)
            lines.append(f"| {{py:obj}}`{name} <{where}>` | {to_the_letter} |\n")
    return PUBLIC + "".join(lines)


def tree(caption: str, entries: list[str]) -> str:
    """A part of the site's contents."""
    return f"```{{toctree}}\n:caption: {caption}\n:maxdepth: 1\n:hidden:\n\n" + "\n".join(entries) + "\n```\n"


def assemble() -> None:
    """Write the site's sources."""
    documented = {module for room in ROOMS for module in modules(room)}
    for path in sorted((ROOT / "docs").rglob("*")):
        there = SOURCE / path.relative_to(ROOT / "docs")
        if path.is_relative_to(Path(__file__).parent) or path.is_dir():
            continue
        there.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".md":
            there.write_text(page(path, documented), encoding="utf-8")
        else:
            shutil.copy(path, there)
    (SOURCE / "api").mkdir()
    for room in ROOMS:
        (SOURCE / "api" / f"{room}.md").write_text(reference(room), encoding="utf-8")
    (SOURCE / "api" / "index.md").write_text(f"# API reference\n\n{public()}", encoding="utf-8")
    lecture = [f"lecture/{name}" for name in ("README", *(path.stem for path in chapters()), "formulas", "21mnist")]
    api = ["api/index", *(f"api/{room}" for room in ROOMS)]
    parts = (("The lecture", lecture), ("Guides", list(GUIDES)), ("API reference", api))
    with (SOURCE / "index.md").open("a", encoding="utf-8") as front:
        front.write(f"{API}\n" + "\n".join(tree(*part) for part in parts))


def main() -> int:
    for folder in (SOURCE, SITE):
        shutil.rmtree(folder, ignore_errors=True)
    notebooks.write(NOTEBOOKS)
    assemble()
    strictly = "-W", "--keep-going", "--quiet"
    where = "-d", str(OUT / "doctrees"), "-c", str(Path(__file__).parent), str(SOURCE), str(SITE)
    code = build_main(["-b", "html", *strictly, *where])
    shutil.copytree(NOTEBOOKS, SITE / NOTEBOOKS.name, dirs_exist_ok=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
