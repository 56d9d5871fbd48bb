"""The statistics of paired comparisons. Pure, no I/O.

Two processes of identical code differ by several percent for as long as they live, so slices of
one pair of processes are not independent samples: **the restart is the sampling unit**. Within a
restart, slices alternate ABBA, which cancels a drift of the machine; each yields one log ratio.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

# Student's t, 97.5 % quantile, for 1 to 30 degrees of freedom. Beyond, the last one is used: it
# makes the interval at most 4 % too wide, never too narrow.
_T975 = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
    2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
    2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
)  # fmt: skip


@dataclass(frozen=True)
class RatioSummary:
    """A over B across restarts. ``interval`` is the 95 % t-interval; None for a single restart."""

    median: float
    low: float
    high: float
    interval: tuple[float, float] | None

    @property
    def separated(self) -> bool:
        """Whether the interval excludes 1: what it does not separate must not be ranked."""
        return self.interval is not None and not self.interval[0] <= 1 <= self.interval[1]


def restart_log_ratio(a: Sequence[float], b: Sequence[float]) -> float:
    """The median of ln(a/b) over the slices of one restart, the k-th of A with the k-th of B.

    Raises ValueError for no slices, unequal counts, or a value that is not positive.
    """
    return statistics.median(math.log(x / y) for x, y in zip(a, b, strict=True))


def summarise(log_ratios: Sequence[float]) -> RatioSummary:
    """Median, range and interval over restarts, as ratios."""
    return RatioSummary(
        median=math.exp(statistics.median(log_ratios)),
        low=math.exp(min(log_ratios)),
        high=math.exp(max(log_ratios)),
        interval=_t_interval(log_ratios),
    )


def _t_interval(log_ratios: Sequence[float]) -> tuple[float, float] | None:
    count = len(log_ratios)
    if count < 2:
        return None
    mean = statistics.fmean(log_ratios)
    quantile = _T975[min(count - 1, len(_T975)) - 1]
    half = quantile * statistics.stdev(log_ratios) / math.sqrt(count)
    return math.exp(mean - half), math.exp(mean + half)
