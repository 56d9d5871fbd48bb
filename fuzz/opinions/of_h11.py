"""h11 as a reader: a server's connection, which answers every request to get to the next one.

Owns what of its events is written down, and how the words of its errors are normalised.
"""

from __future__ import annotations

import re

import h11

from ..reading import End, Reading, Request

# Not a successful one: a 2xx would take CONNECT's offer to change the protocol.
_ANSWER = h11.Response(status_code=404, headers=[("Content-Length", "0")])
_END = h11.EndOfMessage()
_OF_THE_INPUT = re.compile(r"(?::? (?:bytearray\()?b['\"]|:? \{).*", re.DOTALL)


def read(data: bytes) -> Reading:
    connection = h11.Connection(h11.SERVER)
    if data:  # no octets would be the end of the connection
        connection.receive_data(data)
    requests: list[Request] = []
    head: h11.Request | None = None
    body = b""
    try:
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                break
            if isinstance(event, h11.Request):
                head, body = event, b""
            elif isinstance(event, h11.Data):
                body += event.data
            else:
                assert isinstance(event, h11.EndOfMessage), event
                assert head is not None
                requests.append(_request(head, body, whole=True))
                head = None
                if not _answered(connection):
                    return Reading(tuple(requests), End.LAST)
    except h11.RemoteProtocolError as error:
        if head is not None:
            requests.append(_request(head, body, whole=False))
        return Reading(tuple(requests), End.REFUSED, _words(error), error.error_status_hint)
    if head is not None:
        requests.append(_request(head, body, whole=False))
        return Reading(tuple(requests), End.INCOMPLETE)
    begun = connection.trailing_data[0]
    return Reading(tuple(requests), End.INCOMPLETE if begun else End.BETWEEN)


def _answered(connection: h11.Connection) -> bool:
    """Whether another request may follow, once the present one is answered."""
    connection.send(_ANSWER)
    connection.send(_END)
    if connection.our_state is h11.MUST_CLOSE:
        return False
    connection.start_next_cycle()
    return True


def _request(head: h11.Request, body: bytes, *, whole: bool) -> Request:
    minor = 0 if head.http_version < b"1.1" else 1
    return Request(head.method, head.target, minor, tuple(head.headers), body, whole)


def _words(error: h11.RemoteProtocolError) -> str:
    return _OF_THE_INPUT.sub("", str(error))
