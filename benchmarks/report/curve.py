"""Latency by percentile as a chart: a line for each subject, its tail drawn out.

Owns what is drawn. The horizontal axis is 1 / (1 - p), logarithmic, so that 90 %, 99 % and 99.9 %
stand equally far apart; the vertical one is milliseconds, logarithmic too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.report.octets import printable

from . import canvas
from .canvas import GREY, RULE, SERIES
from .figures import rate
from .result import Report

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Page

_WIDTH_IN, _PANEL_IN, _EDGE_IN, _TOP_IN, _FOOT_IN = 9.0, 3.0, 0.2, 0.75, 0.45
_GAP_IN = 0.75
_MARKS = "os^Dv<>P"


@dataclass(frozen=True)
class _Line:
    """`points` are (1 / (1 - p), milliseconds), ascending, from the median on."""

    scenario: str
    label: str
    points: tuple[tuple[float, float], ...]
    aside: str = ""


def write(report: Report, path: str | Path) -> Path:
    """Draw the latencies to a .svg or .png file, a panel for each scenario.

    They are those of `absolutes`, and measurements in ms that are named p50, p99.9.
    Raises Refused without matplotlib, for another suffix, and where no latency was measured.
    """
    target = canvas.checked(path)
    timed = lines(report)
    if not timed:
        raise canvas.nothing("latencies by percentile")
    with canvas.style():
        canvas.save(_page(timed), target)
    return target


def lines(report: Report) -> list[_Line]:
    found = [
        _Line(
            one.scenario,
            one.label,
            _points(one.latency_ms),
            "" if one.latency_rate_per_s is None else f"  {rate(one.latency_rate_per_s)}",
        )
        for one in report.absolutes
    ]
    by_subject: dict[tuple[str, str], dict[str, float]] = {}
    for one in report.measurements:
        if one.unit == "ms" and re.fullmatch(r"p\d+(\.\d+)?", one.name):
            by_subject.setdefault((one.scenario, one.subject), {})[one.name[1:]] = one.value
    found += [_Line(*key, _points(latency_ms)) for key, latency_ms in by_subject.items()]
    return [one for one in found if one.points]


def _points(latency_ms: Mapping[str, float]) -> tuple[tuple[float, float], ...]:
    """Without the maximum, which is of no percentile."""
    found = [
        (1 / (1 - float(name) / 100), value)
        for name, value in latency_ms.items()
        if name != "max" and 50 <= float(name) < 100 and value > 0
    ]
    return tuple(sorted(found))


def _page(timed: Sequence[_Line]) -> Page:
    scenarios = list(dict.fromkeys(one.scenario for one in timed))
    labels = list(dict.fromkeys(one.label for one in timed))
    height = _TOP_IN + len(scenarios) * (_PANEL_IN + _GAP_IN) + _FOOT_IN
    page = canvas.page(_WIDTH_IN, height)
    names = {label: canvas.shortened(printable(label), 36) for label in labels}
    legend = 0.6 + max(canvas.width_in(page, names[one.label] + one.aside) for one in timed)
    left = 0.8
    for place, scenario in enumerate(scenarios):
        bottom = _FOOT_IN + 0.35 + (len(scenarios) - 1 - place) * (_PANEL_IN + _GAP_IN)
        axes = page.add_axes(
            (
                left / _WIDTH_IN,
                bottom / height,
                (_WIDTH_IN - left - legend - _EDGE_IN) / _WIDTH_IN,
                _PANEL_IN / height,
            )
        )
        _panel(axes, scenario, [one for one in timed if one.scenario == scenario], names)
    canvas.title(page, "Latency by percentile", "milliseconds, lower is better", _EDGE_IN)
    canvas.foot(page, "at a fixed rate, measured from the intended time of sending", _EDGE_IN)
    return page


def _panel(axes: Axes, scenario: str, timed: Sequence[_Line], names: dict[str, str]) -> None:
    order = list(names)
    for one in timed:
        place = order.index(one.label)
        xs, ys = zip(*one.points, strict=True)
        axes.plot(
            xs,
            ys,
            marker=_MARKS[place % len(_MARKS)],
            markersize=4,
            linewidth=1.6,
            color=SERIES[place % len(SERIES)],
            label=f"{names[one.label]}{one.aside}".replace("$", r"\$"),
        )
    axes.set_title(
        printable(scenario).replace("$", r"\$"),
        fontsize=canvas.SIZE_PT,
        fontweight="bold",
        color=canvas.INK,
        loc="left",
    )
    _scale(axes, timed)
    axes.legend(
        loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False, fontsize=canvas.SIZE_PT
    )


def _scale(axes: Axes, timed: Sequence[_Line]) -> None:
    axes.set_xscale("log")
    axes.set_yscale("log")
    last = max(x for one in timed for x, _ in one.points)
    ticks = [(2, "50 %"), (10, "90 %"), (100, "99 %"), (1e3, "99.9 %"), (1e4, "99.99 %")]
    shown = [(x, name) for x, name in ticks if x <= last * 1.01]
    axes.set_xticks([x for x, _ in shown], [name for _, name in shown])
    axes.set_xticks([], minor=True)
    axes.set_xlim(left=1.7, right=max(last, 2.0) * 1.25)
    _milliseconds(axes, [y for one in timed for _, y in one.points])
    canvas.frame(axes)
    axes.grid(color=RULE, linewidth=0.6)
    axes.tick_params(axis="y", length=0)
    axes.spines["bottom"].set_color(GREY)


def _milliseconds(axes: Axes, values: Sequence[float]) -> None:
    """Ticks at 1, 2 and 5 of each power of ten that the values span."""
    steps = [digit * 10.0**power for power in range(-4, 6) for digit in (1, 2, 5)]
    low = max([step for step in steps if step <= min(values)], default=min(values))
    high = min([step for step in steps if step >= max(values)], default=max(values))
    ticks = [step for step in steps if low <= step <= high]
    axes.set_ylim(low / 1.1, high * 1.1)
    axes.set_yticks(ticks, [f"{step:g}" for step in ticks])
    axes.set_yticks([], minor=True)
