"""Streamed responses: their chunks, their ends, and what becomes of one that fails.

Owns a part of the category response. Literals only; nothing here opens a socket.
"""

from __future__ import annotations

from ..check import SHOULD, Check, practice, rfc
from ..expect import (
    answers,
    at_most_once,
    body,
    connection_closed,
    connection_ended,
    cut_off,
    echoes,
    either,
    header,
    never_sent,
    no_header,
    status,
    well_framed,
)
from ..spec import Middleware, Route, SetHeader, Stream, app
from ..steps import Event, Open, Read, ReadToEnd, Reset, Send, Stop, get, raw
from ._behind import INTACT, LAST, UNDECEIVED, serving, then_next, with_last

CHUNKED = rfc(
    9112,
    "7.1",
    "The chunked transfer coding wraps content in order to transfer it as a series of chunks, each "
    "with its own size indicator",
)
INCOMPLETE = rfc(
    9112,
    "8",
    "A message body that uses the chunked transfer coding is incomplete if the zero-sized chunk "
    "that terminates the encoding has not been received.",
)
KNOWN_INCORRECT = rfc(
    9110,
    "8.6",
    "a sender MUST NOT forward a message with a Content-Length header field value that is known to "
    "be incorrect",
)
NOT_CHUNKED = rfc(
    9112,
    "6.1",
    "A server MUST NOT send a response containing Transfer-Encoding unless the corresponding "
    "request indicates HTTP/1.1 (or later minor revisions).",
)
ONE_LENGTH = rfc(
    9112,
    "6.2",
    "A sender MUST NOT send a Content-Length header field in any message that contains a "
    "Transfer-Encoding header field.",
)
OWN_LENGTH = rfc(
    9112,
    "9.3",
    "all messages on a connection need to have a self-defined message length (i.e., one not "
    "defined by closure of the connection)",
)

LIKE_CHUNKS = ("0\r\n\r\n", "5\r\nhello\r\n", "\0\x01\r\n", "HTTP/1.1 204 No Content\r\n\r\n")
LARGE = "0123456789abcdef" * 8192
PLAIN = serving(Stream(("first ", "second")))
ENDLESS = app(
    Route("r1", "GET", "/", Stream(("x" * 1024,), gate="rest", times=4096)),
    Route("next", "GET", "/next"),
)

TELLS = either(
    [cut_off(), connection_ended()],
    [status(500), well_framed()],
    [answers(0), connection_ended()],
)
"""The client can tell that something is missing, or is told what happened instead."""


CHECKS: list[Check] = [
    Check(
        id="response/stream-whole",
        title="A streamed body arrives whole and framed, its chunks counted in octets",
        source=CHUNKED,
        app=serving(Stream(("naïve ", "你好 ", "end"))),
        steps=then_next(raw("GET /")),
        expect=[status(200), well_framed(), body("naïve 你好 end"), INTACT],
        faults=["last-chunk-only", "length-counts-characters"],
    ),
    Check(
        id="response/stream-with-empty-chunk",
        title="An empty part of a stream does not end it",
        source=rfc(
            9112,
            "7.1",
            "The chunked transfer coding is complete when a chunk with a chunk-size of zero is "
            "received, possibly followed by a trailer section, and finally terminated by an empty "
            "line.",
        ),
        app=serving(Stream(("before ", "", "after"))),
        steps=then_next(raw("GET /")),
        expect=[status(200), well_framed(), body("before after"), INTACT],
        faults=["empty-chunk-ends-stream"],
    ),
    Check(
        id="response/stream-before-its-end",
        title="What a handler has streamed is sent while it still works on the rest",
        source=practice("it is what streaming is for"),
        app=serving(Stream(("first ", "second"), gate="rest")),
        steps=[
            Send(raw("GET /")),
            Read(head_only=True),
            Event("wait", "r1"),
            Open("rest"),
            Read(),
        ],
        expect=[status(200), well_framed(), body("first second")],
        faults=["buffers-streams"],
    ),
    Check(
        id="response/stream-that-fails",
        title="A client can tell that a stream which failed half way is incomplete",
        # A last chunk, or as many octets as were announced, would say that it is complete.
        source=INCOMPLETE,
        app=serving(Stream(("first ", "second"), crash_after=1)),
        steps=[Send(raw("GET /")), Read(), get("/next", name="next")],
        expect=[
            either([cut_off(), connection_ended()], [status(500), well_framed()]),
            never_sent(b"crashed on purpose"),
            echoes(of="next", route="next"),
        ],
        faults=["ends-failed-streams-well", "error-page-in-stream"],
    ),
    Check(
        id="response/http10-stream-not-chunked",
        title="A stream to a client of HTTP/1.0 has no chunks: its end is that of the connection",
        source=NOT_CHUNKED,
        app=serving(Stream(("first ", "second"))),
        steps=[Send(raw("GET / HTTP/1.0")), ReadToEnd()],
        expect=[
            status(200),
            no_header("Transfer-Encoding"),
            body("first second"),
            connection_closed(),
        ],
        faults=["chunks-for-http10"],
    ),
    Check(
        id="response/stream-framed-once",
        title="A stream has a length or chunks, and not both",
        source=ONE_LENGTH,
        app=PLAIN,
        steps=then_next(raw("GET /")),
        expect=[
            status(200),
            well_framed(),
            at_most_once("Content-Length", "Content-Type", "Transfer-Encoding", "Date"),
            body("first second"),
            INTACT,
        ],
        faults=["length-beside-chunks"],
    ),
    Check(
        id="response/stream-of-nothing",
        title="A stream that ends before its first part is an empty body that has an end",
        source=CHUNKED,
        app=serving(Stream(())),
        steps=then_next(raw("GET /")),
        expect=[status(200), well_framed(), body(b""), INTACT],
        faults=["never-ends-empty-streams"],
    ),
    Check(
        id="response/stream-of-many-parts",
        title="Two thousand parts of a stream all arrive, in their order",
        source=CHUNKED,
        app=serving(Stream(("one,", "two,"), times=1000)),
        steps=then_next(raw("GET /")),
        expect=[status(200), well_framed(), body("one,two," * 1000), INTACT],
        faults=["streams-at-most-1000-parts", "last-chunk-only"],
    ),
    Check(
        id="response/stream-of-a-large-part",
        title="A part of a stream that is larger than any buffer arrives whole",
        source=CHUNKED,
        app=serving(Stream((LARGE, "end"))),
        steps=then_next(raw("GET /")),
        expect=[status(200), well_framed(), body(LARGE + "end"), INTACT],
        faults=["chunk-sizes-have-16-bits"],
    ),
    Check(
        id="response/stream-of-what-looks-like-chunks",
        title="What a handler streams is data, also where it looks like chunks or like an answer",
        source=CHUNKED,
        app=serving(Stream(LIKE_CHUNKS)),
        steps=then_next(raw("GET /")),
        expect=[status(200), well_framed(), body("".join(LIKE_CHUNKS)), INTACT],
        faults=["takes-data-for-chunks"],
    ),
    Check(
        id="response/stream-has-its-type",
        title="A stream has the content type that its handler gives",
        source=practice("what a handler sets is meant for the client"),
        app=serving(Stream(("a,b\n",), content_type="text/csv")),
        steps=[get("/")],
        expect=[status(200), header("Content-Type", matches="(?i)text/csv(;.*)?"), body("a,b\n")],
        faults=["drops-content-type"],
    ),
    Check(
        id="response/streams-pipelined",
        title="Two streams that were asked for at once come one behind the other, each whole",
        source=rfc(
            9112,
            "9.3.2",
            "it MUST send the corresponding responses in the same order that the requests were "
            "received",
        ),
        app=app(
            Route("one", "GET", "/one", Stream(("first ", "one"))),
            Route("two", "GET", "/two", Stream(("second ", "two"))),
        ),
        steps=[
            Send(raw("GET /one") + LAST.replace(b"/next", b"/two")),
            ReadToEnd(),
        ],
        expect=[
            answers(2),
            well_framed(),
            body("first one"),
            well_framed(index=1),
            body("second two", index=1),
        ],
        faults=["drops-pipelined"],
    ),
    Check(
        id="response/http10-kept-stream-ends",
        title="A stream to a client of HTTP/1.0 that asks to keep the connection has an end",
        source=OWN_LENGTH,
        app=PLAIN,
        steps=[Send(raw("GET / HTTP/1.0", "Connection: keep-alive")), Read()],
        expect=[status(200), no_header("Transfer-Encoding"), well_framed(), body("first second")],
        faults=["chunks-for-http10", "keeps-http10-streams-open"],
    ),
    Check(
        id="response/stream-that-fails-at-once",
        title="A stream that fails before its first part is a 500, or the client can tell",
        source=INCOMPLETE,
        app=serving(Stream(("first ", "second"), crash_after=0)),
        steps=[Send(raw("GET /")), Read(), get("/next", name="next")],
        expect=[TELLS, never_sent(b"crashed on purpose"), echoes(of="next", route="next")],
        faults=["ends-failed-streams-well", "error-page-in-stream"],
    ),
    Check(
        id="response/stream-that-fails-at-its-end",
        title="A stream whose handler raises behind the last part is not said to be complete",
        source=INCOMPLETE,
        app=serving(Stream(("first ", "second"), crash_after=2)),
        steps=[Send(raw("GET /")), Read(), get("/next", name="next")],
        expect=[TELLS, never_sent(b"crashed on purpose"), echoes(of="next", route="next")],
        faults=["ends-failed-streams-well", "error-page-in-stream"],
    ),
    Check(
        id="response/http10-stream-that-fails",
        title="A stream to a client of HTTP/1.0 that failed does not end as a whole one does",
        # It has neither chunks nor a length: a reset is all that can tell.
        level=SHOULD,
        source=rfc(
            9112,
            "8",
            "A response that has neither chunked transfer coding nor Content-Length is terminated "
            "by closure of the connection and, if the header section was received intact, is "
            "considered complete unless an error was indicated by the underlying connection",
        ),
        app=serving(Stream(("first ", "second"), crash_after=1)),
        steps=[Send(raw("GET / HTTP/1.0")), ReadToEnd(), get("/next", name="next")],
        expect=[TELLS, never_sent(b"crashed on purpose"), echoes(of="next", route="next")],
        faults=["ends-failed-streams-well"],
    ),
    Check(
        id="response/stream-that-fails-ends-its-connection",
        title="Behind a stream that failed half way no other answer is sent",
        # It would be taken for a part of the stream, which has no end.
        source=OWN_LENGTH,
        app=serving(Stream(("first ", "second"), crash_after=1)),
        steps=with_last(raw("GET /")),
        expect=[UNDECEIVED, never_sent(b"crashed on purpose")],
        faults=["goes-on-behind-failed-streams"],
    ),
    Check(
        id="response/stream-with-a-length",
        title="A stream for which its length was set arrives whole",
        source=practice("who streams a download says how long it is"),
        app=app(
            Route("r1", "GET", "/", Stream(("first ", "second"))),
            middlewares=[Middleware("m1", after=(SetHeader("Content-Length", "12"),))],
        ),
        steps=[Send(raw("GET /", "Connection: close")), ReadToEnd()],
        expect=[status(200), well_framed(), body("first second"), answers(1)],
        faults=["streams-have-no-length"],
    ),
    Check(
        id="response/stream-with-a-length-that-lies",
        title="A stream that is longer than the length which was set for it deceives no client",
        source=KNOWN_INCORRECT,
        app=app(
            Route("r1", "GET", "/", Stream(("first ", "second"))),
            middlewares=[Middleware("m1", after=(SetHeader("Content-Length", "8"),))],
        ),
        steps=[Send(raw("GET /", "Connection: close")), ReadToEnd()],
        expect=[
            either(
                [answers(1), well_framed(), body("first second")],
                [answers(1), well_framed(), body("first se")],
                [answers(1), cut_off()],
                [answers(1), status(500), well_framed()],
                answers(0),
            ),
            connection_ended(),
        ],
        faults=["streams-beyond-their-length"],
    ),
    Check(
        id="response/stream-whose-client-goes-away",
        title="A stream whose client has gone away ends, and harms nobody else",
        source=practice("clients go away all the time; work for nobody has no end of its own"),
        app=ENDLESS,
        steps=[
            Send(raw("GET /")),
            Read(head_only=True),
            Event("wait", "r1"),
            Reset(),
            Open("rest"),
            get("/next", name="next"),
            Stop(),
        ],
        expect=[echoes(of="next", route="next")],
        faults=["streams-to-nobody", "reset-ends-the-server"],
    ),
]
