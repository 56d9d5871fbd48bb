"""The head of a response with what is told to go wrong with it.

Owns faults that concern the fields of a response and nothing else; without any, a head comes out
as it went in.
"""

from __future__ import annotations

from email.utils import formatdate
from urllib.parse import unquote

from .response import Pairs, Response


def spoiled(
    headers: Pairs, response: Response, version: tuple[int, int], faults: frozenset[str]
) -> Pairs:
    """The fields that are sent."""
    if "one-line-for-a-name" in faults:
        headers = list({name.lower(): (name, value) for name, value in headers}.values())
    if "decodes-location" in faults:
        headers = [
            (name, unquote(value) if name == "Location" else value) for name, value in headers
        ]
    if "no-length-for-http10" in faults and version < (1, 1):
        headers = _without(headers, "content-length")
    if "304-says-empty" in faults and response.status == 304:
        headers = [*headers, ("Content-Length", "0")]
    if "length-twice" in faults:
        headers = headers + _of(headers, "content-length")
    if "content-type-twice" in faults and response.has_header("content-type"):
        headers = [*headers, ("Content-Type", response.content_type or "text/plain")]
    return _as_the_handler_says(_dated(headers, response, faults), response, faults)


def _as_the_handler_says(headers: Pairs, response: Response, faults: frozenset[str]) -> Pairs:
    """With what is the server's to say, and a handler has said."""
    if "adds-own-fields-of-handlers" in faults:
        headers = headers + _of(response.headers, "date")
    if "handlers-say-length" in faults and response.has_header("content-length"):
        headers = _without(headers, "content-length") + _of(response.headers, "content-length")
    if "handlers-say-coding" in faults and response.has_header("transfer-encoding"):
        headers = _without(headers, "content-length") + _of(response.headers, "transfer-encoding")
    if "sends-close-and-stays" in faults:
        headers = headers + _of(response.headers, "connection")
    return headers


def _dated(headers: Pairs, response: Response, faults: frozenset[str]) -> Pairs:
    if "no-date-on-errors" in faults and response.status >= 300:
        return _without(headers, "date")
    date = None
    if "date-of-the-epoch" in faults:
        date = formatdate(0, usegmt=True)
    if "date-with-a-wrong-weekday" in faults:
        today = formatdate(usegmt=True)
        date = ("Tue" if today.startswith("Mon") else "Mon") + today[3:]
    return headers if date is None else [*_without(headers, "date"), ("Date", date)]


def encoded(head: str, faults: frozenset[str]) -> bytes:
    """The octets of a head."""
    if "cuts-characters-to-octets" in faults:
        return bytes(ord(character) & 0xFF for character in head)
    if "question-marks-beyond-ascii" in faults:
        return head.encode("ascii", "replace")
    return head.encode("utf-8", "surrogateescape")


def status_line(status: int, reason: str, version: tuple[int, int], faults: frozenset[str]) -> str:
    said = "1.1"
    if "says-http10" in faults:
        said = "1.0"
    if "echoes-version" in faults:
        said = f"{version[0]}.{version[1]}"
    if status > 599 and "answers-status-0" in faults:
        status = 0
    return f"HTTP/{said} {status} {reason}"


def _of(headers: Pairs, name: str) -> Pairs:
    return [pair for pair in headers if pair[0].lower() == name]


def _without(headers: Pairs, name: str) -> Pairs:
    return [pair for pair in headers if pair[0].lower() != name]
