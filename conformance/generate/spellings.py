"""Odd spellings of requests that are well-formed all the same, as literals.

Owns that table. A server serves each of them; those that the standard only recommends to serve have
the level SHOULD. Draws nothing and sends nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..check import MUST, SHOULD, Level, Source, rfc
from ..checks.desync import DECODES_CHUNKED
from ..checks.targets import ABSOLUTE
from .message import HOST, ONE_KIND, SERVED, SERVED_LAST, Change, Chunk, Message, Verdict

FIELD_VALUE = rfc(
    9112,
    "5.1",
    "The field line value does not include that leading or trailing whitespace",
)
NAMES = rfc(9110, "5.1", "Field names are case-insensitive")
DECIMAL_LENGTH = rfc(
    9112,
    "6.3",
    "If a valid Content-Length header field is present without Transfer-Encoding, its decimal "
    "value defines the expected message body length in octets.",
)
CLOSE = rfc(
    9112,
    "9.6",
    'A server that receives a "close" connection option MUST initiate closure of the connection',
)
PERSISTS = rfc(
    9112,
    "9.3",
    "If the received protocol is HTTP/1.1 (or later), the connection will persist after the "
    "current response",
)
HTTP10_CLOSES = rfc(
    9112,
    "9.3",
    "If the received protocol is HTTP/1.0, the keep-alive connection option is present, either the "
    "recipient is not a proxy or the message is a response, and the recipient wishes to honor the "
    "HTTP/1.0 keep-alive mechanism, the connection will persist after the current response; "
    "otherwise, the connection will close after the current response.",
)

_SIZED = ("sized",)
_CHUNKED = ("chunked",)
_UNSIZED = ("none", "sized")


def _one(
    name: str,
    title: str,
    source: Source,
    apply: Callable[[Message, int], Message],
    *touches: str,
    framings: tuple[str, ...] = ONE_KIND,
    level: Level = MUST,
    verdict: Verdict = SERVED,
) -> Change:
    return Change(name, title, source, apply, verdict, framings, frozenset(touches), level)


def _choose(forms: tuple[bytes, ...], number: int) -> bytes:
    return forms[number % len(forms)]


def _is_framing(name: bytes) -> bool:
    return name.lower() in (b"content-length", b"transfer-encoding")


def _spaced(message: Message, number: int) -> Message:
    """White space around values; none around that of the id, whose value is compared, and behind
    what frames the body as little."""
    before, behind = ((b"", b""), (b"\t", b""), (b"  ", b" "), (b" ", b"\t \t"))[number % 4]

    def spaced(line: bytes) -> bytes:
        name, _, value = line.partition(b":")
        if name.lower() == b"x-request-id":
            return line
        end = b"" if _is_framing(name) else behind
        return name + b":" + before + value.strip(b" \t") + end

    return message.each_field(spaced)


def _spaced_framing(message: Message, number: int) -> Message:
    behind = (b" ", b"\t", b"\t ")[number % 3]
    return message.each_field(
        lambda line: line + behind if _is_framing(line.partition(b":")[0]) else line
    )


def _named(change: Callable[[bytes], bytes]) -> Callable[[Message, int], Message]:
    def named(line: bytes) -> bytes:
        name, colon, value = line.partition(b":")
        return change(name) + colon + value

    return lambda message, number: message.each_field(named)


def _each_chunk(message: Message, change: Callable[[Chunk], Chunk]) -> Message:
    return replace(message, chunks=tuple(change(one) for one in message.chunks or ()))


def _with_extension(message: Message, number: int) -> Message:
    extension = _choose((b";a", b";a=b", b';a="b;c"', b";a;b=c", b';a="\\""'), number)
    extended = _each_chunk(message, lambda one: replace(one, extension=extension))
    return replace(extended, last=message.last + extension)


SPELLINGS: tuple[Change, ...] = (
    _one(
        "empty-line-in-front",
        "behind an empty line",
        rfc(
            9112,
            "2.2",
            "In the interest of robustness, a server that is expecting to receive and parse a "
            "request-line SHOULD ignore at least one empty line (CRLF) received prior to the "
            "request-line.",
        ),
        lambda message, number: replace(message, before=b"\r\n"),
        "before",
        level=SHOULD,
    ),
    _one(
        "white-space-around-values",
        "with white space around values",
        FIELD_VALUE,
        _spaced,
        "spaces",
    ),
    _one(
        "white-space-behind-framing",
        "with white space behind what frames its body",
        FIELD_VALUE,
        _spaced_framing,
        "framing",
        framings=("sized", "chunked"),
        # The standard knows no exception; but to refuse it loses nobody, and many do so for safety.
        level=SHOULD,
    ),
    _one("names-in-lower-case", "with names in lower case", NAMES, _named(bytes.lower), "names"),
    _one("names-in-upper-case", "with names in upper case", NAMES, _named(bytes.upper), "names"),
    _one(
        "empty-value",
        "with a field that has no value",
        rfc(9110, "5.5", "field-value    = *field-content"),
        lambda message, number: message.adding(b"X-Empty:"),
    ),
    _one(
        "obs-text",
        "with octets beyond ASCII in a value",
        rfc(
            9110,
            "5.5",
            "A recipient SHOULD treat other allowed octets in field content (i.e., obs-text) as "
            "opaque data.",
        ),
        lambda message, number: message.adding(
            b"X-Text: " + _choose((b"\xe9", b"\xc3\xa9", b"\x80\xff"), number)
        ),
        level=SHOULD,
    ),
    _one(
        "odd-name",
        "with a name of every sign that a token has",
        rfc(
            9110,
            "5.6.2",
            "Tokens are short textual identifiers that do not include whitespace or delimiters.",
        ),
        lambda message, number: message.adding(b"x!#$%&'*+-.^_`|~0: 1"),
    ),
    _one(
        "host-with-port",
        "whose Host has a port, or is an address",
        rfc(9110, "7.2", 'Host = uri-host [ ":" port ]'),
        lambda message, number: message.saying(
            "host",
            b"Host: " + _choose((HOST + b":8080", b"127.0.0.1:80", b"[::1]:80", b"[::1]"), number),
        ),
        "host",
    ),
    _one(
        "absolute-form",
        "with a target in absolute form",
        ABSOLUTE,
        lambda message, number: replace(message, target=b"http://" + HOST + message.target),
        "target",
    ),
    _one(
        "http-1.0",
        "of HTTP/1.0",
        HTTP10_CLOSES,
        lambda message, number: replace(message, version=b"HTTP/1.0"),
        "line",
        "persistence",
        "expect",
        framings=_UNSIZED,
        verdict=SERVED_LAST,
    ),
    _one(
        "http-1.2",
        "of a later minor version",
        rfc(
            9110,
            "6.2",
            "A recipient that receives a message with a major version number that it implements "
            "and a minor version number higher than what it implements SHOULD process the message "
            "as if it were in the highest minor version within that major version to which the "
            "recipient is conformant.",
        ),
        lambda message, number: replace(message, version=b"HTTP/1.2"),
        "line",
        level=SHOULD,
    ),
    _one(
        "connection-close",
        "that asks for the end of the connection",
        CLOSE,
        lambda message, number: message.adding(
            b"Connection: " + _choose((b"close", b"Close", b"x, close", b"close, x"), number)
        ),
        "persistence",
        verdict=SERVED_LAST,
    ),
    _one(
        "connection-options",
        "with options of the connection that mean nothing new",
        PERSISTS,
        lambda message, number: message.adding(
            b"Connection: " + _choose((b"keep-alive", b"Keep-Alive", b"x, keep-alive"), number)
        ),
        "persistence",
    ),
    _one(
        "length-with-zeros",
        "whose Content-Length has leading zeros",
        DECIMAL_LENGTH,
        lambda message, number: message.saying(
            "content-length",
            b"Content-Length: %b%d" % (b"0" * (1 + number % 20), len(message.content)),
        ),
        "framing",
        framings=_SIZED,
    ),
    _one(
        "length-of-none",
        "with a Content-Length of 0",
        DECIMAL_LENGTH,
        lambda message, number: message.adding(b"Content-Length: 0"),
        "framing",
        framings=("none",),
    ),
    _one(
        "coding-in-any-case",
        "whose coding is spelled in another case",
        rfc(9112, "7", "All transfer-coding names are case-insensitive"),
        lambda message, number: message.saying(
            "transfer-encoding",
            b"Transfer-Encoding: " + _choose((b"Chunked", b"CHUNKED", b"cHuNkEd"), number),
        ),
        "framing",
        framings=_CHUNKED,
    ),
    _one(
        "sizes-with-zeros",
        "whose chunk sizes have leading zeros",
        DECODES_CHUNKED,
        lambda message, number: _each_chunk(
            message, lambda one: replace(one, size=b"0" * (1 + number % 4) + one.spelled_size)
        ),
        "sizes",
        framings=_CHUNKED,
    ),
    _one(
        "sizes-in-upper-case",
        "whose chunk sizes are in upper case",
        DECODES_CHUNKED,
        lambda message, number: _each_chunk(
            message, lambda one: replace(one, size=one.spelled_size.upper())
        ),
        "sizes",
        framings=_CHUNKED,
    ),
    _one(
        "last-chunk-of-zeros",
        "whose last chunk has several zeros",
        DECODES_CHUNKED,
        lambda message, number: replace(message, last=b"0" * (2 + number % 3)),
        "last",
        framings=_CHUNKED,
    ),
    _one(
        "chunk-extensions",
        "with chunk extensions",
        rfc(9112, "7.1.1", "A recipient MUST ignore unrecognized chunk extensions."),
        _with_extension,
        "last",
        "extensions",
        framings=_CHUNKED,
    ),
    _one(
        "trailers",
        "with trailers",
        rfc(
            9112,
            "7.1",
            "The chunked transfer coding is complete when a chunk with a chunk-size of zero is "
            "received, possibly followed by a trailer section, and finally terminated by an empty "
            "line.",
        ),
        lambda message, number: replace(
            message, trailers=(b"X-Trailer: 1", b"x-another:", b"X-Trailer: 2")[: 1 + number % 3]
        ),
        "trailers",
        framings=_CHUNKED,
    ),
    _one(
        "expectation",
        "that expects 100 (Continue), and does not wait for it",
        rfc(
            9110,
            "10.1.1",
            "A client that sends a 100-continue expectation is not required to wait for any "
            "specific length of time",
        ),
        lambda message, number: message.adding(b"Expect: 100-continue"),
        "expect",
        framings=("sized", "chunked"),
    ),
)
"""The plain ones first."""
