"""Where a request ends: framing, and what must not be smuggled through it.

Owns the category framing, of which `bodies` has the checks of chunks and `heads` those of the head,
and what the three use in common. Literals only; nothing here opens a socket.

A refusal is one answer of the named statuses, or none, and the end of the connection: `refused`
fails as soon as something hidden behind the refused request is answered.
"""

from __future__ import annotations

import hashlib

from ..check import SHOULD, Check, rfc
from ..expect import (
    Echoes,
    answers,
    echoes,
    either,
    never_happened,
    refused,
    status,
)
from ..spec import ReadBody, Route, app
from ..steps import HalfClose, Read, ReadToEnd, Send, raw

READER = app(Route("read", "POST", "/", ReadBody()), Route("root", "GET", "/"))

NEXT = b"GET / HTTP/1.1\r\nHost: @HOST@\r\nX-Request-Id: @ID@.hidden\r\nConnection: close\r\n\r\n"
"""The request that is hidden behind another. It says close so that who answers it is done."""
EMPTY_CHUNKED = b"0\r\n\r\n"
HELLO = b"5\r\nhello\r\n0\r\n\r\n"

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
    "the recipient MUST treat it as an unrecoverable error, unless the field value can be "
    "successfully parsed as a comma-separated list (Section 5.6.1 of [HTTP]), all values in the "
    "list are valid, and all values in the list are the same (in which case, the message is "
    "processed with that single value used as the Content-Length field value).",
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

GRAMMAR = rfc(
    9112,
    "2.2",
    "When a server listening only for HTTP request messages, or processing what appears from the "
    "start-line to be an HTTP request message, receives a sequence of octets that does not match "
    "the HTTP-message grammar aside from the robustness exceptions listed above, the server "
    "SHOULD respond with a 400 (Bad Request) response and close the connection.",
)


def reads(data: bytes) -> Echoes:
    """The handler read this body."""
    digest = {"length": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    return echoes(route="read", body=digest)


def _post(*fields: str, body: bytes) -> bytes:
    return raw("POST /", *fields, body=body)


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
        expect=[either(refused(400), [answers(1), reads(b"")])],
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
        expect=[either(refused(400), [answers(1), reads(b"hi")])],
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
        source=INVALID_LENGTH,
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
        expect=[answers(1), reads(b"hello")],
        app=READER,
        faults=("coding-names-have-case", "no-chunked-requests"),
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


CHECKS = [*LENGTHS, *CODINGS]
