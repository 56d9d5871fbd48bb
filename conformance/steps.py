"""What a check does, step by step, as data.

Owns the vocabulary of scripts; `sweep` carries them out. Timing comes from answers, events and
gates alone: no step waits for a length of time, each has a deadline that only a fault reaches.

In bytes, `@HOST@` stands for the authority of the running app and `@ID@` for the request id that
ties a request to its events; `@ID@.b` is the id of the request named "b".
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

BYTEWISE = 1
"""The size of segments that hold one byte each."""


@dataclass(frozen=True)
class Ask:
    """A request by a well-behaved client (aiohttp); the conversation gets its `name`.

    `target` is a path with its query, percent-encoded as it is to be sent. Every Ask is on a
    connection of its own unless it says `keep`: those of one check share one. With `begin_only`
    the next step goes on at once, and `Answered(name)` waits for the answer.
    """

    method: str = "GET"
    target: str = "/"
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | tuple[bytes, ...] | None = None
    """A tuple is sent chunked, an item a chunk."""
    name: str = "1"
    keep: bool = False
    begin_only: bool = False


@dataclass(frozen=True)
class Answered:
    """Wait for the answer to an Ask that was only begun."""

    name: str


@dataclass(frozen=True)
class Send:
    """Send bytes on a raw connection, which is opened by the first step that names it.

    `segment_bytes` cuts them into segments of that size, `cuts` at these offsets. `times` sends
    them as often. With `begin_only` the next step goes on at once, however much the other side
    takes of them.
    """

    data: bytes
    on: str = "1"
    segment_bytes: int | None = None
    cuts: tuple[int, ...] = ()
    times: int = 1
    begin_only: bool = False


@dataclass(frozen=True)
class Drip:
    """Send bytes one at a time, slowly, until all are sent or the other side ends the connection.

    The one step that goes by the clock: its client is slow on purpose.
    """

    data: bytes
    on: str = "1"
    every_s: float = 0.05


@dataclass(frozen=True)
class Read:
    """Wait until `answers` more final answers have come, or the connection has ended.

    `to` is the method of the requests they answer: to HEAD and CONNECT they have no body. With
    `interim`, 1xx answers are waited for instead, with `head_only` the head of one answer.
    """

    answers: int = 1
    on: str = "1"
    to: str = "GET"
    interim: bool = False
    head_only: bool = False


@dataclass(frozen=True)
class ReadToEnd:
    """Wait until the other side ends the connection. What comes meanwhile is recorded."""

    on: str = "1"
    to: str = "GET"


@dataclass(frozen=True)
class Connect:
    """Open a connection and send nothing; the record says when it was refused."""

    on: str = "1"


@dataclass(frozen=True)
class HalfClose:
    """End the sending side only."""

    on: str = "1"


@dataclass(frozen=True)
class Close:
    """Close a connection, or those of a crowd."""

    on: str = "1"


@dataclass(frozen=True)
class Reset:
    """End the connection with a reset, as a client does that was killed."""

    on: str = "1"


@dataclass(frozen=True)
class Event:
    """Wait for an event of this check: `wait` at a gate, `enter` of a handler...

    `request` is the name of a request of this check, None for events of any request or of none.
    """

    kind: str
    who: str | None = None
    request: str | None = None


@dataclass(frozen=True)
class Open:
    """Open a gate."""

    gate: str


@dataclass(frozen=True)
class Stop:
    """Have the app stopped. With `begin_only` the next step goes on at once, and `Stopped` waits
    for its end."""

    begin_only: bool = False


@dataclass(frozen=True)
class Stopped:
    """Wait for the end of a Stop that was only begun."""


@dataclass(frozen=True)
class Signal:
    """Send a signal to the subject's process; for checks that run in the foreground."""

    name: str = "SIGTERM"


@dataclass(frozen=True)
class Exit:
    """Wait for the subject's process to end."""


@dataclass(frozen=True)
class Crowd:
    """`count` requests over `connections` connections that are all open at once.

    In the bytes, `@N@` stands for the number of the request, six digits; its answer must hold
    `own`, each of them where there are several, and there the same is done, so that answers which
    went to the wrong request are seen. Each connection sends `pipelined` requests at a time. What
    was seen is a tally with the first request that went wrong, not every byte. The connections
    stay open until a `Close` of this name.
    """

    request: bytes
    count: int
    connections: int = 1
    pipelined: int = 1
    own: bytes | tuple[bytes, ...] = b"@N@"
    name: str = "crowd"


@dataclass(frozen=True)
class Gauge:
    """Read how much memory, processor time and descriptors the subject has taken so far.

    Says something of a process that nobody else uses: for checks that are `alone`.
    """

    name: str


Step: TypeAlias = (
    Ask | Answered | Send | Drip | Read | ReadToEnd | Connect | HalfClose | Close | Reset
    | Event | Open | Stop | Stopped | Signal | Exit | Crowd | Gauge
)  # fmt: skip


class End(Enum):
    """How a conversation ended, as its client saw it."""

    OPEN = "open"
    CLOSED = "closed"
    RESET = "reset"
    REFUSED = "refused"


def get(
    target: str = "/",
    *headers: tuple[str, str],
    name: str = "1",
    keep: bool = False,
    begin_only: bool = False,
) -> Ask:
    return Ask("GET", target, headers, name=name, keep=keep, begin_only=begin_only)


def raw(*lines: str, body: bytes = b"", host: bool = True) -> bytes:
    """A request of HTTP/1.1 from its lines, with Host and the id of its events.

    `raw("GET /")`, `raw("POST /", "Content-Length: 2", body=b"hi")`; a request line with a version
    is left as it is.
    """
    first, *fields = lines
    if "HTTP/" not in first.upper():
        first += " HTTP/1.1"
    own = ["Host: @HOST@"] if host else []
    text = "\r\n".join([first, *own, "X-Request-Id: @ID@", *fields, "", ""])
    return text.encode("latin-1") + body
