"""What checks of answers share: an app that does one thing at `/`, and the request behind it.

The next answer on a connection shows whether a client found the end of the one before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..expect import (
    answers,
    body,
    connection_ended,
    cut_off,
    echoes,
    either,
    well_framed,
)
from ..spec import Action, App, Route, app
from ..steps import Read, ReadToEnd, Send, Step

NEXT = b"GET /next HTTP/1.1\r\nHost: @HOST@\r\nX-Request-Id: @ID@.b\r\n\r\n"
LAST = NEXT.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")

INTACT = either([answers(2), echoes(index=1, route="next")], [answers(1), connection_ended()])
"""The next request of the connection is answered; or it was closed, which a server may do."""

UNDECEIVED = either(
    [answers(2), well_framed(), echoes(index=1, route="next")],
    [answers(1), well_framed(), body(lacks="nonce"), connection_ended()],
    [answers(1), cut_off(), body(lacks="nonce"), connection_ended()],
    [answers(0), connection_ended()],
)
"""Whatever became of the first answer, the client took no octet of it for the second, nor the
other way round: both are whole, or the client can tell where it was left."""


def serving(do: Action) -> App:
    """An app whose `/` does this, and that can be asked for something else after it."""
    return app(Route("r1", "GET", "/", do), Route("next", "GET", "/next"))


def in_debug(do: Action) -> App:
    """As `serving`, in the framework's debug mode."""
    return replace(serving(do), debug=True)


def then_next(first: bytes, to: str = "GET") -> Sequence[Step]:
    """A request, and when it is answered the next one."""
    return [Send(first), Read(to=to), Send(NEXT), Read()]


def with_last(first: bytes) -> Sequence[Step]:
    """A request and the last one behind it at once: nothing waits for octets that never come."""
    return [Send(first + LAST), ReadToEnd()]
