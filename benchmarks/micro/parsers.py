"""How each parser is fed. One interface: octets of whole requests in, messages out.

Each does for a request what its framework has done before the framework goes on: that of the
reference and aiohttp's judge framing and hosts too, httptools and h11 alone leave it to others.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable
from typing import Any, Protocol

from benchmarks.micro.needs import needs
from benchmarks.micro.octets import Message
from reference.fields import Fields
from reference.limits import Limits
from reference.parser import RequestParser


class Parser(Protocol):
    """The receiving half of one connection."""

    def feed(self, octets: bytes) -> None:
        """Parse whole requests; what an earlier call yielded is forgotten."""

    def messages(self) -> list[Message]:
        """What the last call has yielded."""


class ReferenceParser:
    """Is its own sink."""

    def __init__(self) -> None:
        self._parser = RequestParser(self, Limits())
        self._heads: list[tuple[str, str, Fields]] = []
        self._bodies: list[bytes] = []

    def on_request(self, method: str, target: str, minor: int, fields: Fields) -> None:
        self._heads.append((method, target, fields))

    def on_body(self, data: bytes) -> None:
        self._bodies.append(data)

    def on_body_end(self) -> None:
        pass

    def feed(self, octets: bytes) -> None:
        self._heads.clear()
        self._bodies.clear()
        self._parser.feed(octets)

    def messages(self) -> list[Message]:
        body = b"".join(self._bodies)
        return [
            Message(method, target, _lowered(fields.pairs), body)
            for method, target, fields in self._heads
        ]


class HttptoolsParser:
    """The bare parser of llhttp, with callbacks that keep what they get."""

    def __init__(self) -> None:
        import httptools

        self._parser = httptools.HttpRequestParser(self)
        self._heads: list[tuple[bytes, bytes, list[tuple[bytes, bytes]]]] = []
        self._bodies: list[bytes] = []
        self._url = b""
        self._headers: list[tuple[bytes, bytes]] = []

    def on_message_begin(self) -> None:
        self._headers = []

    def on_url(self, url: bytes) -> None:
        self._url = url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        self._heads.append((self._parser.get_method(), self._url, self._headers))

    def on_body(self, data: bytes) -> None:
        self._bodies.append(data)

    def feed(self, octets: bytes) -> None:
        self._heads.clear()
        self._bodies.clear()
        self._parser.feed_data(octets)

    def messages(self) -> list[Message]:
        body = b"".join(self._bodies)
        return [
            Message(method.decode(), url.decode(), _lowered(headers), body)
            for method, url, headers in self._heads
        ]


class H11Parser:
    """Answers in between, as h11 will have it before it reads the next request."""

    def __init__(self) -> None:
        needs("h11")
        import h11

        self._connection = h11.Connection(h11.SERVER)
        self._request, self._data = h11.Request, h11.Data
        self._end, self._need, self._paused = h11.EndOfMessage, h11.NEED_DATA, h11.PAUSED
        self._answer = h11.Response(status_code=204, headers=[])
        self._events: list[Any] = []

    def feed(self, octets: bytes) -> None:
        connection, events = self._connection, self._events
        events.clear()
        if connection.our_state is not connection.their_state:
            self._take_turns()
        connection.receive_data(octets)
        while (event := connection.next_event()) is not self._need:
            if event is self._paused:
                self._take_turns()
            else:
                events.append(event)

    def _take_turns(self) -> None:
        self._connection.send(self._answer)
        self._connection.send(self._end())
        self._connection.start_next_cycle()

    def messages(self) -> list[Message]:
        found: list[Message] = []
        for event in self._events:
            if isinstance(event, self._request):
                headers = _lowered(event.headers.raw_items())
                found.append(Message(event.method.decode(), event.target.decode(), headers))
            elif isinstance(event, self._data):
                last = found[-1]
                body = last.body + bytes(event.data)
                found[-1] = Message(last.method, last.target, last.headers, body)
        return found


class AiohttpParser:
    """aiohttp's parser in C."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        needs("aiohttp._http_parser")
        from aiohttp.base_protocol import BaseProtocol

        in_c: Any = importlib.import_module("aiohttp._http_parser")
        self._parser = in_c.HttpRequestParser(BaseProtocol(loop), loop, 2**16)
        self._found: Any = ()

    def feed(self, octets: bytes) -> None:
        self._found = self._parser.feed_data(octets)[0]

    def messages(self) -> list[Message]:
        return [
            Message(
                head.method, head.path, _lowered(head.raw_headers), bytes(payload.read_nowait())
            )
            for head, payload in self._found
        ]


PARSERS: dict[str, Callable[[asyncio.AbstractEventLoop], Parser]] = {
    "reference": lambda loop: ReferenceParser(),
    "httptools": lambda loop: HttptoolsParser(),
    "aiohttp": AiohttpParser,
    "h11": lambda loop: H11Parser(),
}


def _lowered(pairs: Any) -> tuple[tuple[bytes, bytes], ...]:
    return tuple((name.lower(), value) for name, value in pairs)
