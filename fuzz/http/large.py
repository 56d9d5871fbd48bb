"""Requests near the limits of a server: long lines, large fields, many fields, large bodies.

Owns how large an input may be. The limits are those of the reference, which follow what deployed
servers take, so others are near theirs as well.
"""

from __future__ import annotations

from collections.abc import Callable

from reference.limits import Limits

from .parts import BODY, FIELDS, FRAMING, METHOD, TARGET, VERSION, Below, Parts

MAX_BYTES = 70_000
"""Of any input: one body as large as a server holds unread fits in."""

_LIMITS = Limits()
_NEAR = (0, 1, -1, 2, -2, 100, -100)
_CHUNKED = b"Transfer-Encoding: chunked\r\n"


def enlarge(parts: Parts, below: Below) -> None:
    """Make a request large in one way."""
    way = _WAYS[below(len(_WAYS))]
    way(parts, _NEAR[below(len(_NEAR))])


def _long_target(parts: Parts, near: int) -> None:
    used = len(parts[METHOD]) + len(parts[VERSION]) + 2
    parts[TARGET] = b"/items/".ljust(_LIMITS.request_line_bytes - used + near, b"a")


def _long_method(parts: Parts, near: int) -> None:
    used = len(parts[TARGET]) + len(parts[VERSION]) + 2
    parts[METHOD] = b"M" * (_LIMITS.request_line_bytes - used + near)


def _large_field(parts: Parts, near: int) -> None:
    parts[FIELDS] += b"X-Large: %b\r\n" % (b"v" * (_LIMITS.field_bytes - len(b"X-Large") + near))


def _many_fields(parts: Parts, near: int) -> None:
    there = parts[FIELDS].count(b"\r\n") + parts[FRAMING].count(b"\r\n")
    parts[FIELDS] += b"A:\r\n" * max(_LIMITS.field_count - there + near, 0)


def _large_head(parts: Parts, near: int) -> None:
    line = b"X: %b\r\n" % (b"v" * 4000)
    left = _LIMITS.fields_bytes - len(parts[FIELDS]) - len(parts[FRAMING]) + near
    whole, rest = divmod(left, len(line))
    parts[FIELDS] += line * whole + b"Y:\r\n".rjust(rest, b"Y")


def _large_sized_body(parts: Parts, near: int) -> None:
    body = b"x" * (_LIMITS.body_buffer_bytes + near)
    _set_body(parts, b"Content-Length: %d\r\n" % len(body), body)


def _large_chunk(parts: Parts, near: int) -> None:
    size = _LIMITS.unread_body_bytes + near
    _set_body(parts, _CHUNKED, b"%x\r\n%b\r\n0\r\n\r\n" % (size, b"x" * size))


def _many_chunks(parts: Parts, near: int) -> None:
    _set_body(parts, _CHUNKED, b"1\r\na\r\n" * (500 + near) + b"0\r\n\r\n")


def _long_extension(parts: Parts, near: int) -> None:
    extension = b";".ljust(_LIMITS.chunk_extension_bytes + near, b"e")
    _set_body(parts, _CHUNKED, b"5%b\r\nhello\r\n0\r\n\r\n" % extension)


def _large_trailers(parts: Parts, near: int) -> None:
    field = b"X-Sum: ".ljust(_LIMITS.trailer_bytes - 2 + near, b"v")
    _set_body(parts, _CHUNKED, b"5\r\nhello\r\n0\r\n%b\r\n\r\n" % field)


def _many_trailers(parts: Parts, near: int) -> None:
    _set_body(parts, _CHUNKED, b"0\r\n" + b"A:\r\n" * (_LIMITS.field_count + near) + b"\r\n")


def _set_body(parts: Parts, framing: bytes, body: bytes) -> None:
    parts[METHOD] = b"POST"
    parts[FRAMING] = framing
    parts[BODY] = body


WAYS: dict[str, Callable[[Parts, int], None]] = {
    "long target": _long_target,
    "long method": _long_method,
    "large field": _large_field,
    "many fields": _many_fields,
    "large head": _large_head,
    "large sized body": _large_sized_body,
    "large chunk": _large_chunk,
    "many chunks": _many_chunks,
    "long extension": _long_extension,
    "large trailers": _large_trailers,
    "many trailers": _many_trailers,
}
"""Each makes a request as large as the limit allows, and so many octets or fields larger."""
_WAYS = tuple(WAYS.values())
