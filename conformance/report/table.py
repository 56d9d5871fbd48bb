"""Text tables, whose cells may be painted."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .style import BOLD, paint

_SEQUENCES = re.compile(r"\x1b\[[0-9;]*m")


def table(head: Sequence[str], rows: Sequence[Sequence[str]], *, colour: bool) -> str:
    """Columns as wide as their widest cell, the first to the left, numbers to the right."""
    bare = [[_SEQUENCES.sub("", cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[column]) for row in bare) for column in range(len(head))]
    shown = []
    for row, plain in zip((head, *rows), bare, strict=True):
        cells = []
        for column, (cell, text) in enumerate(zip(row, plain, strict=True)):
            gap = " " * (widths[column] - len(text))
            is_number = text.isdigit() or text == "."
            is_to_right = is_number or (row is head and column > 0 and _is_numeric(bare, column))
            cells.append(gap + cell if is_to_right else cell + gap)
        shown.append("  ".join(cells).rstrip())
    shown[0] = paint(shown[0], BOLD, colour)
    return "\n".join(shown)


def _is_numeric(bare: Sequence[Sequence[str]], column: int) -> bool:
    return all(row[column].isdigit() or row[column] == "." for row in bare[1:])
