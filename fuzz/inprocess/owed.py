"""What a connection owes for its octets: an answer to each request that the parser reads in them.

Owns the reading by the reference's parser, fed whole. Knows nothing of answers.
"""

from __future__ import annotations

from reference.errors import ProtocolError
from reference.fields import Fields
from reference.limits import Limits
from reference.parser import RequestParser

from ..rules import read


class Asked:
    """A request as the parser reads it.

    last   it says that no other follows (RFC 9112 §9.3)
    whole  its body came to its end
    """

    __slots__ = ("body", "fields", "last", "method", "minor", "target", "whole")

    def __init__(self, method: str, target: str, minor: int, fields: Fields) -> None:
        self.method = method
        self.target = target
        self.minor = minor
        self.fields = fields
        self.body = b""
        self.last = fields.close or (minor == 0 and not fields.keep_alive)
        self.whole = not fields.length

    @property
    def waits_for_100(self) -> bool:
        return self.fields.expects_100 and self.minor == 1 and self.fields.length != 0


def is_head_request(data: bytes, number: int) -> bool | None:
    """Whether request `number`, counted from 0, which is refused or incomplete, has the method
    HEAD; None when the rules of RFC 9112 stop in front of it."""
    # What lacks its end is judged as well when an end is there.
    ruled = read(data + b"\r\n\r\n")
    requests = ruled.reading.requests
    if number < len(requests):
        return requests[number].method == b"HEAD"
    if number > len(requests) or not ruled.broken or ruled.in_body:
        return None
    unread = ruled.unread
    return unread.startswith((b"HEAD ", b"\r\nHEAD "))


class Owed:
    """The requests in `data`, and how it ends: with a refusal (its status), or inside a head.

    A refusal inside the body of a request is the answer to that one.
    """

    __slots__ = ("_data", "for_head", "in_head", "parser", "refused", "requests")

    def __init__(self, data: bytes, limits: Limits) -> None:
        self.requests: list[Asked] = []
        self._data = data
        self.refused = 0
        self.for_head = False
        self.parser = RequestParser(self, limits)
        try:
            self.parser.feed(data)
        except ProtocolError as exc:
            self.refused = exc.status
            self.for_head = exc.for_head
        self.in_head = not (
            self.refused
            or self.parser.is_between_requests
            or self.parser.is_in_body
            or (self.requests and self.requests[-1].last)
        )

    def on_request(self, method: str, target: str, minor: int, fields: Fields) -> None:
        asked = Asked(method, target, minor, fields)
        self.requests.append(asked)
        if asked.last:
            self.parser.stop_after_request()

    def on_body(self, data: bytes) -> None:
        self.requests[-1].body += data

    def on_body_end(self) -> None:
        self.requests[-1].whole = True

    @property
    def methods(self) -> list[str]:
        """Those of the requests, and of what is refused or incomplete behind them."""
        methods = [one.method for one in self.requests]
        if b"HEAD " in self._data and (self.refused_alone or self.in_head):
            is_head = is_head_request(self._data, len(methods))
            if is_head is None:
                is_head = self.for_head or self.parser.is_in_head_request
            methods.append("HEAD" if is_head else "GET")
        return methods

    @property
    def is_broken(self) -> bool:
        """The last request has a body that does not come to its end."""
        return bool(self.requests) and not self.requests[-1].whole

    @property
    def refused_alone(self) -> bool:
        """What is refused is no body, so that the refusal is an answer of its own."""
        return bool(self.refused) and not self.is_broken
