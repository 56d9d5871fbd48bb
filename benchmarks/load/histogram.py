"""How latencies are spread: counts in buckets that widen with what they count. Pure."""

from __future__ import annotations

import math
from typing import Any

# A bucket is at most 1/128 of what it counts wide: under 0.8 %.
_BITS = 7
_STEPS = 1 << _BITS


def _bucket(value: int) -> int:
    """The number of the bucket that counts `value`: up to 255 one for each, from there on 128 for
    each doubling."""
    shift = max(0, value.bit_length() - _BITS - 1)
    return (shift << _BITS) + (value >> shift)


def _highest(bucket: int) -> int:
    """The highest value that `bucket` counts."""
    shift = max(0, (bucket >> _BITS) - 1)
    return ((bucket - (shift << _BITS) + 1) << shift) - 1


class Histogram:
    """Latencies in whole microseconds, to 1 % of each; largest value and sum are exact."""

    def __init__(self) -> None:
        self.count = 0
        self.max = 0
        """In microseconds."""
        self._sum_us = 0
        self._counts: dict[int, int] = {}

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Histogram):
            return NotImplemented
        return self.to_json() == other.to_json()

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __repr__(self) -> str:
        return f"<Histogram of {self.count}, longest {self.max} µs>"

    def record(self, latency_s: float) -> None:
        """Counts a latency in seconds; one below zero, by the grain of a clock, is none."""
        latency_us = max(0, round(latency_s * 1e6))
        bucket = _bucket(latency_us)
        self._counts[bucket] = self._counts.get(bucket, 0) + 1
        self.count += 1
        self._sum_us += latency_us
        self.max = max(self.max, latency_us)

    def merge(self, other: Histogram) -> None:
        """Counts all that `other` counted as well."""
        for bucket, count in other._counts.items():
            self._counts[bucket] = self._counts.get(bucket, 0) + count
        self.count += other.count
        self._sum_us += other._sum_us
        self.max = max(self.max, other.max)

    @property
    def mean(self) -> float:
        """The mean in microseconds; not a number where nothing was counted."""
        return self._sum_us / self.count if self.count else math.nan

    def percentile(self, percent: float) -> float:
        """The microseconds within which `percent` % were answered, at most 1 % too many; not a
        number where nothing was counted."""
        if not self.count:
            return math.nan
        wanted = max(1, math.ceil(self.count * percent / 100))
        seen = 0
        for bucket in sorted(self._counts):
            seen += self._counts[bucket]
            if seen >= wanted:
                return min(_highest(bucket), self.max)
        return self.max

    def to_json(self) -> dict[str, Any]:
        """`buckets` are pairs: the highest value of a bucket in microseconds, and its count."""
        return {
            "count": self.count,
            "sum_us": self._sum_us,
            "max_us": self.max,
            "buckets": [[_highest(one), self._counts[one]] for one in sorted(self._counts)],
        }

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Histogram:
        histogram = cls()
        histogram.count = document["count"]
        histogram.max = document["max_us"]
        histogram._sum_us = document["sum_us"]
        histogram._counts = {_bucket(highest): count for highest, count in document["buckets"]}
        return histogram
