"""Access log lines: what they say, and that no client can forge one."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator

import pytest

from reference.access_log import log_access
from reference.response import Response
from reference.tests.requests import FakePeer, make_request

LINE = re.compile(r'(\S+) "(\S+) (\S+) HTTP/1\.([01])" (\d{3}) (\d+|-) (\d+\.\d)')


async def stream() -> AsyncIterator[bytes]:
    yield b"x"


def logged(
    caplog: pytest.LogCaptureFixture,
    response: Response,
    method: str = "GET",
    target: str = "/",
    *,
    minor: int = 1,
    remote: str | None = "192.0.2.7",
) -> str:
    headers = [("X-A", 'x" 200 1 0.1'), ("User-Agent", "agent"), ("Referer", "\xff")]
    request = make_request(None, method, target, headers, minor=minor, peer=FakePeer(remote=remote))
    with caplog.at_level(logging.INFO):
        log_access(logging.getLogger("access"), request, response, 0.01234)
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("access", logging.INFO)
    return record.getMessage()


@pytest.mark.parametrize(
    ("response", "method", "target", "line"),
    [
        (Response("hü"), "GET", "/a?b=%0A", '192.0.2.7 "GET /a?b=%0A HTTP/1.1" 200 3 12.3'),
        (Response("x", 404), "PURGE", "/", '192.0.2.7 "PURGE / HTTP/1.1" 404 1 12.3'),
        (Response(stream()), "GET", "/", '192.0.2.7 "GET / HTTP/1.1" 200 - 12.3'),
        (Response("hidden"), "HEAD", "/", '192.0.2.7 "HEAD / HTTP/1.1" 200 0 12.3'),
        (Response("hidden", 204), "GET", "/", '192.0.2.7 "GET / HTTP/1.1" 204 0 12.3'),
        (Response(stream(), 304), "GET", "/", '192.0.2.7 "GET / HTTP/1.1" 304 0 12.3'),
        (Response(), "OPTIONS", "*", '192.0.2.7 "OPTIONS * HTTP/1.1" 200 0 12.3'),
    ],
)
def test_line(
    caplog: pytest.LogCaptureFixture, response: Response, method: str, target: str, line: str
) -> None:
    assert logged(caplog, response, method, target) == line


def test_old_client_over_a_unix_socket(caplog: pytest.LogCaptureFixture) -> None:
    assert logged(caplog, Response(), minor=0, remote=None) == '- "GET / HTTP/1.0" 200 0 12.3'


@pytest.mark.parametrize(
    "target", ['/"', '/x"HTTP/1.1"200', "/%s%d", "/%0d%0a", "http://o/\"?'\\", "/{0}", "/\\"]
)
def test_no_target_makes_another_line(caplog: pytest.LogCaptureFixture, target: str) -> None:
    line = logged(caplog, Response("x"), "GET", target)
    match = LINE.fullmatch(line)
    assert match is not None
    assert match[3] == target.replace('"', "%22")
    assert line.count('"') == 2
