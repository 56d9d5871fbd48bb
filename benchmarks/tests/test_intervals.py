"""Statistics against values worked out by hand or with another program."""

import math

import pytest

from benchmarks.intervals import restart_log_ratio, summarise


def test_a_restart_pairs_the_kth_slice_of_a_with_the_kth_of_b() -> None:
    # ABBA on a machine that slows down: A 100, B 50, B 40, A 80.
    assert restart_log_ratio([100, 80], [50, 40]) == pytest.approx(math.log(2))


def test_a_restart_takes_the_median_so_that_one_disturbed_slice_changes_nothing() -> None:
    assert restart_log_ratio([10, 10, 1], [10, 10, 10]) == 0


def test_unequal_numbers_of_slices_are_an_error() -> None:
    with pytest.raises(ValueError, match="shorter"):
        restart_log_ratio([1, 2], [1])


def test_summary_of_five_restarts() -> None:
    # mean 0, standard deviation 0.1, t(4) = 2.776: half width 2.776 * 0.1 / sqrt(5).
    spread = math.sqrt(0.01 * 4 / 10)
    summary = summarise([-2 * spread, -spread, 0, spread, 2 * spread])
    half = 2.776 * 0.1 / math.sqrt(5)
    assert summary.median == 1
    assert (summary.low, summary.high) == pytest.approx(
        (math.exp(-2 * spread), math.exp(2 * spread))
    )
    assert summary.interval == pytest.approx((math.exp(-half), math.exp(half)))
    assert not summary.separated


def test_an_interval_that_excludes_one_separates() -> None:
    assert summarise([math.log(2), math.log(2.02), math.log(1.98)]).separated
    assert summarise([-0.1, -0.11, -0.09]).separated


def test_one_restart_has_no_interval_and_ranks_nothing() -> None:
    summary = summarise([math.log(3)])
    assert summary.median == pytest.approx(3)
    assert summary.interval is None
    assert not summary.separated


def test_more_restarts_than_the_table_has_use_its_last_quantile() -> None:
    logs = [0.1, -0.1] * 50
    deviation = math.sqrt(sum(value**2 for value in logs) / 99)
    interval = summarise(logs).interval
    assert interval is not None
    assert interval[1] == pytest.approx(math.exp(2.042 * deviation / 10))
