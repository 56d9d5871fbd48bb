"""Responses to bytes.

Owns the head of a response and how its content is delimited (RFC 9112 §6); what a handler says of
either of them is the server's to say.
"""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import formatdate
from enum import Enum

from .response import (
    Pairs,
    Response,
    check_cookie,
    check_header,
    check_reason,
    check_status,
    reason_phrase,
)
from .spoiling import encoded, spoiled, status_line

_OF_THE_SERVER = frozenset({"connection", "content-length", "date", "transfer-encoding"})


class Delimited(Enum):
    """How the client finds the end of the content."""

    NONE = "there is none"
    LENGTH = "length"
    CHUNKED = "chunked"
    CLOSE = "close"


@dataclass(frozen=True)
class Framed:
    """A head, the content that is there at once, and how more of it is to be sent."""

    head: bytes
    content: bytes
    delimited: Delimited


def wants_close(response: Response) -> bool:
    """The handler asks for the end of the connection."""
    return any(
        name.lower() == "connection" and "close" in value.lower()
        for name, value in response.headers
    )


def frame(
    response: Response, method: str, version: tuple[int, int], is_last: bool, faults: frozenset[str]
) -> Framed:
    """The bytes of an answer to a request of that method and version.

    Raises ValueError for a head that would not be one.
    """
    _check(response, faults)
    headers = _own_headers(response, faults)
    delimited = _delimited(response, method, version, faults)
    content = response.body.encode() if isinstance(response.body, str) else response.body
    if isinstance(content, bytes) and "bytes-become-text" in faults:
        content = content.decode("utf-8", "replace").encode()
    if response.status == 205 and "content-on-205" not in faults:
        content = b""  # RFC 9110 §15.3.6
    if response.status == 304 and "content-on-304" in faults:
        content = content or b"not modified"
    chunks_it = "chunks-errors" in faults and response.status >= 400
    if isinstance(content, bytes) and chunks_it:
        content = b"%x\r\n%b\r\n0\r\n\r\n" % (len(content), content)
    if delimited is Delimited.CHUNKED and "streams-beyond-their-length" in faults:
        declared = [pair for pair in response.headers if pair[0].lower() == "content-length"]
        headers += declared
        delimited = Delimited.CLOSE if declared else delimited
    if delimited is Delimited.CHUNKED or chunks_it:
        headers.append(("Transfer-Encoding", "chunked"))
        if "length-beside-chunks" in faults:
            headers.append(("Content-Length", "12"))
    elif isinstance(content, bytes | None) and _has_length(response, faults):
        length = len(content or b"")
        if method == "HEAD" and "head-says-empty" in faults:
            length = 0
        if "length-counts-characters" in faults and isinstance(response.body, str):
            length = len(response.body)
        headers.append(("Content-Length", str(length)))
    if delimited is Delimited.CLOSE or is_last:
        headers.append(("Connection", "close"))
    elif version < (1, 1) and "keeps-http10-silently" not in faults:
        headers.append(("Connection", "keep-alive"))
    reason = reason_phrase(response.status) if "drops-reason" in faults else response.reason
    lines = [status_line(response.status, reason, version, faults)]
    if reason == reason_phrase(0) and "no-space-without-reason" in faults:
        lines = [f"HTTP/1.1 {response.status}"]
    lines += [f"{name}: {value}" for name, value in spoiled(headers, response, version, faults)]
    head = encoded("\r\n".join(lines) + "\r\n\r\n", faults)
    has_content = delimited is Delimited.LENGTH and isinstance(content, bytes)
    return Framed(head, content if has_content and isinstance(content, bytes) else b"", delimited)


def _check(response: Response, faults: frozenset[str]) -> None:
    """Raises ValueError for what would not stay in its place in a head."""
    if not {"sends-any-reason", "exception-in-reason"} & faults:
        check_reason(response.reason)
    if "sends-1xx" not in faults:
        check_status(response.status, registered="knows-registered-statuses-only" in faults)
    for name, value in response.headers:
        if "refuses-crlf-only" in faults and "\r\n" not in value:
            continue
        if "refuses-line-ends-only" in faults and not {"\r", "\n"} & set(value):
            continue
        if "sends-any-header" not in faults:
            check_header(name, value)
    is_stream = not isinstance(response.body, str | bytes | None)
    if is_stream and "streams-have-no-length" in faults and response.has_header("content-length"):
        raise ValueError("a stream with a length")
    if "sends-any-content-type" not in faults:
        check_header("Content-Type", response.content_type or "")
    for name, value in response.cookies:
        if "sends-any-cookie" not in faults:
            check_cookie(name, value)


def _own_headers(response: Response, faults: frozenset[str]) -> Pairs:
    headers = [pair for pair in response.headers if pair[0].lower() not in _OF_THE_SERVER]
    if "drops-headers" in faults:
        headers = []
    if response.content_type is not None and not response.has_header("content-type"):
        headers.append(("Content-Type", _content_type(response.content_type, faults)))
    headers += _cookie_lines(response, faults)
    if "date-of-another-form" in faults:
        headers.append(("Date", formatdate(usegmt=False)))
    elif "no-date" not in faults:
        # RFC 9110 §6.6.1: "An origin server with a clock ... MUST generate a Date header field"
        headers.append(("Date", formatdate(usegmt=True)))
    return headers


def _content_type(given: str, faults: frozenset[str]) -> str:
    if "drops-content-type" in faults:
        return "text/html; charset=utf-8"
    if "always-adds-charset" in faults:
        return f"{given}; charset=utf-8"
    return given.partition(";")[0] if "no-charset" in faults else given


def _cookie_lines(response: Response, faults: frozenset[str]) -> Pairs:
    """A line for each cookie (RFC 6265 §3)."""
    path = "" if "cookies-without-path" in faults else "; Path=/"
    secure = "; Secure" if "cookies-are-secure" in faults else ""
    hidden = "; HttpOnly" if "cookies-are-hidden" in faults else ""
    cookies = [f"{name}={value}{path}{secure}{hidden}" for name, value in response.cookies]
    if "one-cookie-only" in faults:
        cookies = cookies[-1:]
    if "folds-cookies" in faults and cookies:
        cookies = [", ".join(cookies)]
    return [("Set-Cookie", cookie) for cookie in cookies]


def _delimited(
    response: Response, method: str, version: tuple[int, int], faults: frozenset[str]
) -> Delimited:
    status = response.status
    if status == 204 and "content-on-204" not in faults:
        return Delimited.NONE  # RFC 9110 §15.3.5
    if status == 304 and "content-on-304" not in faults:
        return Delimited.NONE  # RFC 9110 §15.4.5
    sends_anyway = status >= 400 and "content-for-head-of-error" in faults
    if "streams-to-head" in faults and not isinstance(response.body, str | bytes | None):
        sends_anyway = True
    if method == "HEAD" and "content-for-head" not in faults and not sends_anyway:
        return Delimited.NONE  # RFC 9110 §9.3.2: "the server MUST NOT send content"
    if isinstance(response.body, str | bytes | None):
        return Delimited.LENGTH
    if version < (1, 1) and "chunks-for-http10" not in faults:
        return Delimited.CLOSE
    return Delimited.CHUNKED


def _has_length(response: Response, faults: frozenset[str]) -> bool:
    """RFC 9110 §8.6: no Content-Length in a 204; in a 304 it would be that of the 200."""
    if response.status == 204:
        return bool({"length-on-204", "content-on-204"} & faults)
    if response.body is None and "no-length-for-empty-body" in faults:
        return False
    if response.status >= 400 and "no-length-for-errors" in faults:
        return False
    if response.status == 205 and "no-length-for-205" in faults:
        return False
    return response.status != 304
