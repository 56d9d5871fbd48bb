"""The chart of a report: ratios where something was compared, else latencies by percentile.

Owns which one. `checked` is for before a measurement, `write` for after it.
"""

from __future__ import annotations

from pathlib import Path

from ..command import Refused
from . import canvas, curve, forest
from .result import Report

KINDS = ("compare", "aa", "run", "latency")
"""What a chart can be made of."""


def checked(path: str | Path, kind: str) -> Path:
    """The path, if a chart of this kind of report can be drawn there.

    Raises Refused without matplotlib, for a suffix other than .svg and .png, for another kind.
    """
    if kind not in KINDS:
        raise Refused(f"there is no chart of `bench {kind}`, only of {', '.join(KINDS)}")
    return canvas.checked(path)


def write(report: Report, path: str | Path) -> Path:
    """Draw it to a .svg or .png file. Raises Refused as `checked` does, and where there is nothing
    to draw; OSError."""
    target = checked(path, report.kind)
    if report.comparisons:
        return forest.write(report, target)
    return curve.write(report, target)
