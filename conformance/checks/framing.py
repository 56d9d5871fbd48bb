"""Where a request ends: framing, and what must not be smuggled through it.

Owns the category framing. Literals only; nothing here opens a socket.

A refusal is one answer of the named statuses, or none, and the end of the connection: `refused`
fails as soon as something hidden behind the refused request is answered.
"""

from __future__ import annotations

import hashlib

from ..check import MAY, SHOULD, Check, practice, rfc
from ..expect import (
    Echoes,
    answers,
    echoes,
    either,
    never_happened,
    not_status,
    refused,
    saw_header,
    status,
)
from ..spec import ReadBody, Route, app
from ..steps import HalfClose, Read, ReadToEnd, Send, raw

READER = app(Route("read", "POST", "/", ReadBody()), Route("root", "GET", "/"))

NEXT = b"GET / HTTP/1.1\r\nHost: @HOST@\r\nX-Request-Id: @ID@.hidden\r\nConnection: close\r\n\r\n"
"""The request that is hidden behind another. It says close so that who answers it is done."""
LAST = b"GET / HTTP/1.1\r\nHost: @HOST@\r\nX-Request-Id: @ID@.b\r\nConnection: close\r\n\r\n"
EMPTY_CHUNKED = b"0\r\n\r\n"
HELLO = b"5\r\nhello\r\n0\r\n\r\n"
LF_LINES = b"GET / HTTP/1.1\nHost: @HOST@\nX-Request-Id: @ID@\nConnection: close\n\n\r\n\r\n"
"""For a server that knows no line end but CRLF, the last one ends the head."""

ERRORS = tuple(range(400, 600))
NOTHING_HIDDEN = refused(*range(200, 600))
"""Whatever the first request is answered with, nothing else is answered and the connection ends."""

LENGTH_AND_CHUNKED = rfc(
    9112,
    "6.1",
    "A server MAY reject a request that contains both Content-Length and Transfer-Encoding or "
    "process such a request in accordance with the Transfer-Encoding alone. Regardless, the "
    "server MUST close the connection after responding to such a request to avoid the potential "
    "attacks.",
)
INVALID_LENGTH = rfc(
    9112,
    "6.3",
    "If a message is received without Transfer-Encoding and with an invalid Content-Length header "
    "field, then the message framing is invalid and the recipient MUST treat it as an "
    "unrecoverable error",
)
SAME_LENGTHS = rfc(
    9112,
    "6.3",
    "unless the field value can be successfully parsed as a comma-separated list (Section 5.6.1 "
    "of [HTTP]), all values in the list are valid, and all values in the list are the same (in "
    "which case, the message is processed with that single value used as the Content-Length field "
    "value)",
)
LARGE_LENGTH = rfc(
    9110,
    "8.6",
    "a recipient MUST anticipate potentially large decimal numerals and prevent parsing errors "
    "due to integer conversion overflows",
)
CUT_SHORT = rfc(
    9112,
    "6.3",
    "If the sender closes the connection or the recipient times out before the indicated number "
    "of octets are received, the recipient MUST consider the message to be incomplete and close "
    "the connection.",
)
CHUNKED_NOT_LAST = rfc(
    9112,
    "6.3",
    "If a Transfer-Encoding header field is present in a request and the chunked transfer coding "
    "is not the final encoding, the message body length cannot be determined reliably; the server "
    "MUST respond with the 400 (Bad Request) status code and then close the connection.",
)
CHUNK = rfc(9112, "7.1", "chunk = chunk-size [ chunk-ext ] CRLF chunk-data CRLF")
CHUNK_SIZE = rfc(
    9112,
    "7.1",
    "The chunk-size field is a string of hex digits indicating the size of the chunk-data in "
    "octets.",
)
GRAMMAR = rfc(
    9112,
    "2.2",
    "When a server listening only for HTTP request messages, or processing what appears from the "
    "start-line to be an HTTP request message, receives a sequence of octets that does not match "
    "the HTTP-message grammar aside from the robustness exceptions listed above, the server "
    "SHOULD respond with a 400 (Bad Request) response and close the connection.",
)
HOST = rfc(
    9112,
    "3.2",
    "A server MUST respond with a 400 (Bad Request) status code to any HTTP/1.1 request message "
    "that lacks a Host header field and to any request message that contains more than one Host "
    "header field line or a Host header field with an invalid field value.",
)


def _reads(data: bytes) -> Echoes:
    """The handler read this body."""
    digest = {"length": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    return echoes(route="read", body=digest)


def _post(*fields: str, body: bytes) -> bytes:
    return raw("POST /", *fields, body=body)


def _chunked(body: bytes, *fields: str) -> bytes:
    return raw("POST /", "Transfer-Encoding: chunked", *fields, body=body)


LENGTHS = [
    Check(
        id="framing/length-and-chunked",
        title="After a request with Content-Length and Transfer-Encoding the connection ends",
        source=LENGTH_AND_CHUNKED,
        steps=[
            Send(
                _post("Content-Length: 5", "Transfer-Encoding: chunked", body=EMPTY_CHUNKED + NEXT)
            ),
            ReadToEnd(),
        ],
        expect=[NOTHING_HIDDEN],
        any_server=True,
        faults=("accepts-length-and-chunked",),
    ),
    Check(
        id="framing/chunked-overrides-length",
        title="Beside Transfer-Encoding a Content-Length does not say where the body ends",
        source=rfc(
            9112,
            "6.3",
            "If a message is received with both a Transfer-Encoding and a Content-Length header "
            "field, the Transfer-Encoding overrides the Content-Length.",
        ),
        steps=[
            Send(
                _post(
                    "Content-Length: 5",
                    "Transfer-Encoding: chunked",
                    "Connection: close",
                    body=EMPTY_CHUNKED,
                )
            ),
            ReadToEnd(),
        ],
        expect=[either(refused(400), [answers(1), _reads(b"")])],
        app=READER,
        faults=("length-overrides-chunked",),
    ),
    Check(
        id="framing/conflicting-lengths",
        title="Two Content-Length lines that disagree are refused",
        source=INVALID_LENGTH,
        steps=[
            Send(_post("Content-Length: 5", "Content-Length: 0", body=b"hello" + NEXT)),
            ReadToEnd(),
        ],
        expect=[refused(400)],
        any_server=True,
        faults=("accepts-duplicate-length", "keeps-open-after-refusal"),
    ),
    Check(
        id="framing/listed-lengths-conflict",
        title="A Content-Length that lists different values is refused",
        source=INVALID_LENGTH,
        steps=[Send(_post("Content-Length: 5, 0", body=b"hello" + NEXT)), ReadToEnd()],
        expect=[refused(400)],
        any_server=True,
        faults=("accepts-duplicate-length",),
    ),
    Check(
        id="framing/repeated-length",
        title="A Content-Length that is repeated counts once, or the request is refused",
        source=SAME_LENGTHS,
        steps=[
            Send(_post("Content-Length: 2", "Content-Length: 2", "Connection: close", body=b"hi")),
            ReadToEnd(),
        ],
        expect=[either(refused(400), [answers(1), _reads(b"hi")])],
        app=READER,
        faults=("adds-repeated-lengths",),
    ),
    Check(
        id="framing/signed-length",
        title="A Content-Length with a plus sign is refused",
        source=INVALID_LENGTH,
        steps=[Send(_post("Content-Length: +5", body=b"hello" + NEXT)), ReadToEnd()],
        expect=[refused(400)],
        any_server=True,
        faults=("accepts-signed-length",),
    ),
    Check(
        id="framing/negative-length",
        title="A negative Content-Length is refused",
        source=INVALID_LENGTH,
        steps=[Send(_post("Content-Length: -1", body=NEXT)), ReadToEnd()],
        expect=[refused(400)],
        any_server=True,
        faults=("accepts-signed-length",),
    ),
    Check(
        id="framing/length-with-underscore",
        title="A Content-Length that only a programming language takes for a number is refused",
        source=rfc(9110, "8.6", "Content-Length = 1*DIGIT"),
        steps=[Send(_post("Content-Length: 0_5", body=b"hello" + NEXT)), ReadToEnd()],
        expect=[refused(400)],
        any_server=True,
        faults=("accepts-bad-length",),
    ),
    Check(
        id="framing/empty-length",
        title="A Content-Length without a value is refused",
        source=INVALID_LENGTH,
        steps=[Send(_post("Content-Length:", body=NEXT)), ReadToEnd()],
        expect=[refused(400)],
        any_server=True,
        faults=("accepts-bad-length",),
    ),
    Check(
        id="framing/length-overflows",
        title="A Content-Length beyond 64 bits is not taken for a small one",
        source=LARGE_LENGTH,
        # A server that would really wait for that many octets is told that no more will come.
        steps=[
            Send(_post("Content-Length: 18446744073709551618", body=b"hi" + NEXT)),
            HalfClose(),
            ReadToEnd(),
        ],
        expect=[NOTHING_HIDDEN],
        any_server=True,
        faults=("length-overflows",),
    ),
    Check(
        id="framing/body-cut-short",
        title="A body that is shorter than its Content-Length is not taken for a whole one",
        source=CUT_SHORT,
        steps=[Send(_post("Content-Length: 10", body=b"hello")), HalfClose(), ReadToEnd()],
        expect=[refused(*ERRORS), never_happened("leave read")],
        app=READER,
        faults=("incomplete-body-is-whole",),
    ),
]

CODINGS = [
    Check(
        id="framing/unknown-coding",
        title="A transfer coding that does not delimit the body is refused",
        source=CHUNKED_NOT_LAST,
        steps=[Send(_post("Transfer-Encoding: nonsense", body=NEXT)), ReadToEnd()],
        expect=[refused(400, 501)],
        any_server=True,
        faults=("accepts-unknown-coding",),
    ),
    Check(
        id="framing/coding-identity",
        title="The withdrawn transfer coding identity is refused",
        source=CHUNKED_NOT_LAST,
        steps=[Send(_post("Transfer-Encoding: identity", body=NEXT)), ReadToEnd()],
        expect=[refused(400, 501)],
        any_server=True,
        faults=("accepts-unknown-coding", "accepts-identity"),
    ),
    Check(
        id="framing/chunked-not-last",
        title="A transfer coding applied on top of chunked is refused",
        source=CHUNKED_NOT_LAST,
        steps=[
            Send(_post("Transfer-Encoding: chunked, gzip", body=EMPTY_CHUNKED + NEXT)),
            ReadToEnd(),
        ],
        expect=[refused(400, 501)],
        any_server=True,
        faults=("accepts-unknown-coding",),
    ),
    Check(
        id="framing/codings-on-two-lines",
        title="Two Transfer-Encoding lines are one list, so chunked on the first is not the last",
        source=CHUNKED_NOT_LAST,
        steps=[
            Send(
                _post(
                    "Transfer-Encoding: chunked",
                    "Transfer-Encoding: identity",
                    body=EMPTY_CHUNKED + NEXT,
                )
            ),
            ReadToEnd(),
        ],
        expect=[refused(400, 501)],
        any_server=True,
        faults=("accepts-unknown-coding",),
    ),
    Check(
        id="framing/coding-behind-control-character",
        title="A coding name behind a vertical tab is not chunked",
        source=CHUNKED_NOT_LAST,
        steps=[
            Send(_post("Transfer-Encoding: \x0bchunked", body=EMPTY_CHUNKED + NEXT)),
            ReadToEnd(),
        ],
        expect=[refused(400, 501)],
        any_server=True,
        faults=("strips-control-characters",),
    ),
    Check(
        id="framing/unknown-coding-before-chunked",
        title="A body in a transfer coding that is not understood is not taken as it is",
        source=rfc(
            9112,
            "6.1",
            "A server that receives a request message with a transfer coding it does not "
            "understand SHOULD respond with 501 (Not Implemented).",
        ),
        level=SHOULD,
        steps=[
            Send(
                _post(
                    "Transfer-Encoding: nonsense, chunked", "Connection: close", body=EMPTY_CHUNKED
                )
            ),
            Read(),
        ],
        expect=[status(400, 501)],
        any_server=True,
        faults=("accepts-unknown-coding",),
    ),
    Check(
        id="framing/chunked-twice",
        title="A body that is chunked twice is refused",
        source=rfc(
            9112,
            "6.1",
            "A sender MUST NOT apply the chunked transfer coding more than once to a message body",
        ),
        level=SHOULD,
        steps=[
            Send(_post("Transfer-Encoding: chunked, chunked", body=EMPTY_CHUNKED + NEXT)),
            ReadToEnd(),
        ],
        expect=[refused(400, 501)],
        any_server=True,
        faults=("accepts-chunked-twice",),
    ),
    Check(
        id="framing/coding-in-any-case",
        title="The name of the coding chunked is known in any case",
        source=rfc(9112, "7", "All transfer-coding names are case-insensitive"),
        steps=[
            Send(_post("Transfer-Encoding: Chunked", "Connection: close", body=HELLO)),
            ReadToEnd(),
        ],
        expect=[answers(1), _reads(b"hello")],
        app=READER,
        faults=("coding-names-have-case",),
    ),
    Check(
        id="framing/chunked-in-http-1.0",
        title="After a request of HTTP/1.0 with Transfer-Encoding the connection ends",
        source=rfc(
            9112,
            "6.1",
            "A server or client that receives an HTTP/1.0 message containing a Transfer-Encoding "
            "header field MUST treat the message as if the framing is faulty, even if a "
            "Content-Length is present, and close the connection after processing the message.",
        ),
        steps=[
            Send(
                raw(
                    "POST / HTTP/1.0",
                    "Transfer-Encoding: chunked",
                    "Connection: keep-alive",
                    body=EMPTY_CHUNKED + NEXT,
                )
            ),
            ReadToEnd(),
        ],
        expect=[NOTHING_HIDDEN],
        any_server=True,
        faults=("accepts-chunked-in-1.0",),
    ),
]

BAD_CHUNK_SIZES = [
    Check(
        id=f"framing/chunk-size-{name}",
        title=f"A chunk size {what} is refused",
        source=CHUNK_SIZE,
        steps=[Send(_chunked(body + NEXT)), ReadToEnd()],
        expect=[refused(400), never_happened("enter", request="hidden")],
        app=READER,
        faults=faults,
    )
    for name, what, body, faults in (
        ("signed", "with a sign", b"+" + HELLO, ("accepts-bad-chunk-size",)),
        ("prefixed", "with 0x before it", b"0x" + HELLO, ("accepts-bad-chunk-size",)),
        ("with-underscore", "with an underscore", b"0_" + HELLO, ("chunk-size-by-int",)),
        ("not-hex", "that is no number", b"G\r\n\r\n", ("accepts-bad-chunk-size",)),
        ("missing", "that is missing", b"\r\n\r\n", ("accepts-bad-chunk-size",)),
    )
]

CHUNKS = [
    *BAD_CHUNK_SIZES,
    Check(
        id="framing/chunk-size-overflows",
        title="A chunk size beyond 64 bits is not taken for a small one",
        source=rfc(
            9112,
            "7.1",
            "recipients MUST anticipate potentially large hexadecimal numerals and prevent parsing "
            "errors due to integer conversion overflows or precision loss due to integer "
            "representation",
        ),
        steps=[Send(_chunked(b"1000000000000000" + HELLO + NEXT)), HalfClose(), ReadToEnd()],
        expect=[refused(*ERRORS), never_happened("enter", request="hidden")],
        app=READER,
        faults=("chunk-size-overflows",),
    ),
    Check(
        id="framing/chunk-extensions",
        title="Chunk extensions that are not known are ignored",
        source=rfc(9112, "7.1.1", "A recipient MUST ignore unrecognized chunk extensions."),
        steps=[
            Send(
                _chunked(
                    b'5;name=value;flag\r\nhello\r\n1;quoted="a;b"\r\n!\r\n0;last\r\n\r\n',
                    "Connection: close",
                )
            ),
            ReadToEnd(),
        ],
        expect=[answers(1), _reads(b"hello!")],
        app=READER,
        faults=("refuses-chunk-extensions",),
    ),
    Check(
        id="framing/chunk-extension-behind-space",
        title="Whitespace before a chunk extension is no part of the size",
        source=rfc(
            9110,
            "5.6.3",
            "A recipient MUST parse for such bad whitespace and remove it before interpreting the "
            "protocol element.",
        ),
        # The standard says MUST; but to refuse it loses nobody, and many do so for safety.
        level=SHOULD,
        steps=[
            Send(_chunked(b"5 ; name=value\r\nhello\r\n0\r\n\r\n", "Connection: close")),
            ReadToEnd(),
        ],
        expect=[answers(1), _reads(b"hello")],
        app=READER,
        faults=("refuses-chunk-extensions",),
    ),
    Check(
        id="framing/chunk-longer-than-its-size",
        title="A chunk with more data than its size says is refused",
        source=CHUNK,
        steps=[Send(_chunked(b"5\r\nhelloXX\r\n0\r\n\r\n" + NEXT)), ReadToEnd()],
        expect=[refused(400), never_happened("enter", request="hidden")],
        app=READER,
        faults=("accepts-bad-chunk-end",),
    ),
    Check(
        id="framing/chunk-ends-in-crlf",
        title="A chunk that ends in two octets other than CRLF is refused",
        source=CHUNK,
        steps=[Send(_chunked(b"5\r\nhelloXX0\r\n\r\n" + NEXT)), ReadToEnd()],
        expect=[refused(400), never_happened("enter", request="hidden")],
        app=READER,
        faults=("skips-chunk-end",),
    ),
    Check(
        id="framing/chunk-line-with-bare-lf",
        title="A chunk size that ends in LF alone is refused",
        source=GRAMMAR,
        level=SHOULD,
        steps=[Send(_chunked(b"5\nhello\r\n0\r\n\r\n" + NEXT)), ReadToEnd()],
        expect=[refused(400), never_happened("enter", request="hidden")],
        app=READER,
        faults=("accepts-bare-lf",),
    ),
    Check(
        id="framing/chunked-body-cut-short",
        title="A chunked body without its last chunk is not taken for a whole one",
        source=rfc(
            9112,
            "8",
            "A message body that uses the chunked transfer coding is incomplete if the zero-sized "
            "chunk that terminates the encoding has not been received.",
        ),
        steps=[Send(_chunked(b"5\r\nhello\r\n")), HalfClose(), ReadToEnd()],
        expect=[refused(*ERRORS), never_happened("leave read")],
        app=READER,
        faults=("incomplete-body-is-whole",),
    ),
    Check(
        id="framing/trailers-belong-to-the-body",
        title="A chunked body ends behind its trailers",
        source=rfc(
            9112,
            "7.1",
            "The chunked transfer coding is complete when a chunk with a chunk-size of zero is "
            "received, possibly followed by a trailer section, and finally terminated by an empty "
            "line.",
        ),
        steps=[
            Send(_chunked(b"5\r\nhello\r\n0\r\nX-One: 1\r\nX-Two: 2\r\n\r\n" + LAST)),
            ReadToEnd(),
        ],
        expect=[answers(2), _reads(b"hello"), echoes(index=1, route="root")],
        app=READER,
        faults=("stops-at-last-chunk",),
    ),
    Check(
        id="framing/trailers-not-merged",
        title="Trailer fields are not merged into the headers",
        source=rfc(
            9112,
            "7.1.2",
            "A recipient MUST NOT merge a received trailer field into the header section unless "
            "its corresponding header field definition explicitly permits and instructs how the "
            "trailer field value can be safely merged.",
        ),
        steps=[
            Send(
                _chunked(
                    b"5\r\nhello\r\n0\r\nX-Role: admin\r\nX-Trailer: 1\r\n\r\n",
                    "X-Role: guest",
                    "Connection: close",
                )
            ),
            ReadToEnd(),
        ],
        expect=[_reads(b"hello"), saw_header("X-Role", "guest"), saw_header("X-Trailer")],
        app=READER,
        faults=("trailers-become-headers",),
    ),
    Check(
        id="framing/malformed-trailer",
        title="A trailer line that is no field is refused",
        source=GRAMMAR,
        level=SHOULD,
        steps=[Send(_chunked(b"0\r\nno field\r\n\r\n" + NEXT)), ReadToEnd()],
        expect=[refused(400), never_happened("enter", request="hidden")],
        app=READER,
        faults=("accepts-bad-trailer",),
    ),
]

FIELDS = [
    Check(
        id="framing/space-before-colon",
        title="Whitespace between a field name and its colon is refused",
        source=rfc(
            9112,
            "5.1",
            "A server MUST reject, with a response status code of 400 (Bad Request), any received "
            "request message that contains whitespace between a header field name and colon.",
        ),
        steps=[Send(raw("GET /", "X-Probe : value")), Read()],
        expect=[status(400)],
        any_server=True,
        faults=("accepts-space-before-colon",),
    ),
    Check(
        id="framing/space-before-first-field",
        title="A first field line that begins with whitespace is refused or ignored",
        source=rfc(
            9112,
            "2.2",
            "A recipient that receives whitespace between the start-line and the first header "
            "field MUST either reject the message as invalid or consume each whitespace-preceded "
            "line without further processing of it",
        ),
        steps=[
            Send(
                b"GET / HTTP/1.1\r\n X-Injected: value\r\nHost: @HOST@\r\nX-Request-Id: @ID@\r\n"
                b"Connection: close\r\n\r\n"
            ),
            ReadToEnd(),
        ],
        expect=[either(refused(400), [echoes(route="root"), saw_header("X-Injected")])],
        faults=("accepts-space-before-first-field",),
    ),
    Check(
        id="framing/folded-line",
        title="A folded line is refused or continues the value before it, and is no field",
        source=rfc(
            9112,
            "5.2",
            "A server that receives an obs-fold in a request message that is not within a "
            "message/http container MUST either reject the message by sending a 400 (Bad Request), "
            "preferably with a representation explaining that obsolete line folding is "
            "unacceptable, or replace each received obs-fold with one or more SP octets prior to "
            "interpreting the field value or forwarding the message downstream.",
        ),
        steps=[
            Send(raw("GET /", "X-Probe: a", " X-Injected: b", "Connection: close")),
            ReadToEnd(),
        ],
        expect=[
            either(
                refused(400),
                [saw_header("X-Probe", "a X-Injected: b"), saw_header("X-Injected")],
                [saw_header("X-Probe", "a  X-Injected: b"), saw_header("X-Injected")],
            )
        ],
        faults=("fold-is-a-field",),
    ),
    Check(
        id="framing/bare-cr-in-value",
        title="A bare CR in a field value is refused or becomes a space, and ends no line",
        source=rfc(
            9112,
            "2.2",
            "A recipient of such a bare CR MUST consider that element to be invalid or replace "
            "each bare CR with SP before processing the element or forwarding the message.",
        ),
        steps=[
            Send(raw("GET /", "X-Probe: a\rX-Injected: b", "Connection: close")),
            ReadToEnd(),
        ],
        expect=[
            either(
                refused(400),
                [saw_header("X-Probe", "a X-Injected: b"), saw_header("X-Injected")],
            )
        ],
        faults=("accepts-bare-cr",),
    ),
    Check(
        id="framing/nul-in-value",
        title="A NUL in a field value is refused or becomes a space",
        source=rfc(
            9110,
            "5.5",
            "a recipient of CR, LF, or NUL within a field value MUST either reject the message or "
            "replace each of those characters with SP before further processing or forwarding of "
            "that message",
        ),
        steps=[Send(raw("GET /", "X-Probe: a\0b", "Connection: close")), ReadToEnd()],
        expect=[either(refused(400), saw_header("X-Probe", "a b"))],
        faults=("accepts-nul",),
    ),
    Check(
        id="framing/field-without-colon",
        title="A field line without a colon is refused",
        source=GRAMMAR,
        level=SHOULD,
        steps=[Send(raw("GET /", "nonsense")), Read()],
        expect=[status(400)],
        any_server=True,
        faults=("accepts-field-without-colon",),
    ),
    Check(
        id="framing/field-name-is-a-token",
        title="A field name with characters that no token has is refused",
        source=GRAMMAR,
        level=SHOULD,
        steps=[Send(raw("GET /", "X(Probe): value")), Read()],
        expect=[status(400)],
        any_server=True,
        faults=("accepts-bad-field-name",),
    ),
    Check(
        id="framing/lines-ending-in-bare-lf",
        title="Lines that end in LF alone are refused",
        source=practice(
            "RFC 9112 §2.2 leaves it to the recipient; where two disagree about a lone LF, a field "
            "that one sees is hidden from the other"
        ),
        level=MAY,
        steps=[
            Send(LF_LINES),
            Read(),
        ],
        expect=[status(400)],
        any_server=True,
        faults=("accepts-bare-lf",),
    ),
    Check(
        id="framing/host-missing",
        title="A request of HTTP/1.1 without Host is refused",
        source=HOST,
        steps=[Send(raw("GET /", host=False)), Read()],
        expect=[status(400)],
        any_server=True,
        faults=("accepts-missing-host",),
    ),
    Check(
        id="framing/host-twice",
        title="A request with two Host lines is refused",
        source=HOST,
        steps=[Send(raw("GET /", "Host: other.example")), Read()],
        expect=[status(400)],
        any_server=True,
        faults=("accepts-duplicate-host",),
    ),
    Check(
        id="framing/host-malformed",
        title="A Host that is no host is refused",
        source=HOST,
        steps=[Send(raw("GET /", "Host: one two/three", host=False)), Read()],
        expect=[status(400)],
        any_server=True,
        faults=("accepts-bad-host",),
    ),
]

REQUEST_LINES = [
    Check(
        id="framing/version-2.0",
        title="A request line that says HTTP/2.0 is not answered as HTTP/1.1",
        source=rfc(
            9110,
            "15.6.6",
            "The 505 (HTTP Version Not Supported) status code indicates that the server does not "
            "support, or refuses to support, the major version of HTTP that was used in the "
            "request message.",
        ),
        level=SHOULD,
        steps=[Send(raw("GET / HTTP/2.0")), Read()],
        expect=[status(505, 400)],
        any_server=True,
        faults=("accepts-any-version",),
    ),
    Check(
        id="framing/version-1.2",
        title="A higher minor version is served as HTTP/1.1",
        source=rfc(
            9110,
            "2.5",
            "A recipient that receives a message with a major version number that it implements "
            "and a minor version number higher than what it implements SHOULD process the message "
            "as if it was in the highest minor version within that major version to which the "
            "recipient is conformant.",
        ),
        level=SHOULD,
        steps=[Send(raw("GET / HTTP/1.2")), Read()],
        expect=[echoes(route="root")],
        faults=("refuses-later-minor-version",),
    ),
    Check(
        id="framing/version-in-lower-case",
        title="The name of the protocol in lower case is no version",
        source=rfc(9112, "2.3", "HTTP-version is case-sensitive."),
        level=SHOULD,
        steps=[Send(raw("GET /").replace(b"HTTP", b"http")), Read()],
        expect=[status(400, 505)],
        any_server=True,
        faults=("accepts-bad-version",),
    ),
    Check(
        id="framing/http-2-preface",
        title="The preface of HTTP/2 is refused once by a server of HTTP/1.1",
        source=GRAMMAR,
        level=SHOULD,
        steps=[Send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + NEXT), ReadToEnd()],
        expect=[refused(400, 404, 405, 501, 505), never_happened("enter", request="hidden")],
        faults=("keeps-open-after-refusal",),
    ),
    Check(
        id="framing/space-in-target",
        title="A target with a space in it is refused",
        source=rfc(
            9112,
            "3",
            "Recipients of an invalid request-line SHOULD respond with either a 400 (Bad Request) "
            "error or a 301 (Moved Permanently) redirect with the request-target properly encoded.",
        ),
        level=SHOULD,
        steps=[Send(raw("GET /items/a b HTTP/1.1")), Read()],
        expect=[status(400, 301)],
        any_server=True,
        faults=("accepts-space-in-target",),
    ),
    Check(
        id="framing/control-character-in-target",
        title="A target with a control character in it is refused",
        source=GRAMMAR,
        level=SHOULD,
        steps=[Send(raw("GET /items/a\x01b HTTP/1.1")), Read()],
        expect=[status(400)],
        any_server=True,
        faults=("accepts-bad-target",),
    ),
    Check(
        id="framing/spaces-in-request-line",
        title="A request line with two spaces between its parts is refused",
        source=practice(
            "RFC 9112 §3 lets a recipient parse it on any whitespace, and warns that where several "
            "do so differently a request can be smuggled"
        ),
        level=MAY,
        steps=[Send(raw("GET  / HTTP/1.1")), Read()],
        expect=[status(400, 301)],
        any_server=True,
        faults=("accepts-loose-request-line",),
    ),
    Check(
        id="framing/method-is-a-token",
        title="A method with characters that no token has is refused",
        source=GRAMMAR,
        level=SHOULD,
        steps=[Send(raw("G@T / HTTP/1.1")), Read()],
        expect=[status(400, 501)],
        any_server=True,
        faults=("accepts-bad-method",),
    ),
    Check(
        id="framing/empty-line-before-request",
        title="An empty line before a request is ignored",
        source=rfc(
            9112,
            "2.2",
            "In the interest of robustness, a server that is expecting to receive and parse a "
            "request-line SHOULD ignore at least one empty line (CRLF) received prior to the "
            "request-line.",
        ),
        level=SHOULD,
        steps=[Send(b"\r\n" + raw("GET /")), Read()],
        expect=[not_status(400)],
        any_server=True,
        faults=("refuses-leading-crlf",),
    ),
]

CHECKS = [*LENGTHS, *CODINGS, *CHUNKS, *FIELDS, *REQUEST_LINES]
