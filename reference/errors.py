"""What the wire layer raises.

ProtocolError      the request cannot be taken; carries the status that says why
BodyError          a body that a handler is reading will not arrive whole
    BodyTimeout    ... because the client stopped sending
    ClientGone     ... because the connection ended
"""

from __future__ import annotations


class ProtocolError(Exception):
    """A request that is refused before any handler sees it.

    `status` is the response status (400, 405, 408, 411, 414, 417, 431, 501, 503, 505), `reason` a
    sentence for the body; `headers` are lines that this status must carry (Allow for 405).
    `for_head` tells that the method is HEAD, so that the response has no content (RFC 9110 §9.3.2).
    """

    for_head = False

    def __init__(self, status: int, reason: str, headers: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(f"{status}: {reason}")
        self.status = status
        self.reason = reason
        self.headers = headers


class BodyError(Exception):
    """The body of a request broke its framing, or ended before its framing said so.

    `status` is what the request deserves when its handler does not handle the error.
    """

    def __init__(self, reason: str, status: int = 400) -> None:
        super().__init__(reason)
        self.status = status


class BodyTimeout(BodyError):
    """No body byte arrived for `Limits.body_timeout_s`."""

    def __init__(self) -> None:
        super().__init__("the body did not arrive in time", 408)


class ClientGone(BodyError):
    """The client closed the connection inside its body."""

    def __init__(self) -> None:
        super().__init__("the client closed the connection inside the body")
