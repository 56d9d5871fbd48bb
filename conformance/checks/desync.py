"""Where a request ends whose head says so twice, badly or oddly: by length and by coding.

Owns what the category desync has in common, and its checks of lengths and codings; `desync_chunks`
has what chunks are made of, `desync_heads` line ends, names and methods. Literals only; nothing
here opens a socket.

In each, a request is hidden in the bytes of another. Whichever of the readings that the standard
allows a server takes, the hidden one is never a request: it lies within a body, or behind what ends
the connection. Where another may follow, there is one, the canary: it gets its own answer or none.
"""

from __future__ import annotations

from ..check import SHOULD, Check, rfc
from ..expect import (
    Expectation,
    answers,
    connection_ended,
    echoes,
    either,
    never_happened,
    not_2xx,
    refused,
)
from ..spec import ReadBody, Route, app
from ..steps import HalfClose, ReadToEnd, Send, raw
from .framing import (
    CHUNKED_NOT_LAST,
    EMPTY_CHUNKED,
    INVALID_LENGTH,
    LARGE_LENGTH,
    LENGTH_AND_CHUNKED,
    NEXT,
    NOTHING_HIDDEN,
    reads,
)

STEP = app(
    Route("read", "POST", "/", ReadBody()),
    Route("root", "GET", "/"),
    Route("hidden", "GET", "/hidden"),
    Route("canary", "GET", "/canary"),
)

HIDDEN = (
    b"GET /hidden HTTP/1.1\r\nHost: h\r\nX-Request-Id: @ID@.hidden\r\nConnection: close\r\n\r\n"
)
CANARY = (
    b"GET /canary HTTP/1.1\r\nHost: h\r\nX-Request-Id: @ID@.canary\r\nConnection: close\r\n\r\n"
)

NEVER = never_happened("enter", request="hidden")
SERVED = (answers(2), echoes(index=1, route="canary"), connection_ended())
IN_STEP: tuple[Expectation, ...] = (either(SERVED, NOTHING_HIDDEN), NEVER)
"""The first request is answered, however that is; then the canary is, or the connection ends."""
NO_BODY: tuple[Expectation, ...] = (
    either(NOTHING_HIDDEN, [answers(2), not_2xx(index=1), connection_ended()]),
    NEVER,
)
"""The first request may be one without a body; then what follows begins with no request line."""

SPACE_BEFORE_COLON = rfc(
    9112,
    "5.1",
    "A server MUST reject, with a response status code of 400 (Bad Request), any received request "
    "message that contains whitespace between a header field name and colon.",
)
READ_OR_CLOSE = rfc(
    9112,
    "9.3",
    "A server MUST read the entire request message body or close the connection after sending its "
    "response; otherwise, the remaining data on a persistent connection would be misinterpreted as "
    "the next request.",
)
FOLD = rfc(
    9112,
    "5.2",
    "A server that receives an obs-fold in a request message that is not within a "
    '"message/http" container MUST either reject the message by sending a 400 (Bad Request), '
    "preferably with a representation explaining that obsolete line folding is unacceptable, or "
    "replace each received obs-fold with one or more SP octets prior to interpreting the field "
    "value or forwarding the message downstream.",
)
DECODES_CHUNKED = rfc(
    9112, "7.1", "A recipient MUST be able to parse and decode the chunked transfer coding."
)


def size(data: bytes) -> int:
    """How many octets it is on the wire, where a token of six octets stands for `@ID@`."""
    return len(data.replace(b"@ID@", b"t00001"))


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (size(data), data)


def post(*fields: str, body: bytes = b"") -> bytes:
    return raw("POST /", *fields, body=body)


HIDDEN_CHUNKED = chunk(HIDDEN) + EMPTY_CHUNKED
"""A body of one chunk, which is the hidden request."""

LENGTH_AND_CODING = [
    Check(
        id="desync/length-covers-more-than-the-chunks",
        title="What a length covers behind the last chunk is no request (CL.TE)",
        source=LENGTH_AND_CHUNKED,
        steps=[
            Send(
                post(
                    f"Content-Length: {size(EMPTY_CHUNKED + HIDDEN)}",
                    "Transfer-Encoding: chunked",
                    body=EMPTY_CHUNKED + HIDDEN,
                )
                + CANARY
            ),
            ReadToEnd(),
        ],
        expect=[NOTHING_HIDDEN, NEVER],
        app=STEP,
        faults=("accepts-length-and-chunked",),
    ),
    Check(
        id="desync/length-covers-less-than-the-chunks",
        title="What chunks hold beyond a length is no request (TE.CL)",
        source=LENGTH_AND_CHUNKED,
        steps=[
            Send(
                post(
                    f"Content-Length: {len(b'%x' % size(HIDDEN)) + 2}",
                    "Transfer-Encoding: chunked",
                    body=HIDDEN_CHUNKED,
                )
                + CANARY
            ),
            ReadToEnd(),
        ],
        expect=[NOTHING_HIDDEN, NEVER],
        app=STEP,
        faults=("length-overrides-chunked", "accepts-length-and-chunked"),
    ),
    Check(
        id="desync/zero-length-and-chunked",
        title="A Content-Length of 0 beside chunked is a length beside chunked",
        source=LENGTH_AND_CHUNKED,
        steps=[
            Send(
                post("Transfer-Encoding: chunked", "Content-Length: 0", body=EMPTY_CHUNKED + NEXT)
            ),
            ReadToEnd(),
        ],
        expect=[NOTHING_HIDDEN],
        any_server=True,
        faults=("zero-length-is-none", "accepts-length-and-chunked"),
    ),
    Check(
        id="desync/length-and-chunked-in-http-1.0",
        title="After a request of HTTP/1.0 with a length and chunked the connection ends",
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
                    f"Content-Length: {len(EMPTY_CHUNKED)}",
                    "Transfer-Encoding: chunked",
                    "Connection: keep-alive",
                    body=EMPTY_CHUNKED + NEXT,
                )
            ),
            ReadToEnd(),
        ],
        expect=[NOTHING_HIDDEN],
        any_server=True,
        faults=("ignores-chunked-in-1.0",),
    ),
]

LENGTHS = [
    *(
        Check(
            id=f"desync/length-{name}",
            title=f"A Content-Length {what} is refused",
            source=INVALID_LENGTH,
            steps=[Send(post(f"Content-Length: {value}", body=b"hello" + NEXT)), ReadToEnd()],
            expect=[refused(400)],
            any_server=True,
            faults=faults,
        )
        for name, what, value, faults in (
            ("hexadecimal", "with 0x before it", "0x5", ("accepts-bad-length",)),
            ("with-exponent", "with an exponent", "5e0", ("length-is-a-float",)),
            ("with-fraction", "with a decimal point", "5.0", ("length-is-a-float",)),
            ("of-two-words", "with a space in it", "5 0", ("accepts-bad-length",)),
            (
                "of-other-digits",
                "in digits other than those of ASCII",
                "٥".encode().decode("latin-1"),
                ("length-of-any-digits",),
            ),
            (
                "listed-with-none",
                "that lists a number and a word",
                "5, x",
                ("accepts-duplicate-length",),
            ),
        )
    ),
    Check(
        id="desync/length-folded",
        title="A Content-Length that goes on in a folded line is refused",
        source=FOLD,
        steps=[Send(post("Content-Length: 5", " 0", body=b"hello" + NEXT)), ReadToEnd()],
        expect=[refused(400)],
        any_server=True,
        faults=("drops-bad-fields",),
    ),
    Check(
        id="desync/length-with-leading-zeros",
        title="A Content-Length with leading zeros is decimal all the same",
        source=rfc(
            9112,
            "6.3",
            "If a valid Content-Length header field is present without Transfer-Encoding, its "
            "decimal value defines the expected message body length in octets.",
        ),
        steps=[Send(post("Content-Length: 0010", body=b"0123456789") + CANARY), ReadToEnd()],
        expect=[*SERVED, reads(b"0123456789")],
        app=STEP,
        faults=("octal-length",),
    ),
    Check(
        id="desync/length-of-many-digits",
        title="A Content-Length of five thousand digits is refused, not a failure of the server",
        source=LARGE_LENGTH,
        # A server that would really wait for that many octets is told that no more will come.
        steps=[Send(post("Content-Length: " + "9" * 5000, body=NEXT)), HalfClose(), ReadToEnd()],
        expect=[refused(*range(400, 500))],
        any_server=True,
        faults=("many-digits-crash",),
    ),
]

CODINGS = [
    Check(
        id="desync/space-before-colon-of-coding",
        title="`Transfer-Encoding : chunked` is refused",
        source=SPACE_BEFORE_COLON,
        steps=[Send(post("Transfer-Encoding : chunked", body=EMPTY_CHUNKED + NEXT)), ReadToEnd()],
        expect=[refused(400)],
        any_server=True,
        faults=("accepts-space-before-colon", "drops-bad-fields"),
    ),
    Check(
        id="desync/tab-before-colon-of-length",
        title="`Content-Length` with a tab before its colon is refused",
        source=SPACE_BEFORE_COLON,
        steps=[Send(post("Content-Length\t: 5", body=b"hello" + NEXT)), ReadToEnd()],
        expect=[refused(400)],
        any_server=True,
        faults=("accepts-space-before-colon", "drops-bad-fields"),
    ),
    Check(
        id="desync/coding-behind-tab",
        title="A tab before the name of a coding is no part of it",
        source=rfc(
            9112,
            "5.1",
            "The field line value does not include that leading or trailing whitespace",
        ),
        steps=[
            Send(post("Transfer-Encoding:\tchunked", body=HIDDEN_CHUNKED) + CANARY),
            ReadToEnd(),
        ],
        expect=[*SERVED, NEVER],
        app=STEP,
        faults=("strips-spaces-only",),
    ),
    *(
        Check(
            id=f"desync/coding-{name}",
            title=f"{what} is refused",
            source=CHUNKED_NOT_LAST,
            steps=[Send(post(*fields, body=EMPTY_CHUNKED + NEXT)), ReadToEnd()],
            expect=[refused(400, 501)],
            any_server=True,
            faults=faults,
        )
        for name, what, fields, faults in (
            (
                "that-contains-chunked",
                "A coding whose name only contains `chunked`",
                ("Transfer-Encoding: xchunked",),
                ("accepts-unknown-coding",),
            ),
            (
                "in-quotes",
                "A coding in quotation marks",
                ('Transfer-Encoding: "chunked"',),
                ("accepts-unknown-coding",),
            ),
            (
                "folded",
                "A list of codings that ends on a folded line with another than chunked",
                ("Transfer-Encoding: chunked", " , identity"),
                ("drops-bad-fields",),
            ),
            (
                "with-nul",
                "A coding with a NUL in its name",
                ("Transfer-Encoding: chun\0ked",),
                ("drops-nul",),
            ),
        )
    ),
    Check(
        id="desync/coding-empty",
        title="A Transfer-Encoding that names no coding is refused",
        source=CHUNKED_NOT_LAST,
        steps=[Send(post("Transfer-Encoding:", body=NEXT)), ReadToEnd()],
        expect=[refused(400, 501)],
        any_server=True,
        faults=("ignores-empty-coding",),
    ),
    Check(
        id="desync/coding-with-parameter",
        title="A parameter of the coding chunked is an error",
        source=rfc(
            9112,
            "7.1",
            "The chunked coding does not define any parameters. Their presence SHOULD be treated "
            "as an error.",
        ),
        level=SHOULD,
        steps=[
            Send(post("Transfer-Encoding: chunked;q=1", body=EMPTY_CHUNKED + NEXT)),
            ReadToEnd(),
        ],
        expect=[refused(400, 501)],
        any_server=True,
        faults=("accepts-unknown-coding",),
    ),
    *(
        Check(
            id=f"desync/{name}",
            title=f"{what}, the body ends with the last chunk, or the request is refused",
            source=rfc(
                9112,
                "6.3",
                "If a Transfer-Encoding header field is present and the chunked transfer coding "
                "(Section 7.1) is the final encoding, the message body length is determined by "
                "reading and decoding the chunked data until the transfer coding indicates the "
                "data is complete.",
            ),
            steps=[Send(post(*fields, body=HIDDEN_CHUNKED) + CANARY), ReadToEnd()],
            expect=IN_STEP,
            app=STEP,
            faults=("first-coding-counts",),
        )
        for name, what, fields in (
            (
                "chunked-behind-identity",
                "Where chunked stands behind identity",
                ("Transfer-Encoding: identity, chunked",),
            ),
            (
                "chunked-on-second-line",
                "Where chunked stands on a second line",
                ("Transfer-Encoding: identity", "Transfer-Encoding: chunked"),
            ),
            (
                "chunked-behind-empty-element",
                "Where chunked stands behind an empty element of the list",
                ("Transfer-Encoding: , chunked",),
            ),
        )
    ),
]

CHECKS: list[Check] = [*LENGTH_AND_CODING, *LENGTHS, *CODINGS]
