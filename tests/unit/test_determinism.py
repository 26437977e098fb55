"""Engine and domain repeat themselves: time, chance and identity reach them through ports only."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "server" / "aitrader_server"
FOLDERS = ("engine", "domain")

# Modules that bring time, chance, threads or sockets of their own.
BANNED_MODULES = frozenset(
    {"concurrent", "multiprocessing", "random", "secrets", "socket", "threading", "time", "uuid"}
)
BANNED_CALLS = frozenset(
    {
        "asyncio.as_completed",
        "asyncio.open_connection",
        "asyncio.start_server",
        "asyncio.to_thread",
        "date.today",
        "datetime.date.today",
        "datetime.datetime.now",
        "datetime.datetime.utcnow",
        "datetime.now",
        "datetime.utcnow",
        "hash",
        "id",
        "os.getpid",
        "os.getrandom",
        "os.urandom",
    }
)
BANNED_METHODS = frozenset({"run_in_executor", "popitem"})
SETS = frozenset({"set", "frozenset"})
# What looks at every element of a set without its order showing.
ORDERLESS = frozenset(
    {"all", "any", "frozenset", "len", "max", "min", "set", "sorted", "sum", "asyncio.wait"}
)

# Reviewed: `path: what` that the rule hits and that does no harm, each with its reason.
ALLOWED = {
    f"{place}.popitem()": "an OrderedDict gives up its oldest entry"
    for place in (
        "domain/decision/symbol_sentiment.py: self._sums",
        "domain/decision/symbol_sentiment.py: self._heard",
        "engine/news_desk.py: self._cache",
    )
}


class Finder(ast.NodeVisitor):
    """Collects `(line, what)` of everything in one module that a seed could not repeat."""

    def __init__(self, tree: ast.Module) -> None:
        self.found: list[tuple[int, str]] = []
        self._sets = set(_names_of_sets(tree))
        self.visit(tree)

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._check_module(node, alias.name)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        self._check_module(node, node.module or "")

    def visit_Call(self, node: ast.Call) -> None:
        name = _dotted(node.func)
        method = name.rpartition(".")[2]
        if name in BANNED_CALLS or method in BANNED_METHODS:
            self._add(node, f"{name}()")
        takes_order = name in {"list", "tuple", "enumerate", "iter", "next", "zip", "map"}
        if takes_order or method in {"join", "gather", "extend"}:
            for argument in node.args:
                self._check_order(argument)
        if name not in ORDERLESS:
            for argument in node.args:
                if isinstance(argument, ast.Starred):
                    self._check_order(argument.value)
        else:
            # A comprehension inside is drawn on without its order showing.
            for argument in node.args:
                if isinstance(argument, ast.GeneratorExp):
                    for part in argument.generators:
                        self.visit(part.iter)
                    self.visit(argument.elt)
                else:
                    self.visit(argument)
            return
        self.generic_visit(node)

    def visit_For(self, node: ast.For) -> None:
        self._check_order(node.iter)
        self.generic_visit(node)

    def visit_ListComp(self, node: ast.ListComp) -> None:
        self._check_comprehension(node)

    def visit_DictComp(self, node: ast.DictComp) -> None:
        self._check_comprehension(node)

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> None:
        self._check_comprehension(node)

    def visit_List(self, node: ast.List) -> None:
        self._check_stars(node)

    def visit_Tuple(self, node: ast.Tuple) -> None:
        self._check_stars(node)

    def _check_comprehension(self, node: ast.ListComp | ast.DictComp | ast.GeneratorExp) -> None:
        for part in node.generators:
            self._check_order(part.iter)
        self.generic_visit(node)

    def _check_stars(self, node: ast.List | ast.Tuple) -> None:
        for element in node.elts:
            if isinstance(element, ast.Starred):
                self._check_order(element.value)
        self.generic_visit(node)

    def _check_module(self, node: ast.stmt, name: str) -> None:
        if name.partition(".")[0] in BANNED_MODULES:
            self._add(node, f"import {name}")

    def _check_order(self, node: ast.expr) -> None:
        if self._is_set(node):
            self._add(node, f"the order of {ast.unparse(node)}")

    def _is_set(self, node: ast.expr) -> bool:
        if isinstance(node, (ast.Set, ast.SetComp)):
            return True
        if isinstance(node, ast.Call):
            return _dotted(node.func) in SETS
        if isinstance(node, ast.BinOp):
            return self._is_set(node.left) or self._is_set(node.right)
        return _dotted(node) in self._sets

    def _add(self, node: ast.stmt | ast.expr, what: str) -> None:
        self.found.append((node.lineno, what))


def _names_of_sets(tree: ast.Module) -> Iterator[str]:
    """Names and attributes that the module declares, fills or annotates as sets."""
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign):
            annotation = node.annotation
            if isinstance(annotation, ast.Subscript):
                annotation = annotation.value
            if _dotted(annotation) in SETS:
                yield _dotted(node.target)
        elif isinstance(node, ast.arg) and isinstance(node.annotation, ast.Subscript):
            if _dotted(node.annotation.value) in SETS:
                yield node.arg
        elif isinstance(node, ast.Assign) and _makes_set(node.value):
            yield from map(_dotted, node.targets)


def _makes_set(node: ast.expr) -> bool:
    called = isinstance(node, ast.Call) and _dotted(node.func) in SETS
    return called or isinstance(node, (ast.Set, ast.SetComp))


def _dotted(node: ast.AST) -> str:
    """`a.b.c` of a plain chain of names; empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return ""


def find(source: str) -> list[str]:
    return [what for _, what in Finder(ast.parse(source)).found]


MODULES = sorted(path for folder in FOLDERS for path in (PACKAGE / folder).rglob("*.py"))


def test_there_is_something_to_check():
    assert len(MODULES) > 30


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_repeats_itself(path):
    name = path.relative_to(PACKAGE)
    found = {
        f"{name}: {what}": f"{name}:{line}: {what}"
        for line, what in Finder(ast.parse(path.read_text())).found
    }
    assert [place for key, place in found.items() if key not in ALLOWED] == []


def test_every_exception_is_still_needed():
    found = {
        f"{path.relative_to(PACKAGE)}: {what}"
        for path in MODULES
        for what in find(path.read_text())
    }
    assert ALLOWED.keys() <= found


@pytest.mark.parametrize(
    "planted",
    [
        "import time",
        "import time as clock",
        "from time import monotonic",
        "from random import choice",
        "import uuid",
        "from secrets import token_hex",
        "import threading",
        "import socket",
        "from concurrent.futures import ThreadPoolExecutor",
        "from datetime import datetime\nx = datetime.now()",
        "import datetime\nx = datetime.datetime.utcnow()",
        "import os\nx = os.urandom(8)",
        "import asyncio\nasync def f(): await asyncio.to_thread(print)",
        "def f(loop): loop.run_in_executor(None, print)",
        "for x in {1, 2}: print(x)",
        "for x in set(y): print(x)",
        "x = [y for y in frozenset(z)]",
        "x = {y: 1 for y in {1, 2}}",
        "x = list({1, 2})",
        "x = (*{1, 2}, 3)",
        "f(*{1, 2})",
        "class A:\n    s: set[int] = f()\nfor x in s: print(x)",
        "def f(self):\n    self.s: set[int] = set()\n    for x in self.s: print(x)",
        "def f(self):\n    self.s = set()\n    return list(self.s)",
        "def f(s: set[int]):\n    return [x for x in s]",
        "s = {1}\nfor x in s | t: print(x)",
        "x = ', '.join({'a', 'b'})",
        "x = sorted(hash(y) for y in z)",
        "d.popitem()",
    ],
)
def test_the_check_fires(planted):
    assert find(planted)


@pytest.mark.parametrize(
    "harmless",
    [
        "from datetime import UTC, datetime\nx = datetime.fromtimestamp(0, UTC)",
        "x = sorted({2, 1})",
        "x = any(y for y in {1, 2})",
        "x = 1 in {1, 2}",
        "for x in sorted(set(y)): print(x)",
        "for x in dict.fromkeys(y): print(x)",
        "import asyncio\nasync def f(t): await asyncio.wait({t})",
        "x = {y for y in z}",
    ],
)
def test_the_check_is_silent(harmless):
    assert not find(harmless)
