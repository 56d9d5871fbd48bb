"""The discovery curve: what was new after how many executions, and what the next ones may show.

Owns its points, its chart and the estimate. Knows no run.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

COLUMNS, ROWS = 56, 8
_STEP = 1.02


@dataclass(frozen=True)
class Point:
    executions: int
    signatures: int
    buckets: int


class Curve:
    """Points of a run, fewer the later: it is shown on a logarithmic scale."""

    def __init__(self) -> None:
        self.points: list[Point] = []

    def add(self, executions: int, signatures: int, buckets: int) -> None:
        """Counts never fall."""
        point = Point(executions, signatures, buckets)
        if len(self.points) > 1 and executions < self.points[-2].executions * _STEP:
            self.points[-1] = point
        elif executions:
            self.points.append(point)


def unseen(once: int, executions: int) -> float:
    """The share of the next inputs that is expected to show something new (Good and Turing): that
    of the inputs whose signature nothing else had. An estimate: an engine that learns draws other
    inputs later than at first."""
    return once / executions if executions else 1.0


def chart(points: Sequence[Point], columns: int = COLUMNS, rows: int = ROWS) -> list[str]:
    """Signatures (`*`) and buckets (`o`) over executions, each up to its own highest value.

    executions   logarithmic, from the first point to the last
    """
    if len(points) < 2 or points[-1].executions <= points[0].executions:
        return []
    first, last = math.log(points[0].executions), math.log(points[-1].executions)
    grid = [[" "] * columns for _ in range(rows)]
    at = 0
    for column in range(columns):
        executions = math.exp(first + (last - first) * column / (columns - 1)) * (1 + 1e-9)
        while at + 1 < len(points) and points[at + 1].executions <= executions:
            at += 1
        for mark, value, most in (
            ("*", points[at].signatures, points[-1].signatures),
            ("o", points[at].buckets, points[-1].buckets),
        ):
            if most:
                row = rows - 1 - (value * (rows - 1)) // most
                grid[row][column] = mark
    left, right = f"{points[0].executions:,}", f"{points[-1].executions:,} executions"
    room = max(1, columns - len(left) - len(right))
    return [
        *(f"  |{''.join(row).rstrip()}" for row in grid),
        f"  +{'-' * columns}",
        f"   {left}{' ' * room}{right}",
        f"   * signatures, up to {points[-1].signatures:,}"
        + (f"   o buckets, up to {points[-1].buckets:,}" if points[-1].buckets else ""),
    ]
