"""Mutants of a file of the package: one small mistake each, in the body of one function.

What is changed: comparisons, arithmetic, signs, `and` and `or`, conditions, numbers, truth values, names in quotes,
what is returned, keyword arguments; and statements are left out. Texts of messages, docstrings, type hints, defaults,
decorators, and the `strict` of a zip that is a check of our own are not.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

PAIRS = [
    *((ast.Lt, ast.LtE), (ast.Gt, ast.GtE), (ast.Eq, ast.NotEq), (ast.Is, ast.IsNot), (ast.In, ast.NotIn)),
    *((ast.And, ast.Or), (ast.Add, ast.Sub), (ast.Mult, ast.Div), (ast.BitAnd, ast.BitOr), (ast.LShift, ast.RShift)),
    (ast.Break, ast.Continue),
]
OTHERS: dict[type, type] = {one: other for pair in PAIRS for one, other in (pair, pair[::-1])}
OTHERS |= {
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.MatMult: ast.Add,
    ast.BitXor: ast.BitOr,
}
FUNCTIONS = ast.FunctionDef, ast.AsyncFunctionDef
LEFT_OUT = ast.Expr, ast.AugAssign, ast.Raise, ast.Delete
NO_CODE = "annotation", "returns", "decorator_list", "type_comment"


class Mutant(NamedTuple):
    """`parent.field`, or one of its elements, becomes `new`: in that statement of that function."""

    place: str  # file:line
    statement: str  # likewise, where the statement begins that it is in
    function: str
    was: str
    now: str
    parent: ast.AST
    field: str
    which: int | None  # of the elements
    new: Any

    def __str__(self) -> str:
        return f"{self.function}: {self.was} -> {self.now}"

    def put_in(self) -> None:
        """Change the tree."""
        if self.which is None:
            setattr(self.parent, self.field, self.new)
        else:
            getattr(self.parent, self.field)[self.which] = self.new


class Source:
    """A file as a tree, and its mutants."""

    def __init__(self, path: Path, name: str) -> None:
        self.path, self.name = path, name
        self.tree = ast.parse(path.read_text(encoding="utf-8"))
        self.mutants = [mutant for function, named in functions(self.tree) for mutant in self._of(function, named)]

    def code(self) -> Any:
        """The tree as it is now, compiled as the file is."""
        return compile(ast.fix_missing_locations(self.tree), str(self.path), "exec", dont_inherit=True)

    def _of(self, function: ast.AST, named: str) -> Iterator[Mutant]:
        def visit(node: ast.AST, statement: str) -> Iterator[Mutant]:
            for field, which, child in children(node):
                place = f"{self.name}:{getattr(child, 'lineno', 0)}"
                here = place if isinstance(child, ast.stmt) else statement
                for new in changes(child):
                    was, now = (shown(each) for each in (child, new))
                    kept = without(child) if new is None else new
                    yield Mutant(place, here, named, was, now, node, field, which, kept)
                if not isinstance(child, FUNCTIONS):
                    yield from visit(child, here)

        yield from visit(function, "")


def without(statement: Any) -> ast.stmt:
    """The statement, never executed: so that a function still refers to all that it did."""
    return ast.If(ast.Constant(False), [statement], [])


def shown(node: ast.AST | None) -> str:
    """A mutated node in a line."""
    match node:
        case None:
            return "nothing"
        case ast.Return(ast.IfExp(ast.Constant(True))):
            return "return None"
    return ast.unparse(node).partition("\n")[0]


def functions(tree: ast.AST, within: str = "") -> Iterator[tuple[ast.AST, str]]:
    """Every function, and what it is called."""
    for child in ast.iter_child_nodes(tree):
        name = f"{within}{child.name}" if isinstance(child, (*FUNCTIONS, ast.ClassDef)) else within.rstrip(".")
        if isinstance(child, FUNCTIONS):
            yield child, name
        yield from functions(child, f"{name}." if name else "")


def children(node: ast.AST) -> Iterator[tuple[str, int | None, ast.AST]]:
    """What may be changed within a node, and where it stands there."""
    for field, value in ast.iter_fields(node):
        if field in NO_CODE or is_text(node) or (isinstance(node, FUNCTIONS) and field != "body"):
            continue
        for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            docstring = field == "body" and is_docstring(child)
            kinds = index == 1 and calls(node, "isinstance")
            guard = isinstance(child, ast.keyword) and child.arg == "strict"
            if isinstance(child, ast.AST) and not (docstring or kinds or guard):
                yield field, index, child


def is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def is_text(node: ast.AST) -> bool:
    """Whether it makes a message."""
    return isinstance(node, ast.Raise | ast.JoinedStr) or calls(node, "warn")


def calls(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name


def negated(test: ast.expr) -> Iterator[ast.expr]:
    """The opposite, of what has no operator that is changed instead."""
    if not isinstance(test, ast.Compare | ast.UnaryOp):
        yield ast.UnaryOp(ast.Not(), test)


def changes(node: ast.AST) -> Iterator[ast.AST | None]:
    """What a node may become; None: nothing, a statement less."""
    match node:
        case ast.Compare(left, ops, values):
            for k, op in enumerate(ops):
                yield ast.Compare(left, [*ops[:k], OTHERS[type(op)](), *ops[k + 1 :]], values)
        case ast.BinOp(left, op, right):
            yield ast.BinOp(left, OTHERS[type(op)](), right)
        case ast.BoolOp(op, values):
            yield ast.BoolOp(OTHERS[type(op)](), values)
        case ast.UnaryOp(op, operand):
            yield operand
        case ast.AugAssign(target, op, value):
            yield ast.AugAssign(target, OTHERS[type(op)](), value)
        case ast.IfExp(test, body, orelse):
            yield from (ast.IfExp(other, body, orelse) for other in negated(test))
        case ast.If(test, body, orelse):
            yield from (ast.If(other, body, orelse) for other in negated(test))
        case ast.Return(ast.AST() as value) if not isinstance(value, ast.Constant):
            yield ast.Return(ast.IfExp(ast.Constant(True), ast.Constant(None), value))  # refers to all that it did
        case ast.Call(func, args, keywords):
            for each in keywords:
                if each.arg and each.arg != "strict":
                    yield ast.Call(func, args, [keyword for keyword in keywords if keyword is not each])
        case ast.Break() | ast.Continue():
            yield OTHERS[type(node)]()
        case ast.Constant(bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(int(value) | float(value)):
            yield ast.Constant(value + 1)
        case ast.Constant(str(value)) if value and " " not in value:
            yield ast.Constant(f"{value}X")
    if isinstance(node, LEFT_OUT) or (isinstance(node, ast.Assign) and not isinstance(node.targets[0], ast.Name)):
        yield None
