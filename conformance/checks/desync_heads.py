"""Heads whose lines two readers may cut at other places, or whose names and methods mislead.

Owns those checks of the category desync. Literals only; nothing here opens a socket.
"""

from __future__ import annotations

from ..check import SHOULD, Check, rfc
from ..expect import either, refused, saw_header
from ..steps import Read, ReadToEnd, Send, raw
from .desync import (
    CANARY,
    FOLD,
    HIDDEN,
    HIDDEN_CHUNKED,
    IN_STEP,
    NEVER,
    NO_BODY,
    READ_OR_CLOSE,
    STEP,
    post,
    size,
)
from .framing import EMPTY_CHUNKED, GRAMMAR, NEXT, NOTHING_HIDDEN

BARE_CR = rfc(
    9112,
    "2.2",
    "A recipient of such a bare CR MUST consider that element to be invalid or replace each bare "
    "CR with SP before processing the element or forwarding the message.",
)
CR_OR_LF_IN_VALUE = rfc(
    9110,
    "5.5",
    "a recipient of CR, LF, or NUL within a field value MUST either reject the message or replace "
    "each of those characters with SP before further processing or forwarding of that message",
)

WITHOUT_ID = b"GET / HTTP/1.1\r\nHost: @HOST@\r\nConnection: close\r\n\r\n"
"""A request that may be taken for more lines of a head, whose id is another's then."""

LINE_ENDS = [
    Check(
        id="desync/coding-behind-bare-cr",
        title="A bare CR in a field value begins no field that frames",
        source=BARE_CR,
        steps=[
            Send(post("X-Probe: a\rTransfer-Encoding: chunked", body=EMPTY_CHUNKED + HIDDEN)),
            ReadToEnd(),
        ],
        expect=NO_BODY,
        app=STEP,
        faults=("cr-ends-lines",),
    ),
    Check(
        id="desync/request-line-with-bare-cr",
        title="A bare CR in a request line does not end it",
        source=BARE_CR,
        steps=[
            Send(raw("POST / HTTP/1.1\rTransfer-Encoding: chunked", body=EMPTY_CHUNKED) + HIDDEN),
            ReadToEnd(),
        ],
        # Where it becomes a space, the line has too many words.
        expect=[refused(400, 301, 505), NEVER],
        app=STEP,
        faults=("cr-ends-lines",),
    ),
    Check(
        id="desync/lines-ending-in-bare-cr",
        title="A request whose lines end in CR alone is refused",
        source=BARE_CR,
        steps=[
            Send(
                b"GET / HTTP/1.1\rHost: @HOST@\rX-Request-Id: @ID@\r\r"
                b"GET /hidden HTTP/1.1\rHost: h\rX-Request-Id: @ID@.hidden\rConnection: close\r\r"
                b"\r\n\r\n"
            ),
            ReadToEnd(),
        ],
        expect=[refused(400, 301, 505), NEVER],
        app=STEP,
        faults=("cr-ends-lines",),
    ),
    Check(
        id="desync/bare-lf-in-value",
        title="A bare LF in a field value ends the line, becomes a space, or is refused",
        source=CR_OR_LF_IN_VALUE,
        steps=[
            Send(raw("GET /", "X-Probe: a\nX-Injected: b", "Connection: close")),
            ReadToEnd(),
        ],
        expect=[
            either(
                refused(400),
                [saw_header("X-Probe", "a"), saw_header("X-Injected", "b")],
                [saw_header("X-Probe", "a X-Injected: b"), saw_header("X-Injected")],
            )
        ],
        faults=("keeps-lf-in-lines",),
    ),
    Check(
        id="desync/blank-fold-is-no-empty-line",
        title="A line of nothing but a space does not end the head",
        source=FOLD,
        steps=[
            Send(raw("GET /", "X-Probe: a")[:-2] + b" \r\n" + WITHOUT_ID),
            ReadToEnd(),
        ],
        expect=[NOTHING_HIDDEN],
        any_server=True,
        faults=("blank-fold-ends-head",),
    ),
    Check(
        id="desync/coding-on-first-line-behind-space",
        title="A Transfer-Encoding that a space precedes, as the first field, is not followed",
        source=rfc(
            9112,
            "2.2",
            "A recipient that receives whitespace between the start-line and the first header "
            "field MUST either reject the message as invalid or consume each whitespace-preceded "
            "line without further processing of it",
        ),
        steps=[
            Send(
                b"POST / HTTP/1.1\r\n Transfer-Encoding: chunked\r\nHost: @HOST@\r\n"
                b"X-Request-Id: @ID@\r\n\r\n" + EMPTY_CHUNKED + HIDDEN
            ),
            ReadToEnd(),
        ],
        expect=NO_BODY,
        app=STEP,
        faults=("accepts-space-before-first-field",),
    ),
]

NAMES = [
    Check(
        id=f"desync/{name}",
        title=f"{what} is refused",
        source=GRAMMAR,
        level=SHOULD,
        steps=[Send(post(*fields, body=EMPTY_CHUNKED + NEXT)), ReadToEnd()],
        expect=[refused(400)],
        any_server=True,
        faults=faults,
    )
    for name, what, fields, faults in (
        (
            "control-character-in-name",
            "A Transfer-Encoding with a vertical tab behind its name",
            ("Transfer-Encoding\x0b: chunked",),
            ("strips-names", "drops-bad-fields"),
        ),
        (
            "colon-on-the-next-line",
            "A Transfer-Encoding whose colon stands on the next line",
            ("Transfer-Encoding", ": chunked"),
            ("drops-bad-fields",),
        ),
        (
            "name-without-colon",
            "A Transfer-Encoding without a colon",
            ("Transfer-Encoding chunked",),
            ("drops-bad-fields",),
        ),
    )
]

METHODS = [
    *(
        Check(
            id=f"desync/body-of-{method.lower()}",
            title=f"The body of {method} is not taken for the next request",
            source=READ_OR_CLOSE,
            steps=[
                Send(
                    raw(f"{method} {target}", f"Content-Length: {size(HIDDEN)}", body=HIDDEN)
                    + CANARY
                ),
                Read(to=method),
                ReadToEnd(),
            ],
            expect=IN_STEP,
            app=STEP,
            faults=("only-post-has-a-body",),
        )
        for method, target in (("HEAD", "/"), ("OPTIONS", "*"), ("DELETE", "/"))
    ),
    Check(
        id="desync/chunked-body-of-get",
        title="A chunked body of GET is not taken for the next request",
        source=READ_OR_CLOSE,
        steps=[
            Send(raw("GET /", "Transfer-Encoding: chunked", body=HIDDEN_CHUNKED) + CANARY),
            ReadToEnd(),
        ],
        expect=IN_STEP,
        app=STEP,
        faults=("only-post-has-a-body", "get-has-no-body"),
    ),
]

CHECKS: list[Check] = [*LINE_ENDS, *NAMES, *METHODS]
