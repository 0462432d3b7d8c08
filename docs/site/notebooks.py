"""The lecture's chapters as notebooks, each executed from its first cell to its last."""

import re
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from docs.site.chapters import Cell, chapters, pieces

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
QUIETLY = ["--log-level=ERROR"]  # not that others on this machine could listen


def notebook(path: Path) -> nbformat.NotebookNode:
    """A chapter's, not executed."""
    cells = []
    for part in pieces(path.read_text(encoding="utf-8")):
        if isinstance(part, Cell):
            cells.append(nbformat.v4.new_code_cell(part.code.rstrip(), metadata={"printed": part.printed}))
        elif text := told(part):
            cells.append(nbformat.v4.new_markdown_cell(text))
    for number, cell in enumerate(cells):
        cell.id = f"{path.stem}-{number}"  # the same chapter is the same file
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": KERNEL})


def told(text: str) -> str:
    """Text as notebooks show it: formulas between dollars, solutions in sight, links to other chapters only."""
    text = re.sub(r"^```math\n(.*?)^```", r"$$\n\1$$", text, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"</?details>\n?", "", text).replace("<summary>Solution</summary>", "**Solution**")
    text = re.sub(r"\[([^\]]+)\]\((?!http|[1-8]-)[^)]+\)", r"\1", text)
    return re.sub(r"\]\(([1-8]-[\w-]+)\.md", r"](\1.ipynb", text).strip().removesuffix("---").strip()


def execute(node: nbformat.NotebookNode, folder: Path) -> None:
    """Run all cells there. ValueError where a cell prints something else than its chapter says."""
    resources = {"metadata": {"path": str(folder)}}
    NotebookClient(node, timeout=600, resources=resources, extra_arguments=QUIETLY).execute()
    for cell in node.cells:
        if cell.cell_type == "code":
            streams = (each for each in cell.outputs if each.output_type == "stream")
            printed = "".join(each.text for each in streams if each.name == "stdout")
            now = "\n".join(map(str.rstrip, printed.strip("\n").splitlines()))
            if now != cell.metadata.pop("printed").strip("\n"):
                raise ValueError(f"in the notebook this prints {now!r}:\n{cell.source}")


def write(folder: Path) -> None:
    """Make, execute and write all chapters' notebooks."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in chapters():
        node = notebook(path)
        execute(node, folder)
        nbformat.validate(node)
        nbformat.write(node, folder / f"{path.stem}.ipynb")
