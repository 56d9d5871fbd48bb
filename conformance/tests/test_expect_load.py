"""Expectations of load: what satisfies them, and what they say when it does not."""

from __future__ import annotations

from itertools import accumulate

import pytest

from conformance.expect import (
    Expectation,
    cost_ratio,
    crowd_served,
    descriptors_back,
    grew_at_most,
    log_lacks_line,
)
from conformance.seen import CrowdSeen, Gauged, Seen

MIB = 1 << 20


def said(expectation: Expectation, seen: Seen) -> list[str]:
    return [problem.text for problem in expectation.problems(seen, {})]


@pytest.mark.parametrize(
    ("crowd", "codes", "texts"),
    [
        (CrowdSeen(10, {200: 10}), (), []),
        (CrowdSeen(10, {404: 10}), (404,), []),
        (CrowdSeen(10, {404: 4, 405: 6}), (404, 405), []),
        (CrowdSeen(10, {200: 9, 500: 1}), (), ["1 of 10 requests got status 500, expected 200"]),
        (
            CrowdSeen(10, {200: 9, 500: 1}),
            (404, 405),
            [
                "9 of 10 requests got status 200, expected 404 or 405",
                "1 of 10 requests got status 500, expected 404 or 405",
            ],
        ),
        (
            CrowdSeen(10, {200: 10}, foreign=2),
            (),
            ["2 of 10 requests got an answer that is not their own"],
        ),
        (
            CrowdSeen(10, {200: 7}, unanswered=3),
            (),
            ["3 of 10 requests got no whole answer"],
        ),
    ],
)
def test_crowd_served(crowd: CrowdSeen, codes: tuple[int, ...], texts: list[str]) -> None:
    assert said(crowd_served("crowd", *codes), Seen(crowds={"crowd": crowd})) == texts
    assert said(crowd_served("another", *codes), Seen(crowds={"crowd": crowd})) == []


def gauges(**by_name: Gauged) -> Seen:
    return Seen(gauges=by_name)


def memory(before: float, after: float) -> Seen:
    return gauges(before=Gauged(int(before * MIB), 0.0, 0), after=Gauged(int(after * MIB), 0.0, 0))


@pytest.mark.parametrize(("before", "after"), [(20, 20), (20, 24), (30, 20)])
def test_memory_may_grow_up_to_its_limit_and_shrink(before: float, after: float) -> None:
    assert said(grew_at_most(4), memory(before, after)) == []


def test_memory_that_grew_is_told_with_its_limit() -> None:
    assert said(grew_at_most(4), memory(20, 26.5)) == [
        "the subject's memory grew by 6.5 MiB, from 20.0 MiB; expected at most 4 MiB"
    ]


def test_gauges_are_found_by_name() -> None:
    seen = gauges(a=Gauged(MIB, 0.0, 0), b=Gauged(9 * MIB, 0.0, 0))
    assert said(grew_at_most(4), seen) == []
    assert len(said(grew_at_most(4, "a", "b"), seen)) == 1
    assert said(grew_at_most(4, "b", "a"), seen) == []


def cpu(*times_s: float) -> Seen:
    return gauges(**{f"g{number}": Gauged(0, time_s, 0) for number, time_s in enumerate(times_s)})


RATIO = cost_ratio([("g0", "g1")], [("g1", "g2")], 20, "of pairs, the large input")
TWICE = cost_ratio([("g0", "g1"), ("g2", "g3")], [("g1", "g2"), ("g3", "g4")], 20)


@pytest.mark.parametrize(
    ("small_s", "large_s"), [(0.01, 0.08), (0.01, 0.2), (0.01, 0.0), (0.0, 0.0), (0.0001, 0.05)]
)
def test_a_cost_within_its_limit(small_s: float, large_s: float) -> None:
    """Where the small input costs next to nothing, the ratio would be that of noise."""
    assert said(RATIO, cpu(1.0, 1.0 + small_s, 1.0 + small_s + large_s)) == []


def test_a_cost_beyond_its_limit() -> None:
    assert said(RATIO, cpu(1.0, 1.01, 1.65)) == [
        "of pairs, the large input cost 64 times the processor time of the small one "
        "(640 ms and 10.0 ms), expected at most 20 times"
    ]


@pytest.mark.parametrize(
    "costs_s", [(0.01, 0.64, 0.9, 0.64), (0.9, 0.64, 0.01, 0.64), (0.01, 0.64, 0.01, 5.0)]
)
def test_a_turn_that_was_disturbed_hides_no_cost(costs_s: tuple[float, ...]) -> None:
    [problem] = said(TWICE, cpu(*accumulate(costs_s, initial=1.0)))
    assert problem.startswith("the large input cost 64 times")


@pytest.mark.parametrize("costs_s", [(0.01, 0.9, 0.01, 0.08), (0.01, 0.08, 0.01, 0.9)])
def test_a_turn_that_was_disturbed_accuses_nobody(costs_s: tuple[float, ...]) -> None:
    assert said(TWICE, cpu(*accumulate(costs_s, initial=1.0))) == []


def test_a_cost_that_was_not_measured_to_its_end_says_nothing() -> None:
    assert said(RATIO, cpu(1.0, 1.01)) == []


def descriptors(before: int, after: int) -> Seen:
    return gauges(before=Gauged(0, 0.0, before), after=Gauged(0, 0.0, after))


def test_descriptors_back() -> None:
    assert said(descriptors_back(), descriptors(10, 12)) == []
    assert said(descriptors_back(), descriptors(10, 3)) == []
    assert said(descriptors_back(slack=2), descriptors(10, 13)) == [
        "3 more descriptors are open than before, expected at most 2"
    ]
    assert said(descriptors_back("before", "later"), descriptors(10, 99)) == []


@pytest.mark.parametrize(
    ("log", "is_forged"),
    [
        ("", False),
        ("GET /%0d%0aforged 200\n", False),
        ("GET '/\\r\\nforged' 200\n", False),
        ("a line with forged inside\n", False),
        ("GET /\nforged 200\n", True),
        ("GET /\r\nforged 200\n", True),
        ("GET /\rforged 200\n", True),
        ("GET /\n\t forged 200\n", True),
        ("forged\n", True),
        ("GET /\x0bforged, which no reader of a log takes for a line", False),
        ("GET /\x85forged, nor this", False),
    ],
)
def test_log_lacks_line(log: str, is_forged: bool) -> None:
    found = said(log_lacks_line("forged"), Seen(stderr=log))
    assert bool(found) is is_forged
    if is_forged:
        assert found[0].startswith("the log has a line 'forged")
