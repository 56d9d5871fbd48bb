"""What wrk prints, and what it cannot do."""

import pytest

from benchmarks.command import Refused
from benchmarks.load import Job, Load
from benchmarks.load.wrk import parse_output, prepared

from .scripted_server import GET

CLEAN = """\
Running 1s test @ http://127.0.0.1:8080/
  1 threads and 64 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.20ms  100.00us   9.00ms   90.00%
    Req/Sec    50.00k     1.00k   52.00k    80.00%
  50000 requests in 1.00s, 7.10MB read
Requests/sec:  49995.00
Transfer/sec:      7.10MB
"""
CLEAN += "exact: requests=50000 bytes=7450000 duration_us=1000100 cpu_us=420000"
CLEAN += " sent=50064 answered=50000 wrong=0\n"
SOCKETS = "  Socket errors: connect 0, read 3, write 0, timeout 1\nRequests/sec"
ONE_OCTET = (
    "first wrong: number=50 status=200 at=1 came_bytes=5 expected_bytes=5"
    f" came={b'ullo'.hex()} expected={b'ello'.hex()}\n"
)
STATUS = (
    "first wrong: number=1 status=500 at=0 came_bytes=2 expected_bytes=0"
    f" came={b'oh'.hex()} expected=\n"
)


def test_exact_counts_are_read() -> None:
    assert parse_output(CLEAN, 200) == Load(50000, 7450000, 1.0001, 0.42)


def test_an_error_page_that_is_expected_is_none() -> None:
    non_2xx = CLEAN.replace("Requests/sec", "  Non-2xx or 3xx responses: 50000\nRequests/sec")
    assert parse_output(non_2xx, 404).errors == ()


def test_errors_of_sockets_are_kept() -> None:
    load = parse_output(CLEAN.replace("Requests/sec", SOCKETS), 200)
    assert load.errors == ("Socket errors: connect 0, read 3, write 0, timeout 1",)


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("unable to connect to 127.0.0.1:8080 Connection refused\n", "unable to connect"),
        (
            CLEAN.replace("wrong=0", "wrong=7") + ONE_OCTET,
            r"answer 50: a body of 5 octets differs .* octet 1: expected b'ello', came b'ullo'"
            r" \(7 answers were wrong\)",
        ),
        (CLEAN.replace("wrong=0", "wrong=1") + STATUS, "expected status 200, came 500 with b'oh'$"),
        (CLEAN.replace("wrong=0", "wrong=2"), "2 answers were wrong"),
        (CLEAN.replace("sent=50064", "sent=49999"), "50000 answers to 49999 requests"),
        (
            CLEAN.replace("requests=50000", "requests=0").replace("Requests/sec", SOCKETS),
            "not one request was answered in 1.0 s; Socket errors: connect 0, read 3",
        ),
    ],
)
def test_what_is_no_measurement_is_refused(output: str, message: str) -> None:
    with pytest.raises(Refused, match=message):
        parse_output(output, 200)


@pytest.mark.parametrize(
    ("job", "message"),
    [
        (Job("127.0.0.1", 1, GET, 200, None, rate_per_s=10), "keeps no rate"),
        (Job("127.0.0.1", 1, GET.replace(b"GET", b"HEAD"), 200, None), "does not know HEAD"),
        (Job("127.0.0.1", 1, GET, 200, None, new_connection=True), "Connection: close"),
        (Job("127.0.0.1", 1, GET, 200, None), "answer 1: Connection refused"),
    ],
)
def test_what_wrk_cannot_do_is_refused(job: Job, message: str) -> None:
    with pytest.raises(Refused, match=message):
        prepared(job)
