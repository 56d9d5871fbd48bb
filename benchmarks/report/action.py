"""The lists that github-action-benchmark reads and keeps a history of.

A list has one direction, so there are two files: in the workflow, `tool: customBiggerIsBetter` for
FILE-bigger.json (throughput) and `tool: customSmallerIsBetter` for FILE-smaller.json (processor
time, latency, instructions, memory). An entry is an object of `name`, `unit`, `value`, and the
texts `range` and `extra`. The names stay the same from run to run: they hold no version.

Of what `compare` measured only the ratios are listed: rates of one machine say nothing beside
those of another, and CI takes another machine each time.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..model import Comparison, Estimate, Figure
from . import figures
from .result import Absolute, Measurement, Report

BIGGER, SMALLER = "customBiggerIsBetter", "customSmallerIsBetter"

_SUFFIX = {BIGGER: "-bigger", SMALLER: "-smaller"}


@dataclass(frozen=True)
class _Entry:
    tool: str
    name: str
    unit: str
    value: float
    range: str = ""
    extra: str = ""

    def to_json(self) -> dict[str, Any]:
        """The optional texts only where there is something to say."""
        texts = {"range": self.range, "extra": self.extra}
        return {
            "name": self.name,
            "unit": self.unit,
            "value": self.value,
            **{name: said for name, said in texts.items() if said},
        }


def lists(whole: Report) -> dict[str, list[dict[str, Any]]]:
    """The entries for each value of `tool:`; only those that have any."""
    found: dict[str, list[dict[str, Any]]] = {}
    for entry in _entries(whole):
        found.setdefault(entry.tool, []).append(entry.to_json())
    return found


def write(whole: Report, path: str | Path) -> list[Path]:
    """Write them next to `path`: bench.json gives bench-bigger.json and bench-smaller.json.

    A list without entries is not written: the action takes an empty one for an error.
    Returns what was written. Raises OSError.
    """
    written = []
    for tool, entries in lists(whole).items():
        target = path_of(path, tool)
        target.write_text(json.dumps(entries, indent=1) + "\n", encoding="utf-8")
        written.append(target)
    return written


def path_of(path: str | Path, tool: str) -> Path:
    base = Path(path)
    return base.with_name(f"{base.stem}{_SUFFIX[tool]}{base.suffix or '.json'}")


def _entries(whole: Report) -> Iterator[_Entry]:
    for comparison in whole.comparisons:
        yield from _of_comparison(comparison)
    for absolute in whole.absolutes:
        yield from _of_absolute(absolute)
    yield from _of_measurements(whole.measurements)


def _of_comparison(one: Comparison) -> Iterator[_Entry]:
    named = f"{one.scenario}: {one.b} ÷ {one.a}"
    for figure, estimate in one.decision.estimates.items():
        is_wall = figure is Figure.WALL
        yield _Entry(
            BIGGER if is_wall else SMALLER,
            f"{named}, {'throughput' if is_wall else 'CPU per request'}",
            "ratio",
            round(figures.ratios(figure, estimate)[0], 4),
            _range(figure, estimate),
            f"{figures.says(figure, estimate)}; {estimate.restarts} restarts; "
            f"verdict: {one.decision.verdict.value}",
        )


def _range(figure: Figure, estimate: Estimate) -> str:
    middle, low, high = figures.ratios(figure, estimate)
    # The page shows it behind the value, as "± 0.02".
    return f"± {max(middle - low, high - middle):.4f}" if math.isfinite(high) else ""


def _of_absolute(one: Absolute) -> Iterator[_Entry]:
    named = f"{one.scenario}: {one.label}"
    if one.rate_per_s is not None:
        bounds = (one.rate_low, one.rate_high)
        yield _Entry(
            BIGGER,
            f"{named}, throughput",
            "requests/s",
            round(one.rate_per_s, 1),
            "" if None in bounds else f"{one.rate_low:.0f}–{one.rate_high:.0f}",
            f"{len(one.restarts)} restarts" if one.restarts else "",
        )
    if one.cpu_us is not None:
        yield _Entry(SMALLER, f"{named}, CPU per request", "µs", round(one.cpu_us, 2))
    if one.rss_bytes is not None:
        yield _Entry(SMALLER, f"{named}, resident memory", "bytes", one.rss_bytes)
    # The maximum is one request's bad luck: a history of it says nothing.
    for percentile, value in one.latency_ms.items():
        if percentile in ("50", "90", "99"):
            at = figures.rate(one.latency_rate_per_s)
            yield _Entry(
                SMALLER, f"{named}, latency {percentile} %", "ms", round(value, 4), extra=f"at {at}"
            )


def _of_measurements(measurements: Iterable[Measurement]) -> Iterator[_Entry]:
    for one in measurements:
        yield _Entry(
            SMALLER if one.is_smaller_better else BIGGER,
            f"{one.scenario}: {one.subject}, {one.name}",
            one.unit,
            one.value,
            "" if one.spread is None else "–".join(map(figures.number, one.spread)),
        )
