"""Figures over restarts: medians, spreads and paired ratios of known samples."""

import math

import pytest

from benchmarks.command import Refused
from benchmarks.measurement import against_first, expect_labels, measured, paired


def test_the_value_is_the_median_and_the_spread_what_was_seen() -> None:
    row = measured("a", "at rest", "resident memory", "MiB", [30.0, 10.0, 20.0])
    assert (row.value, row.spread, row.samples) == (20.0, (10.0, 30.0), (30.0, 10.0, 20.0))
    assert measured("a", "s", "n", "ms", [1.0, 2.0]).value == 1.5


def test_what_was_not_measured_has_no_value() -> None:
    with pytest.raises(ValueError, match="resident memory of a was not measured"):
        measured("a", "at rest", "resident memory", "MiB", [])


def test_a_ratio_pairs_restarts() -> None:
    # Both swing tenfold from restart to restart, together: the ratio does not swing at all.
    a = measured("a", "s", "n", "ms", [10.0, 100.0, 20.0])
    b = measured("b", "s", "n", "ms", [5.0, 50.0, 10.0])
    ratio = paired(a, b)
    assert ratio.ratio == pytest.approx(2)
    assert [ratio.low, ratio.high] == pytest.approx([2, 2])
    assert ratio.is_separated
    assert str(ratio) == "s, n: a over b 2.00 (2.00–2.00, 95% of 3)"


def test_the_interval_of_a_ratio_is_the_t_interval_of_logarithms() -> None:
    # Logarithms 0, 1, 2: mean 1, deviation 1; t(0.975, 2) = 4.302653.
    a = measured("a", "s", "n", "ms", [1.0, math.e, math.e**2])
    b = measured("b", "s", "n", "ms", [1.0, 1.0, 1.0])
    ratio = paired(a, b)
    half = 4.302653 / math.sqrt(3)
    assert math.log(ratio.ratio) == pytest.approx(1)
    assert math.log(ratio.low) == pytest.approx(1 - half, abs=1e-5)
    assert math.log(ratio.high) == pytest.approx(1 + half, abs=1e-5)
    assert not ratio.is_separated
    assert str(ratio).endswith("not separated")


def test_one_restart_separates_nothing() -> None:
    ratio = paired(measured("a", "s", "n", "ms", [2.0]), measured("b", "s", "n", "ms", [1.0]))
    assert ratio.ratio == pytest.approx(2)
    assert not ratio.is_separated
    assert str(ratio) == "s, n: a over b 2.00, which one restart cannot tell from 1"


def test_what_cannot_be_paired_is_an_error() -> None:
    a = measured("a", "s", "n", "ms", [1.0, 2.0])
    with pytest.raises(ValueError, match="cannot be compared"):
        paired(a, measured("b", "s", "other", "ms", [1.0, 2.0]))
    with pytest.raises(ValueError, match=r"zip\(\) argument 2 is shorter"):
        paired(a, measured("b", "s", "n", "ms", [1.0]))
    with pytest.raises(ValueError, match=r"math domain error|expected a positive input"):
        paired(a, measured("b", "s", "n", "ms", [1.0, -1.0]))


def test_the_first_subject_is_compared_with_each_other_one() -> None:
    rows = [
        measured(subject, "s", name, "ms", [value, value])
        for subject, value in (("a", 1.0), ("b", 2.0), ("c", 4.0))
        for name in ("p50", "p99")
    ]
    found = against_first(rows)
    assert [(one.a, one.b, one.name) for one in found] == [
        ("a", "b", "p50"),
        ("a", "c", "p50"),
        ("a", "b", "p99"),
        ("a", "c", "p99"),
    ]
    assert [one.ratio for one in found] == pytest.approx([0.5, 0.25, 0.5, 0.25])
    assert against_first([]) == []


def test_subjects_are_told_apart_by_their_labels() -> None:
    expect_labels(["a", "b"])
    with pytest.raises(Refused, match="b is given twice"):
        expect_labels(["a", "b", "b"])
    with pytest.raises(Refused, match="a subject is wanted"):
        expect_labels([])
