"""Figures of one subject over restarts, and of two subjects next to each other. Pure; no I/O.

A value is taken once for each restart, because restarts are the sampling unit: processes of the
same code differ for as long as they live.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from .command import Refused
from .report.result import Measurement
from .statistics.intervals import t_interval

CONFIDENCE = 0.95


def measured(
    subject: str, scenario: str, name: str, unit: str, values: Sequence[float]
) -> Measurement:
    """The median over restarts, with what was seen: `values` in the order of the restarts.

    Raises ValueError when there are none.
    """
    if not values:
        raise ValueError(f"{name} of {subject} was not measured")
    return Measurement(
        subject,
        scenario,
        name,
        statistics.median(values),
        unit,
        spread=(min(values), max(values)),
        samples=tuple(values),
    )


@dataclass(frozen=True)
class Ratio:
    """A figure of `a` over that of `b`, paired by restarts: the geometric mean and its t-interval,
    whose upper bound is infinite for fewer than two restarts."""

    a: str
    b: str
    scenario: str
    name: str
    ratio: float
    low: float
    high: float
    restarts: int
    confidence: float

    @property
    def is_separated(self) -> bool:
        """Whether the interval excludes equality: what it does not separate must not be ranked."""
        return not self.low <= 1 <= self.high

    def __str__(self) -> str:
        """For people: a line."""
        said = f"{self.scenario}, {self.name}: {self.a} over {self.b} {self.ratio:.2f}"
        if not math.isfinite(self.high):
            return f"{said}, which one restart cannot tell from 1"
        high = f"{self.high:.2f}" if self.high < 100 else f"{self.high:,.0f}"
        said += f" ({self.low:.2f}–{high}, {self.confidence:.0%} of {self.restarts})"
        return said if self.is_separated else f"{said}, not separated"


def paired(a: Measurement, b: Measurement, confidence: float = CONFIDENCE) -> Ratio:
    """`a` over `b`, the k-th restart of one with the k-th of the other.

    Raises ValueError for other figures, unequal counts, or a value that is not positive.
    """
    if (a.scenario, a.name, a.unit) != (b.scenario, b.name, b.unit):
        raise ValueError(f"{a.name} ({a.unit}) cannot be compared with {b.name} ({b.unit})")
    logs = [math.log(x / y) for x, y in zip(a.samples, b.samples, strict=True)]
    mean, low, high, _ = t_interval(logs, confidence)
    return Ratio(
        a.subject,
        b.subject,
        a.scenario,
        a.name,
        math.exp(mean),
        math.exp(low),
        math.exp(high),
        len(logs),
        confidence,
    )


def expect_labels(labels: Sequence[str]) -> None:
    """Figures are told apart by the labels of their subjects. Raises Refused for one given twice,
    and when there is none."""
    if not labels:
        raise Refused("a subject is wanted")
    twice = next((one for one in labels if labels.count(one) > 1), None)
    if twice is not None:
        raise Refused(
            f"{twice} is given twice; `trueline bench aa {twice}` compares it with itself"
        )


def against_first(rows: Sequence[Measurement]) -> list[Ratio]:
    """The first subject over each other one, figure by figure."""
    found = []
    first = rows[0].subject if rows else ""
    for a in (one for one in rows if one.subject == first):
        found += [
            paired(a, b)
            for b in rows
            if b.subject != first and (b.scenario, b.name) == (a.scenario, a.name)
        ]
    return found
