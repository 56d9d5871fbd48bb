"""What the table, Markdown and the chart say alike: ratios, units, who is faster, warnings, totals.

Owns the words. Pure. A ratio of throughputs is B ÷ A, above 1 where B is faster; of processor
time per request also B ÷ A, above 1 where B costs more.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from conformance.report.octets import printable

from ..model import Comparison, Estimate, Figure, Verdict
from .result import Measurement, Report, median_of

LEAST_SERVER_BUSY, MOST_CLIENT_BUSY = 0.9, 0.5
NOT_SEPARATED = "not separated"

SHORT = {Verdict.PASS: "pass", Verdict.SLOWER: "SLOWER", Verdict.INCONCLUSIVE: "inconclusive"}
"""A verdict where there is little room; in capitals when it fails the run."""

_SAYS = {Figure.WALL: ("faster", "slower"), Figure.CPU: ("cheaper", "dearer")}
_NAMES = {Figure.WALL: "throughput", Figure.CPU: "CPU/request"}


@dataclass(frozen=True)
class Row:
    """One figure of a comparison, in words."""

    name: str
    ratio: str
    interval: str
    a: str
    b: str
    finds: str
    restarts: str
    says: str


def rows(comparison: Comparison) -> list[Row]:
    """A row for each figure that was estimated."""
    return [
        _row(comparison, figure, estimate)
        for figure, estimate in comparison.decision.estimates.items()
    ]


def _row(comparison: Comparison, figure: Figure, estimate: Estimate) -> Row:
    middle, low, high = ratios(figure, estimate)
    is_bounded = math.isfinite(estimate.log_low) and math.isfinite(estimate.log_high)
    a, b = (_typical(comparison, side, figure) for side in "AB")
    return Row(
        name=_NAMES[figure],
        ratio=ratio(middle),
        interval=f"{ratio(low)}–{ratio(high)}" if is_bounded else "none",
        a=a,
        b=b,
        finds=f"{math.expm1(estimate.log_mde) * 100:.1f} %" if estimate.log_mde < 5 else "-",
        restarts=str(estimate.restarts),
        says=says(figure, estimate),
    )


def ratios(figure: Figure, estimate: Estimate) -> tuple[float, float, float]:
    """B ÷ A with its interval, lower bound first; infinite bounds stay so."""
    if figure is Figure.WALL:
        return estimate.throughput
    return estimate.slowdown, math.exp(estimate.log_low), math.exp(estimate.log_high)


def says(figure: Figure, estimate: Estimate) -> str:
    """What B is, where the interval says so."""
    if not estimate.is_separated:
        return NOT_SEPARATED
    return _SAYS[figure][estimate.log_mean > 0]


def _typical(comparison: Comparison, side: str, figure: Figure) -> str:
    if figure is Figure.WALL:
        return rate(median_of(comparison.slices(side), "rate_per_s"))
    return microseconds(median_of(comparison.slices(side), "cpu_us"))


# -- Units ----------------------------------------------------------------------------------------


def ratio(value: float) -> str:
    if value < 0.1:
        return f"{value:.3g}"
    return f"{value:.3f}" if value < 10 else f"{value:.1f}"


def rate(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f}/s"


def microseconds(value: float | None) -> str:
    return "-" if value is None else f"{value:,.1f} µs"


def milliseconds(value: float | None) -> str:
    return "-" if value is None else f"{value:,.2f}" if value < 10 else f"{value:,.1f}"


def mebibytes(value: int | None) -> str:
    return "-" if value is None else f"{value / (1 << 20):,.1f} MiB"


def number(value: float) -> str:
    """Whole numbers with separators, others with four digits."""
    return f"{value:,.0f}" if value == int(value) or abs(value) >= 10_000 else f"{value:.4g}"


def of_interval(low: float | None, high: float | None, unit: str = "") -> str:
    return "-" if low is None or high is None else f"{low:,.0f}–{high:,.0f}{unit}"


# -- Measurements ---------------------------------------------------------------------------------


def matrix(measurements: Sequence[Measurement]) -> tuple[list[str], list[list[str]]]:
    """The head and the rows of a table: a row for each figure, a column for each subject.

    A cell is the value, with the lowest and highest of what was seen.
    """
    subjects = list(dict.fromkeys(one.subject for one in measurements))
    found: dict[tuple[str, str, str], dict[str, str]] = {}
    for one in measurements:
        cells = found.setdefault((one.scenario, one.name, one.unit), {})
        spread = "" if one.spread is None else f" ({'–'.join(map(number, one.spread))})"
        cells[one.subject] = number(one.value) + spread
    rows = [
        [*map(printable, key), *(cells.get(subject, "-") for subject in subjects)]
        for key, cells in found.items()
    ]
    return ["scenario", "what", "unit", *map(printable, subjects)], rows


# -- Sentences ------------------------------------------------------------------------------------


def warnings(comparison: Comparison) -> list[str]:
    """Where something else than the server was the limit: the ratio is then of something else."""
    said = []
    for side, label in (("A", comparison.a), ("B", comparison.b)):
        server = median_of(comparison.slices(side), "server_busy")
        client = median_of(comparison.slices(side), "client_busy")
        who = f"{side} ({printable(label)})"
        if server is not None and server < LEAST_SERVER_BUSY:
            said.append(f"server was not the limit: {who} {percent(server)} busy")
        if client is not None and client > MOST_CLIENT_BUSY:
            said.append(f"client may be the limit: {percent(client)} busy against {who}")
    return said


def percent(value: float) -> str:
    return f"{value * 100:.0f} %"


def conclusion(report: Report) -> str:
    """`slower beyond the margin of 5 %: 1 of 3 comparisons (plaintext)`, or what was measured."""
    total = len(report.comparisons)
    if not total:
        count = len(report.absolutes) + len(report.measurements)
        return f"{report.kind}: {count} figure{'' if count == 1 else 's'}"
    verdict = report.verdict
    found = [one for one in report.comparisons if one.decision.verdict is verdict]
    many = len(report.pairs()) > 1
    where = [f"{one.scenario}, {one.b}" if many else one.scenario for one in found]
    named = "" if verdict is Verdict.PASS else f" ({printable('; '.join(where))})"
    counted = f"{len(found)} of {_comparisons(total)}"
    return f"{_SENTENCES[report.kind == 'aa', verdict]}{_margin(report)}: {counted}{named}"


_SENTENCES: Mapping[tuple[bool, Verdict], str] = {
    (False, Verdict.PASS): "pass: not slower beyond the margin",
    (False, Verdict.SLOWER): "slower beyond the margin",
    (False, Verdict.INCONCLUSIVE): "inconclusive about a margin",
    (True, Verdict.PASS): "pass: A against itself is not slower beyond the margin",
    (True, Verdict.SLOWER): "false alarm: A against itself is slower beyond the margin",
    (True, Verdict.INCONCLUSIVE): "inconclusive about A against itself, with a margin",
}


def _margin(report: Report) -> str:
    return "" if report.margin is None else f" of {report.margin * 100:g} %"


def _comparisons(count: int) -> str:
    return f"{count} comparison{'' if count == 1 else 's'}"
