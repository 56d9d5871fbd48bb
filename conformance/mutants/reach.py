"""What of the reference runs when the suite does.

Owns the measuring of lines, by coverage.py, and the way from a line to its statement.
"""

from __future__ import annotations

import ast
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import coverage

from ..check import Check
from ..driver import Command, Deadlines
from ..verdicts import verdicts
from . import ROOT, SUBJECT


class Reach:
    """The statements of the reference that run when the suite does, by module."""

    def __init__(self, executed: Mapping[str, set[int]]) -> None:
        self._executed = executed
        self._statements: dict[str, list[tuple[int, int]]] = {}

    def has(self, module: str, line: int) -> bool:
        """Whether the statement that this line belongs to was run."""
        if module not in self._statements:
            tree = ast.parse((ROOT / SUBJECT / module).read_text(encoding="utf-8"))
            self._statements[module] = [
                (node.lineno, _last_line(node))
                for node in ast.walk(tree)
                if isinstance(node, ast.stmt)
            ]
        holding = [span for span in self._statements[module] if span[0] <= line <= span[1]]
        if not holding:
            return True  # a decorator, or what is no statement of its own
        start, end = min(holding, key=lambda span: span[1] - span[0])
        return any(one in self._executed[module] for one in range(start, end + 1))


def _last_line(statement: ast.stmt) -> int:
    """Of a compound statement, that of its head."""
    body: list[ast.stmt] = getattr(statement, "body", [])
    if body:
        return max(statement.lineno, body[0].lineno - 1)
    return statement.end_lineno or statement.lineno


async def reach(checks: Sequence[Check]) -> Reach:
    """Run every check on the reference itself, and see which lines run."""
    with tempfile.TemporaryDirectory(prefix="trueline-reach-") as folder:
        argv = [
            sys.executable, "-m", "coverage", "run", "--parallel-mode",
            f"--data-file={folder}/lines", f"--rcfile={ROOT / 'pyproject.toml'}",
            f"--source={ROOT / SUBJECT}", "-m", "conformance.adapters.reference",
        ]  # fmt: skip
        await verdicts(Command(argv, SUBJECT), checks, Deadlines())
        return Reach(_executed(Path(folder)))


def _executed(folder: Path) -> dict[str, set[int]]:
    """The lines that the processes of a run have executed, by module."""
    lines = coverage.CoverageData(basename=str(folder / "all"))
    for part in folder.glob("lines.*"):
        data = coverage.CoverageData(basename=str(part))
        data.read()
        lines.update(data)
    modules = (ROOT / SUBJECT).glob("*.py")
    return {path.name: set(lines.lines(str(path)) or ()) for path in modules}
