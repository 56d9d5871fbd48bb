"""Latencies are kept to 1 % of each, whatever they are and wherever they were counted."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.load import Histogram

MICROSECONDS = st.integers(0, 60_000_000)


def histogram_of(latencies_us: list[int]) -> Histogram:
    histogram = Histogram()
    for one in latencies_us:
        histogram.record(one / 1e6)
    return histogram


@given(MICROSECONDS)
def test_a_latency_is_kept_to_one_percent(latency_us: int) -> None:
    histogram = histogram_of([latency_us, 60_000_000])
    assert latency_us <= histogram.percentile(50) <= latency_us * 1.01


@given(st.lists(MICROSECONDS, min_size=1), st.floats(0, 100))
def test_a_percentile_is_that_of_the_sorted_latencies(values: list[int], percent: float) -> None:
    exact = sorted(values)[max(1, math.ceil(len(values) * percent / 100)) - 1]
    assert exact <= histogram_of(values).percentile(percent) <= exact * 1.01


@given(st.lists(MICROSECONDS), st.lists(MICROSECONDS))
def test_merged_is_what_one_would_have_counted(some: list[int], more: list[int]) -> None:
    merged = histogram_of(some)
    merged.merge(histogram_of(more))
    assert merged == histogram_of(some + more)


@given(st.lists(MICROSECONDS))
def test_json_keeps_all_of_it(values: list[int]) -> None:
    histogram = histogram_of(values)
    assert Histogram.from_json(json.loads(json.dumps(histogram.to_json()))) == histogram


def test_count_mean_and_maximum_are_exact() -> None:
    histogram = histogram_of([1, 1_000, 12_345_678])
    assert (histogram.count, histogram.max, histogram.mean) == (3, 12_345_678, 12_346_679 / 3)
    assert histogram.percentile(100) == 12_345_678


def test_json_is_sparse() -> None:
    histogram = histogram_of([5] * 1000 + [59_000_000])
    assert len(histogram.to_json()["buckets"]) == 2


def test_nothing_counted_has_no_percentiles() -> None:
    assert math.isnan(Histogram().percentile(50))
    assert math.isnan(Histogram().mean)


def test_a_clock_that_steps_back_by_a_grain_counts_as_no_time() -> None:
    assert histogram_of([-1]).max == 0


def test_different_latencies_differ() -> None:
    assert histogram_of([1]) != histogram_of([2])
    assert histogram_of([1]) != pytest.approx(1)
