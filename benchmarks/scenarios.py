"""The requests that are measured and the answers they must get. Pure data, no I/O."""

import json
from collections.abc import Callable
from dataclasses import dataclass

# wrk numbers this placeholder with seven digits (see wrk/replay.lua).
PLACEHOLDER = b"{count}"

_DOCUMENT = {
    "message": "Hello, World!",
    "id": 4711,
    "tags": ["one", "two", "three"],
    "nested": {"ratio": 0.25, "ok": True, "nothing": None},
}
_DOCUMENT_BYTES = json.dumps(_DOCUMENT).encode()

# The fields of a current browser on a page load, in its order, with invented values.
_BROWSER_FIELDS = (
    b"Connection: keep-alive\r\n"
    b"Cache-Control: max-age=0\r\n"
    b'sec-ch-ua: "Chromium";v="130", "Not?A_Brand";v="99"\r\n'
    b"sec-ch-ua-mobile: ?0\r\n"
    b"Upgrade-Insecure-Requests: 1\r\n"
    b"User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)"
    b" Chrome/130.0.0.0 Safari/537.36\r\n"
    b"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8\r\n"
    b"Sec-Fetch-Site: none\r\n"
    b"Accept-Encoding: gzip, deflate, br\r\n"
    b"Accept-Language: en-GB,en;q=0.9,de;q=0.8\r\n"
    b"Cookie: session=5f2b7c0e9d4a; theme=dark\r\n"
)


@dataclass(frozen=True)
class Scenario:
    """One kind of load: raw request bytes, and a test of the body they are answered with.

    ``pipeline`` is how many copies of the request are sent before an answer is awaited.
    """

    name: str
    template: bytes
    accepts: Callable[[bytes], bool]
    pipeline: int = 1

    @property
    def load(self) -> bytes:
        """What wrk replays."""
        return self.template * self.pipeline

    @property
    def probe(self) -> bytes:
        """What the validating client sends: the bytes of wrk's request number 0."""
        return self.load.replace(PLACEHOLDER, b"0000000")


def request(method: bytes, target: bytes, fields: bytes = b"", body: bytes = b"") -> bytes:
    """A complete HTTP/1.1 request; ``fields`` are header lines, each with its CRLF.

    Host has no port, because each server listens on another one and all are to get the same bytes.
    """
    head = b"%b %b HTTP/1.1\r\nHost: 127.0.0.1\r\n%b" % (method, target, fields)
    if body:
        head += b"Content-Length: %d\r\n" % len(body)
    return head + b"\r\n" + body


def _exactly(expected: bytes) -> Callable[[bytes], bool]:
    return lambda body: body == expected


def _same_document(body: bytes) -> bool:
    """Serialisers differ in white space: equal is what parses to the same document."""
    try:
        return bool(json.loads(body) == _DOCUMENT)
    except ValueError:
        return False


_GET = request(b"GET", b"/")
_HELLO = _exactly(b"Hello, World!")
_JSON_FIELDS = b"Content-Type: application/json\r\n"

SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario("plaintext", _GET, _HELLO),
        Scenario(
            "plaintext-varied",
            request(b"GET", b"/", b"X-Request-Id: " + PLACEHOLDER + b"\r\n"),
            _HELLO,
        ),
        Scenario("plaintext-browser", request(b"GET", b"/", _BROWSER_FIELDS), _HELLO),
        Scenario("param", request(b"GET", b"/users/alice"), _exactly(b"alice")),
        Scenario(
            "param-varied",
            request(b"GET", b"/users/u" + PLACEHOLDER),
            _exactly(b"u0000000"),
        ),
        Scenario("json", request(b"POST", b"/echo", _JSON_FIELDS, _DOCUMENT_BYTES), _same_document),
        Scenario("pipelined16", _GET, _HELLO, pipeline=16),
    )
}
