"""The limit that an application sets on bodies.

Owns the checks of that limit in the category request; what becomes of a body behind its refusal is
in `unread_bodies`.
"""

from __future__ import annotations

from ..check import MAY, SHOULD, Check, practice, rfc
from ..expect import (
    ByDialect,
    Expectation,
    by_dialect,
    echoes,
    either,
    interim,
    never_happened,
    refused,
    status,
    well_framed,
)
from ..spec import ReadBody, Route, app
from ..steps import Ask, HalfClose, Read, ReadToEnd, Send, raw
from .request_bodies import JSON, reads

TOO_LARGE = rfc(
    9110,
    "15.5.14",
    "The 413 (Content Too Large) status code indicates that the server is refusing to process a "
    "request because the request content is larger than the server is willing or able to process.",
)

LIMIT_BYTES = 1000
LIMITED = app(
    Route("read", "POST", "/", ReadBody("whole")),
    Route("json", "POST", "/json", ReadBody("json")),
    body_limit=LIMIT_BYTES,
)


def too_much(of: str = "1") -> ByDialect:
    """The refusal of a body beyond the limit."""
    return by_dialect("body_limit_status", **{"413": status(413, of=of), "400": status(400, of=of)})


TOO_MUCH = too_much()

LARGE = b"x" * 3000
IN_CHUNKS = (b"x" * 700,) * 4
"""Beyond the limit, with a length and without."""

IN_EVERY_WAY = app(
    Route("read", "POST", "/whole", ReadBody("whole")),
    Route("pieces", "POST", "/pieces", ReadBody("pieces")),
    Route("unread", "POST", "/unread"),
    body_limit=LIMIT_BYTES,
)


def _holds(*refused: str) -> list[Expectation]:
    """Bodies beyond the limit are refused in these ways of sending and reading them, no others."""
    taken: dict[str, Expectation] = {
        "pieces": reads(LARGE, of="pieces", route="pieces"),
        "pieces-of-chunks": reads(b"".join(IN_CHUNKS), of="pieces-of-chunks", route="pieces"),
        "unread": echoes(of="unread", route="unread"),
        "unread-chunks": echoes(of="unread-chunks", route="unread"),
    }
    return [too_much(way) if way in refused else taken[way] for way in taken]


CHECKS: list[Check] = [
    Check(
        id="request/body-within-limit",
        title="A body within the limit is read",
        source=practice("what a limit is for"),
        app=LIMITED,
        steps=[
            Ask("POST", "/", body=b"x" * 900, name="length"),
            Ask("POST", "/", body=(b"x" * 400, b"y" * 400), name="chunked"),
        ],
        expect=[
            reads(b"x" * 900, of="length"),
            reads(b"x" * 400 + b"y" * 400, of="chunked"),
        ],
        faults=("no-chunked-requests", "last-body-chunk-wins", "limit-is-tenfold-too-small"),
    ),
    Check(
        id="request/body-beyond-limit",
        title="A body beyond the limit is refused with 413, or as declared",
        source=TOO_LARGE,
        app=LIMITED,
        steps=[Ask("POST", "/", body=b"x" * 3000)],
        expect=[TOO_MUCH],
        faults=("no-body-limit", "body-limit-crashes"),
    ),
    Check(
        id="request/chunked-body-beyond-limit",
        title="A body beyond the limit is refused when its chunks do not say so beforehand, too",
        source=TOO_LARGE,
        app=LIMITED,
        steps=[Ask("POST", "/", body=(b"x" * 700, b"x" * 700, b"x" * 700))],
        expect=[TOO_MUCH],
        faults=("no-body-limit", "body-limit-by-length-only", "body-limit-crashes"),
    ),
    Check(
        id="request/body-at-limit",
        title="A body of exactly the limit is read",
        level=SHOULD,
        source=practice("a limit is the most that is taken"),
        app=LIMITED,
        steps=[
            Ask("POST", "/", body=b"x" * LIMIT_BYTES, name="length"),
            Ask("POST", "/", body=(b"x" * 600, b"x" * 400), name="chunked"),
        ],
        expect=[
            reads(b"x" * LIMIT_BYTES, of="length"),
            reads(b"x" * LIMIT_BYTES, of="chunked"),
        ],
        faults=("limit-is-exclusive",),
    ),
    Check(
        id="request/body-one-beyond-limit",
        title="A body of one octet more than the limit is refused, however it is framed",
        source=TOO_LARGE,
        app=LIMITED,
        steps=[
            Ask("POST", "/", body=b"x" * (LIMIT_BYTES + 1), name="length"),
            Ask("POST", "/", body=(b"x" * 600, b"x" * 401), name="chunks"),
            Ask("POST", "/", body=(b"x" * (LIMIT_BYTES + 1),), name="chunk"),
        ],
        expect=[too_much("length"), too_much("chunks"), too_much("chunk")],
        faults=("limit-is-one-more", "body-limit-by-length-only", "no-body-limit"),
    ),
    Check(
        id="request/body-limit-counts-all-chunks",
        title="The limit counts all chunks together, small as each may be",
        source=TOO_LARGE,
        app=LIMITED,
        steps=[Ask("POST", "/", body=(b"x" * 10,) * 200)],
        expect=[TOO_MUCH],
        faults=("body-limit-by-length-only", "body-limit-of-each-piece"),
    ),
    Check(
        id="request/body-limit-before-the-end",
        title="A body beyond the limit is refused while its end has not come",
        level=SHOULD,
        source=practice("a limit that is looked at when all has come is none for what never ends"),
        app=LIMITED,
        steps=[
            Send(
                raw("POST /", "Transfer-Encoding: chunked", body=b"5dc\r\n" + b"x" * 1500 + b"\r\n")
            ),
            Read(),
        ],
        expect=[TOO_MUCH],
        faults=("body-limit-at-the-end", "no-body-limit"),
    ),
    Check(
        id="request/json-beyond-limit",
        title="The limit holds for what is read as JSON, too",
        source=TOO_LARGE,
        app=LIMITED,
        steps=[Ask("POST", "/json", (JSON,), b"[" + b"1," * LIMIT_BYTES + b"1]")],
        expect=[TOO_MUCH],
        faults=("no-body-limit", "no-limit-of-json"),
    ),
    Check(
        id="request/body-limit-in-every-way",
        title="The limit holds for what is read in pieces or not at all as it is declared to",
        source=practice(
            "aiohttp holds to it what is read whole, Starlette beforehand what announces its "
            "length, Sanic all that no handler asks for in pieces, and others those that are read"
        ),
        app=IN_EVERY_WAY,
        steps=[
            Ask("POST", "/whole", body=LARGE, name="whole"),
            Ask("POST", "/whole", body=IN_CHUNKS, name="whole-of-chunks"),
            Ask("POST", "/pieces", body=LARGE, name="pieces"),
            Ask("POST", "/pieces", body=IN_CHUNKS, name="pieces-of-chunks"),
            Ask("POST", "/unread", body=LARGE, name="unread"),
            Ask("POST", "/unread", body=IN_CHUNKS, name="unread-chunks"),
        ],
        expect=[
            too_much("whole"),
            too_much("whole-of-chunks"),
            by_dialect(
                "body_limit_holds",
                read=_holds("pieces", "pieces-of-chunks"),
                read_whole=_holds(),
                announced=_holds("pieces", "pieces-of-chunks", "unread"),
                all=_holds("pieces", "pieces-of-chunks", "unread", "unread-chunks"),
                all_but_pieces=_holds("unread", "unread-chunks"),
            ),
        ],
        faults=("limit-of-unread-bodies", "body-limit-by-length-only", "no-body-limit"),
    ),
    Check(
        id="request/body-limit-and-expect",
        title="A client that asks before it sends too much is refused, beforehand or after",
        source=rfc(
            9110,
            "10.1.1",
            "an immediate response with a final status code, if that status can be determined by "
            "examining just the method, target URI, and header fields",
        ),
        app=LIMITED,
        steps=[
            Send(raw("POST /", "Expect: 100-continue", "Content-Length: 3000")),
            Read(interim=True),
            Send(b"x" * 3000),
            Read(),
        ],
        expect=[TOO_MUCH, well_framed(), never_happened("leave read")],
        faults=("no-body-limit", "body-limit-crashes"),
    ),
    Check(
        id="request/body-limit-before-it-is-sent",
        title="A client that asks before it sends too much is refused, not told to send it",
        # The other answer that the section allows is a 100.
        level=MAY,
        source=rfc(
            9110,
            "10.1.1",
            "an immediate response with a final status code, if that status can be determined by "
            "examining just the method, target URI, and header fields",
        ),
        app=LIMITED,
        steps=[
            Send(raw("POST /", "Expect: 100-continue", "Content-Length: 3000")),
            Read(interim=True),
            Send(b"x" * 3000),
            Read(),
        ],
        expect=[TOO_MUCH, interim()],
        faults=("continues-whatever-is-announced",),
    ),
    Check(
        id="request/body-limit-and-a-length-that-lies",
        title="A length beyond the limit is refused though less comes",
        source=TOO_LARGE,
        app=LIMITED,
        steps=[
            Send(raw("POST /", "Content-Length: 3000", body=b"x" * 100)),
            HalfClose(),
            ReadToEnd(),
        ],
        expect=[either(TOO_MUCH, refused(400, 408, 413)), never_happened("leave read")],
        faults=("limit-of-what-has-come",),
    ),
]
