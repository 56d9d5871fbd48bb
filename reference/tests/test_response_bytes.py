"""The bytes of a response: its head, its framing, and what the server has the last word on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from email.utils import formatdate, parsedate_to_datetime
from io import BytesIO
from typing import Any

import pytest

from reference import response as response_module
from reference.response import (
    FileBody,
    Framing,
    Response,
    encode,
    encode_head,
    frame,
    has_content,
    wants_close,
)
from reference.tests.test_response import INJECTIONS

NOW_S = 784111777.25
DATE = "Date: Sun, 06 Nov 1994 08:49:37 GMT"  # RFC 9110 §5.6.7's own example
OURS = f"{DATE}\r\nServer: trueline\r\n".encode()


class Clock:
    """Wall clock and monotonic clock, advanced by hand."""

    def __init__(self) -> None:
        self.wall_s = NOW_S
        self.monotonic_s = 1000.0

    def advance(self, seconds: float) -> None:
        self.wall_s += seconds
        self.monotonic_s += seconds


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(response_module, "time", lambda: clock.wall_s)
    monkeypatch.setattr(response_module, "monotonic", lambda: clock.monotonic_s)
    monkeypatch.setattr(response_module, "_usual_heads", response_module._UsualHeads())
    return clock


async def stream() -> AsyncIterator[bytes]:
    yield b"x"


def sent(response: Response, minor: int = 1, close: bool = False, method: str = "GET") -> bytes:
    assert isinstance(response.body, bytes)
    return encode(response, response.body, minor, close, method == "HEAD")


def with_cookie(response: Response) -> Response:
    response.set_cookie("a", "b", path=None)
    return response


# --- the whole message --------------------------------------------------------------------------

TEXT = b"Content-Type: text/plain; charset=utf-8\r\n"
OCTETS = b"Content-Type: application/octet-stream\r\n"

MESSAGES: list[tuple[Response, bytes, bytes]] = [
    # response, head without our Date and Server (they stand at the bar), body
    (Response("hi"), b"HTTP/1.1 200 OK\r\n" + TEXT + b"|Content-Length: 2\r\n", b"hi"),
    (Response(), b"HTTP/1.1 200 OK\r\n|Content-Length: 0\r\n", b""),
    (Response(""), b"HTTP/1.1 200 OK\r\n" + TEXT + b"|Content-Length: 0\r\n", b""),
    (Response("ü"), b"HTTP/1.1 200 OK\r\n" + TEXT + b"|Content-Length: 2\r\n", b"\xc3\xbc"),
    (Response(b"\0"), b"HTTP/1.1 200 OK\r\n" + OCTETS + b"|Content-Length: 1\r\n", b"\0"),
    (
        Response("ü", charset="latin-1"),
        b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=latin-1\r\n|Content-Length: 1\r\n",
        b"\xfc",
    ),
    (Response("x", 404), b"HTTP/1.1 404 Not Found\r\n" + TEXT + b"|Content-Length: 1\r\n", b"x"),
    (Response(status=299), b"HTTP/1.1 299 Unknown\r\n|Content-Length: 0\r\n", b""),
    (Response(reason=""), b"HTTP/1.1 200 \r\n|Content-Length: 0\r\n", b""),
    (Response(reason="Très bien"), b"HTTP/1.1 200 Tr\xe8s bien\r\n|Content-Length: 0\r\n", b""),
    (
        Response("x", headers={"X-A": "é", "x-b": ""}),
        b"HTTP/1.1 200 OK\r\n" + TEXT + b"X-A: \xe9\r\nx-b: \r\n|Content-Length: 1\r\n",
        b"x",
    ),
    (
        with_cookie(Response(headers={"X-A": "1"})),
        b"HTTP/1.1 200 OK\r\nX-A: 1\r\nSet-Cookie: a=b\r\n|Content-Length: 0\r\n",
        b"",
    ),
    (
        with_cookie(Response(headers={"Set-Cookie": "c=d"})),
        b"HTTP/1.1 200 OK\r\nSet-Cookie: c=d\r\nSet-Cookie: a=b\r\n|Content-Length: 0\r\n",
        b"",
    ),
    # RFC 9110 §6.4.1 and §8.6: neither content nor its length.
    (Response("x", 204), b"HTTP/1.1 204 No Content\r\n|", b""),
    (Response("x", 304), b"HTTP/1.1 304 Not Modified\r\n|", b""),
    (Response("x", 204, headers={"X-A": "1"}), b"HTTP/1.1 204 No Content\r\nX-A: 1\r\n|", b""),
    # RFC 9110 §15.3.6: no content either, but its length is needed to tell so.
    (Response("x", 205), b"HTTP/1.1 205 Reset Content\r\n|Content-Length: 0\r\n", b""),
]


@pytest.mark.parametrize(("response", "head", "body"), MESSAGES)
def test_message(response: Response, head: bytes, body: bytes) -> None:
    head = head.replace(b"|", OURS)
    for _ in range(2):  # the second time, from what the first one kept
        assert sent(response) == head + b"\r\n" + body
        assert sent(response, close=True) == head + b"Connection: close\r\n\r\n" + body
        # RFC 9112 §9.3: an HTTP/1.0 client is told that its connection stays.
        assert sent(response, minor=0) == head + b"Connection: keep-alive\r\n\r\n" + body
        assert sent(response, 0, close=True) == head + b"Connection: close\r\n\r\n" + body
        # RFC 9110 §9.3.2: to HEAD the header fields are those of GET.
        assert sent(response, method="HEAD") == head + b"\r\n"


@pytest.mark.parametrize(
    ("content_type", "line"),
    [
        ("text/html", "text/html; charset=utf-8"),
        ("Text/HTML", "Text/HTML; charset=utf-8"),
        ("text/html; charset=x", "text/html; charset=x"),
        ("text/html; Charset=x", "text/html; Charset=x"),
        ("text/html; a=b", "text/html; a=b; charset=utf-8"),
        ("application/json", "application/json"),
        ("image/svg+xml", "image/svg+xml"),
        ("", "text/plain; charset=utf-8"),
    ],
)
def test_content_type(content_type: str, line: str) -> None:
    for response in (
        Response("x", content_type=content_type),
        Response("x", content_type=content_type, headers={"X-A": "1"}),
        Response("x", 404, content_type),
    ):
        for method in ("GET", "HEAD"):
            assert f"\r\nContent-Type: {line}\r\n".encode() in sent(response, method=method)


def test_content_type_header_wins() -> None:
    response = Response("x", content_type="text/html", headers={"content-type": "text/css"})
    assert sent(response).lower().count(b"content-type:") == 1
    assert b"\r\ncontent-type: text/css\r\n" in sent(response)


def test_last_cookie_of_a_name_path_and_domain_wins() -> None:
    response = Response()
    response.set_cookie("a", "1")
    response.set_cookie("a", "2", path="/x")
    response.set_cookie("a", "3", domain="d")
    response.set_cookie("a", "4")
    response.del_cookie("b")
    cookies = [line for line in sent(response).split(b"\r\n") if line.startswith(b"Set-Cookie")]
    assert cookies == [
        b"Set-Cookie: a=4; Path=/",
        b"Set-Cookie: a=2; Path=/x",
        b"Set-Cookie: a=3; Path=/; Domain=d",
        b"Set-Cookie: b=; Path=/; Max-Age=0",
    ]


# --- what the server owns -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["Content-Length", "content-length", "Transfer-Encoding", "Connection", "CONNECTION"]
)
@pytest.mark.parametrize("value", ["99", "chunked", "keep-alive, x", "close"])
@pytest.mark.parametrize("status", [200, 204, 304, 500])
def test_framing_and_connection_of_a_handler_are_replaced(
    name: str, value: str, status: int
) -> None:
    ours = sent(Response("hi", status, headers={"X-A": "1"}))
    assert sent(Response("hi", status, headers={name: value, "X-A": "1"})) == ours


@pytest.mark.parametrize(
    ("connection", "close"),
    [(None, False), ("close", True), ("x, CLOSE", True), ("keep-alive", False), ("closed", False)],
)
def test_handler_may_ask_for_the_connection_to_be_closed(
    connection: str | None, close: bool
) -> None:
    headers = None if connection is None else {"connection": connection}
    assert wants_close(Response(headers=headers)) is close


@pytest.mark.parametrize(
    ("headers", "kept"),
    [
        ({"Date": "x"}, b"Date: x\r\nServer: trueline\r\n"),
        ({"server": "x"}, b"server: x\r\n" + DATE.encode() + b"\r\n"),
        ({"DATE": "x", "SERVER": ""}, b"DATE: x\r\nSERVER: \r\n"),
    ],
)
def test_date_and_server_of_a_handler_are_kept(headers: dict[str, str], kept: bytes) -> None:
    message = sent(Response(headers=headers))
    assert message == b"HTTP/1.1 200 OK\r\n" + kept + b"Content-Length: 0\r\n\r\n"


# --- Date ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [None, {"X-A": "1"}])
def test_date_changes_with_the_second(headers: dict[str, str] | None, clock: Clock) -> None:
    def date() -> bytes:
        message = sent(Response("x", headers=headers))
        (line,) = [line for line in message.split(b"\r\n") if line.startswith(b"Date: ")]
        return line

    assert date() == DATE.encode()
    clock.advance(0.74)
    assert date() == DATE.encode()
    clock.advance(0.01)
    assert date() == DATE.replace("37 GMT", "38 GMT").encode()
    clock.wall_s -= 3600  # set back
    clock.advance(1)
    assert date() == DATE.replace("08:49:37", "07:49:39").encode()


def test_date_is_made_once_a_second(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[float] = []

    def counting(second: int, usegmt: bool) -> str:
        made.append(second)
        return formatdate(second, usegmt=usegmt)

    monkeypatch.setattr(response_module, "formatdate", counting)
    for _ in range(4):
        sent(Response("x"))
        sent(Response("x", 404))
        sent(Response("x", headers={"X-A": "1"}))
        clock.advance(0.25)
    assert made == [int(NOW_S), int(NOW_S) + 1]
    assert parsedate_to_datetime(DATE.partition(": ")[2]).timestamp() == int(NOW_S)


def test_made_up_types_do_not_fill_the_memory() -> None:
    for number in range(2000):
        sent(Response("x", content_type=f"x/{number}"))
    assert len(response_module._usual_heads.known) == 512
    assert b"\r\nContent-Type: x/1999\r\n" in sent(Response("x", content_type="x/1999"))


# --- what cannot be sent is refused before anything is ------------------------------------------


@pytest.mark.parametrize("text", INJECTIONS)
def test_encoding_refuses_what_was_changed_after_construction(text: str) -> None:
    name, value, kind, charset = Response(), Response(), Response("x"), Response("x")
    name.headers[text] = "a"
    value.headers["X-A"] = text
    kind.content_type = text
    charset._charset = text
    for response in (name, value, kind, charset):
        for method in ("GET", "HEAD"):
            with pytest.raises(ValueError, match="invalid"):
                sent(response, method=method)
        with pytest.raises(ValueError, match="invalid"):
            encode_head(response, Framing(None, True), 1, False)


@pytest.mark.parametrize("text", INJECTIONS)
def test_encoding_refuses_a_content_type_beside_other_headers(text: str) -> None:
    with pytest.raises(ValueError, match=r"invalid value .* for header Content-Type"):
        sent(Response("x", content_type=text, headers={"X-A": "1"}))


def test_encoding_refuses_a_value_that_is_no_text() -> None:
    response = Response()
    response.headers["X-A"] = 1  # type: ignore[assignment]
    with pytest.raises(ValueError, match="invalid value 1 for header X-A"):
        sent(response)


# --- framing ------------------------------------------------------------------------------------

FILE: Any = FileBody(BytesIO(b"abc"), 1, 2)
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("response", "minor", "framing", "tail"),
    [
        (Response("ü"), 1, Framing(2, False), b"Content-Length: 2\r\n\r\n"),
        (Response("x", headers={"Content-Length": "9"}), 1, Framing(1, False), b": 1\r\n\r\n"),
        (Response(FILE), 1, Framing(2, False), b"Content-Length: 2\r\n\r\n"),
        (Response(FILE, headers={"Content-Length": "9"}), 1, Framing(2, False), b": 2\r\n\r\n"),
        (Response(stream()), 1, Framing(None, True), CHUNKED),
        (Response(stream()), 0, Framing(None, False), OURS + b"Connection: keep-alive\r\n\r\n"),
        (Response(stream(), headers={"Content-Length": "0"}), 1, Framing(0, False), b": 0\r\n\r\n"),
        (
            Response(stream(), headers={"Content-Length": "07"}),
            0,
            Framing(7, False),
            b"alive\r\n\r\n",
        ),
        (
            Response(stream(), headers={"Transfer-Encoding": "gzip"}),
            1,
            Framing(None, True),
            CHUNKED,
        ),
        (Response(stream(), 204), 1, Framing(0, False), OURS + b"\r\n"),
        (Response(stream(), 205), 1, Framing(0, False), OURS + b"Content-Length: 0\r\n\r\n"),
        (Response(FILE, 304), 1, Framing(0, False), OURS + b"\r\n"),
    ],
)
def test_frame(response: Response, minor: int, framing: Framing, tail: bytes) -> None:
    assert frame(response, minor) == framing
    assert encode_head(response, framing, minor, False).endswith(tail)


@pytest.mark.parametrize("declared", ["", "-1", "+1", "1, 1", "x", "1.0", " 1", "²", "9" * 5000])
def test_length_that_is_none(declared: str) -> None:
    with pytest.raises(ValueError, match=r"Content-Length|Exceeds the limit"):
        frame(Response(stream(), headers={"Content-Length": declared}), 1)


def test_head_may_declare_the_length_that_get_would_have() -> None:
    response = Response(headers={"Content-Length": "1234"})
    assert b"\r\nContent-Length: 1234\r\n" in sent(response, method="HEAD")
    assert b"\r\nContent-Length: 0\r\n" in sent(response)
    longer = Response("ab", headers={"Content-Length": "1234"})
    assert b"\r\nContent-Length: 2\r\n" in sent(longer, method="HEAD")
    with pytest.raises(ValueError, match="invalid Content-Length"):
        sent(Response(headers={"Content-Length": "x"}), method="HEAD")


@pytest.mark.parametrize(("status", "expected"), [(200, True), (204, False), (205, False)])
def test_has_content(status: int, expected: Any) -> None:
    assert has_content(status) is expected
    assert has_content(304) is False
    assert has_content(500) is True
