"""The requests that are parsed, and what is in them."""

import json
from dataclasses import dataclass

Headers = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True)
class Message:
    """A request as a parser should give it: names of header fields in lower case."""

    method: str
    target: str
    headers: Headers
    body: bytes = b""


_HOST = ((b"Host", b"127.0.0.1"),)
_BROWSER = (
    (b"Host", b"127.0.0.1"),
    (b"Connection", b"keep-alive"),
    (b"Cache-Control", b"max-age=0"),
    (b"sec-ch-ua", b'"Chromium";v="130", "Not?A_Brand";v="99"'),
    (b"sec-ch-ua-mobile", b"?0"),
    (b"Upgrade-Insecure-Requests", b"1"),
    (
        b"User-Agent",
        b"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)"
        b" Chrome/130.0.0.0 Safari/537.36",
    ),
    (b"Accept", b"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"),
    (b"Sec-Fetch-Site", b"none"),
    (b"Accept-Encoding", b"gzip, deflate, br"),
    (b"Accept-Language", b"en-GB,en;q=0.9,de;q=0.8"),
    (b"Cookie", b"session=5f2b7c0e9d4a; theme=dark"),
)
_BODY = json.dumps({"text": "x" * (1024 - 12)}).encode()
assert len(_BODY) == 1024


def request(method: str, target: str, headers: Headers, body: bytes = b"") -> bytes:
    """The octets of a request; `body` as it goes over the wire."""
    lines = b"".join(b"%b: %b\r\n" % pair for pair in headers)
    return b"%b %b HTTP/1.1\r\n%b\r\n%b" % (method.encode(), target.encode(), lines, body)


def message(method: str, target: str, headers: Headers, body: bytes = b"") -> Message:
    return Message(method, target, tuple((name.lower(), value) for name, value in headers), body)


def varied(number: int) -> tuple[bytes, Message]:
    """A browser's request number so and so: target and a header field are its own."""
    target = f"/items/{number:07d}"
    headers = (*_BROWSER, (b"X-Request-Id", b"%07d" % number))
    return request("GET", target, headers), message("GET", target, headers)


def _vectors() -> dict[str, tuple[bytes, list[Message]]]:
    sized = (*_HOST, (b"Content-Type", b"application/json"), (b"Content-Length", b"1024"))
    chunked = (*_HOST, (b"Transfer-Encoding", b"chunked"))
    chunks = b"".join(b"100\r\n%b\r\n" % _BODY[at : at + 256] for at in range(0, 1024, 256))
    small = request("GET", "/", _HOST), message("GET", "/", _HOST)
    return {
        "small GET": (small[0], [small[1]]),
        "browser GET": (request("GET", "/", _BROWSER), [message("GET", "/", _BROWSER)]),
        "POST of 1 KiB": (
            request("POST", "/echo", sized, _BODY),
            [message("POST", "/echo", sized, _BODY)],
        ),
        "POST of 1 KiB in 4 chunks": (
            request("POST", "/echo", chunked, chunks + b"0\r\n\r\n"),
            [message("POST", "/echo", chunked, _BODY)],
        ),
        "16 pipelined GET": (small[0] * 16, [small[1]] * 16),
    }


VECTORS = _vectors()
"""By name: octets, and the messages in them."""
