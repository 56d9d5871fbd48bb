"""A whole cycle on a fake transport: the octets of a request in, those of its answer out.

One round is `EXCHANGES` of them, one after another on a connection, in a running event loop.
"""

import asyncio
import json

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.micro.cycles import HELLO, SERVED
from benchmarks.micro.octets import request
from reference.testing import FakeTransport

EXCHANGES = 50

_DOCUMENT = {"message": "Hello, World!", "id": 4711, "tags": ["one", "two"]}
_JSON = json.dumps(_DOCUMENT).encode()
_HOST = (b"Host", b"127.0.0.1")
_GET = request("GET", "/", (_HOST,))
CASES: dict[str, tuple[bytes, bytes, int]] = {
    "plaintext": (_GET, HELLO.encode(), 0),
    "param": (request("GET", "/users/alice", (_HOST,)), b"alice", 0),
    "JSON": (
        request(
            "POST",
            "/json",
            (
                _HOST,
                (b"Content-Type", b"application/json"),
                (b"Content-Length", b"%d" % len(_JSON)),
            ),
            _JSON,
        ),
        _JSON,
        0,
    ),
    "1 middleware": (_GET, HELLO.encode(), 1),
    "10 middlewares": (_GET, HELLO.encode(), 10),
}
"""By name: a request, the body of its answer, and how many middlewares there are."""


async def exchange(transport: FakeTransport, octets: bytes, times: int) -> None:
    writes = transport.writes
    for _ in range(times):
        writes.clear()
        transport.arrive(octets)
        while not writes:  # noqa: ASYNC110 - a turn of the loop is what is waited for
            await asyncio.sleep(0)


def expect(answer: bytes, body: bytes) -> None:
    head, _, came = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"content-length: %d\r\n" % len(body) in head.lower() + b"\r\n"
    assert came == body


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("served", SERVED)
def test_cycle(
    served: str, case: str, benchmark: BenchmarkFixture, loop: asyncio.AbstractEventLoop
) -> None:
    octets, body, middlewares = CASES[case]
    if served == "bare" and middlewares:
        pytest.skip("bare has no middlewares")
    benchmark.group = f"cycle: {case}"
    context = SERVED[served](middlewares)
    transport = loop.run_until_complete(context.__aenter__())
    try:
        for _ in range(2):
            loop.run_until_complete(exchange(transport, octets, 1))
            expect(b"".join(transport.writes), body)
        benchmark(lambda: loop.run_until_complete(exchange(transport, octets, EXCHANGES)))
        expect(b"".join(transport.writes), body)
        assert transport.acts == []
    finally:
        loop.run_until_complete(context.__aexit__(None, None, None))
