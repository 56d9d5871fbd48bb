"""A case: an application, and what is said to it on one or several connections.

Owns the data that generated tests draw, shrink, compare on and write into replay files, and its
form in JSON. Opens no socket and draws nothing.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from ..spec import App, JsonValue, Pairs, app_from_json

HOST = "trueline.test"
ID_FIELD = "X-Request-Id"


@dataclass(frozen=True)
class Request:
    """One request with a body that is framed as it should be.

    target    as it goes over the wire, each character an octet (latin-1), no spaces or controls
    headers   beside Host, X-Request-Id and those of the framing; names and values are latin-1
    body      None for a request without one
    chunks    None: sized; else it is chunked, in chunks of so many octets, the last has the rest
    """

    method: str = "GET"
    target: str = "/"
    headers: Pairs = ()
    body: bytes | None = None
    chunks: tuple[int, ...] | None = None

    @property
    def raw_path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]

    def octets(self, id: str) -> bytes:
        """The request as it is sent."""
        lines = [f"{self.method} {self.target} HTTP/1.1", f"Host: {HOST}", f"{ID_FIELD}: {id}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        body = b""
        if self.body is not None:
            if self.chunks is None:
                lines.append(f"Content-Length: {len(self.body)}")
                body = self.body
            else:
                lines.append("Transfer-Encoding: chunked")
                body = _chunked(self.body, self.chunks)
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + body

    def to_json(self) -> dict[str, JsonValue]:
        said: dict[str, JsonValue] = {"method": self.method, "target": self.target}
        if self.headers:
            said["headers"] = [list(pair) for pair in self.headers]
        if self.body is not None:
            said["body_base64"] = base64.b64encode(self.body).decode()
        if self.chunks is not None:
            said["chunks"] = list(self.chunks)
        return said


@dataclass(frozen=True)
class Talk:
    """The requests of one connection, each behind the answer to the one before, or pipelined.

    `cuts` are places at which what is sent at once is cut into segments, modulo its length.
    """

    requests: tuple[Request, ...]
    is_pipelined: bool = False
    cuts: tuple[int, ...] = ()

    def segments(self, octets: bytes) -> list[bytes]:
        """What is sent at once, as it is cut."""
        inner = {cut % len(octets) for cut in self.cuts} - {0}
        return [octets[start:end] for start, end in pairwise([0, *sorted(inner), len(octets)])]

    def to_json(self) -> dict[str, JsonValue]:
        said: dict[str, JsonValue] = {"requests": [one.to_json() for one in self.requests]}
        if self.is_pipelined:
            said["pipelined"] = True
        if self.cuts:
            said["cuts"] = list(self.cuts)
        return said


@dataclass(frozen=True)
class Case:
    """An application and the connections to it, which are used in turns, request by request.

    `stops` tells that the application is stopped behind that, so that its hooks are seen.
    """

    app: App
    talks: tuple[Talk, ...] = ()
    stops: bool = False

    def requests(self) -> Iterator[tuple[str, Request]]:
        """Every request with its id, `connection.number`."""
        for place, talk in enumerate(self.talks):
            for number, request in enumerate(talk.requests):
                yield id_of(place, number), request

    def to_json(self) -> dict[str, JsonValue]:
        said = {"app": self.app.to_json(), "talks": [one.to_json() for one in self.talks]}
        return {**said, "stops": True} if self.stops else said


def id_of(place: int, number: int) -> str:
    """The id of a request by its connection and its number on it."""
    return f"{place}.{number}"


def case_from_json(data: Mapping[str, JsonValue]) -> Case:
    """The inverse of `Case.to_json`. Raises KeyError, TypeError or ValueError for what is none."""
    return Case(
        app_from_json(data["app"]),
        tuple(
            Talk(
                tuple(_request(request) for request in talk["requests"]),
                bool(talk.get("pipelined", False)),
                tuple(int(cut) for cut in talk.get("cuts", ())),
            )
            for talk in data["talks"]
        ),
        bool(data.get("stops", False)),
    )


def _request(data: Mapping[str, JsonValue]) -> Request:
    body = data.get("body_base64")
    chunks = data.get("chunks")
    return Request(
        data["method"],
        data["target"],
        tuple((name, value) for name, value in data.get("headers", ())),
        None if body is None else base64.b64decode(body),
        None if chunks is None else tuple(int(size) for size in chunks),
    )


def _chunked(body: bytes, sizes: tuple[int, ...]) -> bytes:
    parts, position = [], 0
    for size in (*sizes, len(body)):
        piece = body[position : position + size]
        if piece:
            parts.append(b"%x\r\n%b\r\n" % (len(piece), piece))
        position += len(piece)
    return b"".join([*parts, b"0\r\n\r\n"])
