"""The names of faults: those that the checks use, that the miniature has, and that it asks for."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.catalogue import all_checks
from conformance.miniature import faults
from conformance.miniature.faults import (
    FAULTS,
    FOR_GENERATED,
    FOR_THE_HARNESS,
    UnknownFault,
    chosen,
)

PACKAGE = Path(faults.__file__).parent.parent


def asked_for(tree: ast.AST) -> Iterator[str]:
    """The names that are looked for in something called faults: `"a" in self.faults`, and
    `{"a", "b"} & faults`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and isinstance(node.left, ast.Constant):
            names: list[ast.expr] = [node.left]
            where = node.comparators[0]
        elif isinstance(node, ast.BinOp) and isinstance(node.left, ast.Set):
            names, where = node.left.elts, node.right
        else:
            continue
        if "faults" in ast.unparse(where):
            yield from (str(ast.literal_eval(name)) for name in names)


def test_every_fault_goes_wrong_somewhere() -> None:
    adapter = PACKAGE.parent / "adapters" / "miniature.py"
    found = {
        name
        for path in (*PACKAGE.glob("*.py"), adapter)
        for name in asked_for(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert found == set(FAULTS)


def test_every_fault_is_named_by_a_check() -> None:
    named = {name for check in all_checks() for name in check.faults}
    assert named == set(FAULTS) - set(FOR_THE_HARNESS) - set(FOR_GENERATED)


def test_unknown_name_is_refused() -> None:
    with pytest.raises(UnknownFault, match="no fault 'matches-nothing'"):
        chosen(["matches-prefix", "matches-nothing"])


def test_adapter_says_so_in_one_sentence() -> None:
    command = [sys.executable, "-m", "conformance.adapters.miniature", "--fault", "no-such"]
    ended = subprocess.run(command, input="", capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr == "the miniature has no fault 'no-such'; --list shows those it has\n"
