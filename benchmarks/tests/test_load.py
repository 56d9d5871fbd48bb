"""What wrk prints, and what makes a run of it no measurement."""

import pytest

from benchmarks.command import Refused
from benchmarks.load import Load, objections, parse_output

CLEAN = """\
Running 1s test @ http://127.0.0.1:8080/
  1 threads and 64 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.20ms  100.00us   9.00ms   90.00%
    Req/Sec    50.00k     1.00k   52.00k    80.00%
  50000 requests in 1.00s, 7.10MB read
Requests/sec:  49995.00
Transfer/sec:      7.10MB
exact: requests=50000 bytes=7450000 duration_us=1000100
"""
NON_2XX = CLEAN.replace("Requests/sec", "  Non-2xx or 3xx responses: 50000\nRequests/sec")
SOCKETS = CLEAN.replace(
    "Requests/sec", "  Socket errors: connect 0, read 3, write 0, timeout 1\nRequests/sec"
)


def test_exact_counts_are_read() -> None:
    assert parse_output(CLEAN) == Load(50000, 7450000, 1.0001)
    assert parse_output(CLEAN).rate == pytest.approx(49995.0005)


@pytest.mark.parametrize(
    ("output", "fault"),
    [
        (NON_2XX, "Non-2xx or 3xx responses: 50000"),
        (SOCKETS, "Socket errors: connect 0, read 3, write 0, timeout 1"),
    ],
)
def test_the_error_lines_of_wrk_are_objections(output: str, fault: str) -> None:
    load = parse_output(output)
    assert load.faults == (fault,)
    assert objections(load, 149) == [fault]


def test_output_without_counts_is_refused_and_shown() -> None:
    with pytest.raises(Refused, match="unable to connect"):
        parse_output("unable to connect to 127.0.0.1:8080 Connection refused\n")


def test_a_clean_run_has_no_objections() -> None:
    assert objections(parse_output(CLEAN), 149) == []


def test_lengths_may_differ_by_one_percent_for_answers_cut_off_at_the_end() -> None:
    assert objections(Load(1000, 149_000 + 1400, 1.0), 149) == []
    assert objections(Load(1000, 149_000 + 1600, 1.0), 149) == [
        "150.6 bytes per answer, validated were 149.0"
    ]
    assert objections(Load(1000, 149_000 - 1600, 1.0), 149) != []


def test_no_answer_at_all_is_an_objection() -> None:
    assert objections(Load(0, 0, 1.0), 149) == ["not one request was answered"]
