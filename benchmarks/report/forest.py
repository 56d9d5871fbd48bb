"""Ratios with their intervals as a chart: a dot and its whiskers for each comparison.

Owns what is drawn; `canvas` has the page, its colours and its files. B is faster to the right of
the line at 1. A hollow dot is one that the interval does not separate from 1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.report.octets import printable

from ..model import Comparison, Figure
from . import canvas
from .canvas import GREY, INK, PALE, RULE
from .figures import ratio
from .result import Report

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Page

FASTER, SLOWER = "#0a7d5a", "#c2410c"
_WIDTH_IN, _ROW_IN, _EDGE_IN, _TOP_IN, _FOOT_IN = 9.0, 0.27, 0.2, 0.75, 0.75
_LEAST_SPAN = math.log(1.15)
"""The axis shows at least from 1/1.15 to 1.15, or noise would look like news."""

_TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 4, 5, 7, 10, 20, 50, 100)
_FINE_TICKS = tuple(round(1 + step / 100, 2) for step in range(-50, 101, 2))
_COARSE_TICKS = tuple(10.0**power for power in range(-9, 10))


@dataclass(frozen=True)
class _Row:
    """A line of the chart: a heading where it has no ratio. Bounds may be infinite."""

    label: str
    ratio: float | None = None
    low: float = 0.0
    high: float = 0.0
    is_separated: bool = False

    @property
    def colour(self) -> str:
        if self.ratio is None or not self.is_separated:
            return GREY
        return FASTER if self.ratio > 1 else SLOWER

    @property
    def text(self) -> str:
        if self.ratio is None:
            return ""
        if math.isinf(self.high):
            return f"{ratio(self.ratio)}  (no interval)"
        return f"{ratio(self.ratio)}  ({ratio(self.low)}–{ratio(self.high)})"


def write(report: Report, path: str | Path, figure: Figure = Figure.WALL) -> Path:
    """Draw the comparisons to a .svg or .png file. The CPU chart shows requests per CPU second.

    Raises Refused without matplotlib, for another suffix, and where nothing was compared.
    """
    target = canvas.checked(path)
    rows = _rows(report, figure)
    if not rows:
        raise canvas.nothing("a comparison")
    with canvas.style():
        canvas.save(_page(report, rows, figure), target)
    return target


# -- What the rows are ----------------------------------------------------------------------------


def _rows(report: Report, figure: Figure) -> list[_Row]:
    """One pair: a row for each scenario. Several: the scenario as a heading, a row for each B."""
    kept = [one for one in report.comparisons if figure in one.decision.estimates]
    pairs = {(one.a, one.b) for one in kept}
    if len(pairs) <= 1:
        return [_row(one.scenario, one, figure) for one in kept]
    has_one_baseline = len({one.a for one in kept}) == 1
    rows: list[_Row] = []
    for scenario in dict.fromkeys(one.scenario for one in kept):
        rows.append(_Row(scenario))
        rows += [
            _row(one.b if has_one_baseline else f"{one.b} ÷ {one.a}", one, figure)
            for one in kept
            if one.scenario == scenario
        ]
    return rows


def _row(label: str, one: Comparison, figure: Figure) -> _Row:
    estimate = one.decision.estimates[figure]
    middle, low, high = estimate.throughput
    return _Row(label, middle, low, high, estimate.is_separated)


def _title(report: Report, figure: Figure) -> str:
    what = "Throughput" if figure is Figure.WALL else "Requests per CPU second"
    a = {one.a for one in report.comparisons}
    b = {one.b for one in report.comparisons}
    if len(b) == 1 and len(a) == 1:
        return f"{what}: {b.pop()} ÷ {a.pop()}"
    return f"{what} ÷ that of {a.pop()}" if len(a) == 1 else f"{what}, B ÷ A"


# -- How they are drawn ---------------------------------------------------------------------------


def _page(report: Report, rows: Sequence[_Row], figure: Figure) -> Page:
    """Labels, the plot, values: three columns, the outer ones as wide as their texts."""
    places = _places(rows)
    height = _TOP_IN + _ROW_IN * (places[-1] + 1.4) + _FOOT_IN
    page = canvas.page(_WIDTH_IN, height)
    labels = [canvas.shortened(printable(row.label)) for row in rows]
    indent = 0.14 if any(row.ratio is None for row in rows) else 0.0
    left = _EDGE_IN + indent + max(canvas.width_in(page, label, bold=True) for label in labels)
    right = _EDGE_IN + max(canvas.width_in(page, row.text) for row in rows)
    gap = 0.15
    axes = page.add_axes(
        (
            (left + gap) / _WIDTH_IN,
            _FOOT_IN / height,
            (_WIDTH_IN - left - right - 2 * gap) / _WIDTH_IN,
            1 - (_TOP_IN + _FOOT_IN) / height,
        )
    )
    axes.set_ylim(places[-1] + 0.7, -0.7)
    _scale(axes, rows, report.margin)
    for position, row, label in zip(places, rows, labels, strict=True):
        _draw(axes, position, row)
        is_heading = row.ratio is None
        canvas.text(
            axes,
            -gap - left + _EDGE_IN + (0.0 if is_heading else indent),
            position,
            label,
            bold=is_heading,
        )
        canvas.text(axes, gap, position, row.text, colour=row.colour, from_right=True)
    title = canvas.shortened(printable(_title(report, figure)), 80)
    canvas.title(page, title, "right of 1: faster", _EDGE_IN)
    canvas.foot(page, _foot(report, rows), _EDGE_IN)
    return page


def _places(rows: Sequence[_Row]) -> list[float]:
    """Where the rows stand, counted in rows from the top, with air above each heading."""
    places: list[float] = []
    place = 0.0
    for number, row in enumerate(rows):
        place += 0.5 if number and row.ratio is None else 0.0
        places.append(place)
        place += 1
    return places


def _foot(report: Report, rows: Sequence[_Row]) -> str:
    said = ["whiskers: interval over restarts"]
    if any(row.ratio is not None and not row.is_separated for row in rows):
        said.append("hollow: not separated from 1")
    if report.margin is not None:
        said.append(f"band: the margin, {report.margin * 100:g} %")
    return " · ".join(said)


def _scale(axes: Axes, rows: Sequence[_Row], margin: float | None) -> None:
    """A logarithmic axis that holds 1, every bound that is finite, and the margin."""
    values = [1.0, *((1 + margin, 1 / (1 + margin)) if margin else ())]
    for row in rows:
        if row.ratio is not None:
            bounds = (row.ratio, row.low, row.high)
            values += [value for value in bounds if 0 < value < math.inf]
    low, high = math.log(min(values)), math.log(max(values))
    low, high = min(low, -_LEAST_SPAN), max(high, _LEAST_SPAN)
    pad = 0.06 * (high - low)
    axes.set_xlim(math.exp(low - pad), math.exp(high + pad))
    axes.set_xscale("log")
    axes.set_xlim(math.exp(low - pad), math.exp(high + pad))
    _ticks(axes, math.exp(low), math.exp(high))
    if margin:
        axes.axvspan(1 / (1 + margin), 1 + margin, color=PALE, linewidth=0, zorder=0)
    axes.axvline(1, color=INK, linewidth=1.0, zorder=1)


def _ticks(axes: Axes, low: float, high: float) -> None:
    span = high / low
    candidates = _FINE_TICKS if span < 2 else _TICKS if span < 100 else _COARSE_TICKS
    inside = [value for value in candidates if low <= value <= high]
    # At most nine of them, and 1 always among them.
    step = -(-len(inside) // 9)
    at_one = inside.index(1)
    ticks = [value for place, value in enumerate(inside) if (place - at_one) % step == 0]
    axes.set_xticks(ticks, [f"{value:g}" for value in ticks])
    axes.set_xticks([], minor=True)
    canvas.frame(axes)
    axes.set_yticks([])
    axes.grid(axis="x", color=RULE, linewidth=0.6, zorder=0)


def _draw(axes: Axes, position: float, row: _Row) -> None:
    if row.ratio is None:
        return
    left, right = axes.get_xlim()
    low, high = max(row.low, left), min(row.high, right)
    style = "-" if math.isfinite(row.high) else ":"
    axes.plot([low, high], [position] * 2, style, color=row.colour, linewidth=1.6, zorder=3)
    for end in (low, high) if style == "-" else ():
        axes.plot(
            [end] * 2, [position - 0.16, position + 0.16], color=row.colour, linewidth=1.6, zorder=3
        )
    face = row.colour if row.is_separated else canvas.PAPER
    axes.plot(
        [row.ratio],
        [position],
        "o",
        markersize=6.5,
        markerfacecolor=face,
        markeredgecolor=row.colour,
        markeredgewidth=1.6,
        zorder=4,
    )
