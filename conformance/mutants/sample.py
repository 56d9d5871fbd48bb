"""Which mutants there are, and a sample of them that is the same for the same program.

Owns what counts as a mutant. Runs nothing.
"""

from __future__ import annotations

import ast
import difflib
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import parso  # which Cosmic Ray parses with
from cosmic_ray.ast import Visitor
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

_NOT_SERVED = ("workers.py",)  # several processes, which no adapter asks for
_NEED_ARGUMENTS = ("VariableReplacer", "VariableInserter")


@dataclass(frozen=True)
class Mutant:
    """One change to one module. `before` and `after` are its changed lines, without indentation."""

    module: str
    operator: str
    occurrence: int
    line: int
    before: str
    after: str


class _Positions(Visitor):  # type: ignore[misc]  # it has no types
    """Where an operator finds something to change."""

    def __init__(self, operator: Any) -> None:
        self._operator = operator
        self.found: list[tuple[tuple[int, int], tuple[int, int]]] = []

    def visit(self, node: object) -> object:
        self.found += self._operator.mutation_positions(node)
        return node


def sites(package: Path) -> list[list[tuple[str, str, int]]]:
    """All places in a package that some operator can change: module, operator and occurrence for
    each way. One site is one place and one kind of operator, so that `==`, which can become seven
    others, is no likelier to be drawn than `not`."""
    grouped: dict[tuple[object, ...], list[tuple[str, str, int]]] = {}
    operators = {
        name: get_operator(name)()
        for name in operator_names()
        if not name.endswith(_NEED_ARGUMENTS)
    }
    for path in sorted(package.glob("*.py")):
        if path.name in _NOT_SERVED:
            continue
        tree = parso.parse(path.read_text(encoding="utf-8"))  # type: ignore[no-untyped-call]
        for name, operator in operators.items():
            positions = _Positions(operator)
            positions.walk(tree)
            for occurrence, (start, end) in enumerate(positions.found):
                kind = name.split("/")[-1].split("_")[0]
                grouped.setdefault((path.name, start, end, kind), []).append(
                    (path.name, name, occurrence)
                )
    return list(grouped.values())


def mutated(package: Path, module: str, operator: str, occurrence: int) -> tuple[str, str]:
    """The text of a module before and after."""
    text = (package / module).read_text(encoding="utf-8")
    try:
        changed = mutate_code(text, get_operator(operator)(), occurrence)
    except AttributeError:  # its ExceptionReplacer does not know dotted names
        changed = None
    return text, text if changed is None else str(changed)


def is_no_change(before: str, after: str) -> bool:
    """They differ in nothing that is ever run: in annotations, which are not evaluated here."""
    try:
        return _what_runs(before) == _what_runs(after)
    except SyntaxError:
        return True  # what does not compile is no program, so no mutant of one


def _what_runs(text: str) -> str:
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign):
            node.annotation = ast.Constant(None)
        elif isinstance(node, ast.arg):
            node.annotation = None
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.returns = None
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = [ast.Pass()]
    return ast.dump(tree)


def sample(package: Path, size: int, seed: int) -> list[Mutant]:
    """That many mutants, drawn at random from all sites; the same ones for the same program."""
    chance = random.Random(seed)  # noqa: S311 nothing secret
    places = sites(package)
    chance.shuffle(places)
    found: list[Mutant] = []
    for ways in places:
        if len(found) == size:
            break
        module, operator, occurrence = chance.choice(ways)
        before, after = mutated(package, module, operator, occurrence)
        if not is_no_change(before, after):
            line, old, new = changed_lines(before, after)
            found.append(Mutant(module, operator, occurrence, line, old, new))
    return found


def changed_lines(before: str, after: str) -> tuple[int, str, str]:
    """The first changed line's number, and the lines without and with the change."""
    old, new = before.splitlines(), after.splitlines()
    matcher = difflib.SequenceMatcher(a=old, b=new, autojunk=False)
    changes = [one for one in matcher.get_opcodes() if one[0] != "equal"]
    _, start, end, new_start, new_end = changes[0]
    return (
        start + 1,
        " ".join(one.strip() for one in old[start:end]),
        " ".join(one.strip() for one in new[new_start:new_end]),
    )
