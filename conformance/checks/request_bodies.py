"""What of a request's body its handler reads.

Owns the checks of bodies in the category request, and what other modules need to say what was read.
Where bodies end is in `framing` and `bodies`, how they may come in `arrivals`.
"""

from __future__ import annotations

import hashlib

from ..check import Check, practice, rfc
from ..expect import Echoes, by_dialect, echoes
from ..spec import ReadBody, Route, app
from ..steps import Ask, Read, Send, raw

BY_LENGTH = rfc(
    9112,
    "6.3",
    "If a valid Content-Length header field is present without Transfer-Encoding, its decimal "
    "value defines the expected message body length in octets.",
)
CHUNKED = rfc(
    9112, "7.1", "A recipient MUST be able to parse and decode the chunked transfer coding."
)
JSON = ("Content-Type", "application/json")
URLENCODED = ("Content-Type", "application/x-www-form-urlencoded")

READER = app(
    Route("read", "POST", "/", ReadBody("whole")),
    Route("pieces", "POST", "/pieces", ReadBody("pieces")),
    Route("json", "POST", "/json", ReadBody("json")),
    Route("twice", "POST", "/twice", ReadBody("whole", then=ReadBody("whole"))),
    Route("whole-then-json", "POST", "/both", ReadBody("whole", then=ReadBody("json"))),
    Route("put", "PUT", "/", ReadBody("whole")),
    Route("patch", "PATCH", "/", ReadBody("whole")),
    Route("delete", "DELETE", "/", ReadBody("whole")),
    Route("root", "GET", "/"),
)

WITHOUT_MEANING = ("GET", "OPTIONS")
"""Methods in which content has no generally defined semantics (RFC 9110 §9.3)."""

READER_OF_THEIRS = app(
    *(Route(f"{method}-read", method, "/", ReadBody("whole")) for method in WITHOUT_MEANING),
    *(Route(f"{method}-form", method, "/form", ReadBody("form")) for method in WITHOUT_MEANING),
)
BINARY = bytes(range(256))
LARGE = BINARY * 1024
WORDS = "Grüße, 10 € für 𝄞".encode()
LIKE_FRAMING = b"\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n5\r\nhello\r\n0\r\n\r\n"


def reads(data: bytes, of: str = "1", index: int = 0, route: str = "read") -> Echoes:
    """The handler read this body."""
    digest = {"length": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    return echoes(of=of, index=index, route=route, body=digest)


CHECKS: list[Check] = [
    Check(
        id="request/body-empty",
        title="A body of no length, of length 0 and of no chunks is empty",
        source=rfc(
            9112,
            "6.3",
            "If this is a request message and none of the above are true, then the message body "
            "length is zero (no message body is present).",
        ),
        app=READER,
        steps=[
            Send(raw("POST /"), on="none"),
            Read(on="none"),
            Send(raw("POST /", "Content-Length: 0"), on="length"),
            Read(on="length"),
            Send(raw("POST /", "Transfer-Encoding: chunked", body=b"0\r\n\r\n"), on="chunked"),
            Read(on="chunked"),
        ],
        expect=[reads(b"", of="none"), reads(b"", of="length"), reads(b"", of="chunked")],
        faults=("waits-for-a-body", "no-chunked-requests", "body-is-null-when-empty"),
    ),
    Check(
        id="request/body-binary",
        title="A body of any octets is read as it was sent",
        source=rfc(9112, "6", "message-body = *OCTET"),
        app=READER,
        steps=[Ask("POST", "/", body=BINARY)],
        expect=[reads(BINARY)],
        faults=("body-is-text", "body-ends-at-nul", "body-is-empty"),
    ),
    Check(
        id="request/body-length-counts-octets",
        title="Content-Length counts octets, not characters",
        source=rfc(
            9110,
            "8.6",
            'The "Content-Length" header field indicates the associated representation\'s data '
            "length as a decimal non-negative integer number of octets.",
        ),
        app=READER,
        steps=[
            Ask("POST", "/", (("Content-Type", "text/plain; charset=utf-8"),), WORDS),
        ],
        expect=[reads(WORDS)],
        faults=("body-length-counts-characters",),
    ),
    Check(
        id="request/body-large",
        title="A body of 256 KiB, which arrives in many segments, is read whole",
        source=BY_LENGTH,
        app=READER,
        steps=[Ask("POST", "/", body=LARGE)],
        expect=[reads(LARGE)],
        faults=("last-body-chunk-wins", "body-is-one-segment"),
    ),
    Check(
        id="request/body-chunked",
        title="The chunks of a body are joined",
        source=CHUNKED,
        app=READER,
        steps=[Ask("POST", "/", body=(b"one, ", b"two, ", b"three"))],
        expect=[reads(b"one, two, three")],
        faults=("last-body-chunk-wins", "no-chunked-requests"),
    ),
    Check(
        id="request/body-chunked-in-pieces",
        title="A chunked body that is read in pieces comes whole and in order",
        source=CHUNKED,
        app=READER,
        steps=[Ask("POST", "/pieces", body=(BINARY, LARGE, b"end"))],
        expect=[reads(BINARY + LARGE + b"end", route="pieces")],
        faults=("last-body-chunk-wins", "no-chunked-requests", "first-piece-only"),
    ),
    Check(
        id="request/body-chunk-sizes",
        title="The size of a chunk is hexadecimal, in any case and with leading zeros",
        source=rfc(9112, "7.1", "chunk-size     = 1*HEXDIG"),
        app=READER,
        steps=[
            Send(
                raw(
                    "POST /",
                    "Transfer-Encoding: chunked",
                    body=b"a\r\n0123456789\r\n"
                    b"B\r\nabcdefghijk\r\n"
                    b"0010\r\nABCDEFGHIJKLMNOP\r\n"
                    b"0\r\n\r\n",
                )
            ),
            Read(),
        ],
        expect=[reads(b"0123456789abcdefghijkABCDEFGHIJKLMNOP")],
        faults=("chunk-size-is-decimal", "last-body-chunk-wins", "no-chunked-requests"),
    ),
    Check(
        id="request/body-empty-in-pieces",
        title="An empty body that is read in pieces ends at once",
        source=practice("what reading in pieces is for"),
        app=READER,
        steps=[
            Send(raw("POST /pieces"), on="none"),
            Read(on="none"),
            Send(raw("POST /pieces", "Content-Length: 0"), on="length"),
            Read(on="length"),
            Send(raw("POST /pieces", "Transfer-Encoding: chunked", body=b"0\r\n\r\n"), on="chunks"),
            Read(on="chunks"),
        ],
        expect=[
            reads(b"", of="none", route="pieces"),
            reads(b"", of="length", route="pieces"),
            reads(b"", of="chunks", route="pieces"),
        ],
        faults=("waits-for-a-body", "no-chunked-requests"),
    ),
    Check(
        id="request/body-like-framing",
        title="Line ends, last chunks and requests within a body are octets of it",
        source=rfc(9112, "6", "message-body = *OCTET"),
        app=READER,
        steps=[
            Ask("POST", "/", body=LIKE_FRAMING, name="length"),
            Ask("POST", "/", body=(LIKE_FRAMING, LIKE_FRAMING), name="chunked"),
        ],
        expect=[
            reads(LIKE_FRAMING, of="length"),
            reads(LIKE_FRAMING * 2, of="chunked"),
        ],
        faults=("body-ends-at-empty-line", "chunk-ends-at-line-end"),
    ),
    Check(
        id="request/body-of-any-method",
        title="PUT, PATCH and DELETE have bodies as POST has",
        source=rfc(
            9112,
            "6",
            "The presence of a message body in a request is signaled by a Content-Length or "
            "Transfer-Encoding header field.",
        ),
        app=READER,
        steps=[
            Ask(method, "/", body=method.encode(), name=method)
            for method in ("PUT", "PATCH", "DELETE")
        ],
        expect=[
            reads(b"PUT", of="PUT", route="put"),
            reads(b"PATCH", of="PATCH", route="patch"),
            reads(b"DELETE", of="DELETE", route="delete"),
        ],
        faults=("only-post-has-a-body",),
    ),
    *(
        Check(
            id=f"request/read-body-of-{method.lower()}",
            title=f"Of a body of {method} a handler gets what is declared",
            source=practice(
                f"RFC 9110 §9.3 gives content of {method} no meaning: most frameworks let it be "
                "read, aiohttp but not as a form, Sanic drops it"
            ),
            app=READER_OF_THEIRS,
            steps=[
                Ask(method, "/", (URLENCODED,), b"a=1&b=2", name="read"),
                Ask(method, "/form", (URLENCODED,), b"a=1&b=2", name="form"),
            ],
            expect=[
                by_dialect(
                    "content_of_get",
                    body=[
                        reads(b"a=1&b=2", of="read", route=f"{method}-read"),
                        echoes(of="form", route=f"{method}-form", form=[["a", "1"], ["b", "2"]]),
                    ],
                    no_form=[
                        reads(b"a=1&b=2", of="read", route=f"{method}-read"),
                        echoes(of="form", route=f"{method}-form", form=[]),
                    ],
                    nothing=[
                        reads(b"", of="read", route=f"{method}-read"),
                        echoes(of="form", route=f"{method}-form", form=[]),
                    ],
                )
            ],
            faults=faults,
        )
        for method, faults in (
            ("GET", ("no-form-of-get", "get-has-no-body")),
            ("OPTIONS", ("only-post-has-a-body",)),
        )
    ),
    Check(
        id="request/body-read-twice",
        title="A body that is read whole twice is the same body",
        source=practice("a middleware may read a body before the handler does"),
        app=READER,
        steps=[
            Ask("POST", "/twice", body=BINARY, name="length"),
            Ask("POST", "/twice", body=(b"one, ", b"two"), name="chunked"),
        ],
        expect=[
            reads(BINARY, of="length", route="twice"),
            reads(b"one, two", of="chunked", route="twice"),
        ],
        faults=("body-is-read-once",),
    ),
    Check(
        id="request/body-read-whole-and-as-json",
        title="A body that has been read whole can be read as JSON",
        source=practice("a middleware may read a body before the handler does"),
        app=READER,
        steps=[Ask("POST", "/both", (JSON,), b'{"a": [1, 2]}')],
        expect=[reads(b'{"a": [1, 2]}', route="whole-then-json")],
        faults=("body-is-read-once", "no-json"),
    ),
    Check(
        id="request/body-of-its-request",
        title="A request without a body does not get the one of the request before it",
        source=rfc(9110, "3.3", "HTTP is defined as a stateless protocol"),
        app=READER,
        steps=[
            Send(raw("POST /", "Content-Length: 5", body=b"hello")),
            Read(),
            Send(raw("POST /", "Content-Length: 0")),
            Read(),
        ],
        expect=[reads(b"hello"), reads(b"", index=1)],
        faults=("bodies-are-kept",),
    ),
]
