"""What a handler answers with, and the bytes of its head.

Owns `Response`, the header grammar of what is sent, and how an answer is framed (`encode`). Knows
nothing of connections: the caller says which request is answered and whether the connection stays.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterable, Awaitable, Callable, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from time import monotonic, time
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, TypeAlias

from multidict import CIMultiDict

from .cookies import format_cookie

if TYPE_CHECKING:
    from .request import Request

SERVER = "trueline"

PHRASES: dict[int, str] = {status.value: status.phrase for status in HTTPStatus} | {
    # RFC 9110 renamed these; Python keeps the older phrases before 3.13.
    413: "Content Too Large",
    414: "URI Too Long",
    416: "Range Not Satisfiable",
    422: "Unprocessable Content",
}

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
# RFC 9110 §5.5 field-value. Characters up to U+00FF are sent as one octet each.
_FIELD_VALUE = re.compile(r"[\t -~\x80-\xff]*")


@dataclass(frozen=True, slots=True)
class FileBody:
    """Part of an open file, sent with the system's `sendfile` where there is one.

    `file` is open for reading in binary mode and is closed after sending; sizes in bytes.
    """

    file: BinaryIO
    offset: int
    count: int


Body: TypeAlias = "str | bytes | bytearray | memoryview | AsyncIterable[bytes] | None"


def check_header(name: str, value: str) -> None:
    """Raises ValueError for a header that could not be sent as it is.

    RFC 9110 §5.5: "Field values containing CR, LF, or NUL characters are invalid and dangerous".
    """
    if not isinstance(name, str) or _TOKEN.fullmatch(name) is None:
        raise ValueError(f"invalid header name {name!r}")
    if not isinstance(value, str) or _FIELD_VALUE.fullmatch(value) is None:
        raise ValueError(f"invalid value {value!r} for header {name}")


# Compared by identity: 200.0 and another int that equals it take the way through the check.
_OK = 200


def _check_status(status: int) -> int:
    # bool is an int, and 404.0 == 404: neither is a status.
    if type(status) is not int and not isinstance(status, HTTPStatus):
        raise TypeError(f"status must be an int, not {status!r}")
    if not 200 <= status <= 599:
        raise ValueError(f"status must be from 200 to 599, not {status}")
    return int(status)


class Response:
    """An answer: status, headers and a body that is text, bytes or an async iterable of bytes.

    `Response("hi")` is 200 and text/plain in UTF-8. An async iterable is streamed: chunked to an
    HTTP/1.1 client, until the end of the connection to an HTTP/1.0 one, or sized where the
    headers say Content-Length.

    `content_type` defaults to text/plain for text and application/octet-stream for bytes and
    streams; `charset` (default utf-8) encodes text and is named for text types.

    Raises ValueError for a status outside 200 to 599, and for a header or reason with CR, LF, NUL
    or another character that cannot be sent; TypeError for another kind of body.
    """

    prepare: Callable[[Request], Awaitable[Response]] | None = None
    """Subclasses that depend on the request (files) make this an async method and their body one
    that is no bytes; it is called before anything is sent and returns the response to send."""

    _body: bytes | AsyncIterable[bytes] | FileBody
    _default_type: str | None

    def __init__(
        self,
        body: Body = None,
        status: int = 200,
        content_type: str | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        reason: str | None = None,
        charset: str | None = None,
    ) -> None:
        # All on the instance: attributes found on the class take several times as long to read.
        self._status = status if status is _OK else _check_status(status)
        self._charset = charset = "utf-8" if charset is None else charset
        self._content_type = content_type
        self._reason: str | None = None
        self._headers: CIMultiDict[str] | None = None
        self._cookies: dict[tuple[str, str, str | None], str] | None = None
        if body.__class__ is str:
            self._body = body.encode(charset)
            self._default_type = "text/plain"
        else:
            self.body = body
        if headers is not None:
            self._headers = CIMultiDict(headers)
            for name, value in self._headers.items():
                check_header(name, value)
        if reason is not None:
            self.reason = reason

    @property
    def status(self) -> int:
        return self._status

    @property
    def reason(self) -> str:
        """The reason phrase; the registered one unless another was given."""
        return PHRASES.get(self._status, "Unknown") if self._reason is None else self._reason

    @reason.setter
    def reason(self, reason: str) -> None:
        if not isinstance(reason, str) or _FIELD_VALUE.fullmatch(reason) is None:
            raise ValueError(f"invalid reason {reason!r}")
        self._reason = reason

    @property
    def charset(self) -> str:
        return self._charset

    @property
    def content_type(self) -> str | None:
        """The media type without parameters; None without a body that has one."""
        return self._content_type or self._default_type

    @content_type.setter
    def content_type(self, content_type: str) -> None:
        self._content_type = content_type

    @property
    def headers(self) -> CIMultiDict[str]:
        """Headers beside those that the server adds; change them until the response is returned."""
        if self._headers is None:
            self._headers = CIMultiDict()
        return self._headers

    def add_header(self, name: str, value: str) -> None:
        """Set header `name`. Raises ValueError for what cannot be sent."""
        check_header(name, value)
        self.headers[name] = value

    @property
    def body(self) -> bytes | AsyncIterable[bytes] | FileBody:
        """Bytes, or what yields them; text has been encoded."""
        return self._body

    @body.setter
    def body(self, body: Body | FileBody) -> None:
        if isinstance(body, str):
            self._body = body.encode(self._charset)
            self._default_type = "text/plain"
            return
        if body.__class__ is bytes:
            self._body = body
        elif isinstance(body, bytes | bytearray | memoryview):
            self._body = bytes(body)
        elif isinstance(body, AsyncIterable | FileBody):
            self._body = body
        elif body is None:
            self._body = b""
            self._default_type = None
            return
        else:
            kind = type(body).__name__
            raise TypeError(f"a body is text, bytes or an async iterable, not {kind}")
        self._default_type = "application/octet-stream"

    def add_body(self, data: Body) -> None:
        """Replace the body (the guide's name for it)."""
        self.body = data

    @property
    def text(self) -> str:
        """The body as text. Raises TypeError for a streamed one."""
        if not isinstance(self._body, bytes):
            raise TypeError("a streamed body has no text")
        return self._body.decode(self._charset)

    def set_cookie(self, name: str, value: str, **attributes: Any) -> None:
        """Send a cookie; attributes as in `format_cookie`. The last of one name, path and domain
        wins. Raises ValueError for what RFC 6265 does not allow."""
        if self._cookies is None:
            self._cookies = {}
        key = (name, attributes.get("path", "/"), attributes.get("domain"))
        self._cookies[key] = format_cookie(name, value, **attributes)

    def del_cookie(self, name: str, *, path: str = "/", domain: str | None = None) -> None:
        """Ask the client to forget a cookie."""
        self.set_cookie(name, "", path=path, domain=domain, max_age=0)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._status} {self.reason}>"


# What `json.dumps` does, without its look for options that are not given.
_dump_json = json.JSONEncoder().encode


def json_response(
    data: Any,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    content_type: str = "application/json",
    dumps: Callable[[Any], str] = _dump_json,
) -> Response:
    """A response with `data` as JSON in UTF-8. Raises TypeError or ValueError as `dumps` does."""
    return Response(dumps(data), status, content_type, headers)


# -- The head as bytes ---------------------------------------------------------------------------


def _with_charset(content_type: str, charset: str) -> str:
    # RFC 9110 §8.3.1: type and parameter names are case-insensitive.
    lower = content_type.lower()
    if lower.startswith("text/") and "charset=" not in lower:
        return f"{content_type}; charset={charset}"
    return content_type


class _UsualHeads:
    """Status line, Content-Type, Date and Server of responses without headers of their own.

    An application has few of these, so each is made once a second. A client has no say in what is
    kept here; an application that makes up types has them made each time. Seconds are those of
    the monotonic clock: when the wall clock is set back, Date follows.
    """

    def __init__(self) -> None:
        self.until_s = 0.0
        self.known: dict[tuple[int, str | None, str], bytes] = {}
        self.date_and_server = b""

    def get(self, status: int, content_type: str | None, charset: str) -> bytes:
        if monotonic() >= self.until_s:
            self.begin_second()
        return self.known.get((status, content_type, charset)) or self.make(
            status, content_type, charset
        )

    def begin_second(self) -> None:
        now = time()
        self.until_s = monotonic() + 1 - now % 1
        self.known.clear()
        date = formatdate(int(now), usegmt=True)
        self.date_and_server = f"Date: {date}\r\nServer: {SERVER}\r\n".encode()

    def make(self, status: int, content_type: str | None, charset: str) -> bytes:
        lines = f"HTTP/1.1 {status} {PHRASES.get(status, 'Unknown')}\r\n"
        if content_type is not None:
            value = _with_charset(content_type, charset)
            check_header("Content-Type", value)
            lines += f"Content-Type: {value}\r\n"
        head = lines.encode("latin-1") + self.date_and_server
        if len(self.known) < 512:
            self.known[status, content_type, charset] = head
        return head


_usual_heads = _UsualHeads()


class Framing(NamedTuple):
    """How the receiver finds the end of a body: by `length`, by chunks, or (neither) by the end
    of the connection."""

    length: int | None
    chunked: bool


NO_CONTENT = Framing(0, False)


def has_content(status: int) -> bool:
    """RFC 9110 §6.4.1: "All 1xx (Informational), 204 (No Content), and 304 (Not Modified)
    responses do not include content." §15.3.6: "a server MUST NOT generate content in a 205
    response." """
    return status not in (204, 205, 304)


def frame(response: Response, minor: int) -> Framing:
    """How to frame the body of `response` to a client of HTTP/1.`minor`.

    Raises ValueError for a Content-Length header that is no length.
    """
    if not has_content(response.status):
        return NO_CONTENT
    if isinstance(response.body, bytes):
        return Framing(len(response.body), False)
    if isinstance(response.body, FileBody):
        return Framing(response.body.count, False)
    # RFC 9112 §6.1: "A server MUST NOT send a response containing Transfer-Encoding unless the
    # corresponding request indicates HTTP/1.1 (or later minor revisions)."
    return frame_declared(response) or Framing(None, minor >= 1)


def frame_declared(response: Response) -> Framing | None:
    """The framing that the handler's own Content-Length asks for, if it set one.

    Raises ValueError for one that is no length.
    """
    declared = response.headers.get("Content-Length")
    if declared is None:
        return None
    if not (declared.isascii() and declared.isdigit()):
        raise ValueError(f"invalid Content-Length {declared!r}")
    return Framing(int(declared), False)


def wants_close(response: Response) -> bool:
    """The handler asked for the connection to be closed."""
    if response._headers is None:
        return False
    options = ",".join(response._headers.getall("Connection", ())).lower().split(",")
    return "close" in (option.strip() for option in options)


_OWNED_BY_SERVER = frozenset({"content-length", "transfer-encoding", "connection"})
_ENDS = tuple(b"Content-Length: %d\r\n\r\n" % size for size in range(1024))
_KEEP_ALIVE = {0: b"Connection: keep-alive\r\n\r\n", 1: b"\r\n"}


def encode_head(response: Response, framing: Framing, minor: int, close: bool) -> bytes:
    """Status line and headers with the empty line.

    The server owns framing: a handler's Content-Length, Transfer-Encoding and Connection are
    replaced. Raises ValueError for a header that cannot be sent.
    """
    content = has_content(response._status)
    content_type = response.content_type if content else None
    if response._headers is None and response._cookies is None and response._reason is None:
        head = _usual_heads.get(response._status, content_type, response._charset)
    else:
        head = _encode_own_headers(response, content_type)
    if content:
        if framing.length is not None:
            head += b"Content-Length: %d\r\n" % framing.length
        elif framing.chunked:
            head += b"Transfer-Encoding: chunked\r\n"
    elif response._status == 205:  # the end of its head does not end it, as it does 204 and 304
        head += b"Content-Length: 0\r\n"
    return head + (b"Connection: close\r\n\r\n" if close else _KEEP_ALIVE[minor])


def _encode_own_headers(response: Response, content_type: str | None) -> bytes:
    """As `_usual_heads`, for a response with headers, cookies or a reason."""
    headers = response.headers
    reason = response.reason
    check_header("Reason-Phrase", reason)
    lines = [f"HTTP/1.1 {response.status} {reason}\r\n"]
    if content_type is not None and "Content-Type" not in headers:
        value = _with_charset(content_type, response.charset)
        check_header("Content-Type", value)
        lines.append(f"Content-Type: {value}\r\n")
    own = set()
    for name, value in headers.items():
        check_header(name, value)
        lower = name.lower()
        if lower not in _OWNED_BY_SERVER:
            own.add(lower)
            lines.append(f"{name}: {value}\r\n")
    lines += [f"Set-Cookie: {cookie}\r\n" for cookie in (response._cookies or {}).values()]
    _usual_heads.get(200, None, "utf-8")  # turns the second over
    ours = _usual_heads.date_and_server.decode().splitlines(keepends=True)
    lines += [line for line in ours if line.partition(":")[0].lower() not in own]
    return "".join(lines).encode("latin-1")


def encode(response: Response, body: bytes, minor: int, close: bool, is_head: bool) -> bytes:
    """The whole message of a response whose body is `body`, bytes. To HEAD, without the body.

    RFC 9110 §9.3.2: to HEAD the header fields are those of GET, Content-Length included.
    """
    if (
        response._headers is None
        and minor
        and not close
        and not is_head
        and response._status == 200
        and response._reason is None
        and response._cookies is None
    ):
        # The usual answer, in one step.
        content_type = response._content_type or response._default_type
        if monotonic() >= _usual_heads.until_s:
            _usual_heads.begin_second()
        key = (200, content_type, response._charset)
        head = _usual_heads.known.get(key) or _usual_heads.make(*key)
        size = len(body)
        return head + (_ENDS[size] if size < 1024 else b"Content-Length: %d\r\n\r\n" % size) + body
    framing = Framing(len(body), False)
    if is_head and not body:
        framing = frame_declared(response) or framing
    head = encode_head(response, framing, minor, close)
    return head if is_head or not has_content(response._status) else head + body
