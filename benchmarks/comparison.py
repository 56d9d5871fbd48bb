"""What throughput runs yield and how it is shown: slices, restarts, comparisons, the table. Pure.

A *figure* is a function of one slice; ratios of a figure are A over B.
"""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from benchmarks.intervals import RatioSummary, restart_log_ratio, summarise
from benchmarks.load import Load
from benchmarks.table import render

Pair = tuple[str, str]


@dataclass(frozen=True)
class Slice:
    """One run of wrk against one side of the pair; ``cpu_s`` is what the server used for it."""

    side: str
    load: Load
    cpu_s: float

    @property
    def cpu_us_per_request(self) -> float:
        return self.cpu_s / self.load.requests * 1e6

    @property
    def busy(self) -> float:
        """The share of its CPU the server used: well below 1, something else was the limit."""
        return self.cpu_s / self.load.duration_s


@dataclass(frozen=True)
class Restart:
    """One pair of processes: its slices in the order they ran, and the length of the answers."""

    slices: tuple[Slice, ...]
    answer_bytes: dict[str, float]

    def of(self, side: str, figure: Callable[[Slice], float]) -> list[float]:
        return [figure(part) for part in self.slices if part.side == side]


@dataclass(frozen=True)
class Comparison:
    """All restarts of one pair under one scenario and one event loop."""

    pair: Pair
    loop: str
    scenario: str
    restarts: tuple[Restart, ...]

    def median(self, side: str, figure: Callable[[Slice], float]) -> float:
        return statistics.median(
            value for restart in self.restarts for value in restart.of(side, figure)
        )

    def ratio(self, figure: Callable[[Slice], float]) -> RatioSummary:
        return summarise(
            [
                restart_log_ratio(restart.of("A", figure), restart.of("B", figure))
                for restart in self.restarts
            ]
        )


def rate(part: Slice) -> float:
    return part.load.rate


def cpu(part: Slice) -> float:
    return part.cpu_us_per_request


def busy(part: Slice) -> float:
    return part.busy


def restart_line(restart: Restart) -> str:
    """What one restart showed, with how busy each server was."""
    a, b = (statistics.median(restart.of(side, rate)) for side in "AB")
    busy_a, busy_b = (statistics.median(restart.of(side, busy)) for side in "AB")
    return f"{a:.0f} and {b:.0f} req/s, ratio {a / b:.3f}, busy {busy_a:.0%} and {busy_b:.0%}"


def verdict(summary: RatioSummary, pair: Pair) -> str:
    """Who is faster, where the interval says so."""
    if summary.interval is None:
        return "one restart: no interval"
    if not summary.separated:
        return "not separated"
    return f"{pair[0 if summary.median > 1 else 1]} faster"


def report(comparisons: Sequence[Comparison]) -> str:
    """The table on stdout: ratios are A over B, of rates and of server CPU time per request."""
    header = ["loop", "scenario", "A", "B", "ratio", "min–max", "95 % interval", "A req/s"]
    header += ["B req/s", "A µs CPU", "B µs CPU", "CPU ratio", "verdict"]
    return render(header, [row(comparison) for comparison in comparisons])


def row(comparison: Comparison) -> list[str]:
    """One line of ``report``."""
    speed, cost = comparison.ratio(rate), comparison.ratio(cpu)
    interval = "–".join(f"{bound:.3f}" for bound in speed.interval) if speed.interval else "-"
    return [
        comparison.loop,
        comparison.scenario,
        *comparison.pair,
        f"{speed.median:.3f}",
        f"{speed.low:.3f}–{speed.high:.3f}",
        interval,
        *(f"{comparison.median(side, rate):.0f}" for side in "AB"),
        *(f"{comparison.median(side, cpu):.1f}" for side in "AB"),
        f"{cost.median:.3f}",
        verdict(speed, comparison.pair),
    ]


def document(comparisons: Sequence[Comparison]) -> list[dict[str, object]]:
    """Everything that was measured, each raw slice included, ready for JSON."""
    return [
        {
            **asdict(comparison),
            "rate_ratio": asdict(comparison.ratio(rate)),
            "cpu_ratio": asdict(comparison.ratio(cpu)),
        }
        for comparison in comparisons
    ]
