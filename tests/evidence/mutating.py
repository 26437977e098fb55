"""One small wrong at a time: the places of a module that can be changed, and the module changed.

As a plug-in of pytest it changes the module that `EVIDENCE_MUTANT` names, `module:number`, before
anything imports it.
"""

import ast
import os
import sys
from collections.abc import Callable, Iterator
from importlib.abc import MetaPathFinder
from importlib.machinery import PathFinder, SourceFileLoader
from types import CodeType

VARIABLE = "EVIDENCE_MUTANT"
_COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_COMPUTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
}
_NAMED = {"min": "max", "max": "min", "any": "all", "all": "any"}
# What it is, and what makes it so in the tree that it belongs to.
Place = tuple[str, Callable[[], None]]


def places(tree: ast.Module) -> list[Place]:
    """Every change that can be made, in the order of the tree."""
    return [place for function in _functions(tree) for place in _within(function)]


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    """Bodies only: what a module or a class says outside them is told by the types."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            yield node


def _within(function: ast.FunctionDef) -> Iterator[Place]:
    for statement in function.body:
        for node in ast.walk(statement):
            for what, change in (*_operators(node), *_values(node), *_flow(node)):
                yield f"{function.name}, line {getattr(node, 'lineno', '?')}: {what}", change


def _operators(node: ast.AST) -> Iterator[Place]:
    match node:
        case ast.Compare(ops=[op, *_]) if type(op) in _COMPARED:
            other = _COMPARED[type(op)]
            yield f"{_name(op)} is {other.__name__}", _setting(node.ops, 0, other())
        case ast.BinOp(op=op) if type(op) in _COMPUTED:
            other = _COMPUTED[type(op)]
            yield f"{_name(op)} is {other.__name__}", _having(node, op=other())
        case ast.BoolOp(op=op):
            other = ast.Or if isinstance(op, ast.And) else ast.And
            yield f"{_name(op)} is {other.__name__}", _having(node, op=other())
        case ast.UnaryOp(op=ast.Not()):
            yield "Not is left out", _having(node, op=ast.UAdd(), operand=_bool(node))
        case _:
            pass


def _values(node: ast.AST) -> Iterator[Place]:
    match node:
        case ast.Constant(value=bool() as value):
            yield f"{value} is {not value}", _having(node, value=not value)
        case ast.Constant(value=int() as value):
            yield f"{value} is {value + 1}", _having(node, value=value + 1)
        case ast.Name(id=name) if name in _NAMED:
            yield f"{name} is {_NAMED[name]}", _having(node, id=_NAMED[name])
        case _:
            pass


def _flow(node: ast.AST) -> Iterator[Place]:
    match node:
        case ast.If(test=test) | ast.IfExp(test=test):
            denied = ast.UnaryOp(op=ast.Not(), operand=test)
            yield "the condition is turned", _having(node, test=denied)
        case ast.Return(value=ast.expr()):
            yield "nothing is returned", _having(node, value=ast.Constant(value=None))
        case ast.Expr(value=ast.Call()):
            yield "the call is left out", _having(node, value=ast.Constant(value=None))
        case _:
            pass


def _name(op: ast.AST) -> str:
    return type(op).__name__


def _bool(node: ast.UnaryOp) -> ast.expr:
    return ast.Call(func=ast.Name(id="bool", ctx=ast.Load()), args=[node.operand], keywords=[])


def _having(node: ast.AST, **fields: object) -> Callable[[], None]:
    def change() -> None:
        for name, value in fields.items():
            setattr(node, name, value)

    return change


def _setting(items: list, index: int, value: object) -> Callable[[], None]:
    def change() -> None:
        items[index] = value

    return change


class _Changed(SourceFileLoader):
    def __init__(self, name: str, path: str, number: int) -> None:
        super().__init__(name, path)
        self._number = number

    def get_code(self, fullname: str) -> CodeType:
        """Never what was compiled before."""
        tree = ast.parse(self.get_data(self.path))
        _, change = places(tree)[self._number]
        change()
        return compile(ast.fix_missing_locations(tree), self.path, "exec")


class _Finder(MetaPathFinder):
    def __init__(self, module: str, number: int) -> None:
        self._module = module
        self._number = number

    def find_spec(self, fullname, path, target=None):
        if fullname != self._module:
            return None
        spec = PathFinder.find_spec(fullname, path)
        assert spec is not None
        assert spec.origin is not None
        spec.loader = _Changed(fullname, spec.origin, self._number)
        return spec


if VARIABLE in os.environ:
    _module, _, _number = os.environ[VARIABLE].partition(":")
    assert _module not in sys.modules, f"{_module} was imported too early"
    sys.meta_path.insert(0, _Finder(_module, int(_number)))
