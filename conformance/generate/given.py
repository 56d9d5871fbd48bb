"""What an application gives its answers, so that it can be told from what its framework adds.

Owns the reading of answers for that: contents, texts in pages, fields, cookies. Pure.
"""

from __future__ import annotations

import html
import json
import re
import string
from contextlib import suppress
from typing import Any

from ..seen import Answer
from ..spec import (
    App,
    Catch,
    Crash,
    Pairs,
    RaiseHttp,
    ReplaceResponse,
    Respond,
    SetHeader,
    ShortCircuit,
    Store,
    Stream,
)  # fmt: skip

_FRAMING = frozenset({"content-length", "transfer-encoding"})
_SHORT_BYTES = 150
"""Less than an echo has, so that a length tells which content it is of."""

_ESCAPE = re.compile("%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset(string.ascii_letters + string.digits + "-._~")


class Given:
    """What the actions of an application say.

    bodies        contents that are not empty
    lengths       of the short ones among them, in decimal digits
    texts         messages for pages of errors, or of crashes, which no page should tell
    header_names  in lower case, without those of framing; Location and Allow are always there
    cookie_names
    """

    def __init__(self, app: App) -> None:
        self.bodies: set[bytes] = set()
        self.texts: set[str] = set()
        self.header_names: set[str] = {"location", "allow"}
        self.cookie_names: set[str] = set()
        self._typed: set[bytes] = set()
        self._untyped: set[bytes] = set()
        for action in app.actions():
            match action:
                case Respond() as respond:
                    self._take(respond)
                case ShortCircuit(respond) | ReplaceResponse(respond) | Catch(respond):
                    self._take(respond)
                case RaiseHttp():
                    self._name(action.headers)
                    if action.text:
                        self.texts.add(action.text)
                case Crash(message):
                    if not app.debug:
                        self.texts.add(message)
                case SetHeader(name):
                    self._name(((name, ""),))
                case Store():
                    self.bodies.add(action.value.encode())
                case Stream():
                    whole = "".join(action.chunks * (action.times or 1)).encode()
                    self.bodies.add(whole)
                    self._typed.add(whole)
        self.lengths = {str(len(body)) for body in self.bodies if len(body) < _SHORT_BYTES}

    def _take(self, respond: Respond) -> None:
        body = respond.body or b""
        octets = body.encode() if isinstance(body, str) else body
        if octets:
            self.bodies.add(octets)
        # What has no type of its own, and is no text either, gets what its framework thinks best.
        is_typed = respond.content_type is not None or isinstance(respond.body, str)
        (self._typed if is_typed and octets else self._untyped).add(octets)
        self._name(respond.headers)
        self.cookie_names |= {name for name, _ in respond.cookies}

    def _name(self, headers: Pairs) -> None:
        self.header_names |= {name.lower() for name, _ in headers} - _FRAMING

    def has_made(self, body: bytes) -> bool:
        """Whether it is a content that the application gives, the empty one among them."""
        return body in self.bodies or body in self._untyped

    def has_typed(self, body: bytes) -> bool:
        """Whether all that give this content say its type, or that it is a text."""
        return body in self._typed and body not in self._untyped

    def texts_in(self, body: bytes) -> list[str]:
        """Which of the texts a page says, however it writes them."""
        page = body.decode("utf-8", "replace")
        readings = {page, html.unescape(page)}
        with suppress(ValueError):  # it is no JSON
            readings.add(_strings(json.loads(page)))
        return sorted(text for text in self.texts if any(text in one for one in readings))

    def cookies_in(self, answer: Answer) -> list[str]:
        """Names and values of the cookies in their order, without their attributes."""
        pairs = [value.partition(";")[0].strip() for value in answer.values("Set-Cookie")]
        return [pair for pair in pairs if pair.partition("=")[0] in self.cookie_names]

    @staticmethod
    def types(answer: Answer) -> list[str]:
        """Its media types, in lower case and without spaces."""
        return [value.replace(" ", "").lower() for value in answer.values("Content-Type")]

    @staticmethod
    def values(answer: Answer, name: str) -> list[str]:
        """The values of a field in their order, in one spelling of those that mean the same."""
        values = answer.values(name)
        if name == "allow":  # a list whose order says nothing (RFC 9110 §10.2.1)
            return sorted({one.strip() for value in values for one in value.split(",")})
        if name == "location":
            return [_ESCAPE.sub(_in_one_spelling, value) for value in values]
        return values


def _in_one_spelling(escape: re.Match[str]) -> str:
    """An escape in upper case, or the character itself where it need not be escaped: URIs that
    differ in that are equivalent (RFC 3986 §6.2.2)."""
    character = chr(int(escape[1], 16))
    return character if character in _UNRESERVED else escape[0].upper()


def _strings(value: Any) -> str:
    """All the text in a JSON value."""
    if isinstance(value, dict):
        return " ".join(map(_strings, value.values()))
    if isinstance(value, list):
        return " ".join(map(_strings, value))
    return str(value)
