"""A fixed rate: requests are due whatever the server does, and its stalls are seen by all of them.

The clock is a number: nothing here waits.
"""

from collections import deque

from benchmarks.load.histogram import Histogram
from benchmarks.load.schedule import Schedule


def test_requests_are_due_at_constant_spacing() -> None:
    schedule = Schedule(rate_per_s=4, duration_s=1)
    assert [schedule.take(0.5) for _ in range(4)] == [0, 1, 2, None]
    assert schedule.until_next_s(0.5) == 0.25
    assert schedule.take(0.74) is None
    assert schedule.take(0.75) == 3
    assert schedule.is_over
    assert schedule.take(9) is None
    assert schedule.until_next_s(9) is None


def test_one_that_is_late_keeps_the_moment_at_which_it_was_due() -> None:
    schedule = Schedule(rate_per_s=10, duration_s=1)
    assert schedule.waiting_s(0.35) == 0.35
    number = schedule.take(0.35)
    assert number == 0
    assert schedule.due_s(number) == 0
    assert schedule.until_next_s(0.35) == 0


def test_a_rate_below_one_in_the_duration_still_sends_one() -> None:
    assert Schedule(rate_per_s=0.1, duration_s=1).total == 1


def simulate(connections: int, service_s: float, stall: tuple[float, float]) -> Histogram:
    """A server that takes `service_s` for one request after the other, but none during `stall`,
    at 1,000 requests per second for a second."""
    schedule, histogram = Schedule(1000, 1.0), Histogram()
    now_s, free_s = 0.0, 0.0
    busy: deque[tuple[float, float]] = deque()  # when it is answered, when it was due
    while not schedule.is_over or busy:
        while len(busy) < connections and (number := schedule.take(now_s)) is not None:
            start_s = max(now_s, free_s)
            if stall[0] <= start_s < stall[1]:
                start_s = stall[1]
            free_s = start_s + service_s
            busy.append((free_s, schedule.due_s(number)))
        moments = [busy[0][0]] if busy else []
        until_s = schedule.until_next_s(now_s)
        if until_s is not None and len(busy) < connections:
            moments.append(now_s + until_s + 1e-9)
        now_s = max(now_s, min(moments))
        while busy and busy[0][0] <= now_s:
            answered_s, due_s = busy.popleft()
            histogram.record(answered_s - due_s)
    return histogram


def test_a_server_without_a_stall_is_quick_for_all() -> None:
    histogram = simulate(connections=2, service_s=0.0001, stall=(2, 2))
    assert histogram.count == 1000
    assert histogram.percentile(100) < 300


def test_all_requests_due_in_a_stall_show_it_not_only_those_on_their_way() -> None:
    histogram = simulate(connections=2, service_s=0.0001, stall=(0.5, 0.8))
    assert histogram.count == 1000
    # 300 requests were due in it, those of its first third had to wait 200 ms and more.
    assert histogram.percentile(89) >= 195_000
    assert histogram.percentile(100) >= 300_000
    # Two were on their way: all that a client sees which counts from when it sent.
    assert histogram.percentile(60) < 1_000
