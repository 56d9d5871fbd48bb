"""Reports to show, made of slices that are computed and not measured."""

from __future__ import annotations

import math
from dataclasses import replace

from benchmarks.model import (
    Comparison,
    Decision,
    Estimate,
    Figure,
    Phase,
    Restart,
    Series,
    Slice,
    Verdict,
)
from benchmarks.report.result import Absolute, Measurement, Report, SubjectInfo

MACHINE = {"python": "3.12.7", "architecture": "x86_64", "cpus": 2, "load_average_1min": 0.4}
SETTINGS = {"margin": 0.05, "seconds": 60, "connections": 64, "load": "wrk", "seed": 7}


def slice_of(side: str, rate: float, busy: float = 0.98, client: float = 0.3) -> Slice:
    return Slice(side, round(rate), 1.0, busy, client, round(rate) * 130)


def restart(rate_a: float, rate_b: float, busy: float = 0.98, client: float = 0.3) -> Restart:
    rates = {"A": rate_a, "B": rate_b}
    return Restart(tuple(slice_of(side, rates[side], busy, client) for side in "ABBA"))


def estimate(figure: Figure, slowdown: float, half: float, restarts: int = 12) -> Estimate:
    """`half` is half of the interval, as a fraction; infinite without one."""
    middle = math.log(slowdown)
    sd = half if math.isinf(half) else half * 1.5
    low, high = middle - half, middle + half
    return Estimate(figure, restarts, middle, low, high, sd, 0.05 + half * 1.3, 0.998)


def comparison(
    scenario: str = "plaintext",
    a: str = "main",
    b: str = "head",
    *,
    slowdown: float = 1.0,
    half: float = 0.02,
    verdict: Verdict = Verdict.PASS,
    reason: str = "the whole interval is within the margin",
    busy: float = 0.98,
    client: float = 0.3,
    restarts: int = 3,
) -> Comparison:
    made = tuple(restart(50_000, 50_000 / slowdown, busy, client) for _ in range(restarts))
    estimates = {
        Figure.WALL: estimate(Figure.WALL, slowdown, half),
        Figure.CPU: estimate(Figure.CPU, slowdown * 0.999, half / 4),
    }
    return Comparison(
        scenario, a, b, (Series(Phase.FIRST, made),), Decision(verdict, reason, estimates)
    )


SLOWER = comparison(
    "json",
    slowdown=1.09,
    verdict=Verdict.SLOWER,
    reason="B is 6.9 % to 11.2 % slower: the whole interval lies beyond the margin of 5 %, and so "
    "does that of fresh restarts",
)
UNCLEAR = comparison(
    "param",
    slowdown=1.04,
    half=0.09,
    verdict=Verdict.INCONCLUSIVE,
    reason="the interval reaches beyond the margin and does not lie beyond it whole",
)
ONCE = comparison(
    "not-found",
    half=math.inf,
    verdict=Verdict.INCONCLUSIVE,
    reason="one restart has no interval",
    restarts=1,
)
CUT_SHORT = replace(
    comparison("echo", verdict=Verdict.INCONCLUSIVE, reason="interrupted"),
    series=(),
    decision=Decision(Verdict.INCONCLUSIVE, "interrupted", {}),
)
"""What Ctrl-C left before the first restart was over."""

SUBJECTS = (
    SubjectInfo("main", "reference", "0.1.0", "Python 3.12.7", "asyncio", "git main"),
    SubjectInfo("head", "reference", "0.2.0", "Python 3.12.7", "asyncio", "git ."),
)


def report(*comparisons: Comparison, kind: str = "compare", **more: object) -> Report:
    values: dict[str, object] = {
        "kind": kind,
        "machine": MACHINE,
        "settings": SETTINGS,
        "subjects": SUBJECTS,
        "comparisons": comparisons,
        "started": "2026-11-21T12:00:00+00:00",
        "duration_s": 61.5,
        **more,
    }
    return Report(**values)  # type: ignore[arg-type]


RUN = Absolute(
    "plaintext",
    "aiohttp",
    rate_per_s=13_120.4,
    rate_low=12_800.0,
    rate_high=13_450.0,
    cpu_us=74.31,
    latency_ms={"50": 0.91, "90": 1.42, "99": 3.07, "99.9": 9.5, "max": 21.25},
    latency_rate_per_s=6_500.0,
    rss_bytes=41_943_040,
    restarts=(restart(13_000, 13_200), restart(13_100, 13_150)),
)
INSTRUCTIONS = Measurement(
    "reference", "plaintext", "instructions", 101_234.0, "per request", (101_200.0, 101_301.0)
)
BYTES = Measurement(
    "reference", "idle", "memory", 3802.5, "bytes per connection", samples=(3802.5,)
)
