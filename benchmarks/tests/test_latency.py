"""Latency: what is made of known loads, and the course of it with the reference."""

from dataclasses import replace
from functools import partial

import pytest

from benchmarks.command import Refused
from benchmarks.latency import Run, latency, order, round_down, run_line, run_of, summarise
from benchmarks.load import Histogram, Load
from benchmarks.scenarios import SCENARIOS
from benchmarks.subjects import subject


def load_of(*latencies_ms: float, duration_s: float = 1.0) -> Load:
    histogram = Histogram()
    for one in latencies_ms:
        histogram.record(one / 1000)
    return Load(len(latencies_ms), 0, duration_s, 0.1, latency=histogram)


def run_with(rate_per_s: float, **percentiles_ms: float) -> Run:
    given = {float(name[1:]): ms * 1000 for name, ms in percentiles_ms.items()}
    return Run(round(rate_per_s * 2), 2.0, 0.5, given)


def test_each_is_measured_twice_with_the_same_middle() -> None:
    assert order(["a", "b"], 0) == ["a", "b", "b", "a"]
    assert order(["a", "b"], 1) == ["b", "a", "a", "b"]
    assert order(["a", "b", "c"], 2) == ["a", "b", "c", "c", "b", "a"]
    assert order(["a"], 0) == ["a", "a"]


def test_a_found_rate_has_two_digits() -> None:
    assert round_down(4789.5) == 4700
    assert round_down(999.9) == 990
    assert round_down(10) == 10
    assert round_down(7.5) == 7.5


def test_the_halves_of_a_restart_are_counted_together() -> None:
    # 990 answers in 1 ms, 10 in 9 ms: half of the slow ones in each half.
    half = [1.0] * 495 + [9.0] * 5
    run = run_of([load_of(*half, duration_s=2.0), load_of(*half, duration_s=2.0)])
    assert (run.requests, run.duration_s, run.rate_per_s) == (1000, 4.0, 250.0)
    assert run.client_busy == pytest.approx(0.05)
    assert run.percentiles_us[50.0] == pytest.approx(1000, rel=0.01)
    assert run.percentiles_us[99.0] == pytest.approx(1000, rel=0.01)
    assert set(run.percentiles_us) == {50.0, 90.0, 99.0}


def test_a_percentile_takes_ten_requests_beyond_it() -> None:
    assert set(run_of([load_of(*[1.0] * 99)]).percentiles_us) == {50.0}
    assert set(run_of([load_of(*[1.0] * 100)]).percentiles_us) == {50.0, 90.0}
    assert set(run_of([load_of(*[1.0] * 10_000)]).percentiles_us) == {50.0, 90.0, 99.0, 99.9}


def test_the_median_over_restarts_and_the_ratio_paired_by_them() -> None:
    found = summarise(
        "plaintext",
        100.0,
        {},
        {
            "a": [run_with(100, p50=2, p99=8), run_with(100, p50=4, p99=8)],
            "b": [run_with(100, p50=1, p99=8), run_with(100, p50=2, p99=8)],
        },
    )
    rows = {(one.subject, one.name): (one.value, one.spread, one.unit) for one in found.rows}
    assert rows[("a", "p50")] == (3.0, (2.0, 4.0), "ms")
    assert rows[("b", "p50")] == (1.5, (1.0, 2.0), "ms")
    assert [one.name for one in found.ratios] == ["p50", "p99"]
    assert [one.ratio for one in found.ratios] == pytest.approx([2, 1])
    assert [one.is_separated for one in found.ratios] == [True, False]
    assert {one.scenario for one in found.rows} == {"plaintext at 100/s"}


def test_who_cannot_keep_the_rate_in_one_restart_has_no_latency() -> None:
    found = summarise(
        "plaintext",
        100.0,
        {},
        {
            "a": [run_with(100, p50=2), run_with(98.5, p50=900)],
            "b": [run_with(99, p50=1), run_with(100, p50=2)],
        },
    )
    assert {one.subject for one in found.rows} == {"b"}
    assert found.ratios == ()
    assert found.notes[0] == (
        "plaintext at 100/s: a could not keep the rate, so it has no latency here: it answered "
        "98/s in one restart of 2, while the client used 25% of a processor; take a lower rate"
    )


def test_a_percentile_that_one_restart_lacks_is_not_shown_and_said() -> None:
    runs = [run_with(100, p50=2, p90=3), run_with(100, p50=2)]
    found = summarise("plaintext", 100.0, {}, {"a": runs})
    assert [one.name for one in found.rows] == ["p50"]
    assert found.notes[0].startswith("plaintext at 100/s: no p90, p99, p99.9, which takes 10")


def test_nobody_keeps_the_rate() -> None:
    found = summarise("plaintext", 100.0, {"a": 50.0}, {"a": [run_with(50, p50=900)]})
    assert (found.rows, found.ratios, len(found.notes)) == ((), (), 1)
    assert found.capacities_per_s == {"a": 50.0}


def test_what_is_said_of_a_run() -> None:
    run = run_with(100, p50=2, p99=8)
    assert run_line(run, 100) == "100 requests/s kept, p50 2.00 ms, p99 8.00 ms"
    assert run_line(run, 1000) == "100 of 1,000 requests/s"


async def test_what_has_no_latency_is_refused() -> None:
    lines: list[str] = []
    with pytest.raises(Refused, match="pipelined requests have no latency"):
        await latency([], SCENARIOS["pipelined"], progress=lines.append)
    with pytest.raises(Refused, match="a subject is wanted"):
        await latency([], SCENARIOS["plaintext"], progress=lines.append)
    with pytest.raises(Refused, match="share of the capacity"):
        await latency([], SCENARIOS["plaintext"], share_of_capacity=1.5, progress=lines.append)


once = partial(latency, restarts=1, server_cpu=None, client_cpu=None)
"""One restart, on any processor."""


async def test_a_rate_beyond_the_reference_is_said() -> None:
    reference = await subject("reference")
    found = await once(
        [reference],
        SCENARIOS["plaintext"],
        rate_per_s=1_000_000,
        duration_s=0.002,
        progress=print,
    )
    assert found.rows == ()
    assert "reference could not keep the rate" in found.notes[0]


async def test_beside_idle_connections_each_request_may_have_its_own() -> None:
    idle = replace(SCENARIOS["plaintext-idle"], idle=3, connections=2).with_new_connections()
    found = await once(
        [await subject("reference")], idle, rate_per_s=20, duration_s=0.2, progress=print
    )
    assert found.scenario == "plaintext-idle+new"


async def test_the_reference_at_a_share_of_what_it_can() -> None:
    reference = await subject("reference")
    lines: list[str] = []
    found = await once(
        [reference],
        SCENARIOS["param"],
        share_of_capacity=0.1,
        duration_s=0.5,
        connections=8,
        progress=lines.append,
    )
    [capacity_per_s] = found.capacities_per_s.values()
    assert 0.09 * capacity_per_s <= found.rate_per_s <= 0.1 * capacity_per_s
    assert [line.partition(":")[0] for line in lines] == [
        "param, reference",
        "param, reference, restart 1 of 1",
    ]
    # A busy machine may not keep even that: then it is said, and there is no figure.
    assert {one.name for one in found.rows} >= ({"p50"} if found.rows else set())
    assert bool(found.rows) != any("could not keep" in one for one in found.notes)
