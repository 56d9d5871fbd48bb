"""httptools as a reader: llhttp, driven as uvicorn drives it.

Owns what of its callbacks is written down, and where its reading ends.
"""

from __future__ import annotations

import httptools

from ..reading import End, Reading, Request


class _Recorder:
    """Takes the callbacks, as long as the server would serve what they bring.

    message   an octet of a message has come whose end has not;  head   its head is complete
    last      no other request is served
    """

    __slots__ = ("body", "fields", "head", "last", "message", "parser", "requests", "url")

    def __init__(self) -> None:
        self.parser = httptools.HttpRequestParser(self)
        self.requests: list[Request] = []
        self.fields: list[tuple[bytes, bytes]] = []
        self.url = self.body = b""
        self.message = self.head = self.last = False

    def on_message_begin(self) -> None:
        self.fields = []
        self.url = self.body = b""
        self.message = True

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.head:  # else it is a trailer
            self.fields.append((name.lower(), value.strip(b" \t")))

    def on_headers_complete(self) -> None:
        self.head = True

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.message = self.head = False
        if not self.last:
            request = self.request(whole=True)
            self.requests.append(request)
            # uvicorn answers 1.0 with `Connection: close`. Behind an upgrade is another protocol.
            self.last = (
                not request.minor
                or not self.parser.should_keep_alive()
                or self.parser.should_upgrade()
            )

    def request(self, *, whole: bool) -> Request:
        minor = 0 if self.parser.get_http_version() in ("1.0", "0.9") else 1
        method: bytes = self.parser.get_method()
        return Request(method, self.url, minor, tuple(self.fields), self.body, whole)


def read(data: bytes) -> Reading:
    recorder = _Recorder()
    reason = ""
    try:
        recorder.parser.feed_data(data)
    except httptools.HttpParserUpgrade:
        pass
    except httptools.HttpParserError as error:
        reason = str(error)
    requests = recorder.requests
    if recorder.last:
        return Reading(tuple(requests), End.LAST)
    if recorder.head:
        requests.append(recorder.request(whole=False))
    if reason:
        return Reading(tuple(requests), End.REFUSED, reason)
    return Reading(tuple(requests), End.INCOMPLETE if recorder.message else End.BETWEEN)
