"""Header and trailer field lines: from bytes to names, values and what they say about framing.

Owns the field grammar (llhttp checks it, in C), the Host grammar and the body-framing rules.
Knows nothing of request lines, sockets or handlers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv6Address

import httptools
from multidict import CIMultiDict, CIMultiDictProxy

from .errors import ProtocolError
from .limits import Limits

CHUNKED = -1
"""The value of `Fields.length` for a body in the chunked transfer coding."""

# RFC 3986 §3.2.2 host and RFC 9110 §7.2 Host, less the comma: the grammar allows it in a
# registered name, but a proxy that joined two Host lines looks the same.
_HOST = re.compile(
    rb"(?:\[([0-9A-Fa-f:.]{2,45})\]|(?:[A-Za-z0-9\-._~!$&'()*+;=]|%[0-9A-Fa-f]{2}){1,255})(?::[0-9]{0,5})?"
)


def is_host(value: bytes) -> bool:
    """Whether this is a host, with a port or without."""
    found = _HOST.fullmatch(value)
    if found is None:
        return False
    literal = found[1]
    if literal is None:
        return True
    try:
        IPv6Address(literal.decode())
    except ValueError:
        return False
    return True


# llhttp wants a whole message; the real request line is judged elsewhere, more exactly than
# llhttp reports it (414, 501 and 505 are all one error there, and it knows 46 methods only).
_REQUEST_LINE = b"GET / HTTP/1.1\r\n"


# RFC 9112 §5.1: a value is without the whitespace around it. llhttp leaves the trailing, and takes
# `chunked` with a space behind it for another coding. A line that is nothing but whitespace is an
# obs-fold and must stay one.
_TRAILING_OWS = re.compile(rb"(?<=[^ \t\n])[ \t]+(?=\r\n)")


class _Collector:
    """Receives llhttp's callbacks."""

    __slots__ = ("pairs",)

    def __init__(self) -> None:
        self.pairs: list[tuple[bytes, bytes]] = []

    def on_header(self, name: bytes, value: bytes) -> None:
        self.pairs.append((name, value))


def split_fields(block: bytes) -> list[tuple[bytes, bytes]]:
    """Names and values of a block of complete field lines, in order.

    Raises ProtocolError 400 for a line outside the grammar of RFC 9112 §5: bare CR or LF, obs-fold,
    space before the colon, control characters, or lengths that contradict each other.
    """
    collector = _Collector()
    if b" \r\n" in block or b"\t\r\n" in block:
        block = _TRAILING_OWS.sub(b"", block)
    try:
        httptools.HttpRequestParser(collector).feed_data(_REQUEST_LINE + block + b"\r\n")
    except httptools.HttpParserUpgrade:
        pass  # Upgrade is offered and not taken: RFC 9110 §7.8 lets a server ignore it.
    except httptools.HttpParserError as exc:
        raise ProtocolError(400, f"malformed field line: {exc}") from exc
    return collector.pairs


class Fields:
    """The header fields of one request and what they say about its framing. Immutable.

    length       body length in bytes, 0 without a body, or CHUNKED
    host         the Host field value, or None
    close        `Connection: close` was sent;  keep_alive  likewise `keep-alive`
    expects_100  `Expect: 100-continue` was sent
    """

    __slots__ = ("_headers", "close", "expects_100", "host", "keep_alive", "length", "pairs")

    def __init__(self, pairs: Iterable[tuple[bytes, bytes]]) -> None:
        self.pairs = tuple(pairs)
        self._headers: CIMultiDictProxy[str] | None = None
        self.length = 0
        self.host: bytes | None = None
        self.close = False
        self.keep_alive = False
        self.expects_100 = False
        for name, value in self.pairs:
            interpret = _INTERPRETERS.get(name.lower())
            if interpret is not None:
                interpret(self, value)

    @property
    def has_length(self) -> bool:
        """A Content-Length was sent; it may be 0."""
        return any(name.lower() == b"content-length" for name, _ in self.pairs)

    @property
    def headers(self) -> CIMultiDictProxy[str]:
        """All fields, case-insensitive, duplicates kept in order.

        Values are decoded as latin-1, which maps every octet (RFC 9110 §5.5 obs-text) to one
        character and back, so no client can send a value that fails to decode.
        """
        if self._headers is None:
            self._headers = CIMultiDictProxy(
                CIMultiDict(
                    [(name.decode("ascii"), value.decode("latin-1")) for name, value in self.pairs]
                )
            )
        return self._headers


def _take_host(fields: Fields, value: bytes) -> None:
    # RFC 9112 §3.2: "A server MUST respond with a 400 (Bad Request) status code to any HTTP/1.1
    # request message that lacks a Host header field and to any request message that contains more
    # than one Host header field line or a Host header field with an invalid field value."
    if fields.host is not None:
        raise ProtocolError(400, "more than one Host field")
    if not is_host(value):
        raise ProtocolError(400, "invalid Host field")
    fields.host = value


def _take_content_length(fields: Fields, value: bytes) -> None:
    # llhttp has refused signs, lists, duplicates, overflow and Transfer-Encoding beside it.
    if not value.isdigit():
        raise ProtocolError(400, "invalid Content-Length")
    fields.length = int(value)


def _take_transfer_encoding(fields: Fields, value: bytes) -> None:
    # All lines at once, for what counts is which coding is the last. llhttp sees to that as well,
    # but not in a request that offers an Upgrade.
    codings = [
        coding.strip(b" \t").lower()
        for name, one in fields.pairs
        if name.lower() == b"transfer-encoding"
        for coding in one.split(b",")
    ]
    if codings == [b"chunked"]:
        fields.length = CHUNKED
        return
    # RFC 9112 §6.3: "If a Transfer-Encoding header field is present in a request and the chunked
    # transfer coding is not the final encoding, the message body length cannot be determined
    # reliably; the server MUST respond with the 400 (Bad Request) status code".
    if codings[-1] != b"chunked" or b"chunked" in codings[:-1] or not all(codings):
        raise ProtocolError(400, "invalid Transfer-Encoding")
    # §6.1: "A server that receives a request message with a transfer coding it does not understand
    # SHOULD respond with 501".
    raise ProtocolError(501, "only the chunked transfer coding is implemented")


def _take_connection(fields: Fields, value: bytes) -> None:
    options = [option.strip(b" \t") for option in value.lower().split(b",")]
    fields.close = fields.close or b"close" in options
    fields.keep_alive = fields.keep_alive or b"keep-alive" in options


def _take_expect(fields: Fields, value: bytes) -> None:
    # RFC 9110 §10.1.1: "A server that receives an Expect field value containing a member other
    # than 100-continue MAY respond with a 417".
    if value.lower() != b"100-continue":
        raise ProtocolError(417, "the only expectation that can be met is 100-continue")
    fields.expects_100 = True


_INTERPRETERS = {
    b"host": _take_host,
    b"content-length": _take_content_length,
    b"transfer-encoding": _take_transfer_encoding,
    b"connection": _take_connection,
    b"expect": _take_expect,
}


def parse_fields(block: bytes, limits: Limits) -> Fields:
    """Header fields from their complete lines (each with its CRLF, without the empty line).

    Raises ProtocolError 400 (malformed), 417 (Expect), 431 (limits) or 501 (transfer coding).
    """
    pairs = split_fields(block)
    if len(pairs) > limits.field_count:
        raise ProtocolError(431, f"more than {limits.field_count} header fields")
    if len(block) > limits.field_bytes:
        for name, value in pairs:
            if len(name) + len(value) > limits.field_bytes:
                raise ProtocolError(431, f"a header field of more than {limits.field_bytes} bytes")
    return Fields(pairs)
